use crate::asn1;
use crate::error::{ErrorKind, Hint};
use crate::pkcs8::pbe::PbeError;

/// Why a PKCS#12 file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant's message says it; `index` counts the contents from 0"
)]
pub enum Error {
    #[error("the PKCS#12 structure is damaged")]
    Damaged {
        #[from]
        source: asn1::Error,
    },
    #[error("the file has {bytes} bytes, above the limit of {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("it has more than {limit} bags")]
    TooManyBags { limit: usize },
    #[error("opening it takes {iterations} iterations of key derivation, above the limit of {limit}")]
    TooMuchWork { iterations: u64, limit: u64 },
    #[error("it is PKCS#12 of version {version}, and there is only version 3")]
    Version { version: u64 },
    #[error("contents of type {name} are not supported: only password-protected PKCS#12 is")]
    ContentType { name: String },
    #[error("contents {index}: they cannot be decrypted")]
    Contents { index: usize, source: PbeError },
    #[error("contents {index}: what they decrypt to is damaged")]
    Decrypted { index: usize, source: asn1::Error },
    #[error(
        "contents {index} have another password than the file's MAC, or were altered: the MAC verifies, they do not decrypt"
    )]
    ContentsPassword { index: usize },
    #[error("contents {index} were not opened, so they cannot be given another password")]
    Locked { index: usize },
    #[error("the password is wrong, or the file was altered: its MAC does not verify")]
    WrongPassword,
    #[error(
        "the file was altered, or its MAC was made with another password: the contents decrypt, the MAC does not verify"
    )]
    Altered,
    #[error("the MAC algorithm {name} is not supported")]
    Mac { name: String },
    #[error("the MAC's parameters are damaged or out of bounds")]
    MacParameters { source: PbeError },
    #[error("a {attribute} attribute does not hold what it should: {reason}")]
    Attribute {
        attribute: &'static str,
        reason: &'static str,
    },
    #[error("a password is needed to write it, and none was given")]
    PasswordRequired,
}

impl Error {
    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::ContentsPassword { .. } => {
                "another program wrote the store with two passwords; open it there and save it with one"
            }
            Self::Altered | Self::Damaged { .. } | Self::Decrypted { .. } => {
                "copy the file again from where it came from, in binary mode"
            }
            Self::ContentType { .. } => {
                "`openssl pkcs12 -export` writes stores that are protected by a password"
            }
            Self::TooMuchWork { .. } | Self::TooLarge { .. } | Self::TooManyBags { .. } => {
                "a store of this kind is made to keep its reader busy; do not trust where it came from"
            }
            _ => return Vec::new(),
        };
        vec![Hint::new(text)]
    }

    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Damaged { source } | Self::Decrypted { source, .. } => source.kind(),
            Self::TooLarge { .. } | Self::TooManyBags { .. } | Self::TooMuchWork { .. } => {
                ErrorKind::LimitExceeded
            }
            Self::Version { .. } | Self::ContentType { .. } | Self::Mac { .. } => ErrorKind::Unsupported,
            Self::Contents { source, .. } | Self::MacParameters { source } => source.kind(),
            Self::WrongPassword | Self::ContentsPassword { .. } => ErrorKind::WrongPassword,
            Self::Altered | Self::Attribute { .. } => ErrorKind::Damaged,
            Self::PasswordRequired | Self::Locked { .. } => ErrorKind::PasswordRequired,
        }
    }
}
