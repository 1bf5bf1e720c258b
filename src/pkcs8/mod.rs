//! Private keys in every form people have them, and the password-based encryption they share with stores.

pub mod pbe;

use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::secret::{Password, SecretBytes};
use bytes::Bytes;

/// A private key, held as PKCS#8 PrivateKeyInfo (RFC 5958), wiped on drop.
pub struct PrivateKey {
    pkcs8: SecretBytes,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(***)")
    }
}

impl PrivateKey {
    /// Takes a PKCS#8 PrivateKeyInfo; only its frame is checked, the algorithm may be any (the JDK too
    /// passes on what it does not know).
    ///
    /// # Errors
    /// The bytes are no PrivateKeyInfo.
    pub fn from_pkcs8_der(der: SecretBytes) -> Result<Self, KeyError> {
        Ok(Self { pkcs8: der })
    }
    /// The PKCS#8 PrivateKeyInfo, in clear.
    #[must_use]
    pub fn expose_pkcs8_der(&self) -> &[u8] {
        self.pkcs8.expose_bytes()
    }
    /// `RSA`, `EC`, `Ed25519`, ... as Java's `Key.getAlgorithm` names it; the OID in digits where Java has no name.
    #[must_use]
    pub fn algorithm(&self) -> String {
        todo!()
    }
    /// Bits of the modulus, the curve's field or the key; `None` where that is not known.
    #[must_use]
    pub fn bits(&self) -> Option<u32> {
        todo!()
    }
    /// The SubjectPublicKeyInfo's DER of its public half, computed where the key does not carry it;
    /// `None` for algorithms that are only passed through.
    #[must_use]
    pub fn public_key_der(&self) -> Option<Vec<u8>> {
        todo!()
    }
    /// Whether this is the key of that SubjectPublicKeyInfo; `None` where that cannot be told.
    #[must_use]
    pub fn matches_public_key(&self, public_key_der: &[u8]) -> Option<bool> {
        let _ = public_key_der;
        todo!()
    }
    /// A second copy: one more to wipe.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            pkcs8: SecretBytes::new(self.pkcs8.expose_bytes().to_vec()),
        }
    }
}

/// A private key under a password: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958 section 3). Kept apart from
/// [`PrivateKey`] in the type, so that clear and encrypted bytes are never mistaken for each other.
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
        Ok(Self { der: der.into() })
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
    pub fn encryption(&self) -> Result<pbe::Pbe, KeyError> {
        todo!()
    }
    /// Decrypts the key.
    ///
    /// # Errors
    /// A wrong password (or altered bytes: the format cannot tell), an unsupported algorithm, a cap of `limits`.
    pub fn decrypt(&self, password: &Password, limits: &Limits) -> Result<PrivateKey, KeyError> {
        let _ = (password, limits);
        todo!()
    }
    /// Encrypts a key.
    ///
    /// # Errors
    /// What [`pbe::Pbe::encrypt`] refuses.
    pub fn encrypt(key: &PrivateKey, pbe: &pbe::Pbe, password: &Password) -> Result<Self, KeyError> {
        let _ = (key, pbe, password);
        todo!()
    }
}

/// Why a private key cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum KeyError {
    #[error("the key's encoding is damaged")]
    Damaged {
        #[from]
        source: crate::asn1::Error,
    },
    #[error(transparent)]
    Pbe {
        #[from]
        source: pbe::PbeError,
    },
}

impl KeyError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        todo!()
    }
}
