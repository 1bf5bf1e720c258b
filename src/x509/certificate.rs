//! `Certificate` ([RFC 5280 section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)).
//!
//! ```text
//! Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
//! TBSCertificate ::= SEQUENCE {
//!     version [0] EXPLICIT INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier,
//!     issuer Name, validity Validity, subject Name, subjectPublicKeyInfo,
//!     issuerUniqueID [1] IMPLICIT, subjectUniqueID [2] IMPLICIT, extensions [3] EXPLICIT }
//! ```

use std::fmt;

use bytes::Bytes;
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use super::algorithm;
use super::extension::{
    AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, Extension, Extensions, KEY_USAGE,
    KeyPurpose, KeyUsage, SUBJECT_ALT_NAME, SUBJECT_KEY_IDENTIFIER, SubjectAltName,
};
use super::fingerprint::Fingerprint;
use super::key_info::PublicKeyInfo;
use super::name::Name;
use super::oid::{Oid, hex};
use super::time::{self, Validity};
use crate::asn1::{self, Error, Reader, tag};
use crate::crypto::Digest;

/// An X.509 certificate: its DER, looked into when asked.
///
/// Cloning shares the bytes. Two certificates are equal when their DER is.
///
/// ```no_run
/// use keyjar::Certificate;
/// # let der: Vec<u8> = Vec::new();
/// let certificate = Certificate::from_der(der)?;
/// println!("{} until {:?}", certificate.subject(), certificate.not_after());
/// # Ok::<(), keyjar::asn1::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    der: Bytes,
}

impl Certificate {
    /// Takes a certificate's DER; the bytes must be exactly one certificate that can be walked to its
    /// public key. Not all of what Java refuses is refused here: see
    /// [`java_readability`](Self::java_readability).
    ///
    /// # Errors
    /// The bytes are no certificate.
    pub fn from_der(der: impl Into<Bytes>) -> Result<Self, Error> {
        let der = der.into();
        let mut reader = Reader::new(&der);
        Fields::walk(&mut reader)?;
        reader.finish("certificate")?;
        Ok(Self { der })
    }

    /// The first certificate of an input: PEM with any text around it, DER, or PKCS#7.
    ///
    /// # Errors
    /// Something else than a certificate, named for what it is; a damaged one.
    pub fn from_pem(input: &[u8]) -> Result<Self, super::InputError> {
        let read = super::read_certificates(&Bytes::copy_from_slice(input), &crate::Limits::DEFAULT)?;
        read.certificates
            .into_iter()
            .next()
            .ok_or(super::InputError::NotACertificate {
                what: crate::pem::What::Empty,
            })
    }

    /// Takes the certificate the bytes begin with and leaves what follows it, as Java does with the
    /// certificates within a store.
    ///
    /// # Errors
    /// The bytes do not begin with a certificate.
    pub fn from_der_prefix(der: impl Into<Bytes>) -> Result<Self, Error> {
        let der = der.into();
        let mut reader = Reader::new(&der);
        Fields::walk(&mut reader)?;
        let length = der.len() - reader.rest().len();
        Ok(Self {
            der: der.slice(..length),
        })
    }

    /// The certificate decoded in full by the `x509-cert` crate, for fields that have no view here.
    ///
    /// # Errors
    /// What that crate does not take: it is stricter than Java.
    pub fn to_x509_cert(&self) -> Result<x509_cert::Certificate, der::Error> {
        der::Decode::from_der(&self.der)
    }

