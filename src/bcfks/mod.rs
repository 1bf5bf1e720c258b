//! Bouncy Castle's BCFKS, the keystore of its FIPS provider, the raw layer (`org.bouncycastle.asn1.bc`,
//! `org.bouncycastle.jcajce.provider.keystore.bcfks.BcFKSKeyStoreSpi`):
//!
//! ```text
//! ObjectStore ::= SEQUENCE {
//!     storeData CHOICE { EncryptedObjectStoreData, ObjectStoreData },
//!     integrityCheck CHOICE { PbkdMacIntegrityCheck, [0] SignatureCheck } }
//! EncryptedObjectStoreData ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedContent OCTET STRING }
//! PbkdMacIntegrityCheck ::= SEQUENCE { macAlgorithm AlgorithmIdentifier, pbkdAlgorithm KeyDerivationFunc,
//!     mac OCTET STRING }
//! ObjectStoreData ::= SEQUENCE { version INTEGER (1), integrityAlgorithm AlgorithmIdentifier,
//!     creationDate GeneralizedTime, lastModifiedDate GeneralizedTime, objectDataSequence SEQUENCE OF ObjectData,
//!     comment UTF8String OPTIONAL }
//! ObjectData ::= SEQUENCE { type INTEGER, identifier UTF8String, creationDate GeneralizedTime,
//!     lastModifiedDate GeneralizedTime, data OCTET STRING, comment UTF8String OPTIONAL }
//! ```
//!
//! The MAC is over storeData as it stands. Aliases are told apart by case.

mod objects;
mod protection;

use bytes::Bytes;

pub(crate) use objects::date_text;
pub use objects::{Object, ObjectType, PrivateKeyData, protect_key, protect_secret, recover_secret};
pub use protection::{Derivation, Encryption, Purpose};

use crate::asn1::{self, Reader, tag, tlv};
use crate::crypto::{self, CryptoRng, Digest};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::pkcs8::oid;
use crate::pkcs8::pbe::{PbeError, identifier};
use crate::secret::{Password, SecretBytes};
use protection::Protection;

/// How a store is protected: what a store that was read keeps when it is written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// How the store and its keys are encrypted.
    pub encryption: Encryption,
    /// How the keys of the encryption are derived from passwords.
    pub derivation: Derivation,
    /// The digest of the HMAC that the store's integrity is checked with.
    pub mac: Digest,
    /// How that HMAC's key is derived.
    pub mac_derivation: Derivation,
}

impl Parameters {
    /// What Bouncy Castle writes unless told otherwise: AES-256 in CCM, HMAC-SHA-512, 51,200 iterations of
    /// PBKDF2 with HMAC-SHA-512.
    pub const DEFAULT: Self = Self {
        encryption: Encryption::Ccm,
        derivation: Derivation::DEFAULT,
        mac: Digest::Sha512,
        mac_derivation: Derivation::DEFAULT,
    };
}

impl Parameters {
    /// The encryption's name: `PBES2 with PBKDF2-HMAC-SHA-512 and AES-256-CCM`.
    #[must_use]
    pub fn name(&self) -> String {
        format!(
            "PBES2 with {} and {}",
            self.derivation.name(),
            self.encryption.name()
        )
    }
}

/// A whole file.
#[derive(Debug)]
pub struct Bcfks {
    /// How it is protected.
    pub parameters: Parameters,
    /// Whether the store as a whole is encrypted; Bouncy Castle writes none that is not.
    pub is_encrypted: bool,
    /// creationDate, as it stands.
    pub created: Bytes,
    /// The objects, in the file's order.
    pub objects: Vec<Object>,
}

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum Error {
    #[error("the BCFKS structure is damaged")]
    Damaged {
        #[from]
        source: asn1::Error,
    },
    #[error("its protection's parameters are damaged, unknown or out of bounds")]
    Protection { source: PbeError },
    #[error("its integrity is checked with {name}, which is not supported")]
    Integrity { name: String },
    #[error("it is signed with a key instead of a password, which is not supported")]
    Signed,
    #[error("it is of version {version}; only 1 is known")]
    Version { version: u64 },
    #[error("the integrity algorithm named inside it is not the one outside: the file was altered")]
    IntegrityMismatch,
    #[error("the password is wrong, or the file was altered: its MAC does not verify")]
    WrongPassword,
    #[error("the file's MAC verifies and its contents do not decrypt: they were made with another password")]
    ContentsPassword,
    #[error("the key's password is wrong, or the key was altered (the format cannot tell which)")]
    KeyPassword,
    #[error("its password is needed and none was given")]
    PasswordRequired,
    #[error("it has more than {limit} objects")]
    Count { limit: usize },
    #[error("a date is outside the years 0 to 9999")]
    Date,
    #[error("the key's encoding is damaged")]
    Key { source: crate::pkcs8::KeyError },
}

