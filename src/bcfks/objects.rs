//! The objects of a BCFKS store, and the keys in them:
//!
//! ```text
//! data of a certificate: Certificate
//! data of a private key: EncryptedPrivateKeyData ::= SEQUENCE { EncryptedPrivateKeyInfo, SEQUENCE OF Certificate }
//! data of a secret key:  EncryptedSecretKeyData ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }, of which comes
//!     SecretKeyData ::= SEQUENCE { keyAlgorithm OBJECT IDENTIFIER, keyBytes OCTET STRING }
//! ```

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::Offset;

use super::protection::Protection;
use super::{Error, Parameters, Purpose};
use crate::asn1::{self, ObjectIdentifier, Reader, tag, tlv};
use crate::crypto::CryptoRng;
use crate::limits::Limits;
use crate::pkcs8::pbe::unsigned;
use crate::pkcs8::{EncryptedPrivateKey, PrivateKey};
use crate::secret::{Password, SecretBytes};
use crate::x509;

/// One object of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectType,
    /// The alias as it stands.
    pub identifier: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed: what `KeyStore.getCreationDate` of Bouncy Castle answers.
    pub modified: Timestamp,
    /// Its octets.
    pub data: Bytes,
    /// A comment.
    pub comment: Option<String>,
}

/// The types of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    /// 0
    Certificate,
    /// 1
    PrivateKey,
    /// 2
    SecretKey,
    /// 3: as 1, but whoever put it in encrypted it.
    ProtectedPrivateKey,
    /// 4: as 2, but whoever put it in encrypted it.
    ProtectedSecretKey,
    /// Any other.
    Other(u64),
}

impl ObjectType {
    const fn number(self) -> u64 {
        match self {
            Self::Certificate => 0,
            Self::PrivateKey => 1,
            Self::SecretKey => 2,
            Self::ProtectedPrivateKey => 3,
            Self::ProtectedSecretKey => 4,
            Self::Other(number) => number,
        }
    }
}

impl Object {
    pub(super) fn read(sequence: &mut Reader<'_>) -> Result<Self, asn1::Error> {
        let mut fields = sequence.sequence("ObjectData")?;
        let kind = match fields.unsigned("ObjectData's type")? {
            0 => ObjectType::Certificate,
            1 => ObjectType::PrivateKey,
            2 => ObjectType::SecretKey,
            3 => ObjectType::ProtectedPrivateKey,
            4 => ObjectType::ProtectedSecretKey,
            other => ObjectType::Other(other),
        };
        let identifier = text(&mut fields, "ObjectData's identifier")?;
        let created = read_date(&mut fields, "ObjectData's creationDate")?;
        let modified = read_date(&mut fields, "ObjectData's lastModifiedDate")?;
        let data = Bytes::copy_from_slice(fields.octet_string("ObjectData's data")?);
        let comment = if fields.is_empty() {
            None
        } else {
            Some(text(&mut fields, "ObjectData's comment")?)
        };
        Ok(Self {
            kind,
            identifier,
            created,
            modified,
            data,
            comment,
        })
    }

    pub(super) fn to_der(&self) -> Result<Vec<u8>, Error> {
        let comment = self
            .comment
            .as_ref()
            .map(|text| tlv(tag::UTF8_STRING, &[text.as_bytes()]));
        let fields = [
            &unsigned(self.kind.number())[..],
            &tlv(tag::UTF8_STRING, &[self.identifier.as_bytes()]),
            &date(self.created)?,
            &date(self.modified)?,
            &tlv(tag::OCTET_STRING, &[&self.data]),
            comment.as_deref().unwrap_or_default(),
        ];
        Ok(tlv(tag::SEQUENCE, &fields))
    }
}

fn text(fields: &mut Reader<'_>, what: &'static str) -> Result<String, asn1::Error> {
    let value = fields.read(tag::UTF8_STRING, what)?;
    String::from_utf8(value.value.to_vec()).or(Err(asn1::Error::Invalid {
        what,
        position: value.position,
        reason: "it is no UTF-8",
    }))
}

fn read_date(fields: &mut Reader<'_>, what: &'static str) -> Result<Timestamp, asn1::Error> {
    let value = fields.read(tag::GENERALIZED_TIME, what)?;
    x509::read_time(&value).ok_or(asn1::Error::Invalid {
        what,
        position: value.position,
        reason: "it is no date",
    })
}

/// A GeneralizedTime in whole seconds of UTC.
pub(super) fn date(when: Timestamp) -> Result<Vec<u8>, Error> {
    Ok(tlv(tag::GENERALIZED_TIME, &[&date_text(when)?]))
}

