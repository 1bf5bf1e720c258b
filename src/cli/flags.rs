use std::path::Path;
use std::process::ExitCode;

use keyjar::jvm::{Format, StoreReference, SystemProperties};
use keyjar::keystore::KeyStoreError;
use keyjar::{Alias, Entry, ErrorKind, KeyStore, Limits, Password, StoreFormat, fsio};

use super::Outcome;
use super::args::Flags;
use super::failure::Failure;
use super::password::{self, Asked};
use super::printer::Printer;

pub(super) const TRUSTSTORE: Asked = Asked {
    what: "truststore",
    option: "--truststore-pass",
    variable: "KEYJAR_TRUSTSTORE_PASS",
    convention: true,
};
pub(super) const KEYSTORE: Asked = Asked {
    what: "keystore",
    option: "--keystore-pass",
    variable: "KEYJAR_KEYSTORE_PASS",
    convention: false,
};

/// A store whose options are to be printed.
pub(super) struct Side<'a> {
    pub(super) path: &'a Path,
    pub(super) format: StoreFormat,
    pub(super) password: Password,
}

/// `keyjar flags`
pub(crate) fn run(command: &Flags, printer: &Printer) -> Outcome {
    let trust = match &command.truststore {
        Some(path) => Some(truststore(path, command, printer)?),
        None => None,
    };
    let key = match &command.keystore {
        Some(path) => Some(keystore(path, command, printer)?),
        None => None,
    };
    warn(trust.as_ref(), key.as_ref(), printer);
    let mut properties = properties(trust, key)?;
    if let Some(jdk) = command.jdk {
        properties = properties.jdk(jdk);
    }
    if command.redact {
        properties = properties.redacted();
    }
    render(&properties, &command.format, printer)
}

/// Prints the options of stores that were just written.
pub(super) fn print(
    trust: Option<Side<'_>>,
    key: Option<Side<'_>>,
    format: &str,
    printer: &Printer,
) -> Outcome {
    warn(trust.as_ref(), key.as_ref(), printer);
    render(&properties(trust, key)?, format, printer)
}

/// A JVM as it comes knows no store of Bouncy Castle.
fn warn(trust: Option<&Side<'_>>, key: Option<&Side<'_>>, printer: &Printer) {
    for side in [trust, key].into_iter().flatten() {
        if side.format.needs_bouncy_castle() {
            printer.warning(&format!(
                "`{}` is {}: a JVM opens it with Bouncy Castle's provider only",
                side.path.display(),
                side.format
            ));
            printer.hint(&format!(
                "`keyjar convert {} STORE.p12` makes a store that every JVM opens",
                side.path.display()
            ));
        }
    }
}

fn render(properties: &SystemProperties, format: &str, printer: &Printer) -> Outcome {
    let format = if printer.json {
        Format::Json
    } else {
        Format::by_name(format).unwrap_or(Format::Shell)
    };
    printer.text(properties.render(format)?.expose_text());
    Ok(ExitCode::SUCCESS)
}

fn properties(trust: Option<Side<'_>>, key: Option<Side<'_>>) -> Result<SystemProperties, Failure> {
    let reference = |side: Side<'_>| {
        Ok::<_, Failure>(StoreReference::new(
            fsio::absolute(side.path)?,
            side.format,
            side.password,
        ))
    };
    let mut properties = SystemProperties::new();
    if let Some(side) = trust {
        properties = properties.trust_store(reference(side)?);
    }
    if let Some(side) = key {
        properties = properties.key_store(reference(side)?);
    }
    Ok(properties)
}

/// Opens the truststore as a JVM would, and refuses one that trusts nothing.
pub(super) fn truststore<'a>(
    path: &'a Path,
    command: &Flags,
    printer: &Printer,
) -> Result<Side<'a>, Failure> {
    let password = password::find(&TRUSTSTORE, command.truststore_pass.as_ref(), printer)?;
    let bytes = read(path, TRUSTSTORE.what)?;
    let Some(format) = StoreFormat::detect(&bytes).filter(|_| command.no_verify) else {
        let store = open(bytes, &password, path)?;
        readers(&store, path, command, printer)?;
        if store.trust_anchors().next().is_none() {
            return Err(no_anchors(&store, path));
        }
        // Without a password option a JVM opens a passwordless store, and one asked for none.
        let needs_none = store.mac().is_none() && store.format() == StoreFormat::Pkcs12;
        let given = password::is_given(&TRUSTSTORE, command.truststore_pass.as_ref());
        let password = if needs_none && !given {
            Password::none()
        } else {
            password
        };
        return Ok(Side {
            path,
            format: store.format(),
            password,
        });
    };
    Ok(Side {
        path,
        format,
        password,
    })
}

