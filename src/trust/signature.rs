//! Certificates' signatures: by aws-lc-rs where it has the algorithm, by this crate's own arithmetic where not.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::ObjectIdentifier;

use super::certificate::PublicKey;
use super::refusal::Reason;
use crate::asn1::{Reader, tag};
use crate::crypto::Digest;
use crate::crypto::verify::{self, Pair, RsaKey};
use crate::x509::Oid;

/// What verifying came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The signature is the key's.
    Valid,
    /// It is not ([`Reason::InvalidSignature`]), or the key is of another algorithm than the signature, or this JDK
    /// has no such algorithm ([`Reason::Other`]).
    Invalid(Reason),
    /// The JDK can tell; this library cannot.
    Unsupported,
}

/// A certificate's signature: the algorithm that was used, and by what it is called.
#[derive(Clone, Debug)]
pub(super) struct SignatureAlgorithm {
    /// By Java's name: `SHA256withRSA`; dotted where it has none.
    pub(super) name: String,
    scheme: Option<Scheme>,
}

#[derive(Clone, Copy, Debug)]
enum Scheme {
    Rsa(Digest),
    Pss(Pss),
    Dsa(Digest),
    Ecdsa(Digest),
    Ed25519,
    Ed448,
}

/// The parameters of RSASSA-PSS (RFC 4055 section 3.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Pss {
    pub(super) digest: Digest,
    pub(super) mask_digest: Digest,
    salt_length: usize,
}

impl SignatureAlgorithm {
    /// Of an AlgorithmIdentifier's DER, by the name that JDK has for it.
    pub(super) fn read(identifier: &[u8], name: String) -> Self {
        Self {
            name,
            scheme: scheme(identifier),
        }
    }

    /// The digest and the mask's digest of RSASSA-PSS.
    pub(super) const fn pss(&self) -> Option<Pss> {
        match self.scheme {
            Some(Scheme::Pss(pss)) => Some(pss),
            _ => None,
        }
    }

    /// The JDK from which on `Signature.getInstance` knows it.
    fn since(&self) -> u32 {
        match self.scheme {
            Some(Scheme::Ed25519 | Scheme::Ed448) => 15,
            _ if self.name.starts_with("SHA3-") => 16,
            Some(Scheme::Dsa(Digest::Sha384 | Digest::Sha512)) => 16,
            _ if self.name.starts_with("ML-DSA") => 24,
            _ => 8,
        }
    }

    /// Verifies a message's signature as that JDK's providers do.
    pub(super) fn verify(&self, key: &PublicKey, message: &[u8], signature: &[u8], jdk: u32) -> Outcome {
        if jdk < self.since() || !key.is_usable(jdk) {
            return Outcome::Invalid(Reason::Other);
        }
        let Some(scheme) = self.scheme else {
            return if self.name.starts_with("ML-DSA") {
                Outcome::Unsupported
            } else {
                Outcome::Invalid(Reason::Other)
            };
        };
        let valid = match (scheme, key.algorithm.as_str()) {
            (Scheme::Rsa(digest), "RSA") => rsa(key, digest, message, signature),
            (Scheme::Pss(pss), "RSA" | "RSASSA-PSS") => rsa_pss(key, pss, message, signature),
            (Scheme::Dsa(digest), "DSA") => dsa(key, digest, message, signature),
            (Scheme::Ecdsa(digest), "EC") => match ecdsa(key, digest, message, signature) {
                Some(valid) => valid,
                None => return Outcome::Unsupported,
            },
            (Scheme::Ed25519, "Ed25519") => by_aws(&signature::ED25519, key.octets(), message, signature),
            (Scheme::Ed448, "Ed448") => verify::ed448_verifies(key.octets(), message, signature),
            _ => return Outcome::Invalid(Reason::Other),
        };
        if valid {
            Outcome::Valid
        } else {
            Outcome::Invalid(Reason::InvalidSignature)
        }
    }
}