impl Error {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Damaged { source } => source.kind(),
            Self::Protection { source } => source.kind(),
            Self::Integrity { .. } | Self::Signed | Self::Version { .. } | Self::Date => {
                ErrorKind::Unsupported
            }
            Self::IntegrityMismatch => ErrorKind::Damaged,
            Self::WrongPassword | Self::ContentsPassword | Self::KeyPassword => ErrorKind::WrongPassword,
            Self::PasswordRequired => ErrorKind::PasswordRequired,
            Self::Count { .. } => ErrorKind::LimitExceeded,
            Self::Key { source } => source.kind(),
        }
    }
}

impl From<PbeError> for Error {
    fn from(source: PbeError) -> Self {
        Self::Protection { source }
    }
}

impl Bcfks {
    /// Whether the bytes begin like an ObjectStore: two SEQUENCEs (the second may be `[0]`), of which the first
    /// holds an AlgorithmIdentifier and an OCTET STRING, or a version and an AlgorithmIdentifier.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> bool {
        let shape = || {
            let mut outer = Reader::new(bytes).sequence("ObjectStore").ok()?;
            let mut data = outer.sequence("storeData").ok()?;
            let check = outer.any("integrityCheck").ok()?;
            let first = data.any("storeData").ok()?;
            let second = data.any("storeData").ok()?.tag;
            let is_data = match first.tag {
                tag::SEQUENCE => second == tag::OCTET_STRING && data.is_empty(),
                tag::INTEGER => second == tag::SEQUENCE && data.peek() == Some(tag::GENERALIZED_TIME),
                _ => false,
            };
            let is_check = match check.tag {
                tag::SEQUENCE => {
                    let mut fields = check.reader();
                    let mut tags = std::iter::from_fn(|| fields.any("integrityCheck").ok());
                    tags.next().map(|field| field.tag) == Some(tag::SEQUENCE)
                        && tags.next().map(|field| field.tag) == Some(tag::SEQUENCE)
                        && tags.next().map(|field| field.tag) == Some(tag::OCTET_STRING)
                }
                found => found == tag::context_constructed(0),
            };
            Some(is_data && is_check && outer.is_empty())
        };
        shape().unwrap_or(false)
    }

    /// Reads a file and verifies its integrity.
    ///
    /// # Errors
    /// No password; damage, a wrong password, an algorithm that is not supported, a cap of `limits`.
    pub fn from_bytes(bytes: &[u8], password: &Password, limits: &Limits) -> Result<Self, Error> {
        let mut outer = Reader::new(bytes).sequence("ObjectStore")?;
        let data = outer.read(tag::SEQUENCE, "storeData")?;
        if outer.peek() == Some(tag::context_constructed(0)) {
            return Err(Error::Signed);
        }
        let mut check = outer.sequence("integrityCheck")?;
        let algorithm = check.read(tag::SEQUENCE, "macAlgorithm")?;
        let derivation = check.read(tag::SEQUENCE, "pbkdAlgorithm")?;
        let mac = check.octet_string("mac")?;
        outer.finish("ObjectStore")?;
        let id = algorithm.reader().oid("macAlgorithm")?;
        let digest = oid::hmac_from_oid(&id).ok_or_else(|| Error::Integrity {
            name: oid::describe(&id),
        })?;
        let derivation = protection::Salted::read(derivation.reader(), limits)?;
        if password.is_none() {
            return Err(Error::PasswordRequired);
        }
        derivation
            .derive_if(password, Purpose::Integrity, digest.output_len(), |key| {
                crypto::constant_time_eq(mac, &digest.hmac(key, &[data.raw])).then_some(())
            })?
            .ok_or(Error::WrongPassword)?;
        let mut parameters = Parameters {
            mac: digest,
            mac_derivation: derivation.derivation,
            ..Parameters::DEFAULT
        };
        let plain;
        let is_encrypted = data.value.first() == Some(&tag::SEQUENCE);
        let store = if is_encrypted {
            let mut fields = data.reader();
            let protection = Protection::read(fields.read(tag::SEQUENCE, "encryptionAlgorithm")?, limits)?;
            let ciphertext = fields.octet_string("encryptedContent")?;
            parameters.encryption = protection.encryption();
            parameters.derivation = protection.derivation();
            plain = protection
                .decrypt(password, Purpose::Store, ciphertext)?
                .ok_or(Error::ContentsPassword)?;
            Reader::new(plain.expose_bytes()).sequence("ObjectStoreData")?
        } else {
            data.reader()
        };
        Self::read(store, algorithm.raw, parameters, is_encrypted, limits)
    }

    fn read(
        mut fields: Reader<'_>,
        algorithm: &[u8],
        parameters: Parameters,
        is_encrypted: bool,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let version = fields.unsigned("ObjectStoreData's version")?;
        if version != 1 {
            return Err(Error::Version { version });
        }
        if fields.read(tag::SEQUENCE, "integrityAlgorithm")?.raw != algorithm {
            return Err(Error::IntegrityMismatch);
        }
        let created = fields.read(tag::GENERALIZED_TIME, "creationDate")?.value;
        fields.read(tag::GENERALIZED_TIME, "lastModifiedDate")?;
        let mut sequence = fields.sequence("objectDataSequence")?;
        let mut objects = Vec::new();
        while !sequence.is_empty() {
            if objects.len() == limits.entries {
                return Err(Error::Count {
                    limit: limits.entries,
                });
            }
            objects.push(Object::read(&mut sequence)?);
        }
        Ok(Self {
            parameters,
            is_encrypted,
            created: Bytes::copy_from_slice(created),
            objects,
        })
    }

    /// Writes the file by its parameters, with salts of its own; `now` is its lastModifiedDate.
    ///
    /// # Errors
    /// No password; a date that the format cannot hold.
    pub fn to_bytes(
        &self,
        password: &Password,
        now: jiff::Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        if password.is_none() {
            return Err(Error::PasswordRequired);
        }
        let Parameters {
            mac, mac_derivation, ..
        } = self.parameters;
        let algorithm = identifier(oid::hmac_oid(mac), &[tag::NULL, 0]);
        let mut objects = Vec::new();
        for object in &self.objects {
            objects.extend(object.to_der()?);
        }
        let objects = SecretBytes::new(tlv(tag::SEQUENCE, &[&objects]));
        let fields = [
            &[tag::INTEGER, 1, 1][..],
            &algorithm,
            &tlv(tag::GENERALIZED_TIME, &[&self.created]),
            &objects::date(now)?,
            objects.expose_bytes(),
        ];
        let plain = SecretBytes::new(tlv(tag::SEQUENCE, &fields));
        let data = if self.is_encrypted {
            let protection = Protection::generate(&self.parameters, rng);
            let content = protection.encrypt(password, Purpose::Store, plain.expose_bytes())?;
            tlv(
                tag::SEQUENCE,
                &[&protection.to_der(), &tlv(tag::OCTET_STRING, &[&content])],
            )
        } else {
            plain.expose_bytes().to_vec()
        };
        let derivation = protection::Salted::generate(mac_derivation, mac.output_len(), rng);
        let key = derivation.derive(password, Purpose::Integrity, mac.output_len())?;
        let value = mac.hmac(key.expose_bytes(), &[&data]);
        let check = tlv(
            tag::SEQUENCE,
            &[
                &algorithm,
                &derivation.to_der(),
                &tlv(tag::OCTET_STRING, &[&value]),
            ],
        );
        Ok(tlv(tag::SEQUENCE, &[&data, &check]))
    }
}

pub(crate) use protection::{describe, recover_key};
