use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};

use super::client_path::{Anchors, ClientRefused, decide};
use crate::asn1::{self, Reader, tag};
use crate::x509::Certificate;

/// The list of accepted issuers is sent while it fits its 16-bit length with room for the rest of its message; the
/// JDK leaves it out beyond (`CertificateAuthoritiesExtension`).
const MAX_HINTS: usize = 0xf000;

/// Decides over clients' certificates as a Java server does.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    anchors: Anchors,
    is_required: bool,
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientVerifier {
    pub(super) fn new(
        anchors: Vec<Certificate>,
        is_required: bool,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        let anchors = Anchors::new(anchors);
        let mut hints: Vec<_> = anchors
            .all()
            .iter()
            .map(|anchor| DistinguishedName::from(anchor.subject().as_der().to_vec()))
            .collect();
        hints.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
        hints.dedup_by(|a, b| a.as_ref() == b.as_ref());
        if hints.iter().map(|hint| hint.as_ref().len() + 2).sum::<usize>() > MAX_HINTS {
            hints.clear();
        }
        Self {
            anchors,
            is_required,
            hints,
            algorithms,
        }
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.is_required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let chain: Result<Vec<_>, _> = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|der| Certificate::from_der(der.as_ref().to_vec()))
            .collect();
        let chain = chain.map_err(unreadable)?;
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let now = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        match decide(&chain, &self.anchors, now) {
            Ok(()) => Ok(ClientCertVerified::assertion()),
            Err(reason) => {
                let refused = Arc::new(ClientRefused::new(reason, chain));
                Err(CertificateError::Other(OtherError(refused)).into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let bad = Error::InvalidCertificate(CertificateError::BadSignature);
        let key = public_key(certificate)?;
        let Some((identifier, octets)) = identifier_and_octets(&key) else {
            return Err(bad);
        };
        // TLS 1.2 does not bind a scheme to a curve: each algorithm of the scheme that takes the key is tried.
        let schemes = self
            .algorithms
            .mapping
            .iter()
            .filter(|(scheme, _)| *scheme == signed.scheme);
        let is_good = schemes
            .flat_map(|(_, algorithms)| algorithms.iter())
            .filter(|algorithm| algorithm.public_key_alg_id().as_ref() == identifier)
            .any(|algorithm| {
                algorithm
                    .verify_signature(octets, message, signed.signature())
                    .is_ok()
            });
        if is_good {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(bad)
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // The key alone counts: webpki's own parser refuses certificates that a JVM takes (version 1, say).
        let key = SubjectPublicKeyInfoDer::from(public_key(certificate)?);
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn public_key(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, Error> {
    Certificate::from_der(certificate.as_ref().to_vec())
        .map(|certificate| certificate.public_key_der().to_vec())
        .map_err(unreadable)
}

fn unreadable(source: asn1::Error) -> Error {
    CertificateError::Other(OtherError(Arc::new(source))).into()
}

/// The contents of the AlgorithmIdentifier and the key's octets.
fn identifier_and_octets(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Reader::new(spki).sequence("subject public key info").ok()?;
    let identifier = fields.read(tag::SEQUENCE, "public key algorithm").ok()?.value;
    match fields.read(tag::BIT_STRING, "subject public key").ok()?.value {
        [0, octets @ ..] => Some((identifier, octets)),
        _ => None,
    }
}
