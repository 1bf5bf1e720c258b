//! Why Java refuses: its exception, and which check it was.

use super::general_name::Thrown;
use super::work::Exhausted;

/// `CertPathValidatorException.Reason`, as far as a TLS alert depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Other,
    Expired,
    NotYetValid,
    InvalidSignature,
    AlgorithmConstrained,
}

/// Which check of a path it was; the name that `--json` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Step {
    Algorithms,
    KeyUsage,
    BasicConstraints,
    NameConstraints,
    Policies,
    Validity,
    NameChaining,
    Signatures,
    TlsAlgorithms,
    CriticalExtensions,
}

impl Step {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Algorithms => "algorithms",
            Self::KeyUsage => "ca-key-usage",
            Self::BasicConstraints => "basic-constraints",
            Self::NameConstraints => "name-constraints",
            Self::Policies => "policies",
            Self::Validity => "validity",
            Self::NameChaining => "name-chaining",
            Self::Signatures => "signatures",
            Self::TlsAlgorithms => "tls-algorithms",
            Self::CriticalExtensions => "critical-extensions",
        }
    }
}

/// A certificate of a path that is refused.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    /// The exception's text.
    pub(super) message: String,
    pub(super) reason: Reason,
    /// What is wrong, in this library's words.
    pub(super) detail: String,
}

/// Why a path is no answer.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// `java.security.cert.CertPathValidatorException`
    Refused(Refused),
    /// An exception that Java did not mean to throw.
    Thrown(Thrown),
    /// A cap was reached.
    Exhausted,
    /// An algorithm that the JDK has and this library has not.
    Unsupported { algorithm: String, subject: String },
}

impl From<Exhausted> for Stop {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
