use std::path::Path;
use std::process::ExitCode;

use keyjar::ops;
use keyjar::{Alias, Certificate, Entry, ErrorKind, KeyStore, Limits, Password, PrivateKey, clock, fsio};
use serde_json::json;

use super::args::Bundle;
use super::failure::Failure;
use super::flags::{self, Side};
use super::import::{encode, open, profile};
use super::password::{self, Asked};
use super::printer::Printer;
use super::{Outcome, list};

const KEY: Asked = Asked {
    what: "key",
    option: "--keypass",
    variable: "KEYJAR_KEYPASS",
    convention: false,
};

/// `keyjar bundle`
pub(crate) fn run(command: &Bundle, printer: &Printer) -> Outcome {
    let password = password::find(
        &Asked {
            what: "keystore",
            ..Asked::STORE
        },
        command.writing.storepass.as_ref(),
        printer,
    )?;
    if password.is_none() {
        let hint = "give one with `--storepass env:NAME`";
        return Err(Failure::new(
            ErrorKind::PasswordRequired,
            "a keystore needs a password",
            hint,
        ));
    }
    password::check_odd(&password, command.writing.allow_odd_password)?;
    let key = key(command, printer)?;
    let mut certificates = Vec::new();
    for input in command.cert.iter().chain(&command.chain) {
        let read = ops::read_input(input, &password, &Limits::DEFAULT)?;
        certificates.extend(read.into_iter().map(|sourced| sourced.certificate));
    }
    let certificates = readable(certificates, &key, command.skip_unreadable, printer)?;
    let bundle = ops::bundle(key, certificates)?;
    let chain: Vec<Certificate> = bundle.entry.chain().to_vec();
    let Some(leaf) = chain.first() else {
        return Err(ops::BundleError::NoCertificate.into());
    };
    let name = command.alias.clone().unwrap_or_else(|| leaf.short_name());
    warn(&bundle, leaf, printer);
    let profile = profile(&command.writing);
    let path = &command.keystore;
    let (changed, format) = fsio::update(path, &Limits::DEFAULT, |old| {
        let mut store = open(old, &password, path)?;
        if is_there(&store, &name, &bundle.entry, &password) && profile.is_none() {
            return Ok::<_, Failure>((None, true, (false, store.format())));
        }
        put(
            &mut store,
            &name,
            Entry::PrivateKey(bundle.entry),
            command.replace,
        )?;
        let bytes = encode(&store, profile, &password)?;
        Ok((Some(bytes), true, (true, store.format())))
    })?;
    tell(&name, &chain, path, changed, printer);
    if printer.json {
        let chain: Vec<_> = chain.iter().map(list::certificate).collect();
        let alias = Alias::new(&name);
        printer.document(&json!({ "schema": 1, "path": path, "alias": alias.as_str(), "changed": changed, "chain": chain }));
        return Ok(ExitCode::SUCCESS);
    }
    flags::print(
        None,
        Some(Side {
            path,
            format,
            password,
        }),
        &command.writing.format,
        printer,
    )
}

/// A certificate that no JVM reads makes the whole store unloadable: it is refused, or, where it is not the key's
/// own, left out.
fn readable(
    certificates: Vec<Certificate>,
    key: &PrivateKey,
    skip: bool,
    printer: &Printer,
) -> Result<Vec<Certificate>, Failure> {
    let mut kept = Vec::with_capacity(certificates.len());
    for certificate in certificates {
        let Err(unreadable) = certificate.java_readability() else {
            kept.push(certificate);
            continue;
        };
        let subject = certificate.subject();
        let is_leaf = key.matches_public_key(certificate.public_key_der()) == Some(true);
        if skip && !is_leaf {
            printer.warning(&format!("left out: the certificate `{subject}`: {unreadable}"));
            continue;
        }
        let message = format!(
            "the certificate `{subject}` cannot be read by any JVM, and would make the whole store unloadable: {unreadable}"
        );
        let hint = if is_leaf {
            "ask its authority for another one"
        } else {
            "`--skip-unreadable` leaves it out of the chain"
        };
        return Err(Failure::new(ErrorKind::Unsupported, message, hint));
    }
    Ok(kept)
}

fn key(command: &Bundle, printer: &Printer) -> Result<PrivateKey, Failure> {
    let bytes = if command.key == Path::new("-") {
        fsio::read_secret_from(std::io::stdin().lock(), &command.key, &Limits::DEFAULT)?
    } else {
        fsio::read_secret(&command.key, &Limits::DEFAULT)?
    };
    let about =
        |error: keyjar::pkcs8::KeyError| Failure::from(error).context(format!("`{}`", command.key.display()));
    let given = match &command.keypass {
        Some(source) => Some(password::find(&KEY, Some(source), printer)?),
        None => None,
    };
    match PrivateKey::from_input(bytes.expose_bytes(), given.as_ref()) {
        Err(error) if error.kind() == ErrorKind::PasswordRequired && given.is_none() => {
            match password::find(&KEY, None, printer) {
                Ok(password) => PrivateKey::from_input(bytes.expose_bytes(), Some(&password)).map_err(about),
                Err(_) => Err(about(error)),
            }
        }
        other => other.map_err(about),
    }
}

/// Whether the store holds this very key and chain under the alias.
fn is_there(
    store: &KeyStore,
    name: &str,
    entry: &keyjar::keystore::PrivateKeyEntry,
    password: &Password,
) -> bool {
    let Some(Entry::PrivateKey(old)) = store.get(&Alias::new(name)) else {
        return false;
    };
    old.chain() == entry.chain()
        && matches!((old.key(password), entry.key(password)), (Ok(old), Ok(new)) if old.expose_pkcs8_der() == new.expose_pkcs8_der())
}

fn put(store: &mut KeyStore, name: &str, entry: Entry, replace: bool) -> Result<(), Failure> {
    if replace {
        store.replace(name, entry);
    } else {
        store.insert(name, entry)?;
    }
    Ok(())
}

fn warn(bundle: &ops::Bundle, leaf: &Certificate, printer: &Printer) {
    if !bundle.key_checked {
        printer.warning(
            "the key could not be held against the certificate: its public half cannot be computed here",
        );
    }
    if let Some(issuer) = &bundle.missing_issuer {
        printer.warning(&format!(
            "the chain ends before its root: `{issuer}` is not among the inputs"
        ));
        printer.hint("a server that does not know the issuer refuses the client; add it with `--chain`");
    }
    for certificate in &bundle.unused {
        printer.warning(&format!(
            "`{}` is no part of the chain and was left out",
            certificate.subject()
        ));
    }
    let validity = leaf.validity_at(clock::now());
    if validity != keyjar::x509::Validity::Valid {
        printer.warning(&format!("the certificate `{}` is {validity}", leaf.subject()));
    }
}

fn tell(name: &str, chain: &[Certificate], path: &Path, changed: bool, printer: &Printer) {
    let Some(leaf) = chain.first() else { return };
    if changed {
        printer.note(&format!("added key {}", list::line(name, leaf)));
        printer.note(&format!(
            "{}: chain of {} certificates",
            path.display(),
            chain.len()
        ));
    } else {
        printer.note(&format!(
            "unchanged: the key `{name}` is in {} already",
            path.display()
        ));
    }
}
