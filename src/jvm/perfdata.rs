//! What a HotSpot JVM publishes of itself in `/tmp/hsperfdata_USER/PID` (`jdk.internal.jvmstat`'s
//! `perfdata.monitor.v2_0`).

use std::collections::BTreeMap;

/// `PerfDataPrologue.magic`
const MAGIC: [u8; 4] = [0xca, 0xfe, 0xc0, 0xc0];
/// HotSpot's own: constants longer than this are cut (`PerfMaxStringConstLength`).
pub(super) const LONGEST: usize = 1024;
const MOST_ENTRIES: usize = 10_000;

/// The strings in it, by name: `java.property.java.home`, `java.rt.vmArgs`, `sun.rt.javaCommand`, ...; none where
/// the bytes are something else.
pub(super) fn strings(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let Some(data) = Data::new(bytes) else { return all };
    let (Some(mut at), Some(count)) = (data.int(24), data.int(28)) else {
        return all;
    };
    for _ in 0..count.min(MOST_ENTRIES) {
        let (Some(length), Some(name_at), Some(vector), Some(data_at)) = (
            data.int(at),
            data.int(at + 4),
            data.int(at + 8),
            data.int(at + 16),
        ) else {
            break;
        };
        if length < 20 {
            break;
        }
        let is_string = bytes.get(at + 12) == Some(&b'B') && vector > 0;
        if is_string
            && let Some(name) = text(bytes, at.saturating_add(name_at), length)
            && let Some(value) = text(bytes, at.saturating_add(data_at), vector)
        {
            all.insert(name, value);
        }
        at = at.saturating_add(length);
    }
    all
}

struct Data<'a> {
    bytes: &'a [u8],
    is_little: bool,
}

impl<'a> Data<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let is_little = bytes.strip_prefix(&MAGIC)?.first()? == &1;
        Some(Self { bytes, is_little })
    }

    fn int(&self, at: usize) -> Option<usize> {
        let four: [u8; 4] = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let number = if self.is_little {
            u32::from_le_bytes(four)
        } else {
            u32::from_be_bytes(four)
        };
        usize::try_from(number).ok()
    }
}

fn text(bytes: &[u8], at: usize, most: usize) -> Option<String> {
    let field = bytes.get(at..)?;
    let field = field.get(..most).unwrap_or(field);
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    Some(String::from_utf8_lossy(field.get(..end)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_entry() -> Vec<u8> {
        let mut bytes = vec![0xca, 0xfe, 0xc0, 0xc0, 1, 2, 0, 1];
        bytes.resize(24, 0);
        bytes.extend(32_u32.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        for int in [40_u32, 20, 8] {
            bytes.extend(int.to_le_bytes());
        }
        bytes.extend([b'B', 0, 0, 0]);
        bytes.extend(28_u32.to_le_bytes());
        bytes.extend(b"a.name\0\0value\0\0\0\0\0\0\0");
        bytes
    }

    #[test]
    fn a_string_is_found_by_its_name() {
        assert_eq!(strings(&one_entry())["a.name"], "value");
    }

    #[test]
    fn cut_off_bytes_give_what_is_there_and_no_panic() {
        let whole = one_entry();
        for end in 0..whole.len() {
            strings(&whole[..end]);
        }
        assert!(strings(b"something else").is_empty());
    }
}
