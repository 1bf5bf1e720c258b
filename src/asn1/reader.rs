//! A cursor over DER that copies nothing and knows its position in the file.

use der::asn1::ObjectIdentifier;

use super::tag;
use crate::error::ErrorKind;

/// One tag-length-value, all of it borrowed from the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// The contents octets.
    pub value: &'a [u8],
    /// Identifier, length and contents octets.
    pub raw: &'a [u8],
    /// Where `raw` begins, in bytes from the start of the outermost input.
    pub position: usize,
}

impl<'a> Tlv<'a> {
    /// A reader over the contents.
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        Reader {
            input: self.value,
            base: self.position + (self.raw.len() - self.value.len()),
        }
    }
}

/// Reads DER values one after another (X.690).
///
/// ```
/// use keyjar::asn1::{Reader, tag};
/// let mut reader = Reader::new(&[0x30, 0x03, 0x02, 0x01, 0x05]);
/// let mut fields = reader.sequence("example")?;
/// assert_eq!(fields.unsigned("number")?, 5);
/// fields.finish("example")?;
/// reader.finish("example")?;
/// # Ok::<(), keyjar::asn1::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    input: &'a [u8],
    base: usize,
}

impl<'a> Reader<'a> {
    /// A reader at position 0.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self { input, base: 0 }
    }

    /// A reader whose input begins `base` bytes into the file.
    #[must_use]
    pub const fn at(input: &'a [u8], base: usize) -> Self {
        Self { input, base }
    }

    /// Whether all was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// How far into the file the next value begins, in bytes.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.base
    }

    /// What was not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.input
    }

    /// The next identifier octet, if any.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.input.first().copied()
    }

    /// The next value, whatever its tag. Lengths must be definite and minimal.
    ///
    /// # Errors
    /// The input ends early, or the length is indefinite or not minimal.
    pub fn any(&mut self, what: &'static str) -> Result<Tlv<'a>, Error> {
        let position = self.base;
        let truncated = Error::Truncated { what, position };
        let (&tag, rest) = self.input.split_first().ok_or(truncated)?;
        if tag & 0x1f == 0x1f {
            return Err(Error::LongTag { what, position });
        }
        let (&first, rest) = rest.split_first().ok_or(truncated)?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x80 => return Err(Error::IndefiniteLength { what, position }),
            _ => {
                let count = usize::from(first & 0x7f);
                let (octets, rest) = rest.split_at_checked(count).ok_or(truncated)?;
                if count > 4 {
                    return Err(Error::LengthTooLarge { what, position });
                }
                let length = octets
                    .iter()
                    .fold(0_usize, |sum, octet| sum << 8 | usize::from(*octet));
                if length < 0x80 || octets.first() == Some(&0) {
                    return Err(Error::RedundantLength { what, position });
                }
                (length, rest)
            }
        };
        let (value, rest) = rest.split_at_checked(length).ok_or(truncated)?;
        let used = self.input.len() - rest.len();
        let raw = self.input.get(..used).ok_or(truncated)?;
        self.input = rest;
        self.base += used;
        Ok(Tlv {
            tag,
            value,
            raw,
            position,
        })
    }

    /// The next value, which must have this tag.
    ///
    /// # Errors
    /// Another tag, or what [`any`](Self::any) refuses.
    pub fn read(&mut self, tag: u8, what: &'static str) -> Result<Tlv<'a>, Error> {
        match self.peek() {
            Some(found) if found != tag => Err(Error::UnexpectedTag {
                what,
                position: self.base,
                expected: tag,
                found,
            }),
            _ => self.any(what),
        }
    }

    /// The next value if it has this tag, nothing otherwise.
    ///
    /// # Errors
    /// What [`any`](Self::any) refuses.
    pub fn optional(&mut self, tag: u8, what: &'static str) -> Result<Option<Tlv<'a>>, Error> {
        if self.peek() == Some(tag) {
            self.any(what).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A reader over the fields of the SEQUENCE that comes next.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn sequence(&mut self, what: &'static str) -> Result<Self, Error> {
        self.read(tag::SEQUENCE, what).map(|tlv| tlv.reader())
    }

    /// A reader over the members of the SET that comes next.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn set(&mut self, what: &'static str) -> Result<Self, Error> {
        self.read(tag::SET, what).map(|tlv| tlv.reader())
    }

    /// An OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// As [`read`](Self::read); or an identifier longer than any registered one.
    pub fn oid(&mut self, what: &'static str) -> Result<ObjectIdentifier, Error> {
        let tlv = self.read(tag::OBJECT_IDENTIFIER, what)?;
        ObjectIdentifier::from_bytes(tlv.value).map_err(|source| Error::Oid {
            what,
            position: tlv.position,
            source,
        })
    }

    /// The contents of an OCTET STRING.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn octet_string(&mut self, what: &'static str) -> Result<&'a [u8], Error> {
        self.read(tag::OCTET_STRING, what).map(|tlv| tlv.value)
    }

    /// An INTEGER from 0 to 2^64 - 1.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`Error::IntegerRange`] for a negative, empty or larger one.
    pub fn unsigned(&mut self, what: &'static str) -> Result<u64, Error> {
        let tlv = self.read(tag::INTEGER, what)?;
        let range = Error::IntegerRange {
            what,
            position: tlv.position,
        };
        let digits = match tlv.value {
            [0, rest @ ..] if !rest.is_empty() => rest,
            [first, ..] if *first < 0x80 => tlv.value,
            _ => return Err(range),
        };
        if digits.len() > 8 {
            return Err(range);
        }
        Ok(digits.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet)))
    }

    /// Nothing may come any more.
    ///
    /// # Errors
    /// [`Error::TrailingData`] where something does.
    pub const fn finish(&self, what: &'static str) -> Result<(), Error> {
        if self.input.is_empty() {
            Ok(())
        } else {
            Err(Error::TrailingData {
                what,
                position: self.base,
                bytes: self.input.len(),
            })
        }
    }
}

