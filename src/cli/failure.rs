use std::error::Error as StdError;
use std::process::ExitCode;

use keyjar::jvm::FlagsError;
use keyjar::keystore::KeyStoreError;
use keyjar::ops::{BundleError, ConvertError, ImportError, InputsError};
use keyjar::pkcs8::KeyError;
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
            printer.document(&serde_json::json!({
                "schema": 1,
                "error": { "kind": self.kind.name(), "message": message, "causes": causes, "hints": hints },
            }));
        }
        let whole: Vec<_> = std::iter::once(message).chain(causes).collect();
        printer.error(&whole.join(": "));
        for (at, hint) in hints.iter().enumerate() {
            let blank = if at == 0 { "\n" } else { "" };
            if !blank.is_empty() {
                printer.note("");
            }
            printer.advice(hint);
        }
        ExitCode::from(2)
    }
}

macro_rules! from {
    ($($error:ty),*) => {$(
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
    KeyError,
    keyjar::fsio::FileError,
    keyjar::trust::JdkError,
    keyjar::tls::FetchError,
    keyjar::tls::TargetError
);
