use std::path::Path;
use std::process::ExitCode;

use keyjar::ops::{self, ConvertOptions, Target};
use keyjar::pkcs12::Profile;
use keyjar::{ErrorKind, KeyStore, Limits, Password, StoreFormat, clock, fsio};
use serde_json::json;

use super::Outcome;
use super::args::{Convert, Passwd};
use super::failure::Failure;
use super::import::open;
use super::manage::{KEY, NEW, store_password};
use super::password::{self, Source};
use super::printer::Printer;

/// `keyjar passwd`
pub(crate) fn passwd(command: &Passwd, printer: &Printer) -> Outcome {
    let path = &command.store;
    let old = store_password(
        command.storepass.as_ref(),
        &fsio::read(path, &Limits::DEFAULT)?,
        printer,
    )?;
    let own = keypass(command.keypass.as_ref(), printer)?;
    let new = password::find(&NEW, command.new_storepass.as_ref(), printer)?;
    if new.is_none() {
        let hint = "`keyjar convert STORE OUT --profile passwordless` writes a truststore without a password";
        return Err(Failure::new(
            ErrorKind::Usage,
            "`passwd` gives a store another password, not none",
            hint,
        ));
    }
    password::check_odd(&new, command.allow_odd_password)?;
    let (changed, keys) = fsio::update(path, &Limits::DEFAULT, |bytes| {
        let Some(bytes) = bytes else {
            let message = format!("`{}` is empty", path.display());
            return Err(Failure::new(ErrorKind::WrongInput, message, ""));
        };
        let store = open(Some(bytes.clone()), &old, path)?;
        let is_protected = store
            .pfx()
            .is_none_or(|pfx| pfx.mac.is_some() || pfx.contents.iter().any(|part| part.encryption.is_some()));
        if !is_protected && !store.has_keys() {
            let hint = "`keyjar convert STORE OUT --profile trust --new-storepass SOURCE` writes one with a password";
            let message = format!("`{}` has no password to be changed", path.display());
            return Err(Failure::new(ErrorKind::Conflict, message, hint));
        }
        let keys = store
            .iter()
            .filter(|(_, entry)| entry.kind() != "trusted-certificate")
            .count();
        let mut encoder = store.encoder().clock(clock::now()).old_password(&old);
        if let Some(own) = &own {
            encoder = encoder.key_password(own);
        }
        let changed = own.is_some() || old.expose_text() != new.expose_text();
        let written = changed.then(|| encoder.to_bytes(&new)).transpose()?;
        Ok::<_, Failure>((written, store.has_keys(), (changed, keys)))
    })?;
    if changed {
        let with = match keys {
            0 => String::new(),
            1 => String::from(", its key as well"),
            many => format!(", its {many} keys as well"),
        };
        printer.note(&format!("{} has the new password{with}", path.display()));
    } else {
        printer.note(&format!(
            "unchanged: {} has that password already",
            path.display()
        ));
    }
    if printer.json {
        printer.document(&json!({ "schema": 1, "path": path, "changed": changed, "keys": keys }));
    }
    Ok(ExitCode::SUCCESS)
}

fn keypass(source: Option<&Source>, printer: &Printer) -> Result<Option<Password>, Failure> {
    source
        .map(|source| password::find(&KEY, Some(source), printer))
        .transpose()
}

/// `keyjar convert`
pub(crate) fn convert(command: &Convert, printer: &Printer) -> Outcome {
    let bytes = fsio::read(&command.input, &Limits::DEFAULT)?;
    let old = store_password(command.storepass.as_ref(), &bytes, printer)?;
    let own = keypass(command.keypass.as_ref(), printer)?;
    let target = target(command)?;
    let profile = command.profile.as_deref().and_then(Profile::by_name);
    let given = command
        .new_storepass
        .as_ref()
        .map(|source| password::find(&NEW, Some(source), printer))
        .transpose()?;
    let new = match (given, target) {
        _ if profile == Some(Profile::PASSWORDLESS) => Password::none(),
        (Some(new), _) => new,
        (None, Target::Pem) => Password::none(),
        (None, Target::Store(_)) => old.duplicate(),
    };
    let is_stdout = command.out == Path::new("-");
    if fsio::exists(&command.out) && !command.force && !is_stdout {
        let message = format!("`{}` is there already", command.out.display());
        return Err(Failure::new(
            ErrorKind::Conflict,
            message,
            "`--force` writes over it; `keyjar import` adds to it",
        ));
    }
    if target != Target::Pem {
        password::check_odd(&new, command.allow_odd_password)?;
    }
    let store = KeyStore::from_bytes(bytes, &old)
        .map_err(|error| Failure::from(error).context(format!("`{}`", command.input.display())))?;
    let from = store.format();
    let converted = ops::convert(
        store,
        &ConvertOptions {
            target,
            profile,
            old_password: &old,
            key_password: own.as_ref(),
            new_password: &new,
            skip_unsupported: command.skip_unsupported,
            now: clock::now(),
        },
    )?;
    if is_stdout {
        printer.bytes(&converted.bytes);
    } else {
        fsio::write(&command.out, &converted.bytes, converted.has_keys)?;
    }
    for lost in &converted.lost {
        printer.warning(&format!("left out: {lost}"));
    }
    let to = match target {
        Target::Store(format) => format.to_string(),
        Target::Pem => String::from("PEM"),
    };
    let entries = if converted.entries == 1 {
        "entry"
    } else {
        "entries"
    };
    printer.note(&format!(
        "{}: {} {entries} from {from} to {to}",
        command.out.display(),
        converted.entries
    ));
    if printer.json && !is_stdout {
        printer.document(&json!({
            "schema": 1, "path": command.out, "format": to_name(target), "entries": converted.entries, "left_out": converted.lost,
        }));
    }
    Ok(ExitCode::SUCCESS)
}

const fn to_name(target: Target) -> &'static str {
    match target {
        Target::Store(format) => format.name(),
        Target::Pem => "pem",
    }
}

fn target(command: &Convert) -> Result<Target, Failure> {
    let ending = command
        .out
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    Ok(match command.to.as_deref().unwrap_or(ending) {
        "jks" => Target::Store(StoreFormat::Jks),
        "jceks" => Target::Store(StoreFormat::Jceks),
        "pem" => Target::Pem,
        "bks" => Target::Store(StoreFormat::Bks),
        "uber" | "ubr" => Target::Store(StoreFormat::Uber),
        "bcfks" => Target::Store(StoreFormat::Bcfks),
        _ => Target::Store(StoreFormat::Pkcs12),
    })
}
