use bytes::Bytes;
use jiff::Timestamp;

use super::entry::work;
use super::{KeyEncryption, KeyStoreError};
use crate::asn1::{ObjectIdentifier, Reader, tag, tlv};
use crate::bks::SealedKey;
use crate::limits::Limits;
use crate::pkcs8::EncryptedPrivateKey;
use crate::pkcs8::pbe::Pbe;
use crate::secret::{Password, SecretBytes};
use crate::{bcfks, jks};

/// A secret key, clear or still under its password (`java.security.KeyStore.SecretKeyEntry`).
#[derive(Debug)]
pub struct SecretKeyEntry {
    pub(super) key: SecretMaterial,
    created: Option<Timestamp>,
}

/// A secret key as its store holds it.
#[derive(Debug)]
pub(super) enum SecretMaterial {
    Clear(SecretKey),
    /// PKCS#12: an EncryptedPrivateKeyInfo around [`SecretKeyInfo`](SecretKey::to_info).
    Pkcs12(Bytes),
    /// JCEKS: a serialised sealed object.
    Sealed(Bytes),
    /// BKS and UBER.
    Bks(SealedKey),
    /// BCFKS: an EncryptedSecretKeyData.
    Bcfks(Bytes),
}

/// A secret key in the clear: the algorithm by Java's name (`AES`) and the raw octets.
#[derive(Debug)]
pub struct SecretKey {
    /// The algorithm as `SecretKey.getAlgorithm` names it; an OID in digits where Java has no name.
    pub algorithm: String,
    /// The raw key.
    pub octets: SecretBytes,
}

/// The algorithms Java's PKCS#12 store names by OID (`sun.security.util.KnownOIDs`).
const ALGORITHMS: &[(&str, ObjectIdentifier)] = &[
    ("AES", ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1")),
    ("DES", ObjectIdentifier::new_unwrap("1.3.14.3.2.7")),
    ("DESede", ObjectIdentifier::new_unwrap("1.2.840.113549.3.7")),
    ("RC2", ObjectIdentifier::new_unwrap("1.2.840.113549.3.2")),
    ("ARCFOUR", ObjectIdentifier::new_unwrap("1.2.840.113549.3.4")),
    ("Blowfish", ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3029.1.1.2")),
    ("HmacMD5", ObjectIdentifier::new_unwrap("1.3.6.1.5.5.8.1.1")),
    ("HmacSHA1", ObjectIdentifier::new_unwrap("1.2.840.113549.2.7")),
    ("HmacSHA224", ObjectIdentifier::new_unwrap("1.2.840.113549.2.8")),
    ("HmacSHA256", ObjectIdentifier::new_unwrap("1.2.840.113549.2.9")),
    ("HmacSHA384", ObjectIdentifier::new_unwrap("1.2.840.113549.2.10")),
    ("HmacSHA512", ObjectIdentifier::new_unwrap("1.2.840.113549.2.11")),
];

/// What BCFKS calls DESede by (`BcFKSKeyStoreSpi.oidMap`).
const OIW_DESEDE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.17");

/// The name that Java has for an algorithm; its digits where it has none.
fn algorithm_name(oid: &ObjectIdentifier) -> String {
    ALGORITHMS
        .iter()
        .find(|(_, known)| known == oid)
        .map_or_else(|| oid.to_string(), |(name, _)| String::from(*name))
}

impl SecretKey {
    /// `SEQUENCE { version INTEGER 0, AlgorithmIdentifier, key OCTET STRING }`, as
    /// `PKCS12KeyStore.engineSetKeyEntry` encrypts it; `None` for an algorithm that has no OID.
    pub(super) fn to_info(&self) -> Option<SecretBytes> {
        let oid = self.oid()?;
        let identifier = tlv(
            tag::SEQUENCE,
            &[&tlv(tag::OBJECT_IDENTIFIER, &[oid.as_bytes()]), &[tag::NULL, 0]],
        );
        let key = SecretBytes::new(tlv(tag::OCTET_STRING, &[self.octets.expose_bytes()]));
        Some(SecretBytes::new(tlv(
            tag::SEQUENCE,
            &[&[2, 1, 0], &identifier, key.expose_bytes()],
        )))
    }

    fn from_info(info: &SecretBytes) -> Result<Self, crate::asn1::Error> {
        let mut fields = Reader::new(info.expose_bytes()).sequence("secret key")?;
        fields.unsigned("secret key version")?;
        let oid = fields
            .sequence("secret key algorithm")?
            .oid("secret key algorithm")?;
        let octets = SecretBytes::new(fields.octet_string("secret key")?.to_vec());
        let algorithm = algorithm_name(&oid);
        Ok(Self { algorithm, octets })
    }

    /// The algorithm's OID; nothing where it has none.
    fn oid(&self) -> Option<ObjectIdentifier> {
        ALGORITHMS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&self.algorithm))
            .map(|(_, oid)| *oid)
            .or_else(|| ObjectIdentifier::new(&self.algorithm).ok())
    }

    /// The OID that Bouncy Castle's BCFKS names the algorithm by.
    pub(super) fn bcfks_oid(&self) -> Option<ObjectIdentifier> {
        if self.algorithm.eq_ignore_ascii_case("DESede") {
            return Some(OIW_DESEDE);
        }
        self.oid()
    }

    pub(super) fn duplicate(&self) -> Self {
        Self {
            algorithm: self.algorithm.clone(),
            octets: SecretBytes::new(self.octets.expose_bytes().to_vec()),
        }
    }
}

