use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use keyjar::keystore::KeyStoreError;
use keyjar::{Alias, Entry, ErrorKind, KeyStore, Limits, Password, clock, fsio, ops, pem, x509};
use serde_json::json;
use zeroize::Zeroizing;

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
    let out = Zeroizing::new(if command.key {
        key(entry, &alias, &password, command, printer)?
    } else {
        certificates(entry, &alias, command)?
    });
    let document = |path: Option<&Path>, changed: bool, data: Option<&str>| {
        printer.document(&json!({
            "schema": 1,
            "alias": alias.as_str(),
            "kind": entry.kind(),
            "what": what(entry, command),
            "form": form(entry, command),
            "encrypted": command.new_storepass.is_some(),
            "path": path,
            "changed": changed,
            "data": data,
        }));
    };
    if let Some(path) = file(command) {
        let changed = write(path, &out, command)?;
        let verb = if changed { "wrote" } else { "unchanged:" };
        printer.note(&format!("{verb} {}", path.display()));
        if printer.json {
            document(Some(path), changed, None);
        }
    } else if printer.json {
        // Text as it is, octets in base64.
        let is_text = matches!(form(entry, command), "pem" | "p7b");
        let text = std::str::from_utf8(&out).ok().filter(|_| is_text);
        let data = Zeroizing::new(text.map_or_else(|| pem::to_base64(&out), String::from));
        document(None, false, Some(&data));
    } else {
        printer.bytes(&out);
    }
    Ok(ExitCode::SUCCESS)
}

/// The file to write to; nothing for stdout.
fn file(command: &Export) -> Option<&Path> {
    command.out.as_deref().filter(|path| *path != Path::new("-"))
}

/// What is exported, by the names that `--json` prints.
const fn what(entry: &Entry, command: &Export) -> &'static str {
    match (command.key, entry) {
        (true, Entry::SecretKey(_)) => "secret-key",
        (true, _) => "private-key",
        (false, _) if command.chain => "chain",
        (false, _) => "certificate",
    }
}

/// The form it is in: secret keys have none but their octets.
fn form<'a>(entry: &Entry, command: &'a Export) -> &'a str {
    match entry {
        Entry::SecretKey(_) if command.key => "raw",
        _ => &command.form,
    }
}

/// Whether the file changed; one that is there is written over when asked only.
fn write(path: &Path, out: &[u8], command: &Export) -> Result<bool, Failure> {
    let old = fsio::read_if_exists(path, &Limits::DEFAULT)?;
    if old.as_ref().is_some_and(|old| old == out) {
        return Ok(false);
    }
    if old.is_some_and(|old| !old.is_empty()) && !command.force {
        let message = format!("`{}` is there already, and holds something else", path.display());
        return Err(Failure::new(
            ErrorKind::Conflict,
            message,
            "`--force` writes over it",
        ));
    }
    fsio::write(path, out, command.key)?;
    Ok(true)
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
    let to_terminal = file(command).is_none() && std::io::stdout().is_terminal();
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
        let shown = if command.chain {
            chain
        } else {
            std::slice::from_ref(first)
        };
        return Ok(shown
            .iter()
            .flat_map(|certificate| certificate.as_der())
            .copied()
            .collect());
    }
    let blocks = chain
        .iter()
        .take(shown)
        .map(|certificate| pem::encode("CERTIFICATE", certificate.as_der()));
    Ok(blocks.collect::<String>().into_bytes())
}

/// `keyjar remove`
pub(crate) fn remove(command: &Remove, printer: &Printer) -> Outcome {
    let removed = change(&command.store, command.storepass.as_ref(), printer, |store| {
        let mut removed = Vec::with_capacity(command.aliases.len());
        for name in &command.aliases {
            let alias = find(store, name);
            // The same alias twice, in whatever spelling, is removed once.
            if removed.contains(&alias) {
                continue;
            }
            if store.remove(&alias).is_none() {
                return Err(KeyStoreError::AliasAbsent { alias });
            }
            removed.push(alias);
        }
        Ok((removed, true))
    })?;
    let removed = match removed {
        Ok(removed) => removed,
        Err(alias) => return Ok(absent(&alias, printer)),
    };
    let names: Vec<_> = removed.iter().map(|alias| format!("`{alias}`")).collect();
    printer.note(&format!(
        "removed {} from {}",
        names.join(", "),
        command.store.display()
    ));
    if printer.json {
        let removed: Vec<_> = removed.iter().map(Alias::as_str).collect();
        printer.document(&json!({ "schema": 1, "path": command.store, "removed": removed }));
    }
    Ok(ExitCode::SUCCESS)
}

/// `keyjar rename`
pub(crate) fn rename(command: &Rename, printer: &Printer) -> Outcome {
    let renamed = change(&command.store, command.storepass.as_ref(), printer, |store| {
        let old = find(store, &command.old);
        let is_same = store.name(&old) == Some(command.new.as_str());
        store.rename(&old, &command.new)?;
        Ok(((old, !is_same), !is_same))
    })?;
    let (old, changed) = match renamed {
        Ok(renamed) => renamed,
        Err(alias) => return Ok(absent(&alias, printer)),
    };
    let new = Alias::new(&command.new);
    if changed {
        printer.note(&format!("renamed `{old}` to `{new}`"));
    } else {
        printer.note(&format!("unchanged: the entry is called `{new}` already"));
    }
    if printer.json {
        let path = &command.store;
        printer.document(&json!({
            "schema": 1, "path": path, "alias": old.as_str(), "new_alias": new.as_str(), "changed": changed,
        }));
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens a store, changes it and, where the change says that it is one, writes it back, all under its lock. An
/// alias that is not there is an answer.
fn change<T>(
    path: &Path,
    source: Option<&Source>,
    printer: &Printer,
    change: impl FnOnce(&mut KeyStore) -> Result<(T, bool), KeyStoreError>,
) -> Result<Result<T, Alias>, Failure> {
    let password = store_password(source, &fsio::read(path, &Limits::DEFAULT)?, printer)?;
    fsio::update(path, &Limits::DEFAULT, |old| {
        let mut store = super::import::open(old, &password, path)?;
        let (done, is_changed) = match change(&mut store) {
            Err(KeyStoreError::AliasAbsent { alias }) => return Ok((None, false, Err(alias))),
            other => other?,
        };
        let encoder = store.encoder().clock(clock::now());
        let bytes = is_changed.then(|| encoder.to_bytes(&password)).transpose()?;
        Ok::<_, Failure>((bytes, store.has_keys(), Ok(done)))
    })
}
