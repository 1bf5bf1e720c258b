//! Modified UTF-8, as `java.io.DataOutput.writeUTF` defines it: UTF-16 units each for itself, U+0000 in two
//! octets.

pub(crate) fn encode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for unit in text.encode_utf16() {
        let [high, low] = unit.to_be_bytes();
        match unit {
            1..=0x7f => out.push(low),
            0..=0x7ff => out.extend([0xc0 | (high << 2) | (low >> 6), 0x80 | (low & 0x3f)]),
            _ => out.extend([
                0xe0 | (high >> 4),
                0x80 | ((high & 0x0f) << 2) | (low >> 6),
                0x80 | (low & 0x3f),
            ]),
        }
    }
    out
}

pub(crate) fn decode(octets: &[u8]) -> Option<String> {
    let mut units = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((&first, after)) = rest.split_first() {
        let tail = |at: usize| {
            after
                .get(at)
                .filter(|octet| **octet & 0xc0 == 0x80)
                .map(|octet| u16::from(octet & 0x3f))
        };
        let (unit, used) = match first {
            0..=0x7f => (u16::from(first), 0),
            0xc0..=0xdf => ((u16::from(first & 0x1f) << 6) | tail(0)?, 1),
            0xe0..=0xef => ((u16::from(first & 0x0f) << 12) | (tail(0)? << 6) | tail(1)?, 2),
            _ => return None,
        };
        units.push(unit);
        rest = after.get(used..)?;
    }
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_and_zero_takes_two_octets() {
        assert_eq!(encode("\0"), [0xc0, 0x80]);
        for text in ["", "a\0b", "\u{e4}\u{20ac}", "\u{1f511}"] {
            assert_eq!(decode(&encode(text)).as_deref(), Some(text));
        }
        assert_eq!(encode("\u{1f511}").len(), 6);
    }
}
