//! Bouncy Castle's BKS and UBER, the raw layer (`org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi`):
//! records in the file's order, the MAC or the encryption around them, sealed keys.
//!
//! ```text
//! u4 version (0, 1, 2)   u4 length   salt   u4 iterations
//! BKS:  records, u1 0, 20 octets: HMAC-SHA-1 of the records (of version 1 with a key of 16 bits)
//! UBER: Twofish-CBC of { records, u1 0, 20 octets: SHA-1 of the records }
//! record: u1 type   utf alias   u8 created   u4 count, count certificates   value
//! certificate: utf type   u4 length   DER
//! ```
//!
//! The keys are derived by PKCS#12's own derivation with SHA-1. Aliases are told apart by case.

mod records;
mod sealed;

use bytes::Bytes;
use zeroize::Zeroizing;

pub use sealed::{Key, KeyKind, SealedKey};

use crate::crypto::{self, Cipher, CryptoRng, Digest, Purpose};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::pkcs8::pbe::Scheme;
use crate::secret::{Password, SecretBytes};
use records::{Cursor, put_octets, put_record};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the formats'")]
pub enum BksFormat {
    Bks,
    Uber,
}

/// A whole file.
#[derive(Debug)]
pub struct Bks {
    /// Which format.
    pub format: BksFormat,
    /// Version 0, 1 or 2; 2 is written by Bouncy Castle 1.47 and later, but for UBER, which has stayed at 1.
    pub version: u32,
    /// The iterations of the MAC's or the encryption's key derivation.
    pub iterations: u32,
    /// The records, in the file's order.
    pub records: Vec<Record>,
}

/// One entry of the file.
#[derive(Debug)]
pub struct Record {
    /// The alias as it stands.
    pub alias: String,
    /// Milliseconds since 1970.
    pub created: i64,
    /// The certificates that belong to a key, in DER, leaf first.
    pub chain: Vec<Bytes>,
    /// The entry.
    pub value: RecordValue,
}

impl Record {
    /// A second copy: a key in the clear is one more to wipe.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            alias: self.alias.clone(),
            created: self.created,
            chain: self.chain.clone(),
            value: match &self.value {
                RecordValue::TrustedCertificate(der) => RecordValue::TrustedCertificate(der.clone()),
                RecordValue::Key(key) => RecordValue::Key(key.duplicate()),
                RecordValue::Opaque(octets) => RecordValue::Opaque(octets.clone()),
                RecordValue::Sealed(key) => RecordValue::Sealed(key.clone()),
            },
        }
    }
}

/// What a record holds.
#[derive(Debug)]
pub enum RecordValue {
    /// Type 1: a trusted certificate's DER.
    TrustedCertificate(Bytes),
    /// Type 2: a key in the clear.
    Key(Key),
    /// Type 3: octets that whoever put them in protected himself; Bouncy Castle gives no key for them either.
    Opaque(Bytes),
    /// Type 4: a key under a password.
    Sealed(SealedKey),
}

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum Error {
    #[error("the store is cut short at byte {position}, in {what}")]
    Truncated { what: &'static str, position: usize },
    #[error("it is of version {version}, which is not supported")]
    Version { version: u32 },
    #[error("the record at byte {position} has the unknown type {tag}")]
    Tag { tag: u8, position: usize },
    #[error("a certificate has type `{name}`; only X.509 is known")]
    CertificateType { name: String },
    #[error("a text at byte {position} is no modified UTF-8")]
    Text { position: usize },
    #[error("it has more than {limit} records")]
    Count { limit: usize },
    #[error("it asks for {iterations} iterations, outside 1 to {limit}")]
    Iterations { iterations: u32, limit: u32 },
    #[error("{bytes} stray bytes follow the store")]
    Trailing { bytes: usize },
    #[error("the password is wrong, or the file was altered (the format cannot tell which)")]
    WrongPassword,
    #[error("its password is needed, without which its integrity cannot be verified, and none was given")]
    PasswordRequired,
    #[error("the key's password is wrong, or the key was altered (the format cannot tell which)")]
    KeyPassword,
    #[error("a key of the unknown kind {kind} is sealed in it")]
    KeyKind { kind: u8 },
    #[error("it holds a {found} key in the form `{format}`, not a {expected} one")]
    OtherKey {
        found: &'static str,
        format: String,
        expected: &'static str,
    },
    #[error("the key's encoding is damaged")]
    Key { source: crate::pkcs8::KeyError },
    #[error("an entry is too long for the format")]
    TooLong,
}

impl Error {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Truncated { .. } | Self::Tag { .. } | Self::Text { .. } | Self::Trailing { .. } => {
                ErrorKind::Damaged
            }
            Self::Version { .. }
            | Self::CertificateType { .. }
            | Self::KeyKind { .. }
            | Self::OtherKey { .. }
            | Self::TooLong => ErrorKind::Unsupported,
            Self::Count { .. } | Self::Iterations { .. } => ErrorKind::LimitExceeded,
            Self::WrongPassword | Self::KeyPassword => ErrorKind::WrongPassword,
            Self::PasswordRequired => ErrorKind::PasswordRequired,
            Self::Key { source } => source.kind(),
        }
    }
}

