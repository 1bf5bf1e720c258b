use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::error::{ErrorKind, Hint};
use crate::fsio::{self, FileError};
use crate::keystore::{Entry, KeyStore, KeyStoreError, StoreFormat};
use crate::limits::Limits;
use crate::secret::Password;
use crate::x509::{Certificate, InputError, read_certificates};

/// The endings of a folder's files that are looked into.
const ENDINGS: &[&str] = &["pem", "crt", "cer", "der", "p7b"];

/// A certificate, and where it came from.
#[derive(Clone, Debug)]
pub struct SourcedCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// The alias it has in the store it came from.
    pub alias: Option<String>,
    /// The file, `-` for the standard input.
    pub source: PathBuf,
}

/// Why an input gives no certificates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum InputsError {
    #[error(transparent)]
    File {
        #[from]
        source: FileError,
    },
    #[error("`{}`", path.display())]
    Certificate { path: PathBuf, source: InputError },
    #[error("`{}`", path.display())]
    Store { path: PathBuf, source: KeyStoreError },
    #[error("the folder `{}` has no certificate files (*.pem *.crt *.cer *.der *.p7b)", path.display())]
    EmptyFolder { path: PathBuf },
}

impl InputsError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::File { source } => source.kind(),
            Self::Certificate { source, .. } => source.kind(),
            Self::Store { source, .. } => source.kind(),
            Self::EmptyFolder { .. } => ErrorKind::NotFound,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        match self {
            Self::File { source } => source.hints(),
            Self::Certificate { source, .. } => source.hints(),
            Self::Store { source, .. } => source.hints(),
            Self::EmptyFolder { .. } => vec![Hint::new("name the files themselves; any ending will do then")],
        }
    }
}

/// The certificates of one input: a file of PEM, DER or PKCS#7, a store (of any format: all its
/// certificates), a folder (its `*.pem *.crt *.cer *.der *.p7b` files, by name), or `-`, the standard input.
///
/// # Errors
/// See [`InputsError`].
pub fn read_input(
    path: &Path,
    store_password: &Password,
    limits: &Limits,
) -> Result<Vec<SourcedCertificate>, InputsError> {
    if path == Path::new("-") {
        let bytes = fsio::read_from(io::stdin().lock(), path, limits)?;
        return from_bytes(path, bytes, store_password, limits);
    }
    if !fsio::is_folder(path) {
        return from_bytes(path, fsio::read(path, limits)?, store_password, limits);
    }
    let files = fsio::files_in(path, ENDINGS)?;
    if files.is_empty() {
        return Err(InputsError::EmptyFolder {
            path: path.to_owned(),
        });
    }
    let mut all = Vec::new();
    for file in files {
        let bytes = fsio::read(&file, limits)?;
        match from_bytes(&file, bytes, store_password, limits) {
            Ok(certificates) => all.extend(certificates),
            // A key beside its certificate is an everyday case, and named so (server.pem, server-key.pem).
            Err(InputsError::Certificate {
                source: InputError::NotACertificate { .. },
                ..
            }) => {}
            Err(error) => return Err(error),
        }
    }
    if all.is_empty() {
        return Err(InputsError::EmptyFolder {
            path: path.to_owned(),
        });
    }
    Ok(all)
}

fn from_bytes(
    path: &Path,
    bytes: Bytes,
    store_password: &Password,
    limits: &Limits,
) -> Result<Vec<SourcedCertificate>, InputsError> {
    let sourced = |alias, certificate| SourcedCertificate {
        certificate,
        alias,
        source: path.to_owned(),
    };
    if StoreFormat::detect(&bytes).is_none() {
        let read = read_certificates(&bytes, limits).map_err(|source| InputsError::Certificate {
            path: path.to_owned(),
            source,
        })?;
        return Ok(read
            .certificates
            .into_iter()
            .map(|certificate| sourced(None, certificate))
            .collect());
    }
    let store =
        KeyStore::from_bytes_with(bytes, store_password, limits).map_err(|source| InputsError::Store {
            path: path.to_owned(),
            source,
        })?;
    let mut certificates = Vec::new();
    for (alias, entry) in store.iter() {
        let name = store.name(alias).unwrap_or(alias.as_str()).to_owned();
        match entry {
            Entry::TrustedCertificate(entry) => {
                certificates.push(sourced(Some(name), entry.certificate().clone()));
            }
            // Of a key's chain the highest certificate is the one to trust.
            Entry::PrivateKey(entry) => {
                certificates.extend(entry.chain().last().map(|root| sourced(None, root.clone())));
            }
            Entry::SecretKey(_) => {}
        }
    }
    let unseen = store
        .skipped()
        .iter()
        .filter_map(|skipped| skipped.certificate.clone());
    certificates.extend(unseen.map(|certificate| sourced(None, certificate)));
    Ok(certificates)
}
