use aws_lc_rs::signature::{self as lc, UnparsedPublicKey, VerificationAlgorithm};
use der::{Decode, Encode};
use signature::Signer;
use x509_cert::ext::Extension;
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};
use x509_cert::spki::{
    DynSignatureAlgorithmIdentifier, SignatureBitStringEncoding, SubjectPublicKeyInfoOwned,
};

use super::signer::SigningKey;
use super::{AltName, DistinguishedName, PkiError, Template};
use crate::asn1::Reader;
use crate::pem::{self, What};
use crate::pkcs8::PrivateKey;
use crate::x509::{KeyPurpose, KeyUsage, PublicKeyInfo, SubjectAltName};

/// A certificate request (PKCS#10, RFC 2986) whose signature was found to be its own key's.
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    der: Vec<u8>,
    decoded: CertReq,
    subject: DistinguishedName,
    public_key: Vec<u8>,
    extensions: Vec<Extension>,
}

const SUBJECT_ALT_NAME: der::asn1::ObjectIdentifier = der::asn1::ObjectIdentifier::new_unwrap("2.5.29.17");
const KEY_USAGE: der::asn1::ObjectIdentifier = der::asn1::ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: der::asn1::ObjectIdentifier = der::asn1::ObjectIdentifier::new_unwrap("2.5.29.37");
const EXTENSION_REQUEST: der::asn1::ObjectIdentifier =
    der::asn1::ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");

impl CertificateRequest {
    /// Makes a request for that key: the template's subject and names, and the uses it is meant for.
    ///
    /// # Errors
    /// A key that cannot sign; what cannot be encoded.
    pub fn new(template: &Template, key: &PrivateKey) -> Result<Self, PkiError> {
        let signing_key = SigningKey::new(key)?;
        let public_key = signing_key.public_key_der();
        let mut info = CertReqInfo {
            version: Version::V1,
            subject: template.subject.to_x509()?,
            public_key: SubjectPublicKeyInfoOwned::from_der(public_key).map_err(failed)?,
            attributes: x509_cert::attr::Attributes::default(),
        };
        let extensions = template.requested_extensions(public_key)?;
        if !extensions.is_empty() {
            let attribute = ExtensionReq(extensions).try_into().map_err(failed)?;
            info.attributes.insert(attribute).map_err(failed)?;
        }
        let crypto = |_| PkiError::Crypto { action: "sign" };
        let signature = signing_key
            .try_sign(&info.to_der().map_err(failed)?)
            .map_err(crypto)?;
        let algorithm = signing_key
            .signature_algorithm_identifier()
            .or(Err(PkiError::Crypto { action: "sign" }))?;
        let request = CertReq {
            info,
            algorithm,
            signature: signature.to_bitstring().map_err(failed)?,
        };
        Self::of(request.to_der().map_err(failed)?)
    }

    /// Reads a request from PEM or DER, and verifies that it is signed with its own key.
    ///
    /// # Errors
    /// Something else, named for what it is; damage; a signature of another key.
    pub fn from_input(input: &[u8]) -> Result<Self, PkiError> {
        let not = |what: String| PkiError::NotARequest { what };
        let der = if pem::is_pem(input) {
            let blocks = pem::read(input)?;
            let found = blocks
                .iter()
                .find(|block| pem::label(&block.label) == What::CertificateRequest);
            let Some(block) = found else {
                let what = blocks
                    .first()
                    .map_or(What::Text, |block| pem::label(&block.label));
                return Err(not(what.to_string()));
            };
            block.der.to_vec()
        } else {
            match pem::sniff(input) {
                What::CertificateRequest => input.to_vec(),
                what => return Err(not(what.to_string())),
            }
        };
        let request = Self::of(der)?;
        request.verify()?;
        Ok(request)
    }

    fn of(der: Vec<u8>) -> Result<Self, PkiError> {
        let damaged = |source| PkiError::DamagedRequest { source };
        let decoded = CertReq::from_der(&der).map_err(damaged)?;
        let subject = decoded.info.subject.to_der().map_err(damaged)?;
        let public_key = decoded.info.public_key.to_der().map_err(damaged)?;
        let mut extensions = Vec::new();
        for attribute in decoded.info.attributes.iter() {
            if attribute.oid == EXTENSION_REQUEST {
                for value in attribute.values.iter() {
                    extensions.extend(value.decode_as::<ExtensionReq>().map_err(damaged)?.0);
                }
            }
        }
        let subject = crate::x509::Name::unchecked(&subject).into();
        Ok(Self {
            der,
            decoded,
            subject,
            public_key,
            extensions,
        })
    }

