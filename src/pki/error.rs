use crate::error::{ErrorKind, Hint};

/// Why something cannot be issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum PkiError {
    #[error(transparent)]
    Name {
        #[from]
        source: NameError,
    },
    #[error("`{subject}` is no authority's certificate: {why}")]
    NotAnAuthority { subject: String, why: &'static str },
    #[error("the key does not belong to the authority's certificate `{subject}`")]
    KeyMismatch { subject: String },
    #[error(
        "the authority `{subject}` is valid until {until} only, and the certificate would be until {asked}"
    )]
    BeyondAuthority {
        subject: String,
        until: String,
        asked: String,
    },
    #[error("the authority `{subject}` expired on {until}")]
    AuthorityExpired { subject: String, until: String },
    #[error("the authority `{subject}` may not have authorities below it (pathLenConstraint 0)")]
    PathLength { subject: String },
    #[error("{days} days are no validity: from 1 day to the year 9999")]
    Validity { days: i64 },
    #[error("keys of the kind {algorithm} cannot sign here")]
    UnsupportedKey { algorithm: String },
    #[error("`{text}` is no kind of key")]
    UnknownKeyType { text: String },
    #[error("the cryptographic library refused to {action}")]
    Crypto { action: &'static str },
    #[error("cannot encode {what}")]
    Encoding { what: &'static str, source: der::Error },
    #[error("this is {what}, where a certificate request belongs")]
    NotARequest { what: String },
    #[error("the certificate request is damaged")]
    DamagedRequest { source: der::Error },
    #[error("the request of `{subject}` is not signed with its own key")]
    RequestSignature { subject: String },
    #[error(
        "the request of `{subject}` is signed with an algorithm that is not supported here ({algorithm})"
    )]
    RequestAlgorithm { subject: String, algorithm: String },
    #[error("{source}")]
    Pem {
        #[from]
        source: crate::pem::Error,
    },
}

impl PkiError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Name { .. } | Self::Validity { .. } | Self::UnknownKeyType { .. } => ErrorKind::Usage,
            Self::NotAnAuthority { .. } | Self::NotARequest { .. } => ErrorKind::WrongInput,
            Self::KeyMismatch { .. }
            | Self::BeyondAuthority { .. }
            | Self::AuthorityExpired { .. }
            | Self::PathLength { .. } => ErrorKind::Conflict,
            Self::UnsupportedKey { .. } | Self::RequestAlgorithm { .. } => ErrorKind::Unsupported,
            Self::Crypto { .. } => ErrorKind::Io,
            Self::Encoding { .. } | Self::DamagedRequest { .. } | Self::RequestSignature { .. } => {
                ErrorKind::Damaged
            }
            Self::Pem { source } => source.kind(),
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::Name { source } => return source.hints(),
            Self::NotAnAuthority { .. } => {
                "`keyjar ca --out DIR` makes an authority, `keyjar show FILE` tells what a file is"
            }
            Self::KeyMismatch { .. } => {
                "give the key that was made together with the certificate: `--ca-key FILE`"
            }
            Self::BeyondAuthority { .. } => {
                "leave `--days` out to end with the authority, or make an authority that lasts longer: `keyjar ca --days N`"
            }
            Self::AuthorityExpired { .. } => "`keyjar ca --out DIR` makes a new authority",
            Self::PathLength { .. } => "let the authority above it issue: `--parent DIR`",
            Self::UnsupportedKey { .. } => {
                "RSA of 2048 to 8192 bits, EC on P-256, P-384 and P-521, and Ed25519 can"
            }
            Self::UnknownKeyType { .. } => {
                "write ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096 or ed25519"
            }
            Self::NotARequest { .. } => "`keyjar csr --name NAME` makes a request",
            _ => return Vec::new(),
        };
        vec![Hint::new(text)]
    }
}

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum NameError {
    #[error("`{name}` is no DNS name and no IP address: {why}")]
    NotAHost { name: String, why: String },
    #[error("`{text}` is no IP address")]
    NotAnIp { text: String },
    #[error("`{name}` is no distinguished name: {why}")]
    NotADn { name: String, why: String },
}

impl NameError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::NotAHost { .. } => {
                "say what clients connect to with `--dns` and `--ip`; `--name` may then be any text"
            }
            Self::NotAnIp { .. } => "host names go to `--dns`",
            Self::NotADn { .. } => {
                "write it like `CN=Example CA,O=Example,C=DE`; `\\,` is a comma within a value"
            }
        };
        vec![Hint::new(text)]
    }
}
