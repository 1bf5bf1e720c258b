//! The chain a server presents, read without trusting it.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rand_core::TryRng;
use rustls::CipherSuite as Registered;
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};

use super::error::FetchError;
use super::greeting::Speaker;
use super::handshake::{self, Outcome, Seen};
use super::presented::Presented;
use super::proxy::Proxy;
use super::starttls::StartTls;
use super::target::Target;
use super::wire::{MOST, Wire, remaining};
use crate::x509::{Certificate, Name};

/// How long a server's first word is waited for before it is asked in other ways.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long each of these other ways may take.
const PROBE: Duration = Duration::from_secs(1);
const TLS_1_0: u16 = 0x0301;
const TLS_1_2: u16 = 0x0303;

/// Reads the chain that a server presents, without trusting it.
///
/// TLS 1.3 and 1.2 are spoken with rustls; a server that does not get along with it (TLS 1.1 and below, old cipher
/// suites, unusual curves) is greeted a second time with a ClientHello of its own age, and its certificates are read
/// as they pass in the clear. The handshake's signature is not verified: what is learned is what the server *shows*.
///
/// All blocks, on sockets with a deadline; a connection brings 2 MiB at most. All addresses of a name are tried.
///
/// ```no_run
/// use keyjar::tls::{Fetch, Target};
///
/// let fetched = Fetch::new(Target::parse("localhost:8443")?).run()?;
/// println!("{}, {}", fetched.protocol, fetched.cipher_suite);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Fetch {
    target: Target,
    starttls: Option<StartTls>,
    proxy: Option<Proxy>,
    sni: Option<String>,
    timeout: Duration,
}

impl Fetch {
    /// Ten seconds for all of it, unless [`timeout`](Self::timeout) says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// From this server; a protocol that its URL named is begun with.
    #[must_use]
    pub const fn new(target: Target) -> Self {
        Self {
            starttls: target.starttls(),
            target,
            proxy: None,
            sni: None,
            timeout: Self::TIMEOUT,
        }
    }

    /// Begins in the clear, with this protocol.
    #[must_use]
    pub const fn starttls(mut self, protocol: StartTls) -> Self {
        self.starttls = Some(protocol);
        self
    }

    /// Through this proxy, which resolves the server's name.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Asks for this name instead of the target's (RFC 6066 section 3); for none where it is empty.
    #[must_use]
    pub fn sni(mut self, name: impl Into<String>) -> Self {
        self.sni = Some(name.into());
        self
    }

    /// The time for all of it: resolving, connecting, and every attempt at a handshake.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Reads the chain.
    ///
    /// # Errors
    /// See [`FetchError`]: who cannot be reached, who speaks something else, who refuses.
    pub fn run(&self) -> Result<FetchedChain, FetchError> {
        let (name, asked) = self.server_name()?;
        let deadline = Instant::now()
            .checked_add(self.timeout)
            .unwrap_or_else(Instant::now);
        let route = Route {
            fetch: self,
            addresses: self.resolve(deadline)?,
            deadline,
        };
        let patience = PATIENCE.min(self.timeout / 3);
        let mut wire = route.open()?;
        let peer = wire.peer();
        let first = handshake::modern(&mut wire, &name, asked.is_some(), patience);
        drop(wire);
        let seen = match first {
            Outcome::Seen(seen) => seen,
            Outcome::Plain(speaker) => return Err(self.not_tls(speaker)),
            Outcome::Slow => return Err(self.failed(Outcome::Slow)),
            first => {
                if self.starttls.is_none()
                    && let Some(speaker) = route.who_is_there(&first)
                {
                    return Err(self.not_tls(speaker));
                }
                let is_silent = matches!(first, Outcome::Silent);
                match route.old(asked.as_deref(), patience / 2) {
                    Some(seen) => seen,
                    // It may be slow, and nothing else.
                    None if is_silent => self.again(&route, &name, asked.is_some())?,
                    None => return Err(self.failed(first)),
                }
            }
        };
        self.chain(seen, peer, asked)
    }