fn scheme(identifier: &[u8]) -> Option<Scheme> {
    let mut fields = Reader::new(identifier).sequence("signature algorithm").ok()?;
    let id = fields
        .read(tag::OBJECT_IDENTIFIER, "signature algorithm")
        .ok()
        .map(|id| Oid::new(id.value))?;
    if id == PSS {
        return pss(fields).map(Scheme::Pss);
    }
    SCHEMES
        .iter()
        .find(|(known, _)| id == *known)
        .map(|(_, scheme)| *scheme)
}

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");

const SCHEMES: &[(ObjectIdentifier, Scheme)] = &[
    (oid("1.2.840.113549.1.1.11"), Scheme::Rsa(Digest::Sha256)),
    (oid("1.2.840.10045.4.3.2"), Scheme::Ecdsa(Digest::Sha256)),
    (oid("1.2.840.10045.4.3.3"), Scheme::Ecdsa(Digest::Sha384)),
    (oid("1.2.840.113549.1.1.12"), Scheme::Rsa(Digest::Sha384)),
    (oid("1.2.840.113549.1.1.13"), Scheme::Rsa(Digest::Sha512)),
    (oid("1.2.840.113549.1.1.5"), Scheme::Rsa(Digest::Sha1)),
    (oid("1.3.14.3.2.29"), Scheme::Rsa(Digest::Sha1)),
    (oid("1.2.840.113549.1.1.4"), Scheme::Rsa(Digest::Md5)),
    (oid("1.2.840.113549.1.1.14"), Scheme::Rsa(Digest::Sha224)),
    (oid("1.2.840.113549.1.1.15"), Scheme::Rsa(Digest::Sha512_224)),
    (oid("1.2.840.113549.1.1.16"), Scheme::Rsa(Digest::Sha512_256)),
    (oid("2.16.840.1.101.3.4.3.13"), Scheme::Rsa(Digest::Sha3_224)),
    (oid("2.16.840.1.101.3.4.3.14"), Scheme::Rsa(Digest::Sha3_256)),
    (oid("2.16.840.1.101.3.4.3.15"), Scheme::Rsa(Digest::Sha3_384)),
    (oid("2.16.840.1.101.3.4.3.16"), Scheme::Rsa(Digest::Sha3_512)),
    (oid("1.2.840.10045.4.1"), Scheme::Ecdsa(Digest::Sha1)),
    (oid("1.2.840.10045.4.3.1"), Scheme::Ecdsa(Digest::Sha224)),
    (oid("1.2.840.10045.4.3.4"), Scheme::Ecdsa(Digest::Sha512)),
    (oid("2.16.840.1.101.3.4.3.9"), Scheme::Ecdsa(Digest::Sha3_224)),
    (oid("2.16.840.1.101.3.4.3.10"), Scheme::Ecdsa(Digest::Sha3_256)),
    (oid("2.16.840.1.101.3.4.3.11"), Scheme::Ecdsa(Digest::Sha3_384)),
    (oid("2.16.840.1.101.3.4.3.12"), Scheme::Ecdsa(Digest::Sha3_512)),
    (oid("1.2.840.10040.4.3"), Scheme::Dsa(Digest::Sha1)),
    (oid("1.3.14.3.2.13"), Scheme::Dsa(Digest::Sha1)),
    (oid("1.3.14.3.2.27"), Scheme::Dsa(Digest::Sha1)),
    (oid("2.16.840.1.101.3.4.3.1"), Scheme::Dsa(Digest::Sha224)),
    (oid("2.16.840.1.101.3.4.3.2"), Scheme::Dsa(Digest::Sha256)),
    (oid("2.16.840.1.101.3.4.3.3"), Scheme::Dsa(Digest::Sha384)),
    (oid("2.16.840.1.101.3.4.3.4"), Scheme::Dsa(Digest::Sha512)),
    (oid("2.16.840.1.101.3.4.3.5"), Scheme::Dsa(Digest::Sha3_224)),
    (oid("2.16.840.1.101.3.4.3.6"), Scheme::Dsa(Digest::Sha3_256)),
    (oid("2.16.840.1.101.3.4.3.7"), Scheme::Dsa(Digest::Sha3_384)),
    (oid("2.16.840.1.101.3.4.3.8"), Scheme::Dsa(Digest::Sha3_512)),
    (oid("1.3.101.112"), Scheme::Ed25519),
    (oid("1.3.101.113"), Scheme::Ed448),
];

