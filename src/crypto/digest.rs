use hmac::{KeyInit, Mac};
use sha2::Digest as _;

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

/// Runs `$body` with `$D` as the digest's type.
macro_rules! with_type {
    ($digest:expr, $D:ident => $body:expr) => {
        match $digest {
            $crate::crypto::Digest::Md5 => {
                type $D = md5::Md5;
                $body
            }
            $crate::crypto::Digest::Sha1 => {
                type $D = sha1::Sha1;
                $body
            }
            $crate::crypto::Digest::Sha224 => {
                type $D = sha2::Sha224;
                $body
            }
            $crate::crypto::Digest::Sha256 => {
                type $D = sha2::Sha256;
                $body
            }
            $crate::crypto::Digest::Sha384 => {
                type $D = sha2::Sha384;
                $body
            }
            $crate::crypto::Digest::Sha512 => {
                type $D = sha2::Sha512;
                $body
            }
            $crate::crypto::Digest::Sha512_224 => {
                type $D = sha2::Sha512_224;
                $body
            }
            $crate::crypto::Digest::Sha512_256 => {
                type $D = sha2::Sha512_256;
                $body
            }
            $crate::crypto::Digest::Sha3_224 => {
                type $D = sha3::Sha3_224;
                $body
            }
            $crate::crypto::Digest::Sha3_256 => {
                type $D = sha3::Sha3_256;
                $body
            }
            $crate::crypto::Digest::Sha3_384 => {
                type $D = sha3::Sha3_384;
                $body
            }
            $crate::crypto::Digest::Sha3_512 => {
                type $D = sha3::Sha3_512;
                $body
            }
        }
    };
}
pub(super) use with_type;

impl Digest {
    /// The algorithm's usual name: `SHA-256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha512_224 => "SHA-512/224",
            Self::Sha512_256 => "SHA-512/256",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
        }
    }

    /// Octets of the digest.
    #[must_use]
    pub const fn output_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha512_256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// Octets of the block that HMAC and PKCS#12's key derivation fill (RFC 7292 appendix B.2's `v`).
    #[must_use]
    pub const fn block_len(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 128,
            Self::Sha3_224 => 144,
            Self::Sha3_256 => 136,
            Self::Sha3_384 => 104,
            Self::Sha3_512 => 72,
        }
    }

    /// The digest of the parts, one after another.
    #[must_use]
    pub fn hash(self, parts: &[&[u8]]) -> Vec<u8> {
        with_type!(self, D => {
            let mut digest = D::new();
            parts.iter().for_each(|part| digest.update(part));
            digest.finalize().to_vec()
        })
    }

    /// HMAC (RFC 2104) over the parts, one after another.
    #[must_use]
    pub fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let block;
        let key = if key.len() > self.block_len() {
            block = zeroize::Zeroizing::new(self.hash(&[key]));
            block.as_slice()
        } else {
            key
        };
        with_type!(self, D => {
            // A key no longer than the block is taken whatever its length.
            let Ok(mut mac) = hmac::SimpleHmac::<D>::new_from_slice(key) else { return Vec::new() };
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().to_vec()
        })
    }
}
