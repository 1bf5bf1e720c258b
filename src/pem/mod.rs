//! PEM in and out (RFC 7468): many objects per file, the mess of real files, and the right name for what is
//! something else.

mod sniff;

use base64_simd::STANDARD;
use bytes::Bytes;
use memchr::memmem;
use zeroize::Zeroizing;

pub(crate) use sniff::label;
pub use sniff::{What, sniff};

use crate::error::ErrorKind;
use crate::secret::SecretBytes;

/// One block of a PEM file, decoded.
#[derive(Clone)]
pub struct Block {
    /// What stands between `-----BEGIN ` and `-----`.
    pub label: String,
    /// The headers of RFC 1421, which OpenSSL's old key encryption uses: `Proc-Type`, `DEK-Info`.
    pub headers: Vec<(String, String)>,
    /// The decoded octets.
    pub der: Bytes,
    /// The line of its BEGIN, from 1.
    pub line: usize,
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block")
            .field("label", &self.label)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// Why a PEM file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it; lines count from 1")]
pub enum Error {
    #[error("line {line}: the block `{label}` has no END line: the file is cut short")]
    NoEnd { line: usize, label: String },
    #[error("line {line}: the block `{label}` ends as `{end}`")]
    OtherEnd { line: usize, label: String, end: String },
    #[error("line {at}: the block `{label}` that begins in line {line} is not base64 here, or cut short")]
    Base64 { line: usize, label: String, at: usize },
}

impl Error {
    /// The error's kind: damage.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Damaged
    }
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// All blocks of a file, whatever stands around them. Text in UTF-16, as Windows tools save it, is read too.
///
/// # Errors
/// A block without an end, one that ends as another, or one that is not base64; each with its line.
pub fn read(text: &[u8]) -> Result<Vec<Block>, Error> {
    if let Some(utf8) = from_utf16(text) {
        return blocks(utf8.as_bytes());
    }
    blocks(text)
}

/// Whether there is the beginning of a block.
#[must_use]
pub fn is_pem(text: &[u8]) -> bool {
    match from_utf16(text) {
        Some(utf8) => memmem::find(utf8.as_bytes(), BEGIN).is_some(),
        None => memmem::find(text, BEGIN).is_some(),
    }
}

fn from_utf16(text: &[u8]) -> Option<Zeroizing<String>> {
    let decode = |unit: fn([u8; 2]) -> u16, rest: &[u8]| {
        let units = rest.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        Zeroizing::new(
            char::decode_utf16(units)
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        )
    };
    match text {
        [0xff, 0xfe, rest @ ..] => Some(decode(u16::from_le_bytes, rest)),
        [0xfe, 0xff, rest @ ..] => Some(decode(u16::from_be_bytes, rest)),
        _ => None,
    }
}

/// Where lines are counted: only as far as someone asks.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, position: usize) -> usize {
        let between = self.text.get(self.at..position).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', between).count();
        self.at = position.max(self.at);
        self.line
    }
}

/// A block as it stands in the text.
struct Armoured<'a> {
    label: String,
    headers: Vec<(String, String)>,
    base64: &'a [u8],
    /// The line of its BEGIN.
    line: usize,
    /// The line in which the base64 begins.
    base64_line: usize,
}

fn blocks(text: &[u8]) -> Result<Vec<Block>, Error> {
    let armoured = armoured(text)?;
    let digits: usize = armoured.iter().map(|block| block.base64.len()).sum();
    // All blocks share one buffer, so that a bundle of many certificates is one allocation.
    let mut buffer = SecretBytes::new(Vec::with_capacity(digits / 4 * 3 + 3 * armoured.len()));
    let mut compact = SecretBytes::default();
    let mut ends = Vec::with_capacity(armoured.len());
    for block in &armoured {
        if !decode(block.base64, &mut compact, buffer.expose_bytes_mut()) {
            return Err(block.broken());
        }
        ends.push(buffer.len());
    }
    let has_key = armoured
        .iter()
        .any(|block| matches!(label(&block.label), What::PrivateKey { .. }));
    let buffer = if has_key {
        Bytes::from_owner(Wiped(buffer))
    } else {
        Bytes::from(std::mem::take(buffer.expose_bytes_mut()))
    };
    let starts = std::iter::once(0).chain(ends.iter().copied());
    Ok(armoured
        .into_iter()
        .zip(starts.zip(&ends))
        .map(|(block, (start, end))| Block {
            label: block.label,
            headers: block.headers,
            der: buffer.slice(start..*end),
            line: block.line,
        })
        .collect())
}

/// Decoded keys, wiped with the last block that shares them.
struct Wiped(SecretBytes);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose_bytes()
    }
}

impl Armoured<'_> {
    /// Where its base64 is broken: the first line with what is no digit of it, else its last line.
    fn broken(&self) -> Error {
        let is_digit = |octet: &u8| octet.is_ascii_alphanumeric() || b"+/=".contains(octet);
        let is_sound = |line: &[u8]| {
            line.iter()
                .all(|octet| is_digit(octet) || octet.is_ascii_whitespace())
        };
        let lines: Vec<_> = self.base64.split(|octet| *octet == b'\n').collect();
        let last = lines
            .iter()
            .rposition(|line| line.iter().any(is_digit))
            .unwrap_or_default();
        let offset = lines.iter().position(|line| !is_sound(line)).unwrap_or(last);
        Error::Base64 {
            line: self.line,
            label: self.label.clone(),
            at: self.base64_line + offset,
        }
    }
}

