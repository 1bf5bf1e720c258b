use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::Encode;
use der::asn1::{Any, Ia5String, ObjectIdentifier, OctetString, Utf8StringRef};
use x509_cert::ext::pkix::name::{GeneralName, OtherName};

use super::{NameError, PkiError};
use crate::asn1::{self, Reader};
use crate::x509::Certificate;

/// A name that goes into a subjectAltName (RFC 5280 section 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AltName {
    /// dNSName, in ASCII.
    Dns(String),
    /// iPAddress
    Ip(IpAddr),
    /// otherName of the type commonName (2.5.4.3): what Elasticsearch's transport layer is told a node's name
    /// by (`cn` of `instances.yml`).
    CommonName(String),
    /// Any other kind, as a request has it: the GeneralName's DER.
    Encoded(Vec<u8>),
}

const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

impl AltName {
    /// An IP address, or a DNS name that a JVM connects to: letters, digits and hyphens, `*` as the whole first
    /// label; names outside ASCII become what certificates have (RFC 5891).
    ///
    /// # Errors
    /// [`NameError::NotAHost`], which says what is wrong with which label.
    pub fn host(text: &str) -> Result<Self, NameError> {
        match Self::ip(text) {
            Ok(ip) => Ok(ip),
            Err(_) => Self::dns(text),
        }
    }

    /// An IP address, with or without the brackets of a URL.
    ///
    /// # Errors
    /// [`NameError::NotAnIp`].
    pub fn ip(text: &str) -> Result<Self, NameError> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let Ok(address) = bare.unwrap_or(text).parse() else {
            return Err(NameError::NotAnIp {
                text: text.to_owned(),
            });
        };
        Ok(Self::Ip(address))
    }

    /// A DNS name, as [`host`](Self::host) takes it.
    ///
    /// # Errors
    /// [`NameError::NotAHost`], which says what is wrong with which label.
    pub fn dns(text: &str) -> Result<Self, NameError> {
        let wrong = |why: String| NameError::NotAHost {
            name: text.to_owned(),
            why,
        };
        let ascii = if text.is_ascii() {
            text.to_owned()
        } else {
            let (wildcard, rest) = match text.strip_prefix("*.") {
                Some(rest) => ("*.", rest),
                None => ("", text),
            };
            let Ok(rest) = idna::domain_to_ascii_strict(rest) else {
                return Err(wrong(String::from("it has no form in ASCII (RFC 5891)")));
            };
            format!("{wildcard}{rest}")
        };
        check_dns(&ascii).map_err(wrong)?;
        Ok(Self::Dns(ascii))
    }

    /// The names that stand for a name when none are given: itself, and for `localhost` the loopback addresses
    /// too, since that is what people type for it.
    ///
    /// # Errors
    /// As [`host`](Self::host).
    pub fn derived(name: &str) -> Result<Vec<Self>, NameError> {
        let host = Self::host(name)?;
        let mut all = vec![host];
        if name.eq_ignore_ascii_case("localhost") {
            all.push(Self::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)));
            all.push(Self::Ip(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        }
        Ok(all)
    }

    /// The alternative names of a certificate, to be put into another one; none where it has none.
    ///
    /// # Errors
    /// They are malformed.
    pub fn of_certificate(certificate: &Certificate) -> Result<Vec<Self>, asn1::Error> {
        let found = certificate
            .extensions()
            .find(|extension| extension.oid == SUBJECT_ALT_NAME);
        found.map_or_else(|| Ok(Vec::new()), |extension| Self::read_all(extension.value))
    }

    /// The names of an extension's value.
    pub(super) fn read_all(value: &[u8]) -> Result<Vec<Self>, asn1::Error> {
        let mut names = Reader::new(value).sequence("subject alternative name")?;
        let mut all = Vec::new();
        while !names.is_empty() {
            all.push(Self::Encoded(names.any("general name")?.raw.to_vec()));
        }
        Ok(all)
    }

    pub(super) fn to_der(&self) -> Result<Vec<u8>, PkiError> {
        let name = match self {
            Self::Dns(name) => GeneralName::DnsName(Ia5String::new(name).map_err(failed)?),
            Self::Ip(IpAddr::V4(address)) => ip(&address.octets())?,
            Self::Ip(IpAddr::V6(address)) => ip(&address.octets())?,
            Self::CommonName(name) => {
                let text = Utf8StringRef::new(name).map_err(failed)?;
                GeneralName::OtherName(OtherName {
                    type_id: COMMON_NAME,
                    value: Any::encode_from(&text).map_err(failed)?,
                })
            }
            Self::Encoded(der) => return Ok(der.clone()),
        };
        name.to_der().map_err(failed)
    }
}

