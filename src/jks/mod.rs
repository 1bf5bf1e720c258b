//! JKS and JCEKS, the raw layer (`sun.security.provider.JavaKeyStore`, `com.sun.crypto.provider.JceKeyStore`):
//! records in the file's order, the digest at its end, the key protector.
//!
//! ```text
//! u4 magic (FEEDFEED, CECECECE)   u4 version (1, 2)   u4 count
//! count x { u4 tag   utf alias   u8 created   value }
//! 20 octets: SHA-1 (password in UTF-16BE, "Mighty Aphrodite", all before)
//! ```
//!
//! Aliases must be written in lower case: Java looks them up so and does not find others.

pub(crate) mod mutf8;
mod protector;
mod sealed;
mod serial;

use std::sync::Arc;

use bytes::Bytes;

pub(crate) use protector::iterations;
pub use protector::{protect_key, recover_key};
pub(crate) use sealed::sealed_iterations;
pub use sealed::{recover_secret, seal_secret};
pub use serial::SerialError;

use crate::crypto::{self, Digest};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::pkcs8::{EncryptedPrivateKey, KeyError};
use crate::secret::Password;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the formats'")]
pub enum JksFormat {
    Jks,
    Jceks,
}

/// A whole file.
#[derive(Clone, Debug)]
pub struct Jks {
    /// Which format.
    pub format: JksFormat,
    /// The records, in the file's order, duplicates kept.
    pub records: Vec<Record>,
    original: Option<Original>,
}

/// What was read, to be written again if nothing changed: version 1, and X.509 by its other name.
#[derive(Clone)]
struct Original {
    file: Bytes,
    password: Arc<Password>,
    limits: Limits,
}

impl std::fmt::Debug for Original {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Original({} bytes)", self.file.len())
    }
}

/// One entry of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The alias as it stands.
    pub alias: String,
    /// Milliseconds since 1970.
    pub created: i64,
    /// The entry.
    pub value: RecordValue,
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordValue {
    /// Tag 1.
    PrivateKey {
        /// The key under a protector.
        key: EncryptedPrivateKey,
        /// The chain's certificates in DER, leaf first.
        chain: Vec<Bytes>,
    },
    /// Tag 2: the certificate's DER.
    TrustedCertificate(Bytes),
    /// Tag 3, in JCEKS alone: the serialised sealed object ([`recover_secret`]).
    SecretKey(Bytes),
}

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum Error {
    #[error("the file is cut short at byte {position}, in {what}")]
    Truncated { what: &'static str, position: usize },
    #[error("it is of version {version}; only 1 and 2 are known")]
    Version { version: u32 },
    #[error("the record at byte {position} has the unknown tag {tag}")]
    Tag { tag: u32, position: usize },
    #[error("the secret key `{alias}` cannot be read")]
    SecretKey { alias: String, source: Box<Error> },
    #[error("JKS holds no secret keys")]
    SecretKeyInJks,
    #[error("the sealed secret key is damaged")]
    Sealed { source: SerialError },
    #[error("the class `{class}` stands where a sealed key belongs")]
    SealedClass { class: String },
    #[error("the secret key is sealed with {algorithm}, which is not supported")]
    SealedWith { algorithm: String },
    #[error("a certificate has type `{name}`; only X.509 is known")]
    CertificateType { name: String },
    #[error("an alias at byte {position} is no modified UTF-8")]
    Alias { position: usize },
    #[error("the file counts {count} records, more than its bytes can hold or above the limit")]
    Count { count: u32 },
    #[error("the password is wrong, or the file was altered (the format cannot tell which)")]
    WrongPassword,
    #[error("a password is needed to write it, and none was given")]
    PasswordRequired,
    #[error("an entry is too long for the format")]
    TooLong,
    #[error("the key protector's parameters are damaged")]
    Protector { source: crate::asn1::Error },
    #[error("the key protector asks for {iterations} iterations, outside 1 to {limit}")]
    Iterations { iterations: u64, limit: u32 },
    #[error("the recovered key is damaged")]
    Key { source: KeyError },
}

impl Error {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Truncated { .. }
            | Self::Tag { .. }
            | Self::Alias { .. }
            | Self::Protector { .. }
            | Self::Sealed { .. } => ErrorKind::Damaged,
            Self::SecretKey { source, .. } => source.kind(),
            Self::Version { .. }
            | Self::SecretKeyInJks
            | Self::SealedClass { .. }
            | Self::SealedWith { .. }
            | Self::CertificateType { .. }
            | Self::TooLong => ErrorKind::Unsupported,
            Self::Count { .. } | Self::Iterations { .. } => ErrorKind::LimitExceeded,
            Self::WrongPassword => ErrorKind::WrongPassword,
            Self::PasswordRequired => ErrorKind::PasswordRequired,
            Self::Key { source } => source.kind(),
        }
    }
}

