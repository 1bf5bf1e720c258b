//! Whether a certificate's signature was made with its issuer's key, for the algorithms a JDK allows below an
//! anchor: RSA PKCS#1 and PSS, ECDSA on P-256, P-384 and P-521, Ed25519; SHA-1 and SHA-2.

use aws_lc_rs::signature::{self as sig, UnparsedPublicKey, VerificationAlgorithm};

use crate::asn1::{ObjectIdentifier, Reader, tag};
use crate::x509::Certificate;

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    Good,
    Bad,
    /// The algorithm is one that JDKs refuse (MD5), or that is not known here.
    Unsupported,
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Verifies the signature of a certificate with a public key (SubjectPublicKeyInfo).
pub(super) fn verify(certificate: &Certificate, issuer_key: &[u8]) -> Signature {
    let (Some(signed), Some(key)) = (Signed::read(certificate.as_der()), Key::read(issuer_key)) else {
        return Signature::Unsupported;
    };
    let Some(algorithm) = algorithm(&signed, &key) else {
        return Signature::Unsupported;
    };
    match UnparsedPublicKey::new(algorithm, key.octets).verify(signed.message, signed.signature) {
        Ok(()) => Signature::Good,
        Err(_) => Signature::Bad,
    }
}

/// The signed part, the algorithm and the signature.
struct Signed<'a> {
    message: &'a [u8],
    algorithm: ObjectIdentifier,
    /// The digest of RSASSA-PSS.
    digest: Option<ObjectIdentifier>,
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut certificate = Reader::new(der).sequence("certificate").ok()?;
        let message = certificate
            .read(tag::SEQUENCE, "certificate's signed part")
            .ok()?
            .raw;
        let mut identifier = certificate.sequence("signature algorithm").ok()?;
        let algorithm = identifier.oid("signature algorithm").ok()?;
        let digest = (algorithm == RSASSA_PSS)
            .then(|| pss_digest(&mut identifier))
            .flatten();
        let signature = certificate.read(tag::BIT_STRING, "signature").ok()?.value;
        let [0, signature @ ..] = signature else {
            return None;
        };
        Some(Self {
            message,
            algorithm,
            digest,
            signature,
        })
    }
}

/// `hashAlgorithm [0]` of RSASSA-PSS-params (RFC 4055 section 3.1); its default, SHA-1, is not offered.
fn pss_digest(identifier: &mut Reader<'_>) -> Option<ObjectIdentifier> {
    let mut parameters = identifier.sequence("RSASSA-PSS parameters").ok()?;
    let hash = parameters
        .optional(tag::context_constructed(0), "hash algorithm")
        .ok()??;
    hash.reader()
        .sequence("hash algorithm")
        .ok()?
        .oid("hash algorithm")
        .ok()
}

/// A public key's algorithm, its curve, and the octets aws-lc takes.
struct Key<'a> {
    algorithm: ObjectIdentifier,
    curve: Option<ObjectIdentifier>,
    octets: &'a [u8],
}

impl<'a> Key<'a> {
    fn read(spki: &'a [u8]) -> Option<Self> {
        let mut fields = Reader::new(spki).sequence("subject public key info").ok()?;
        let mut identifier = fields.sequence("public key algorithm").ok()?;
        let algorithm = identifier.oid("public key algorithm").ok()?;
        let curve = identifier.oid("curve").ok();
        let bits = fields.read(tag::BIT_STRING, "subject public key").ok()?.value;
        let [0, octets @ ..] = bits else { return None };
        Some(Self {
            algorithm,
            curve,
            octets,
        })
    }
}

fn algorithm(signed: &Signed<'_>, key: &Key<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    let text = signed.algorithm.to_string();
    if key.algorithm == RSA {
        return rsa(&text, signed.digest);
    }
    if key.algorithm == EC {
        return ecdsa(&text, key.curve?);
    }
    let is_ed25519 = key.algorithm == ED25519 && signed.algorithm == ED25519;
    is_ed25519.then_some(&sig::ED25519)
}

/// Keys from 1024 bit: the JDKs' own bound for certificates of private authorities. SHA-384 is there from 2048 bit.
fn rsa(algorithm: &str, digest: Option<ObjectIdentifier>) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        "1.2.840.113549.1.1.5" => &sig::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.11" => &sig::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.12" => &sig::RSA_PKCS1_2048_8192_SHA384,
        "1.2.840.113549.1.1.13" => &sig::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.10" => match digest?.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => &sig::RSA_PSS_2048_8192_SHA256,
            "2.16.840.1.101.3.4.2.2" => &sig::RSA_PSS_2048_8192_SHA384,
            "2.16.840.1.101.3.4.2.3" => &sig::RSA_PSS_2048_8192_SHA512,
            _ => return None,
        },
        _ => return None,
    })
}

fn ecdsa(algorithm: &str, curve: ObjectIdentifier) -> Option<&'static dyn VerificationAlgorithm> {
    let digest = match algorithm {
        "1.2.840.10045.4.1" => 1,
        "1.2.840.10045.4.3.1" => 224,
        "1.2.840.10045.4.3.2" => 256,
        "1.2.840.10045.4.3.3" => 384,
        "1.2.840.10045.4.3.4" => 512,
        _ => return None,
    };
    Some(match (curve, digest) {
        (P256, 1) => &sig::ECDSA_P256_SHA1_ASN1,
        (P256, 256) => &sig::ECDSA_P256_SHA256_ASN1,
        (P256, 384) => &sig::ECDSA_P256_SHA384_ASN1,
        (P256, 512) => &sig::ECDSA_P256_SHA512_ASN1,
        (P384, 256) => &sig::ECDSA_P384_SHA256_ASN1,
        (P384, 384) => &sig::ECDSA_P384_SHA384_ASN1,
        (P384, 512) => &sig::ECDSA_P384_SHA512_ASN1,
        (P521, 1) => &sig::ECDSA_P521_SHA1_ASN1,
        (P521, 224) => &sig::ECDSA_P521_SHA224_ASN1,
        (P521, 256) => &sig::ECDSA_P521_SHA256_ASN1,
        (P521, 384) => &sig::ECDSA_P521_SHA384_ASN1,
        (P521, 512) => &sig::ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}
