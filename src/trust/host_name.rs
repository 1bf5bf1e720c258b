//! Host names as `HttpsURLConnection`, `java.net.http` and endpoint identification compare them
//! (`sun.security.util.HostnameChecker`, `sun.security.ssl.X509TrustManagerImpl.checkIdentity`).

use super::certificate::{Known, Parsed};
use super::end_entity::MALFORMED_IS_TOLD;
use super::general_name::{GeneralName, address_literal};
use crate::x509::Certificate;

/// Java's exception for a host that a certificate is not for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) class: &'static str,
    pub(super) message: String,
}

impl Mismatch {
    fn new(message: String) -> Self {
        Self {
            class: "java.security.cert.CertificateException",
            message,
        }
    }
}

/// Whether a certificate is for a host, as that JDK sees it.
pub(super) fn check(host: &str, certificate: &Parsed, jdk: u32, is_jdk_ca: bool) -> Result<(), Mismatch> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let host = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    let address = address_literal(host);
    if address.is_none() && !is_sni_name(host) {
        return Err(Mismatch::new(format!("Illegal given domain name: {host}")));
    }
    let names = match &certificate.names {
        Known::Sound(names) => Some(names.as_slice()),
        Known::Absent => None,
        Known::Malformed(_) if jdk < MALFORMED_IS_TOLD => None,
        Known::Malformed(text) => {
            return Err(Mismatch {
                class: "java.security.cert.CertificateParsingException",
                message: text.clone(),
            });
        }
    };
    match address {
        Some(address) => match_address(host, &address, names),
        None => match_name(host, certificate, names, jdk, is_jdk_ca),
    }
}

fn match_address(host: &str, address: &[u8], names: Option<&[GeneralName]>) -> Result<(), Mismatch> {
    let Some(names) = names else {
        return Err(Mismatch::new(String::from(
            "No subject alternative names present",
        )));
    };
    let is_there = names.iter().any(|name| match name {
        GeneralName::Ip(octets) => unmapped(octets) == address,
        _ => false,
    });
    if is_there {
        return Ok(());
    }
    Err(Mismatch::new(format!(
        "No subject alternative names matching IP address {host} found"
    )))
}

/// An IPv6 address that stands for an IPv4 one is that one.
fn unmapped(octets: &[u8]) -> Vec<u8> {
    <[u8; 16]>::try_from(octets)
        .ok()
        .and_then(|octets| std::net::Ipv6Addr::from(octets).to_ipv4_mapped())
        .map_or_else(|| octets.to_vec(), |mapped| mapped.octets().to_vec())
}

fn match_name(
    host: &str,
    certificate: &Parsed,
    names: Option<&[GeneralName]>,
    jdk: u32,
    is_jdk_ca: bool,
) -> Result<(), Mismatch> {
    let matches = |template: &str| is_matched(host, template, jdk, is_jdk_ca);
    let mut has_dns_name = false;
    for name in names.unwrap_or_default() {
        if let GeneralName::Dns(template) = name {
            has_dns_name = true;
            if matches(template) {
                return Ok(());
            }
        }
    }
    if has_dns_name {
        return Err(Mismatch::new(format!(
            "No subject alternative DNS name matching {host} found."
        )));
    }
    if let Some(name) = certificate.common_name() {
        if !icu_normalizer::ComposingNormalizerBorrowed::new_nfkc().is_normalized(name) {
            return Err(Mismatch::new(format!("Not a formal name {name}")));
        }
        if matches(name) {
            return Ok(());
        }
    }
    Err(Mismatch::new(format!("No name matching {host} found")))
}

/// `java.net.IDN.toASCII`: IDNA 2003, which maps a few characters that later versions keep.
fn to_ascii(name: &str) -> Option<String> {
    if name.is_ascii() {
        let is_sound = name
            .split('.')
            .all(|label| label.len() <= 63 && (!label.is_empty() || name.ends_with('.')));
        return is_sound.then(|| name.to_owned());
    }
    let mapped: String = name
        .replace('ß', "ss")
        .replace('ς', "σ")
        .replace(['\u{200c}', '\u{200d}'], "");
    idna::domain_to_ascii(&mapped).ok()
}