/// Why bytes are not the ASN.1 structure they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant's message says it; `what` is the structure, `position` the byte"
)]
pub enum Error {
    #[error("{what} at byte {position} is cut short")]
    Truncated { what: &'static str, position: usize },
    #[error("{what} at byte {position} has tag {found:#04x} where {expected:#04x} belongs")]
    UnexpectedTag {
        what: &'static str,
        position: usize,
        expected: u8,
        found: u8,
    },
    #[error("{what} at byte {position} has a tag number over 30")]
    LongTag { what: &'static str, position: usize },
    #[error("{what} at byte {position} has an indefinite length where DER is required")]
    IndefiniteLength { what: &'static str, position: usize },
    #[error("{what} at byte {position} has a length of more than 4 octets")]
    LengthTooLarge { what: &'static str, position: usize },
    #[error("{what} at byte {position} has redundant length octets")]
    RedundantLength { what: &'static str, position: usize },
    #[error("{what} is followed by {bytes} stray bytes at byte {position}")]
    TrailingData {
        what: &'static str,
        position: usize,
        bytes: usize,
    },
    #[error("{what} at byte {position} is a negative or too large number")]
    IntegerRange { what: &'static str, position: usize },
    #[error("{what} at byte {position} is not an object identifier")]
    Oid {
        what: &'static str,
        position: usize,
        #[source]
        source: der::oid::Error,
    },
    #[error("{what} at byte {position} is nested deeper than {limit} levels")]
    TooDeep {
        what: &'static str,
        position: usize,
        limit: usize,
    },
    #[error("{what} at byte {position} does not follow its definition: {reason}")]
    Invalid {
        what: &'static str,
        position: usize,
        reason: &'static str,
    },
}

impl Error {
    /// The error's kind: damage, but for the nesting, which is a limit.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::TooDeep { .. } => ErrorKind::LimitExceeded,
            _ => ErrorKind::Damaged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_would_fit_in_fewer_octets_is_refused() {
        let error = Reader::new(&[0x30, 0x81, 0x01, 0x00]).any("x").unwrap_err();
        assert_eq!(
            error,
            Error::RedundantLength {
                what: "x",
                position: 0
            }
        );
    }

    #[test]
    fn a_length_beyond_the_input_is_refused_with_its_position() {
        let mut outer = Reader::new(&[0x30, 0x03, 0x04, 0x05, 0x00]);
        let error = outer
            .sequence("outer")
            .unwrap()
            .octet_string("inner")
            .unwrap_err();
        assert_eq!(
            error,
            Error::Truncated {
                what: "inner",
                position: 2
            }
        );
    }

    #[test]
    fn a_negative_number_is_out_of_range() {
        assert!(matches!(
            Reader::new(&[2, 1, 0x80]).unsigned("n"),
            Err(Error::IntegerRange { .. })
        ));
    }
}
