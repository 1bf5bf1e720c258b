//! Object identifiers as they stand in a certificate, those no crate has a type for included.

use std::fmt;

use der::asn1::ObjectIdentifier;

/// The contents octets of an OBJECT IDENTIFIER (X.690 section 8.19), of any length.
///
/// `Display` is the dotted form; octets that are no identifier show as `#` and their hex. Unlike
/// [`ObjectIdentifier`] it holds arcs up to 128 bits, as the UUID-based ones under 2.25 have them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Oid<'a>(&'a [u8]);

impl<'a> Oid<'a> {
    /// From contents octets.
    #[must_use]
    pub const fn new(contents: &'a [u8]) -> Self {
        Self(contents)
    }

    /// The contents octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    fn arcs(self) -> Option<Vec<u128>> {
        if self.0.last()? & 0x80 != 0 {
            return None;
        }
        let mut arcs = Vec::with_capacity(self.0.len() + 1);
        let mut arc = 0_u128;
        for octet in self.0 {
            if arc >> 121 != 0 {
                return None;
            }
            arc = arc << 7 | u128::from(octet & 0x7f);
            if octet & 0x80 != 0 {
                continue;
            }
            if arcs.is_empty() {
                let root = (arc / 40).min(2);
                arcs.extend([root, arc - root * 40]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
        Some(arcs)
    }
}

impl PartialEq<ObjectIdentifier> for Oid<'_> {
    fn eq(&self, other: &ObjectIdentifier) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(arcs) = self.arcs() else {
            return write!(f, "#{}", hex(self.0));
        };
        for (at, arc) in arcs.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            write!(f, "{arc}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lower-case hex digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len() * 2);
    for octet in octets {
        for nibble in [octet >> 4, octet & 0xf] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or_default());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_identifiers_show_dotted() {
        assert_eq!(Oid::new(&[0x55, 4, 3]).to_string(), "2.5.4.3");
        assert_eq!(
            Oid::new(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1]).to_string(),
            "1.2.840.113549.1.9.1"
        );
        assert_eq!(Oid::new(&[0x88, 0x37]).to_string(), "2.999");
    }

    #[test]
    fn an_arc_of_a_uuid_shows_in_full() {
        let mut octets = vec![0x69];
        octets.extend([0x83]);
        octets.extend([0xff; 17]);
        octets.push(0x7f);
        assert_eq!(Oid::new(&octets).to_string(), format!("2.25.{}", u128::MAX));
    }

    #[test]
    fn octets_that_are_no_identifier_show_as_hex() {
        assert_eq!(Oid::new(&[]).to_string(), "#");
        assert_eq!(Oid::new(&[0x2a, 0x86]).to_string(), "#2a86");
    }
}
