use std::path::{Path, PathBuf};
use std::process::ExitCode;

use keyjar::ops::{self, ImportOptions, ImportReport, SourcedCertificate};
use keyjar::pkcs12::Profile;
use keyjar::{ErrorKind, KeyStore, Limits, Password, clock, fsio};
use serde_json::json;

use super::args::{Import, Writing};
use super::failure::Failure;
use super::flags::{self, Side};
use super::from::{self, Answer};
use super::password::{self, Asked};
use super::printer::Printer;
use super::{Outcome, list};

/// Debian's and Alpine's, Fedora's, OpenSSL's own.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];
/// Single certificates are told one by one, bundles by their number.
const FEW: usize = 10;

/// `keyjar import`
pub(crate) fn run(command: &Import, printer: &Printer) -> Outcome {
    let mut password = password::find(&Asked::TRUSTSTORE, command.writing.storepass.as_ref(), printer)?;
    let profile = profile(&command.writing);
    if profile == Some(Profile::PASSWORDLESS) {
        password = Password::none();
    }
    password::check_odd(&password, command.writing.allow_odd_password)?;
    let answer = from::ask(&command.from, printer)?;
    if matches!(answer, Answer::Declined) {
        return Ok(ExitCode::FAILURE);
    }
    let mut inputs = inputs(command, &password)?;
    inputs.extend(answer.inputs());
    let inputs = readable(inputs, command, printer)?;
    let options = ImportOptions {
        alias: command.alias.clone(),
        skip_expired: command.skip_expired,
        skip_non_ca: command.skip_non_ca,
        replace: command.replace,
        now: clock::now(),
    };
    let store_path = &command.truststore;
    let report = fsio::update(store_path, &Limits::DEFAULT, |old| {
        let is_new = old.is_none();
        let mut store = open(old, &password, store_path)?;
        let report = ops::import_certificates(&mut store, inputs, &options)?;
        let is_changed = !report.added.is_empty() || is_new || profile.is_some();
        if is_changed && is_new && password.is_none() && profile != Some(Profile::PASSWORDLESS) {
            let hint = "`--profile passwordless` writes a truststore that needs no password";
            return Err(Failure::new(
                ErrorKind::PasswordRequired,
                "a new store needs a password",
                hint,
            ));
        }
        let bytes = is_changed
            .then(|| encode(&store, profile, &password))
            .transpose()?;
        Ok::<_, Failure>((
            bytes,
            store.has_keys(),
            (report, store.format(), store.trust_anchors().count()),
        ))
    })?;
    let (report, format, anchors) = report;
    tell(&report, store_path, anchors, printer);
    if printer.json {
        printer.document(&document(&report, store_path, &answer));
        return Ok(ExitCode::SUCCESS);
    }
    flags::print(
        Some(Side {
            path: store_path,
            format,
            password,
        }),
        None,
        &command.writing.format,
        printer,
    )
}

pub(super) fn profile(writing: &Writing) -> Option<Profile> {
    writing.profile.as_deref().and_then(Profile::by_name)
}

/// The store's bytes opened, or a new store.
pub(super) fn open(old: Option<bytes::Bytes>, password: &Password, path: &Path) -> Result<KeyStore, Failure> {
    match old {
        None => Ok(KeyStore::new()),
        Some(bytes) => KeyStore::from_bytes(bytes, password)
            .map_err(|error| Failure::from(error).context(format!("`{}`", path.display()))),
    }
}

pub(super) fn encode(
    store: &KeyStore,
    profile: Option<Profile>,
    password: &Password,
) -> Result<Vec<u8>, Failure> {
    let mut encoder = store.encoder().clock(clock::now());
    if let Some(profile) = profile {
        encoder = encoder.profile(profile);
    }
    Ok(encoder.to_bytes(password)?)
}

fn inputs(command: &Import, password: &Password) -> Result<Vec<SourcedCertificate>, Failure> {
    let mut all = Vec::new();
    let base = match command.base.as_deref() {
        Some(base) if base == Path::new("system") => Some(system()?),
        Some(base) if base == Path::new("jvm") => {
            // A JVM's own store has the password that Java gives it, or none.
            all.extend(ops::read_input(
                &cacerts()?,
                &password::convention(),
                &Limits::DEFAULT,
            )?);
            None
        }
        other => other.map(PathBuf::from),
    };
    for input in base.iter().chain(&command.inputs) {
        all.extend(ops::read_input(input, password, &Limits::DEFAULT)?);
    }
    Ok(all)
}

