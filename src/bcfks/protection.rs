//! How BCFKS encrypts: PBES2 (RFC 8018) whose password is followed by the purpose of the key, with AES-256 in CCM
//! or key wrap with padding.

use super::{Error, Parameters};
use crate::asn1::{self, ObjectIdentifier, Reader, Tlv, tag, tlv};
use crate::crypto::{self, CryptoRng, Digest};
use crate::limits::Limits;
use crate::pkcs8::pbe::{PbeError, Pbkdf2, Scrypt, identifier, unsigned};
use crate::pkcs8::{EncryptedPrivateKey, PrivateKey, oid};
use crate::secret::{Password, SecretBytes};

const AES256_CCM: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.47");
const AES256_WRAP_PAD: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.48");
const KEY_LEN: usize = 32;
/// What Bouncy Castle writes, which reads others too.
const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 8;
/// CCMParameters ::= SEQUENCE { nonce OCTET STRING, icvLen INTEGER DEFAULT 12 } (RFC 5084).
const DEFAULT_TAG_LEN: u64 = 12;
const SALT_LEN: usize = 64;
/// Longer keys than this no HMAC makes use of.
const LONGEST_KEY: usize = 1024;

/// What a derived key is for; its name goes into the derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Purpose {
    Integrity,
    Store,
    PrivateKey,
    SecretKey,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Integrity => "INTEGRITY_CHECK",
            Self::Store => "STORE_ENCRYPTION",
            Self::PrivateKey => "PRIVATE_KEY_ENCRYPTION",
            Self::SecretKey => "SECRET_KEY_ENCRYPTION",
        }
    }
}

/// How the store and its keys are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// AES-256 in CCM.
    Ccm,
    /// AES-256 key wrap with padding.
    KeyWrap,
}

/// How a key is derived from a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// PBKDF2 with HMAC of this digest.
    Pbkdf2 {
        /// The digest.
        prf: Digest,
        /// The count.
        iterations: u32,
    },
    /// scrypt (RFC 7914).
    Scrypt {
        /// The cost N is two to the power of this.
        log_n: u8,
        /// Block size.
        r: u32,
        /// Parallelisation.
        p: u32,
    },
}

impl Derivation {
    /// 51,200 iterations of PBKDF2 with HMAC-SHA-512.
    pub const DEFAULT: Self = Self::Pbkdf2 {
        prf: Digest::Sha512,
        iterations: 51_200,
    };

    /// The count; none of scrypt.
    #[must_use]
    pub const fn iterations(self) -> Option<u32> {
        match self {
            Self::Pbkdf2 { iterations, .. } => Some(iterations),
            Self::Scrypt { .. } => None,
        }
    }

    /// `PBKDF2-HMAC-SHA-512`, `scrypt`
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Pbkdf2 { prf, .. } => format!("PBKDF2-HMAC-{}", prf.name()),
            Self::Scrypt { .. } => String::from("scrypt"),
        }
    }
}

impl Encryption {
    /// `AES-256-CCM`, `AES-256-KWP`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ccm => "AES-256-CCM",
            Self::KeyWrap => "AES-256-KWP",
        }
    }
}

/// A derivation with its salt.
pub(super) struct Salted {
    pub(super) derivation: Derivation,
    salt: Vec<u8>,
    key_len: Option<usize>,
}

impl Salted {
    pub(super) fn generate(derivation: Derivation, key_len: usize, rng: &mut dyn CryptoRng) -> Self {
        let mut salt = vec![0; SALT_LEN];
        rng.fill_bytes(&mut salt);
        Self {
            derivation,
            salt,
            key_len: Some(key_len),
        }
    }

    /// Reads what stands inside a KeyDerivationFunc.
    pub(super) fn read(mut fields: Reader<'_>, limits: &Limits) -> Result<Self, PbeError> {
        let id = fields.oid("key derivation function")?;
        if id == oid::SCRYPT {
            let Scrypt {
                salt,
                log_n,
                r,
                p,
                key_len,
            } = Scrypt::read(&mut fields, limits)?;
            return Ok(Self {
                derivation: Derivation::Scrypt { log_n, r, p },
                salt,
                key_len,
            });
        }
        if id != oid::PBKDF2 {
            return Err(PbeError::Unsupported {
                name: oid::describe(&id),
            });
        }
        let Pbkdf2 {
            salt,
            iterations,
            key_len,
            prf,
        } = Pbkdf2::read(&mut fields, limits)?;
        Ok(Self {
            derivation: Derivation::Pbkdf2 { prf, iterations },
            salt,
            key_len,
        })
    }

    pub(super) fn to_der(&self) -> Vec<u8> {
        match self.derivation {
            Derivation::Pbkdf2 { prf, iterations } => Pbkdf2 {
                salt: self.salt.clone(),
                iterations,
                key_len: self.key_len,
                prf,
            }
            .to_der(),
            Derivation::Scrypt { log_n, r, p } => Scrypt {
                salt: self.salt.clone(),
                log_n,
                r,
                p,
                key_len: self.key_len,
            }
            .to_der(),
        }
    }

