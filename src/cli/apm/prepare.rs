//! What agents are told of, in the places where they will find it: where it is, in a folder asked for, or mounted.

use std::path::{Path, PathBuf};

use keyjar::apm::{self, Attachment, CertificateFile, Form, MOUNT_PATH, ServerUrl, Settings};
use keyjar::jvm::{StoreReference, SystemProperties};
use keyjar::ops::{self, ImportOptions, SourcedCertificate};
use keyjar::{Certificate, KeyStore, Limits, Password, StoreFormat, fsio};

use super::agent::Agent;
use super::files::Planned;
use super::inputs::{self, Read, Role};
use crate::cli::args::Flags;
use crate::cli::failure::Failure;
use crate::cli::flags::{self, KEYSTORE, Side, TRUSTSTORE};
use crate::cli::password;
use crate::cli::printer::Printer;

/// The URL, the certificates, the JVM's stores, and the files to be written for them.
pub(super) struct Prepared {
    pub(super) url: Option<ServerUrl>,
    pub(super) roots: Option<CertificateFile>,
    pub(super) server: Option<CertificateFile>,
    pub(super) jvm: Option<SystemProperties>,
    pub(super) planned: Vec<Planned>,
    /// The stores of the JVM, for Kubernetes.
    pub(super) stores: Vec<Attachment>,
    /// The certificates, for Kubernetes, by the name of their file.
    pub(super) pem: Vec<Attachment>,
}

/// Reads what was given and decides its places.
pub(super) fn prepare(command: &Agent, printer: &Printer) -> Result<Prepared, Failure> {
    let url = command.server_url.as_deref().map(ServerUrl::parse).transpose()?;
    let trust_password = || password::find(&TRUSTSTORE, command.truststore_pass.as_ref(), printer);
    let key_password = || password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer);
    let sources: Vec<PathBuf> = if command.ca.is_empty() {
        command.truststore.iter().cloned().collect()
    } else {
        command.ca.clone()
    };
    let roots = inputs::read(&sources, Role::Authority, &trust_password, printer)?;
    let own: Vec<PathBuf> = command.cert.iter().cloned().collect();
    let server = inputs::read(&own, Role::Own, &key_password, printer)?;
    let mut prepared = Prepared {
        url,
        roots: None,
        server: None,
        jvm: None,
        planned: Vec::new(),
        stores: Vec::new(),
        pem: Vec::new(),
    };
    prepared.roots = place(roots.as_ref(), "ca.crt", command, &mut prepared)?;
    prepared.server = place(server.as_ref(), "apm-server.crt", command, &mut prepared)?;
    if command.agents().contains(&apm::Agent::Java) {
        let source = roots.as_ref().or(server.as_ref());
        prepared.jvm = jvm(command, source, &mut prepared, printer)?;
    } else if command.keystore.is_some() {
        // Only its presence counts: the agent's settings refuse it.
        let reference = StoreReference::new("keystore", StoreFormat::Pkcs12, Password::none());
        prepared.jvm = Some(SystemProperties::new().key_store(reference));
    }
    Ok(prepared)
}

/// Where the agent will find certificates: where they are, in the folder asked for, or mounted.
fn place(
    read: Option<&Read>,
    name: &str,
    command: &Agent,
    prepared: &mut Prepared,
) -> Result<Option<CertificateFile>, Failure> {
    let Some(read) = read else { return Ok(None) };
    if command.form() == Form::Kubernetes {
        prepared.pem.push(Attachment {
            name: name.to_owned(),
            bytes: read.to_pem(),
        });
        return Ok(Some(read.at(Path::new(MOUNT_PATH).join(name))));
    }
    let Some(out) = &command.out else {
        return read.in_place().map(Some);
    };
    let path = fsio::absolute(&out.join(name))?;
    prepared
        .planned
        .push(Planned::new(path.clone(), read.to_pem(), false));
    Ok(Some(read.at(path)))
}

/// The JVM's stores as given; a truststore is made where a folder for it is there.
fn jvm(
    command: &Agent,
    source: Option<&Read>,
    prepared: &mut Prepared,
    printer: &Printer,
) -> Result<Option<SystemProperties>, Failure> {
    let as_flags = flags_of(command);
    let given = command
        .truststore
        .as_deref()
        .or_else(|| match command.ca.as_slice() {
            [only] if is_store(only) => Some(only),
            _ => None,
        });
    let mut properties = SystemProperties::new();
    let mut any = false;
    if let Some(path) = given {
        let side = flags::truststore(path, &as_flags, printer)?;
        properties = properties.trust_store(store_place(side, "truststore", command, prepared)?);
        any = true;
    } else if let Some(read) = source.filter(|_| !command.insecure)
        && let Some(reference) = made_truststore(command, read, prepared, printer)?
    {
        properties = properties.trust_store(reference);
        any = true;
    }
    if let Some(path) = command.keystore.as_deref() {
        let side = flags::keystore(path, &as_flags, printer)?;
        properties = properties.key_store(store_place(side, "keystore", command, prepared)?);
        any = true;
    }
    Ok(any.then_some(properties))
}

