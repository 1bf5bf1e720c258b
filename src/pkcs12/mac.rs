use super::Error;
use crate::asn1::{Reader, tag, tlv};
use crate::crypto::{self, CryptoRng, Digest, Purpose};
use crate::limits::Limits;
use crate::pkcs8::oid;
use crate::pkcs8::pbe::{PbeError, Pbkdf2, SALT_LEN, identifier, iterations, rounds, unsigned};
use crate::secret::{Password, SecretBytes};

/// The integrity MAC's algorithm:
///
/// ```text
/// MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
/// ```
///
/// (RFC 7292 section 4); with PBMAC1 (RFC 9579) all parameters stand in DigestInfo's algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mac {
    /// The classic MAC: HMAC under a key of PKCS#12's own derivation.
    Hmac {
        /// The digest of both.
        digest: Digest,
        /// The derivation's iterations.
        iterations: u32,
        /// The derivation's salt.
        salt: Vec<u8>,
    },
    /// PBMAC1 (RFC 9579).
    Pbmac1 {
        /// PBKDF2's PRF.
        prf: Digest,
        /// The HMAC's digest.
        digest: Digest,
        /// PBKDF2's iterations.
        iterations: u32,
        /// PBKDF2's salt.
        salt: Vec<u8>,
        /// The MAC key's length in octets.
        key_len: usize,
    },
}

/// What stands in PBMAC1's unused macSalt, as the JDK and OpenSSL write it.
const NOT_USED: &[u8] = b"NOT USED";
/// The longest key of PBMAC1 that is derived, in octets: HMAC gains nothing from one longer than its block of
/// at most 144, and each digest's length of it costs all iterations once more.
const LONGEST_KEY: usize = 1024;

