use jiff::{SignedDuration, Timestamp};

use super::PkiError;

/// When a certificate is valid: whole seconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// The first instant.
    pub not_before: Timestamp,
    /// The last instant.
    pub not_after: Timestamp,
}

impl Dates {
    /// How far a certificate begins in the past: clocks of other machines may be behind.
    pub const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

    /// What Apple's platforms accept of a server's certificate, private authorities included: 825 days
    /// (<https://support.apple.com/en-us/103769>).
    pub const LONGEST_FOR_SERVERS: SignedDuration = SignedDuration::from_hours(825 * 24);

    /// That many days, the first hour of which is past already.
    ///
    /// # Errors
    /// [`PkiError::Validity`]: less than a day, or beyond the year 9999 (RFC 5280 section 4.1.2.5).
    pub fn days(now: Timestamp, days: i64) -> Result<Self, PkiError> {
        let from = now.checked_sub(Self::BACKDATED);
        from.or(Err(PkiError::Validity { days }))
            .and_then(|from| Self::starting(from, days))
    }

    /// That many days from an instant on.
    ///
    /// # Errors
    /// As [`days`](Self::days).
    pub fn starting(from: Timestamp, days: i64) -> Result<Self, PkiError> {
        let wrong = || PkiError::Validity { days };
        let hours = days
            .checked_mul(24)
            .filter(|hours| *hours > 0)
            .ok_or_else(wrong)?;
        // A number of hours above what a duration holds would panic; a certificate's years end long before.
        if days > 366 * 10_000 {
            return Err(wrong());
        }
        let from = Timestamp::from_second(from.as_second()).or(Err(wrong()))?;
        let until = from
            .checked_add(SignedDuration::from_hours(hours))
            .or(Err(wrong()))?;
        Ok(Self {
            not_before: from,
            not_after: until,
        })
    }

    /// How long that is.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.not_after.duration_since(self.not_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validity_begins_in_the_past_and_lasts_what_was_asked() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let dates = Dates::days(now, 825).unwrap();
        assert!(dates.not_before < now);
        assert_eq!(dates.length(), Dates::LONGEST_FOR_SERVERS);
    }

    #[test]
    fn a_validity_of_no_day_or_of_too_many_is_refused() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for days in [0, -1, i64::MIN, i64::MAX, 4_000_000] {
            assert!(Dates::days(now, days).is_err(), "{days}");
        }
    }
}
