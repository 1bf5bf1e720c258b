//! Distinguished names ([RFC 5280 section 4.1.2.4](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.4)).
//!
//! ```text
//! RDNSequence ::= SEQUENCE OF RelativeDistinguishedName
//! RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
//! AttributeTypeAndValue ::= SEQUENCE { type AttributeType, value AttributeValue }
//! ```

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use der::asn1::ObjectIdentifier;

use super::oid::{Oid, hex};
use crate::asn1::{self, Reader, Tlv, tag};

/// A distinguished name as it stands in a certificate.
///
/// `Display` is [RFC 4514](https://www.rfc-editor.org/rfc/rfc4514): the last RDN first, `+` within one,
/// special characters escaped. Attribute types that have a name in the LDAP registry or a common one
/// (`emailAddress`, `serialNumber`, `organizationIdentifier`, the `jurisdiction...` of EV certificates)
/// show by it, any other as `1.2.3=#` and the hex of its DER value; a value that is no text shows as `#hex`
/// too. Control and direction-changing characters are escaped as `\xx`, so that a name is one line of a
/// terminal and what it shows is what it holds.
///
/// Two names are equal when Java's `X500Name.equals` says so: see [`canonical`](Self::canonical).
#[derive(Clone, Copy)]
pub struct Name<'a> {
    der: &'a [u8],
}

impl<'a> Name<'a> {
    /// A name from its DER.
    ///
    /// # Errors
    /// The bytes are not exactly one RDNSequence.
    pub fn from_der(der: &'a [u8]) -> Result<Self, asn1::Error> {
        let mut reader = Reader::new(der);
        let mut rdns = reader.sequence("name")?;
        reader.finish("name")?;
        while !rdns.is_empty() {
            let mut attributes = rdns.set("relative distinguished name")?;
            while !attributes.is_empty() {
                Attribute::read(&mut attributes)?;
            }
        }
        Ok(Self { der })
    }

    /// A name whose bytes were not looked into; what does not parse shows as hex.
    pub(crate) const fn unchecked(der: &'a [u8]) -> Self {
        Self { der }
    }

    /// The name's DER.
    #[must_use]
    pub const fn as_der(&self) -> &'a [u8] {
        self.der
    }

    /// Whether the name has no attribute.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.rdns(), Ok(rdns) if rdns.iter().all(Vec::is_empty))
    }

    /// The common name; the last one where there are several, as Java takes it.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.most_specific(CN)
    }

    /// What tells this name from others in few words, for an alias: the common name, else the
    /// organizational unit, the organization, or any other attribute that is text.
    #[must_use]
    pub fn short_name(&self) -> Option<String> {
        [CN, OU, O]
            .into_iter()
            .find_map(|kind| self.most_specific(kind))
            .or_else(|| {
                let mut attributes = self.rdns().ok()?.into_iter().rev().flatten();
                attributes.find_map(|attribute| text_of(attribute))
            })
    }

    /// The name as `X500Principal.getName(X500Principal.RFC2253)` of the JDK has it; keytool makes the
    /// friendlyName of a chain's certificates of it. It differs from `Display` in knowing nine attribute
    /// types only, and in escaping `=` and every `#`.
    #[must_use]
    pub fn to_rfc2253(&self) -> String {
        let Ok(rdns) = self.rdns() else {
            return format!("#{}", hex(self.der));
        };
        let mut out = String::new();
        for (at, rdn) in rdns.iter().rev().enumerate() {
            for (within, attribute) in rdn.iter().enumerate() {
                match (at, within) {
                    (0, 0) => {}
                    (_, 0) => out.push(','),
                    _ => out.push('+'),
                }
                attribute.put_rfc2253(&mut out);
            }
        }
        out
    }

    /// What Java compares names by: `X500Name.getRFC2253CanonicalName`.
    ///
    /// Of the nine attribute types of RFC 2253, PrintableString and UTF8String values are compared without
    /// case and with runs of blanks as one; any other attribute by its bytes. Unlike Java, characters
    /// outside ASCII are not decomposed (NFKD). Equal keys mean equal names, so the key serves in maps.
    #[must_use]
    pub fn canonical(&self) -> String {
        let Some(mut rdns) = self.canonical_rdns() else {
            return format!("#{}", hex(self.der));
        };
        rdns.reverse();
        rdns.join(",")
    }

    /// The RDNs of [`canonical`](Self::canonical) in the name's order; `None` where the name is malformed.
    pub(crate) fn canonical_rdns(&self) -> Option<Vec<String>> {
        let rdns = self.rdns().ok()?;
        let canonical = rdns.iter().map(|rdn| {
            let mut attributes: Vec<String> = rdn.iter().map(Attribute::canonical).collect();
            attributes.sort_unstable();
            attributes.join("+")
        });
        Some(canonical.collect())
    }

    fn most_specific(&self, kind: ObjectIdentifier) -> Option<String> {
        let mut attributes = self.rdns().ok()?.into_iter().rev().flatten();
        attributes
            .find(|attribute| attribute.kind == kind)
            .and_then(text_of)
    }

    pub(super) fn rdns(&self) -> Result<Vec<Vec<Attribute<'a>>>, asn1::Error> {
        let mut sequence = Reader::new(self.der).sequence("name")?;
        let mut rdns = Vec::with_capacity(8);
        while !sequence.is_empty() {
            let mut set = sequence.set("relative distinguished name")?;
            let mut attributes = Vec::with_capacity(1);
            while !set.is_empty() {
                attributes.push(Attribute::read(&mut set)?);
            }
            rdns.push(attributes);
        }
        Ok(rdns)
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der || self.canonical() == other.canonical()
    }
}

