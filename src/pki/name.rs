use std::fmt;
use std::str::FromStr;

use der::Decode;
use der::asn1::ObjectIdentifier;

use super::{NameError, PkiError};
use crate::asn1::{Reader, tag, tlv};
use crate::x509::Name;

/// A distinguished name that can be put into a certificate: made from text (RFC 4514), or taken over from a
/// certificate to the octet.
///
/// Values are encoded as `sun.security.x509.X500Name` does: PrintableString where its characters suffice, else
/// UTF8String; `DC` and `emailAddress` as IA5String.
///
/// ```
/// use keyjar::pki::DistinguishedName;
/// let name: DistinguishedName = r"CN=Example\, Inc.,DC=example,DC=com".parse()?;
/// assert_eq!(name.to_string(), r"CN=Example\, Inc.,DC=example,DC=com");
/// # Ok::<(), keyjar::pki::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DistinguishedName(Vec<u8>);

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const CN: ObjectIdentifier = oid("2.5.4.3");
const COUNTRY: ObjectIdentifier = oid("2.5.4.6");
const DOMAIN_COMPONENT: ObjectIdentifier = oid("0.9.2342.19200300.100.1.25");
const EMAIL: ObjectIdentifier = oid("1.2.840.113549.1.9.1");

/// RFC 4514 section 3, and what Java's and OpenSSL's users write besides.
const KEYWORDS: &[(&str, ObjectIdentifier)] = &[
    ("CN", CN),
    ("O", oid("2.5.4.10")),
    ("OU", oid("2.5.4.11")),
    ("C", COUNTRY),
    ("L", oid("2.5.4.7")),
    ("ST", oid("2.5.4.8")),
    ("S", oid("2.5.4.8")),
    ("STREET", oid("2.5.4.9")),
    ("DC", DOMAIN_COMPONENT),
    ("UID", oid("0.9.2342.19200300.100.1.1")),
    ("E", EMAIL),
    ("EMAIL", EMAIL),
    ("EMAILADDRESS", EMAIL),
    ("SERIALNUMBER", oid("2.5.4.5")),
    ("T", oid("2.5.4.12")),
    ("TITLE", oid("2.5.4.12")),
    ("SN", oid("2.5.4.4")),
    ("SURNAME", oid("2.5.4.4")),
    ("GN", oid("2.5.4.42")),
    ("GIVENNAME", oid("2.5.4.42")),
    ("INITIALS", oid("2.5.4.43")),
    ("GENERATION", oid("2.5.4.44")),
    ("POSTALCODE", oid("2.5.4.17")),
    ("ORGANIZATIONIDENTIFIER", oid("2.5.4.97")),
];

impl DistinguishedName {
    /// A name that is just a common name, whatever characters it has.
    #[must_use]
    pub fn common_name(name: &str) -> Self {
        Self::of_rdns(&[vec![attribute(CN, name)]])
    }

    /// A common name, or, where the text holds a `=`, a whole distinguished name.
    ///
    /// # Errors
    /// [`NameError::NotADn`].
    pub fn of_name(name: &str) -> Result<Self, NameError> {
        if name.contains('=') {
            name.parse()
        } else if name.is_empty() {
            Err(NameError::NotADn {
                name: String::new(),
                why: String::from("it is empty"),
            })
        } else {
            Ok(Self::common_name(name))
        }
    }

    /// The DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    /// To look into it.
    #[must_use]
    pub fn view(&self) -> Name<'_> {
        Name::unchecked(&self.0)
    }

    pub(super) fn to_x509(&self) -> Result<x509_cert::name::Name, PkiError> {
        x509_cert::name::Name::from_der(&self.0).map_err(|source| PkiError::Encoding {
            what: "a distinguished name",
            source,
        })
    }

    /// From RDNs as text has them: the most specific first.
    fn of_rdns(rdns: &[Vec<Vec<u8>>]) -> Self {
        let sets: Vec<_> = rdns
            .iter()
            .rev()
            .map(|attributes| {
                // DER: the elements of a SET OF are in the order of their octets (X.690 section 11.6).
                let mut sorted: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
                sorted.sort_unstable();
                tlv(tag::SET, &sorted)
            })
            .collect();
        let sets: Vec<&[u8]> = sets.iter().map(Vec::as_slice).collect();
        Self(tlv(tag::SEQUENCE, &sets))
    }
}

impl From<Name<'_>> for DistinguishedName {
    fn from(name: Name<'_>) -> Self {
        Self(name.as_der().to_vec())
    }
}

impl FromStr for DistinguishedName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = |why: String| NameError::NotADn {
            name: text.to_owned(),
            why,
        };
        let rdns = split(text).map_err(wrong)?;
        let mut out = Vec::with_capacity(rdns.len());
        for rdn in rdns {
            let attributes: Result<Vec<_>, _> = rdn.iter().map(|part| parse_attribute(part)).collect();
            out.push(attributes.map_err(wrong)?);
        }
        Ok(Self::of_rdns(&out))
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.view(), f)
    }
}

impl fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistinguishedName({self})")
    }
}

/// RDNs, and the attributes within each, still escaped.
fn split(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut rdns = vec![vec![String::new()]];
    let (mut escaped, mut quoted) = (false, false);
    for character in text.chars() {
        let separator = !escaped && !quoted && matches!(character, ',' | ';' | '+');
        if !separator {
            if let Some(part) = rdns.last_mut().and_then(|rdn| rdn.last_mut()) {
                part.push(character);
            }
            if character == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = character == '\\' && !escaped;
        } else if character == '+' {
            if let Some(rdn) = rdns.last_mut() {
                rdn.push(String::new());
            }
        } else {
            rdns.push(vec![String::new()]);
        }
    }
    if quoted {
        return Err(String::from("a quotation mark is not closed"));
    }
    Ok(rdns)
}