    /// The DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The DER, shared.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.der.clone()
    }

    /// The digest of the DER.
    #[must_use]
    pub fn fingerprint(&self, digest: Digest) -> Vec<u8> {
        digest.hash(&[&self.der])
    }

    /// The SHA-256 of the DER, which is what people compare.
    #[must_use]
    pub fn sha256(&self) -> Fingerprint {
        Fingerprint::of(Digest::Sha256, &self.der)
    }

    /// The version: 1, 2 or 3; whatever number stands there, plus one.
    #[must_use]
    pub fn version(&self) -> u64 {
        let fields = self.fields();
        let number = fields.version.map(|version| version.reader().unsigned("version"));
        number.and_then(Result::ok).unwrap_or(0).saturating_add(1)
    }

    /// The subject.
    #[must_use]
    pub fn subject(&self) -> Name<'_> {
        Name::unchecked(self.fields().subject)
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> Name<'_> {
        Name::unchecked(self.fields().issuer)
    }

    /// What to call the certificate in few words, for an alias: [`Name::short_name`] of its subject, else
    /// its SHA-256 fingerprint in hex.
    #[must_use]
    pub fn short_name(&self) -> String {
        self.subject()
            .short_name()
            .unwrap_or_else(|| self.sha256().to_string())
    }

    /// The serial number's contents octets, big-endian two's complement.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.fields().serial
    }

    /// The serial number in hex as keytool prints it: no leading zeros, a minus where it is negative.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        let serial = self.serial();
        let negative = serial.first().is_some_and(|octet| octet & 0x80 != 0);
        let mut magnitude = serial.to_vec();
        if negative {
            // two's complement: invert, add one
            let mut carry = true;
            for octet in magnitude.iter_mut().rev() {
                (*octet, carry) = (!*octet).overflowing_add(u8::from(carry));
            }
        }
        let digits = hex(&magnitude);
        let digits = digits.trim_start_matches('0');
        let sign = if negative { "-" } else { "" };
        format!("{sign}{}", if digits.is_empty() { "0" } else { digits })
    }

    /// When validity begins; `None` where the date is not one.
    #[must_use]
    pub fn not_before(&self) -> Option<Timestamp> {
        self.dates().0
    }

    /// When validity ends; `None` where the date is not one. RFC 5280's "no well-defined expiration date"
    /// is [`Timestamp::MAX`].
    #[must_use]
    pub fn not_after(&self) -> Option<Timestamp> {
        self.dates().1
    }

    /// Where an instant stands to the validity period.
    #[must_use]
    pub fn validity_at(&self, instant: Timestamp) -> Validity {
        match self.dates() {
            (Some(from), _) if instant < from => Validity::NotYetValid { from },
            (_, Some(at)) if instant > at => Validity::Expired { at },
            (Some(_), Some(_)) => Validity::Valid,
            _ => Validity::Unreadable,
        }
    }

    /// The SubjectPublicKeyInfo's DER.
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        self.fields().public_key
    }

    /// Algorithm, size and curve of the public key.
    ///
    /// # Errors
    /// The SubjectPublicKeyInfo is malformed.
    pub fn public_key_info(&self) -> Result<PublicKeyInfo, Error> {
        PublicKeyInfo::from_spki(self.public_key_der())
    }

    /// The signature algorithm by Java's name (`SHA256withRSA`), else its dotted identifier.
    #[must_use]
    pub fn signature_algorithm(&self) -> String {
        let mut identifier = Reader::new(self.fields().signature_algorithm);
        identifier
            .sequence("signature algorithm")
            .and_then(|mut fields| fields.read(tag::OBJECT_IDENTIFIER, "signature algorithm"))
            .map_or_else(
                |_| "unknown".to_owned(),
                |oid| algorithm::signature_name(Oid::new(oid.value)),
            )
    }

    /// Whether subject and issuer are the same name (by canonical comparison).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        let fields = self.fields();
        Name::unchecked(fields.subject) == Name::unchecked(fields.issuer)
    }

    /// Whether the certificate seems to be signed with its own key: self-issued, and its key identifiers,
    /// where it has both, the same. The signature is **not** verified.
    #[must_use]
    pub fn seems_self_signed(&self) -> bool {
        self.is_self_issued()
            && match (self.subject_key_id(), self.authority_key_id()) {
                (Some(subject), Some(authority)) => subject == authority,
                _ => true,
            }
    }

    /// The extensions in order. Empty where there are none, and ends early where they are malformed.
    #[must_use]
    pub fn extensions(&self) -> Extensions<'_> {
        Extensions(self.fields().extensions())
    }

    /// Whether BasicConstraints says CA; a certificate without it, such as any of version 1, says nothing
    /// (`None`), nor does one whose BasicConstraints is malformed.
    #[must_use]
    pub fn basic_constraints_ca(&self) -> Option<bool> {
        let value = self.extension(BASIC_CONSTRAINTS)?.value;
        let mut fields = Reader::new(value).sequence("basic constraints").ok()?;
        let flag = fields.optional(tag::BOOLEAN, "cA").ok()?;
        Some(flag.is_some_and(|flag| flag.value != [0]))
    }

    /// Whether the certificate may be a CA's as Java sees it: BasicConstraints says so, or it is of version
    /// 1 or 2, which cannot say.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.basic_constraints_ca().unwrap_or_else(|| self.version() < 3)
    }

    /// KeyUsage; `None` where it is absent or malformed.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        KeyUsage::read(self.extension(KEY_USAGE)?.value)
    }

    /// ExtendedKeyUsage; `None` where it is absent or malformed.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<Vec<KeyPurpose<'_>>> {
        KeyPurpose::read_all(self.extension(EXTENDED_KEY_USAGE)?.value)
    }

    /// The SubjectAltName's names in order; empty without the extension, and ends early where it is
    /// malformed.
    #[must_use]
    pub fn subject_alt_names(&self) -> Vec<SubjectAltName> {
        self.extension(SUBJECT_ALT_NAME)
            .map(|extension| SubjectAltName::read_all(extension.value))
            .unwrap_or_default()
    }

    /// The SubjectKeyIdentifier.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<Vec<u8>> {
        let value = self.extension(SUBJECT_KEY_IDENTIFIER)?.value;
        let identifier = Reader::new(value).octet_string("subject key identifier");
        identifier.ok().map(<[u8]>::to_vec)
    }

    /// The AuthorityKeyIdentifier's keyIdentifier.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<Vec<u8>> {
        let value = self.extension(AUTHORITY_KEY_IDENTIFIER)?.value;
        let mut fields = Reader::new(value).sequence("authority key identifier").ok()?;
        let identifier = fields.optional(tag::context(0), "key identifier").ok()?;
        identifier.map(|identifier| identifier.value.to_vec())
    }

    fn extension(&self, oid: ObjectIdentifier) -> Option<Extension<'_>> {
        self.extensions().find(|extension| extension.oid == oid)
    }

    fn dates(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let mut validity = Reader::at(self.fields().validity, 0);
        let mut next = || time::read(&validity.any("time").ok()?);
        (next(), next())
    }

    /// Cannot fail: the constructors made the walk.
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields::walk(&mut Reader::new(&self.der)).unwrap_or_default()
    }
}