impl Eq for Name<'_> {}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(rdns) = self.rdns() else {
            return write!(f, "#{}", hex(self.der));
        };
        for (at, rdn) in rdns.iter().rev().enumerate() {
            for (within, attribute) in rdn.iter().enumerate() {
                match (at, within) {
                    (0, 0) => {}
                    (_, 0) => f.write_str(",")?,
                    _ => f.write_str("+")?,
                }
                fmt::Display::fmt(attribute, f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

const CN: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const OU: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const O: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// RFC 4514 section 3's types; also RFC 2253's.
const CORE_TYPES: &[(ObjectIdentifier, &str)] = &[
    (CN, "CN"),
    (O, "O"),
    (OU, "OU"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
];

/// Other types by their registered (IANA LDAP) or common name.
const MORE_TYPES: &[(ObjectIdentifier, &str)] = &[
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1"),
        "emailAddress",
    ),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "serialNumber"),
    (ObjectIdentifier::new_unwrap("2.5.4.4"), "sn"),
    (ObjectIdentifier::new_unwrap("2.5.4.12"), "title"),
    (ObjectIdentifier::new_unwrap("2.5.4.13"), "description"),
    (ObjectIdentifier::new_unwrap("2.5.4.15"), "businessCategory"),
    (ObjectIdentifier::new_unwrap("2.5.4.17"), "postalCode"),
    (ObjectIdentifier::new_unwrap("2.5.4.20"), "telephoneNumber"),
    (ObjectIdentifier::new_unwrap("2.5.4.41"), "name"),
    (ObjectIdentifier::new_unwrap("2.5.4.42"), "givenName"),
    (ObjectIdentifier::new_unwrap("2.5.4.43"), "initials"),
    (ObjectIdentifier::new_unwrap("2.5.4.44"), "generationQualifier"),
    (ObjectIdentifier::new_unwrap("2.5.4.46"), "dnQualifier"),
    (ObjectIdentifier::new_unwrap("2.5.4.65"), "pseudonym"),
    (ObjectIdentifier::new_unwrap("2.5.4.97"), "organizationIdentifier"),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.2"),
        "unstructuredName",
    ),
    (
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.60.2.1.1"),
        "jurisdictionL",
    ),
    (
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.60.2.1.2"),
        "jurisdictionST",
    ),
    (
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.60.2.1.3"),
        "jurisdictionC",
    ),
];

/// AttributeTypeAndValue.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'a> {
    pub(super) kind: Oid<'a>,
    pub(super) value: Tlv<'a>,
}

