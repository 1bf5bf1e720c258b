use super::{Alias, StoreFormat};
use crate::error::{ErrorKind, Hint};
use crate::fsio;
use crate::pkcs8::KeyError;
use crate::{asn1, bcfks, bks, jks, pkcs12};

/// Why a store cannot be read, changed or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum KeyStoreError {
    #[error("the input is no key store: {found}")]
    NotAStore { found: String },
    #[error("cannot open the PKCS#12 store")]
    Pkcs12 {
        #[from]
        source: pkcs12::Error,
    },
    #[error("cannot open the JKS or JCEKS store")]
    Jks {
        #[from]
        source: jks::Error,
    },
    #[error("cannot open the BKS or UBER store")]
    Bks {
        #[from]
        source: bks::Error,
    },
    #[error("cannot open the BCFKS store")]
    Bcfks {
        #[from]
        source: bcfks::Error,
    },
    #[error("cannot decrypt the key")]
    BksKey { source: bks::Error },
    #[error("cannot decrypt the key")]
    BcfksKey { source: bcfks::Error },
    #[error("a certificate cannot be read; no JVM opens a store that holds one like it")]
    Certificate { source: asn1::Error },
    #[error("a certBag holds a certificate of another type than X.509; no JVM opens such a store")]
    CertificateType,
    #[error("cannot decrypt the key")]
    Key { source: KeyError },
    #[error("the secret key is damaged")]
    SecretKey { source: asn1::Error },
    #[error("the keys ask for {iterations} iterations in all, above the limit of {limit}")]
    TooMuchWork { iterations: u64, limit: u64 },
    #[error("the chains of the keys have more than {limit} certificates in all")]
    ChainsTooLong { limit: usize },
    #[error("cannot decrypt the key without a password")]
    KeyPasswordRequired,
    #[error("the key of `{alias}` does not open with the store's password")]
    KeyOf {
        alias: Alias,
        source: Box<KeyStoreError>,
    },
    #[error("{}", .source)]
    File {
        #[from]
        source: fsio::FileError,
    },
    #[error("the alias `{alias}` is taken")]
    AliasTaken { alias: Alias },
    #[error("there is no entry `{alias}`")]
    AliasAbsent { alias: Alias },
    #[error("the private key is not the key of the certificate `{subject}`")]
    KeyMismatch { subject: String },
    #[error("a private key entry needs a certificate chain")]
    EmptyChain,
    #[error("{format} cannot hold the {what} `{alias}`")]
    UnsupportedEntry {
        format: StoreFormat,
        alias: Alias,
        what: &'static str,
    },
    #[error("the profile `{profile}` cannot hold the key `{alias}`")]
    ProfileWithoutKeys { profile: &'static str, alias: Alias },
    #[error("a store needs a password to be written with, and none was given")]
    StorePasswordRequired,
}

impl KeyStoreError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotAStore { .. } => ErrorKind::WrongInput,
            Self::Pkcs12 { source } => source.kind(),
            Self::Jks { source } => source.kind(),
            Self::Bks { source } | Self::BksKey { source } => source.kind(),
            Self::Bcfks { source } | Self::BcfksKey { source } => source.kind(),
            Self::Key { source } => source.kind(),
            Self::SecretKey { source } | Self::Certificate { source } => source.kind(),
            Self::KeyPasswordRequired | Self::StorePasswordRequired => ErrorKind::PasswordRequired,
            Self::TooMuchWork { .. } | Self::ChainsTooLong { .. } => ErrorKind::LimitExceeded,
            Self::KeyOf { source, .. } => source.kind(),
            Self::File { source } => source.kind(),
            Self::AliasTaken { .. } | Self::KeyMismatch { .. } | Self::EmptyChain => ErrorKind::Conflict,
            Self::AliasAbsent { .. } => ErrorKind::NotFound,
            Self::CertificateType | Self::UnsupportedEntry { .. } | Self::ProfileWithoutKeys { .. } => {
                ErrorKind::Unsupported
            }
        }
    }

    /// What mends it, the flag or command named.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        match self {
            Self::File { source } => source.hints(),
            Self::Pkcs12 { source } if !source.hints().is_empty() => source.hints(),
            Self::KeyOf { .. } => vec![Hint::new(
                "a JVM has one password for the store and its keys; give the key's own with `--keypass`",
            )],
            Self::AliasTaken { .. } => {
                vec![Hint::new(
                    "choose another name with `--alias`, or replace the entry with `--replace`",
                )]
            }
            Self::NotAStore { .. } => vec![Hint::new(
                "`keyjar import INPUT --truststore STORE` makes a store of certificates, `keyjar bundle` one with a key",
            )],
            Self::AliasAbsent { .. } => vec![Hint::new("`keyjar list STORE` shows the aliases")],
            Self::UnsupportedEntry { .. } => {
                vec![Hint::new(
                    "`--skip-unsupported` leaves it out; `--to pkcs12` holds every entry",
                )]
            }
            Self::ProfileWithoutKeys { .. } => {
                vec![Hint::new(
                    "`--profile modern` holds keys and opens in every JDK from 8u301 and 11.0.12 on",
                )]
            }
            _ if self.kind() == ErrorKind::WrongPassword => {
                vec![Hint::new(
                    "give the store's password with `--storepass env:NAME` or `--storepass prompt`",
                )]
            }
            _ => Vec::new(),
        }
    }
}
