//! Why a handshake failed, in words a person understands.

use std::fmt::Write as _;
use std::io;

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, CipherSuite, Error, PeerIncompatible};

use crate::tls::config::ClientRefused;
use crate::x509::{Certificate, SubjectAltName, Validity};

/// How the attempt ended.
#[derive(Debug)]
pub(super) enum Failure {
    /// rustls or the socket said no.
    Tls(io::Error),
    /// The first octets were no TLS record.
    NotTls(Vec<u8>),
    /// The client closed without a single octet.
    Silent,
    /// The deadline passed.
    TimedOut,
}

/// What is known of the attempt.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) sni: Option<String>,
    pub(super) cipher_suites: Vec<CipherSuite>,
    /// `legacy_version` of the ClientHello: 0x0303 for TLS 1.2 and 1.3, less for what is older.
    pub(super) legacy_version: Option<u16>,
    pub(super) has_sent: bool,
    pub(super) has_said_hello: bool,
}

/// What a reason is about.
pub(super) struct Context<'a> {
    pub(super) progress: &'a Progress,
    /// The server's own chain.
    pub(super) chain: &'a [Certificate],
    /// What makes a client trust the chain.
    pub(super) trust_hint: &'a str,
    /// Whether the server asks for a certificate.
    pub(super) is_asking: bool,
    pub(super) now: Timestamp,
    /// The deadline, in seconds.
    pub(super) seconds: u64,
}

/// What a failed handshake is told as.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) alert: Option<String>,
    pub(super) reason: String,
    pub(super) client_chain: Vec<Certificate>,
}

impl Told {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            ..Self::default()
        }
    }

    fn with_alert(alert: AlertDescription, reason: impl Into<String>) -> Self {
        Self {
            alert: Some(alert_name(alert)),
            ..Self::new(reason)
        }
    }
}

/// Puts a failure into words.
pub(super) fn tell(failure: &Failure, context: &Context<'_>) -> Told {
    match failure {
        Failure::NotTls(octets) => Told::new(not_tls(octets)),
        Failure::Silent => Told::new(
            "the client closed the connection without a word (a port check, or a client that was stopped)",
        ),
        Failure::TimedOut if !context.progress.has_sent => Told::new(format!(
            "timed out: the client sent nothing for {} s",
            context.seconds
        )),
        Failure::TimedOut => Told::new(format!(
            "timed out: the client did not finish the handshake in {} s",
            context.seconds
        )),
        Failure::Tls(error) => match tls_error(error) {
            Some(error) => of_tls(error, context),
            None => of_socket(error, context),
        },
    }
}

/// The rustls error within an I/O error.
pub(super) fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// The alert's name in RFC 8446 section 6, and RFC 5246 section 7.2 for those that TLS 1.3 dropped.
pub(super) fn alert_name(alert: AlertDescription) -> String {
    let name = match alert {
        AlertDescription::UnknownCA => "unknown_ca",
        AlertDescription::UnrecognisedName => "unrecognized_name",
        AlertDescription::UnknownPSKIdentity => "unknown_psk_identity",
        AlertDescription::Unknown(number) => return format!("alert {number}"),
        other => return snake_case(&format!("{other:?}")),
    };
    name.to_owned()
}

fn snake_case(name: &str) -> String {
    name.chars()
        .enumerate()
        .fold(String::new(), |mut out, (at, letter)| {
            if at > 0 && letter.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(letter.to_ascii_lowercase());
            out
        })
}

fn not_tls(octets: &[u8]) -> String {
    if is_http(octets) {
        return String::from("plain HTTP on a TLS port: the client's URL must begin with https://");
    }
    let what = match octets {
        [b'P', b'R', b'O', b'X', b'Y', b' ', ..] | [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, b'Q', ..] => {
            "a PROXY protocol header: turn it off at the load balancer"
        }
        [b'S', b'S', b'H', b'-', ..] => "an SSH client",
        [first, _, 1, ..] if first & 0x80 != 0 => "a ClientHello of SSL 2: the client is older than TLS 1.2",
        _ => {
            let shown = octets.iter().take(16).fold(String::new(), |mut out, octet| {
                let _ = write!(out, "{octet:02x} ");
                out
            });
            return format!("no TLS: the client's first bytes were {}", shown.trim_end());
        }
    };
    format!("no TLS: {what}")
}

