//! Why a server's chain cannot be read.

use std::io;

use super::alert::Alert;
use super::greeting::Speaker;
use super::starttls::StartTls;
use crate::asn1;
use crate::error::{ErrorKind, Hint};

/// Why a text names no server, or no proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum TargetError {
    #[error("`{text}` names no server: {reason}")]
    Malformed { text: String, reason: &'static str },
    #[error("http:// has no TLS, and no certificates")]
    NoTls { instead: String },
    #[error("`{scheme}://` is no protocol that is known here")]
    Scheme { scheme: String },
    // The text is not repeated: it may hold a password.
    #[error("this is no proxy: {reason}")]
    Proxy { reason: &'static str },
    #[error("proxies of the kind `{scheme}` are not supported")]
    ProxyScheme { scheme: String },
}

impl TargetError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::Malformed { .. } => {
                "write it like `example.com:443`, `[::1]:8443` or `https://example.com`".to_owned()
            }
            Self::NoTls { instead } => format!("did you mean `{instead}`?"),
            Self::Scheme { .. } => {
                "write `HOST:PORT`, and `--starttls` for a protocol that begins without TLS".to_owned()
            }
            Self::Proxy { .. } | Self::ProxyScheme { .. } => {
                "write it like `http://proxy.example.com:3128`, or `http://user:password@proxy.example.com:3128`"
                    .to_owned()
            }
        };
        vec![Hint::new(text)]
    }
}

/// Why a server's chain cannot be read. `at` is the server, `HOST:PORT`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum FetchError {
    #[error("the name `{host}` cannot be resolved")]
    Unresolvable { host: String, source: io::Error },
    #[error("nothing listens on `{at}`: the connection was refused")]
    ConnectionRefused { at: String },
    #[error("`{at}` cannot be reached")]
    Unreachable { at: String, source: io::Error },
    #[error("`{at}` did not answer within {seconds} s: no connection came about")]
    ConnectTimedOut { at: String, seconds: u64 },
    #[error("the proxy `{proxy}` refuses to connect to `{at}`: {status}")]
    ProxyRefused {
        proxy: String,
        at: String,
        code: u16,
        status: String,
    },
    #[error("`{proxy}` is no HTTP proxy: it is {speaker}")]
    NotAProxy { proxy: String, speaker: Speaker },
    #[error("the proxy `{proxy}` gave no answer: {why}")]
    ProxySilent { proxy: String, why: String },
    #[error("`{at}` is {speaker}: it does not speak TLS on this port")]
    NotTls { at: String, speaker: Speaker },
    #[error("`{at}` is a server that says nothing: it took the connection, and was silent for {seconds} s")]
    Silent { at: String, seconds: u64 },
    #[error("`{at}` took the connection and closed it without a word")]
    ClosedWithoutAWord { at: String },
    #[error("`{at}` was too slow: the handshake was not done after {seconds} s")]
    TooSlow { at: String, seconds: u64 },
    #[error("`{at}` broke the connection off")]
    BrokenOff { at: String, source: io::Error },
    #[error("`{at}` does not begin TLS on `{}`: {why}", protocol.command())]
    StartTls {
        at: String,
        protocol: StartTls,
        why: String,
    },
    #[error("`{at}` is {speaker}, and not the {} server that `--starttls {}` asks for", protocol.title(), protocol.name())]
    OtherProtocol {
        at: String,
        protocol: StartTls,
        speaker: Speaker,
    },
    #[error("`{at}` refuses the handshake: alert {alert}, which means that {}", alert.meaning_from_server())]
    Refused { at: String, alert: Alert },
    #[error("`{at}` agreed on {cipher_suite}, in which a server shows no certificate")]
    NoCertificate { at: String, cipher_suite: String },
    #[error("`{at}` sent more than {limit} bytes, and no end of its certificates")]
    TooLarge { at: String, limit: usize },
    #[error("`{at}` speaks TLS, but not by its rules: {why}")]
    Damaged { at: String, why: String },
    #[error("certificate {number} that `{at}` sent is none")]
    Certificate {
        at: String,
        number: usize,
        source: asn1::Error,
    },
    #[error("`{name}` is no server name that TLS can ask for")]
    ServerName { name: String },
}

impl FetchError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Unresolvable { .. } | Self::ConnectionRefused { .. } | Self::Unreachable { .. } => {
                ErrorKind::Unreachable
            }
            Self::ConnectTimedOut { .. }
            | Self::Silent { .. }
            | Self::TooSlow { .. }
            | Self::ProxySilent { .. } => ErrorKind::TimedOut,
            Self::ProxyRefused { .. } | Self::StartTls { .. } | Self::Refused { .. } => ErrorKind::Refused,
            Self::ClosedWithoutAWord { .. } | Self::BrokenOff { .. } => ErrorKind::Refused,
            Self::NotAProxy { .. } | Self::NotTls { .. } | Self::OtherProtocol { .. } => {
                ErrorKind::WrongInput
            }
            Self::NoCertificate { .. } => ErrorKind::Unsupported,
            Self::TooLarge { .. } => ErrorKind::LimitExceeded,
            Self::Damaged { .. } | Self::Certificate { .. } => ErrorKind::Damaged,
            Self::ServerName { .. } => ErrorKind::Usage,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::Unresolvable { .. } => {
                "check the spelling; a name that only a proxy knows needs `--proxy http://HOST:PORT`"
            }
            Self::ConnectionRefused { .. } => "check the port, and whether the server runs",
            Self::Unreachable { .. } | Self::ConnectTimedOut { .. } => {
                "a firewall may be in between; `--proxy http://HOST:PORT` goes through a proxy, `--timeout SECONDS` waits longer"
            }
            Self::ProxyRefused { code: 407, .. } => {
                "the proxy wants a name and a password: `--proxy http://USER:PASSWORD@HOST:PORT`, or set https_proxy"
            }
            Self::ProxyRefused { .. } => {
                "ask who keeps the proxy, or go without it: `--proxy ''`, or name the host in no_proxy"
            }
            Self::NotAProxy { .. } | Self::ProxySilent { .. } => {
                "check the proxy's address; `--proxy ''` goes without one"
            }
            Self::NotTls { speaker, .. } => return speaker.hints(),
            Self::Silent { .. } | Self::ClosedWithoutAWord { .. } => {
                "it may begin without TLS (`--starttls postgres`, `--starttls ldap` ...), want another name (`--sni NAME`), or be no TLS port at all"
            }
            Self::TooSlow { .. } => "`--timeout SECONDS` waits longer",
            Self::BrokenOff { .. } => {
                "a firewall or a balancer may be in between; `--sni NAME` asks for another name"
            }
            Self::StartTls { .. } => {
                "TLS may be turned off in the server's settings, or be on a port of its own"
            }
            Self::OtherProtocol { speaker, .. } => return speaker.hints(),
            Self::Refused { alert, .. } => match *alert {
                Alert::UNRECOGNIZED_NAME | Alert::HANDSHAKE_FAILURE => {
                    "a server of many names may want the right one: `--sni NAME`"
                }
                _ => "the server's own log tells more",
            },
            Self::NoCertificate { .. } => "the server has to be given a certificate first",
            Self::TooLarge { .. } | Self::Damaged { .. } | Self::Certificate { .. } => {
                "the server, or something on the way to it, is broken; another port or `--sni NAME` may reach another one"
            }
            Self::ServerName { .. } => "a server name is a DNS name: letters, digits, hyphens and dots",
        };
        vec![Hint::new(text)]
    }
}