/// `CN=Example CA`, `2.5.4.3=#0c0178`
fn parse_attribute(text: &str) -> Result<Vec<u8>, String> {
    let text = text.trim_start();
    let Some((keyword, value)) = text.split_once('=') else {
        return Err(match text.trim() {
            "" => String::from("there is nothing between two of its commas, or at its end"),
            text => format!("`{text}` has no `=`"),
        });
    };
    let keyword = keyword.trim();
    let known = KEYWORDS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(keyword));
    let dotted = keyword
        .strip_prefix("OID.")
        .or_else(|| keyword.strip_prefix("oid."))
        .unwrap_or(keyword);
    let kind = match known {
        Some((_, kind)) => *kind,
        None => ObjectIdentifier::new(dotted)
            .or(Err(format!("`{keyword}` is no attribute that is known here")))?,
    };
    let value = value.trim_start();
    if let Some(digits) = value.strip_prefix('#') {
        let der = unhex(digits.trim_end()).ok_or_else(|| format!("`{value}` is no hex"))?;
        let mut reader = Reader::new(&der);
        let whole = reader
            .any("attribute value")
            .and_then(|_| reader.finish("attribute value"));
        whole.map_err(|error| format!("`{value}` is no DER: {error}"))?;
        let kind = tlv(tag::OBJECT_IDENTIFIER, &[kind.as_bytes()]);
        return Ok(tlv(tag::SEQUENCE, &[&kind, &der]));
    }
    let value = unescape(value)?;
    if value.is_empty() {
        return Err(format!("`{keyword}` has no value"));
    }
    if kind == COUNTRY && (value.len() != 2 || !value.bytes().all(|octet| octet.is_ascii_alphabetic())) {
        return Err(format!(
            "`{keyword}` takes a country's two letters, not `{value}`"
        ));
    }
    if matches!(kind, DOMAIN_COMPONENT | EMAIL) && !value.is_ascii() {
        return Err(format!("`{keyword}` takes ASCII only, not `{value}`"));
    }
    Ok(attribute(kind, &value))
}

fn attribute(kind: ObjectIdentifier, value: &str) -> Vec<u8> {
    let printable = |octet: u8| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&octet);
    let encoding = match kind {
        DOMAIN_COMPONENT | EMAIL => tag::IA5_STRING,
        _ if value.bytes().all(printable) => tag::PRINTABLE_STRING,
        _ => tag::UTF8_STRING,
    };
    let kind = tlv(tag::OBJECT_IDENTIFIER, &[kind.as_bytes()]);
    tlv(tag::SEQUENCE, &[&kind, &tlv(encoding, &[value.as_bytes()])])
}

/// Takes quotation marks, backslashes and the blanks around away (RFC 4514 section 3, RFC 2253 section 4).
fn unescape(text: &str) -> Result<String, String> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    // Blanks at the end count only where they are escaped or quoted.
    let mut kept = 0;
    let mut quoted = false;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => {
                quoted = !quoted;
                kept = out.len();
            }
            '\\' => {
                let after = rest.as_str();
                let octet = after.get(..2).and_then(unhex);
                if let Some(octet) = octet {
                    out.extend(octet);
                    rest.nth(1);
                } else if let Some(special) = rest.next() {
                    out.extend(special.encode_utf8(&mut [0; 4]).as_bytes());
                } else {
                    return Err(String::from("it ends in a backslash"));
                }
                kept = out.len();
            }
            _ => {
                out.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
                if character != ' ' || quoted {
                    kept = out.len();
                }
            }
        }
    }
    out.truncate(kept);
    String::from_utf8(out).or(Err(format!("`{text}` is no UTF-8 once its escapes are read")))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return None;
    }
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    digits?
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        text.parse::<DistinguishedName>().unwrap().to_string()
    }

    #[test]
    fn names_are_read_as_they_are_shown() {
        for text in [
            "CN=Example CA,O=Example,C=DE",
            "CN=es,DC=example,DC=com",
            r"CN=a\, b\+c\\,O=x",
            "CN=Žluťoučký,emailAddress=a@example.com",
        ] {
            assert_eq!(round(text), text);
        }
        assert_eq!(round("cn = a , o=\"b, c\""), r"CN=a,O=b\, c");
        assert_eq!(round(r"CN=a\ "), r"CN=a\ ");
        assert_eq!(round(r"CN=\c4\8d"), "CN=č");
        assert_eq!(round("CN=a+OU=b"), "CN=a+OU=b");
    }

    #[test]
    fn the_most_specific_part_is_encoded_last() {
        let name: DistinguishedName = "CN=a,C=DE".parse().unwrap();
        assert!(name.as_der().ends_with(b"\x13\x01a"));
    }

    #[test]
    fn what_is_no_name_is_told_by_its_part() {
        for (text, why) in [
            ("CN=a,b", "`b` has no `=`"),
            ("XY=a", "`XY` is no attribute"),
            ("CN=", "`CN` has no value"),
            ("C=Germany", "two letters"),
            ("CN=a,,O=b", "nothing between"),
            ("CN=\"a", "not closed"),
            ("CN=a\\", "backslash"),
            ("CN=#zz", "no hex"),
            ("CN=#ff", "no DER"),
            ("DC=é", "ASCII"),
        ] {
            let error = text.parse::<DistinguishedName>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_common_name_takes_any_text() {
        let name = DistinguishedName::common_name("a, b=\"c\" #");
        assert_eq!(name.view().common_name().as_deref(), Some("a, b=\"c\" #"));
    }
}
