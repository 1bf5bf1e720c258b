//! `keyjar show` and `keyjar lint`: what a file holds, and what verifiers object to in it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;
use clap::Args;
use keyjar::keystore::PrivateKeyEntry;
use keyjar::pem::{self, What};
use keyjar::pki::{self, CertificateRequest, Objection, Role};
use keyjar::x509::{PublicKeyInfo, Validity, read_certificates};
use keyjar::{Certificate, Entry, ErrorKind, Limits, PrivateKey, StoreFormat, clock, fsio};
use serde_json::{Value, json};

use super::failure::Failure;
use super::issuing::open_store;
use super::manage::KEY;
use super::password::{self, Asked, Source};
use super::printer::Printer;
use super::{Outcome, list};

#[derive(Args)]
pub(crate) struct Show {
    /// A certificate, request, private key or chain (PEM, DER, PKCS#7), or a store; `-` for stdin.
    #[arg(value_name = "FILE")]
    source: PathBuf,
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    storepass: Option<Source>,
    /// The password of an encrypted key; without it the key is shown as encrypted.
    #[arg(long, value_name = "SOURCE")]
    keypass: Option<Source>,
}

#[derive(Args)]
pub(crate) struct Lint {
    /// Certificates: PEM, DER, PKCS#7, or a store; `-` for stdin.
    #[arg(value_name = "FILE", required = true)]
    sources: Vec<PathBuf>,
    /// What to judge leaves as; unless given, what they say they are.
    #[arg(long = "for", id = "role", value_name = "ROLE", value_parser = ["server", "client"])]
    role: Option<String>,
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    storepass: Option<Source>,
}

/// Something that a source holds.
enum Item {
    Certificate(Certificate),
    Request(Box<CertificateRequest>),
    Key { key: Option<PrivateKey>, form: String },
    SecretKey,
    Other(String),
}

/// Where a thing stands: its alias in a store.
struct Found {
    alias: Option<String>,
    item: Item,
}

/// `keyjar show`
pub(crate) fn show(command: &Show, printer: &Printer) -> Outcome {
    let found = read(
        &command.source,
        command.storepass.as_ref(),
        command.keypass.as_ref(),
        printer,
    )?;
    if printer.json {
        let items: Vec<_> = found.iter().map(document).collect();
        printer.document(&json!({ "schema": 1, "source": command.source, "items": items }));
        return Ok(ExitCode::SUCCESS);
    }
    let text: Vec<_> = found.iter().map(described).collect();
    printer.text(&text.join("\n"));
    Ok(ExitCode::SUCCESS)
}

