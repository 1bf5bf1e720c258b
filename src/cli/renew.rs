//! `keyjar cert --renew`: the next certificate for a key and its names.

use std::path::{Path, PathBuf};

use keyjar::pki::{AltName, Dates, Purpose, Template};
use keyjar::{Certificate, ErrorKind, Limits, PrivateKey, StoreFormat, fsio, ops};

use super::cert::{Cert, Order, file_name};
use super::failure::Failure;
use super::issuing;
use super::manage::KEY;
use super::password::{self, Asked};
use super::printer::Printer;

/// What renews the certificate in that file.
pub(super) fn order(file: &Path, command: &Cert, dates: Dates, printer: &Printer) -> Result<Order, Failure> {
    let about = |failure: Failure| failure.context(format!("`{}`", file.display()));
    let bytes = fsio::read(file, &Limits::DEFAULT)?;
    let is_store = StoreFormat::detect(&bytes).is_some();
    let (old, key) = if is_store {
        let source = command
            .keystore_pass
            .as_ref()
            .or(command.stores.storepass.as_ref());
        let (store, password) = issuing::open_store(&bytes, &Asked::STORE, source, printer).map_err(about)?;
        let (key, chain) = issuing::only_key(&store, &password, file)?;
        let Some(leaf) = chain.into_iter().next() else {
            let message = format!("`{}` has no certificate for its key", file.display());
            return Err(Failure::new(ErrorKind::WrongInput, message, ""));
        };
        (leaf, key)
    } else {
        of_files(file, command, printer)?
    };
    if old.is_ca() && old.version() >= 3 {
        let message = format!(
            "`{}` is an authority's certificate, `{}`",
            file.display(),
            old.subject()
        );
        let hint =
            "`keyjar ca --force` makes a new authority; what the old one issued has to be issued again";
        return Err(Failure::new(ErrorKind::WrongInput, message, hint));
    }
    if key.matches_public_key(old.public_key_der()) == Some(false) {
        let message = format!("the key does not belong to `{}`", old.subject());
        return Err(Failure::new(
            ErrorKind::Conflict,
            message,
            "name the certificate's key with `--key FILE`",
        ));
    }
    let short = old.short_name();
    let filename = match &command.filename {
        Some(name) => name.clone(),
        None => stem(file).map_or_else(|| file_name(&short), Ok)?,
    };
    Ok(Order {
        alias: command.alias.clone().unwrap_or(short),
        filename,
        template: template(&old, command, dates)?,
        key: Some(key),
    })
}

/// The certificate, and its key: `--key`, else the same file's, else the `.key` beside it.
fn of_files(file: &Path, command: &Cert, printer: &Printer) -> Result<(Certificate, PrivateKey), Failure> {
    let read = ops::read_input(file, &password::convention(), &Limits::DEFAULT)?;
    let Some(first) = read.into_iter().next() else {
        let message = format!("`{}` has no certificate", file.display());
        return Err(Failure::new(ErrorKind::WrongInput, message, ""));
    };
    let beside = stem(file).map(|stem| file.with_file_name(format!("{stem}.key")));
    let beside = beside.filter(|path| fsio::exists(path));
    let path: PathBuf = command.key.clone().or(beside).unwrap_or_else(|| file.to_owned());
    let key = issuing::private_key(&path, &KEY, command.keypass.as_ref(), printer).map_err(|failure| {
        if path == file {
            let message = format!("`{}` has no `.key` beside it", file.display());
            Failure::new(ErrorKind::NotFound, message, "name the key with `--key FILE`")
        } else {
            failure
        }
    })?;
    Ok((first.certificate, key))
}

/// `es01` of `es01.fullchain.crt`
fn stem(file: &Path) -> Option<String> {
    let stem = file.file_stem()?.to_str()?;
    Some(stem.strip_suffix(".fullchain").unwrap_or(stem).to_owned())
}

/// The same subject, names and uses; what the old one left out is mended.
fn template(old: &Certificate, command: &Cert, dates: Dates) -> Result<Template, Failure> {
    let purpose = if command.client || command.server {
        command.purpose()
    } else {
        // A certificate that names no purposes is for any.
        let named = issuing::purpose_of(&old.extended_key_usage().unwrap_or_default());
        named.unwrap_or(Purpose::ServerAndClient)
    };
    let given = command.alt_names()?;
    let mut names = if given.is_empty() {
        AltName::of_certificate(old).map_err(|error| {
            let message = format!("the names of `{}` are malformed: {error}", old.subject());
            Failure::new(ErrorKind::Damaged, message, "give them with `--dns` and `--ip`")
        })?
    } else {
        given
    };
    if names.is_empty() && purpose != Purpose::Client {
        names = AltName::derived(&old.short_name())?;
    }
    Ok(Template::new(old.subject().into(), names, purpose, dates))
}
