//! Certificate extensions ([RFC 5280 section 4.2](https://www.rfc-editor.org/rfc/rfc5280#section-4.2)).
//!
//! ```text
//! Extension ::= SEQUENCE {
//!     extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
//! ```
//!
//! Read with the tolerance a certificate that is only looked at deserves, which x509-cert's types do not
//! have: a dNSName of any octets, an address of any length. What is malformed counts as absent here;
//! [`java_readability`](super::Certificate::java_readability) is where malformed extensions are told.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::asn1::ObjectIdentifier;

use super::name::{Name, is_unshowable};
use super::oid::{Oid, hex};
use crate::asn1::{Error, Reader, tag};

pub(crate) const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
pub(crate) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
pub(crate) const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
pub(crate) const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// One extension, its value undecoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extension<'a> {
    /// Which extension.
    pub oid: Oid<'a>,
    /// Whether who does not understand it must refuse the certificate.
    pub critical: bool,
    /// The extnValue's contents octets: the DER of the extension's own type.
    pub value: &'a [u8],
}

impl<'a> Extension<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut fields = reader.sequence("extension")?;
        let oid = fields.read(tag::OBJECT_IDENTIFIER, "extension identifier")?;
        let critical = fields.optional(tag::BOOLEAN, "critical")?;
        let value = fields.octet_string("extension value")?;
        Ok(Self {
            oid: Oid::new(oid.value),
            critical: critical.is_some_and(|flag| flag.value != [0]),
            value,
        })
    }
}

/// The extensions of a certificate in order; ends where they are malformed.
#[derive(Clone, Debug)]
pub struct Extensions<'a>(pub(crate) Option<Reader<'a>>);

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.0.as_mut().filter(|reader| !reader.is_empty())?;
        let extension = Extension::read(reader).ok();
        if extension.is_none() {
            self.0 = None;
        }
        extension
    }
}

/// What a certificate's key may be used for (RFC 5280 section 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// `digitalSignature`
    pub const DIGITAL_SIGNATURE: Self = Self(1 << 15);
    /// `contentCommitment`, once nonRepudiation
    pub const CONTENT_COMMITMENT: Self = Self(1 << 14);
    /// `keyEncipherment`
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 13);
    /// `dataEncipherment`
    pub const DATA_ENCIPHERMENT: Self = Self(1 << 12);
    /// `keyAgreement`
    pub const KEY_AGREEMENT: Self = Self(1 << 11);
    /// `keyCertSign`
    pub const KEY_CERT_SIGN: Self = Self(1 << 10);
    /// `cRLSign`
    pub const CRL_SIGN: Self = Self(1 << 9);

    /// The names of RFC 5280, by bit.
    pub const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// The uses of these names; the first one that is none, otherwise.
    ///
    /// # Errors
    /// The name that is none of [`NAMES`](Self::NAMES).
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        names.into_iter().try_fold(Self(0), |all, name| {
            let bit = Self::NAMES.iter().position(|known| *known == name).ok_or(name)?;
            Ok(Self(all.0 | (0x8000 >> bit)))
        })
    }

    /// Whether all these uses are allowed.
    #[must_use]
    pub const fn contains(self, uses: Self) -> bool {
        self.0 & uses.0 == uses.0
    }

    /// The names of RFC 5280 for the uses allowed.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let bits = (0..9).map(move |bit| self.0 & (0x8000 >> bit) != 0);
        Self::NAMES
            .into_iter()
            .zip(bits)
            .filter_map(|(name, set)| set.then_some(name))
    }

    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let bits = Reader::new(value).read(tag::BIT_STRING, "key usage").ok()?;
        match bits.value {
            [_] => Some(Self(0)),
            [_, first] => Some(Self(u16::from_be_bytes([*first, 0]))),
            [_, first, second, ..] => Some(Self(u16::from_be_bytes([*first, *second]))),
            [] => None,
        }
    }
}

/// A purpose of ExtendedKeyUsage (RFC 5280 section 4.2.1.12); `Display` is its name there, else dotted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPurpose<'a>(Oid<'a>);

