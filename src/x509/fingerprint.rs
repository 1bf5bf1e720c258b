//! What people tell certificates apart by.

use std::fmt;

use crate::crypto::Digest;

/// The digest of a certificate's DER.
///
/// `Display` is lower-case hex; the alternate form, `{:#}`, is upper case with colons, as keytool and
/// openssl print it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// Of a certificate's DER.
    #[must_use]
    pub fn of(digest: Digest, der: &[u8]) -> Self {
        Self(digest.hash(&[der]))
    }

    /// The digest's octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads a fingerprint as people have it: hex of either case, with or without colons or blanks between
    /// the octets.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut octets = Vec::with_capacity(32);
        let mut digits = text.chars().filter(|character| !matches!(character, ':' | ' '));
        while let Some(high) = digits.next() {
            let octet = high.to_digit(16)? << 4 | digits.next()?.to_digit(16)?;
            octets.push(u8::try_from(octet).ok()?);
        }
        (!octets.is_empty()).then_some(Self(octets))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, octet) in self.0.iter().enumerate() {
            if !f.alternate() {
                write!(f, "{octet:02x}")?;
            } else if at == 0 {
                write!(f, "{octet:02X}")?;
            } else {
                write!(f, ":{octet:02X}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_and_shown() {
        let fingerprint = Fingerprint::parse("0A:ff:10").unwrap();
        assert_eq!(fingerprint, Fingerprint::parse("0aFF10").unwrap());
        assert_eq!(fingerprint.to_string(), "0aff10");
        assert_eq!(format!("{fingerprint:#}"), "0A:FF:10");
    }

    #[test]
    fn what_is_not_pairs_of_hex_digits_is_refused() {
        for text in ["", ":", "0", "0g", "abc"] {
            assert_eq!(Fingerprint::parse(text), None, "{text}");
        }
    }
}