impl TryFrom<CertificateDer<'_>> for Certificate {
    type Error = Error;

    fn try_from(der: CertificateDer<'_>) -> Result<Self, Error> {
        Self::from_der(der.as_ref().to_vec())
    }
}

impl<'a> From<&'a Certificate> for CertificateDer<'a> {
    fn from(certificate: &'a Certificate) -> Self {
        CertificateDer::from_slice(certificate.as_der())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("serial", &self.serial_hex())
            .field("bytes", &self.der.len())
            .finish()
    }
}

/// Where a certificate's fields are; the names are TBSCertificate's.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fields<'a> {
    /// `[0]` with its INTEGER within
    pub(crate) version: Option<asn1::Tlv<'a>>,
    /// contents octets
    pub(crate) serial: &'a [u8],
    /// the inner algorithm identifier, DER
    pub(crate) signature_algorithm: &'a [u8],
    /// DER
    pub(crate) issuer: &'a [u8],
    /// contents octets
    pub(crate) validity: &'a [u8],
    /// DER
    pub(crate) subject: &'a [u8],
    /// DER
    pub(crate) public_key: &'a [u8],
    /// what follows the public key
    pub(crate) rest: &'a [u8],
    /// the outer algorithm identifier, DER
    pub(crate) outer_algorithm: &'a [u8],
    /// the signature, DER
    pub(crate) signature: &'a [u8],
}