    /// The DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The request as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE REQUEST", &self.der)
    }

    /// Who it is for.
    #[must_use]
    pub const fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The SubjectPublicKeyInfo's DER.
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key
    }

    /// Algorithm, size and curve of the public key.
    ///
    /// # Errors
    /// It is malformed.
    pub fn public_key_info(&self) -> Result<PublicKeyInfo, crate::asn1::Error> {
        PublicKeyInfo::from_spki(&self.public_key)
    }

    /// The signature algorithm by Java's name.
    #[must_use]
    pub fn signature_algorithm(&self) -> String {
        crate::x509::signature_name(crate::x509::Oid::new(self.decoded.algorithm.oid.as_bytes()))
    }

    /// The alternative names it asks for, to be looked at.
    #[must_use]
    pub fn subject_alt_names(&self) -> Vec<SubjectAltName> {
        self.extension(SUBJECT_ALT_NAME)
            .map(SubjectAltName::read_all)
            .unwrap_or_default()
    }

    /// The alternative names it asks for, to be put into its certificate.
    ///
    /// # Errors
    /// They are malformed.
    pub fn alt_names(&self) -> Result<Vec<AltName>, crate::asn1::Error> {
        self.extension(SUBJECT_ALT_NAME)
            .map_or_else(|| Ok(Vec::new()), AltName::read_all)
    }

    /// The key's uses it asks for.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        KeyUsage::read(self.extension(KEY_USAGE)?)
    }

    /// The purposes it asks for.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<Vec<KeyPurpose<'_>>> {
        KeyPurpose::read_all(self.extension(EXTENDED_KEY_USAGE)?)
    }

    fn extension(&self, oid: der::asn1::ObjectIdentifier) -> Option<&[u8]> {
        self.extensions
            .iter()
            .find(|extension| extension.extn_id == oid)
            .map(|extension| extension.extn_value.as_bytes())
    }

    /// Holds the signature against the request's own key.
    fn verify(&self) -> Result<(), PkiError> {
        let algorithm = self.decoded.algorithm.oid.to_string();
        let curve = self.public_key_info().ok().and_then(|info| info.curve);
        let verifier = VERIFIERS
            .iter()
            .find(|(oid, on, _)| *oid == algorithm && (on.is_empty() || Some(*on) == curve.as_deref()))
            .ok_or_else(|| PkiError::RequestAlgorithm {
                subject: self.subject.to_string(),
                algorithm: self.signature_algorithm(),
            })?
            .2;
        let wrong = || PkiError::RequestSignature {
            subject: self.subject.to_string(),
        };
        // What was signed is the first element, to the octet.
        let signed = Reader::new(&self.der)
            .sequence("certificate request")
            .and_then(|mut parts| parts.any("certificate request info"))
            .or(Err(wrong()))?
            .raw;
        let key = &self.decoded.info.public_key.subject_public_key;
        UnparsedPublicKey::new(verifier, key.raw_bytes())
            .verify(signed, self.decoded.signature.raw_bytes())
            .or(Err(wrong()))
    }
}

/// Signature algorithm, curve where it takes one, and who verifies it.
const VERIFIERS: &[(&str, &str, &dyn VerificationAlgorithm)] = &[
    (
        "1.2.840.113549.1.1.5",
        "",
        &lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    ),
    (
        "1.2.840.113549.1.1.11",
        "",
        &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    ),
    ("1.2.840.113549.1.1.12", "", &lc::RSA_PKCS1_2048_8192_SHA384),
    (
        "1.2.840.113549.1.1.13",
        "",
        &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    ),
    ("1.2.840.10045.4.3.2", "secp256r1", &lc::ECDSA_P256_SHA256_ASN1),
    ("1.2.840.10045.4.3.3", "secp256r1", &lc::ECDSA_P256_SHA384_ASN1),
    ("1.2.840.10045.4.3.4", "secp256r1", &lc::ECDSA_P256_SHA512_ASN1),
    ("1.2.840.10045.4.3.2", "secp384r1", &lc::ECDSA_P384_SHA256_ASN1),
    ("1.2.840.10045.4.3.3", "secp384r1", &lc::ECDSA_P384_SHA384_ASN1),
    ("1.2.840.10045.4.3.4", "secp384r1", &lc::ECDSA_P384_SHA512_ASN1),
    ("1.2.840.10045.4.3.2", "secp521r1", &lc::ECDSA_P521_SHA256_ASN1),
    ("1.2.840.10045.4.3.3", "secp521r1", &lc::ECDSA_P521_SHA384_ASN1),
    ("1.2.840.10045.4.3.4", "secp521r1", &lc::ECDSA_P521_SHA512_ASN1),
    ("1.2.840.10045.4.3.2", "secp256k1", &lc::ECDSA_P256K1_SHA256_ASN1),
    ("1.3.101.112", "", &lc::ED25519),
];

const fn failed(source: der::Error) -> PkiError {
    PkiError::Encoding {
        what: "the request",
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{Dates, KeyType};

    fn template() -> Template {
        Template::server("localhost", Dates::days(crate::clock::now(), 1).unwrap()).unwrap()
    }

    #[test]
    fn a_request_of_every_kind_of_key_is_read_back() {
        for kind in KeyType::ALL {
            let key = kind.generate().unwrap();
            let request = CertificateRequest::new(&template(), &key).unwrap();
            let read = CertificateRequest::from_input(request.to_pem().as_bytes()).unwrap();
            assert_eq!(read.subject().to_string(), "CN=localhost");
            assert_eq!(read.subject_alt_names().len(), 3, "{kind}");
            assert_eq!(read.alt_names().unwrap().len(), 3, "{kind}");
            assert_eq!(
                key.matches_public_key(read.public_key_der()),
                Some(true),
                "{kind}"
            );
        }
    }

    #[test]
    fn a_request_that_was_altered_is_refused() {
        let key = KeyType::EcP256.generate().unwrap();
        let request = CertificateRequest::new(&template(), &key).unwrap();
        let at = request
            .as_der()
            .windows(9)
            .position(|window| window == b"localhost")
            .unwrap();
        let mut der = request.as_der().to_vec();
        der[at] = b'L';
        let error = CertificateRequest::from_input(&der).unwrap_err();
        assert!(
            error.to_string().contains("not signed with its own key"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_request_is_named() {
        let certificate = include_bytes!("../../testdata/apm/ca.crt");
        let error = CertificateRequest::from_input(certificate).unwrap_err();
        assert!(error.to_string().contains("a certificate,"), "{error}");
        assert!(CertificateRequest::from_input(b"\x30\x03\x02\x01\x00").is_err());
    }
}
