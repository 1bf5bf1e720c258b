use std::path::Path;
use std::process::ExitCode;

use keyjar::jvm::{Format, StoreReference, SystemProperties};
use keyjar::keystore::KeyStoreError;
use keyjar::{Entry, ErrorKind, KeyStore, Limits, Password, StoreFormat, fsio};

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
    render(&properties(trust, key)?, format, printer)
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
fn truststore<'a>(path: &'a Path, command: &Flags, printer: &Printer) -> Result<Side<'a>, Failure> {
    let password = password::find(&TRUSTSTORE, command.truststore_pass.as_ref(), printer)?;
    let bytes = fsio::read(path, &Limits::DEFAULT)?;
    let Some(format) = StoreFormat::detect(&bytes).filter(|_| command.no_verify) else {
        let store = open(bytes, &password, path)?;
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
fn keystore<'a>(path: &'a Path, command: &Flags, printer: &Printer) -> Result<Side<'a>, Failure> {
    let bytes = fsio::read(path, &Limits::DEFAULT)?;
    let password = password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer)?;
    let Some(format) = StoreFormat::detect(&bytes).filter(|_| command.no_verify) else {
        let store = open(bytes, &password, path)?;
        let mut keys = 0;
        for (alias, entry) in store.iter() {
            let Entry::PrivateKey(entry) = entry else { continue };
            entry.key(&password).map_err(|source| {
                Failure::from(KeyStoreError::KeyOf {
                    alias: alias.clone(),
                    source: Box::new(source),
                })
                .context(format!("`{}`", path.display()))
            })?;
            if entry.chain().is_empty() {
                printer.warning(&format!(
                    "the key `{alias}` has no certificate: a JVM never offers it"
                ));
            }
            keys += 1;
        }
        if keys == 0 {
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

fn open(bytes: bytes::Bytes, password: &Password, path: &Path) -> Result<KeyStore, Failure> {
    KeyStore::from_bytes(bytes, password)
        .map_err(|error| Failure::from(error).context(format!("`{}`", path.display())))
}

fn no_anchors(store: &KeyStore, path: &Path) -> Failure {
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
            "it holds {unseen} certificates without Java's trust attribute; `keyjar import {} --truststore NEW.p12` mends it",
            path.display()
        )
    } else {
        String::from("`keyjar import CERTIFICATE --truststore PATH` adds one")
    };
    Failure::new(ErrorKind::WrongInput, message, &hint)
}