impl<'a> Fields<'a> {
    fn walk(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut certificate = reader.sequence("certificate")?;
        let mut tbs = certificate.sequence("certificate's signed part")?;
        let version = tbs.optional(tag::context_constructed(0), "certificate version")?;
        let serial = tbs.read(tag::INTEGER, "serial number")?.value;
        let signature_algorithm = tbs.read(tag::SEQUENCE, "signature algorithm")?.raw;
        let issuer = tbs.read(tag::SEQUENCE, "issuer")?.raw;
        let validity = tbs.read(tag::SEQUENCE, "validity")?.value;
        let subject = tbs.read(tag::SEQUENCE, "subject")?.raw;
        let public_key = tbs.read(tag::SEQUENCE, "subject public key info")?.raw;
        let outer_algorithm = certificate.read(tag::SEQUENCE, "signature algorithm")?.raw;
        let signature = certificate.read(tag::BIT_STRING, "signature")?.raw;
        certificate.finish("certificate's signature")?;
        Ok(Self {
            version,
            serial,
            signature_algorithm,
            issuer,
            validity,
            subject,
            public_key,
            rest: tbs.rest(),
            outer_algorithm,
            signature,
        })
    }

    /// A reader over the Extension values, where there are any.
    pub(crate) fn extensions(&self) -> Option<Reader<'a>> {
        let mut rest = Reader::new(self.rest);
        while let Ok(field) = rest.any("certificate field") {
            if field.tag == tag::context_constructed(3) {
                return field.reader().sequence("extensions").ok();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by testdata/x509/make.sh.
    const EC_CA: &[u8] = include_bytes!("../../testdata/x509/ec-ca.der");
    const RSA_SERVER: &[u8] = include_bytes!("../../testdata/x509/rsa-server.der");
    const ED25519_V1: &[u8] = include_bytes!("../../testdata/x509/ed25519-v1.der");

    fn read(der: &'static [u8]) -> Certificate {
        Certificate::from_der(der).unwrap()
    }

    #[test]
    fn names_serial_and_algorithms_are_as_openssl_prints_them() {
        let certificate = read(EC_CA);
        assert_eq!(
            certificate.subject().to_string(),
            "emailAddress=ca@example.com,CN=Example CA,OU=Tests,O=Müller\\, Söhne \\+ Co,C=DE"
        );
        assert_eq!(certificate.version(), 3);
        assert_eq!(certificate.serial(), [0x0a, 0x01]);
        assert_eq!(certificate.serial_hex(), "a01");
        assert_eq!(certificate.signature_algorithm(), "SHA256withECDSA");
        let key = certificate.public_key_info().unwrap();
        assert_eq!((key.to_string().as_str(), key.bits), ("EC secp256r1", Some(256)));
    }

    #[test]
    fn the_full_decoding_says_the_same() {
        for der in [EC_CA, RSA_SERVER, ED25519_V1] {
            let certificate = read(der);
            let decoded = certificate.to_x509_cert().unwrap();
            let tbs = decoded.tbs_certificate();
            assert_eq!(tbs.serial_number().as_bytes(), certificate.serial());
            assert_eq!(
                der::Encode::to_der(tbs.subject()).unwrap(),
                certificate.subject().as_der()
            );
        }
    }

    #[test]
    fn a_ca_is_told_by_its_extensions() {
        let certificate = read(EC_CA);
        assert_eq!(certificate.basic_constraints_ca(), Some(true));
        assert!(certificate.key_usage().unwrap().contains(KeyUsage::KEY_CERT_SIGN));
        assert!(certificate.seems_self_signed());
        assert_eq!(certificate.subject_key_id(), certificate.authority_key_id());
        assert_eq!(certificate.subject_key_id().map(|id| id.len()), Some(20));
    }

    #[test]
    fn a_server_is_told_by_its_extensions() {
        let certificate = read(RSA_SERVER);
        assert_eq!(certificate.basic_constraints_ca(), Some(false));
        let usage: Vec<_> = certificate.key_usage().unwrap().names().collect();
        assert_eq!(usage, ["digitalSignature", "keyEncipherment"]);
        let purposes = certificate.extended_key_usage().unwrap();
        let purposes: Vec<_> = purposes.iter().map(ToString::to_string).collect();
        assert_eq!(purposes, ["serverAuth", "clientAuth", "1.2.3.4"]);
        assert_eq!(certificate.public_key_info().unwrap().to_string(), "RSA 2048 bit");
    }

    #[test]
    fn alternative_names_show_with_their_kind() {
        let names: Vec<_> = read(RSA_SERVER)
            .subject_alt_names()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            names,
            [
                "DNS:localhost",
                "IP:127.0.0.1",
                "IP:::1",
                "email:a@example.com",
                "URI:https://example.com/",
                "RID:1.2.3",
                "DirName:CN=Directory,O=Example",
                "otherName:#06032a0304a0030c0178",
            ]
        );
    }

    #[test]
    fn a_negative_serial_shows_with_its_sign() {
        let certificate = read(RSA_SERVER);
        assert_eq!(certificate.serial(), [0xfb]);
        assert_eq!(certificate.serial_hex(), "-5");
    }

    #[test]
    fn a_version_1_certificate_says_nothing_of_constraints_and_may_be_a_ca() {
        let certificate = read(ED25519_V1);
        assert_eq!(certificate.version(), 1);
        assert_eq!(certificate.basic_constraints_ca(), None);
        assert!(certificate.is_ca());
        assert_eq!(certificate.short_name(), "Only Organization");
        assert_eq!(certificate.signature_algorithm(), "Ed25519");
        assert_eq!(certificate.extensions().count(), 0);
    }

    #[test]
    fn validity_includes_both_ends() {
        let certificate = read(EC_CA);
        let (from, until) = (
            certificate.not_before().unwrap(),
            certificate.not_after().unwrap(),
        );
        let second = jiff::SignedDuration::from_secs(1);
        assert_eq!(until.duration_since(from).as_hours(), 3650 * 24);
        assert_eq!(certificate.validity_at(from), Validity::Valid);
        assert_eq!(certificate.validity_at(until), Validity::Valid);
        assert_eq!(
            certificate.validity_at(from - second),
            Validity::NotYetValid { from }
        );
        assert_eq!(
            certificate.validity_at(until + second),
            Validity::Expired { at: until }
        );
    }

    #[test]
    fn bytes_after_the_certificate_are_refused_unless_a_prefix_is_asked_for() {
        let mut der = EC_CA.to_vec();
        der.push(0);
        assert!(matches!(
            Certificate::from_der(der.clone()),
            Err(Error::TrailingData { bytes: 1, .. })
        ));
        assert_eq!(Certificate::from_der_prefix(der).unwrap(), read(EC_CA));
    }

    #[test]
    fn every_truncation_is_refused() {
        for length in 0..EC_CA.len() {
            let part = EC_CA.get(..length).unwrap();
            assert!(Certificate::from_der_prefix(part).is_err(), "{length}");
        }
    }

    #[test]
    fn no_single_altered_byte_makes_a_view_panic() {
        for (at, flip) in (0..RSA_SERVER.len()).flat_map(|at| [(at, 0x01), (at, 0x80), (at, 0xff)]) {
            let mut der = RSA_SERVER.to_vec();
            *der.get_mut(at).unwrap() ^= flip;
            if let Ok(certificate) = Certificate::from_der(der) {
                let _ = format!(
                    "{certificate:?} {} {:?} {:?} {:?} {:?} {:?}",
                    certificate.issuer().to_rfc2253(),
                    certificate.validity_at(Timestamp::UNIX_EPOCH),
                    certificate.public_key_info(),
                    certificate.subject_alt_names(),
                    certificate.extended_key_usage(),
                    certificate.is_self_issued(),
                );
            }
        }
    }
}