/// Opens the keystore as a JVM would: every key must open with the store's password.
pub(super) fn keystore<'a>(path: &'a Path, command: &Flags, printer: &Printer) -> Result<Side<'a>, Failure> {
    let bytes = read(path, KEYSTORE.what)?;
    let password = password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer)?;
    let Some(format) = StoreFormat::detect(&bytes).filter(|_| command.no_verify) else {
        let store = open(bytes, &password, path)?;
        readers(&store, path, command, printer)?;
        if !keys(&store, &password, path, printer)? {
            let message = format!("`{}` holds no private key", path.display());
            let hint = "`keyjar bundle` puts a key and its certificate into a keystore; trusted certificates belong to `--truststore`";
            return Err(Failure::new(ErrorKind::WrongInput, message, hint));
        }
        return Ok(Side {
            path,
            format: store.format(),
            password,
        });
    };
    Ok(Side {
        path,
        format,
        password,
    })
}

/// Whether there are private keys. A JVM opens every key with the store's password, secret keys included, before it
/// opens any connection.
fn keys(store: &KeyStore, password: &Password, path: &Path, printer: &Printer) -> Result<bool, Failure> {
    let about = |alias: &Alias, source| {
        Failure::from(KeyStoreError::KeyOf {
            alias: alias.clone(),
            source: Box::new(source),
        })
        .context(format!("`{}`", path.display()))
    };
    for (alias, key) in store.private_keys(password) {
        key.map_err(|source| about(alias, source))?;
    }
    let mut is_any = false;
    for (alias, entry) in store.iter() {
        match entry {
            Entry::SecretKey(entry) => drop(entry.key(password).map_err(|source| about(alias, source))?),
            Entry::PrivateKey(entry) => {
                is_any = true;
                if entry.chain().is_empty() {
                    printer.warning(&format!(
                        "the key `{alias}` has no certificate: a JVM never offers it"
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(is_any)
}

/// Refuses a store that the JDK in question does not open; without one in question, names those that do not.
fn readers(store: &KeyStore, path: &Path, command: &Flags, printer: &Printer) -> Result<(), Failure> {
    let Some(readers) = store.readers() else {
        return Ok(());
    };
    let why = readers.reasons.join("; ");
    let hint = format!(
        "`keyjar convert {} NEW.p12 --profile modern` makes one that every JDK opens",
        path.display()
    );
    match command.jdk {
        Some(jdk) if !readers.includes(jdk) => {
            let message = format!("`{}` is not opened by JDK {jdk}: {why}", path.display());
            Err(Failure::new(ErrorKind::Unsupported, message, &hint))
        }
        Some(_) => Ok(()),
        None => {
            let others: Vec<_> = readers.others().map(|jdk| jdk.to_string()).collect();
            if !others.is_empty() {
                let others = others.join(", ");
                printer.warning(&format!(
                    "`{}` is not opened by JDK {others}: {why}",
                    path.display()
                ));
                printer.hint(&hint);
            }
            Ok(())
        }
    }
}

/// The file's bytes; a path that leads nowhere is no error to a JVM, which is why it is one here.
fn read(path: &Path, what: &str) -> Result<bytes::Bytes, Failure> {
    fsio::read(path, &Limits::DEFAULT).map_err(|error| {
        let hint = match (error.kind(), what) {
            (ErrorKind::NotFound, "truststore") => {
                "a JVM would use its own cacerts instead, and say nothing; `keyjar import` makes a truststore"
            }
            (ErrorKind::NotFound, _) => "`keyjar bundle` makes a keystore",
            _ => return Failure::from(error),
        };
        Failure::from(error).hint(hint)
    })
}

fn open(bytes: bytes::Bytes, password: &Password, path: &Path) -> Result<KeyStore, Failure> {
    KeyStore::from_bytes(bytes, password)
        .map_err(|error| Failure::from(error).context(format!("`{}`", path.display())))
}

pub(super) fn no_anchors(store: &KeyStore, path: &Path) -> Failure {
    let unseen = store
        .skipped()
        .iter()
        .filter(|skipped| skipped.certificate.is_some())
        .count();
    let message = format!(
        "`{}` has no certificate that Java trusts: a JVM would say \"the trustAnchors parameter must be non-empty\"",
        path.display()
    );
    let hint = if unseen > 0 {
        format!(
            "certificates in it without Java's trust attribute: {unseen}; `keyjar import {} --truststore NEW.p12` mends it",
            path.display()
        )
    } else {
        String::from("`keyjar import CERTIFICATE --truststore PATH` adds one")
    };
    Failure::new(ErrorKind::WrongInput, message, &hint)
}
