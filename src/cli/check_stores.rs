//! The stores of `keyjar check`, loaded as a JVM would.

use std::path::Path;

use keyjar::trust::{
    Anchors, Check as TrustCheck, Jdk, Loading, StoreFile, StoreOptions, load_keystore, load_truststore,
};
use keyjar::{Certificate, Entry, ErrorKind, KeyStore, Limits, Password, fsio};

use super::check::Check;
use super::check_java::{self, Home};
use super::check_report::Report;
use super::failure::Failure;
use super::flags::{KEYSTORE, TRUSTSTORE};
use super::password;
use super::printer::Printer;

/// What the JVM trusts.
pub(super) struct Truststore {
    pub(super) anchors: Anchors,
    pub(super) store: Option<KeyStore>,
}

/// The file as it stands; what is there and cannot be read is no error here, it is what the JVM meets.
fn look_at(path: &Path) -> Result<StoreFile, Failure> {
    if fsio::is_folder(path) {
        return Ok(StoreFile::Folder);
    }
    match fsio::read(path, &Limits::DEFAULT) {
        Ok(bytes) => Ok(StoreFile::Bytes(bytes)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Ok(StoreFile::Missing),
            ErrorKind::Io => Ok(StoreFile::Unreadable),
            _ => Err(error.into()),
        },
    }
}

/// Loads the truststore, or what the JVM uses in its place; nothing where that fails.
pub(super) fn truststore(
    command: &Check,
    jdk: &Jdk,
    home: Option<&Home>,
    report: &mut Report,
    printer: &Printer,
) -> Result<Option<Truststore>, Failure> {
    let Some(path) = &command.truststore else {
        let own = check_java::own_truststore(home).ok_or_else(|| {
            Failure::new(
                ErrorKind::NotFound,
                "there is no truststore, and no JVM of this machine whose cacerts would stand in",
                "name it: `--truststore PATH`, or a JDK: `--java-home PATH`",
            )
        })?;
        return own_truststore(&own, jdk, report);
    };
    if path == Path::new("NONE") {
        report.push(check(
            "truststore",
            true,
            String::from("`NONE` is the empty truststore to a JVM"),
        ));
        return Ok(Some(Truststore {
            anchors: Anchors::default(),
            store: None,
        }));
    }
    let password = password::find(&TRUSTSTORE, command.truststore_pass.as_ref(), printer)?;
    let shown = path.display().to_string();
    let options = StoreOptions {
        path: &shown,
        store_type: command.truststore_type.as_deref(),
        password: &password,
    };
    match load_truststore(&look_at(path)?, &options, jdk) {
        Loading::Loaded(store) => {
            report.push(check("truststore", true, describe(&store, path, &password)));
            Ok(Some(Truststore {
                anchors: Anchors::of_store(&store),
                store: Some(*store),
            }))
        }
        Loading::FallsBack { why } => {
            let detail = format!(
                "`{}`: {why}; a JVM does not say so, and uses its own cacerts instead",
                path.display()
            );
            let hint = if path.starts_with("~") || path.to_string_lossy().starts_with("file:") {
                "a JVM expands neither `~` nor `file:`; `keyjar flags --truststore PATH` prints the option with the \
                 absolute path"
            } else {
                "`keyjar flags --truststore PATH` prints the option with the absolute path, and fails where the file is \
                 not there"
            };
            report.warn("truststore", detail, hint);
            match check_java::own_truststore(home) {
                Some(own) => own_truststore(&own, jdk, report),
                // Without it: no JVM's cacerts holds a private CA.
                None => Ok(Some(Truststore {
                    anchors: Anchors::unknown(),
                    store: None,
                })),
            }
        }
        Loading::Fails(failure) => {
            let about = format!("`{}`: {}", path.display(), failure.cause);
            report.fails("truststore", &about, &failure);
            Ok(None)
        }
        _ => Ok(None),
    }
}

