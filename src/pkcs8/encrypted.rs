use bytes::Bytes;

use super::pbe::Pbe;
use super::{Info, KeyError, PrivateKey};
use crate::asn1::{self, Reader, tag, tlv};
use crate::limits::Limits;
use crate::secret::Password;

/// A private key under a password: `EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm, encryptedData
/// OCTET STRING }` (RFC 5958 section 3). A type of its own, so that clear and encrypted bytes are never
/// mistaken for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedPrivateKey {
    der: Bytes,
}

impl EncryptedPrivateKey {
    /// Takes an EncryptedPrivateKeyInfo's DER.
    ///
    /// # Errors
    /// The bytes are no EncryptedPrivateKeyInfo.
    pub fn from_der(der: impl Into<Bytes>) -> Result<Self, KeyError> {
        let key = Self { der: der.into() };
        key.parts()?;
        Ok(key)
    }

    /// What stands where an EncryptedPrivateKeyInfo belongs: a store with one broken key still has others.
    pub(crate) const fn unchecked(der: Bytes) -> Self {
        Self { der }
    }

    pub(crate) fn from_parts(algorithm: &[u8], ciphertext: &[u8]) -> Self {
        let ciphertext = tlv(tag::OCTET_STRING, &[ciphertext]);
        Self {
            der: Bytes::from(tlv(tag::SEQUENCE, &[algorithm, &ciphertext])),
        }
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

    /// The encryption algorithm and its parameters.
    ///
    /// # Errors
    /// An algorithm that is not supported, or parameters that break its definition.
    pub fn encryption(&self) -> Result<Pbe, KeyError> {
        self.encryption_within(&Limits::DEFAULT)
    }

    fn encryption_within(&self, limits: &Limits) -> Result<Pbe, KeyError> {
        let (algorithm, _) = self.parts()?;
        Ok(Pbe::from_der(algorithm.raw, algorithm.position, limits)?)
    }

    /// The AlgorithmIdentifier and the ciphertext.
    pub(crate) fn parts(&self) -> Result<(asn1::Tlv<'_>, &[u8]), asn1::Error> {
        let mut fields = Reader::new(&self.der).sequence("EncryptedPrivateKeyInfo")?;
        let algorithm = fields.read(tag::SEQUENCE, "encryptionAlgorithm")?;
        Ok((algorithm, fields.octet_string("encryptedData")?))
    }

    /// Decrypts the key. What comes out must be a PrivateKeyInfo: a wrong password may by chance leave a right
    /// padding.
    ///
    /// # Errors
    /// A wrong password (or altered bytes: the format cannot tell), an unsupported algorithm, a cap of `limits`.
    pub fn decrypt(&self, password: &Password, limits: &Limits) -> Result<PrivateKey, KeyError> {
        let (_, ciphertext) = self.parts()?;
        let is_key = |octets: &[u8]| Info::read(octets).is_ok();
        let pkcs8 = self
            .encryption_within(limits)?
            .decrypt_if(password, ciphertext, is_key)?;
        PrivateKey::from_pkcs8_der(pkcs8)
    }

    /// Encrypts a key.
    ///
    /// # Errors
    /// No password.
    pub fn encrypt(key: &PrivateKey, pbe: &Pbe, password: &Password) -> Result<Self, KeyError> {
        let ciphertext = pbe.encrypt(password, key.expose_pkcs8_der())?;
        Ok(Self::from_parts(&pbe.to_der(), &ciphertext))
    }
}