/// The contents of a GeneralizedTime.
pub(crate) fn date_text(when: Timestamp) -> Result<Bytes, Error> {
    let when = Offset::UTC.to_datetime(when);
    if !(0..=9999).contains(&when.year()) {
        return Err(Error::Date);
    }
    let (year, month, day) = (when.year(), when.month(), when.day());
    let (hour, minute, second) = (when.hour(), when.minute(), when.second());
    let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    Ok(Bytes::from(text))
}

/// An EncryptedPrivateKeyData.
#[derive(Clone, Debug)]
pub struct PrivateKeyData {
    /// The key under its password.
    pub key: EncryptedPrivateKey,
    /// Its chain in DER, leaf first.
    pub chain: Vec<Bytes>,
}

impl PrivateKeyData {
    /// Reads an object's data.
    ///
    /// # Errors
    /// Damage.
    pub fn read(data: &Bytes) -> Result<Self, Error> {
        let mut fields = Reader::new(data).sequence("EncryptedPrivateKeyData")?;
        let key = fields.read(tag::SEQUENCE, "EncryptedPrivateKeyInfo")?;
        let mut certificates = fields.sequence("EncryptedPrivateKeyData's certificates")?;
        let mut chain = Vec::new();
        while !certificates.is_empty() {
            let certificate = certificates.read(tag::SEQUENCE, "EncryptedPrivateKeyData's certificate")?;
            chain.push(data.slice_ref(certificate.raw));
        }
        Ok(Self {
            key: EncryptedPrivateKey::unchecked(data.slice_ref(key.raw)),
            chain,
        })
    }

    /// An object's data.
    #[must_use]
    pub fn to_der(&self) -> Bytes {
        let chain: Vec<&[u8]> = self.chain.iter().map(Bytes::as_ref).collect();
        let chain = tlv(tag::SEQUENCE, &chain);
        Bytes::from(tlv(tag::SEQUENCE, &[self.key.as_der(), &chain]))
    }
}

/// Encrypts a private key as BCFKS does.
///
/// # Errors
/// Parameters outside their definition.
pub fn protect_key(
    key: &PrivateKey,
    password: &Password,
    parameters: &Parameters,
    rng: &mut dyn CryptoRng,
) -> Result<EncryptedPrivateKey, Error> {
    let protection = Protection::generate(parameters, rng);
    let ciphertext = protection.encrypt(password, Purpose::PrivateKey, key.expose_pkcs8_der())?;
    Ok(EncryptedPrivateKey::from_parts(&protection.to_der(), &ciphertext))
}

/// Decrypts a secret key's data: its algorithm's OID, and its octets.
///
/// # Errors
/// A wrong password (or altered octets: the format cannot tell), damaged parameters, a cap of `limits`.
pub fn recover_secret(
    data: &[u8],
    password: &Password,
    limits: &Limits,
) -> Result<(ObjectIdentifier, SecretBytes), Error> {
    let mut fields = Reader::new(data).sequence("EncryptedSecretKeyData")?;
    let algorithm = fields.read(tag::SEQUENCE, "keyEncryptionAlgorithm")?;
    let ciphertext = fields.octet_string("encryptedKeyData")?;
    let plain = Protection::read(algorithm, limits)?
        .decrypt(password, Purpose::SecretKey, ciphertext)?
        .ok_or(Error::KeyPassword)?;
    let mut fields = Reader::new(plain.expose_bytes()).sequence("SecretKeyData")?;
    let id = fields.oid("keyAlgorithm")?;
    let octets = fields.octet_string("keyBytes")?;
    Ok((id, SecretBytes::new(octets.to_vec())))
}

/// Encrypts a secret key as BCFKS does; the object's data.
///
/// # Errors
/// Parameters outside their definition.
pub fn protect_secret(
    algorithm: &ObjectIdentifier,
    octets: &SecretBytes,
    password: &Password,
    parameters: &Parameters,
    rng: &mut dyn CryptoRng,
) -> Result<Bytes, Error> {
    let protection = Protection::generate(parameters, rng);
    let id = tlv(tag::OBJECT_IDENTIFIER, &[algorithm.as_bytes()]);
    let octets = SecretBytes::new(tlv(tag::OCTET_STRING, &[octets.expose_bytes()]));
    let plain = SecretBytes::new(tlv(tag::SEQUENCE, &[&id, octets.expose_bytes()]));
    let ciphertext = protection.encrypt(password, Purpose::SecretKey, plain.expose_bytes())?;
    Ok(Bytes::from(tlv(
        tag::SEQUENCE,
        &[&protection.to_der(), &tlv(tag::OCTET_STRING, &[&ciphertext])],
    )))
}