/// Whether a plain HTTP request begins so.
pub(super) fn is_http(octets: &[u8]) -> bool {
    let methods: [&[u8]; 10] = [
        b"GET ",
        b"POST ",
        b"HEAD ",
        b"PUT ",
        b"DELETE ",
        b"OPTIONS ",
        b"PATCH ",
        b"CONNECT ",
        b"TRACE ",
        b"PRI * HTTP/2",
    ];
    methods.iter().any(|method| octets.starts_with(method))
}

fn of_socket(error: &io::Error, context: &Context<'_>) -> Told {
    let after = if context.progress.has_said_hello && context.is_asking {
        format!(
            "a browser does so to let its user choose a certificate, and comes back; another client may not trust this server's certificate and have left without saying so; {}",
            context.trust_hint
        )
    } else if context.progress.has_said_hello {
        format!(
            "it may not trust this certificate and have left without saying so; {}",
            context.trust_hint
        )
    } else {
        String::from("it sent no complete ClientHello")
    };
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => Told::new(format!(
            "the client closed the connection during the handshake: {after}"
        )),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Told::new(format!(
            "the client reset the connection during the handshake: {after}"
        )),
        _ => Told::new(format!("the connection broke during the handshake: {error}")),
    }
}

fn of_tls(error: &Error, context: &Context<'_>) -> Told {
    match error {
        Error::AlertReceived(alert) => Told::with_alert(*alert, of_alert(*alert, context)),
        Error::NoCertificatesPresented => Told::with_alert(
            AlertDescription::CertificateRequired,
            "the client sent no certificate although one is required: its JVM has no javax.net.ssl.keyStore, or no key there matches the accepted issuers",
        ),
        Error::InvalidCertificate(invalid) => of_certificate(invalid),
        Error::PeerIncompatible(what) => of_incompatible(what, context),
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. } => Told::with_alert(
            AlertDescription::DecodeError,
            format!("the client speaks no proper TLS: {error}"),
        ),
        Error::DecryptError => Told::with_alert(
            AlertDescription::BadRecordMac,
            "a record of the client does not decrypt: something between changes the bytes, or its TLS is at fault",
        ),
        Error::NoApplicationProtocol => Told::with_alert(
            AlertDescription::NoApplicationProtocol,
            "the client asks for an application protocol (ALPN) other than h2 and http/1.1",
        ),
        Error::PeerMisbehaved(_) => Told::with_alert(
            AlertDescription::IllegalParameter,
            format!("the client breaks the rules of TLS: {error}"),
        ),
        other => Told::new(format!("the handshake failed: {other}")),
    }
}

fn of_certificate(invalid: &CertificateError) -> Told {
    if let CertificateError::Other(other) = invalid
        && let Some(refused) = other.0.downcast_ref::<ClientRefused>()
    {
        let leaf = refused.chain().first().map(|leaf| leaf.subject().to_string());
        return Told {
            client_chain: refused.chain().to_vec(),
            ..Told::with_alert(
                AlertDescription::CertificateUnknown,
                format!(
                    "the client's certificate `{}` is refused: {}",
                    leaf.unwrap_or_default(),
                    refused.reason()
                ),
            )
        };
    }
    let reason = match invalid {
        CertificateError::BadSignature => {
            "the client's signature does not fit its certificate: its private key is not the certificate's"
        }
        CertificateError::BadEncoding => "the client's certificate cannot be read",
        _ => {
            return Told::with_alert(
                invalid.clone().into(),
                format!("the client's certificate is refused: {invalid}"),
            );
        }
    };
    Told::with_alert(invalid.clone().into(), reason)
}