    /// Derives as Bouncy Castle does, and, where that is not accepted and RFC 7914 means another key, as that does.
    pub(super) fn derive_if<T>(
        &self,
        password: &Password,
        purpose: Purpose,
        default_len: usize,
        accept: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, PbeError> {
        let key = self.derive(password, purpose, default_len)?;
        if let Some(accepted) = accept(key.expose_bytes()) {
            return Ok(Some(accepted));
        }
        let Derivation::Scrypt { r, p, .. } = self.derivation else {
            return Ok(None);
        };
        if r == p {
            return Ok(None);
        }
        let key = self.derive_with(password, purpose, default_len, p)?;
        Ok(accept(key.expose_bytes()))
    }

    /// The key as Bouncy Castle derives it, whose scrypt has by a slip the block size in the place of the
    /// parallelisation (`BcFKSKeyStoreSpi.generateKey`).
    pub(super) fn derive(
        &self,
        password: &Password,
        purpose: Purpose,
        default_len: usize,
    ) -> Result<SecretBytes, PbeError> {
        let parallelisation = match self.derivation {
            Derivation::Scrypt { r, .. } => r,
            Derivation::Pbkdf2 { .. } => 1,
        };
        self.derive_with(password, purpose, default_len, parallelisation)
    }

    /// The key: the password in UTF-16BE with two zero octets behind it (nothing, where it is empty), then the
    /// purpose's name in the same form.
    fn derive_with(
        &self,
        password: &Password,
        purpose: Purpose,
        default_len: usize,
        parallelisation: u32,
    ) -> Result<SecretBytes, PbeError> {
        let length = self.key_len.unwrap_or(default_len);
        if length == 0 || length > LONGEST_KEY {
            return Err(PbeError::LimitExceeded {
                what: "a derived key's length (bytes)",
                value: u64::try_from(length).unwrap_or(u64::MAX),
                limit: u64::try_from(LONGEST_KEY).unwrap_or(u64::MAX),
            });
        }
        let octets = password.expose_bmp_unless_empty();
        let purpose = Password::new(purpose.name()).expose_bmp_terminated();
        let octets = SecretBytes::new([octets.expose_bytes(), purpose.expose_bytes()].concat());
        let octets = octets.expose_bytes();
        match self.derivation {
            Derivation::Pbkdf2 { prf, iterations } => {
                Ok(crypto::pbkdf2(prf, octets, &self.salt, iterations, length))
            }
            Derivation::Scrypt { log_n, r, .. } => {
                Scrypt::bound(log_n, r, parallelisation, &Limits::DEFAULT)?;
                crypto::scrypt(octets, &self.salt, log_n, r, parallelisation, length).ok_or_else(|| {
                    PbeError::Unsupported {
                        name: String::from("scrypt with parameters outside its definition"),
                    }
                })
            }
        }
    }
}

/// An encryptionAlgorithm: PBES2 with all its parameters.
pub(super) struct Protection {
    salted: Salted,
    scheme: Scheme,
}

enum Scheme {
    Ccm { nonce: Vec<u8>, tag_len: usize },
    KeyWrap,
}

impl Protection {
    pub(super) fn generate(parameters: &Parameters, rng: &mut dyn CryptoRng) -> Self {
        let scheme = match parameters.encryption {
            Encryption::Ccm => {
                let mut nonce = vec![0; NONCE_LEN];
                rng.fill_bytes(&mut nonce);
                Scheme::Ccm {
                    nonce,
                    tag_len: TAG_LEN,
                }
            }
            Encryption::KeyWrap => Scheme::KeyWrap,
        };
        Self {
            salted: Salted::generate(parameters.derivation, KEY_LEN, rng),
            scheme,
        }
    }

    pub(super) fn read(algorithm: Tlv<'_>, limits: &Limits) -> Result<Self, PbeError> {
        let mut fields = algorithm.reader();
        let id = fields.oid("encryption algorithm")?;
        if id != oid::PBES2 {
            return Err(PbeError::Unsupported {
                name: oid::describe(&id),
            });
        }
        let mut parameters = fields.sequence("PBES2 parameters")?;
        let derivation = parameters.sequence("PBES2 keyDerivationFunc")?;
        let mut encryption = parameters.sequence("PBES2 encryptionScheme")?;
        let id = encryption.oid("encryption scheme")?;
        let scheme = match id {
            AES256_CCM => ccm_parameters(&mut encryption)?,
            AES256_WRAP_PAD => Scheme::KeyWrap,
            other => {
                return Err(PbeError::Unsupported {
                    name: oid::describe(&other),
                });
            }
        };
        let salted = Salted::read(derivation, limits)?;
        if let Some(length) = salted.key_len.filter(|length| *length != KEY_LEN) {
            return Err(PbeError::Unsupported {
                name: format!("AES-256 with a key of {length} octets"),
            });
        }
        Ok(Self { salted, scheme })
    }

