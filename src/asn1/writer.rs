//! DER out: lengths are computed first, then everything is written once into one buffer.

/// How many bytes a value of `length` contents octets takes with its identifier and length octets.
#[must_use]
pub const fn encoded_len(length: usize) -> usize {
    1 + match length {
        0..=0x7f => 1,
        0x80..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xff_ffff => 4,
        _ => 5,
    } + length
}

/// Writes identifier and length octets.
///
/// Contents of 4 GiB and more do not occur: [`Limits::input_bytes`](crate::Limits) is far below.
pub fn put_header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    let octets = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    match octets {
        [0, 0, 0, last @ 0..=0x7f] => out.push(last),
        [0, 0, 0, last] => out.extend([0x81, last]),
        [0, 0, a, b] => out.extend([0x82, a, b]),
        [0, a, b, c] => out.extend([0x83, a, b, c]),
        [a, b, c, d] => out.extend([0x84, a, b, c, d]),
    }
}

/// Writes a whole value.
pub fn put_tlv(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    put_header(out, tag, value.len());
    out.extend_from_slice(value);
}

/// A whole value of its own, its contents being these parts one after another.
#[must_use]
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(encoded_len(length));
    put_header(&mut out, tag, length);
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::Reader;

    #[test]
    fn every_length_form_is_read_back() {
        for length in [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0x100_0000] {
            let bytes = tlv(0x04, &[&vec![7; length]]);
            assert_eq!(bytes.len(), encoded_len(length));
            assert_eq!(Reader::new(&bytes).octet_string("test").unwrap().len(), length);
        }
    }
}
