//! Algorithm identifiers by the names Java gives them
//! ([Java Security Standard Algorithm Names](https://docs.oracle.com/en/java/javase/25/docs/specs/security/standard-names.html)).

use der::asn1::ObjectIdentifier;

use super::oid::Oid;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

pub(crate) const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
pub(crate) const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
pub(crate) const DSA: ObjectIdentifier = oid("1.2.840.10040.4.1");
pub(crate) const EC: ObjectIdentifier = oid("1.2.840.10045.2.1");

/// What `X509Certificate.getSigAlgName` answers.
const SIGNATURES: &[(ObjectIdentifier, &str)] = &[
    (oid("1.2.840.113549.1.1.11"), "SHA256withRSA"),
    (oid("1.2.840.10045.4.3.2"), "SHA256withECDSA"),
    (oid("1.2.840.10045.4.3.3"), "SHA384withECDSA"),
    (oid("1.2.840.113549.1.1.5"), "SHA1withRSA"),
    (oid("1.2.840.113549.1.1.12"), "SHA384withRSA"),
    (oid("1.2.840.113549.1.1.13"), "SHA512withRSA"),
    (oid("1.3.101.112"), "Ed25519"),
    (oid("1.3.101.113"), "Ed448"),
    (oid("1.2.840.113549.1.1.2"), "MD2withRSA"),
    (oid("1.2.840.113549.1.1.4"), "MD5withRSA"),
    (oid("1.3.14.3.2.29"), "SHA1withRSA"),
    (oid("1.2.840.113549.1.1.14"), "SHA224withRSA"),
    (oid("1.2.840.113549.1.1.15"), "SHA512/224withRSA"),
    (oid("1.2.840.113549.1.1.16"), "SHA512/256withRSA"),
    (RSASSA_PSS, "RSASSA-PSS"),
    (oid("2.16.840.1.101.3.4.3.13"), "SHA3-224withRSA"),
    (oid("2.16.840.1.101.3.4.3.14"), "SHA3-256withRSA"),
    (oid("2.16.840.1.101.3.4.3.15"), "SHA3-384withRSA"),
    (oid("2.16.840.1.101.3.4.3.16"), "SHA3-512withRSA"),
    (oid("1.2.840.10040.4.3"), "SHA1withDSA"),
    (oid("1.3.14.3.2.13"), "SHA1withDSA"),
    (oid("1.3.14.3.2.27"), "SHA1withDSA"),
    (oid("2.16.840.1.101.3.4.3.1"), "SHA224withDSA"),
    (oid("2.16.840.1.101.3.4.3.2"), "SHA256withDSA"),
    (oid("2.16.840.1.101.3.4.3.3"), "SHA384withDSA"),
    (oid("2.16.840.1.101.3.4.3.4"), "SHA512withDSA"),
    (oid("2.16.840.1.101.3.4.3.5"), "SHA3-224withDSA"),
    (oid("2.16.840.1.101.3.4.3.6"), "SHA3-256withDSA"),
    (oid("2.16.840.1.101.3.4.3.7"), "SHA3-384withDSA"),
    (oid("2.16.840.1.101.3.4.3.8"), "SHA3-512withDSA"),
    (oid("1.2.840.10045.4.1"), "SHA1withECDSA"),
    (oid("1.2.840.10045.4.3.1"), "SHA224withECDSA"),
    (oid("1.2.840.10045.4.3.4"), "SHA512withECDSA"),
    (oid("2.16.840.1.101.3.4.3.9"), "SHA3-224withECDSA"),
    (oid("2.16.840.1.101.3.4.3.10"), "SHA3-256withECDSA"),
    (oid("2.16.840.1.101.3.4.3.11"), "SHA3-384withECDSA"),
    (oid("2.16.840.1.101.3.4.3.12"), "SHA3-512withECDSA"),
    (oid("2.16.840.1.101.3.4.3.17"), "ML-DSA-44"),
    (oid("2.16.840.1.101.3.4.3.18"), "ML-DSA-65"),
    (oid("2.16.840.1.101.3.4.3.19"), "ML-DSA-87"),
];

const KEYS: &[(ObjectIdentifier, &str)] = &[
    (RSA, "RSA"),
    (EC, "EC"),
    (oid("1.3.101.112"), "Ed25519"),
    (oid("1.3.101.113"), "Ed448"),
    (RSASSA_PSS, "RSASSA-PSS"),
    (DSA, "DSA"),
    (oid("1.3.101.110"), "X25519"),
    (oid("1.3.101.111"), "X448"),
    (oid("1.2.840.113549.1.3.1"), "DH"),
    (oid("1.2.840.10046.2.1"), "DH"),
    (oid("2.16.840.1.101.3.4.3.17"), "ML-DSA-44"),
    (oid("2.16.840.1.101.3.4.3.18"), "ML-DSA-65"),
    (oid("2.16.840.1.101.3.4.3.19"), "ML-DSA-87"),
    (oid("2.16.840.1.101.3.4.4.1"), "ML-KEM-512"),
    (oid("2.16.840.1.101.3.4.4.2"), "ML-KEM-768"),
    (oid("2.16.840.1.101.3.4.4.3"), "ML-KEM-1024"),
];

fn name(table: &[(ObjectIdentifier, &'static str)], oid: Oid<'_>) -> Option<&'static str> {
    table
        .iter()
        .find(|(known, _)| oid == *known)
        .map(|(_, name)| *name)
}

/// `SHA256withRSA`; the dotted identifier for one Java has no name for.
pub(crate) fn signature_name(oid: Oid<'_>) -> String {
    name(SIGNATURES, oid).map_or_else(|| oid.to_string(), str::to_owned)
}

/// `RSA`, `EC`, `Ed25519`; the dotted identifier for one Java has no name for.
pub(crate) fn key_name(oid: Oid<'_>) -> String {
    name(KEYS, oid).map_or_else(|| oid.to_string(), str::to_owned)
}