/// `keyjar lint`
pub(crate) fn lint(command: &Lint, printer: &Printer) -> Outcome {
    let now = clock::now();
    let mut documents = Vec::new();
    let (mut objected, mut renewable) = (false, false);
    for source in &command.sources {
        let found = read(source, command.storepass.as_ref(), None, printer)?;
        let certificates: Vec<_> = found
            .iter()
            .filter_map(|found| match &found.item {
                Item::Certificate(certificate) => Some((found.alias.as_deref(), certificate)),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            let message = format!("`{}` holds no certificate", source.display());
            let hint = "`keyjar show FILE` tells what it holds";
            return Err(Failure::new(ErrorKind::WrongInput, message, hint));
        }
        let mut findings = Vec::new();
        for (alias, certificate) in certificates {
            let role = role(certificate, command.role.as_deref());
            for objection in pki::lint(certificate, role, now) {
                objected = true;
                renewable |= role != Role::Authority;
                if !printer.json {
                    let subject = certificate.subject();
                    let by = objection.by.join(", ");
                    printer.text(&format!(
                        "{}: `{subject}`: {}: {} ({by})\n",
                        source.display(),
                        objection.rule,
                        objection.message
                    ));
                }
                findings.push(finding(alias, certificate, &objection));
            }
        }
        match findings.len() {
            0 => printer.note(&format!("{}: nothing found", source.display())),
            1 => printer.note(&format!("{}: 1 finding", source.display())),
            count => printer.note(&format!("{}: {count} findings", source.display())),
        }
        documents.push(json!({ "path": source, "findings": findings }));
    }
    if printer.json {
        printer.document(&json!({ "schema": 1, "ok": !objected, "files": documents }));
    } else if renewable {
        printer.hint(
            "`keyjar cert --renew FILE --ca DIR` issues it anew, with the same key and what was missing",
        );
    }
    Ok(if objected {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn role(certificate: &Certificate, asked: Option<&str>) -> Role {
    match (Role::of(certificate), asked) {
        // In a chain that is judged as a server's the authorities stay what they are.
        (Role::Authority, Some(_)) if !certificate.subject_alt_names().is_empty() => asked_role(asked),
        (Role::Authority, _) => Role::Authority,
        (own, None) => own,
        (_, asked) => asked_role(asked),
    }
}

fn asked_role(asked: Option<&str>) -> Role {
    if asked == Some("client") {
        Role::Client
    } else {
        Role::Server
    }
}

fn finding(alias: Option<&str>, certificate: &Certificate, objection: &Objection) -> Value {
    json!({
        "rule": objection.rule,
        "message": objection.message,
        "clients": objection.by,
        "alias": alias,
        "subject": certificate.subject().to_string(),
        "sha256": certificate.sha256().to_string(),
    })
}

/// Everything a source holds. A server's chain (`HOST:PORT`) would be one more kind of source.
fn read(
    source: &Path,
    storepass: Option<&Source>,
    keypass: Option<&Source>,
    printer: &Printer,
) -> Result<Vec<Found>, Failure> {
    let bytes = if source == Path::new("-") {
        fsio::read_from(std::io::stdin().lock(), source, &Limits::DEFAULT)?
    } else {
        fsio::read(source, &Limits::DEFAULT)?
    };
    let about = |failure: Failure| failure.context(format!("`{}`", source.display()));
    if StoreFormat::detect(&bytes).is_some() {
        return of_store(&bytes, storepass, printer).map_err(about);
    }
    let items = if pem::is_pem(&bytes) {
        let blocks = pem::read(&bytes).map_err(|error| {
            let kind = error.kind();
            about(Failure::new(kind, error.to_string(), ""))
        })?;
        let parts: Result<Vec<_>, _> = blocks
            .iter()
            .map(|block| {
                // Each block on its own, so that a key between certificates is no obstacle.
                let headers: String = block
                    .headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\n"))
                    .collect();
                let armour = pem::encode(&block.label, &block.der);
                let text = if headers.is_empty() {
                    armour
                } else {
                    armour.replacen("-----\n", &format!("-----\n{headers}\n"), 1)
                };
                of_bytes(&Bytes::from(text), keypass, printer)
                    .map_err(|failure| failure.context(format!("line {}", block.line)))
            })
            .collect();
        parts.map_err(about)?.into_iter().flatten().collect()
    } else {
        of_bytes(&bytes, keypass, printer).map_err(about)?
    };
    Ok(items
        .into_iter()
        .map(|item| Found { alias: None, item })
        .collect())
}

fn of_bytes(bytes: &Bytes, keypass: Option<&Source>, printer: &Printer) -> Result<Vec<Item>, Failure> {
    match pem::sniff(bytes) {
        What::CertificateRequest => {
            let request = CertificateRequest::from_input(bytes)?;
            Ok(vec![Item::Request(Box::new(request))])
        }
        What::PrivateKey { form } => {
            let password = keypass
                .map(|source| password::find(&KEY, Some(source), printer))
                .transpose()?;
            let key = match PrivateKey::from_input(bytes, password.as_ref()) {
                Err(error) if error.kind() == ErrorKind::PasswordRequired => None,
                other => Some(other?),
            };
            Ok(vec![Item::Key {
                key,
                form: form.to_owned(),
            }])
        }
        What::Certificate | What::Pkcs7 => Ok(certificates(bytes)?),
        what => match read_certificates(bytes, &Limits::DEFAULT) {
            Ok(read) => Ok(read.certificates.into_iter().map(Item::Certificate).collect()),
            Err(_) if matches!(what, What::Text | What::Binary | What::Empty | What::Html) => {
                let message = format!("this is {what}, where a certificate, request, key or store belongs");
                Err(Failure::new(ErrorKind::WrongInput, message, ""))
            }
            Err(_) => Ok(vec![Item::Other(what.to_string())]),
        },
    }
}

fn certificates(bytes: &Bytes) -> Result<Vec<Item>, Failure> {
    let read = read_certificates(bytes, &Limits::DEFAULT).map_err(|error| {
        let failure = Failure::new(error.kind(), error.to_string(), "");
        match std::error::Error::source(&error) {
            Some(source) => Failure::new(error.kind(), format!("{error}: {source}"), ""),
            None => failure,
        }
    })?;
    Ok(read.certificates.into_iter().map(Item::Certificate).collect())
}

fn of_store(bytes: &Bytes, source: Option<&Source>, printer: &Printer) -> Result<Vec<Found>, Failure> {
    let (store, password) = open_store(bytes, &Asked::STORE, source, printer)?;
    let mut all = Vec::new();
    for (alias, entry) in store.iter() {
        let mut add = |item| {
            all.push(Found {
                alias: Some(alias.as_str().to_owned()),
                item,
            });
        };
        match entry {
            Entry::PrivateKey(entry) => add(of_entry(entry, &password)),
            Entry::SecretKey(_) => add(Item::SecretKey),
            _ => {}
        }
        entry
            .certificates()
            .iter()
            .for_each(|certificate| add(Item::Certificate(certificate.clone())));
    }
    Ok(all)
}

/// A key with a password of its own is shown as encrypted.
fn of_entry(entry: &PrivateKeyEntry, password: &keyjar::Password) -> Item {
    Item::Key {
        key: entry.key(password).ok(),
        form: String::from("in the store"),
    }
}

fn key_info(key: &PrivateKey) -> Option<PublicKeyInfo> {
    PublicKeyInfo::from_spki(&key.public_key_der()?).ok()
}

fn document(found: &Found) -> Value {
    let mut value = match &found.item {
        Item::Certificate(certificate) => certificate_document(certificate),
        Item::Request(request) => self::request(request),
        Item::Key { key, form } => json!({
            "kind": "private-key",
            "encrypted": key.is_none(),
            "form": form,
            "algorithm": key.as_ref().map(PrivateKey::algorithm),
            "bits": key.as_ref().and_then(PrivateKey::bits),
            "curve": key.as_ref().and_then(key_info).and_then(|info| info.curve),
            "public_key_sha256": key.as_ref().and_then(PrivateKey::public_key_der).map(|spki| sha256(&spki)),
        }),
        Item::SecretKey => json!({ "kind": "secret-key" }),
        Item::Other(what) => json!({ "kind": "other", "what": what }),
    };
    if let Some(object) = value.as_object_mut() {
        object.insert(String::from("alias"), json!(found.alias));
    }
    value
}

fn sha256(bytes: &[u8]) -> String {
    keyjar::x509::Fingerprint::of(keyjar::crypto::Digest::Sha256, bytes).to_string()
}

fn certificate_document(certificate: &Certificate) -> Value {
    let mut value = list::certificate(certificate);
    let info = certificate.public_key_info().ok();
    let more = json!({
        "version": certificate.version(),
        "signature_algorithm": certificate.signature_algorithm(),
        "public_key": {
            "algorithm": info.as_ref().map(|info| info.algorithm.clone()),
            "bits": info.as_ref().and_then(|info| info.bits),
            "curve": info.as_ref().and_then(|info| info.curve.clone()),
        },
        "public_key_sha256": sha256(certificate.public_key_der()),
        "key_usage": certificate.key_usage().map(|usage| usage.names().collect::<Vec<_>>()),
        "extended_key_usage": purposes(certificate.extended_key_usage()),
        "basic_constraints": certificate.basic_constraints_ca().map(|ca| json!({
            "ca": ca, "path_len": path_len(certificate),
        })),
        "subject_key_id": certificate.subject_key_id().map(|id| hex(&id)),
        "authority_key_id": certificate.authority_key_id().map(|id| hex(&id)),
        "self_signed": certificate.seems_self_signed(),
        "validity": validity(certificate),
    });
    if let (Some(object), Value::Object(more)) = (value.as_object_mut(), more) {
        object.insert(String::from("kind"), json!("certificate"));
        object.extend(more);
    }
    value
}

/// A request as every command's JSON shows it.
pub(super) fn request(request: &CertificateRequest) -> Value {
    let info = request.public_key_info().ok();
    let names: Vec<_> = request
        .subject_alt_names()
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({
        "kind": "certificate-request",
        "subject": request.subject().to_string(),
        "san": names,
        "signature_algorithm": request.signature_algorithm(),
        "public_key": {
            "algorithm": info.as_ref().map(|info| info.algorithm.clone()),
            "bits": info.as_ref().and_then(|info| info.bits),
            "curve": info.as_ref().and_then(|info| info.curve.clone()),
        },
        "public_key_sha256": sha256(request.public_key_der()),
        "key_usage": request.key_usage().map(|usage| usage.names().collect::<Vec<_>>()),
        "extended_key_usage": purposes(request.extended_key_usage()),
    })
}

fn purposes(purposes: Option<Vec<keyjar::x509::KeyPurpose<'_>>>) -> Option<Vec<String>> {
    Some(purposes?.iter().map(ToString::to_string).collect())
}

fn path_len(certificate: &Certificate) -> Option<u8> {
    pki::path_len(certificate)
}

fn validity(certificate: &Certificate) -> &'static str {
    match certificate.validity_at(clock::now()) {
        Validity::Valid => "valid",
        Validity::Expired { .. } => "expired",
        Validity::NotYetValid { .. } => "not-yet-valid",
        _ => "unreadable",
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut out, octet| {
        let _ = write!(out, "{octet:02x}");
        out
    })
}

/// A thing in lines of `name  value`.
fn described(found: &Found) -> String {
    let (kind, lines) = match &found.item {
        Item::Certificate(certificate) => ("certificate", certificate_lines(certificate)),
        Item::Request(request) => ("certificate request", request_lines(request)),
        Item::Key { key: Some(key), form } => {
            let what = key_info(key).map_or_else(|| key.algorithm(), |info| info.to_string());
            let public = key.public_key_der().map(|spki| sha256(&spki));
            (
                "private key",
                vec![
                    ("key", what),
                    ("form", form.clone()),
                    ("public", public.unwrap_or_default()),
                ],
            )
        }
        Item::Key { key: None, form } => (
            "private key, encrypted",
            vec![("form", format!("{form}; `--keypass SOURCE` opens it"))],
        ),
        Item::SecretKey => ("secret key", Vec::new()),
        Item::Other(what) => (what.as_str(), Vec::new()),
    };
    let mut out = match &found.alias {
        Some(alias) => format!("{kind}, `{}`\n", alias.escape_debug()),
        None => format!("{kind}\n"),
    };
    for (name, value) in lines {
        if !value.is_empty() {
            let _ = writeln!(out, "  {name:<11} {value}");
        }
    }
    out
}

fn certificate_lines(certificate: &Certificate) -> Vec<(&'static str, String)> {
    let at = |instant: Option<jiff::Timestamp>| {
        instant.map_or_else(|| String::from("no date"), |instant| instant.to_string())
    };
    let now = clock::now();
    let state = match (certificate.validity_at(now), certificate.not_after()) {
        (Validity::Valid, Some(until)) => {
            format!(" ({} days left)", until.duration_since(now).as_hours() / 24)
        }
        (Validity::Valid, None) => String::new(),
        (other, _) => format!(" ({other})"),
    };
    let constraints = match (certificate.basic_constraints_ca(), path_len(certificate)) {
        (Some(true), Some(count)) => format!("an authority, at most {count} below it"),
        (Some(true), None) => String::from("an authority"),
        (Some(false), _) => String::from("no authority"),
        (None, _) => format!("not said (version {})", certificate.version()),
    };
    let self_signed = if certificate.seems_self_signed() {
        " (signed by itself)"
    } else {
        ""
    };
    vec![
        ("subject", certificate.subject().to_string()),
        ("names", joined(certificate.subject_alt_names().iter())),
        ("issuer", format!("{}{self_signed}", certificate.issuer())),
        ("serial", certificate.serial_hex()),
        ("valid from", at(certificate.not_before())),
        ("until", format!("{}{state}", at(certificate.not_after()))),
        (
            "key",
            certificate
                .public_key_info()
                .map_or_else(|error| error.to_string(), |info| info.to_string()),
        ),
        ("signature", certificate.signature_algorithm()),
        ("authority", constraints),
        (
            "key usage",
            certificate
                .key_usage()
                .map(|usage| usage.names().collect::<Vec<_>>().join(", "))
                .unwrap_or_default(),
        ),
        (
            "purposes",
            purposes(certificate.extended_key_usage())
                .unwrap_or_default()
                .join(", "),
        ),
        (
            "key id",
            certificate
                .subject_key_id()
                .map(|id| hex(&id))
                .unwrap_or_default(),
        ),
        (
            "issuer's id",
            certificate
                .authority_key_id()
                .map(|id| hex(&id))
                .unwrap_or_default(),
        ),
        ("sha256", format!("{:#}", certificate.sha256())),
    ]
}

fn request_lines(request: &CertificateRequest) -> Vec<(&'static str, String)> {
    vec![
        ("subject", request.subject().to_string()),
        ("names", joined(request.subject_alt_names().iter())),
        (
            "key",
            request
                .public_key_info()
                .map_or_else(|error| error.to_string(), |info| info.to_string()),
        ),
        ("signature", request.signature_algorithm()),
        (
            "key usage",
            request
                .key_usage()
                .map(|usage| usage.names().collect::<Vec<_>>().join(", "))
                .unwrap_or_default(),
        ),
        (
            "purposes",
            purposes(request.extended_key_usage())
                .unwrap_or_default()
                .join(", "),
        ),
    ]
}

fn joined<'a>(names: impl Iterator<Item = &'a keyjar::x509::SubjectAltName>) -> String {
    names.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
