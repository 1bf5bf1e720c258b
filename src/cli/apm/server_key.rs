//! APM Server's key with its certificate, as they are given.

use std::path::{Path, PathBuf};

use keyjar::apm::KeyForm;
use keyjar::keystore::KeyStoreError;
use keyjar::{Alias, Entry, ErrorKind, KeyStore, Limits, Password, PrivateKey, fsio, pem};

use super::inputs::{self, Read, Role};
use super::server::Server;
use crate::cli::failure::Failure;
use crate::cli::flags::KEYSTORE;
use crate::cli::manage::KEY;
use crate::cli::password;
use crate::cli::printer::Printer;

/// The key as it was given.
pub(super) struct Key {
    pub(super) key: PrivateKey,
    pub(super) form: KeyForm,
    pub(super) path: PathBuf,
    pub(super) is_encrypted: bool,
    pub(super) password: Option<Password>,
}

/// From a certificate's file and a key's.
pub(super) fn from_files(command: &Server, printer: &Printer) -> Result<(Read, Key), Failure> {
    let own: Vec<PathBuf> = command.cert.iter().cloned().collect();
    let key_password = || password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer);
    let server = inputs::read(&own, Role::Server, &key_password, printer)?;
    let (Some(server), Some(path)) = (server, command.key.as_deref()) else {
        return Err(Failure::new(
            ErrorKind::Usage,
            "a certificate and its key are needed",
            "give them with `--cert` and `--key`, or with `--keystore`",
        ));
    };
    let bytes = if path == Path::new("-") {
        fsio::read_from(std::io::stdin().lock(), path, &Limits::DEFAULT)?
    } else {
        fsio::read(path, &Limits::DEFAULT)?
    };
    let about =
        |error: keyjar::pkcs8::KeyError| Failure::from(error).context(format!("`{}`", path.display()));
    let form = if path == Path::new("-") && command.out.is_none() {
        KeyForm::OtherThanPem(String::from("the standard input"))
    } else {
        KeyForm::of(&bytes)
    };
    let is_encrypted = form.is_encrypted() || is_encrypted_der(&bytes);
    let password = match &command.keypass {
        Some(source) => Some(password::find(&KEY, Some(source), printer)?),
        None if is_encrypted => Some(password::find(&KEY, None, printer)?),
        None => None,
    };
    let key = PrivateKey::from_input(&bytes, password.as_ref()).map_err(about)?;
    let path = path.to_owned();
    Ok((
        server,
        Key {
            key,
            form,
            path,
            is_encrypted,
            password,
        },
    ))
}

/// From a keystore's entry.
pub(super) fn from_keystore(
    command: &Server,
    path: &Path,
    printer: &Printer,
) -> Result<(Read, Key), Failure> {
    let password = password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer)?;
    let store = KeyStore::from_bytes(fsio::read(path, &Limits::DEFAULT)?, &password)
        .map_err(|error| Failure::from(error).context(format!("`{}`", path.display())))?;
    let wanted = command.alias.as_deref().map(Alias::new);
    let mut keys = Vec::new();
    for (alias, entry) in store.iter() {
        if let Entry::PrivateKey(entry) = entry
            && wanted.as_ref().is_none_or(|wanted| wanted == alias)
        {
            keys.push((alias, entry));
        }
    }
    let (alias, entry) = match keys.as_slice() {
        [only] => *only,
        [] => {
            let message = match &wanted {
                Some(alias) => format!("`{}` has no key under the alias `{alias}`", path.display()),
                None => format!("`{}` holds no private key", path.display()),
            };
            return Err(Failure::new(
                ErrorKind::NotFound,
                message,
                "`keyjar list` shows what a store holds",
            ));
        }
        several => {
            let names: Vec<_> = several.iter().map(|(alias, _)| format!("`{alias}`")).collect();
            let message = format!("`{}` holds several keys: {}", path.display(), names.join(", "));
            return Err(Failure::new(
                ErrorKind::Conflict,
                message,
                "say which with `--alias NAME`",
            ));
        }
    };
    let own = match &command.keypass {
        Some(source) => Some(password::find(&KEY, Some(source), printer)?),
        None => None,
    };
    let key = entry
        .key(own.as_ref().unwrap_or(&password))
        .map_err(|source| KeyStoreError::KeyOf {
            alias: alias.clone(),
            source: Box::new(source),
        })?
        .without_attributes();
    let what = format!("a {} store", store.format());
    let server = Read {
        path: path.to_owned(),
        certificates: entry.chain().to_vec(),
        other_than_pem: Some(what.clone()),
    };
    if server.certificates.is_empty() {
        let message = format!("the key `{alias}` in `{}` has no certificate", path.display());
        return Err(Failure::new(
            ErrorKind::WrongInput,
            message,
            "give the certificate with `--cert` and the key with `--key`",
        ));
    }
    let key = Key {
        key,
        form: KeyForm::OtherThanPem(what),
        path: path.to_owned(),
        is_encrypted: false,
        password: None,
    };
    Ok((server, key))
}

fn is_encrypted_der(bytes: &[u8]) -> bool {
    matches!(
        pem::sniff(bytes),
        pem::What::PrivateKey {
            form: "encrypted PKCS#8"
        }
    )
}