impl<'a> Attribute<'a> {
    fn read(set: &mut Reader<'a>) -> Result<Self, asn1::Error> {
        let mut fields = set.sequence("attribute type and value")?;
        let kind = fields.read(tag::OBJECT_IDENTIFIER, "attribute type")?;
        let value = fields.any("attribute value")?;
        Ok(Self {
            kind: Oid::new(kind.value),
            value,
        })
    }

    fn core_name(&self) -> Option<&'static str> {
        let mut types = CORE_TYPES.iter();
        types
            .find(|(known, _)| self.kind == *known)
            .map(|(_, name)| *name)
    }

    fn name(&self) -> Option<&'static str> {
        self.core_name().or_else(|| {
            let mut types = MORE_TYPES.iter();
            types
                .find(|(known, _)| self.kind == *known)
                .map(|(_, name)| *name)
        })
    }

    fn put_rfc2253(&self, out: &mut String) {
        let text = matches!(
            self.value.tag,
            tag::PRINTABLE_STRING
                | tag::TELETEX_STRING
                | tag::IA5_STRING
                | GENERAL_STRING
                | tag::BMP_STRING
                | tag::UTF8_STRING
        );
        let (Some(name), true) = (self.core_name(), text) else {
            let name = self
                .core_name()
                .map_or_else(|| self.kind.to_string(), str::to_owned);
            out.push_str(&format!("{name}=#{}", hex(self.value.raw)));
            return;
        };
        out.push_str(name);
        out.push('=');
        // whatever the string's type, Java reads the octets as UTF-8 here
        let value = String::from_utf8_lossy(self.value.value);
        let leading = value.len() - value.trim_start_matches([' ', '\r']).len();
        let trailing = value.trim_end_matches([' ', '\r']).len();
        for (at, character) in value.char_indices() {
            match character {
                ',' | '=' | '+' | '<' | '>' | '#' | ';' | '"' | '\\' => {
                    out.push('\\');
                    out.push(character);
                }
                '\0' => out.push_str("\\00"),
                ' ' | '\r' if at < leading || at >= trailing => {
                    out.push('\\');
                    out.push(character);
                }
                _ => out.push(character),
            }
        }
    }

    fn canonical(&self) -> String {
        let text = match (self.core_name(), self.value.tag) {
            (Some(name), tag::PRINTABLE_STRING | tag::UTF8_STRING) => {
                Some((name, String::from_utf8_lossy(self.value.value)))
            }
            _ => None,
        };
        let Some((name, value)) = text else {
            return format!("{}=#{}", self.kind, hex(self.value.raw));
        };
        let mut out = format!("{name}=");
        let mut after_blank = false;
        // `String.trim`: everything up to the space goes
        for (at, character) in value
            .trim_matches(|character| character <= ' ')
            .chars()
            .enumerate()
        {
            let blank = character == ' ';
            if blank && after_blank {
                continue;
            }
            after_blank = blank;
            if matches!(character, ',' | '+' | '<' | '>' | ';' | '"' | '\\') || (at == 0 && character == '#')
            {
                out.push('\\');
            }
            out.push(character);
        }
        out.to_uppercase().to_lowercase()
    }
}

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(name), Some(text)) = (self.name(), text(&self.value)) else {
            return match self.name() {
                Some(name) => write!(f, "{name}=#{}", hex(self.value.raw)),
                None => write!(f, "{}=#{}", self.kind, hex(self.value.raw)),
            };
        };
        write!(f, "{name}=")?;
        let last = text.chars().count().saturating_sub(1);
        for (at, character) in text.chars().enumerate() {
            match character {
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{character}")?,
                '#' if at == 0 => f.write_str("\\#")?,
                ' ' if at == 0 || at == last => f.write_str("\\ ")?,
                _ if is_unshowable(character) => {
                    let mut octets = [0; 4];
                    for octet in character.encode_utf8(&mut octets).bytes() {
                        write!(f, "\\{octet:02x}")?;
                    }
                }
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

fn text_of(attribute: Attribute<'_>) -> Option<String> {
    text(&attribute.value)
        .map(Cow::into_owned)
        .filter(|text| !text.trim().is_empty())
}

const NUMERIC_STRING: u8 = 0x12;
const VISIBLE_STRING: u8 = 0x1a;
const GENERAL_STRING: u8 = 0x1b;

/// The characters of a string type; `None` where the octets are none of it.
///
/// TeletexString is read as ISO 8859-1, as Java and OpenSSL do: its writers meant that.
pub(crate) fn text<'a>(value: &Tlv<'a>) -> Option<Cow<'a, str>> {
    match value.tag {
        tag::UTF8_STRING => std::str::from_utf8(value.value).ok().map(Cow::Borrowed),
        tag::PRINTABLE_STRING | tag::IA5_STRING | NUMERIC_STRING | VISIBLE_STRING | GENERAL_STRING => {
            std::str::from_utf8(value.value)
                .ok()
                .filter(|text| text.is_ascii())
                .map(Cow::Borrowed)
        }
        tag::TELETEX_STRING => Some(value.value.iter().copied().map(char::from).collect()),
        tag::BMP_STRING => {
            let (units, rest) = value.value.as_chunks::<2>();
            let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
            String::from_utf16(&units)
                .ok()
                .filter(|_| rest.is_empty())
                .map(Cow::Owned)
        }
        tag::UNIVERSAL_STRING => {
            let (units, rest) = value.value.as_chunks::<4>();
            units
                .iter()
                .map(|unit| char::from_u32(u32::from_be_bytes(*unit)))
                .collect::<Option<String>>()
                .filter(|_| rest.is_empty())
                .map(Cow::Owned)
        }
        _ => None,
    }
}

