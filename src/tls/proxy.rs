//! Through an HTTP proxy, with `CONNECT` ([RFC 9110 section 9.3.6](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)).

use std::fmt;
use std::io::{self, Write};

use base64_simd::STANDARD;
use zeroize::Zeroizing;

use super::error::{FetchError, TargetError};
use super::greeting::{Speaker, shown};
use super::target::Target;
use super::wire::Wire;
use crate::secret::Password;

/// Longest line of a proxy's answer, and the most lines it may have.
const LINE: usize = 16 * 1024;
const LINES: usize = 200;

/// An HTTP proxy, perhaps with a name and a password.
///
/// `Display` and `Debug` show neither.
///
/// ```
/// use keyjar::tls::Proxy;
///
/// let proxy = Proxy::parse("http://user:p%40ss@proxy.example.com:3128")?;
/// assert_eq!(proxy.to_string(), "proxy.example.com:3128");
/// # Ok::<(), keyjar::tls::TargetError>(())
/// ```
pub struct Proxy {
    target: Target,
    credentials: Option<(String, Password)>,
}

impl Proxy {
    /// Reads `http://[USER[:PASSWORD]@]HOST[:PORT]`; the scheme may be left out, and the port is then 1080, as curl
    /// has it, or 80 with a scheme. User and password are percent-encoded.
    ///
    /// # Errors
    /// What is no such URL; proxies of other kinds (`https://`, `socks5://`).
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let bad = |reason| TargetError::Proxy { reason };
        let (rest, port) = match text.trim().split_once("://") {
            None => (text.trim(), 1080),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (rest, 80),
            Some((scheme, _)) => {
                return Err(TargetError::ProxyScheme {
                    scheme: scheme.escape_debug().to_string(),
                });
            }
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let target = Target::parse(host).or(Err(bad("its host and port cannot be read")))?;
        let credentials = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            let decoded =
                |text| percent_decoded(text).ok_or(bad("its user or password is not percent-encoded UTF-8"));
            Ok((
                decoded(name)?.to_string(),
                Password::new(decoded(password)?.as_str()),
            ))
        });
        let names_port = Target::names_port(host);
        Ok(Self {
            target: if names_port {
                target
            } else {
                target.with_port(port)
            },
            credentials: credentials.transpose()?,
        })
    }

    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// Asks the proxy for a connection; what follows on the wire is the server's.
    pub(super) fn connect(&self, wire: &mut Wire, target: &Target) -> Result<(), FetchError> {
        let silent = |why: String| FetchError::ProxySilent {
            proxy: self.to_string(),
            why,
        };
        let mut request = Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
        if let Some((name, password)) = &self.credentials {
            let pair = Zeroizing::new(format!("{name}:{}", password.expose_text().unwrap_or_default()));
            let encoded = Zeroizing::new(STANDARD.encode_to_string(pair.as_bytes()));
            *request += &format!("Proxy-Authorization: Basic {}\r\n", encoded.as_str());
        }
        *request += "\r\n";
        wire.mark();
        wire.write_all(request.as_bytes())
            .map_err(|error| silent(error.to_string()))?;
        let status = wire.line(LINE).map_err(|error| match Speaker::of(wire.first()) {
            Some(speaker) if speaker != Speaker::Http => self.other(speaker),
            _ if error.kind() == io::ErrorKind::UnexpectedEof => {
                silent("it closed the connection".to_owned())
            }
            _ if error.kind() == io::ErrorKind::TimedOut => silent("it was silent".to_owned()),
            _ => silent(error.to_string()),
        })?;
        let mut words = status.splitn(3, ' ');
        let is_http = words.next().is_some_and(|word| word.starts_with("HTTP/1."));
        let code = words.next().and_then(|code| code.parse::<u16>().ok());
        let Some(code) = code.filter(|_| is_http) else {
            let words = shown(&status);
            return Err(self.other(Speaker::of(status.as_bytes()).unwrap_or(Speaker::Other(words))));
        };
        if !(200..300).contains(&code) {
            return Err(FetchError::ProxyRefused {
                proxy: self.to_string(),
                at: target.to_string(),
                code,
                status: shown(&format!("{code} {}", words.next().unwrap_or_default())),
            });
        }
        for _ in 0..LINES {
            if wire
                .line(LINE)
                .map_err(|error| silent(error.to_string()))?
                .is_empty()
            {
                return Ok(());
            }
        }
        Err(silent("its answer has no end".to_owned()))
    }

    fn other(&self, speaker: Speaker) -> FetchError {
        FetchError::NotAProxy {
            proxy: self.to_string(),
            speaker,
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.credentials.as_ref().map(|_| "***:***@").unwrap_or_default();
        write!(f, "Proxy({user}{})", self.target)
    }
}