const JKS_MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const JCEKS_MAGIC: [u8; 4] = [0xce; 4];
const WHITENER: &[u8] = b"Mighty Aphrodite";
const DIGEST_LEN: usize = 20;
/// The least a record takes: tag, empty alias, date, and a length.
const LEAST_RECORD: usize = 4 + 2 + 8 + 4;
const X509: &str = "X.509";

impl Jks {
    /// The format the bytes begin like.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<JksFormat> {
        match bytes.first_chunk() {
            Some(&JKS_MAGIC) => Some(JksFormat::Jks),
            Some(&JCEKS_MAGIC) => Some(JksFormat::Jceks),
            _ => None,
        }
    }

    /// A file to be written.
    #[must_use]
    pub const fn new(format: JksFormat, records: Vec<Record>) -> Self {
        Self {
            format,
            records,
            original: None,
        }
    }

    /// Reads a file and verifies its digest; with [`Password::none`] the digest is not looked at.
    ///
    /// # Errors
    /// Damage, a wrong password, an unknown version or type, more records than the bytes can hold.
    pub fn from_bytes(bytes: &Bytes, password: &Password, limits: &Limits) -> Result<Self, Error> {
        let mut read = Self::read(bytes, password, limits)?;
        read.original = Some(Original {
            file: bytes.clone(),
            password: Arc::new(password.duplicate()),
            limits: *limits,
        });
        Ok(read)
    }

    fn read(bytes: &Bytes, password: &Password, limits: &Limits) -> Result<Self, Error> {
        let mut cursor = Cursor { whole: bytes, at: 4 };
        let format = Self::detect(bytes).ok_or(Error::Truncated {
            what: "the magic number",
            position: 0,
        })?;
        let version = cursor.u4("the version")?;
        if !(1..=2).contains(&version) {
            return Err(Error::Version { version });
        }
        let count = cursor.u4("the count")?;
        let many = usize::try_from(count).unwrap_or(usize::MAX);
        if many > limits.entries || many > bytes.len() / LEAST_RECORD {
            return Err(Error::Count { count });
        }
        let mut records = Vec::with_capacity(many);
        for _ in 0..count {
            records.push(cursor.record(version)?);
        }
        if !password.is_none() {
            let (before, rest) = bytes.split_at_checked(cursor.at).unwrap_or((bytes, &[]));
            let digest = rest.get(..DIGEST_LEN).ok_or(Error::Truncated {
                what: "the digest",
                position: cursor.at,
            })?;
            if !crypto::constant_time_eq(digest, &integrity(password, before)) {
                return Err(Error::WrongPassword);
            }
        }
        Ok(Self::new(format, records))
    }

    /// The file this was read from, where nothing was changed: its records are read once more and compared.
    fn unchanged(&self, password: &Password) -> Option<&Bytes> {
        let original = self.original.as_ref()?;
        if original.password.expose_text() != password.expose_text() {
            return None;
        }
        let none = Password::none();
        let read = Self::read(&original.file, &none, &original.limits).ok()?;
        (read.format == self.format && read.records == self.records).then_some(&original.file)
    }

    /// Writes the file: the bytes it was read from where neither records nor password changed, else version 2,
    /// which every JDK reads.
    ///
    /// # Errors
    /// No password; an alias of more than 65,535 octets.
    pub fn to_bytes(&self, password: &Password) -> Result<Vec<u8>, Error> {
        if let Some(file) = self.unchanged(password) {
            return Ok(file.to_vec());
        }
        if password.is_none() {
            return Err(Error::PasswordRequired);
        }
        let mut out = Vec::new();
        out.extend(match self.format {
            JksFormat::Jks => JKS_MAGIC,
            JksFormat::Jceks => JCEKS_MAGIC,
        });
        out.extend([0, 0, 0, 2]);
        put_len(&mut out, self.records.len())?;
        for record in &self.records {
            out.extend(match record.value {
                RecordValue::PrivateKey { .. } => [0, 0, 0, 1],
                RecordValue::TrustedCertificate(_) => [0, 0, 0, 2],
                RecordValue::SecretKey(_) => [0, 0, 0, 3],
            });
            put_utf(&mut out, &mutf8::encode(&record.alias))?;
            out.extend(record.created.to_be_bytes());
            match &record.value {
                RecordValue::PrivateKey { key, chain } => {
                    put_len(&mut out, key.as_der().len())?;
                    out.extend_from_slice(key.as_der());
                    put_len(&mut out, chain.len())?;
                    chain.iter().try_for_each(|der| put_certificate(&mut out, der))?;
                }
                RecordValue::TrustedCertificate(der) => put_certificate(&mut out, der)?,
                RecordValue::SecretKey(_) if self.format == JksFormat::Jks => {
                    return Err(Error::SecretKeyInJks);
                }
                RecordValue::SecretKey(stream) => out.extend_from_slice(stream),
            }
        }
        let digest = integrity(password, &out);
        out.extend(digest);
        Ok(out)
    }
}