const DIGEST_LEN: usize = 20;
const SALT_LEN: usize = 20;
const UBER_BLOCK: usize = 16;
/// What is written: Bouncy Castle takes 1,024 to 2,047 by chance.
pub const ITERATIONS: u32 = 2048;
/// `BcKeyStoreSpi.BouncyCastleStore.engineLoad` refuses more.
const MOST_UBER_ITERATIONS: u32 = 4096;

impl Bks {
    /// The format the bytes are like. The two begin alike: a BKS store's records can be walked, what UBER has in
    /// their place is a ciphertext.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<BksFormat> {
        let (header, mut cursor) = Header::read(bytes).ok()?;
        if header.version > 2 || header.salt.is_empty() || header.salt.len() > 1024 {
            return None;
        }
        let body = bytes.len() - cursor.at;
        let mut count = 0_usize;
        let walked = cursor.walk(|_| {
            count += 1;
            Ok(())
        });
        let is_ciphertext = header.salt.len() == SALT_LEN && body > 0 && body.is_multiple_of(UBER_BLOCK);
        match walked {
            Ok(()) => Some(BksFormat::Bks),
            Err(_) if count == 0 && is_ciphertext => Some(BksFormat::Uber),
            Err(_) => Some(BksFormat::Bks),
        }
    }

    /// Reads a file and verifies its integrity.
    ///
    /// # Errors
    /// No password; damage, a wrong password, an unknown version or type, a cap of `limits`.
    pub fn from_bytes(bytes: &[u8], password: &Password, limits: &Limits) -> Result<Self, Error> {
        let format = Self::detect(bytes).unwrap_or(BksFormat::Bks);
        let (header, cursor) = Header::read(bytes)?;
        let Header {
            version, iterations, ..
        } = header;
        // UBER of version 0 has a key derivation of its own, which went with the first releases.
        if version > 2 || (version, format) == (0, BksFormat::Uber) {
            return Err(Error::Version { version });
        }
        if iterations == 0 || iterations > limits.iterations {
            return Err(Error::Iterations {
                iterations,
                limit: limits.iterations,
            });
        }
        if password.is_none() {
            return Err(Error::PasswordRequired);
        }
        let records = match format {
            BksFormat::Bks => header.verified(cursor, password, limits)?,
            BksFormat::Uber => header.decrypted(&cursor, password, limits)?,
        };
        Ok(Self {
            format,
            version,
            iterations,
            records,
        })
    }

    /// `HMAC-SHA-1`, and of versions before 2 what is wrong with it; `None` for UBER.
    #[must_use]
    pub fn mac_name(&self) -> Option<String> {
        match (self.format, self.version) {
            (BksFormat::Uber, _) => None,
            (BksFormat::Bks, 2) => Some(String::from("HMAC-SHA-1")),
            (BksFormat::Bks, _) => Some(String::from("HMAC-SHA-1 with a key of 16 bits (BKS version 1)")),
        }
    }

    /// `PBE with SHA-1 and Twofish-256-CBC` for UBER.
    #[must_use]
    pub fn encryption_name(&self) -> Option<String> {
        let is_uber = self.format == BksFormat::Uber;
        is_uber.then(|| Scheme::Pkcs12(Cipher::TwofishCbc).name())
    }

    /// Writes the file in its format and version, with a salt of its own.
    ///
    /// # Errors
    /// No password; an alias of more than 65,535 octets; for UBER more iterations than Bouncy Castle reads.
    pub fn to_bytes(&self, password: &Password, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, Error> {
        if password.is_none() {
            return Err(Error::PasswordRequired);
        }
        if self.format == BksFormat::Uber && self.iterations > MOST_UBER_ITERATIONS {
            return Err(Error::Iterations {
                iterations: self.iterations,
                limit: MOST_UBER_ITERATIONS,
            });
        }
        let mut salt = vec![0; SALT_LEN];
        rng.fill_bytes(&mut salt);
        let header = Header {
            version: self.version,
            salt: &salt,
            iterations: self.iterations,
        };
        let mut body = Zeroizing::new(Vec::new());
        for record in &self.records {
            put_record(&mut body, record)?;
        }
        body.push(0);
        let mut out = Vec::new();
        out.extend(self.version.to_be_bytes());
        put_octets(&mut out, &salt)?;
        out.extend(self.iterations.to_be_bytes());
        match self.format {
            BksFormat::Bks => {
                let mac = header.mac(password, &body);
                out.extend_from_slice(&body);
                out.extend(mac);
            }
            BksFormat::Uber => {
                let digest = Digest::Sha1.hash(&[&body]);
                body.extend(digest);
                let (key, iv) = derive(Cipher::TwofishCbc, password, &salt, self.iterations);
                // The lengths of key and vector are those of the cipher.
                let _ =
                    Cipher::TwofishCbc.encrypt_in_place(key.expose_bytes(), iv.expose_bytes(), &mut body, 0);
                out.extend_from_slice(&body);
            }
        }
        Ok(out)
    }
}