fn percent_decoded(text: &str) -> Option<Zeroizing<String>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let digit = |octet: Option<u8>| char::from(octet?).to_digit(16);
        let value = digit(rest.next())? << 4 | digit(rest.next())?;
        octets.push(u8::try_from(value).ok()?);
    }
    std::str::from_utf8(&octets)
        .ok()
        .map(|text| Zeroizing::new(text.to_owned()))
}

/// The servers that are reached without a proxy: what `no_proxy` lists, as curl reads it.
///
/// ```
/// use keyjar::tls::{NoProxy, Target};
///
/// let direct = NoProxy::parse("localhost, .example.com, 10.0.0.0/8");
/// assert!(direct.matches(&Target::parse("www.example.com:443")?));
/// assert!(direct.matches(&Target::parse("10.1.2.3:443")?));
/// assert!(!direct.matches(&Target::parse("example.org:443")?));
/// # Ok::<(), keyjar::tls::TargetError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct NoProxy(Vec<String>);

impl NoProxy {
    /// Reads a list of names, addresses and networks (`10.0.0.0/8`), separated by commas or blanks; `*` is
    /// everything, and a name stands for those below it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let entries = text.split([',', ' ', '\t']).map(str::trim);
        Self(
            entries
                .filter(|entry| !entry.is_empty())
                .map(str::to_ascii_lowercase)
                .collect(),
        )
    }

    /// Whether the server is one of them.
    #[must_use]
    pub fn matches(&self, target: &Target) -> bool {
        self.0.iter().any(|entry| matches(entry, target))
    }
}

fn matches(entry: &str, target: &Target) -> bool {
    if entry == "*" {
        return true;
    }
    let host = target.host().trim_end_matches('.');
    if let Some(address) = target.address() {
        let entry = entry.trim_start_matches('[').trim_end_matches(']');
        return match entry.split_once('/') {
            Some((network, bits)) => is_within(address, network, bits),
            None => entry.parse() == Ok(address) || entry == target.to_string(),
        };
    }
    let (name, port) = match entry.rsplit_once(':') {
        Some((name, port)) => (name, port.parse::<u16>().ok()),
        None => (entry, None),
    };
    let name = name.trim_start_matches('*').trim_matches('.');
    port.is_none_or(|port| port == target.port())
        && !name.is_empty()
        && (host == name || host.strip_suffix(name).is_some_and(|above| above.ends_with('.')))
}

fn is_within(address: std::net::IpAddr, network: &str, bits: &str) -> bool {
    use std::net::IpAddr::{V4, V6};
    let (Ok(network), Ok(bits)) = (network.parse(), bits.parse::<u32>()) else {
        return false;
    };
    // A shift by the whole width is a network of everything.
    match (address, network) {
        (V4(address), V4(network)) if bits <= 32 => {
            let differing = u32::from(address) ^ u32::from(network);
            differing.checked_shr(32 - bits).unwrap_or_default() == 0
        }
        (V6(address), V6(network)) if bits <= 128 => {
            let differing = u128::from(address) ^ u128::from(network);
            differing.checked_shr(128 - bits).unwrap_or_default() == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    #[test]
    fn a_proxy_shows_neither_user_nor_password() {
        let proxy = Proxy::parse("http://someone:sentinel@proxy.example.com:3128/").unwrap();
        let shown = format!("{proxy} {proxy:?}");
        assert!(
            !shown.contains("sentinel") && !shown.contains("someone"),
            "{shown}"
        );
        let error = Proxy::parse("http://someone:sentinel@pro xy").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sentinel"));
    }

    #[test]
    fn ports_are_curls() {
        for (text, port) in [("proxy", 1080), ("http://proxy", 80), ("http://[::1]:8080", 8080)] {
            assert_eq!(Proxy::parse(text).unwrap().target.port(), port, "{text}");
        }
    }

    #[test]
    fn other_kinds_of_proxies_are_refused_by_name() {
        let error = Proxy::parse("socks5://proxy:1080").unwrap_err();
        assert!(error.to_string().contains("socks5"), "{error}");
    }

    #[test]
    fn a_name_stands_for_those_below_it_and_for_no_other() {
        let list = NoProxy::parse("example.com,.internal, 192.168.0.0/16 ::1,2001:db8::/32,host:8080");
        for (text, expected) in [
            ("example.com:443", true),
            ("a.b.example.com:443", true),
            ("notexample.com:443", false),
            ("db.internal:5432", true),
            ("192.168.7.1:443", true),
            ("192.169.7.1:443", false),
            ("[::1]:443", true),
            ("[2001:db8::7]:443", true),
            ("[2001:db9::7]:443", false),
            ("host:8080", true),
            ("host:8081", false),
        ] {
            assert_eq!(list.matches(&target(text)), expected, "{text}");
        }
        assert!(NoProxy::parse("*").matches(&target("anything:1")));
        assert!(!NoProxy::parse("").matches(&target("anything:1")));
    }
}