    pub(super) fn to_der(&self) -> Vec<u8> {
        let scheme = match &self.scheme {
            Scheme::Ccm { nonce, tag_len } => {
                let nonce = tlv(tag::OCTET_STRING, &[nonce]);
                let length = unsigned(u64::try_from(*tag_len).unwrap_or_default());
                identifier(AES256_CCM, &tlv(tag::SEQUENCE, &[&nonce, &length]))
            }
            Scheme::KeyWrap => identifier(AES256_WRAP_PAD, &[]),
        };
        identifier(oid::PBES2, &tlv(tag::SEQUENCE, &[&self.salted.to_der(), &scheme]))
    }

    pub(super) const fn encryption(&self) -> Encryption {
        match self.scheme {
            Scheme::Ccm { .. } => Encryption::Ccm,
            Scheme::KeyWrap => Encryption::KeyWrap,
        }
    }

    pub(super) const fn derivation(&self) -> Derivation {
        self.salted.derivation
    }

    /// The plain octets; nothing where they do not verify.
    pub(super) fn decrypt(
        &self,
        password: &Password,
        purpose: Purpose,
        ciphertext: &[u8],
    ) -> Result<Option<SecretBytes>, PbeError> {
        self.salted.derive_if(password, purpose, KEY_LEN, |key| {
            match &self.scheme {
                Scheme::Ccm { nonce, tag_len } => crypto::ccm_decrypt(key, nonce, *tag_len, ciphertext),
                Scheme::KeyWrap => crypto::kwp_unwrap(key, ciphertext),
            }
            .ok()
        })
    }

    pub(super) fn encrypt(
        &self,
        password: &Password,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, PbeError> {
        let key = self.salted.derive(password, purpose, KEY_LEN)?;
        match &self.scheme {
            Scheme::Ccm { nonce, tag_len } => crypto::ccm_encrypt(key.expose_bytes(), nonce, *tag_len, plain),
            Scheme::KeyWrap => crypto::kwp_wrap(key.expose_bytes(), plain),
        }
        .or(Err(PbeError::Unsupported {
            name: String::from(self.encryption().name()),
        }))
    }
}

fn ccm_parameters(fields: &mut Reader<'_>) -> Result<Scheme, PbeError> {
    let mut parameters = fields.sequence("CCM parameters")?;
    let nonce = parameters.octet_string("CCM nonce")?.to_vec();
    let tag_len = if parameters.is_empty() {
        DEFAULT_TAG_LEN
    } else {
        parameters.unsigned("CCM icvLen")?
    };
    let tag_len = usize::try_from(tag_len).unwrap_or(usize::MAX);
    if !crypto::is_ccm_supported(nonce.len(), tag_len) {
        return Err(PbeError::Unsupported {
            name: format!(
                "AES-256-CCM with a nonce of {} and a tag of {tag_len} octets",
                nonce.len()
            ),
        });
    }
    Ok(Scheme::Ccm { nonce, tag_len })
}

/// Recovers a private key that BCFKS's encryption protects; nothing where it is protected otherwise.
///
/// # Errors
/// A wrong password (or altered bytes: the format cannot tell), damaged parameters, a cap of `limits`.
pub(crate) fn recover_key(
    key: &EncryptedPrivateKey,
    password: &Password,
    limits: &Limits,
) -> Option<Result<PrivateKey, Error>> {
    let (algorithm, ciphertext) = key.parts().ok()?;
    if !is_own(algorithm).ok()? {
        return None;
    }
    let open = || {
        Protection::read(algorithm, limits)?
            .decrypt(password, Purpose::PrivateKey, ciphertext)?
            .ok_or(Error::KeyPassword)
    };
    Some(open().and_then(|plain| PrivateKey::from_pkcs8_der(plain).map_err(|source| Error::Key { source })))
}

/// Whether an AlgorithmIdentifier is PBES2 with one of BCFKS's two ciphers.
fn is_own(algorithm: Tlv<'_>) -> Result<bool, asn1::Error> {
    let mut fields = algorithm.reader();
    if fields.oid("encryption algorithm")? != oid::PBES2 {
        return Ok(false);
    }
    let mut parameters = fields.sequence("PBES2 parameters")?;
    parameters.sequence("PBES2 keyDerivationFunc")?;
    let id = parameters
        .sequence("PBES2 encryptionScheme")?
        .oid("encryption scheme")?;
    Ok(id == AES256_CCM || id == AES256_WRAP_PAD)
}

/// The name of the encryption of a key (`SEQUENCE { AlgorithmIdentifier, OCTET STRING }`), and its count; nothing
/// where it is not BCFKS's own.
pub(crate) fn describe(encrypted: &[u8]) -> Option<(String, Option<u32>)> {
    let mut fields = Reader::new(encrypted).sequence("encrypted key").ok()?;
    let algorithm = fields.read(tag::SEQUENCE, "encryption algorithm").ok()?;
    let protection = Protection::read(algorithm, &Limits::DEFAULT).ok()?;
    let parameters = Parameters {
        encryption: protection.encryption(),
        derivation: protection.derivation(),
        ..Parameters::DEFAULT
    };
    Some((parameters.name(), parameters.derivation.iterations()))
}
