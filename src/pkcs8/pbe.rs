//! Password-based encryption: PKCS#12's schemes (RFC 7292 appendix C), PBES1 and PBES2 (RFC 8018).

use der::asn1::ObjectIdentifier;

use super::oid;
use crate::asn1::{self, Reader, tag, tlv};
use crate::crypto::{self, Cipher, CryptoRng, Digest, Purpose};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::secret::{Password, SecretBytes};

/// Octets of a fresh salt, as the JDK writes it (`PKCS12KeyStore.SALT_LEN`).
pub(crate) const SALT_LEN: usize = 20;

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
        /// MD5 or SHA-1.
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
    /// PBES2 with scrypt (RFC 7914).
    Scrypt {
        /// The cost N is two to the power of this.
        log_n: u8,
        /// Block size.
        r: u32,
        /// Parallelisation.
        p: u32,
        /// The cipher.
        cipher: Cipher,
    },
}

/// A derived key and vector.
pub struct DerivedKey {
    cipher: Cipher,
    key: SecretBytes,
    iv: SecretBytes,
}

impl Pbe {
    /// A new one with a random salt of 20 octets and, where the scheme has one, a random vector.
    #[must_use]
    pub fn generate(scheme: Scheme, iterations: u32, rng: &mut dyn CryptoRng) -> Self {
        let mut salt = vec![
            0;
            if matches!(scheme, Scheme::Pbes1 { .. }) {
                8
            } else {
                SALT_LEN
            }
        ];
        rng.fill_bytes(&mut salt);
        let iv_len = match scheme {
            Scheme::Pbes2 { cipher, .. } | Scheme::Scrypt { cipher, .. } => cipher.iv_len(),
            Scheme::Pkcs12(_) | Scheme::Pbes1 { .. } => 0,
        };
        let mut iv = vec![0; iv_len];
        rng.fill_bytes(&mut iv);
        Self {
            scheme,
            salt,
            iterations,
            iv,
        }
    }

    /// Another of the same scheme and count, with salt and vector of its own.
    #[must_use]
    pub fn renew(&self, rng: &mut dyn CryptoRng) -> Self {
        Self::generate(self.scheme, self.iterations, rng)
    }

    /// Reads an AlgorithmIdentifier (its whole DER). `position` is where it stands in the file.
    ///
    /// # Errors
    /// An algorithm that is not supported (named), damaged parameters, a cap of `limits`.
    pub fn from_der(algorithm_identifier: &[u8], position: usize, limits: &Limits) -> Result<Self, PbeError> {
        let mut fields =
            Reader::at(algorithm_identifier, position).sequence("encryption AlgorithmIdentifier")?;
        let id = fields.oid("encryption algorithm")?;
        if id == oid::PBES2 {
            return Self::pbes2(&mut fields, limits);
        }
        let pkcs12 = oid::PKCS12_SCHEMES.iter().find(|(_, known)| *known == id);
        let pbes1 = oid::PBES1_SCHEMES.iter().find(|(_, _, known)| *known == id);
        let scheme = match (pkcs12, pbes1) {
            (Some((cipher, _)), _) => Scheme::Pkcs12(*cipher),
            (_, Some((digest, cipher, _))) => Scheme::Pbes1 {
                digest: *digest,
                cipher: *cipher,
            },
            _ => {
                return Err(PbeError::Unsupported {
                    name: oid::describe(&id),
                });
            }
        };
        let mut parameters = fields.sequence("PBE parameters")?;
        let salt = salt(parameters.octet_string("PBE salt")?, limits)?;
        let iterations = iterations(&mut parameters, limits)?;
        Ok(Self {
            scheme,
            salt,
            iterations,
            iv: Vec::new(),
        })
    }

    /// PBES2-params ::= SEQUENCE { keyDerivationFunc, encryptionScheme } (RFC 8018 appendix A.4).
    fn pbes2(fields: &mut Reader<'_>, limits: &Limits) -> Result<Self, PbeError> {
        let mut parameters = fields.sequence("PBES2 parameters")?;
        let mut derivation = parameters.sequence("PBES2 keyDerivationFunc")?;
        let mut encryption = parameters.sequence("PBES2 encryptionScheme")?;
        let (cipher, iv) = encryption_scheme(&mut encryption)?;
        let id = derivation.oid("key derivation function")?;
        if id == oid::SCRYPT {
            let Scrypt {
                salt, log_n, r, p, ..
            } = Scrypt::read(&mut derivation, limits)?;
            return Ok(Self {
                scheme: Scheme::Scrypt { log_n, r, p, cipher },
                salt,
                iterations: 1,
                iv,
            });
        }
        if id != oid::PBKDF2 {
            return Err(PbeError::Unsupported {
                name: format!("PBES2 with {}", oid::describe(&id)),
            });
        }
        let Pbkdf2 {
            salt,
            iterations,
            prf,
            ..
        } = Pbkdf2::read(&mut derivation, limits)?;
        Ok(Self {
            scheme: Scheme::Pbes2 { prf, cipher },
            salt,
            iterations,
            iv,
        })
    }

