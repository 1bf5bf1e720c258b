//! Names of certificates as Java compares them for name constraints
//! (`sun.security.x509.GeneralNameInterface.constrains`, RFC 5280 section 4.2.1.10).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::certificate::canonical_rdns;
use super::host_name;
use super::uri::{self, Host};
use crate::asn1::{Reader, Tlv, tag};
use crate::x509::Name;

/// A GeneralName that Java can parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GeneralName {
    Email(String),
    Dns(String),
    /// The RDNs in canonical form, in the name's order.
    Directory(Vec<String>),
    Uri {
        text: String,
        host: Option<String>,
        kind: Option<Host>,
    },
    /// 4 or 16 octets: an address; 8 or 32: with its mask.
    Ip(Vec<u8>),
    RegisteredId(Vec<u8>),
    /// otherName, x400Address, ediPartyName: Java compares none of them.
    Opaque {
        choice: u8,
        der: Vec<u8>,
    },
}

/// How the second of two names stands to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    OtherType,
    Match,
    /// The second lies within the first.
    Narrows,
    /// The first lies within the second.
    Widens,
    SameType,
}

/// An exception of Java's own making, where it has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thrown {
    pub(super) class: &'static str,
    pub(super) message: String,
}

impl Thrown {
    pub(super) fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }

    fn unsupported(message: &str) -> Self {
        Self::new("java.lang.UnsupportedOperationException", message)
    }
}

impl GeneralName {
    /// `sun.security.x509.GeneralName(DerValue, boolean)`; the error is the exception's text.
    pub(super) fn read(value: &Tlv<'_>, is_constraint: bool) -> Result<Self, String> {
        let is_constructed = value.tag & 0x20 != 0;
        let choice = value.tag & 0x1f;
        if value.tag & 0xc0 != 0x80 || is_constructed != matches!(choice, 0 | 3 | 4 | 5) {
            return Err(invalid_encoding(choice));
        }
        match choice {
            1 => email(ascii(value.value)).map(Self::Email),
            2 => Ok(Self::Dns(ascii(value.value))),
            4 => {
                let name = Name::from_der(value.value)
                    .or(Err(String::from("Invalid encoding of Directory name")))?;
                Ok(Self::Directory(canonical_rdns(&name)))
            }
            6 => {
                let text = ascii(value.value);
                let (host, kind) = if is_constraint {
                    uri::constraint(&text)?
                } else {
                    uri::host(&text)?
                };
                Ok(Self::Uri { text, host, kind })
            }
            7 => match value.value.len() {
                4 | 8 | 16 | 32 => Ok(Self::Ip(value.value.to_vec())),
                _ => Err(String::from("Invalid IPAddressName")),
            },
            8 => Ok(Self::RegisteredId(value.value.to_vec())),
            0 => {
                let mut fields = value.reader();
                let is_sound = fields.read(tag::OBJECT_IDENTIFIER, "type").is_ok()
                    && fields.read(tag::context_constructed(0), "value").is_ok();
                is_sound
                    .then(|| Self::opaque(choice, value))
                    .ok_or_else(|| String::from("value is not EXPLICTly tagged [0]"))
            }
            3 | 5 => Ok(Self::opaque(choice, value)),
            other => Err(format!("Unrecognized GeneralName tag, ({other})")),
        }
    }

    fn opaque(choice: u8, value: &Tlv<'_>) -> Self {
        Self::Opaque {
            choice,
            der: value.value.to_vec(),
        }
    }

    /// GeneralName's number of the choice.
    pub(super) const fn choice(&self) -> u8 {
        match self {
            Self::Email(_) => 1,
            Self::Dns(_) => 2,
            Self::Directory(_) => 4,
            Self::Uri { .. } => 6,
            Self::Ip(_) => 7,
            Self::RegisteredId(_) => 8,
            Self::Opaque { choice, .. } => *choice,
        }
    }

    /// A dNSName made of a common name, if it is one (`sun.security.x509.DNSName(String)`).
    pub(super) fn dns_of_common_name(name: &str) -> Option<Self> {
        uri::is_dns_name(name).then(|| Self::Dns(name.to_owned()))
    }

