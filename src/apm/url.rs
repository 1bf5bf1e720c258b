use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::ApmError;
use crate::x509::{Certificate, SubjectAltName};

/// Where APM Server is: an `https` URL.
///
/// ```
/// use keyjar::apm::ServerUrl;
/// let url = ServerUrl::parse("https://apm.example.com:8200")?;
/// assert_eq!(url.host().to_string(), "apm.example.com");
/// assert!(ServerUrl::parse("http://apm.example.com:8200").is_err());
/// # Ok::<(), keyjar::apm::ApmError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    text: String,
    host: Host,
    port: Option<u16>,
}

/// The host of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name, in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl ServerUrl {
    /// Takes a URL apart (RFC 3986): `https`, a host, perhaps a port and a path.
    ///
    /// # Errors
    /// Another scheme, no host, a user's name, a query, a host that is no DNS name or address.
    pub fn parse(text: &str) -> Result<Self, ApmError> {
        let bad = |what: String| ApmError::Url {
            url: text.to_owned(),
            what,
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(ApmError::NotHttps {
                url: text.to_owned(),
                scheme: None,
            });
        };
        if !scheme.eq_ignore_ascii_case("https") {
            return Err(ApmError::NotHttps {
                url: text.to_owned(),
                scheme: Some(scheme.to_owned()),
            });
        }
        if let Some(odd) = text
            .chars()
            .find(|c| c.is_whitespace() || c.is_control() || "\"'<>\\^`{|}".contains(*c))
        {
            return Err(bad(format!("it holds the character {odd:?}")));
        }
        if rest.contains(['?', '#']) {
            return Err(bad(String::from("it has a query or a fragment")));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            return Err(bad(String::from("it carries a user's name or password")));
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest
                    .split_once(']')
                    .ok_or_else(|| bad(String::from("its `[` is not closed")))?;
                let address: Ipv6Addr = address
                    .parse()
                    .map_err(|_error| bad(format!("`{address}` is no IPv6 address")))?;
                (Host::Address(address.into()), after)
            }
            None => {
                let end = authority.find(':').unwrap_or(authority.len());
                let (host, after) = authority.split_at_checked(end).unwrap_or((authority, ""));
                (Host::read(host).map_err(bad)?, after)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            Some(digits) => Some(
                digits
                    .parse::<u16>()
                    .ok()
                    .filter(|port| *port != 0 && digits.bytes().all(|digit| digit.is_ascii_digit()))
                    .ok_or_else(|| bad(format!("`{digits}` is no port (1 to 65535)")))?,
            ),
            None => return Err(bad(format!("`{port}` stands behind its host"))),
        };
        Ok(Self {
            text: text.to_owned(),
            host,
            port,
        })
    }

    /// The URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its host.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Its port; `None` is 443, where APM Server's own is 8200.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How a certificate stands to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// An alternative name is the host's.
    Yes,
    /// The certificate has no alternative names that count; its common name is the host's.
    CommonNameOnly,
    /// It has no alternative names that count, and its common name is not the host's.
    Nameless,
    /// Its names are others.
    No,
}

impl Host {
    fn read(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        if text.is_empty() {
            return Err(String::from("it has no host"));
        }
        if !text.is_ascii() {
            return Err(format!(
                "`{text}` is not in ASCII: write it as certificates have it, `xn--...`"
            ));
        }
        let name = text.to_ascii_lowercase();
        let bare = name.strip_suffix('.').unwrap_or(&name);
        for label in bare.split('.') {
            let is_good = !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
            if !is_good {
                return Err(format!(
                    "the label `{label}` of its host `{text}` is no part of a DNS name"
                ));
            }
        }
        if bare.len() > 253 {
            return Err(String::from("its host is longer than 253 characters"));
        }
        if bare
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().all(|c| c.is_ascii_digit()))
        {
            return Err(format!("`{text}` is no IPv4 address"));
        }
        Ok(Self::Name(bare.to_owned()))
    }

    /// Whether the certificate is for this host (RFC 6125; RFC 9525 section 6).
    pub(crate) fn matches(&self, certificate: &Certificate) -> Match {
        let names = certificate.subject_alt_names();
        let is_ours = |name: &SubjectAltName| match (self, name) {
            (Self::Name(host), SubjectAltName::Dns(name)) => covers(name, host),
            (Self::Address(host), SubjectAltName::Ip(address)) => host == address,
            _ => false,
        };
        if names.iter().any(is_ours) {
            return Match::Yes;
        }
        let counts = |name: &SubjectAltName| matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_));
        if names.iter().any(counts) {
            return Match::No;
        }
        match (self, certificate.subject().common_name()) {
            (Self::Name(host), Some(name)) if covers(&name, host) => Match::CommonNameOnly,
            _ => Match::Nameless,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

/// A `*` stands for the whole first label and no more.
fn covers(pattern: &str, host: &str) -> bool {
    let pattern = pattern.strip_suffix('.').unwrap_or(pattern);
    match pattern.strip_prefix("*.") {
        Some(rest) => host
            .split_once('.')
            .is_some_and(|(first, parent)| !first.is_empty() && parent.eq_ignore_ascii_case(rest)),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_whole_label() {
        assert!(covers("*.example.com", "apm.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", "a.apm.example.com"));
        assert!(!covers("a*.example.com", "apm.example.com"));
        assert!(covers("APM.example.com.", "apm.example.com"));
    }

    #[test]
    fn urls_that_no_agent_can_use_are_refused_with_the_reason() {
        for (url, why) in [
            ("http://localhost:8200", "not https"),
            ("localhost:8200", "not https"),
            ("https://", "no host"),
            ("https://a b/", "' '"),
            ("https://user@host/", "user"),
            ("https://host:0/", "port"),
            ("https://host:+80/", "port"),
            ("https://host:99999", "port"),
            ("https://[::1", "closed"),
            ("https://[::1]8200", "behind"),
            ("https://-a.example", "label `-a`"),
            ("https://a..example", "label ``"),
            ("https://127.0.0.256", "IPv4"),
            ("https://bücher.example", "xn--"),
            ("https://host/?x", "query"),
        ] {
            let error = ServerUrl::parse(url).unwrap_err().to_string();
            assert!(error.contains(why), "{url}: {error}");
        }
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        let host = |url: &str| ServerUrl::parse(url).unwrap().host().clone();
        assert_eq!(
            host("https://APM.example.com./x"),
            Host::Name("apm.example.com".into())
        );
        assert_eq!(host("https://[::1]:8200"), Host::Address("::1".parse().unwrap()));
        assert_eq!(
            host("https://127.0.0.1:8200"),
            Host::Address("127.0.0.1".parse().unwrap())
        );
    }
}