    /// The AlgorithmIdentifier's DER, byte for byte as the JDK writes it.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let count = unsigned(u64::from(self.iterations));
        let salt = tlv(tag::OCTET_STRING, &[&self.salt]);
        match self.scheme {
            Scheme::Pkcs12(cipher) => {
                let id = oid::PKCS12_SCHEMES
                    .iter()
                    .find(|(known, _)| *known == cipher)
                    .map(|(_, id)| *id);
                identifier(id.unwrap_or(oid::PBES2), &tlv(tag::SEQUENCE, &[&salt, &count]))
            }
            Scheme::Pbes1 { digest, cipher } => {
                let id = oid::PBES1_SCHEMES
                    .iter()
                    .find(|(d, c, _)| *d == digest && *c == cipher)
                    .map(|(_, _, id)| *id);
                identifier(id.unwrap_or(oid::PBES2), &tlv(tag::SEQUENCE, &[&salt, &count]))
            }
            Scheme::Pbes2 { prf, cipher } => {
                let derivation = Pbkdf2 {
                    salt: self.salt.clone(),
                    iterations: self.iterations,
                    key_len: Some(cipher.key_len()),
                    prf,
                };
                self.pbes2_to_der(cipher, &derivation.to_der())
            }
            Scheme::Scrypt { log_n, r, p, cipher } => {
                let derivation = Scrypt {
                    salt: self.salt.clone(),
                    log_n,
                    r,
                    p,
                    key_len: None,
                };
                self.pbes2_to_der(cipher, &derivation.to_der())
            }
        }
    }

    fn pbes2_to_der(&self, cipher: Cipher, derivation: &[u8]) -> Vec<u8> {
        let iv = tlv(tag::OCTET_STRING, &[&self.iv]);
        let (id, parameters) = match cipher {
            Cipher::Rc2Cbc { effective_bits } => {
                let version = rc2_version(effective_bits);
                (
                    oid::CIPHERS.last().map(|(_, id)| *id),
                    tlv(tag::SEQUENCE, &[&unsigned(version), &iv]),
                )
            }
            _ => (
                oid::CIPHERS
                    .iter()
                    .find(|(known, _)| *known == cipher)
                    .map(|(_, id)| *id),
                iv,
            ),
        };
        let encryption = identifier(id.unwrap_or(oid::PBES2), &parameters);
        identifier(oid::PBES2, &tlv(tag::SEQUENCE, &[derivation, &encryption]))
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

    /// The name people know: `PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC`.
    #[must_use]
    pub fn name(&self) -> String {
        self.scheme.name()
    }

    /// What a derivation costs, in iterations of PBKDF2. Scrypt has none: it makes 4 N r p blocks of Salsa20/8
    /// (RFC 7914 sections 4 and 5), and two of these take about as long as one HMAC of SHA-256.
    pub(crate) fn work(&self) -> u64 {
        match self.scheme {
            Scheme::Scrypt { log_n, r, p, .. } => 2_u64
                .checked_shl(u32::from(log_n))
                .unwrap_or(u64::MAX)
                .saturating_mul(u64::from(r))
                .saturating_mul(u64::from(p)),
            Scheme::Pbes2 { prf, cipher } => rounds(self.iterations, cipher.key_len(), prf),
            _ => u64::from(self.iterations),
        }
    }

    /// Derives key and vector: the expensive step, so that it can run beside others.
    ///
    /// # Errors
    /// [`PbeError::PasswordRequired`] for [`Password::none`].
    pub fn derive(&self, password: &Password) -> Result<DerivedKey, PbeError> {
        let octets = self.password_octets(password)?;
        Ok(self.derive_with(octets.expose_bytes()))
    }

    fn password_octets(&self, password: &Password) -> Result<SecretBytes, PbeError> {
        if password.is_none() {
            return Err(PbeError::PasswordRequired);
        }
        Ok(match self.scheme {
            Scheme::Pkcs12(_) => password.expose_bmp_terminated(),
            _ => SecretBytes::new(password.expose_utf8().to_vec()),
        })
    }

    /// The other octets some writers make of the same password: the empty one is two zero octets or none, or
    /// one NUL character; and text beyond ASCII the JDK masks to 7 bits for PKCS#12's schemes
    /// (`com.sun.crypto.provider.PBEKey` from JDK 25 on), others write in UTF-16 or Latin-1 for PBES2.
    fn other_octets(&self, password: &Password) -> Vec<SecretBytes> {
        let Some(text) = password.expose_text() else {
            return Vec::new();
        };
        if text.is_empty() {
            return vec![SecretBytes::new(match self.scheme {
                Scheme::Pkcs12(_) => Vec::new(),
                _ => vec![0],
            })];
        }
        if text.is_ascii() {
            return Vec::new();
        }
        let mut others = Vec::new();
        if matches!(self.scheme, Scheme::Pkcs12(_)) {
            let mut masked: Vec<u8> = text.bytes().flat_map(|octet| [0, octet & 0x7f]).collect();
            masked.extend([0, 0]);
            others.push(SecretBytes::new(masked));
            // Each octet of UTF-8 as one character: what OpenSSL takes where the locale is not UTF-8.
            let mut widened: Vec<u8> = text.bytes().flat_map(|octet| [0, octet]).collect();
            widened.extend([0, 0]);
            others.push(SecretBytes::new(widened));
        } else {
            others.push(password.expose_bmp_terminated());
            others.push(password.expose_utf16be());
        }
        if let Ok(latin1) = text.chars().map(u8::try_from).collect::<Result<Vec<_>, _>>() {
            others.push(SecretBytes::new(latin1));
        }
        others
    }

    fn derive_with(&self, password: &[u8]) -> DerivedKey {
        let fixed_iv = || SecretBytes::new(self.iv.clone());
        match self.scheme {
            Scheme::Pkcs12(cipher) => {
                let derive = |purpose, length| {
                    crypto::pkcs12_kdf(
                        Digest::Sha1,
                        purpose,
                        password,
                        &self.salt,
                        self.iterations,
                        length,
                    )
                };
                let key = derive(Purpose::Key, cipher.key_len());
                let iv = match cipher.iv_len() {
                    0 => SecretBytes::default(),
                    length => derive(Purpose::Iv, length),
                };
                DerivedKey { cipher, key, iv }
            }
            Scheme::Pbes1 { digest, cipher } => {
                let octets = crypto::pbkdf1(digest, password, &self.salt, self.iterations, 16);
                let (key, iv) = octets.expose_bytes().split_at_checked(8).unwrap_or_default();
                DerivedKey {
                    cipher,
                    key: SecretBytes::new(key.to_vec()),
                    iv: SecretBytes::new(iv.to_vec()),
                }
            }
            Scheme::Pbes2 { prf, cipher } => {
                let key = crypto::pbkdf2(prf, password, &self.salt, self.iterations, cipher.key_len());
                DerivedKey {
                    cipher,
                    key,
                    iv: fixed_iv(),
                }
            }
            Scheme::Scrypt { log_n, r, p, cipher } => {
                let key = crypto::scrypt(password, &self.salt, log_n, r, p, cipher.key_len());
                DerivedKey {
                    cipher,
                    key: key.unwrap_or_default(),
                    iv: fixed_iv(),
                }
            }
        }
    }

    /// Derives and decrypts; `accept` says whether the result is what it should be, since a wrong key now and
    /// then leaves a right padding. Where the usual octets of the password do not do, the others are tried.
    ///
    /// # Errors
    /// [`PbeError::WrongPassword`] where nothing acceptable comes out.
    pub fn decrypt_if(
        &self,
        password: &Password,
        ciphertext: &[u8],
        accept: impl Fn(&[u8]) -> bool,
    ) -> Result<SecretBytes, PbeError> {
        let usual = self.password_octets(password)?;
        for octets in std::iter::once(usual).chain(self.other_octets(password)) {
            if let Ok(plaintext) = self.derive_with(octets.expose_bytes()).decrypt(ciphertext)
                && accept(plaintext.expose_bytes())
            {
                return Ok(plaintext);
            }
        }
        Err(PbeError::WrongPassword)
    }

    /// Derives and decrypts.
    ///
    /// # Errors
    /// [`PbeError::WrongPassword`] where the padding is wrong.
    pub fn decrypt(&self, password: &Password, ciphertext: &[u8]) -> Result<SecretBytes, PbeError> {
        self.decrypt_if(password, ciphertext, |_| true)
    }

    /// Derives and encrypts.
    ///
    /// # Errors
    /// [`PbeError::PasswordRequired`] for [`Password::none`].
    pub fn encrypt(&self, password: &Password, plaintext: &[u8]) -> Result<Vec<u8>, PbeError> {
        let key = self.derive(password)?;
        let mut buffer = Vec::with_capacity(key.cipher.ciphertext_len(plaintext.len()));
        buffer.extend_from_slice(plaintext);
        key.encrypt_in_place(&mut buffer, 0)?;
        Ok(buffer)
    }
}