    /// How `other` stands to this name.
    pub(super) fn constrains(&self, other: &Self, r#as: Comparison) -> Result<Relation, Thrown> {
        if self.choice() != other.choice() {
            return Ok(Relation::OtherType);
        }
        match (self, other) {
            (Self::Email(this), Self::Email(other)) => email_relation(this, other),
            (Self::Dns(this), Self::Dns(other)) => dns_relation(this, other, r#as),
            (Self::Directory(this), Self::Directory(other)) => Ok(directory_relation(this, other)),
            (
                Self::Uri { host, kind, .. },
                Self::Uri {
                    host: other_host,
                    kind: other_kind,
                    ..
                },
            ) => {
                let other = (other_host.as_deref(), *other_kind);
                uri_relation((host.as_deref(), *kind), other, r#as)
            }
            (Self::Ip(this), Self::Ip(other)) => Ok(ip_relation(this, other)),
            (Self::RegisteredId(this), Self::RegisteredId(other)) if this == other => Ok(Relation::Match),
            (Self::RegisteredId(_), _) => Err(Thrown::unsupported(
                "Narrowing and widening are not supported for OIDNames",
            )),
            (Self::Opaque { choice: 0, .. }, _) => Err(Thrown::unsupported(
                "Narrowing, widening, and matching are not supported for OtherName.",
            )),
            (Self::Opaque { choice: 3, .. }, _) => Err(Thrown::unsupported(
                "Narrowing, widening, and match are not supported for X400Address.",
            )),
            _ => Err(Thrown::unsupported(
                "Narrowing, widening, and matching of names not supported for EDIPartyName",
            )),
        }
    }
}

fn invalid_encoding(choice: u8) -> String {
    let what = match choice {
        0 => "Other-Name",
        1 => "RFC822 name",
        2 => "DNSName",
        3 => "X400Address name",
        4 => "Directory name",
        5 => "EDI name",
        6 => "URI",
        7 => "IP address",
        8 => "OID name",
        other => return format!("Unrecognized GeneralName tag, ({other})"),
    };
    format!("Invalid encoding of {what}")
}

/// As Java decodes an IA5String: what is no ASCII becomes U+FFFD.
pub(super) fn ascii(octets: &[u8]) -> String {
    octets
        .iter()
        .map(|octet| {
            if octet.is_ascii() {
                char::from(*octet)
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}

/// `sun.security.x509.RFC822Name.parseName`
fn email(name: String) -> Result<String, String> {
    if name.is_empty() {
        return Err(String::from("RFC822Name may not be null or empty"));
    }
    let domain = name.split_once('@').map_or(name.as_str(), |(_, domain)| domain);
    match domain {
        "" => Err(String::from("RFC822Name may not end with @")),
        "." => Err(String::from("RFC822Name domain may not be just .")),
        _ => Ok(name),
    }
}

/// Which JDK compares, and for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    pub(super) jdk: u32,
    /// Whether a certificate's name is compared with an excluded one.
    pub(super) is_exclusion: bool,
}

impl Comparison {
    /// What Java throws where it asks a string for a character it does not have.
    fn out_of_bounds(self, index: i32) -> Thrown {
        let message = if self.jdk >= 21 {
            format!("Index {index} out of bounds for length 0")
        } else {
            format!("String index out of range: {index}")
        };
        Thrown::new("java.lang.StringIndexOutOfBoundsException", message)
    }

    /// `null`, until exceptions say more (JEP 358).
    pub(super) fn null_pointer(self, helpful: &str) -> Thrown {
        let message = if self.jdk >= 17 { helpful } else { "null" };
        Thrown::new("java.lang.NullPointerException", message)
    }

    /// Whether a wildcard of a certificate covers a constraint: on 8 for every comparison, since the updates of 2026
    /// for excluded names; not on 17.0.15, on which the rules were measured.
    fn wildcard_matches(self, this: &str, other: &str) -> bool {
        let applies = self.is_exclusion && self.jdk != 17 && other.contains('*');
        applies && host_name::covers(this, other, self.jdk)
    }
}

fn dns_relation(this: &str, other: &str, r#as: Comparison) -> Result<Relation, Thrown> {
    let (this, other) = (this.to_lowercase(), other.to_lowercase());
    let is_match = if r#as.jdk == 8 {
        host_name::covers(&this, &other, 8)
    } else {
        this == other || r#as.wildcard_matches(&this, &other)
    };
    if is_match {
        return Ok(Relation::Match);
    }
    if this == other {
        // Equal, and no host name.
        return Err(r#as.out_of_bounds(-1));
    }
    // Whether exactly one dot stands where the shorter name begins within the longer; before 17 it must be the longer's.
    let at_label = |long: &str, short: &str| {
        let before = long.strip_suffix(short).and_then(|rest| rest.chars().last());
        if r#as.jdk < 17 {
            return Ok(before == Some('.'));
        }
        let first = short.chars().next().ok_or_else(|| r#as.out_of_bounds(0))?;
        Ok((before == Some('.')) ^ (first == '.'))
    };
    if this.ends_with(&other) {
        return Ok(if at_label(&this, &other)? {
            Relation::Widens
        } else {
            Relation::SameType
        });
    }
    if other.ends_with(&this) {
        return Ok(if at_label(&other, &this)? {
            Relation::Narrows
        } else {
            Relation::SameType
        });
    }
    Ok(Relation::SameType)
}

fn email_relation(this: &str, other: &str) -> Result<Relation, Thrown> {
    let (this, other) = (this.to_lowercase(), other.to_lowercase());
    if this == other {
        return Ok(Relation::Match);
    }
    let is_within = |long: &str, short: &str| {
        !short.contains('@')
            && (short.starts_with('.') || long.strip_suffix(short).is_some_and(|rest| rest.ends_with('@')))
    };
    let relation = if this.ends_with(&other) {
        is_within(&this, &other).then_some(Relation::Widens)
    } else if other.ends_with(&this) {
        is_within(&other, &this).then_some(Relation::Narrows)
    } else {
        None
    };
    Ok(relation.unwrap_or(Relation::SameType))
}

fn directory_relation(this: &[String], other: &[String]) -> Relation {
    if this == other {
        Relation::Match
    } else if this.starts_with(other) {
        Relation::Widens
    } else if other.starts_with(this) {
        Relation::Narrows
    } else {
        Relation::SameType
    }
}

fn uri_relation(
    (host, kind): (Option<&str>, Option<Host>),
    (other_host, other_kind): (Option<&str>, Option<Host>),
    r#as: Comparison,
) -> Result<Relation, Thrown> {
    let Some(other_host) = other_host else {
        return Err(r#as.null_pointer(
            "Cannot invoke \"String.equalsIgnoreCase(String)\" because \"otherHost\" is null",
        ));
    };
    let r#as = Comparison {
        is_exclusion: false,
        ..r#as
    };
    if host.is_some_and(|host| host.eq_ignore_ascii_case(other_host)) {
        return Ok(Relation::Match);
    }
    let (Some(host), Some(Host::Dns), Some(Host::Dns)) = (host, kind, other_kind) else {
        return Ok(Relation::SameType);
    };
    let this_domain = host.starts_with('.');
    let other_domain = other_host.starts_with('.');
    let bare = |host: &str| host.strip_prefix('.').unwrap_or(host).to_owned();
    let relation = dns_relation(&bare(host), &bare(other_host), r#as)?;
    Ok(match relation {
        Relation::Widens | Relation::Narrows if !this_domain && !other_domain => Relation::SameType,
        Relation::Match if this_domain && !other_domain => Relation::Widens,
        Relation::Match if !this_domain && other_domain => Relation::Narrows,
        other => other,
    })
}

fn ip_relation(this: &[u8], other: &[u8]) -> Relation {
    let is_network = |name: &[u8]| matches!(name.len(), 8 | 32);
    let halves = |name: &[u8]| {
        let (address, mask) = name.split_at_checked(name.len() / 2).unwrap_or_default();
        (address.to_vec(), mask.to_vec())
    };
    let masked = |address: &[u8], mask: &[u8]| -> Vec<u8> {
        address
            .iter()
            .zip(mask)
            .map(|(octet, mask)| octet & mask)
            .collect()
    };
    match (is_network(this), is_network(other)) {
        _ if this == other => Relation::Match,
        (true, true) if this.len() == other.len() => {
            let (address, mask) = halves(this);
            let (other_address, other_mask) = halves(other);
            if mask == other_mask && masked(&address, &mask) == masked(&other_address, &mask) {
                return Relation::Match;
            }
            let is_empty = masked(&address, &mask) != address;
            let other_is_empty = masked(&other_address, &other_mask) != other_address;
            let other_within = masked(&mask, &other_mask) == mask
                && masked(&address, &mask) == masked(&other_address, &mask);
            let this_within = masked(&other_mask, &mask) == other_mask
                && masked(&other_address, &other_mask) == masked(&address, &other_mask);
            match (is_empty, other_is_empty) {
                (true, true) => Relation::Match,
                (true, false) => Relation::Widens,
                (false, true) => Relation::Narrows,
                _ if other_within => Relation::Narrows,
                _ if this_within => Relation::Widens,
                _ => Relation::SameType,
            }
        }
        (false, true) if other.len() == 2 * this.len() => {
            let (address, mask) = halves(other);
            if masked(this, &mask) == address {
                Relation::Widens
            } else {
                Relation::SameType
            }
        }
        (true, false) if this.len() == 2 * other.len() => {
            let (address, mask) = halves(this);
            if masked(other, &mask) == address {
                Relation::Narrows
            } else {
                Relation::SameType
            }
        }
        _ => Relation::SameType,
    }
}

/// The octets of an address literal, as `sun.net.util.IPAddressUtil` takes them: IPv4 of one to four numbers, IPv6
/// with or without a zone; IPv6 addresses that map an IPv4 one are that one.
pub(super) fn address_literal(text: &str) -> Option<Vec<u8>> {
    ipv4_literal(text).or_else(|| {
        let (address, zone) = text.split_once('%').map_or((text, None), |(a, z)| (a, Some(z)));
        if zone == Some("") {
            return None;
        }
        let address: Ipv6Addr = address.parse().ok()?;
        Some(
            address
                .to_ipv4_mapped()
                .map_or_else(|| address.octets().to_vec(), |mapped| mapped.octets().to_vec()),
        )
    })
}

fn ipv4_literal(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() > 15 {
        return None;
    }
    let parts: Vec<&str> = text.split('.').collect();
    let (last, first) = parts.split_last()?;
    if first.len() > 3 {
        return None;
    }
    let number = |part: &&str| -> Option<u64> {
        (!part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit())).then_some(())?;
        part.parse().ok()
    };
    let mut address = 0_u64;
    for part in first {
        let octet = number(part).filter(|octet| *octet <= 0xff)?;
        address = address << 8 | octet;
    }
    let rest_bits = u32::try_from(8 * (4 - first.len())).ok()?;
    let last = number(last).filter(|last| *last < 1 << rest_bits)?;
    let address = u32::try_from(address << rest_bits | last).ok()?;
    Some(Ipv4Addr::from(address).octets().to_vec())
}

/// The names of a SubjectAltName value, or Java's text of what is wrong with it.
pub(super) fn read_names(value: &[u8]) -> Result<Vec<GeneralName>, String> {
    let mut names = Reader::new(value)
        .sequence("subjectAltName")
        .or(Err(String::from("Invalid encoding for GeneralNames.")))?;
    if names.is_empty() {
        return Err(String::from("No data available in passed DER encoded value."));
    }
    let mut out = Vec::new();
    while !names.is_empty() {
        let name = names.any("name").map_err(|error| error.to_string())?;
        out.push(GeneralName::read(&name, false)?);
    }
    Ok(out)
}