fn integrity(password: &Password, before: &[u8]) -> Vec<u8> {
    Digest::Sha1.hash(&[password.expose_utf16be().expose_bytes(), WHITENER, before])
}

fn put_len(out: &mut Vec<u8>, length: usize) -> Result<(), Error> {
    out.extend(u32::try_from(length).or(Err(Error::TooLong))?.to_be_bytes());
    Ok(())
}

fn put_utf(out: &mut Vec<u8>, octets: &[u8]) -> Result<(), Error> {
    out.extend(u16::try_from(octets.len()).or(Err(Error::TooLong))?.to_be_bytes());
    out.extend_from_slice(octets);
    Ok(())
}

fn put_certificate(out: &mut Vec<u8>, der: &[u8]) -> Result<(), Error> {
    put_utf(out, X509.as_bytes())?;
    put_len(out, der.len())?;
    out.extend_from_slice(der);
    Ok(())
}

struct Cursor<'a> {
    whole: &'a Bytes,
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, count: usize, what: &'static str) -> Result<Bytes, Error> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.whole.len());
        let end = end.ok_or(Error::Truncated {
            what,
            position: self.at,
        })?;
        let taken = self.whole.slice(self.at..end);
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        let position = self.at;
        self.take(N, what)?
            .first_chunk()
            .copied()
            .ok_or(Error::Truncated { what, position })
    }

    fn u4(&mut self, what: &'static str) -> Result<u32, Error> {
        self.array(what).map(u32::from_be_bytes)
    }

    fn len(&mut self, what: &'static str) -> Result<usize, Error> {
        Ok(usize::try_from(self.u4(what)?).unwrap_or(usize::MAX))
    }

    fn utf(&mut self, what: &'static str) -> Result<String, Error> {
        let position = self.at;
        let length = u16::from_be_bytes(self.array(what)?);
        let octets = self.take(usize::from(length), what)?;
        mutf8::decode(&octets).ok_or(Error::Alias { position })
    }

    fn certificate(&mut self, version: u32) -> Result<Bytes, Error> {
        if version == 2 {
            let name = self.utf("a certificate's type")?;
            if !name.eq_ignore_ascii_case(X509) && !name.eq_ignore_ascii_case("X509") {
                return Err(Error::CertificateType { name });
            }
        }
        let length = self.len("a certificate's length")?;
        self.take(length, "a certificate")
    }

    fn record(&mut self, version: u32) -> Result<Record, Error> {
        let position = self.at;
        let tag = self.u4("a record's tag")?;
        let alias = self.utf("an alias")?;
        let created = i64::from_be_bytes(self.array("a creation date")?);
        let value = match tag {
            1 => {
                let length = self.len("a key's length")?;
                let key = self.take(length, "a key")?;
                let key = EncryptedPrivateKey::unchecked(key);
                let count = self.len("a chain's length")?;
                let mut chain = Vec::new();
                for _ in 0..count {
                    chain.push(self.certificate(version)?);
                }
                RecordValue::PrivateKey { key, chain }
            }
            2 => RecordValue::TrustedCertificate(self.certificate(version)?),
            3 => {
                let rest = self.whole.get(self.at..).unwrap_or_default();
                let length = sealed::length(rest).map_err(|source| Error::SecretKey {
                    alias: alias.clone(),
                    source: Box::new(source),
                })?;
                RecordValue::SecretKey(self.take(length, "a secret key")?)
            }
            tag => return Err(Error::Tag { tag, position }),
        };
        Ok(Record {
            alias,
            created,
            value,
        })
    }
}
