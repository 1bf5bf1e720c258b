//! Authorities that exist: a store with one key, or two PEM files.

use std::path::Path;

use keyjar::pki::{CertificateAuthority, PkiError};
use keyjar::{Certificate, Entry, KeyStore, Limits, Password, PrivateKey, fsio, ops};

use super::Context;
use super::exit::{CONFIG, DATA_ERROR, Exit, NO_INPUT, USAGE};

impl Context<'_> {
    /// `getCAInfo`
    pub(super) fn authority(&self) -> Result<CertificateAuthority, Exit> {
        if let Some(path) = self.options.value("ca") {
            let path = Path::new(path);
            let bytes = read(path)?;
            let given = self.given_option("ca-pass")?;
            let what = format!("CA ({})", path.display());
            let password = match given {
                Some(password) => password,
                None => self
                    .terminal
                    .ask_secret(&format!("Enter password for {what} : "))?,
            };
            let store =
                KeyStore::from_bytes(bytes, &password).map_err(|error| Exit::from(error).about(path))?;
            return of_store(&store, &password, path);
        }
        let (Some(certificate), Some(key)) = (self.options.value("ca-cert"), self.options.value("ca-key"))
        else {
            return Err(Exit::new(USAGE, "Option ca-cert also requires ca-key"));
        };
        of_pem(Path::new(certificate), Path::new(key), || {
            if let Some(password) = self.given_option("ca-pass")? {
                return Ok(password);
            }
            let name = file_name(Path::new(key));
            self.terminal
                .ask_secret(&format!("Enter password for CA private key ({name}) : "))
        })
    }
}

impl Exit {
    fn about(mut self, path: &Path) -> Self {
        self.message = format!("`{}`: {}", path.display(), self.message);
        self
    }
}

pub(super) fn read(path: &Path) -> Result<bytes::Bytes, Exit> {
    fsio::read(path, &Limits::DEFAULT).map_err(|error| match error.kind() {
        keyjar::ErrorKind::NotFound => Exit::new(NO_INPUT, format!("File {} does not exist", path.display())),
        _ => error.into(),
    })
}

pub(super) fn open(bytes: bytes::Bytes, password: &Password, path: &Path) -> Result<KeyStore, Exit> {
    KeyStore::from_bytes(bytes, password).map_err(|error| {
        let is_password = error.kind() == keyjar::ErrorKind::WrongPassword;
        let mut exit = Exit::from(error).about(path);
        if is_password {
            exit.hints = vec![String::from(
                "`--ca-pass PASSWORD` gives the authority's password",
            )];
        }
        exit
    })
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The one key of a store, and the authority it is.
pub(super) fn of_store(
    store: &KeyStore,
    password: &Password,
    path: &Path,
) -> Result<CertificateAuthority, Exit> {
    let keys: Vec<_> = store
        .iter()
        .filter_map(|(_, entry)| match entry {
            Entry::PrivateKey(entry) => Some(entry),
            _ => None,
        })
        .collect();
    let [entry] = keys.as_slice() else {
        let message = format!(
            "expected a single key in file [{}] but found [{}]",
            path.display(),
            keys.len()
        );
        return Err(Exit::new(DATA_ERROR, message));
    };
    checked(entry.key(password)?, entry.chain().to_vec()).map_err(|exit| exit.about(path))
}

/// An authority of two PEM files; `password` is asked where the key is encrypted.
pub(super) fn of_pem(
    certificate: &Path,
    key: &Path,
    password: impl FnOnce() -> Result<Password, Exit>,
) -> Result<CertificateAuthority, Exit> {
    read(certificate)?;
    let certificates = ops::read_input(certificate, &Password::new(""), &Limits::DEFAULT)
        .map_err(crate::cli::failure::Failure::from)?;
    if certificates.len() != 1 {
        let message = format!(
            "expected a single certificate in file [{}] but found [{}]",
            certificate.display(),
            certificates.len()
        );
        return Err(Exit::new(DATA_ERROR, message));
    }
    let bytes = read(key)?;
    let private = match PrivateKey::from_input(&bytes, None) {
        Err(error) if error.kind() == keyjar::ErrorKind::PasswordRequired => {
            PrivateKey::from_input(&bytes, Some(&password()?))
        }
        other => other,
    };
    let private = private.map_err(|error| Exit::from(error).about(key))?;
    let chain = certificates
        .into_iter()
        .map(|sourced| sourced.certificate)
        .collect();
    checked(private, chain).map_err(|exit| exit.about(certificate))
}

fn checked(key: PrivateKey, chain: Vec<Certificate>) -> Result<CertificateAuthority, Exit> {
    CertificateAuthority::new(key, chain).map_err(|error| match error {
        PkiError::KeyMismatch { .. } => Exit::new(
            CONFIG,
            "* ERROR * Verification of generated certificate failed. This usually occurs if the provided CA certificate does not match with the CA key.",
        ),
        PkiError::NotAnAuthority { .. } => {
            let mut exit = Exit::from(error);
            exit.code = DATA_ERROR;
            exit
        }
        other => other.into(),
    })
}
