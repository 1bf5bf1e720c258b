//! One attempt at a handshake, up to the server's certificates: with rustls for TLS 1.3 and 1.2, by hand below.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error as TlsError, SignatureScheme};

use super::alert::Alert;
use super::fetch::CertificateRequest;
use super::flight::{Flight, Interrupted};
use super::greeting::Speaker;
use super::hello::client_hello;
use super::wire::Wire;

/// How long a server that was silent is listened to when it has been told that nothing more comes.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Seen(Seen),
    /// A server of something else answered.
    Plain(Speaker),
    /// The server's alert.
    Alert(Alert),
    /// The end of the stream, before a word was said.
    Closed,
    /// The connection broke.
    Broken(io::Error),
    /// No word within the patience.
    Silent,
    /// Words, but not all of them before the deadline.
    Slow,
    TooLarge,
    /// TLS, but not by its rules, or by rules that are not ours.
    Rules(String),
    /// A cipher suite without certificates.
    Anonymous(u16),
}

/// What a server showed.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) version: u16,
    pub(super) cipher_suite: u16,
    /// DER, as sent.
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) request: Option<CertificateRequest>,
}

/// With rustls, TLS 1.3 and 1.2. The certificate is recorded and not verified.
pub(super) fn modern(wire: &mut Wire, name: &ServerName<'static>, sni: bool, patience: Duration) -> Outcome {
    let record = Arc::new(Record::default());
    let mut connection =
        match config(&record, sni).and_then(|config| ClientConnection::new(Arc::new(config), name.clone())) {
            Ok(connection) => connection,
            Err(error) => return Outcome::Rules(error.to_string()),
        };
    wire.mark();
    let outcome = match talk(wire, &mut connection, patience) {
        Ok(()) => Outcome::Rules("the handshake ended without a certificate".to_owned()),
        Err(outcome) => outcome,
    };
    let record = record.0.lock().unwrap_or_else(PoisonError::into_inner);
    if record.certificates.is_empty() {
        return match Speaker::of(wire.first()) {
            Some(speaker) => Outcome::Plain(speaker),
            None => outcome,
        };
    }
    // Whatever came behind the certificates, such as a refusal of a client without one, they were shown.
    connection.send_close_notify();
    let _ = connection.write_tls(wire);
    Outcome::Seen(Seen {
        version: connection.protocol_version().map_or(0, u16::from),
        cipher_suite: connection
            .negotiated_cipher_suite()
            .map_or(0, |suite| u16::from(suite.suite())),
        certificates: record.certificates.clone(),
        request: record.request.clone(),
    })
}

fn config(record: &Arc<Record>, sni: bool) -> Result<ClientConfig, TlsError> {
    let mut provider = aws_lc_rs::default_provider();
    // The first of them gives the key share: a small one, since old middleboxes drop a ClientHello of two packets.
    provider.kx_groups = [aws_lc_rs::kx_group::X25519]
        .into_iter()
        .chain(aws_lc_rs::ALL_KX_GROUPS.iter().copied())
        .collect();
    let mut seen = Vec::new();
    provider.kx_groups.retain(|group| {
        let is_new = !seen.contains(&group.name());
        seen.push(group.name());
        is_new
    });
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Record>::clone(record))
        .with_client_cert_resolver(Arc::<Record>::clone(record));
    config.resumption = Resumption::disabled();
    config.enable_sni = sni;
    Ok(config)
}