fn armoured(text: &[u8]) -> Result<Vec<Armoured<'_>>, Error> {
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut found = Vec::new();
    let mut at = 0;
    let begin = memmem::Finder::new(BEGIN);
    let end = memmem::Finder::new(END);
    let dashes = memmem::Finder::new(DASHES);
    while let Some(offset) = begin.find(text.get(at..).unwrap_or_default()) {
        let start = at + offset;
        let rest = text.get(start + BEGIN.len()..).unwrap_or_default();
        let Some(label_len) = dashes.find(rest).filter(|len| *len <= 64) else {
            at = start + BEGIN.len();
            continue;
        };
        let label = String::from_utf8_lossy(rest.get(..label_len).unwrap_or_default()).into_owned();
        let line = lines.at(start);
        let body_start = label_len + DASHES.len();
        let body = rest.get(body_start..).unwrap_or_default();
        let Some(body_len) = end.find(body) else {
            return Err(Error::NoEnd { line, label });
        };
        let tail = body.get(body_len + END.len()..).unwrap_or_default();
        let end_len = dashes.find(tail).unwrap_or_default();
        let end_label = tail.get(..end_len).unwrap_or_default();
        if end_label != label.as_bytes() {
            let end = String::from_utf8_lossy(end_label).into_owned();
            return Err(Error::OtherEnd { line, label, end });
        }
        let body = body.get(..body_len).unwrap_or_default();
        let (headers, base64) = headers(body);
        let before = body.get(..body.len() - base64.len()).unwrap_or_default();
        found.push(Armoured {
            label,
            headers,
            base64,
            line,
            base64_line: line + memchr::memchr_iter(b'\n', before).count(),
        });
        at = start + BEGIN.len() + body_start + body_len + END.len() + end_len;
    }
    Ok(found)
}

/// The headers before the base64, where there are any (RFC 1421 section 4.6).
fn headers(body: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    if memchr::memchr(b':', body).is_none() {
        return (Vec::new(), body);
    }
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let text = String::from_utf8_lossy(line);
        match text.split_once(':') {
            Some((name, value)) => found.push((name.trim().to_owned(), value.trim().to_owned())),
            None if text.trim().is_empty() => {}
            None => break,
        }
        rest = after;
    }
    (found, rest)
}

/// Appends what base64 with white space anywhere stands for; whether it is base64 of anything. `compact` is memory to
/// work in.
fn decode(base64: &[u8], compact: &mut SecretBytes, out: &mut Vec<u8>) -> bool {
    let compact = compact.expose_bytes_mut();
    compact.clear();
    compact.reserve(base64.len());
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', base64).chain([base64.len()]) {
        let line = base64.get(start..end).unwrap_or_default();
        compact.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        start = end + 1;
    }
    let length = out.len();
    if STANDARD.decode_append(&*compact, out).is_err() {
        out.truncate(length);
        // Blanks within lines are rare: only what fails is looked through octet by octet.
        compact.retain(|octet| !octet.is_ascii_whitespace());
        if STANDARD.decode_append(&*compact, out).is_err() {
            return false;
        }
    }
    out.len() > length
}

/// A block, 64 columns a line (RFC 7468 section 3).
#[must_use]
pub fn encode(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

/// Decodes base64 that has no PEM armour, where a text is nothing but that.
#[must_use]
pub fn decode_bare(text: &[u8]) -> Option<Vec<u8>> {
    let is_base64 = |octet: &u8| octet.is_ascii_alphanumeric() || b"+/=\r\n \t".contains(octet);
    if text.len() < 64 || !text.iter().all(is_base64) {
        return None;
    }
    let mut der = Vec::new();
    decode(text, &mut SecretBytes::default(), &mut der).then_some(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "-----BEGIN X-----\nAQID\n-----END X-----\n";

    #[test]
    fn blocks_are_found_between_text_with_any_line_ending_and_bom() {
        let text = format!(
            "\u{feff}subject=CN=a\r\n{}between\n{BLOCK}",
            BLOCK.replace('\n', "\r\n")
        );
        let found = read(text.as_bytes()).unwrap();
        let seen: Vec<_> = found
            .iter()
            .map(|block| (block.line, block.der.to_vec()))
            .collect();
        assert_eq!(seen, [(2, vec![1, 2, 3]), (6, vec![1, 2, 3])]);
    }

    #[test]
    fn a_file_in_utf_16_is_read() {
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(BLOCK.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(read(&utf16).unwrap()[0].der[..], [1, 2, 3]);
    }

    #[test]
    fn a_block_without_an_end_is_an_error_with_its_line() {
        let error = read(b"\n\n-----BEGIN X-----\nAQID\n").unwrap_err();
        assert_eq!(
            error,
            Error::NoEnd {
                line: 3,
                label: "X".into()
            }
        );
    }

    #[test]
    fn base64_that_is_cut_short_is_an_error() {
        let error = read(b"-----BEGIN X-----\nAQI\n-----END X-----\n").unwrap_err();
        assert_eq!(
            error,
            Error::Base64 {
                line: 1,
                label: "X".into(),
                at: 2
            }
        );
    }

    #[test]
    fn the_line_that_is_no_base64_is_told() {
        let error = read(b"-----BEGIN X-----\nK: v\n\nAQID\nAQ!D\nAQID\n-----END X-----\n").unwrap_err();
        assert!(error.to_string().starts_with("line 5: "), "{error}");
    }

    #[test]
    fn blanks_within_base64_do_no_harm() {
        let found = read(b"-----BEGIN X-----\n  AQ ID\t\n\n-----END X-----\n").unwrap();
        assert_eq!(found[0].der[..], [1, 2, 3]);
    }

    #[test]
    fn the_headers_of_an_encrypted_key_are_kept() {
        let text =
            "-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID\n-----END K-----\n";
        let block = &read(text.as_bytes()).unwrap()[0];
        assert_eq!(block.headers[1], ("DEK-Info".into(), "AES-128-CBC,00".into()));
        assert_eq!(block.der[..], [1, 2, 3]);
    }
}