    fn again(&self, route: &Route<'_>, name: &ServerName<'static>, sni: bool) -> Result<Seen, FetchError> {
        let patience = remaining(route.deadline).unwrap_or_default();
        let outcome = route
            .open()
            .map(|mut wire| handshake::modern(&mut wire, name, sni, patience));
        match outcome {
            Ok(Outcome::Seen(seen)) => Ok(seen),
            Ok(Outcome::Plain(speaker)) => Err(self.not_tls(speaker)),
            _ => Err(self.failed(Outcome::Silent)),
        }
    }

    fn chain(&self, seen: Seen, peer: SocketAddr, sni: Option<String>) -> Result<FetchedChain, FetchError> {
        let mut certificates = Vec::with_capacity(seen.certificates.len());
        for (at, der) in seen.certificates.into_iter().enumerate() {
            let certificate = Certificate::from_der(der).map_err(|source| FetchError::Certificate {
                at: self.at(),
                number: at.saturating_add(1),
                source,
            })?;
            certificates.push(certificate);
        }
        Ok(FetchedChain {
            certificates,
            protocol: ProtocolVersion(seen.version),
            cipher_suite: CipherSuite(seen.cipher_suite),
            client_request: seen.request,
            peer,
            is_proxied: self.proxy.is_some(),
            sni,
        })
    }

    fn at(&self) -> String {
        self.target.to_string()
    }

    fn seconds(&self) -> u64 {
        self.timeout.as_secs().max(1)
    }

    fn not_tls(&self, speaker: Speaker) -> FetchError {
        FetchError::NotTls {
            at: self.at(),
            speaker,
        }
    }

    fn failed(&self, outcome: Outcome) -> FetchError {
        let at = self.at();
        let seconds = self.seconds();
        match outcome {
            Outcome::Plain(speaker) => FetchError::NotTls { at, speaker },
            Outcome::Alert(alert) => FetchError::Refused { at, alert },
            Outcome::Closed => FetchError::ClosedWithoutAWord { at },
            Outcome::Broken(source) => FetchError::BrokenOff { at, source },
            Outcome::Silent => FetchError::Silent { at, seconds },
            Outcome::Slow => FetchError::TooSlow { at, seconds },
            Outcome::TooLarge => FetchError::TooLarge { at, limit: MOST },
            Outcome::Rules(why) => FetchError::Damaged { at, why },
            Outcome::Anonymous(suite) => FetchError::NoCertificate {
                at,
                cipher_suite: CipherSuite(suite).to_string(),
            },
            Outcome::Seen(_) => FetchError::Damaged {
                at,
                why: String::new(),
            },
        }
    }

    /// The name for rustls, and the one that is asked for, if any: an address is none (RFC 6066 section 3).
    fn server_name(&self) -> Result<(ServerName<'static>, Option<String>), FetchError> {
        let none = || ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0, 0, 0, 0])));
        let host = self.target.host();
        let name = match self.sni.as_deref() {
            Some("") => return Ok((none(), None)),
            Some(name) => idna::domain_to_ascii(name).unwrap_or_else(|_| name.to_owned()),
            None if self.target.address().is_some() || host.contains('%') => return Ok((none(), None)),
            None => host.to_owned(),
        };
        let name = name.trim_end_matches('.').to_owned();
        match ServerName::try_from(name.clone()) {
            Ok(server_name @ ServerName::DnsName(_)) => Ok((server_name, Some(name))),
            _ if self.sni.is_some() => Err(FetchError::ServerName {
                name: name.escape_debug().to_string(),
            }),
            _ => Ok((none(), None)),
        }
    }

    /// The addresses to connect to. The system's resolver knows no deadline, so it is waited for no longer than ours.
    fn resolve(&self, deadline: Instant) -> Result<Vec<SocketAddr>, FetchError> {
        let target = self.proxy.as_ref().map_or(&self.target, Proxy::target);
        let host = target.host().to_owned();
        let failed = |source| FetchError::Unresolvable {
            host: host.clone(),
            source,
        };
        let (sender, receiver) = mpsc::channel();
        let (name, port) = (host.clone(), target.port());
        thread::spawn(move || {
            let addresses = (name.as_str(), port)
                .to_socket_addrs()
                .map(Iterator::collect::<Vec<_>>);
            // No one listens any more where the deadline came first.
            let _ = sender.send(addresses);
        });
        let time = remaining(deadline).map_err(failed)?;
        let addresses = receiver
            .recv_timeout(time)
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(failed)?;
        if addresses.is_empty() {
            return Err(failed(io::ErrorKind::NotFound.into()));
        }
        Ok(addresses)
    }
}