/// A digest, by its identifier and that of its own within a DigestInfo.
const DIGESTS: &[(ObjectIdentifier, Digest)] = &[
    (oid("2.16.840.1.101.3.4.2.1"), Digest::Sha256),
    (oid("2.16.840.1.101.3.4.2.2"), Digest::Sha384),
    (oid("2.16.840.1.101.3.4.2.3"), Digest::Sha512),
    (oid("2.16.840.1.101.3.4.2.4"), Digest::Sha224),
    (oid("2.16.840.1.101.3.4.2.5"), Digest::Sha512_224),
    (oid("2.16.840.1.101.3.4.2.6"), Digest::Sha512_256),
    (oid("2.16.840.1.101.3.4.2.7"), Digest::Sha3_224),
    (oid("2.16.840.1.101.3.4.2.8"), Digest::Sha3_256),
    (oid("2.16.840.1.101.3.4.2.9"), Digest::Sha3_384),
    (oid("2.16.840.1.101.3.4.2.10"), Digest::Sha3_512),
    (oid("1.3.14.3.2.26"), Digest::Sha1),
    (oid("1.2.840.113549.2.5"), Digest::Md5),
];

/// `RSASSA-PSS-params ::= SEQUENCE { [0] hash DEFAULT sha1, [1] mask DEFAULT mgf1SHA1, [2] salt DEFAULT 20, [3]
/// trailer DEFAULT 1 }`; Java takes no absent parameters to verify with.
fn pss(mut fields: Reader<'_>) -> Option<Pss> {
    let mut parameters = fields.sequence("PSS parameters").ok()?;
    let mut out = Pss {
        digest: Digest::Sha1,
        mask_digest: Digest::Sha1,
        salt_length: 20,
    };
    while !parameters.is_empty() {
        let field = parameters.any("PSS parameter").ok()?;
        let mut value = field.reader();
        match field.tag & 0x1f {
            0 => out.digest = digest(&mut value)?,
            1 => {
                let mut mask = value.sequence("mask generation").ok()?;
                (mask.oid("mask generation").ok()? == oid("1.2.840.113549.1.1.8")).then_some(())?;
                out.mask_digest = digest(&mut mask)?;
            }
            2 => out.salt_length = usize::try_from(value.unsigned("salt length").ok()?).ok()?,
            3 => (value.unsigned("trailer").ok()? == 1).then_some(())?,
            _ => return None,
        }
    }
    Some(out)
}

fn digest(reader: &mut Reader<'_>) -> Option<Digest> {
    let id = reader.sequence("digest").ok()?.oid("digest").ok()?;
    DIGESTS
        .iter()
        .find(|(known, _)| id == *known)
        .map(|(_, digest)| *digest)
}

fn by_aws(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(algorithm, key)
        .verify(message, signature)
        .is_ok()
}

fn rsa(key: &PublicKey, digest: Digest, message: &[u8], signature: &[u8]) -> bool {
    let Some((modulus, exponent)) = key.rsa() else {
        return false;
    };
    let fast: Option<&'static dyn VerificationAlgorithm> = match digest {
        _ if !(2048..=8192).contains(&key.bits.unwrap_or_default()) => None,
        Digest::Sha256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Digest::Sha384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Digest::Sha512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    };
    if fast.is_some_and(|algorithm| by_aws(algorithm, key.octets(), message, signature)) {
        return true;
    }
    // The rest, and exponents that aws-lc-rs does not take.
    let Some(id) = DIGESTS.iter().find(|(_, known)| *known == digest) else {
        return false;
    };
    let id = id.0.as_bytes();
    let length = |content: usize| u8::try_from(content).unwrap_or(u8::MAX);
    let hash = digest.output_len();
    let with_null = [
        &[
            0x30,
            length(id.len() + hash + 8),
            0x30,
            length(id.len() + 4),
            6,
            length(id.len()),
        ][..],
        id,
        &[5, 0, 4, length(hash)],
    ]
    .concat();
    let without_null = [
        &[
            0x30,
            length(id.len() + hash + 6),
            0x30,
            length(id.len() + 2),
            6,
            length(id.len()),
        ][..],
        id,
        &[4, length(hash)],
    ]
    .concat();
    let key = RsaKey { modulus, exponent };
    [with_null, without_null]
        .iter()
        .any(|prefix| key.verifies_pkcs1(prefix, digest, message, signature))
}