fn of_incompatible(what: &PeerIncompatible, context: &Context<'_>) -> Told {
    let highest = match context.progress.legacy_version {
        Some(0x0302) => Some("TLS 1.1"),
        Some(0x0301) => Some("TLS 1.0"),
        Some(0..=0x0300) => Some("SSL 3"),
        _ => None,
    };
    if let Some(highest) = highest {
        return Told::with_alert(
            AlertDescription::HandshakeFailure,
            format!(
                "no protocol in common: the client speaks {highest} at the most, this server TLS 1.2 and 1.3"
            ),
        );
    }
    match what {
        PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::SupportedVersionsExtensionRequired => Told::with_alert(
            AlertDescription::ProtocolVersion,
            "no protocol in common: the client offers neither TLS 1.2 nor TLS 1.3",
        ),
        PeerIncompatible::NoCipherSuitesInCommon => {
            let offered: Vec<_> = context
                .progress
                .cipher_suites
                .iter()
                .take(4)
                .map(suite_name)
                .collect();
            Told::with_alert(
                AlertDescription::HandshakeFailure,
                format!(
                    "no cipher suite in common that fits this server's key; the client offers {}",
                    if offered.is_empty() {
                        String::from("none")
                    } else {
                        offered.join(", ")
                    }
                ),
            )
        }
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired => {
            let key = context.chain.first().and_then(|leaf| leaf.public_key_info().ok());
            let key = key.map_or_else(|| String::from("this"), |info| info.to_string());
            Told::with_alert(
                AlertDescription::HandshakeFailure,
                format!(
                    "no signature algorithm in common: the client takes no signature by the server's {key} key"
                ),
            )
        }
        PeerIncompatible::NoKxGroupsInCommon
        | PeerIncompatible::NamedGroupsExtensionRequired
        | PeerIncompatible::KeyShareExtensionRequired
        | PeerIncompatible::NoEcPointFormatsInCommon
        | PeerIncompatible::UncompressedEcPointsRequired => Told::with_alert(
            AlertDescription::HandshakeFailure,
            "no key exchange in common: the client offers none of X25519MLKEM768, X25519, P-256, P-384",
        ),
        other => Told::with_alert(
            AlertDescription::HandshakeFailure,
            format!("client and server have too little in common: {other:?}"),
        ),
    }
}

/// IANA's name.
pub(super) fn suite_name(suite: &CipherSuite) -> String {
    let name = format!("{suite:?}");
    name.strip_prefix("TLS13_")
        .map_or_else(|| name.clone(), |rest| format!("TLS_{rest}"))
}

/// What a client means by an alert, whenever it sends it.
pub(super) fn of_alert(alert: AlertDescription, context: &Context<'_>) -> String {
    let name = alert_name(alert);
    let hint = context.trust_hint;
    match alert {
        AlertDescription::CertificateUnknown | AlertDescription::UnknownCA => {
            let more = blame(context).unwrap_or_else(|| hint.to_owned());
            format!("the client does not trust this certificate: alert {name}; {more}")
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked => {
            let more = blame(context).unwrap_or_else(|| {
                format!("it finds a signature, an algorithm, a name or a date at fault, or does not know the authority; {hint}")
            });
            format!("the client refuses this certificate: alert {name}; {more}")
        }
        AlertDescription::CertificateExpired => {
            let more = blame(context).unwrap_or_else(|| {
                String::from("an authority above it may have expired, or the client's clock is wrong")
            });
            format!("the client finds this certificate expired: alert {name}; {more}")
        }
        AlertDescription::InternalError => format!(
            "the client failed within itself: alert {name}; a JVM whose javax.net.ssl.trustStore holds no certificate it can see says so (a wrong path or password, or no Java trust attribute)"
        ),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            format!("the client finds too little in common (protocol, cipher suite, signature): alert {name}")
        }
        AlertDescription::ProtocolVersion => {
            format!("the client refuses the protocol: alert {name}; this server speaks TLS 1.2 and 1.3")
        }
        AlertDescription::DecryptError => {
            format!(
                "the client finds a signature or Finished message wrong: alert {name}; the server's key may not be its certificate's"
            )
        }
        AlertDescription::UserCanceled | AlertDescription::CloseNotify => {
            format!("the client gave up during the handshake: alert {name}")
        }
        AlertDescription::UnrecognisedName => format!("the client refuses this server's name: alert {name}"),
        _ => format!("the client ended the handshake: alert {name}"),
    }
}

