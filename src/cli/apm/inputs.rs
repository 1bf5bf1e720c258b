//! Certificates as they are given: a PEM file is named in the settings as it is, everything else has to be written as
//! PEM first.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use keyjar::apm::CertificateFile;
use keyjar::keystore::PrivateKeyEntry;
use keyjar::x509::read_certificates;
use keyjar::{Certificate, Entry, ErrorKind, KeyStore, Limits, Password, StoreFormat, fsio, ops, pem};

use crate::cli::failure::Failure;
use crate::cli::printer::Printer;

/// Certificates, and whether their file is one that agents read.
pub(super) struct Read {
    pub(super) path: PathBuf,
    pub(super) certificates: Vec<Certificate>,
    /// What the file is, where it is no PEM.
    pub(super) other_than_pem: Option<String>,
}

impl Read {
    /// At its own absolute path.
    pub(super) fn in_place(&self) -> Result<CertificateFile, Failure> {
        let file = CertificateFile::new(fsio::absolute(&self.path)?, self.certificates.clone());
        Ok(match &self.other_than_pem {
            Some(what) => file.other_than_pem(what),
            None => file,
        })
    }

    /// As PEM at another path.
    pub(super) fn at(&self, path: impl Into<PathBuf>) -> CertificateFile {
        CertificateFile::new(path, self.certificates.clone())
    }

    pub(super) fn to_pem(&self) -> Vec<u8> {
        let blocks = self
            .certificates
            .iter()
            .map(|certificate| pem::encode("CERTIFICATE", certificate.as_der()));
        blocks.collect::<String>().into_bytes()
    }
}

/// Whose certificates are meant: of a store's key an authority is the top of the chain, a server the whole of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Authority,
    Own,
    /// Own, for the server itself: its key may stand beside it.
    Server,
}

/// Reads one input or several, which are one list then.
pub(super) fn read(
    paths: &[PathBuf],
    role: Role,
    password: &dyn Fn() -> Result<Password, Failure>,
    printer: &Printer,
) -> Result<Option<Read>, Failure> {
    let [first, more @ ..] = paths else {
        return Ok(None);
    };
    let mut read = one(first, role, password, printer)?;
    for path in more {
        let next = one(path, role, password, printer)?;
        read.certificates.extend(next.certificates);
        read.other_than_pem = Some(String::from("one of several files"));
    }
    if read.certificates.is_empty() {
        let message = format!("`{}` holds no certificate", read.path.display());
        return Err(Failure::new(
            ErrorKind::WrongInput,
            message,
            "`keyjar list` shows what a store holds",
        ));
    }
    Ok(Some(read))
}

fn one(
    path: &Path,
    role: Role,
    password: &dyn Fn() -> Result<Password, Failure>,
    printer: &Printer,
) -> Result<Read, Failure> {
    let path = &folder_of_an_authority(path);
    if fsio::is_folder(path) {
        let read = ops::read_input(path, &password()?, &Limits::DEFAULT)?;
        return Ok(Read {
            path: path.clone(),
            certificates: read.into_iter().map(|sourced| sourced.certificate).collect(),
            other_than_pem: Some(String::from("a folder")),
        });
    }
    let bytes = if path == Path::new("-") {
        fsio::read_from(io::stdin().lock(), path, &Limits::DEFAULT)?
    } else {
        fsio::read(path, &Limits::DEFAULT)?
    };
    if let Some(format) = StoreFormat::detect(&bytes) {
        let store = KeyStore::from_bytes(bytes, &password()?)
            .map_err(|error| Failure::from(error).context(format!("`{}`", path.display())))?;
        return Ok(Read {
            path: path.clone(),
            certificates: of_store(&store, role, path)?,
            other_than_pem: Some(format!("a {format} store")),
        });
    }
    let read = read_certificates(&bytes, &Limits::DEFAULT)
        .map_err(|error| Failure::from(error).context(format!("`{}`", path.display())))?;
    let has_key = read
        .passed_over
        .iter()
        .any(|what| what.starts_with("a private key"));
    if has_key && role != Role::Server {
        printer.warning(&format!(
            "`{}` holds a private key as well: agents need the certificate alone",
            path.display()
        ));
    }
    Ok(Read {
        path: path.clone(),
        certificates: read.certificates,
        other_than_pem: if path == Path::new("-") {
            Some(String::from("the standard input"))
        } else {
            other_than_pem(&bytes)
        },
    })
}

/// `keyjar ca` leaves a folder with `ca.crt` in it: that one is meant.
pub(super) fn folder_of_an_authority(path: &Path) -> PathBuf {
    let inside = path.join("ca.crt");
    if fsio::is_folder(path) && fsio::exists(&inside) {
        return inside;
    }
    path.to_owned()
}

/// Go looks for blocks of that very label, and so do others.
fn other_than_pem(bytes: &Bytes) -> Option<String> {
    if !pem::is_pem(bytes) {
        return Some(match pem::sniff(bytes) {
            pem::What::Certificate => String::from("a certificate in DER"),
            other => other.to_string(),
        });
    }
    let blocks = pem::read(bytes).unwrap_or_default();
    let odd = blocks
        .iter()
        .find(|block| block.label.contains("CERTIFICATE") && block.label != "CERTIFICATE");
    if let Some(block) = odd {
        return Some(format!("a PEM file with the label `{}`", block.label));
    }
    let none = !blocks.iter().any(|block| block.label == "CERTIFICATE");
    none.then(|| pem::sniff(bytes).to_string())
}

fn of_store(store: &KeyStore, role: Role, path: &Path) -> Result<Vec<Certificate>, Failure> {
    let mut keys: Vec<(String, &PrivateKeyEntry)> = Vec::new();
    let mut trusted = Vec::new();
    for (alias, entry) in store.iter() {
        match entry {
            Entry::PrivateKey(entry) => keys.push((alias.to_string(), entry)),
            Entry::TrustedCertificate(entry) => trusted.push(entry.certificate().clone()),
            _ => {}
        }
    }
    match (role, keys.as_slice()) {
        (Role::Own | Role::Server, [(_, only)]) => Ok(only.chain().to_vec()),
        (Role::Own | Role::Server, [(alias, _), ..]) => {
            let message = format!("`{}` holds {} keys: which is meant?", path.display(), keys.len());
            let hint = format!(
                "`keyjar export {} {alias} --chain --out server.crt` writes one's certificates",
                path.display()
            );
            Err(Failure::new(ErrorKind::Conflict, message, &hint))
        }
        (Role::Own | Role::Server, []) => Ok(trusted),
        (Role::Authority, keys) => {
            let tops = keys
                .iter()
                .filter_map(|(_, entry)| entry.chain().last().cloned())
                .filter(Certificate::is_ca);
            for top in tops {
                if !trusted.contains(&top) {
                    trusted.push(top);
                }
            }
            Ok(trusted)
        }
    }
}
