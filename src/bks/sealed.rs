//! Keys of a BKS store, in the clear and sealed:
//!
//! ```text
//! key:    u1 kind (0 private, 1 public, 2 secret)   utf format   utf algorithm   u4 length   encoded
//! sealed: u4 length   salt   u4 iterations   3DES-CBC of a key
//! ```

use bytes::Bytes;
use zeroize::Zeroizing;

use super::records::{Cursor, put_octets, put_text};
use super::{Error, ITERATIONS, derive};
use crate::crypto::{Cipher, CryptoRng};
use crate::limits::Limits;
use crate::pkcs8::PrivateKey;
use crate::secret::{Password, SecretBytes};

const SALT_LEN: usize = 20;

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum KeyKind {
    Private,
    Public,
    Secret,
}

impl KeyKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Secret => "secret",
        }
    }
}

/// A key in the clear.
#[derive(Debug)]
pub struct Key {
    /// What it is.
    pub kind: KeyKind,
    /// Its encoding, as `java.security.Key.getFormat` names it: `PKCS#8`, `X.509`, `RAW`.
    pub format: String,
    /// Its algorithm, as `java.security.Key.getAlgorithm` names it.
    pub algorithm: String,
    /// The encoded key.
    pub encoded: SecretBytes,
}

impl Key {
    /// A private key to be written.
    #[must_use]
    pub fn private(key: &PrivateKey) -> Self {
        Self {
            kind: KeyKind::Private,
            format: String::from("PKCS#8"),
            algorithm: key.algorithm(),
            encoded: SecretBytes::new(key.expose_pkcs8_der().to_vec()),
        }
    }

    /// A secret key to be written: its algorithm by Java's name, and its octets.
    #[must_use]
    pub fn secret(algorithm: &str, octets: &SecretBytes) -> Self {
        Self {
            kind: KeyKind::Secret,
            format: String::from("RAW"),
            algorithm: algorithm.to_owned(),
            encoded: SecretBytes::new(octets.expose_bytes().to_vec()),
        }
    }

    /// The private key that it is.
    ///
    /// # Errors
    /// It is another kind of key, or no PKCS#8.
    pub fn to_private_key(&self) -> Result<PrivateKey, Error> {
        if self.kind != KeyKind::Private || !matches!(self.format.as_str(), "PKCS#8" | "PKCS8") {
            return Err(self.other("private"));
        }
        PrivateKey::from_pkcs8_der(SecretBytes::new(self.encoded.expose_bytes().to_vec()))
            .map_err(|source| Error::Key { source })
    }

    /// The secret key that it is: its algorithm by Java's name, and its octets.
    ///
    /// # Errors
    /// It is another kind of key, or has no octets of its own.
    pub fn to_secret_key(&self) -> Result<(String, SecretBytes), Error> {
        if self.kind != KeyKind::Secret || self.format != "RAW" {
            return Err(self.other("secret"));
        }
        let octets = SecretBytes::new(self.encoded.expose_bytes().to_vec());
        Ok((self.algorithm.clone(), octets))
    }

    /// A second copy: one more to wipe.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            kind: self.kind,
            format: self.format.clone(),
            algorithm: self.algorithm.clone(),
            encoded: SecretBytes::new(self.encoded.expose_bytes().to_vec()),
        }
    }

    fn other(&self, expected: &'static str) -> Error {
        Error::OtherKey {
            found: self.kind.name(),
            format: self.format.clone(),
            expected,
        }
    }

    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        let [kind] = cursor.array("a key's kind")?;
        let kind = match kind {
            0 => KeyKind::Private,
            1 => KeyKind::Public,
            2 => KeyKind::Secret,
            kind => return Err(Error::KeyKind { kind }),
        };
        Ok(Self {
            kind,
            format: cursor.text("a key's format")?,
            algorithm: cursor.text("a key's algorithm")?,
            encoded: SecretBytes::new(cursor.octets("a key")?.to_vec()),
        })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        out.push(match self.kind {
            KeyKind::Private => 0,
            KeyKind::Public => 1,
            KeyKind::Secret => 2,
        });
        put_text(out, &self.format)?;
        put_text(out, &self.algorithm)?;
        put_octets(out, self.encoded.expose_bytes())
    }
}

/// A key under a password of its own, or the store's (PBEWithSHAAnd3-KeyTripleDES-CBC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKey {
    octets: Bytes,
}

impl SealedKey {
    /// Its salt, its iterations and its ciphertext as they stand in the file.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.octets
    }

    /// What stands where a sealed key belongs: a store with one broken key still has others.
    pub(super) const fn unchecked(octets: Bytes) -> Self {
        Self { octets }
    }

    /// The iterations of its key derivation; `None` where it is cut short.
    #[must_use]
    pub fn iterations(&self) -> Option<u32> {
        self.parts().ok().map(|(_, iterations, _)| iterations)
    }

    fn parts(&self) -> Result<(&[u8], u32, &[u8]), Error> {
        let mut cursor = Cursor {
            whole: &self.octets,
            at: 0,
            most: 0,
        };
        let salt = cursor.octets("a sealed key's salt")?;
        Ok((salt, cursor.u4("a sealed key's iteration count")?, cursor.rest()))
    }

    /// Opens it.
    ///
    /// # Errors
    /// A wrong password (or altered octets: the format cannot tell), a cap of `limits`.
    pub fn open(&self, password: &Password, limits: &Limits) -> Result<Key, Error> {
        let (salt, iterations, ciphertext) = self.parts()?;
        if iterations == 0 || iterations > limits.iterations {
            return Err(Error::Iterations {
                iterations,
                limit: limits.iterations,
            });
        }
        let (key, iv) = derive(Cipher::TripleDesCbc, password, salt, iterations);
        let plain = Cipher::TripleDesCbc
            .decrypt(key.expose_bytes(), iv.expose_bytes(), ciphertext)
            .or(Err(Error::KeyPassword))?;
        // A wrong key now and then leaves a right padding: what comes out has to be a key, and nothing behind.
        let mut cursor = Cursor {
            whole: plain.expose_bytes(),
            at: 0,
            most: 0,
        };
        let key = Key::read(&mut cursor).or(Err(Error::KeyPassword))?;
        if cursor.rest().is_empty() {
            Ok(key)
        } else {
            Err(Error::KeyPassword)
        }
    }

    /// Seals a key.
    ///
    /// # Errors
    /// An algorithm's name that is too long for the format.
    pub fn seal(
        key: &Key,
        password: &Password,
        iterations: Option<u32>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, Error> {
        let mut salt = vec![0; SALT_LEN];
        rng.fill_bytes(&mut salt);
        let iterations = iterations.unwrap_or(ITERATIONS);
        let mut plain = Zeroizing::new(Vec::with_capacity(key.encoded.len() + 64));
        key.put(&mut plain)?;
        let (key, iv) = derive(Cipher::TripleDesCbc, password, &salt, iterations);
        // The lengths of key and vector are those of the cipher.
        let _ = Cipher::TripleDesCbc.encrypt_in_place(key.expose_bytes(), iv.expose_bytes(), &mut plain, 0);
        let mut octets = Vec::with_capacity(plain.len() + 28);
        put_octets(&mut octets, &salt)?;
        octets.extend(iterations.to_be_bytes());
        octets.extend_from_slice(&plain);
        Ok(Self {
            octets: Bytes::from(octets),
        })
    }
}