/// Whether `javax.net.ssl.SNIHostName` takes a name: letters, digits and inner hyphens, as IDNA makes them of it.
fn is_sni_name(name: &str) -> bool {
    let Some(ascii) = to_ascii(name) else {
        return false;
    };
    !ascii.is_empty()
        && ascii.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.len() <= 63
                && label
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
        })
}

/// Whether a template of a certificate covers a name (`HostnameChecker.isMatched`).
pub(super) fn covers(name: &str, template: &str, jdk: u32) -> bool {
    is_matched(name, template, jdk, false)
}

fn is_matched(host: &str, template: &str, jdk: u32, is_jdk_ca: bool) -> bool {
    if jdk == 8 {
        // Names are compared as they are written; the host goes by its ASCII form too, as the SNI has it.
        let ascii = to_ascii(host);
        let mut forms = [Some(host.to_owned()), ascii].into_iter().flatten();
        return forms.any(|host| is_matched_as_written(&host, template, jdk, is_jdk_ca));
    }
    let (Some(host), Some(template)) = (to_ascii(host), to_ascii(template)) else {
        return false;
    };
    is_matched_as_written(&host, &template, jdk, is_jdk_ca)
}

fn is_matched_as_written(host: &str, template: &str, jdk: u32, is_jdk_ca: bool) -> bool {
    if has_illegal_wildcard(template, jdk, is_jdk_ca) || !is_sni_name(&template.replace('*', "z")) {
        return false;
    }
    let (host, template) = (host.to_lowercase(), template.to_lowercase());
    if jdk >= LEFTMOST_ONLY || is_jdk_ca {
        return match_leftmost(&host, &template);
    }
    let labels = |name: &str| {
        let labels = name.split('.').filter(|label| !label.is_empty());
        labels.map(str::to_owned).collect::<Vec<_>>()
    };
    let (host, template) = (labels(&host), labels(&template));
    host.len() == template.len()
        && host
            .iter()
            .zip(&template)
            .all(|(label, template)| match_label(label, template))
}

/// Before this JDK wildcards stand in any label of a private CA's certificates.
const LEFTMOST_ONLY: u32 = 21;

fn match_leftmost(host: &str, template: &str) -> bool {
    let cut = |name: &str| {
        let at = name.find('.').unwrap_or(name.len());
        let (first, rest) = name.split_at(at);
        (first.to_owned(), rest.to_owned())
    };
    let (first, rest) = cut(host);
    let (template_first, template_rest) = cut(template);
    match_label(&first, &template_first) && rest == template_rest
}

/// `w*.example.com` and its like: the parts between the wildcards in their order.
fn match_label(label: &str, template: &str) -> bool {
    let mut parts = template.split('*');
    let Some(first) = parts.next() else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return label == template;
    };
    let Some(mut rest) = label.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

/// `*` alone, without a dot behind it, or, in a certificate of the JDK's own CAs, right under a public suffix.
fn has_illegal_wildcard(template: &str, jdk: u32, is_jdk_ca: bool) -> bool {
    if template == "*" || template == "*." {
        return true;
    }
    let Some((_, behind)) = template.rsplit_once('*') else {
        return false;
    };
    let Some((_, domain)) = behind.split_once('.') else {
        return true;
    };
    // The list of public suffixes is not at hand: a single label is one, whatever it is.
    is_jdk_ca && jdk >= 11 && !domain.contains('.')
}

/// The names a certificate is for, as a person reads them.
pub(super) fn names_of(certificate: &Certificate) -> Vec<String> {
    let names = certificate.subject_alt_names();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    if !names.is_empty() {
        return names;
    }
    let common = certificate.subject().common_name();
    common.map(|name| format!("CN={name}")).into_iter().collect()
}
