//! Private keys of every input form as keys that sign: aws-lc-rs behind the traits x509-cert's builder asks for.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self as lc, EcdsaKeyPair, Ed25519KeyPair};
use der::Document;
use der::asn1::{Any, BitString, ObjectIdentifier};
use signature::{Keypair, Signer};
use x509_cert::spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey, SignatureBitStringEncoding,
};

use super::PkiError;
use crate::pkcs8::PrivateKey;

/// A key pair that signs certificates.
pub(super) struct SigningKey {
    pair: Pair,
    public_key: PublicKey,
    algorithm: AlgorithmIdentifierOwned,
}

enum Pair {
    Rsa(Box<lc::RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A SubjectPublicKeyInfo's DER.
#[derive(Clone)]
pub(super) struct PublicKey(Vec<u8>);

/// A signature's octets.
pub(super) struct Signature(Vec<u8>);

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Curve by Java's name, how it signs, and the signature's identifier: the digest of the curve's own strength.
const CURVES: [(&str, &lc::EcdsaSigningAlgorithm, ObjectIdentifier); 3] = [
    (
        "secp256r1",
        &lc::ECDSA_P256_SHA256_ASN1_SIGNING,
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
    ),
    (
        "secp384r1",
        &lc::ECDSA_P384_SHA384_ASN1_SIGNING,
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
    ),
    (
        "secp521r1",
        &lc::ECDSA_P521_SHA512_ASN1_SIGNING,
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
    ),
];

impl SigningKey {
    pub(super) fn new(key: &PrivateKey) -> Result<Self, PkiError> {
        let unsupported = |detail: String| PkiError::UnsupportedKey {
            algorithm: format!("{}{detail}", key.algorithm()),
        };
        let spki = key.public_key_der().ok_or_else(|| unsupported(String::new()))?;
        let info = crate::x509::PublicKeyInfo::from_spki(&spki).ok();
        let detail = || {
            let info = info.as_ref();
            info.and_then(|info| {
                info.curve
                    .clone()
                    .or(info.bits.map(|bits| format!("{bits} bits")))
            })
            .map_or_else(String::new, |detail| format!(", {detail}"))
        };
        let pkcs8 = key.expose_pkcs8_der();
        let (pair, algorithm) = match key.algorithm().as_str() {
            "RSA" => {
                let pair = lc::RsaKeyPair::from_pkcs8(pkcs8).or(Err(unsupported(detail())))?;
                (Pair::Rsa(Box::new(pair)), rsa_identifier())
            }
            "EC" => {
                let curve = info.as_ref().and_then(|info| info.curve.as_deref());
                let (_, signing, oid) = CURVES
                    .iter()
                    .find(|(name, ..)| Some(*name) == curve)
                    .ok_or_else(|| unsupported(detail()))?;
                let pair = EcdsaKeyPair::from_pkcs8(signing, pkcs8).or(Err(unsupported(detail())))?;
                (Pair::Ec(pair), identifier(*oid, None))
            }
            "Ed25519" => {
                let pair =
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).or(Err(unsupported(String::new())))?;
                (Pair::Ed25519(pair), identifier(ED25519, None))
            }
            _ => return Err(unsupported(detail())),
        };
        Ok(Self {
            pair,
            public_key: PublicKey(spki),
            algorithm,
        })
    }

    pub(super) fn public_key_der(&self) -> &[u8] {
        &self.public_key.0
    }
}

/// RFC 4055 section 5: the parameters are NULL.
fn rsa_identifier() -> AlgorithmIdentifierOwned {
    identifier(SHA256_WITH_RSA, Some(Any::null()))
}

const fn identifier(oid: ObjectIdentifier, parameters: Option<Any>) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters }
}

impl Signer<Signature> for SigningKey {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, signature::Error> {
        let failed = |_| signature::Error::new();
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut octets = vec![0; pair.public_modulus_len()];
                pair.sign(&lc::RSA_PKCS1_SHA256, &random, message, &mut octets)
                    .map_err(failed)?;
                Ok(Signature(octets))
            }
            Pair::Ec(pair) => {
                let signed = pair.sign(&random, message).map_err(failed)?;
                Ok(Signature(signed.as_ref().to_vec()))
            }
            Pair::Ed25519(pair) => {
                let signed = pair.try_sign(message).map_err(failed)?;
                Ok(Signature(signed.as_ref().to_vec()))
            }
        }
    }
}

impl Keypair for SigningKey {
    type VerifyingKey = PublicKey;

    fn verifying_key(&self) -> PublicKey {
        self.public_key.clone()
    }
}

impl DynSignatureAlgorithmIdentifier for SigningKey {
    fn signature_algorithm_identifier(&self) -> x509_cert::spki::Result<AlgorithmIdentifierOwned> {
        Ok(self.algorithm.clone())
    }
}

impl EncodePublicKey for PublicKey {
    fn to_public_key_der(&self) -> x509_cert::spki::Result<Document> {
        Ok(Document::try_from(self.0.as_slice())?)
    }
}

impl SignatureBitStringEncoding for Signature {
    fn to_bitstring(&self) -> der::Result<BitString> {
        BitString::from_bytes(&self.0)
    }
}
