use std::error::Error as StdError;
use std::process::ExitCode;

use keyjar::jvm::FlagsError;
use keyjar::keystore::KeyStoreError;
use keyjar::ops::{BundleError, ConvertError, ImportError, InputsError};
use keyjar::pkcs8::KeyError;
use keyjar::x509::InputError;
use keyjar::{ErrorKind, Hint};

use super::printer::Printer;

/// A failure of any layer, with its kind and its hints.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ErrorKind,
    hints: Vec<Hint>,
    error: anyhow::Error,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>, hint: &str) -> Self {
        let hints = if hint.is_empty() {
            Vec::new()
        } else {
            vec![Hint::new(hint)]
        };
        Self {
            kind,
            hints,
            error: anyhow::anyhow!(message.into()),
        }
    }

    pub(crate) fn other(error: impl StdError + Send + Sync + 'static) -> Self {
        Self {
            kind: ErrorKind::Io,
            hints: Vec::new(),
            error: error.into(),
        }
    }

    /// A failure of a layer that tells its kind and hints.
    pub(crate) fn layered(
        kind: ErrorKind,
        hints: Vec<Hint>,
        error: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind,
            hints,
            error: error.into(),
        }
    }

    /// The same, with one more hint.
    pub(crate) fn hint(mut self, hint: &str) -> Self {
        self.hints.push(Hint::new(hint));
        self
    }

    /// What kind of failure.
    pub(crate) const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The whole of it in a line, without its hints.
    pub(crate) fn message(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for part in self.error.chain().map(ToString::to_string) {
            if parts.last() != Some(&part) {
                parts.push(part);
            }
        }
        parts.join(": ")
    }

    /// What mends it.
    pub(crate) fn hints(&self) -> Vec<String> {
        self.hints.iter().map(ToString::to_string).collect()
    }

    /// The same, with what it was about before it.
    pub(crate) fn context(self, about: impl Into<String>) -> Self {
        Self {
            error: self.error.context(about.into()),
            ..self
        }
    }

    pub(crate) fn show(&self, printer: &Printer) -> ExitCode {
        let message = self.error.to_string();
        let mut causes = Vec::new();
        for cause in self.error.chain().skip(1).map(ToString::to_string) {
            if causes.last() != Some(&cause) && cause != message {
                causes.push(cause);
            }
        }
        let hints: Vec<_> = self.hints.iter().map(ToString::to_string).collect();
        if printer.json {
            printer.failed(self.kind, &message, &causes, &hints);
        }
        let whole: Vec<_> = std::iter::once(message).chain(causes).collect();
        printer.error(&whole.join(": "));
        if !hints.is_empty() {
            printer.note("");
        }
        for hint in &hints {
            printer.advice(hint);
        }
        ExitCode::from(2)
    }
}

macro_rules! from {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self { kind: error.kind(), hints: error.hints(), error: error.into() }
            }
        }
    )*};
}

from!(
    KeyStoreError,
    InputsError,
    ImportError,
    BundleError,
    ConvertError,
    FlagsError,
    keyjar::jvm::ProcessError,
    KeyError,
    keyjar::pki::PkiError,
    keyjar::pki::NameError,
    keyjar::pki::InstancesError,
    InputError,
    keyjar::fsio::FileError,
    keyjar::trust::JdkError,
    keyjar::tls::FetchError,
    keyjar::tls::TargetError,
    keyjar::tls::config::ConfigError,
    keyjar::server::ServerError,
);