impl<'a> KeyPurpose<'a> {
    const NAMES: &'static [(ObjectIdentifier, &'static str)] = &[
        (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1"), "serverAuth"),
        (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"), "clientAuth"),
        (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3"), "codeSigning"),
        (
            ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"),
            "emailProtection",
        ),
        (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8"), "timeStamping"),
        (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9"), "OCSPSigning"),
        (ObjectIdentifier::new_unwrap("2.5.29.37.0"), "anyExtendedKeyUsage"),
    ];

    /// The purpose's identifier.
    #[must_use]
    pub const fn oid(&self) -> Oid<'a> {
        self.0
    }

    /// All purposes of an ExtendedKeyUsage value.
    pub(crate) fn read_all(value: &'a [u8]) -> Option<Vec<Self>> {
        let mut purposes = Reader::new(value).sequence("extended key usage").ok()?;
        let mut out = Vec::new();
        while !purposes.is_empty() {
            let oid = purposes.read(tag::OBJECT_IDENTIFIER, "key purpose").ok()?;
            out.push(Self(Oid::new(oid.value)));
        }
        Some(out)
    }
}

impl fmt::Display for KeyPurpose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(oid, _)| self.0 == *oid) {
            Some((_, name)) => f.write_str(name),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

/// A name a certificate is for besides its subject (RFC 5280 section 4.2.1.6).
///
/// `Display` is `DNS:localhost`, `IP:127.0.0.1`, `email:...`, `URI:...`, `DirName:CN=...`, `RID:1.2.3`;
/// octets that are no text show as `#hex`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubjectAltName {
    /// dNSName; octets that are not UTF-8 are replaced.
    Dns(String),
    /// iPAddress
    Ip(IpAddr),
    /// rfc822Name
    Email(String),
    /// uniformResourceIdentifier
    Uri(String),
    /// directoryName, as RFC 4514 text
    Directory(String),
    /// registeredID, dotted
    RegisteredId(String),
    /// Any other kind, or contents of the wrong shape.
    Other {
        /// The number of the choice in GeneralName.
        choice: u8,
        /// The contents octets in hex.
        hex: String,
    },
}

impl SubjectAltName {
    /// All names of a SubjectAltName value; those before the first malformed one where there is one.
    pub(crate) fn read_all(value: &[u8]) -> Vec<Self> {
        let mut out = Vec::new();
        let Ok(mut names) = Reader::new(value).sequence("subject alternative name") else {
            return out;
        };
        while let Ok(name) = names.any("general name") {
            let choice = name.tag & 0x1f;
            out.push(
                Self::from_choice(choice, name.value).unwrap_or_else(|| Self::Other {
                    choice,
                    hex: hex(name.value),
                }),
            );
        }
        out
    }

    fn from_choice(choice: u8, value: &[u8]) -> Option<Self> {
        let text = || String::from_utf8_lossy(value).into_owned();
        match choice {
            1 => Some(Self::Email(text())),
            2 => Some(Self::Dns(text())),
            4 => Name::from_der(value)
                .ok()
                .map(|name| Self::Directory(name.to_string())),
            6 => Some(Self::Uri(text())),
            7 => <[u8; 4]>::try_from(value)
                .map(|octets| IpAddr::V4(Ipv4Addr::from(octets)))
                .or_else(|_| <[u8; 16]>::try_from(value).map(|octets| IpAddr::V6(Ipv6Addr::from(octets))))
                .ok()
                .map(Self::Ip),
            8 => Some(Self::RegisteredId(Oid::new(value).to_string())),
            _ => None,
        }
    }
}

impl fmt::Display for SubjectAltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => put_escaped(f, "DNS", name),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::Email(address) => put_escaped(f, "email", address),
            Self::Uri(uri) => put_escaped(f, "URI", uri),
            Self::Directory(name) => write!(f, "DirName:{name}"),
            Self::RegisteredId(oid) => write!(f, "RID:{oid}"),
            Self::Other { choice: 0, hex } => write!(f, "otherName:#{hex}"),
            Self::Other { choice: 7, hex } => write!(f, "IP:#{hex}"),
            Self::Other { choice, hex } => write!(f, "[{choice}]:#{hex}"),
        }
    }
}

fn put_escaped(f: &mut fmt::Formatter<'_>, kind: &str, text: &str) -> fmt::Result {
    write!(f, "{kind}:")?;
    text.chars().try_for_each(|character| {
        if is_unshowable(character) || character == '\\' {
            write!(f, "{}", character.escape_default())
        } else {
            write!(f, "{character}")
        }
    })
}
