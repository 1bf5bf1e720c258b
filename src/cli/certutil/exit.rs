//! How elasticsearch-certutil ends: the exit codes of `sysexits.h`, and 1 for what Java would have thrown.

use keyjar::ErrorKind;
use keyjar::fsio::FileError;
use keyjar::pki::{NameError, PkiError};

use crate::cli::failure::Failure;

pub(super) const UNCAUGHT: u8 = 1;
pub(super) const USAGE: u8 = 64;
pub(super) const DATA_ERROR: u8 = 65;
pub(super) const NO_INPUT: u8 = 66;
pub(super) const CODE_ERROR: u8 = 70;
pub(super) const CANT_CREATE: u8 = 73;
pub(super) const IO_ERROR: u8 = 74;
pub(super) const CONFIG: u8 = 78;

/// An end that is none of success.
#[derive(Debug)]
pub(super) struct Exit {
    pub(super) code: u8,
    pub(super) message: String,
    pub(super) hints: Vec<String>,
}

impl Exit {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<Failure> for Exit {
    fn from(failure: Failure) -> Self {
        let code = match failure.kind() {
            ErrorKind::Usage => USAGE,
            ErrorKind::Damaged
            | ErrorKind::WrongInput
            | ErrorKind::WrongPassword
            | ErrorKind::PasswordRequired
            | ErrorKind::Unsupported
            | ErrorKind::LimitExceeded => DATA_ERROR,
            ErrorKind::NotFound => NO_INPUT,
            ErrorKind::Io => IO_ERROR,
            ErrorKind::Conflict => CONFIG,
            _ => CODE_ERROR,
        };
        Self {
            code,
            message: failure.message(),
            hints: failure.hints(),
        }
    }
}

macro_rules! through_failure {
    ($($error:ty),*) => {$(
        impl From<$error> for Exit {
            fn from(error: $error) -> Self {
                Failure::from(error).into()
            }
        }
    )*};
}

through_failure!(
    PkiError,
    NameError,
    FileError,
    keyjar::keystore::KeyStoreError,
    keyjar::pkcs8::KeyError
);