impl Scheme {
    /// The name people know: `PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Pkcs12(cipher) => format!("PBE with SHA-1 and {}", cipher.name()),
            Self::Pbes1 { digest, cipher } => format!("PBES1 with {} and {}", digest.name(), cipher.name()),
            Self::Pbes2 { prf, cipher } => {
                format!("PBES2 with PBKDF2-HMAC-{} and {}", prf.name(), cipher.name())
            }
            Self::Scrypt { cipher, .. } => format!("PBES2 with scrypt and {}", cipher.name()),
        }
    }

    /// The cipher.
    #[must_use]
    pub const fn cipher(self) -> Cipher {
        match self {
            Self::Pkcs12(cipher)
            | Self::Pbes1 { cipher, .. }
            | Self::Pbes2 { cipher, .. }
            | Self::Scrypt { cipher, .. } => cipher,
        }
    }
}

impl DerivedKey {
    /// Decrypts one ciphertext.
    ///
    /// # Errors
    /// [`PbeError::WrongPassword`] where the padding is wrong.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<SecretBytes, PbeError> {
        self.cipher
            .decrypt(self.key.expose_bytes(), self.iv.expose_bytes(), ciphertext)
            .or(Err(PbeError::WrongPassword))
    }

    /// Pads and encrypts in place what stands in `buffer` from `start` on.
    ///
    /// # Errors
    /// A vector of a wrong length, which damaged parameters can have.
    pub fn encrypt_in_place(&self, buffer: &mut Vec<u8>, start: usize) -> Result<(), PbeError> {
        self.cipher
            .encrypt_in_place(self.key.expose_bytes(), self.iv.expose_bytes(), buffer, start)
            .or(Err(PbeError::WrongPassword))
    }
}