fn talk(wire: &mut Wire, connection: &mut ClientConnection, patience: Duration) -> Result<(), Outcome> {
    let mut is_first = true;
    while connection.is_handshaking() {
        while connection.wants_write() {
            connection.write_tls(wire).map_err(broken)?;
        }
        if is_first {
            listen(wire, patience)?;
            is_first = false;
        }
        if connection.read_tls(wire).map_err(broken)? == 0 {
            return Err(Outcome::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
        connection.process_new_packets().map_err(|error| match error {
            TlsError::AlertReceived(alert) => Outcome::Alert(Alert::new(u8::from(alert))),
            other => Outcome::Rules(other.to_string()),
        })?;
    }
    while connection.wants_write() {
        connection.write_tls(wire).map_err(broken)?;
    }
    Ok(())
}

/// Waits for the server's first word. One that waits for more itself, the end of a line perhaps, is told that
/// nothing more comes, and may then say what it is.
fn listen(wire: &mut Wire, patience: Duration) -> Result<(), Outcome> {
    let waits = |wire: &mut Wire, patience| match wire.waits(patience) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Outcome::Closed),
        other => other.map_err(broken),
    };
    if waits(wire, patience)? {
        return Ok(());
    }
    wire.half_close();
    if waits(wire, LAST_WORDS)? {
        return Ok(());
    }
    Err(Outcome::Silent)
}

fn broken(error: io::Error) -> Outcome {
    match error.kind() {
        io::ErrorKind::TimedOut => Outcome::Slow,
        io::ErrorKind::QuotaExceeded => Outcome::TooLarge,
        _ => Outcome::Broken(error),
    }
}

/// By hand, TLS 1.2 to SSL 3.0: a ClientHello that offers up to `version`, and what comes back in the clear.
pub(super) fn old(
    wire: &mut Wire,
    version: u16,
    random: &[u8; 32],
    server_name: Option<&str>,
    patience: Duration,
) -> Outcome {
    wire.mark();
    if let Err(error) = wire.write_all(&client_hello(version, random, server_name)) {
        return broken(error);
    }
    if let Err(outcome) = listen(wire, patience) {
        return outcome;
    }
    let mut flight = Flight::default();
    let ended = flight.read(wire);
    let Some(certificates) = flight
        .certificates
        .filter(|certificates| !certificates.is_empty())
    else {
        if let Some(speaker) = Speaker::of(wire.first()) {
            return Outcome::Plain(speaker);
        }
        return match ended {
            Ok(()) => Outcome::Anonymous(flight.cipher_suite),
            Err(Interrupted::Alert(alert)) => Outcome::Alert(alert),
            Err(Interrupted::TooLarge) => Outcome::TooLarge,
            Err(Interrupted::Malformed(why)) => Outcome::Rules(why),
            Err(Interrupted::Wire(error)) => broken(error),
        };
    };
    // user_canceled and close_notify: the server's log shows that no one was harmed.
    let [major, minor] = flight.version.to_be_bytes();
    let _ = wire.write_all(&[21, major, minor, 0, 2, 1, 90, 21, major, minor, 0, 2, 1, 0]);
    Outcome::Seen(Seen {
        version: flight.version,
        cipher_suite: flight.cipher_suite,
        certificates,
        request: flight.request.map(|request| CertificateRequest {
            issuers: request.authorities,
            signature_schemes: request.signature_schemes,
            certificate_types: request.certificate_types,
        }),
    })
}

/// What the handshake told of the server; it accepts whatever comes, since nothing is trusted for it.
#[derive(Debug, Default)]
struct Record(Mutex<Recorded>);

#[derive(Debug, Default)]
struct Recorded {
    certificates: Vec<Vec<u8>>,
    request: Option<CertificateRequest>,
}

impl ServerCertVerifier for Record {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.certificates = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|certificate| certificate.as_ref().to_vec())
            .collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    /// All that a server could want to sign with: a scheme that is not offered may cost the certificate.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        [
            0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0807, 0x0808, 0x0809,
            0x080a, 0x080b, 0x0904, 0x0905, 0x0906, 0x0203, 0x0201,
        ]
        .into_iter()
        .map(SignatureScheme::from)
        .collect()
    }
}

impl ResolvesClientCert for Record {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.request = Some(CertificateRequest {
            issuers: issuers.iter().map(|name| name.to_vec()).collect(),
            signature_schemes: schemes.iter().map(|scheme| u16::from(*scheme)).collect(),
            certificate_types: Vec::new(),
        });
        None
    }

    /// Were there none to be had, rustls would not ask.
    fn has_certs(&self) -> bool {
        true
    }
}
