//! The answer: accepted or not, each check's result, Java's exception, the cause and the remedy.

use crate::error::Hint;
use crate::x509::Certificate;

/// What it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The JVM goes on with the handshake.
    Accepted,
    /// The JVM breaks it off.
    Refused,
    /// It cannot be told here: an algorithm this library does not have, or too much work; [`Verdict::cause`]
    /// says which. Never taken for a refusal.
    Undecided,
}

/// One check and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name: `anchors`, `path`, `validity`, `host-name`, ...
    pub name: &'static str,
    /// Whether it was passed.
    pub ok: bool,
    /// What was found, in one line.
    pub detail: String,
}

/// The TLS alert that a refusal is sent with (RFC 8446 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the alerts'")]
pub enum Alert {
    BadCertificate,
    UnsupportedCertificate,
    CertificateExpired,
    CertificateUnknown,
    CertificateRequired,
    HandshakeFailure,
    InternalError,
}

impl Alert {
    /// `certificate_unknown`, ...
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadCertificate => "bad_certificate",
            Self::UnsupportedCertificate => "unsupported_certificate",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateUnknown => "certificate_unknown",
            Self::CertificateRequired => "certificate_required",
            Self::HandshakeFailure => "handshake_failure",
            Self::InternalError => "internal_error",
        }
    }
}

const UNSUPPORTED_OPERATION: &str = "java.lang.UnsupportedOperationException";

/// An exception of a JVM, word for word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaException {
    /// The class of what `X509TrustManager` throws: `sun.security.validator.ValidatorException`, ...
    pub class: &'static str,
    /// Its message.
    pub message: String,
    /// The alert that the handshake ends with; none where it does not come to one.
    pub alert: Option<Alert>,
    /// The JDK it is of.
    pub jdk: u32,
    /// What it was caused by, outermost first: `CLASS: MESSAGE`.
    pub causes: Vec<String>,
}

impl JavaException {
    /// What an application sees of it: the exception of the handshake, its class and its message. Since JDK 21 the
    /// alert stands before the message.
    #[must_use]
    pub fn in_handshake(&self) -> String {
        let Some(alert) = self.alert else {
            return format!("{}: {}", self.class, self.message);
        };
        if self.class == UNSUPPORTED_OPERATION {
            // What comes of it on the way up: `SSLHandshake.consume` takes it for a message it does not know.
            let prefix = if self.jdk >= 21 {
                "(unexpected_message) "
            } else {
                ""
            };
            return format!(
                "javax.net.ssl.SSLProtocolException: {prefix}Unsupported handshake message: certificate"
            );
        }
        let class = match alert {
            Alert::InternalError => "javax.net.ssl.SSLException",
            _ => "javax.net.ssl.SSLHandshakeException",
        };
        let message = &self.message;
        if self.jdk >= 21 {
            return format!("{class}: ({}) {message}", alert.name());
        }
        format!("{class}: {message}")
    }

    /// The same as a stack trace begins: with `Caused by: ...`, a line each.
    #[must_use]
    pub fn as_trace(&self) -> String {
        let mut trace = self.in_handshake();
        for cause in &self.causes {
            trace.push_str("\nCaused by: ");
            trace.push_str(cause);
        }
        trace
    }
}

/// What a JVM would decide, and why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// What it came to.
    pub decision: Decision,
    /// The JDK that was asked for.
    pub jdk: u32,
    /// Each check that was made, in order; the first that failed is what Java tells.
    pub checks: Vec<Check>,
    /// Java's exception, where it refuses.
    pub exception: Option<JavaException>,
    /// Why it refuses, in one sentence.
    pub cause: Option<String>,
    /// What mends it.
    pub hints: Vec<Hint>,
    /// The path from the certificate to its anchor, the anchor last; empty where there is none.
    pub path: Vec<Certificate>,
    /// How many signatures were verified.
    pub signature_checks: u32,
}

impl Verdict {
    /// Whether the JVM accepts.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.decision == Decision::Accepted
    }
}