/// The way to the server, to be gone again for each attempt.
struct Route<'a> {
    fetch: &'a Fetch,
    addresses: Vec<SocketAddr>,
    deadline: Instant,
}

impl Route<'_> {
    /// A connection on which the server waits for a ClientHello.
    fn open(&self) -> Result<Wire, FetchError> {
        let mut wire = self.connect()?;
        if let Some(protocol) = self.fetch.starttls {
            protocol.begin(&mut wire, &self.fetch.at(), self.fetch.seconds())?;
        }
        Ok(wire)
    }

    fn connect(&self) -> Result<Wire, FetchError> {
        let proxy = self.fetch.proxy.as_ref();
        let at = proxy.map_or_else(|| self.fetch.at(), |proxy| format!("{proxy} (the proxy)"));
        let connected = Wire::connect(&self.addresses, self.deadline);
        let mut wire = connected.map_err(|source| match source.kind() {
            io::ErrorKind::ConnectionRefused => FetchError::ConnectionRefused { at },
            io::ErrorKind::TimedOut => FetchError::ConnectTimedOut {
                at,
                seconds: self.fetch.seconds(),
            },
            _ => FetchError::Unreachable { at, source },
        })?;
        if let Some(proxy) = proxy {
            proxy.connect(&mut wire, &self.fetch.target)?;
        }
        Ok(wire)
    }

    /// A greeting that servers of TLS 1.2 and below understand. Failures are not told: the first attempt's is.
    fn old(&self, server_name: Option<&str>, patience: Duration) -> Option<Seen> {
        let mut random = [0; 32];
        // Of no consequence: no key comes of it.
        getrandom::SysRng.try_fill_bytes(&mut random).ok()?;
        [TLS_1_2, TLS_1_0].into_iter().find_map(|version| {
            let mut wire = self.open().ok()?;
            match handshake::old(&mut wire, version, &random, server_name, patience) {
                Outcome::Seen(seen) => Some(seen),
                _ => None,
            }
        })
    }

    /// Who it is that had no word for a ClientHello: who greets, or answers HTTP, PostgreSQL or LDAP.
    fn who_is_there(&self, first: &Outcome) -> Option<Speaker> {
        match first {
            Outcome::Silent => self.greets_or_speaks_http(),
            Outcome::Closed | Outcome::Broken(_) => self
                .greets_or_speaks_http()
                .or_else(|| self.begins(StartTls::Postgres, Speaker::Postgres))
                .or_else(|| self.begins(StartTls::Ldap, Speaker::Ldap)),
            _ => None,
        }
    }

    fn short(&self) -> Option<Wire> {
        let deadline = Instant::now().checked_add(PROBE)?.min(self.deadline);
        let short = Route {
            fetch: self.fetch,
            addresses: self.addresses.clone(),
            deadline,
        };
        short.connect().ok()
    }

    fn greets_or_speaks_http(&self) -> Option<Speaker> {
        let mut wire = self.short()?;
        wire.mark();
        if !wire.waits(PROBE / 3).ok()? {
            let host = self.fetch.target.to_string();
            let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            io::Write::write_all(&mut wire, request.as_bytes()).ok()?;
            wire.waits(PROBE).ok()?;
        }
        Speaker::of(wire.first())
    }

    fn begins(&self, protocol: StartTls, speaker: Speaker) -> Option<Speaker> {
        let mut wire = self.short()?;
        match protocol.begin(&mut wire, "", 0) {
            // A refusal in the protocol's own words tells as much.
            Ok(()) => Some(speaker),
            Err(FetchError::StartTls { .. }) if matches!(wire.first(), [b'N' | 0x30, ..]) => Some(speaker),
            Err(_) => None,
        }
    }
}

/// What a server showed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FetchedChain {
    /// The certificates, in the order they were sent; never empty. Nothing of them is verified.
    pub certificates: Vec<Certificate>,
    /// The version of TLS that was agreed on.
    pub protocol: ProtocolVersion,
    /// The cipher suite that was agreed on.
    pub cipher_suite: CipherSuite,
    /// The server's request for a client certificate, where it made one. A server may also ask later.
    pub client_request: Option<CertificateRequest>,
    /// Who was connected to: the server, or the proxy.
    pub peer: SocketAddr,
    /// Whether that is a proxy.
    pub is_proxied: bool,
    /// The name that was asked for.
    pub sni: Option<String>,
}

