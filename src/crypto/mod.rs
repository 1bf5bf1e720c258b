//! Digests, MACs, key derivations and ciphers: thin, and knowing no format.

pub use rand_core::CryptoRng;

use crate::secret::SecretBytes;

/// A digest algorithm a store may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the algorithms'")]
pub enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}

impl Digest {
    /// The algorithm's usual name: `SHA-256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        todo!()
    }
    /// Octets of the digest.
    #[must_use]
    pub const fn output_len(self) -> usize {
        todo!()
    }
    /// Octets of the compression function's block.
    #[must_use]
    pub const fn block_len(self) -> usize {
        todo!()
    }
    /// The digest of the parts, one after another.
    #[must_use]
    pub fn hash(self, parts: &[&[u8]]) -> Vec<u8> {
        let _ = parts;
        todo!()
    }
    /// HMAC (RFC 2104) over the parts, one after another.
    #[must_use]
    pub fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let _ = (key, parts);
        todo!()
    }
}

/// PBKDF2 with HMAC (RFC 8018 section 5.2).
#[must_use]
pub fn pbkdf2(prf: Digest, password: &[u8], salt: &[u8], iterations: u32, length: usize) -> SecretBytes {
    let _ = (prf, password, salt, iterations, length);
    todo!()
}

/// PBKDF1 (RFC 8018 section 5.1).
#[must_use]
pub fn pbkdf1(digest: Digest, password: &[u8], salt: &[u8], iterations: u32, length: usize) -> SecretBytes {
    let _ = (digest, password, salt, iterations, length);
    todo!()
}

/// What PKCS#12's own key derivation makes (the diversifier ID, RFC 7292 appendix B.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// ID 1: an encryption key.
    Key,
    /// ID 2: an initialisation vector.
    Iv,
    /// ID 3: a MAC key.
    Mac,
}

/// PKCS#12's own key derivation (RFC 7292 appendix B.2); `password` is UTF-16BE, terminator included.
#[must_use]
pub fn pkcs12_kdf(
    digest: Digest,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> SecretBytes {
    let _ = (digest, purpose, password, salt, iterations, length);
    todo!()
}

/// A cipher as PBES1, PBES2 and PKCS#12 name it, CBC with PKCS#7 padding unless it is a stream cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the algorithms'")]
pub enum Cipher {
    Aes128Cbc,
    Aes192Cbc,
    Aes256Cbc,
    DesCbc,
    /// Key of 24 octets.
    TripleDesCbc,
    /// Key of 16 octets, the first 8 used again as the third.
    TripleDes2KeyCbc,
    /// RC2 with this many effective key bits; the key may have any length.
    Rc2Cbc {
        effective_bits: u16,
    },
    Rc4,
}

/// Why a ciphertext could not be decrypted: its length or its padding is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext does not decrypt")]
pub struct CipherError;

impl Cipher {
    /// The usual name: `AES-256-CBC`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        todo!()
    }
    /// Octets of the initialisation vector, 0 for a stream cipher.
    #[must_use]
    pub const fn iv_len(self) -> usize {
        todo!()
    }
    /// Decrypts and takes the padding off.
    ///
    /// # Errors
    /// A key or vector of a wrong length, a length that is no multiple of the block, a wrong padding.
    pub fn decrypt(self, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CipherError> {
        let _ = (key, iv, ciphertext);
        todo!()
    }
    /// Pads and encrypts in place what stands in `buffer` from `start` on (so that a store can be encoded
    /// and encrypted in its one output buffer).
    ///
    /// # Errors
    /// A key or vector of a wrong length.
    pub fn encrypt_in_place(
        self,
        key: &[u8],
        iv: &[u8],
        buffer: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), CipherError> {
        let _ = (key, iv, buffer, start);
        todo!()
    }
}

/// Whether two byte strings are equal, in time that depends on their lengths only.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    a.ct_eq(b).into()
}
