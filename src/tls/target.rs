//! What people name a server by.

use std::fmt;
use std::net::IpAddr;

use super::error::TargetError;
use super::starttls::StartTls;

/// A server's host and port, as `HOST:PORT`, `[v6]:PORT` or a URL names them.
///
/// ```
/// use keyjar::tls::Target;
///
/// assert_eq!(Target::parse("localhost:8443")?.to_string(), "localhost:8443");
/// assert_eq!(Target::parse("https://example.com/path")?.to_string(), "example.com:443");
/// assert_eq!(Target::parse("[::1]:8443")?.host(), "::1");
/// # Ok::<(), keyjar::tls::TargetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    host: String,
    port: u16,
    starttls: Option<StartTls>,
}

/// Schemes whose servers speak TLS from the first octet, with their ports (IANA's service names).
const TLS_SCHEMES: &[(&str, u16)] = &[
    ("https", 443),
    ("wss", 443),
    ("ldaps", 636),
    ("smtps", 465),
    ("submissions", 465),
    ("imaps", 993),
    ("pop3s", 995),
    ("ftps", 990),
    ("amqps", 5671),
    ("mqtts", 8883),
    ("rediss", 6379),
    ("ssl", 443),
    ("tls", 443),
];

impl Target {
    /// Reads `HOST:PORT`, `HOST` (port 443), `[v6]:PORT`, or a URL whose scheme tells the port (`https`, `ldaps`,
    /// `imaps` ...) or the protocol that begins without TLS (`smtp`, `imap`, `pop3`, `ldap`, `postgresql`, `mysql`,
    /// `ftp`; see [`starttls`](Self::starttls)). Of a URL nothing but the host and the port is kept.
    ///
    /// # Errors
    /// What is neither; `http://`, which has no TLS.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let bad = |reason| TargetError::Malformed {
            text: text.escape_debug().to_string(),
            reason,
        };
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let (default_port, starttls) = match scheme.as_deref() {
            None => (443, None),
            Some("http" | "ws") => {
                let instead = format!("https://{rest}").escape_debug().to_string();
                return Err(TargetError::NoTls { instead });
            }
            Some(scheme) => match (
                TLS_SCHEMES.iter().find(|(name, _)| *name == scheme),
                StartTls::by_scheme(scheme),
            ) {
                (Some((_, port)), _) => (*port, None),
                (None, Some(starttls)) => (starttls.port(), Some(starttls)),
                (None, None) => {
                    return Err(TargetError::Scheme {
                        scheme: scheme.escape_debug().to_string(),
                    });
                }
            },
        };
        let mut authority = rest;
        if scheme.is_some() {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            authority = rest.get(..end).unwrap_or(rest);
            authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        }
        let (host, port) = split(authority).map_err(bad)?;
        let port = match port {
            None => default_port,
            Some(digits) => match digits.parse() {
                Ok(port @ 1..) if digits.bytes().all(|octet| octet.is_ascii_digit()) => port,
                _ => return Err(bad("a port is a number from 1 to 65535")),
            },
        };
        Ok(Self {
            host: ascii(host).map_err(bad)?,
            port,
            starttls,
        })
    }

    /// With this port instead of the one that stands for none.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Whether the text names a port, in itself or by its scheme.
    #[must_use]
    pub fn names_port(text: &str) -> bool {
        text.contains("://") || split(text.trim()).is_ok_and(|(_, port)| port.is_some())
    }

    /// The host, in the form it has in certificates: ASCII, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The protocol that a URL's scheme named.
    #[must_use]
    pub const fn starttls(&self) -> Option<StartTls> {
        self.starttls
    }

    /// The host's address, where it is one and no name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// `HOST:PORT`, as `CONNECT` takes it too.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        Self::parse(text)
    }
}

fn split(authority: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("the bracket is not closed")?;
        // A scope (`fe80::1%eth0`) is the resolver's to understand.
        let address = host.split_once('%').map_or(host, |(address, _)| address);
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return Err("between brackets stands an IPv6 address");
        }
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err("behind the bracket stands `:PORT`"),
        };
    }
    match authority.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Err("an IPv6 address stands in brackets: `[::1]:8443`"),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

/// A name beyond ASCII becomes what DNS and certificates have (RFC 5891).
fn ascii(host: &str) -> Result<String, &'static str> {
    if host.is_empty() {
        return Err("there is no host in it");
    }
    if !host.is_ascii() {
        return idna::domain_to_ascii(host).or(Err("the host is no name that DNS could have"));
    }
    let is_sound = |c: char| c.is_ascii_alphanumeric() || "-_.:%".contains(c);
    if host.len() > 255 || !host.chars().all(is_sound) {
        return Err("the host is no name that DNS could have");
    }
    Ok(host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_read_in_every_spelling() {
        for (text, shown) in [
            ("localhost:8443", "localhost:8443"),
            ("Example.COM", "example.com:443"),
            ("[::1]:8443", "[::1]:8443"),
            ("[fe80::1%eth0]:8443", "[fe80::1%eth0]:8443"),
            ("[::1]", "[::1]:443"),
            (
                "https://user:secret@example.com:9200/_cat?v#x",
                "example.com:9200",
            ),
            ("HTTPS://example.com", "example.com:443"),
            ("ldaps://ldap.example.com", "ldap.example.com:636"),
            ("smtp://mail.example.com", "mail.example.com:25"),
            ("bücher.example:443", "xn--bcher-kva.example:443"),
            ("my_host:1", "my_host:1"),
        ] {
            assert_eq!(Target::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_names_no_server_is_refused() {
        for text in [
            "",
            ":443",
            "host:",
            "host:0",
            "host:65536",
            "host:+1",
            "::1:8443",
            "[::1",
            "[::1]8443",
            "[host]:1",
            "a b:1",
            "host\r\nX: y:1",
            "http://example.com",
            "gopher://example.com",
            "https://",
        ] {
            assert!(Target::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_scheme_tells_the_protocol_that_begins_without_tls() {
        let target = Target::parse("postgresql://user@db/x").unwrap();
        assert_eq!(
            (target.port(), target.starttls()),
            (5432, Some(StartTls::Postgres))
        );
    }
}