impl FetchedChain {
    /// Who certifies whom in it, and what is odd about that.
    #[must_use]
    pub fn presented(&self) -> Presented<'_> {
        Presented::of(&self.certificates)
    }
}

/// A server's request for a client certificate (RFC 8446 section 4.3.2, RFC 5246 section 7.4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateRequest {
    /// The DER of the names of the authorities whose certificates are accepted; empty: any.
    pub issuers: Vec<Vec<u8>>,
    /// The signature schemes a client may use, by number, in the server's order; empty below TLS 1.2.
    pub signature_schemes: Vec<u16>,
    /// ClientCertificateType: 1 for RSA, 64 for ECDSA; known where the request was read below TLS 1.3, else empty.
    pub certificate_types: Vec<u8>,
}

impl CertificateRequest {
    /// The authorities' names; those that cannot be read are left out.
    pub fn issuer_names(&self) -> impl Iterator<Item = Name<'_>> {
        self.issuers.iter().filter_map(|der| Name::from_der(der).ok())
    }

    /// The signature schemes by their names in IANA's registry.
    #[must_use]
    pub fn signature_scheme_names(&self) -> Vec<String> {
        self.signature_schemes
            .iter()
            .map(|scheme| scheme_name(*scheme))
            .collect()
    }
}

fn scheme_name(scheme: u16) -> String {
    let name = match scheme {
        0x0101 => "rsa_pkcs1_md5",
        0x0201 => "rsa_pkcs1_sha1",
        0x0202 => "dsa_sha1",
        0x0203 => "ecdsa_sha1",
        0x0301 => "rsa_pkcs1_sha224",
        0x0302 => "dsa_sha224",
        0x0303 => "ecdsa_sha224",
        0x0401 => "rsa_pkcs1_sha256",
        0x0402 => "dsa_sha256",
        0x0403 => "ecdsa_secp256r1_sha256",
        0x0501 => "rsa_pkcs1_sha384",
        0x0502 => "dsa_sha384",
        0x0503 => "ecdsa_secp384r1_sha384",
        0x0601 => "rsa_pkcs1_sha512",
        0x0602 => "dsa_sha512",
        0x0603 => "ecdsa_secp521r1_sha512",
        0x0804 => "rsa_pss_rsae_sha256",
        0x0805 => "rsa_pss_rsae_sha384",
        0x0806 => "rsa_pss_rsae_sha512",
        0x0807 => "ed25519",
        0x0808 => "ed448",
        0x0809 => "rsa_pss_pss_sha256",
        0x080a => "rsa_pss_pss_sha384",
        0x080b => "rsa_pss_pss_sha512",
        0x081a => "ecdsa_brainpoolP256r1tls13_sha256",
        0x081b => "ecdsa_brainpoolP384r1tls13_sha384",
        0x081c => "ecdsa_brainpoolP512r1tls13_sha512",
        0x0904 => "mldsa44",
        0x0905 => "mldsa65",
        0x0906 => "mldsa87",
        other => return format!("0x{other:04x}"),
    };
    name.to_owned()
}

/// A version of TLS. `Display` is Java's name for it: `TLSv1.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion(u16);

impl ProtocolVersion {
    /// The version of this number, 0x0304 for TLS 1.3.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0x0300 => "SSLv3",
            0x0301 => "TLSv1",
            0x0302 => "TLSv1.1",
            0x0303 => "TLSv1.2",
            0x0304 => "TLSv1.3",
            other => return write!(f, "version 0x{other:04x}"),
        })
    }
}

/// A cipher suite. `Display` is its name in IANA's registry, which is Java's: `TLS_AES_256_GCM_SHA384`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CipherSuite(u16);

impl CipherSuite {
    /// The suite of this number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Registered::from(self.0).as_str() {
            // rustls tells the suites of TLS 1.3 from the others by their prefix.
            Some(name) => f.write_str(&name.replacen("TLS13_", "TLS_", 1)),
            None => write!(f, "0x{:04x}", self.0),
        }
    }
}