fn system() -> Result<PathBuf, Failure> {
    SYSTEM
        .iter()
        .map(PathBuf::from)
        .find(|path| fsio::exists(path))
        .ok_or_else(|| {
            let hint = "name the bundle's file: `--base PATH`";
            Failure::new(ErrorKind::NotFound, "no CA bundle of this system was found", hint)
        })
}

/// The store of a JVM's own trust anchors: JAVA_HOME's, else that of the `java` on the PATH.
#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
pub(super) fn cacerts() -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path)
        .map(|folder| folder.join("java"))
        .find_map(|java| java.canonicalize().ok());
    // JAVA_HOME/bin/java
    let of_java = on_path.and_then(|java| Some(java.parent()?.parent()?.to_owned()));
    std::env::var_os("JAVA_HOME")
        .map(PathBuf::from)
        .into_iter()
        .chain(of_java)
        .flat_map(|home| ["lib", "jre/lib"].map(|lib| home.join(lib).join("security/cacerts")))
        .find(|path| fsio::exists(path))
        .ok_or_else(|| {
            let hint = "set JAVA_HOME, or name the store: `--base PATH`";
            Failure::new(ErrorKind::NotFound, "no JVM with a cacerts was found", hint)
        })
}

/// A certificate that no JVM reads makes the whole store unloadable: it is refused, or left out.
fn readable(
    inputs: Vec<SourcedCertificate>,
    command: &Import,
    printer: &Printer,
) -> Result<Vec<SourcedCertificate>, Failure> {
    let mut kept = Vec::with_capacity(inputs.len());
    for input in inputs {
        let Err(unreadable) = input.certificate.java_readability() else {
            kept.push(input);
            continue;
        };
        let what = format!(
            "the certificate `{}` in `{}`",
            input.certificate.subject(),
            input.source.display()
        );
        if command.skip_unreadable {
            printer.warning(&format!("left out: {what}: {unreadable}"));
        } else {
            let message = format!(
                "{what} cannot be read by any JVM, and would make the whole store unloadable: {unreadable}"
            );
            return Err(Failure::new(
                ErrorKind::Unsupported,
                message,
                "`--skip-unreadable` leaves it out",
            ));
        }
    }
    Ok(kept)
}

fn tell(report: &ImportReport, path: &Path, anchors: usize, printer: &Printer) {
    if report.added.is_empty() && !report.already_there.is_empty() {
        let count = report.already_there.len();
        let what = if count == 1 {
            String::from("1 certificate was")
        } else {
            format!("{count} certificates were")
        };
        printer.note(&format!("unchanged: {what} in {} already", path.display()));
    } else {
        if report.added.len() <= FEW || printer.verbose {
            for added in &report.added {
                let verb = if added.replaced { "replaced" } else { "added" };
                printer.note(&format!("{verb} {}", list::line(&added.name, &added.certificate)));
            }
        }
        let already = match report.already_there.len() {
            0 => String::new(),
            count => format!(", {count} there already"),
        };
        let count = report.added.len();
        printer.note(&format!(
            "{}: {count} added{already}, {anchors} trusted in all",
            path.display()
        ));
    }
    for (certificate, why) in &report.left_out {
        printer.note(&format!("left out `{}`: {why}", certificate.subject()));
    }
    for (alias, oddity) in &report.oddities {
        printer.warning(&format!("`{alias}` is {oddity}"));
    }
}

fn document(report: &ImportReport, path: &Path, answer: &Answer) -> serde_json::Value {
    let added: Vec<_> = report
        .added
        .iter()
        .map(|added| json!({ "alias": keyjar::Alias::new(&added.name).as_str(), "replaced": added.replaced, "certificate": list::certificate(&added.certificate) }))
        .collect();
    let there: Vec<_> = report.already_there.iter().map(keyjar::Alias::as_str).collect();
    let odd: Vec<_> = report
        .oddities
        .iter()
        .map(|(alias, odd)| json!({ "alias": alias.as_str(), "what": odd.to_string() }))
        .collect();
    let left: Vec<_> = report
        .left_out
        .iter()
        .map(|(certificate, why)| json!({ "certificate": list::certificate(certificate), "why": why }))
        .collect();
    json!({ "schema": 1, "path": path, "added": added, "already_there": there, "oddities": odd, "left_out": left, "from": answer.document() })
}
