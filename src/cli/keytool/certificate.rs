//! A certificate as keytool prints it.

use jiff::Timestamp;
use keyjar::crypto::Digest;
use keyjar::{Certificate, clock, pem};

use super::{extension, weak};

/// In full. The signature of a certificate that is trusted is not marked.
pub(super) fn text(certificate: &Certificate, is_trusted: bool) -> String {
    let date = |when: Option<Timestamp>| when.map_or_else(|| String::from("?"), full_date);
    let algorithm = certificate.signature_algorithm();
    let standing = if is_trusted {
        weak::Standing::Good
    } else {
        weak::signature(&algorithm)
    };
    let (key, key_standing) =
        weak::key_name(certificate).unwrap_or_else(|| (String::from("unknown"), weak::Standing::Good));
    let mut out = format!(
        "Owner: {}\nIssuer: {}\nSerial number: {}\nValid from: {} until: {}\nCertificate fingerprints:\n\t SHA1: {}\n\t SHA256: {}\n\
         Signature algorithm name: {algorithm}{}\nSubject Public Key Algorithm: {key}{}\nVersion: {}\n",
        certificate.subject().to_java_string(),
        certificate.issuer().to_java_string(),
        certificate.serial_hex(),
        date(certificate.not_before()),
        date(certificate.not_after()),
        fingerprint(certificate, Digest::Sha1),
        fingerprint(certificate, Digest::Sha256),
        standing.mark(),
        key_standing.mark(),
        certificate.version(),
    );
    out += &extension::text(certificate);
    out
}

pub(super) fn fingerprint(certificate: &Certificate, digest: Digest) -> String {
    let octets = certificate.fingerprint(digest);
    let pairs: Vec<_> = octets.iter().map(|octet| format!("{octet:02X}")).collect();
    pairs.join(":")
}

pub(super) fn to_pem(certificate: &Certificate) -> String {
    pem::encode("CERTIFICATE", certificate.as_der())
}

/// `java.util.Date.toString`, in UTC.
pub(super) const FULL_DATE: &str = "%a %b %d %H:%M:%S UTC %Y";

fn full_date(when: Timestamp) -> String {
    when.strftime(FULL_DATE).to_string()
}

/// `DateFormat.getDateInstance` in English; the moment of reading where a store has none.
pub(super) fn day(when: Option<Timestamp>) -> String {
    when.unwrap_or_else(clock::now).strftime("%b %-d, %Y").to_string()
}