fn own_truststore(path: &Path, jdk: &Jdk, report: &mut Report) -> Result<Option<Truststore>, Failure> {
    // cacerts is loaded without a password.
    let password = Password::none();
    let shown = path.display().to_string();
    let options = StoreOptions {
        path: &shown,
        store_type: None,
        password: &password,
    };
    match load_truststore(&look_at(path)?, &options, jdk) {
        Loading::Loaded(store) => {
            report.push(check("cacerts", true, describe(&store, path, &password)));
            Ok(Some(Truststore {
                anchors: Anchors::of_store(&store),
                store: None,
            }))
        }
        Loading::Fails(failure) => {
            let about = format!("`{}`: {}", path.display(), failure.cause);
            report.fails("cacerts", &about, &failure);
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// Loads the keystore; nothing where there is none, or loading fails.
pub(super) fn keystore(
    command: &Check,
    jdk: &Jdk,
    report: &mut Report,
    printer: &Printer,
) -> Result<Option<KeyStore>, Failure> {
    let Some(path) = &command.keystore else {
        return Ok(None);
    };
    let file = look_at(path)?;
    let password = match &file {
        StoreFile::Bytes(_) => password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer)?,
        // What is not there is not asked for.
        _ => Password::none(),
    };
    let shown = path.display().to_string();
    let options = StoreOptions {
        path: &shown,
        store_type: command.keystore_type.as_deref(),
        password: &password,
    };
    match load_keystore(&file, &options, jdk) {
        Loading::Loaded(store) => {
            let keys = store
                .iter()
                .filter(|(_, entry)| matches!(entry, Entry::PrivateKey(_)))
                .count();
            let detail = format!("`{}`: {}", path.display(), counted(keys, "private key"));
            report.push(check("keystore", true, detail));
            Ok(Some(*store))
        }
        Loading::Fails(failure) => {
            let about = format!("`{}`: {}", path.display(), failure.cause);
            report.fails("keystore", &about, &failure);
            Ok(None)
        }
        _ => Ok(None),
    }
}

pub(super) fn check(name: &'static str, ok: bool, detail: String) -> TrustCheck {
    TrustCheck { name, ok, detail }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// How many anchors a store gives, and what in it gives none.
fn describe(store: &KeyStore, path: &Path, password: &Password) -> String {
    let anchors = store.trust_anchors().count();
    let mut text = format!(
        "`{}`: {}",
        path.display(),
        counted(anchors, "trusted certificate")
    );
    let keys = store
        .iter()
        .filter(|(_, entry)| matches!(entry, Entry::PrivateKey(_)))
        .count();
    if keys > 0 {
        text.push_str(&format!(
            ", {keys} of them a private key's own: of a key entry a JVM trusts the first certificate, not its CA"
        ));
    }
    let is_locked = store
        .pfx()
        .is_some_and(|pfx| pfx.contents.iter().any(|contents| contents.bags.is_none()));
    if is_locked && password.expose_utf8().is_empty() {
        text.push_str("; without a password a JVM leaves the encrypted certificates out and does not say so");
        return text;
    }
    let lost: Vec<String> = store
        .skipped()
        .iter()
        .filter(|skipped| skipped.certificate.is_some())
        .map(|skipped| format!("{}: {}", skipped.what, skipped.why))
        .collect();
    match lost.as_slice() {
        [] => {}
        [first] => text.push_str(&format!("; not seen by a JVM: {first}")),
        [first, ..] => text.push_str(&format!(
            "; {} more are not seen by a JVM, among them {first}",
            lost.len()
        )),
    }
    text
}

/// The CA may be there after all, in the chain of a key, or without Java's attribute.
pub(super) fn explain_key_entries(store: &KeyStore, chain: &[Certificate], report: &mut Report) {
    let is_wanted = |candidate: &Certificate| chain.iter().any(|sent| sent.issuer() == candidate.subject());
    for (alias, entry) in store.iter() {
        let issuers = entry.certificates().iter().skip(1);
        if matches!(entry, Entry::PrivateKey(_)) && issuers.clone().any(&is_wanted) {
            report.hint(&format!(
                "the CA is in the chain of the key `{alias}`, where a JVM does not trust it: `keyjar export STORE {alias} \
                 --chain | keyjar import - --truststore truststore.p12`"
            ));
        }
    }
    let is_unseen = store
        .skipped()
        .iter()
        .filter_map(|skipped| skipped.certificate.as_ref())
        .any(is_wanted);
    if is_unseen {
        report.hint(
            "the CA is in the truststore, where a JVM does not see it: `keyjar audit STORE --fix` mends that",
        );
    }
}