/// The iterations of PBKDF2 for a key of this length: all of them for each output of the PRF (RFC 8018 section 5.2).
pub(crate) fn rounds(iterations: u32, key_len: usize, prf: Digest) -> u64 {
    let blocks = key_len.div_ceil(prf.output_len().max(1)).max(1);
    u64::from(iterations).saturating_mul(u64::try_from(blocks).unwrap_or(u64::MAX))
}

/// PBKDF2-params (RFC 8018 appendix A.2), inside its AlgorithmIdentifier.
pub(crate) struct Pbkdf2 {
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u32,
    pub(crate) key_len: Option<usize>,
    pub(crate) prf: Digest,
}

impl Pbkdf2 {
    /// Reads the parameters behind the OID. keyLength may be wrong, as the JDK does not look at it; prf
    /// absent is HMAC-SHA-1.
    pub(crate) fn read(fields: &mut Reader<'_>, limits: &Limits) -> Result<Self, PbeError> {
        let mut parameters = fields.sequence("PBKDF2 parameters")?;
        let salt = salt(parameters.octet_string("PBKDF2 salt")?, limits)?;
        let iterations = iterations(&mut parameters, limits)?;
        let key_len = match parameters.peek() {
            Some(tag::INTEGER) => {
                let value = parameters.unsigned("PBKDF2 keyLength")?;
                usize::try_from(bounded(value, "PBKDF2's keyLength", i32::MAX.unsigned_abs())?).ok()
            }
            _ => None,
        };
        let prf = match parameters.peek() {
            Some(tag::SEQUENCE) => {
                let id = parameters.sequence("PBKDF2 prf")?.oid("PBKDF2 prf")?;
                oid::hmac_from_oid(&id).ok_or_else(|| PbeError::Unsupported {
                    name: format!("PBKDF2 with {}", oid::describe(&id)),
                })?
            }
            _ => Digest::Sha1,
        };
        Ok(Self {
            salt,
            iterations,
            key_len,
            prf,
        })
    }