fn rsa_pss(key: &PublicKey, pss: Pss, message: &[u8], signature: &[u8]) -> bool {
    let Some((modulus, exponent)) = key.rsa() else {
        return false;
    };
    RsaKey { modulus, exponent }.verifies_pss(
        pss.digest,
        pss.mask_digest,
        pss.salt_length,
        message,
        signature,
    )
}

/// `SEQUENCE { r INTEGER, s INTEGER }`
fn pair(signature: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut reader = Reader::new(signature);
    let mut fields = reader.sequence("signature").ok()?;
    let r = fields.read(tag::INTEGER, "r").ok()?.value;
    let s = fields.read(tag::INTEGER, "s").ok()?.value;
    fields.finish("signature").ok()?;
    reader.finish("signature").ok()?;
    let is_positive = |number: &[u8]| number.first().is_some_and(|first| *first < 0x80);
    (is_positive(r) && is_positive(s)).then(|| (r.to_vec(), s.to_vec()))
}

fn dsa(key: &PublicKey, digest: Digest, message: &[u8], signature: &[u8]) -> bool {
    let (Some(parameters), Some((r, s))) = (key.dsa_parameters(), pair(signature)) else {
        return false;
    };
    let Ok(y) = Reader::new(key.octets()).read(tag::INTEGER, "y") else {
        return false;
    };
    verify::dsa_verifies(parameters, y.value, digest, message, &Pair { r: &r, s: &s })
}

/// `None` on a curve whose arithmetic is not here.
fn ecdsa(key: &PublicKey, digest: Digest, message: &[u8], signature: &[u8]) -> Option<bool> {
    let curve = key.curve.as_deref()?;
    let fast: Option<&'static dyn VerificationAlgorithm> = match (curve, digest) {
        ("secp256r1", Digest::Sha256) => Some(&signature::ECDSA_P256_SHA256_ASN1),
        ("secp256r1", Digest::Sha384) => Some(&signature::ECDSA_P256_SHA384_ASN1),
        ("secp384r1", Digest::Sha256) => Some(&signature::ECDSA_P384_SHA256_ASN1),
        ("secp384r1", Digest::Sha384) => Some(&signature::ECDSA_P384_SHA384_ASN1),
        ("secp521r1", Digest::Sha1) => Some(&signature::ECDSA_P521_SHA1_ASN1),
        ("secp521r1", Digest::Sha256) => Some(&signature::ECDSA_P521_SHA256_ASN1),
        ("secp521r1", Digest::Sha384) => Some(&signature::ECDSA_P521_SHA384_ASN1),
        ("secp521r1", Digest::Sha512) => Some(&signature::ECDSA_P521_SHA512_ASN1),
        ("secp256k1", Digest::Sha256) => Some(&signature::ECDSA_P256K1_SHA256_ASN1),
        _ => None,
    };
    if let Some(algorithm) = fast {
        return Some(by_aws(algorithm, key.octets(), message, signature));
    }
    if !verify::knows_curve(curve) {
        return None;
    }
    let Some((r, s)) = pair(signature) else {
        return Some(false);
    };
    Some(verify::ecdsa_verifies(
        curve,
        key.octets(),
        digest,
        message,
        &Pair { r: &r, s: &s },
    ))
}
