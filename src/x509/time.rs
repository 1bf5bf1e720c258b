//! Validity dates ([RFC 5280 section 4.1.2.5](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5)).
//!
//! ```text
//! Validity ::= SEQUENCE { notBefore Time, notAfter Time }
//! Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime }
//! ```

use std::fmt;

use jiff::Timestamp;

use crate::asn1::{Tlv, tag};

/// Where an instant stands to a certificate's validity period; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Validity {
    /// Within the period.
    Valid,
    /// After it.
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// Before it.
    NotYetValid {
        /// When it begins.
        from: Timestamp,
    },
    /// One of the dates is not a date; Java does not read such a certificate.
    Unreadable,
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid => f.write_str("valid"),
            Self::Expired { at } => write!(f, "expired at {at}"),
            Self::NotYetValid { from } => write!(f, "not valid before {from}"),
            Self::Unreadable => f.write_str("validity not readable"),
        }
    }
}

/// Reads a `Time` with the tolerance of OpenJDK's `sun.security.util.DerValue.getTimeInternal`: seconds may
/// be missing, a GeneralizedTime may have a fraction of up to three digits, the zone may be an offset, and a
/// day from 1 to 31 is taken for any month (30 February is 2 March).
///
/// Instants beyond [`Timestamp::MAX`] (9999-12-30T22:00Z; RFC 5280's "no well-defined expiration date" is
/// 9999-12-31T23:59:59Z) become that maximum.
pub(crate) fn read(time: &Tlv<'_>) -> Option<Timestamp> {
    let mut digits = Digits(time.value);
    let year = match time.tag {
        tag::UTC_TIME if matches!(time.value.len(), 11 | 13 | 15 | 17) => match digits.take(2)? {
            year @ 0..50 => 2000 + year,
            year => 1900 + year,
        },
        tag::GENERALIZED_TIME if time.value.len() >= 13 => digits.take(4)?,
        _ => return None,
    };
    let month = digits.take(2).filter(|month| (1..=12).contains(month))?;
    let day = digits.take(2).filter(|day| (1..=31).contains(day))?;
    let hour = digits.take(2).filter(|hour| *hour < 24)?;
    let minute = digits.take(2).filter(|minute| *minute < 60)?;
    let (second, millis) = match digits.0 {
        // without seconds: the zone is what remains
        [b'Z'] | [b'+' | b'-', _, _, _, _] => (0, 0),
        _ => {
            let second = digits.take(2).filter(|second| *second < 60)?;
            (second, fraction(&mut digits, time.tag)?)
        }
    };
    let offset = zone(digits)?;
    let days = days_since_1970(year, month, day);
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    Some(
        Timestamp::from_millisecond(seconds * 1000 + millis).unwrap_or(if seconds < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        }),
    )
}

struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn take(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
        })
    }
}

/// Milliseconds of a GeneralizedTime's fraction, 0 without one.
fn fraction(digits: &mut Digits<'_>, tag: u8) -> Option<i64> {
    let [b'.' | b',', rest @ ..] = digits.0 else {
        return Some(0);
    };
    let count = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
    if tag != tag::GENERALIZED_TIME || !(1..=3).contains(&count) {
        return None;
    }
    digits.0 = rest;
    let scale = [100, 10, 1].get(count - 1)?;
    Some(digits.take(count)? * scale)
}

/// The zone's offset in minutes, east positive; it must be the end.
fn zone(mut digits: Digits<'_>) -> Option<i64> {
    let sign = match digits.0 {
        [b'Z'] => return Some(0),
        [b'+', _, _, _, _] => 1,
        [b'-', _, _, _, _] => -1,
        _ => return None,
    };
    digits.take_sign();
    let hours = digits.take(2).filter(|hours| *hours < 24)?;
    let minutes = digits.take(2).filter(|minutes| *minutes < 60)?;
    Some(sign * (hours * 60 + minutes))
}

impl Digits<'_> {
    fn take_sign(&mut self) {
        if let [_, rest @ ..] = self.0 {
            self.0 = rest;
        }
    }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar; years begin in March, so that the
/// leap day is a year's last.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    // 719468: 0000-03-01 to 1970-01-01
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::{Reader, tlv};

    fn utc(text: &str) -> Option<String> {
        let bytes = tlv(tag::UTC_TIME, &[text.as_bytes()]);
        read(&Reader::new(&bytes).any("time").unwrap()).map(|time| time.to_string())
    }

    fn general(text: &str) -> Option<String> {
        let bytes = tlv(tag::GENERALIZED_TIME, &[text.as_bytes()]);
        read(&Reader::new(&bytes).any("time").unwrap()).map(|time| time.to_string())
    }

    #[test]
    fn two_digit_years_from_50_are_of_the_last_century() {
        assert_eq!(utc("491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(utc("500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
    }

    #[test]
    fn seconds_may_be_missing_and_the_zone_an_offset() {
        assert_eq!(utc("2602281230Z").unwrap(), "2026-02-28T12:30:00Z");
        assert_eq!(utc("260228123000+0130").unwrap(), "2026-02-28T11:00:00Z");
        assert_eq!(general("20260228123000-0130").unwrap(), "2026-02-28T14:00:00Z");
    }

    #[test]
    fn a_fraction_counts_to_the_millisecond() {
        assert_eq!(general("20260228123000.25Z").unwrap(), "2026-02-28T12:30:00.25Z");
        assert_eq!(general("20260228123000.1234Z"), None);
        assert_eq!(utc("260228123000.2Z"), None);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "Z",
            "260228123000",
            "261328123000Z",
            "260200123000Z",
            "26022824",
            "2602281230 0Z",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_beyond_the_month_counts_on_into_the_next() {
        assert_eq!(utc("260230000000Z").unwrap(), "2026-03-02T00:00:00Z");
    }

    #[test]
    fn the_last_second_of_9999_becomes_the_latest_timestamp() {
        assert_eq!(general("99991231235959Z").unwrap(), Timestamp::MAX.to_string());
    }

    #[test]
    fn days_agree_with_the_calendar() {
        for (year, month, day, expected) in [
            (1970, 1, 1, 0),
            (2000, 2, 29, 11_016),
            (1969, 12, 31, -1),
            (2100, 3, 1, 47_541),
        ] {
            assert_eq!(days_since_1970(year, month, day), expected);
        }
    }
}