/// Characters that would change the line they stand in: controls, line ends, direction marks, zero widths.
pub(crate) fn is_unshowable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::tlv;

    const CN: &[u8] = &[0x55, 4, 3];
    const O: &[u8] = &[0x55, 4, 10];
    const EMAIL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

    fn attribute(kind: &[u8], string: u8, value: &[u8]) -> Vec<u8> {
        tlv(
            tag::SEQUENCE,
            &[&tlv(tag::OBJECT_IDENTIFIER, &[kind]), &tlv(string, &[value])],
        )
    }

    fn name(rdns: &[&[Vec<u8>]]) -> Vec<u8> {
        let sets: Vec<Vec<u8>> = rdns.iter().map(|rdn| tlv(tag::SET, &[&rdn.concat()])).collect();
        tlv(tag::SEQUENCE, &[&sets.concat()])
    }

    fn cn(string: u8, value: &[u8]) -> Vec<u8> {
        name(&[&[attribute(CN, string, value)]])
    }

    fn shown(der: &[u8]) -> String {
        Name::from_der(der).unwrap().to_string()
    }

    #[test]
    fn the_last_rdn_comes_first_and_a_plus_joins_one() {
        let der = name(&[
            &[attribute(O, tag::UTF8_STRING, b"Example")],
            &[
                attribute(CN, tag::PRINTABLE_STRING, b"a"),
                attribute(EMAIL, tag::IA5_STRING, b"a@example.com"),
            ],
        ]);
        assert_eq!(shown(&der), "CN=a+emailAddress=a@example.com,O=Example");
    }

    #[test]
    fn special_characters_are_escaped_where_rfc_4514_says() {
        for (value, expected) in [
            (&b" a "[..], "CN=\\ a\\ "),
            (b"#a#", "CN=\\#a#"),
            (b"a,b+c\"<d>;\\", "CN=a\\,b\\+c\\\"\\<d\\>\\;\\\\"),
            (b"a\0b\nc", "CN=a\\00b\\0ac"),
            (b" ", "CN=\\ "),
            (b"a=b", "CN=a=b"),
        ] {
            assert_eq!(shown(&cn(tag::UTF8_STRING, value)), expected);
        }
    }

    #[test]
    fn characters_that_turn_the_line_around_are_escaped() {
        assert_eq!(
            shown(&cn(tag::UTF8_STRING, "a\u{202e}b".as_bytes())),
            "CN=a\\e2\\80\\aeb"
        );
    }

    #[test]
    fn every_string_type_is_decoded() {
        assert_eq!(shown(&cn(tag::TELETEX_STRING, b"M\xfcller")), "CN=Müller");
        assert_eq!(shown(&cn(tag::BMP_STRING, b"\0M\0\xfc")), "CN=Mü");
        assert_eq!(shown(&cn(tag::UNIVERSAL_STRING, b"\0\x01\xf6\0")), "CN=😀");
    }

    #[test]
    fn what_is_no_text_shows_as_its_der_in_hex() {
        assert_eq!(shown(&cn(tag::UTF8_STRING, b"\xff")), "CN=#0c01ff");
        assert_eq!(shown(&cn(tag::BMP_STRING, b"abc")), "CN=#1e03616263");
        assert_eq!(
            shown(&name(&[&[attribute(&[0x2a, 3], tag::UTF8_STRING, b"x")]])),
            "1.2.3=#0c0178"
        );
    }

    #[test]
    fn names_are_equal_without_case_blanks_and_string_type() {
        let a = cn(tag::PRINTABLE_STRING, b" Root  CA");
        let b = cn(tag::UTF8_STRING, b"root ca ");
        assert_eq!(Name::from_der(&a).unwrap(), Name::from_der(&b).unwrap());
        let c = cn(tag::TELETEX_STRING, b"root ca");
        assert_ne!(Name::from_der(&a).unwrap(), Name::from_der(&c).unwrap());
    }

    #[test]
    fn attributes_outside_rfc_2253_are_compared_by_their_bytes() {
        let a = name(&[&[attribute(EMAIL, tag::IA5_STRING, b"a@b")]]);
        let b = name(&[&[attribute(EMAIL, tag::IA5_STRING, b"A@b")]]);
        assert_ne!(Name::from_der(&a).unwrap(), Name::from_der(&b).unwrap());
    }

    #[test]
    fn the_order_within_an_rdn_does_not_matter() {
        let (x, y) = (
            attribute(CN, tag::UTF8_STRING, b"x"),
            attribute(O, tag::UTF8_STRING, b"y"),
        );
        let a = name(&[&[x.clone(), y.clone()]]);
        let b = name(&[&[y.clone(), x.clone()]]);
        let c = name(&[&[x], &[y]]);
        assert_eq!(Name::from_der(&a).unwrap(), Name::from_der(&b).unwrap());
        assert_ne!(Name::from_der(&a).unwrap(), Name::from_der(&c).unwrap());
    }

    #[test]
    fn javas_rfc2253_form_knows_nine_types_and_escapes_more() {
        let der = name(&[
            &[attribute(EMAIL, tag::IA5_STRING, b"a@b")],
            &[attribute(CN, tag::UTF8_STRING, b" Test=Int #1")],
        ]);
        assert_eq!(
            Name::from_der(&der).unwrap().to_rfc2253(),
            "CN=\\ Test\\=Int \\#1,1.2.840.113549.1.9.1=#1603614062"
        );
    }

    #[test]
    fn the_last_common_name_counts() {
        let der = name(&[
            &[attribute(CN, tag::UTF8_STRING, b"first")],
            &[attribute(CN, tag::UTF8_STRING, b"last")],
            &[attribute(O, tag::UTF8_STRING, b"Example")],
        ]);
        let name = Name::from_der(&der).unwrap();
        assert_eq!(name.common_name().unwrap(), "last");
        assert_eq!(name.short_name().unwrap(), "last");
    }

    #[test]
    fn without_a_common_name_the_organization_is_the_short_name() {
        let der = name(&[&[attribute(O, tag::UTF8_STRING, b"Example")]]);
        let name = Name::from_der(&der).unwrap();
        assert_eq!(name.common_name(), None);
        assert_eq!(name.short_name().unwrap(), "Example");
    }
}