impl SecretKeyEntry {
    /// An entry to be added.
    #[must_use]
    pub const fn new(key: SecretKey) -> Self {
        Self {
            key: SecretMaterial::Clear(key),
            created: None,
        }
    }

    pub(super) const fn loaded(key: SecretMaterial, created: Option<Timestamp>) -> Self {
        Self { key, created }
    }

    /// The algorithm as Java names it (`AES`); `None` while it is encrypted.
    #[must_use]
    pub fn algorithm(&self) -> Option<&str> {
        match &self.key {
            SecretMaterial::Clear(key) => Some(&key.algorithm),
            _ => None,
        }
    }

    /// When it was created, where the store says so.
    #[must_use]
    pub const fn created(&self) -> Option<Timestamp> {
        self.created
    }

    /// The key, decrypted with the store's password or its own.
    ///
    /// # Errors
    /// A wrong password, an unsupported algorithm, damage.
    pub fn key(&self, password: &Password) -> Result<SecretKey, KeyStoreError> {
        match &self.key {
            SecretMaterial::Clear(key) => Ok(key.duplicate()),
            _ if password.is_none() => Err(KeyStoreError::KeyPasswordRequired),
            SecretMaterial::Bks(sealed) => {
                let opened = sealed.open(password, &Limits::DEFAULT);
                let (algorithm, octets) = opened
                    .and_then(|key| key.to_secret_key())
                    .map_err(|source| KeyStoreError::BksKey { source })?;
                Ok(SecretKey { algorithm, octets })
            }
            SecretMaterial::Bcfks(data) => {
                let (oid, octets) = bcfks::recover_secret(data, password, &Limits::DEFAULT)
                    .map_err(|source| KeyStoreError::BcfksKey { source })?;
                let algorithm = if oid == OIW_DESEDE {
                    String::from("DESede")
                } else {
                    algorithm_name(&oid)
                };
                Ok(SecretKey { algorithm, octets })
            }
            SecretMaterial::Sealed(stream) => {
                let (algorithm, octets) = jks::recover_secret(stream, password, &Limits::DEFAULT)?;
                Ok(SecretKey { algorithm, octets })
            }
            SecretMaterial::Pkcs12(der) => {
                let (pbe, ciphertext) = encrypted_info(der)?;
                let info = pbe
                    .decrypt(password, ciphertext)
                    .map_err(|source| KeyStoreError::Key {
                        source: source.into(),
                    })?;
                SecretKey::from_info(&info).map_err(|source| KeyStoreError::SecretKey { source })
            }
        }
    }

    /// What decrypting the key costs, in iterations.
    pub(super) fn work(&self) -> u64 {
        match &self.key {
            SecretMaterial::Clear(_) => 0,
            SecretMaterial::Pkcs12(der) => {
                EncryptedPrivateKey::from_der(der.clone()).map_or(0, |key| work(&key))
            }
            SecretMaterial::Sealed(stream) => jks::sealed_iterations(stream).map_or(0, u64::from),
            SecretMaterial::Bks(_) | SecretMaterial::Bcfks(_) => {
                let encryption = self.key_encryption();
                u64::from(encryption.and_then(|how| how.iterations).unwrap_or_default())
            }
        }
    }

    /// How the key is encrypted in the file; `None` where it is clear.
    #[must_use]
    pub fn key_encryption(&self) -> Option<KeyEncryption> {
        match &self.key {
            SecretMaterial::Clear(_) => None,
            SecretMaterial::Pkcs12(der) => EncryptedPrivateKey::from_der(der.clone())
                .ok()
                .map(|key| KeyEncryption::of(&key)),
            SecretMaterial::Bks(sealed) => Some(KeyEncryption::of_sealed(sealed)),
            SecretMaterial::Bcfks(data) => {
                bcfks::describe(data).map(|(algorithm, iterations)| KeyEncryption {
                    algorithm,
                    iterations,
                })
            }
            SecretMaterial::Sealed(stream) => Some(KeyEncryption {
                algorithm: String::from("PBEWithMD5AndTripleDES (JCEKS key protector)"),
                iterations: jks::sealed_iterations(stream),
            }),
        }
    }
}

/// `SEQUENCE { AlgorithmIdentifier, OCTET STRING }`.
fn encrypted_info(der: &[u8]) -> Result<(Pbe, &[u8]), KeyStoreError> {
    let read = || {
        let mut fields = Reader::new(der).sequence("encrypted secret key")?;
        let algorithm = fields.read(tag::SEQUENCE, "encryption algorithm")?;
        Ok((algorithm, fields.octet_string("encrypted secret key")?))
    };
    let (algorithm, ciphertext) = read().map_err(|source| KeyStoreError::SecretKey { source })?;
    let pbe = Pbe::from_der(algorithm.raw, algorithm.position, &Limits::DEFAULT).map_err(|source| {
        KeyStoreError::Key {
            source: source.into(),
        }
    })?;
    Ok((pbe, ciphertext))
}
