//! Hosts of URIs as `java.net.URI` and `sun.security.x509.URIName` find them.

use super::general_name::address_literal;

/// What the host of a URI is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Dns,
    Ip,
}

type Found = (Option<String>, Option<Host>);

/// The host of a URI of a certificate.
pub(super) fn host(text: &str) -> Result<Found, String> {
    if !is_uri(text) {
        return Err(format!("invalid URI name:{text}"));
    }
    let Some((_, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Err(format!("URI name must include scheme:{text}"));
    };
    if rest.is_empty() {
        return Err(format!("invalid URI name:{text}"));
    }
    let Some(authority) = rest.strip_prefix("//") else {
        return Ok((None, None));
    };
    let end = authority.find(['/', '?', '#']).unwrap_or(authority.len());
    let authority = authority.get(..end).unwrap_or_default();
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    if server.starts_with('[') {
        let Some((address, _)) = server.split_once(']') else {
            return Err(format!("invalid URI name:{text}"));
        };
        return Ok((Some(format!("{address}]")), Some(Host::Ip)));
    }
    let name = server
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|digit| digit.is_ascii_digit()))
        .map_or(server, |(name, _)| name);
    if is_ipv4(name) {
        return Ok((Some(name.to_owned()), Some(Host::Ip)));
    }
    // An authority that is no server's has no host.
    if !is_server_name(name) {
        return Ok((None, None));
    }
    if is_dns_name(name) {
        return Ok((Some(name.to_owned()), Some(Host::Dns)));
    }
    Err(format!(
        "invalid URI name (host portion is not a valid DNSName, IPv4 address, or IPv6 address):{text}"
    ))
}

/// The host of a URI name constraint: a host or, with a dot before it, a domain.
pub(super) fn constraint(text: &str) -> Result<Found, String> {
    if !is_uri(text) || text.is_empty() {
        return Err(format!("invalid URI name constraint:{text}"));
    }
    if text.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)) {
        return Err(format!(
            "invalid URI name constraint (should not include scheme):{text}"
        ));
    }
    if is_dns_name(text.strip_prefix('.').unwrap_or(text)) {
        return Ok((Some(text.to_owned()), Some(Host::Dns)));
    }
    Err(format!("invalid URI name constraint:{text}"))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
}

/// Characters of RFC 2396, escapes with their digits, and what is no ASCII.
fn is_uri(text: &str) -> bool {
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let is_sound = match character {
            '%' => (0..2).all(|_| rest.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
            _ if character.is_ascii_alphanumeric() => true,
            _ if character.is_ascii() => "-_.!~*'();/?:@&=+$,[]#".contains(character),
            _ => true,
        };
        if !is_sound {
            return false;
        }
    }
    true
}

fn is_ipv4(text: &str) -> bool {
    text.split('.').count() == 4 && !text.contains(':') && address_literal(text).is_some()
}

/// RFC 2396's hostname: labels of letters, digits and inner hyphens, the last one beginning with a letter.
fn is_server_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '-')
    };
    name.split('.').all(is_label)
        && name
            .rsplit('.')
            .next()
            .is_some_and(|last| last.starts_with(|first: char| first.is_ascii_alphabetic()))
}

/// `sun.security.x509.DNSName(String)`: components of letters, digits and hyphens that begin with one of the former
/// two.
pub(super) fn is_dns_name(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|label| {
            label.starts_with(|first: char| first.is_ascii_alphanumeric())
                && label
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric() || character == '-')
        })
}