/// Key and vector by PKCS#12's derivation with SHA-1.
fn derive(cipher: Cipher, password: &Password, salt: &[u8], iterations: u32) -> (SecretBytes, SecretBytes) {
    let password = password.expose_bmp_unless_empty();
    let derive = |purpose, length| {
        crypto::pkcs12_kdf(
            Digest::Sha1,
            purpose,
            password.expose_bytes(),
            salt,
            iterations,
            length,
        )
    };
    (
        derive(Purpose::Key, cipher.key_len()),
        derive(Purpose::Iv, cipher.iv_len()),
    )
}

/// What stands before the records.
struct Header<'a> {
    version: u32,
    salt: &'a [u8],
    iterations: u32,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, Cursor<'a>), Error> {
        let mut cursor = Cursor {
            whole: bytes,
            at: 0,
            most: usize::MAX,
        };
        let header = Self {
            version: cursor.u4("the version")?,
            salt: cursor.octets("the salt")?,
            iterations: cursor.u4("the iteration count")?,
        };
        Ok((header, cursor))
    }

    fn verified(
        &self,
        mut cursor: Cursor<'a>,
        password: &Password,
        limits: &Limits,
    ) -> Result<Vec<Record>, Error> {
        let start = cursor.at;
        let records = cursor.records(limits)?;
        let body = cursor.whole.get(start..cursor.at).unwrap_or_default();
        let mac = cursor.take(DIGEST_LEN, "the MAC")?;
        let bytes = cursor.whole.len() - cursor.at;
        if bytes > 0 {
            return Err(Error::Trailing { bytes });
        }
        if crypto::constant_time_eq(mac, &self.mac(password, body)) {
            Ok(records)
        } else {
            Err(Error::WrongPassword)
        }
    }

    /// HMAC-SHA-1; before version 2 its key had by a slip 20 bits for 20 octets, of which two octets were taken
    /// (CVE-2018-5382).
    fn mac(&self, password: &Password, body: &[u8]) -> Vec<u8> {
        let length = if self.version == 2 { DIGEST_LEN } else { 2 };
        let key = crypto::pkcs12_kdf(
            Digest::Sha1,
            Purpose::Mac,
            password.expose_bmp_unless_empty().expose_bytes(),
            self.salt,
            self.iterations,
            length,
        );
        Digest::Sha1.hmac(key.expose_bytes(), &[body])
    }

    fn decrypted(
        &self,
        cursor: &Cursor<'a>,
        password: &Password,
        limits: &Limits,
    ) -> Result<Vec<Record>, Error> {
        let (key, iv) = derive(Cipher::TwofishCbc, password, self.salt, self.iterations);
        let plain = Cipher::TwofishCbc
            .decrypt(key.expose_bytes(), iv.expose_bytes(), cursor.rest())
            .or(Err(Error::WrongPassword))?;
        let plain = plain.expose_bytes();
        // A wrong key now and then leaves a right padding: the digest decides before anything else is said.
        let (body, digest) = plain
            .split_last_chunk::<DIGEST_LEN>()
            .ok_or(Error::WrongPassword)?;
        if !crypto::constant_time_eq(digest, &Digest::Sha1.hash(&[body])) {
            return Err(Error::WrongPassword);
        }
        Cursor {
            whole: body,
            at: 0,
            most: usize::MAX,
        }
        .records(limits)
    }
}