/// What is wrong with the server's own certificate in the eyes of any client: its dates, or its names.
fn blame(context: &Context<'_>) -> Option<String> {
    for certificate in context.chain {
        let subject = certificate.subject();
        match certificate.validity_at(context.now) {
            Validity::Expired { at } => return Some(format!("`{subject}` expired at {at}")),
            Validity::NotYetValid { from } => return Some(format!("`{subject}` is not valid before {from}")),
            Validity::Valid | Validity::Unreadable => {}
        }
    }
    let (leaf, host) = (context.chain.first()?, context.progress.sni.as_deref()?);
    let names = names(leaf);
    if names.iter().any(|name| covers(name, host)) {
        return None;
    }
    Some(format!(
        "it asked for `{host}`, and this certificate is for {}",
        if names.is_empty() {
            String::from("no host name")
        } else {
            names.join(", ")
        }
    ))
}

/// The host names a certificate is for: its dNSNames, else its common name.
fn names(leaf: &Certificate) -> Vec<String> {
    let names: Vec<_> = leaf
        .subject_alt_names()
        .into_iter()
        .filter_map(|name| match name {
            SubjectAltName::Dns(name) => Some(name),
            _ => None,
        })
        .collect();
    if names.is_empty() {
        return leaf.subject().common_name().into_iter().collect();
    }
    names
}

fn covers(name: &str, host: &str) -> bool {
    let rest = |text: &str| text.split_once('.').map(|(_, rest)| rest.to_ascii_lowercase());
    name.eq_ignore_ascii_case(host) || (name.starts_with("*.") && rest(name) == rest(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &[u8] = include_bytes!("../../testdata/apm/apm-server.crt");

    fn told(failure: &Failure, sni: Option<&str>) -> Told {
        let progress = Progress {
            sni: sni.map(str::to_owned),
            has_said_hello: true,
            ..Progress::default()
        };
        let chain = [Certificate::from_pem(SERVER).unwrap()];
        let context = Context {
            progress: &progress,
            chain: &chain,
            trust_hint: "import ca.crt into its truststore",
            is_asking: false,
            now: "2026-11-25T00:00:00Z".parse().unwrap(),
            seconds: 10,
        };
        tell(failure, &context)
    }

    fn of(error: Error) -> Failure {
        Failure::Tls(io::Error::new(io::ErrorKind::InvalidData, error))
    }

    #[test]
    fn a_client_without_trust_is_told_what_to_import() {
        let told = told(
            &of(Error::AlertReceived(AlertDescription::CertificateUnknown)),
            None,
        );
        assert_eq!(told.alert.unwrap(), "certificate_unknown");
        assert_eq!(
            told.reason,
            "the client does not trust this certificate: alert certificate_unknown; import ca.crt into its truststore"
        );
    }

    #[test]
    fn a_name_the_certificate_lacks_is_blamed_first() {
        let told = told(
            &of(Error::AlertReceived(AlertDescription::BadCertificate)),
            Some("db.example.com"),
        );
        assert!(
            told.reason
                .contains("it asked for `db.example.com`, and this certificate is for "),
            "{told:?}"
        );
    }

    #[test]
    fn alerts_have_the_names_of_the_rfc() {
        for (alert, name) in [
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::CertificateRequired, "certificate_required"),
            (AlertDescription::BadCertificate, "bad_certificate"),
            (AlertDescription::UnrecognisedName, "unrecognized_name"),
            (AlertDescription::NoApplicationProtocol, "no_application_protocol"),
            (AlertDescription::Unknown(200), "alert 200"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }

    #[test]
    fn what_is_no_tls_is_named() {
        for (octets, name) in [
            (&b"GET / HTTP/1.1\r\n"[..], "plain HTTP on a TLS port"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", "an SSH client"),
            (b"PROXY TCP4 127.0.0.1", "a PROXY protocol header"),
            (&[0x80, 0x2e, 1, 3, 1, 0, 0x15], "SSL 2"),
            (&[0, 0xff, 0x10], "the client's first bytes were 00 ff 10"),
        ] {
            let told = told(&Failure::NotTls(octets.to_vec()), None);
            assert!(told.reason.contains(name), "{told:?}");
        }
    }

    #[test]
    fn a_wildcard_covers_one_label() {
        assert!(covers("*.example.com", "www.example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(covers("LocalHost", "localhost"));
    }
}