impl Mac {
    /// `PBMAC1 with PBKDF2-HMAC-SHA-256 and HMAC-SHA-256`, `HMAC-SHA-256`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Hmac { digest, .. } => format!("HMAC-{}", digest.name()),
            Self::Pbmac1 { prf, digest, .. } => {
                format!(
                    "PBMAC1 with PBKDF2-HMAC-{} and HMAC-{}",
                    prf.name(),
                    digest.name()
                )
            }
        }
    }

    /// The key derivation's iterations.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        match self {
            Self::Hmac { iterations, .. } | Self::Pbmac1 { iterations, .. } => *iterations,
        }
    }

    /// What the key derivation costs, in iterations of PBKDF2.
    pub(super) fn work(&self) -> u64 {
        match self {
            Self::Hmac { iterations, .. } => u64::from(*iterations),
            Self::Pbmac1 {
                prf,
                iterations,
                key_len,
                ..
            } => rounds(*iterations, *key_len, *prf),
        }
    }

    /// Another of the same algorithms and count, with a salt of its own.
    pub(super) fn renew(&self, rng: &mut dyn CryptoRng) -> Self {
        let mut fresh = vec![0; SALT_LEN];
        rng.fill_bytes(&mut fresh);
        let mut renewed = self.clone();
        match &mut renewed {
            Self::Hmac { salt, .. } | Self::Pbmac1 { salt, .. } => *salt = fresh,
        }
        renewed
    }

    /// Reads MacData: the algorithm and the MAC's value.
    pub(super) fn read(reader: &mut Reader<'_>, limits: &Limits) -> Result<(Self, Vec<u8>), Error> {
        let parameters = |source: PbeError| Error::MacParameters { source };
        let mut fields = reader.sequence("MacData")?;
        let mut info = fields.sequence("MacData's DigestInfo")?;
        let mut algorithm = info.sequence("MacData's digestAlgorithm")?;
        let id = algorithm.oid("MacData's digestAlgorithm")?;
        let value = info.octet_string("MacData's digest")?.to_vec();
        if id == oid::PBMAC1 {
            return Self::pbmac1(&mut algorithm, limits).map(|mac| (mac, value));
        }
        let digest = oid::digest_from_oid(&id).ok_or_else(|| Error::Mac {
            name: oid::describe(&id),
        })?;
        let salt = fields.octet_string("MacData's macSalt")?;
        if salt.len() > limits.salt_bytes {
            let value = u64::try_from(salt.len()).unwrap_or(u64::MAX);
            let limit = u64::try_from(limits.salt_bytes).unwrap_or(u64::MAX);
            return Err(parameters(PbeError::LimitExceeded {
                what: "the MAC salt's length (bytes)",
                value,
                limit,
            }));
        }
        let count = match fields.peek() {
            Some(tag::INTEGER) => iterations(&mut fields, limits).map_err(parameters)?,
            _ => 1,
        };
        Ok((
            Self::Hmac {
                digest,
                iterations: count,
                salt: salt.to_vec(),
            },
            value,
        ))
    }

    /// PBMAC1-params ::= SEQUENCE { keyDerivationFunc, messageAuthScheme } (RFC 8018 appendix A.5). RFC 9579
    /// asks for keyLength.
    fn pbmac1(algorithm: &mut Reader<'_>, limits: &Limits) -> Result<Self, Error> {
        let parameters = |source: PbeError| Error::MacParameters { source };
        let mut fields = algorithm.sequence("PBMAC1 parameters")?;
        let mut derivation = fields.sequence("PBMAC1 keyDerivationFunc")?;
        let position = derivation.position();
        let id = derivation.oid("PBMAC1 keyDerivationFunc")?;
        if id != oid::PBKDF2 {
            return Err(Error::Mac {
                name: format!("PBMAC1 with {}", oid::describe(&id)),
            });
        }
        let Pbkdf2 {
            salt,
            iterations,
            key_len,
            prf,
        } = Pbkdf2::read(&mut derivation, limits).map_err(parameters)?;
        let scheme = fields
            .sequence("PBMAC1 messageAuthScheme")?
            .oid("PBMAC1 messageAuthScheme")?;
        let digest = oid::hmac_from_oid(&scheme).ok_or_else(|| Error::Mac {
            name: format!("PBMAC1 with {}", oid::describe(&scheme)),
        })?;
        // A short key would make the MAC forgeable (RFC 9579 section 7).
        match key_len {
            Some(key_len @ 20..=LONGEST_KEY) => Ok(Self::Pbmac1 {
                prf,
                digest,
                iterations,
                salt,
                key_len,
            }),
            _ => {
                let reason = "its keyLength is missing, below 20 or above 1024 octets";
                Err(crate::asn1::Error::Invalid {
                    what: "PBMAC1 keyDerivationFunc",
                    position,
                    reason,
                }
                .into())
            }
        }
    }

    /// Octets of MacData.
    pub(super) fn encoded_len(&self) -> usize {
        let (Self::Hmac { digest, .. } | Self::Pbmac1 { digest, .. }) = self;
        self.to_der(&vec![0; digest.output_len()]).len()
    }

    /// MacData's DER around the MAC's value.
    pub(super) fn to_der(&self, value: &[u8]) -> Vec<u8> {
        let value = tlv(tag::OCTET_STRING, &[value]);
        let (algorithm, salt, count) = match self {
            Self::Hmac {
                digest,
                iterations,
                salt,
            } => (
                identifier(oid::digest_oid(*digest), &[tag::NULL, 0]),
                salt.as_slice(),
                *iterations,
            ),
            Self::Pbmac1 {
                prf,
                digest,
                iterations,
                salt,
                key_len,
            } => {
                let derivation = Pbkdf2 {
                    salt: salt.clone(),
                    iterations: *iterations,
                    key_len: Some(*key_len),
                    prf: *prf,
                };
                let scheme = identifier(oid::hmac_oid(*digest), &[tag::NULL, 0]);
                let parameters = tlv(tag::SEQUENCE, &[&derivation.to_der(), &scheme]);
                (identifier(oid::PBMAC1, &parameters), NOT_USED, 1)
            }
        };
        let info = tlv(tag::SEQUENCE, &[&algorithm, &value]);
        let salt = tlv(tag::OCTET_STRING, &[salt]);
        // iterations DEFAULT 1 is written all the same, as the JDK writes it.
        tlv(tag::SEQUENCE, &[&info, &salt, &unsigned(u64::from(count))])
    }

    /// Derives the MAC key: the expensive step.
    pub(super) fn derive(&self, password: &Password) -> SecretBytes {
        match self {
            Self::Hmac { .. } => self.derive_hmac(password.expose_bmp_terminated().expose_bytes()),
            Self::Pbmac1 {
                prf,
                iterations,
                salt,
                key_len,
                ..
            } => crypto::pbkdf2(*prf, password.expose_utf8(), salt, *iterations, *key_len),
        }
    }

    fn derive_hmac(&self, octets: &[u8]) -> SecretBytes {
        let (Self::Hmac {
            digest,
            iterations,
            salt,
        }
        | Self::Pbmac1 {
            digest,
            iterations,
            salt,
            ..
        }) = self;
        crypto::pkcs12_kdf(
            *digest,
            Purpose::Mac,
            octets,
            salt,
            *iterations,
            digest.output_len(),
        )
    }

    /// The MAC over the AuthenticatedSafe's octets.
    pub(super) fn compute(&self, key: &SecretBytes, content: &[&[u8]]) -> Vec<u8> {
        let (Self::Hmac { digest, .. } | Self::Pbmac1 { digest, .. }) = self;
        digest.hmac(key.expose_bytes(), content)
    }

    /// Whether the MAC is that of the password whose derived key is given, or of the same password in other
    /// octets: the empty one without its terminator, or text beyond ASCII one character an octet of UTF-8.
    pub(super) fn verify(
        &self,
        key: &SecretBytes,
        password: &Password,
        content: &[u8],
        value: &[u8],
    ) -> bool {
        if crypto::constant_time_eq(&self.compute(key, &[content]), value) {
            return true;
        }
        let text = password.expose_text().unwrap_or_default();
        if matches!(self, Self::Pbmac1 { .. }) || (text.is_ascii() && !text.is_empty()) {
            return false;
        }
        let other = if text.is_empty() {
            SecretBytes::default()
        } else {
            SecretBytes::new(text.bytes().flat_map(|octet| [0, octet]).chain([0, 0]).collect())
        };
        let key = self.derive_hmac(other.expose_bytes());
        crypto::constant_time_eq(&self.compute(&key, &[content]), value)
    }
}
