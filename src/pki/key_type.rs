use std::fmt;
use std::str::FromStr;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair};

use super::PkiError;
use crate::pkcs8::PrivateKey;
use crate::secret::SecretBytes;

/// A kind of key that can be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// EC on P-256 (secp256r1).
    #[default]
    EcP256,
    /// EC on P-384 (secp384r1).
    EcP384,
    /// EC on P-521 (secp521r1).
    EcP521,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
    /// RSA with 8192 bits.
    Rsa8192,
    /// Ed25519 (RFC 8410): JDK 15 and later.
    Ed25519,
}

impl KeyType {
    /// The kinds that the program offers.
    pub const ALL: [Self; 7] = [
        Self::EcP256,
        Self::EcP384,
        Self::EcP521,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Ed25519,
    ];

    /// `ec-p256`, `rsa-2048`, ...
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcP256 => "ec-p256",
            Self::EcP384 => "ec-p384",
            Self::EcP521 => "ec-p521",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::Rsa8192 => "rsa-8192",
            Self::Ed25519 => "ed25519",
        }
    }

    /// RSA of that many bits; `None` for sizes that are not made here.
    #[must_use]
    pub const fn rsa(bits: u32) -> Option<Self> {
        match bits {
            2048 => Some(Self::Rsa2048),
            3072 => Some(Self::Rsa3072),
            4096 => Some(Self::Rsa4096),
            8192 => Some(Self::Rsa8192),
            _ => None,
        }
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`PkiError::Crypto`]: no random numbers, no memory.
    pub fn generate(self) -> Result<PrivateKey, PkiError> {
        let failed = |_| PkiError::Crypto { action: "make a key" };
        let pkcs8 = match self {
            Self::EcP256 => return ec(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            Self::EcP384 => return ec(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            Self::EcP521 => return ec(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
            Self::Ed25519 => {
                let pair = Ed25519KeyPair::generate().map_err(failed)?;
                // Version 1, without the public key: JDKs before 20 do not read version 2.
                pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec()
            }
            Self::Rsa2048 => return rsa(KeySize::Rsa2048),
            Self::Rsa3072 => return rsa(KeySize::Rsa3072),
            Self::Rsa4096 => return rsa(KeySize::Rsa4096),
            Self::Rsa8192 => return rsa(KeySize::Rsa8192),
        };
        private_key(pkcs8)
    }
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm) -> Result<PrivateKey, PkiError> {
    let failed = |_| PkiError::Crypto {
        action: "make an EC key",
    };
    let pair = EcdsaKeyPair::generate(algorithm).map_err(failed)?;
    private_key(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec())
}

fn rsa(size: KeySize) -> Result<PrivateKey, PkiError> {
    let failed = |_| PkiError::Crypto {
        action: "make an RSA key",
    };
    let pair = aws_lc_rs::rsa::KeyPair::generate(size).map_err(failed)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    private_key(der.as_ref().to_vec())
}

fn private_key(pkcs8: Vec<u8>) -> Result<PrivateKey, PkiError> {
    PrivateKey::from_pkcs8_der(SecretBytes::new(pkcs8)).or(Err(PkiError::Crypto {
        action: "encode a key",
    }))
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for KeyType {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| PkiError::UnknownKeyType {
                text: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_is_made_and_tells_its_public_half() {
        for kind in KeyType::ALL {
            let key = kind.generate().unwrap();
            assert!(key.public_key_der().is_some(), "{kind}");
            let expected = match kind {
                KeyType::Ed25519 => "Ed25519",
                KeyType::EcP256 | KeyType::EcP384 | KeyType::EcP521 => "EC",
                _ => "RSA",
            };
            assert_eq!(key.algorithm(), expected, "{kind}");
            assert_eq!(kind.name().parse::<KeyType>().unwrap(), kind);
        }
    }
}
