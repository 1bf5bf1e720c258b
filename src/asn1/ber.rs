//! BER's freedoms, as PKCS#12 files of real programs use them, turned into DER's forms: indefinite lengths
//! (X.690 8.1.3.6) and OCTET STRINGs in pieces (8.7.3).

use bytes::Bytes;

use super::{Error, Reader, put_header, put_tlv, tag};
use crate::limits::Limits;

const WHAT: &str = "BER value";

/// The first value of `input` with definite lengths everywhere and its OCTET STRINGs in one piece; what
/// follows it is left away.
///
/// It is meant for input that [`Reader`] has refused: it copies. Lengths that could be shorter are refused
/// here too, as the JDK refuses them.
///
/// # Errors
/// The input is no BER, or nested deeper than `limits` allow.
pub fn normalize(input: &[u8], limits: &Limits) -> Result<Bytes, Error> {
    let mut out = Vec::with_capacity(input.len());
    value(
        &mut Cursor { input, position: 0 },
        limits.depth,
        limits.depth,
        &mut out,
    )?;
    Ok(Bytes::from(out))
}

/// The octets of a string value: its contents if it is primitive, else those of its pieces one after another
/// (all of it with definite lengths: see [`normalize`]). Borrowed from `parent` where nothing has to be put
/// together.
///
/// # Errors
/// A piece that is no OCTET STRING, or pieces nested deeper than `limits` allow.
pub fn octets(constructed: bool, contents: &[u8], parent: &Bytes, limits: &Limits) -> Result<Bytes, Error> {
    if !constructed {
        return Ok(parent.slice_ref(contents));
    }
    let mut out = Vec::with_capacity(contents.len());
    pieces(contents, limits.depth, limits.depth, &mut out)?;
    Ok(Bytes::from(out))
}

fn pieces(contents: &[u8], depth: usize, limit: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let mut reader = Reader::new(contents);
    while !reader.is_empty() {
        let piece = reader.any(WHAT)?;
        match piece.tag {
            tag::OCTET_STRING => out.extend_from_slice(piece.value),
            CONSTRUCTED_OCTET_STRING if depth > 0 => pieces(piece.value, depth - 1, limit, out)?,
            CONSTRUCTED_OCTET_STRING => {
                return Err(Error::TooDeep {
                    what: WHAT,
                    position: piece.position,
                    limit,
                });
            }
            found => {
                let expected = tag::OCTET_STRING;
                return Err(Error::UnexpectedTag {
                    what: WHAT,
                    position: piece.position,
                    expected,
                    found,
                });
            }
        }
    }
    Ok(())
}

const CONSTRUCTED_OCTET_STRING: u8 = 0x24;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

struct Cursor<'a> {
    input: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let cut = Error::Truncated {
            what: WHAT,
            position: self.position,
        };
        let (taken, rest) = self.input.split_at_checked(count).ok_or(cut)?;
        self.input = rest;
        self.position += count;
        Ok(taken)
    }

    fn octet(&mut self) -> Result<u8, Error> {
        self.take(1)
            .map(|octets| octets.first().copied().unwrap_or_default())
    }

    /// Identifier octet and length; no length where it is indefinite.
    fn header(&mut self) -> Result<(u8, Option<usize>), Error> {
        let position = self.position;
        let tag = self.octet()?;
        if tag & 0x1f == 0x1f {
            return Err(Error::LongTag { what: WHAT, position });
        }
        let first = self.octet()?;
        let length = match first {
            0..=0x7f => Some(usize::from(first)),
            0x80 => None,
            _ => {
                let count = usize::from(first & 0x7f);
                if count > 4 {
                    return Err(Error::LengthTooLarge { what: WHAT, position });
                }
                let octets = self.take(count)?;
                let length = octets
                    .iter()
                    .fold(0_usize, |sum, octet| sum << 8 | usize::from(*octet));
                if length < 0x80 || octets.first() == Some(&0) {
                    return Err(Error::RedundantLength { what: WHAT, position });
                }
                Some(length)
            }
        };
        Ok((tag, length))
    }
}

/// Copies one value to `out` in DER's form.
fn value(cursor: &mut Cursor<'_>, depth: usize, limit: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let position = cursor.position;
    let (tag, length) = cursor.header()?;
    let is_constructed = tag & 0x20 != 0;
    if depth == 0 {
        return Err(Error::TooDeep {
            what: WHAT,
            position,
            limit,
        });
    }
    let mut contents = Vec::new();
    match length {
        Some(length) if !is_constructed => {
            put_tlv(out, tag, cursor.take(length)?);
            return Ok(());
        }
        Some(length) => {
            let base = cursor.position;
            let mut inner = Cursor {
                input: cursor.take(length)?,
                position: base,
            };
            while !inner.input.is_empty() {
                value(&mut inner, depth - 1, limit, &mut contents)?;
            }
        }
        None if !is_constructed => return Err(Error::IndefiniteLength { what: WHAT, position }),
        None => {
            while !cursor.input.starts_with(&END_OF_CONTENTS) {
                value(cursor, depth - 1, limit, &mut contents)?;
            }
            cursor.take(END_OF_CONTENTS.len())?;
        }
    }
    if tag == CONSTRUCTED_OCTET_STRING {
        let mut joined = Vec::with_capacity(contents.len());
        pieces(&contents, depth, limit, &mut joined)?;
        put_tlv(out, tag::OCTET_STRING, &joined);
    } else {
        put_header(out, tag, contents.len());
        out.extend_from_slice(&contents);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    #[test]
    fn indefinite_lengths_and_strings_in_pieces_become_definite_and_whole() {
        let ber = hex!("3080 2480 0402 0102 2403 040103 0000 020105 0000 ffff");
        let der = normalize(&ber, &Limits::DEFAULT).unwrap();
        assert_eq!(der[..], hex!("3008 0403 010203 020105"));
    }

    #[test]
    fn nesting_beyond_the_limit_is_an_error_of_its_own() {
        let ber = [0x30, 0x80].repeat(1000);
        assert!(matches!(
            normalize(&ber, &Limits::DEFAULT),
            Err(Error::TooDeep { limit: 64, .. })
        ));
    }

    #[test]
    fn contents_without_an_end_are_cut_short() {
        assert!(matches!(
            normalize(&hex!("3080 020105"), &Limits::DEFAULT),
            Err(Error::Truncated { .. })
        ));
    }
}