fn ip(octets: &[u8]) -> Result<GeneralName, PkiError> {
    OctetString::new(octets)
        .map(GeneralName::IpAddress)
        .map_err(failed)
}

const fn failed(source: der::Error) -> PkiError {
    PkiError::Encoding {
        what: "a subject alternative name",
        source,
    }
}

/// RFC 1034 section 3.5 with RFC 1123's leading digits, and RFC 9525's wildcard.
fn check_dns(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(String::from("it is empty"));
    }
    // 255 octets on the wire (RFC 1035 section 2.3.4).
    if name.len() > 253 {
        return Err(format!("it has {} characters, of at most 253", name.len()));
    }
    let labels: Vec<&str> = name.split('.').collect();
    let count = labels.len();
    for (at, label) in labels.into_iter().enumerate() {
        let last = at + 1 == count;
        let which = at + 1;
        if label.is_empty() {
            return Err(if last {
                String::from("it ends in a dot")
            } else {
                format!("label {which} is empty")
            });
        }
        if label == "*" && at == 0 && count > 1 {
            continue;
        }
        if label.len() > 63 {
            return Err(format!(
                "label {which}, `{label}`, has {} characters, of at most 63",
                label.len()
            ));
        }
        let odd = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-');
        if let Some(odd) = odd {
            let why = match odd {
                '*' => String::from("has a `*`, which stands for the whole first label only"),
                '_' => String::from("has a `_`: no JVM connects to such a host"),
                ' ' => String::from("has a space"),
                odd => format!("has a `{}`", odd.escape_debug()),
            };
            return Err(format!("label {which}, `{}`, {why}", label.escape_debug()));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(format!("label {which}, `{label}`, begins or ends with a hyphen"));
        }
        // 10.0.0.256 is a mistyped address, and no top-level domain is a number (RFC 3696 section 2).
        if last && label.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(format!(
                "label {which}, `{label}`, is a number, which the last label of a DNS name is not"
            ));
        }
    }
    Ok(())
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::CommonName(name) => write!(f, "CN:{name}"),
            Self::Encoded(_) => f.write_str("another kind of name"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_become_dns_names_or_addresses() {
        let host = |text| AltName::host(text).unwrap().to_string();
        assert_eq!(host("es01.example.com"), "DNS:es01.example.com");
        assert_eq!(host("*.example.com"), "DNS:*.example.com");
        assert_eq!(host("10.0.0.1"), "IP:10.0.0.1");
        assert_eq!(host("[::1]"), "IP:::1");
        assert_eq!(host("bücher.example"), "DNS:xn--bcher-kva.example");
    }

    #[test]
    fn localhost_stands_for_the_loopback_addresses_too() {
        let names: Vec<_> = AltName::derived("localhost")
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]);
    }

    #[test]
    fn what_is_no_dns_name_is_told_by_its_label() {
        for (name, why) in [
            ("my host.example.com", "label 1, `my host`, has a space"),
            ("a..b", "label 2 is empty"),
            ("a.b.", "it ends in a dot"),
            ("www.-x.com", "label 2, `-x`, begins or ends with a hyphen"),
            ("apm_server", "label 1, `apm_server`, has a `_`"),
            ("a.*.com", "label 2, `*`, has a `*`"),
            ("10.0.0.256", "label 4, `256`, is a number"),
            ("", "it is empty"),
        ] {
            let error = AltName::host(name).unwrap_err().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
        let long = format!("{}.com", "a".repeat(64));
        assert!(
            AltName::host(&long)
                .unwrap_err()
                .to_string()
                .contains("64 characters")
        );
    }
}