fn is_store(path: &Path) -> bool {
    fsio::read(path, &Limits::DEFAULT).is_ok_and(|bytes| StoreFormat::detect(&bytes).is_some())
}

fn flags_of(command: &Agent) -> Flags {
    Flags {
        truststore: command.truststore.clone(),
        keystore: command.keystore.clone(),
        truststore_pass: command.truststore_pass.clone(),
        keystore_pass: command.keystore_pass.clone(),
        format: String::new(),
        jdk: None,
        redact: false,
        no_verify: false,
    }
}

fn store_place(
    side: Side<'_>,
    name: &str,
    command: &Agent,
    prepared: &mut Prepared,
) -> Result<StoreReference, Failure> {
    if command.form() != Form::Kubernetes {
        return Ok(StoreReference::new(
            fsio::absolute(side.path)?,
            side.format,
            side.password,
        ));
    }
    let ending = match side.format {
        StoreFormat::Jks => "jks",
        StoreFormat::Jceks => "jceks",
        StoreFormat::Pkcs12 => "p12",
        _ => "store",
    };
    let name = format!("{name}.{ending}");
    let path = Path::new(MOUNT_PATH).join(&name);
    let bytes = fsio::read(side.path, &Limits::DEFAULT)?.to_vec();
    prepared.stores.push(Attachment { name, bytes });
    Ok(StoreReference::new(path, side.format, side.password))
}

/// A truststore of the certificates given, in the folder asked for or for the pod.
fn made_truststore(
    command: &Agent,
    read: &Read,
    prepared: &mut Prepared,
    printer: &Printer,
) -> Result<Option<StoreReference>, Failure> {
    const NAME: &str = "truststore.p12";
    let password = password::find(&TRUSTSTORE, command.truststore_pass.as_ref(), printer)?;
    if command.form() == Form::Kubernetes {
        prepared.stores.push(Attachment {
            name: String::from(NAME),
            bytes: truststore_bytes(read, &password)?,
        });
        let path = Path::new(MOUNT_PATH).join(NAME);
        return Ok(Some(StoreReference::new(path, StoreFormat::Pkcs12, password)));
    }
    let Some(out) = &command.out else { return Ok(None) };
    let path = fsio::absolute(&out.join(NAME))?;
    // Salts are new in every store: one that holds the same is left as it is.
    let old = fsio::read_if_exists(&path, &Limits::DEFAULT)?;
    let same = old.filter(|bytes| {
        KeyStore::from_bytes(bytes.clone(), &password).is_ok_and(|store| {
            let anchors: Vec<&Certificate> = store.trust_anchors().collect();
            anchors.len() == read.certificates.len()
                && read
                    .certificates
                    .iter()
                    .all(|certificate| anchors.contains(&certificate))
        })
    });
    let bytes = match same {
        Some(bytes) => bytes.to_vec(),
        None => truststore_bytes(read, &password)?,
    };
    prepared.planned.push(Planned::new(path.clone(), bytes, false));
    Ok(Some(StoreReference::new(path, StoreFormat::Pkcs12, password)))
}

fn truststore_bytes(read: &Read, password: &Password) -> Result<Vec<u8>, Failure> {
    let mut store = KeyStore::new();
    let inputs = read
        .certificates
        .iter()
        .map(|certificate| SourcedCertificate {
            certificate: certificate.clone(),
            alias: None,
            source: read.path.clone(),
        })
        .collect();
    let options = ImportOptions {
        alias: None,
        skip_expired: false,
        skip_non_ca: false,
        replace: false,
        now: super::now(),
    };
    ops::import_certificates(&mut store, inputs, &options)?;
    Ok(store.encoder().clock(super::now()).to_bytes(password)?)
}

/// The files that the settings name, for a pod.
pub(super) fn attachments(settings: &Settings<'_>, prepared: &Prepared) -> Vec<Attachment> {
    if settings.jvm().is_some() {
        return prepared.stores.clone();
    }
    let named = |file: &&Attachment| {
        let path = Path::new(MOUNT_PATH).join(&file.name);
        settings
            .values()
            .iter()
            .any(|setting| Path::new(setting.value.as_str()) == path)
    };
    prepared.pem.iter().filter(named).cloned().collect()
}
