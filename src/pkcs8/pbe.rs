//! Password-based encryption: PKCS#12's schemes (RFC 7292 appendix C), PBES1 and PBES2 (RFC 8018).

use crate::crypto::{Cipher, CryptoRng, Digest};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::secret::{Password, SecretBytes};

/// An encryption algorithm with all its parameters, as an AlgorithmIdentifier says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pbe {
    scheme: Scheme,
    salt: Vec<u8>,
    iterations: u32,
    iv: Vec<u8>,
}

/// Which algorithms, without salt and count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// PKCS#12 PBE with SHA-1: 1.2.840.113549.1.12.1.1 to .6.
    Pkcs12(Cipher),
    /// PBES1 of PKCS#5.
    Pbes1 {
        /// MD5 or SHA-1 (MD2 is not supported).
        digest: Digest,
        /// DES or RC2.
        cipher: Cipher,
    },
    /// PBES2 with PBKDF2.
    Pbes2 {
        /// HMAC with this digest.
        prf: Digest,
        /// The cipher.
        cipher: Cipher,
    },
    /// PBES2 with scrypt (RFC 7914); `iterations` of the [`Pbe`] is not used.
    Scrypt {
        /// CPU and memory cost N, a power of two.
        log_n: u8,
        /// Block size r.
        r: u32,
        /// Parallelisation p.
        p: u32,
        /// The cipher.
        cipher: Cipher,
    },
}

/// A derived key and vector, to be used for one ciphertext.
pub struct DerivedKey {
    cipher: Cipher,
    key: SecretBytes,
    iv: Vec<u8>,
}

impl Pbe {
    /// A new one with a random salt of 20 octets and, where the scheme has one, a random vector.
    #[must_use]
    pub fn generate(scheme: Scheme, iterations: u32, rng: &mut dyn CryptoRng) -> Self {
        let _ = (scheme, iterations, rng);
        todo!()
    }
    /// Reads an AlgorithmIdentifier (its whole DER). `position` is where it stands in the file.
    ///
    /// # Errors
    /// An algorithm that is not supported (named), damaged parameters, a cap of `limits`.
    pub fn from_der(algorithm_identifier: &[u8], position: usize, limits: &Limits) -> Result<Self, PbeError> {
        let _ = (algorithm_identifier, position, limits);
        todo!()
    }
    /// The AlgorithmIdentifier's DER, byte for byte as keytool of JDK 17 writes it.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        todo!()
    }
    /// The algorithms.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }
    /// The iteration count; 1 for scrypt.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }
    /// The salt.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }
    /// The name people know: `PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC`, `PBE with SHA-1 and 40-bit RC2-CBC`.
    #[must_use]
    pub fn name(&self) -> String {
        todo!()
    }
    /// Derives key and vector: the expensive step, so that it can run beside others.
    ///
    /// # Errors
    /// [`PbeError::PasswordRequired`] for [`Password::none`].
    pub fn derive(&self, password: &Password) -> Result<DerivedKey, PbeError> {
        let _ = password;
        todo!()
    }
    /// Every way a password can be turned into octets for this scheme, the usual one first: the empty password is
    /// two zero octets or nothing at all, and writers differ.
    ///
    /// # Errors
    /// As [`derive`](Self::derive).
    pub fn derive_candidates(&self, password: &Password) -> Result<Vec<DerivedKey>, PbeError> {
        let _ = password;
        todo!()
    }
    /// Derives and decrypts, trying every candidate.
    ///
    /// # Errors
    /// [`PbeError::WrongPassword`] where the padding is wrong.
    pub fn decrypt(&self, password: &Password, ciphertext: &[u8]) -> Result<SecretBytes, PbeError> {
        let _ = (password, ciphertext);
        todo!()
    }
    /// Derives and encrypts.
    ///
    /// # Errors
    /// [`PbeError::PasswordRequired`] for [`Password::none`].
    pub fn encrypt(&self, password: &Password, plaintext: &[u8]) -> Result<Vec<u8>, PbeError> {
        let _ = (password, plaintext);
        todo!()
    }
}

impl DerivedKey {
    /// Decrypts one ciphertext.
    ///
    /// # Errors
    /// [`PbeError::WrongPassword`] where the padding is wrong.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, PbeError> {
        let _ = (ciphertext, self.cipher, &self.key, &self.iv);
        todo!()
    }
    /// Pads and encrypts in place what stands in `buffer` from `start` on.
    ///
    /// # Errors
    /// None that a derived key can cause.
    pub fn encrypt_in_place(&self, buffer: &mut Vec<u8>, start: usize) -> Result<(), PbeError> {
        let _ = (buffer, start);
        todo!()
    }
}

/// Why password-based encryption or decryption fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum PbeError {
    #[error("the encryption algorithm's parameters are damaged")]
    Damaged {
        #[from]
        source: crate::asn1::Error,
    },
    #[error("the encryption algorithm {name} is not supported")]
    Unsupported { name: String },
    #[error("the password is wrong, or the encrypted bytes were altered (the format cannot tell which)")]
    WrongPassword,
    #[error("the contents are encrypted and no password was given")]
    PasswordRequired,
    #[error("{what} of {value} exceeds the limit of {limit}")]
    LimitExceeded {
        what: &'static str,
        value: u64,
        limit: u64,
    },
}

impl PbeError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Damaged { .. } => ErrorKind::Damaged,
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::WrongPassword => ErrorKind::WrongPassword,
            Self::PasswordRequired => ErrorKind::PasswordRequired,
            Self::LimitExceeded { .. } => ErrorKind::LimitExceeded,
        }
    }
}
