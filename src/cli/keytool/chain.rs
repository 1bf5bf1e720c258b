//! Who signed a certificate, with the signature verified: what keytool adds without a question has to be true.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use keyjar::Certificate;
use keyjar::asn1::{Reader, tag};
use keyjar::x509::PublicKeyInfo;

/// Whether the one signed the other, by name and signature. Algorithms that cannot be verified here count as no.
pub(super) fn signed(issuer: &Certificate, subject: &Certificate) -> bool {
    issuer.subject() == subject.issuer() && verify(issuer, subject).is_some()
}

fn verify(issuer: &Certificate, subject: &Certificate) -> Option<()> {
    let mut fields = Reader::new(subject.as_der()).sequence("certificate").ok()?;
    let signed = fields.read(tag::SEQUENCE, "signed part").ok()?.raw;
    fields.read(tag::SEQUENCE, "algorithm").ok()?;
    let signature = fields.read(tag::BIT_STRING, "signature").ok()?.value.get(1..)?;
    let mut key = Reader::new(issuer.public_key_der()).sequence("public key").ok()?;
    key.read(tag::SEQUENCE, "algorithm").ok()?;
    let key_bits = key.read(tag::BIT_STRING, "key").ok()?.value.get(1..)?;
    let algorithm = algorithm(&subject.signature_algorithm(), &issuer.public_key_info().ok()?)?;
    UnparsedPublicKey::new(algorithm, key_bits)
        .verify(signed, signature)
        .ok()
}

fn algorithm(name: &str, key: &PublicKeyInfo) -> Option<&'static dyn VerificationAlgorithm> {
    let curve = key.curve.as_deref().unwrap_or_default();
    Some(match (name, curve) {
        ("SHA1withRSA", _) => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        ("SHA256withRSA", _) => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        ("SHA384withRSA", _) => &signature::RSA_PKCS1_2048_8192_SHA384,
        ("SHA512withRSA", _) => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        ("SHA256withECDSA", "secp256r1") => &signature::ECDSA_P256_SHA256_ASN1,
        ("SHA384withECDSA", "secp256r1") => &signature::ECDSA_P256_SHA384_ASN1,
        ("SHA256withECDSA", "secp384r1") => &signature::ECDSA_P384_SHA256_ASN1,
        ("SHA384withECDSA", "secp384r1") => &signature::ECDSA_P384_SHA384_ASN1,
        ("SHA512withECDSA", "secp521r1") => &signature::ECDSA_P521_SHA512_ASN1,
        ("Ed25519", _) => &signature::ED25519,
        _ => return None,
    })
}

/// The chain from a certificate up to a self-signed one, among those that are trusted.
pub(super) fn build(leaf: &Certificate, trusted: &[Certificate]) -> Option<Vec<Certificate>> {
    let mut chain = vec![leaf.clone()];
    // No chain is longer than what it is built of.
    for _ in 0..=trusted.len() {
        let last = chain.last()?;
        if signed(last, last) {
            return Some(chain);
        }
        let next = trusted
            .iter()
            .find(|issuer| !chain.contains(issuer) && signed(issuer, last))?;
        chain.push(next.clone());
    }
    None
}
