use std::io::IsTerminal;
use std::process::ExitCode;

use keyjar::keystore::KeyStoreError;
use keyjar::{Alias, Entry, ErrorKind, KeyStore, Limits, Password, clock, fsio, ops, pem, x509};

use super::Outcome;
use super::args::{Export, Remove, Rename};
use super::failure::Failure;
use super::password::{self, Asked, Source};
use super::printer::Printer;

pub(super) const KEY: Asked = Asked {
    what: "key",
    option: "--keypass",
    variable: "KEYJAR_KEYPASS",
    convention: false,
};

/// The password that something new is written with.
pub(super) const NEW: Asked = Asked {
    what: "new file",
    option: "--new-storepass",
    variable: "KEYJAR_NEW_STOREPASS",
    convention: false,
};

/// `keyjar export`
pub(crate) fn export(command: &Export, printer: &Printer) -> Outcome {
    let bytes = fsio::read(&command.store, &Limits::DEFAULT)?;
    let password = store_password(command.storepass.as_ref(), &bytes, printer)?;
    let store = KeyStore::from_bytes(bytes, &password)
        .map_err(|error| Failure::from(error).context(format!("`{}`", command.store.display())))?;
    let alias = find(&store, &command.alias);
    let Some(entry) = store.get(&alias) else {
        return Ok(absent(&alias, printer));
    };
    let out = if command.key {
        key(entry, &alias, &password, command, printer)?
    } else {
        certificates(entry, &alias, command)?
    };
    match command.out.as_deref() {
        None => printer.bytes(&out),
        Some(path) if path == std::path::Path::new("-") => printer.bytes(&out),
        Some(path) => {
            fsio::write(path, &out, command.key)?;
            printer.note(&format!("wrote {}", path.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The given password; else the convention where it opens the store; else a prompt.
pub(super) fn store_password(
    source: Option<&Source>,
    bytes: &bytes::Bytes,
    printer: &Printer,
) -> Result<Password, Failure> {
    if password::is_given(&Asked::STORE, source) {
        return password::find(&Asked::STORE, source, printer);
    }
    let convention = password::find(&Asked::TRUSTSTORE, None, printer)?;
    if KeyStore::from_bytes(bytes.clone(), &convention).is_ok() {
        return Ok(convention);
    }
    password::find(&Asked::STORE, None, printer)
}

/// The alias of that name; else the one that is shown so, its control characters escaped: a NUL can be given on
/// no command line.
fn find(store: &KeyStore, name: &str) -> Alias {
    let alias = Alias::new(name);
    if store.get(&alias).is_some() {
        return alias;
    }
    let shown = store.aliases().find(|other| other.to_string() == alias.as_str());
    shown.cloned().unwrap_or(alias)
}

/// The answer is no.
fn absent(alias: &Alias, printer: &Printer) -> ExitCode {
    let error = Failure::from(KeyStoreError::AliasAbsent { alias: alias.clone() });
    let _ = error.show(printer);
    ExitCode::from(1)
}

fn key(
    entry: &Entry,
    alias: &Alias,
    password: &Password,
    command: &Export,
    printer: &Printer,
) -> Result<Vec<u8>, Failure> {
    if command.form == "p7b" {
        let hint = "`--form pem` and `--form der` write keys";
        return Err(Failure::new(ErrorKind::Usage, "PKCS#7 holds no keys", hint));
    }
    let to_terminal = command.out.is_none() && std::io::stdout().is_terminal();
    if to_terminal && !command.force {
        let hint = "`--out PATH` writes it to a file of mode 0600; `--force` shows it all the same";
        return Err(Failure::new(
            ErrorKind::Usage,
            "a private key is not shown on a terminal",
            hint,
        ));
    }
    let own = match &command.keypass {
        Some(source) => Some(password::find(&KEY, Some(source), printer)?),
        None => None,
    };
    let password = own.as_ref().unwrap_or(password);
    let of = |source| KeyStoreError::KeyOf {
        alias: alias.clone(),
        source: Box::new(source),
    };
    match entry {
        Entry::PrivateKey(entry) => {
            let key = entry.key(password).map_err(of)?.without_attributes();
            if let Some(source) = &command.new_storepass {
                let encrypted = ops::encrypt_key(&key, &password::find(&NEW, Some(source), printer)?)?;
                return Ok(match command.form.as_str() {
                    "der" => encrypted.as_der().to_vec(),
                    _ => pem::encode("ENCRYPTED PRIVATE KEY", encrypted.as_der()).into_bytes(),
                });
            }
            Ok(match command.form.as_str() {
                "der" => key.expose_pkcs8_der().to_vec(),
                _ => key.expose_pem().as_bytes().to_vec(),
            })
        }
        Entry::SecretKey(entry) => Ok(entry.key(password).map_err(of)?.octets.expose_bytes().to_vec()),
        _ => {
            let message = format!(
                "the entry `{alias}` is a {} and has no key",
                entry.kind().replace('-', " ")
            );
            Err(Failure::new(
                ErrorKind::WrongInput,
                message,
                "without `--key` its certificate is exported",
            ))
        }
    }
}

fn certificates(entry: &Entry, alias: &Alias, command: &Export) -> Result<Vec<u8>, Failure> {
    let chain = entry.certificates();
    let shown = if command.chain { chain.len() } else { 1 };
    let Some(first) = chain.first() else {
        let message = format!("the entry `{alias}` has no certificate");
        return Err(Failure::new(
            ErrorKind::WrongInput,
            message,
            "`--key` exports its key",
        ));
    };
    if command.form == "p7b" {
        return Ok(pem::encode("PKCS7", &x509::encode_pkcs7(chain)).into_bytes());
    }
    if command.form == "der" {
        return Ok(first.as_der().to_vec());
    }
    let blocks = chain
        .iter()
        .take(shown)
        .map(|certificate| pem::encode("CERTIFICATE", certificate.as_der()));
    Ok(blocks.collect::<String>().into_bytes())
}

/// `keyjar remove`
pub(crate) fn remove(command: &Remove, printer: &Printer) -> Outcome {
    change(&command.store, command.storepass.as_ref(), printer, |store| {
        for name in &command.aliases {
            let alias = find(store, name);
            store.remove(&alias).ok_or(KeyStoreError::AliasAbsent { alias })?;
        }
        Ok(format!("removed {}", command.aliases.join(", ")))
    })
}

/// `keyjar rename`
pub(crate) fn rename(command: &Rename, printer: &Printer) -> Outcome {
    change(&command.store, command.storepass.as_ref(), printer, |store| {
        store.rename(&find(store, &command.old), &command.new)?;
        Ok(format!("renamed `{}` to `{}`", command.old, command.new))
    })
}

/// Opens a store, changes it and writes it back, all under its lock.
fn change(
    path: &std::path::Path,
    source: Option<&Source>,
    printer: &Printer,
    change: impl FnOnce(&mut KeyStore) -> Result<String, KeyStoreError>,
) -> Outcome {
    let password = store_password(source, &fsio::read(path, &Limits::DEFAULT)?, printer)?;
    let done = fsio::update(path, &Limits::DEFAULT, |old| {
        let mut store = super::import::open(old, &password, path)?;
        let done = match change(&mut store) {
            Err(KeyStoreError::AliasAbsent { alias }) => return Ok((None, false, Err(alias))),
            other => other?,
        };
        let bytes = store.encoder().clock(clock::now()).to_bytes(&password)?;
        Ok::<_, Failure>((Some(bytes), store.has_keys(), Ok(done)))
    })?;
    match done {
        Ok(done) => printer.note(&done),
        Err(alias) => return Ok(absent(&alias, printer)),
    }
    Ok(ExitCode::SUCCESS)
}