    /// The AlgorithmIdentifier, as the JDK writes it: keyLength and prf always there, the latter with NULL.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let salt = tlv(tag::OCTET_STRING, &[&self.salt]);
        let count = unsigned(u64::from(self.iterations));
        let key_len = self
            .key_len
            .and_then(|length| u64::try_from(length).ok())
            .map(unsigned)
            .unwrap_or_default();
        let prf = identifier(oid::hmac_oid(self.prf), &[tag::NULL, 0]);
        identifier(oid::PBKDF2, &tlv(tag::SEQUENCE, &[&salt, &count, &key_len, &prf]))
    }
}

/// scrypt-params (RFC 7914 section 7.1), inside its AlgorithmIdentifier.
pub(crate) struct Scrypt {
    pub(crate) salt: Vec<u8>,
    /// The cost N is two to the power of this.
    pub(crate) log_n: u8,
    pub(crate) r: u32,
    pub(crate) p: u32,
    pub(crate) key_len: Option<usize>,
}

impl Scrypt {
    /// Reads the parameters behind the OID; what they ask for in memory and work is held against `limits`.
    pub(crate) fn read(fields: &mut Reader<'_>, limits: &Limits) -> Result<Self, PbeError> {
        let mut fields = fields.sequence("scrypt parameters")?;
        let salt = salt(fields.octet_string("scrypt salt")?, limits)?;
        let position = fields.position();
        let cost = fields.unsigned("scrypt cost")?;
        let r = bounded(
            fields.unsigned("scrypt block size")?,
            "the scrypt block size",
            1 << 20,
        )?;
        let p = bounded(
            fields.unsigned("scrypt parallelisation")?,
            "the scrypt parallelisation",
            1 << 10,
        )?;
        if !cost.is_power_of_two() || cost < 2 || r == 0 || p == 0 {
            let reason = "the cost is no power of two, or a parameter is zero";
            return Err(asn1::Error::Invalid {
                what: "scrypt parameters",
                position,
                reason,
            }
            .into());
        }
        let log_n = u8::try_from(cost.ilog2()).unwrap_or(u8::MAX);
        Self::bound(log_n, r, p, limits)?;
        let key_len = match fields.peek() {
            Some(tag::INTEGER) => {
                let value = fields.unsigned("scrypt keyLength")?;
                usize::try_from(bounded(value, "scrypt's keyLength", i32::MAX.unsigned_abs())?).ok()
            }
            _ => None,
        };
        Ok(Self {
            salt,
            log_n,
            r,
            p,
            key_len,
        })
    }

    /// Holds the memory, and an eighth of the work, against the limit of memory.
    pub(crate) fn bound(log_n: u8, r: u32, p: u32, limits: &Limits) -> Result<(), PbeError> {
        let cost = 1_u64.checked_shl(u32::from(log_n)).unwrap_or(u64::MAX);
        let bytes = cost.saturating_mul(128).saturating_mul(u64::from(r));
        let work = bytes.saturating_mul(u64::from(p));
        for value in [bytes, work / 8] {
            if value > limits.scrypt_bytes {
                return Err(PbeError::LimitExceeded {
                    what: "scrypt's memory (bytes)",
                    value,
                    limit: limits.scrypt_bytes,
                });
            }
        }
        Ok(())
    }

    /// The AlgorithmIdentifier.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let salt = tlv(tag::OCTET_STRING, &[&self.salt]);
        let cost = unsigned(1_u64.checked_shl(u32::from(self.log_n)).unwrap_or_default());
        let r = unsigned(u64::from(self.r));
        let p = unsigned(u64::from(self.p));
        let key_len = self
            .key_len
            .and_then(|length| u64::try_from(length).ok())
            .map(unsigned)
            .unwrap_or_default();
        let parameters = tlv(tag::SEQUENCE, &[&salt, &cost, &r, &p, &key_len]);
        identifier(oid::SCRYPT, &parameters)
    }
}

/// AlgorithmIdentifier ::= SEQUENCE { algorithm, parameters }.
pub(crate) fn identifier(id: ObjectIdentifier, parameters: &[u8]) -> Vec<u8> {
    tlv(
        tag::SEQUENCE,
        &[&tlv(tag::OBJECT_IDENTIFIER, &[id.as_bytes()]), parameters],
    )
}

/// An INTEGER's DER.
pub(crate) fn unsigned(value: u64) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let digits: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    match digits.first() {
        Some(first) if *first < 0x80 => tlv(tag::INTEGER, &[&digits]),
        _ => tlv(tag::INTEGER, &[&[0], &digits]),
    }
}

fn salt(octets: &[u8], limits: &Limits) -> Result<Vec<u8>, PbeError> {
    if octets.len() > limits.salt_bytes {
        return Err(PbeError::LimitExceeded {
            what: "a salt's length (bytes)",
            value: u64::try_from(octets.len()).unwrap_or(u64::MAX),
            limit: u64::try_from(limits.salt_bytes).unwrap_or(u64::MAX),
        });
    }
    Ok(octets.to_vec())
}

/// An iteration count: at least 1, at most what `limits` allow, and that is seen before any work.
pub(crate) fn iterations(fields: &mut Reader<'_>, limits: &Limits) -> Result<u32, PbeError> {
    let position = fields.position();
    let what = "iteration count";
    let tlv = fields.read(tag::INTEGER, what)?;
    let negative = tlv.value.first().is_some_and(|first| *first >= 0x80);
    let value = match Reader::at(tlv.raw, position).unsigned(what) {
        Ok(value) => value,
        Err(_) if !negative && !tlv.value.is_empty() => u64::MAX,
        Err(error) => return Err(error.into()),
    };
    if value == 0 {
        return Err(asn1::Error::Invalid {
            what,
            position,
            reason: "it is zero",
        }
        .into());
    }
    bounded(value, "an iteration count", limits.iterations)
}

fn bounded(value: u64, what: &'static str, limit: u32) -> Result<u32, PbeError> {
    u32::try_from(value)
        .ok()
        .filter(|value| *value <= limit)
        .ok_or(PbeError::LimitExceeded {
            what,
            value,
            limit: u64::from(limit),
        })
}

/// The cipher and its vector from PBES2's encryptionScheme.
fn encryption_scheme(fields: &mut Reader<'_>) -> Result<(Cipher, Vec<u8>), PbeError> {
    let id = fields.oid("encryption scheme")?;
    let Some((cipher, _)) = oid::CIPHERS.iter().find(|(_, known)| *known == id) else {
        return Err(PbeError::Unsupported {
            name: format!("PBES2 with {}", oid::describe(&id)),
        });
    };
    let position = fields.position();
    let (cipher, iv) = if matches!(cipher, Cipher::Rc2Cbc { .. }) {
        // RC2-CBC-Parameter ::= SEQUENCE { rc2ParameterVersion INTEGER OPTIONAL, iv OCTET STRING }
        let mut parameters = fields.sequence("RC2 parameters")?;
        let effective_bits = match parameters.peek() {
            Some(tag::INTEGER) => rc2_bits(parameters.unsigned("RC2 version")?),
            _ => 32,
        };
        (
            Cipher::Rc2Cbc { effective_bits },
            parameters.octet_string("initialisation vector")?,
        )
    } else {
        (*cipher, fields.octet_string("initialisation vector")?)
    };
    if iv.len() != cipher.iv_len() {
        let reason = "its length is not the cipher's block";
        return Err(asn1::Error::Invalid {
            what: "initialisation vector",
            position,
            reason,
        }
        .into());
    }
    Ok((cipher, iv.to_vec()))
}

/// rc2ParameterVersion is a code for the effective bits below 256 (RFC 8018 appendix B.2.3).
fn rc2_bits(version: u64) -> u16 {
    match version {
        160 => 40,
        120 => 64,
        58 => 128,
        other => u16::try_from(other).unwrap_or(0),
    }
}

fn rc2_version(bits: u16) -> u64 {
    match bits {
        40 => 160,
        64 => 120,
        128 => 58,
        other => u64::from(other),
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
        source: asn1::Error,
    },
    #[error("the encryption algorithm {name} is not supported")]
    Unsupported { name: String },
    #[error("the password is wrong, or the encrypted bytes were altered (the format cannot tell which)")]
    WrongPassword,
    #[error("the contents are encrypted and no password was given")]
    PasswordRequired,
    #[error("{what} is {value}, above the limit of {limit}")]
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
            Self::Damaged { source } => source.kind(),
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::WrongPassword => ErrorKind::WrongPassword,
            Self::PasswordRequired => ErrorKind::PasswordRequired,
            Self::LimitExceeded { .. } => ErrorKind::LimitExceeded,
        }
    }
}
