use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use keyjar::apm::{
    ApmError, CertificateFile, ClientAuthentication, Finding, KeyForm, Passphrase, ServerForm, ServerInputs,
    ServerSettings, ServerUrl,
};
use keyjar::{Certificate, Limits, PrivateKey, fsio, ops, pem};
use serde_json::{Value, json};

use super::files::{self, Planned};
use super::inputs::{self, Read, Role};
use super::server_key::{self, Key};
use crate::cli::Outcome;
use crate::cli::failure::Failure;
use crate::cli::flags::{KEYSTORE, TRUSTSTORE};
use crate::cli::manage::KEY;
use crate::cli::password::{self, Source};
use crate::cli::printer::Printer;

pub(super) const HELP: &str = "Examples:
  keyjar apm server --cert apm-server.fullchain.crt --key apm-server.key >> apm-server.yml
  keyjar apm server --cert apm-server.crt --chain intermediate.crt --key apm-server.key --out /etc/apm-server/tls
  keyjar apm server --cert apm-server.crt --key apm-server.key --keypass env:KEY_PASS
  keyjar apm server --cert apm-server.crt --key apm-server.key --client-ca client-ca.crt --client-auth optional
  keyjar apm server --keystore keystore.p12 --keystore-pass env:STORE_PASS --out /etc/apm-server/tls
  keyjar apm server --fleet --cert /etc/tls/apm-server.crt --key /etc/tls/apm-server.key

The key's passphrase is named by its source: env:NAME becomes `${NAME}`, which APM Server takes from its environment or its own keystore; file:PATH becomes key_passphrase_path; any other source is written out.

Formats: yaml or native (apm-server.yml), args (-E options of the apm-server command), properties, json. APM Server reads no variables of its own: there is no env.

Exit codes: 0 done, 2 could not (usage, file, password, or settings that would fail).";

const FORMATS: [&str; 5] = ["yaml", "native", "args", "properties", "json"];

/// `keyjar apm server`
#[derive(clap::Args)]
pub(super) struct Server {
    /// The server's certificate, its chain behind it.
    #[arg(
        long,
        value_name = "INPUT",
        required_unless_present = "keystore",
        requires = "key"
    )]
    pub(super) cert: Option<PathBuf>,
    /// The certificate's private key.
    #[arg(long, value_name = "INPUT", requires = "cert")]
    pub(super) key: Option<PathBuf>,
    /// Certificates the chain is completed from, in any order.
    #[arg(long, value_name = "INPUT")]
    chain: Vec<PathBuf>,
    /// The key's passphrase: pass:TEXT, env:NAME, file:PATH, fd:N, stdin or prompt.
    #[arg(long, value_name = "SOURCE")]
    pub(super) keypass: Option<Source>,
    /// A keystore with key and certificate, instead of `--cert` and `--key`.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["cert", "key"])]
    keystore: Option<PathBuf>,
    /// The keystore's entry, where it holds several keys.
    #[arg(long, value_name = "NAME", requires = "keystore")]
    pub(super) alias: Option<String>,
    /// The keystore's password.
    #[arg(long, value_name = "SOURCE")]
    pub(super) keystore_pass: Option<Source>,
    /// The authorities that sign clients' certificates; alone it makes APM Server require one.
    #[arg(long, visible_alias = "ca", value_name = "INPUT")]
    client_ca: Vec<PathBuf>,
    /// A truststore with those authorities.
    #[arg(long, value_name = "PATH", conflicts_with = "client_ca")]
    truststore: Option<PathBuf>,
    /// The truststore's password.
    #[arg(long, value_name = "SOURCE")]
    truststore_pass: Option<Source>,
    /// Whether clients show certificates.
    #[arg(long, value_name = "WHEN", value_parser = ["none", "optional", "required"])]
    client_auth: Option<String>,
    /// Where agents will reach the server: the certificate is checked against it.
    #[arg(long, value_name = "URL")]
    server_url: Option<String>,
    /// Print the fields of Fleet's APM integration; its keys have no passphrase, and it has no client authentication.
    #[arg(long)]
    fleet: bool,
    /// The form.
    #[arg(long, value_name = "FORMAT", default_value = "yaml", value_parser = PossibleValuesParser::new(FORMATS))]
    format: String,
    /// Write certificate, key and authorities as PEM, and the settings, into this folder, and name them there.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write over files that are there.
    #[arg(long, requires = "out")]
    force: bool,
    /// Print settings that would fail, with warnings.
    #[arg(long)]
    no_verify: bool,
}

/// Where APM Server will find what it needs, and what has to be written for that.
struct Placed {
    certificate: CertificateFile,
    key: PathBuf,
    clients: Option<CertificateFile>,
    planned: Vec<Planned>,
    /// Certificates besides the server's.
    others: Vec<Certificate>,
}

/// `keyjar apm server`
pub(super) fn run(command: &Server, printer: &Printer) -> Outcome {
    let url = command.server_url.as_deref().map(ServerUrl::parse).transpose()?;
    let (server, key) = match &command.keystore {
        Some(path) => server_key::from_keystore(command, path, printer)?,
        None => server_key::from_files(command, printer)?,
    };
    let mut placed = place(command, &server, &key, printer)?;
    let settings = ServerSettings {
        certificate: &placed.certificate,
        key: &placed.key,
        passphrase: passphrase(command, &key)?,
        client_authorities: placed.clients.as_ref(),
        client_authentication: command
            .client_auth
            .as_deref()
            .and_then(ClientAuthentication::by_name),
    };
    let findings = look(command, &settings, &placed, &key, url.as_ref())?;
    super::tell(&findings, command.no_verify, printer)?;
    let form = match (command.fleet, command.format.as_str()) {
        (true, _) => ServerForm::Fleet,
        (_, "args") => ServerForm::Arguments,
        (_, "properties") => ServerForm::Properties,
        _ => ServerForm::Yaml,
    };
    let file = settings.render(form)?;
    let mut document = document(&settings);
    if command.fleet {
        printer.note("note: the paths are those on the Elastic Agent's host; fill them into the integration's TLS settings (Enable TLS, File path to server certificate, File path to server certificate key)");
    }
    if let Some(out) = &command.out {
        let path = fsio::absolute(&out.join(file.name()))?;
        let settings = Planned::new(path, file.expose_text(), file.holds_password());
        placed.planned.push(settings);
        files::write(&placed.planned, command.force, printer)?;
    }
    if !printer.json && command.format != "json" {
        printer.text(file.expose_text());
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(fields) = document.as_object_mut() {
        let paths = placed.planned.iter().map(|file| json!(file.path)).collect();
        let text = json!([{ "name": file.name(), "text": file.expose_text() }]);
        fields.insert(String::from("findings"), super::document(&findings));
        fields.insert(String::from("configuration"), text);
        fields.insert(String::from("files"), paths);
    }
    printer.document(&document);
    Ok(ExitCode::SUCCESS)
}

fn place(command: &Server, server: &Read, key: &Key, printer: &Printer) -> Result<Placed, Failure> {
    let key_password = || password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer);
    let mut others = inputs::read(&command.chain, Role::Authority, &key_password, printer)?
        .map(|read| read.certificates)
        .unwrap_or_default();
    let trust_password = || password::find(&TRUSTSTORE, command.truststore_pass.as_ref(), printer);
    let authorities = match &command.truststore {
        Some(path) => std::slice::from_ref(path),
        None => command.client_ca.as_slice(),
    };
    let clients = inputs::read(authorities, Role::Authority, &trust_password, printer)?;
    let mut planned = Vec::new();
    let certificate = certificate_place(command, server, key, &others, &mut planned)?;
    others.extend(clients.iter().flat_map(|read| read.certificates.clone()));
    let key = key_place(command, key, &mut planned, printer)?;
    let clients = match (&clients, &command.out) {
        (Some(read), Some(out)) => {
            let path = fsio::absolute(&out.join("client-ca.crt"))?;
            planned.push(Planned::new(path.clone(), read.to_pem(), false));
            Some(read.at(path))
        }
        (Some(read), None) => Some(read.in_place()?),
        (None, _) => None,
    };
    Ok(Placed {
        certificate,
        key,
        clients,
        planned,
        others,
    })
}

fn look(
    command: &Server,
    settings: &ServerSettings<'_>,
    placed: &Placed,
    key: &Key,
    url: Option<&ServerUrl>,
) -> Result<Vec<Finding>, Failure> {
    let passphrase_file_has_line_break = match &settings.passphrase {
        Some(Passphrase::File(path)) => fsio::read(path, &Limits::DEFAULT)?.contains(&b'\n'),
        _ => false,
    };
    // A key that is written anew is as it should be.
    let key_form = match &command.out {
        Some(_) if settings.passphrase.is_some() => &KeyForm::Encrypted,
        Some(_) => &KeyForm::Clear,
        None => &key.form,
    };
    Ok(settings.examine(&ServerInputs {
        key: &key.key,
        key_form,
        passphrase_file_has_line_break,
        others: &placed.others,
        server_url: url,
        now: super::now(),
    }))
}

/// The settings as JSON: by full name.
fn document(settings: &ServerSettings<'_>) -> Value {
    let passphrase = match &settings.passphrase {
        Some(Passphrase::Variable(name)) => json!({ "variable": name }),
        Some(Passphrase::File(path)) => json!({ "file": path }),
        Some(_) => json!({ "text": true }),
        None => Value::Null,
    };
    json!({
        "schema": 1,
        "settings": {
            "apm-server.ssl.enabled": true,
            "apm-server.ssl.certificate": settings.certificate.path(),
            "apm-server.ssl.key": settings.key,
            "apm-server.ssl.certificate_authorities": settings.client_authorities.map(|file| json!([file.path()])).unwrap_or_else(|| json!([])),
            "apm-server.ssl.client_authentication": settings.effective_client_authentication().name(),
        },
        "passphrase": passphrase,
    })
}

/// The certificate where it is, or written with its whole chain, leaf first; the root stays out.
fn certificate_place(
    command: &Server,
    server: &Read,
    key: &Key,
    others: &[Certificate],
    planned: &mut Vec<Planned>,
) -> Result<CertificateFile, Failure> {
    let Some(out) = &command.out else {
        return server.in_place();
    };
    let mut all = server.certificates.clone();
    all.extend(others.iter().cloned());
    // What does not belong together is told by the settings' own look.
    let chain = match ops::bundle(key.key.duplicate(), all) {
        Ok(bundle) => {
            let mut chain = bundle.entry.chain().to_vec();
            if chain.len() > 1 && chain.last().is_some_and(Certificate::seems_self_signed) {
                chain.pop();
            }
            chain
        }
        Err(_) => server.certificates.clone(),
    };
    let path = fsio::absolute(&out.join("apm-server.crt"))?;
    let read = Read {
        path: path.clone(),
        certificates: chain,
        other_than_pem: None,
    };
    planned.push(Planned::new(path.clone(), read.to_pem(), false));
    Ok(read.at(path))
}

/// The key where it is, or written: encrypted where it was, in clear for Fleet, its owner's alone.
fn key_place(
    command: &Server,
    key: &Key,
    planned: &mut Vec<Planned>,
    printer: &Printer,
) -> Result<PathBuf, Failure> {
    let Some(out) = &command.out else {
        if let KeyForm::OtherThanPem(what) = &key.form {
            return Err(ApmError::NotPem {
                path: key.path.clone(),
                what: what.clone(),
            }
            .into());
        }
        return Ok(fsio::absolute(&key.path)?);
    };
    let path = fsio::absolute(&out.join("apm-server.key"))?;
    let pem = match &key.password {
        Some(password) if key.is_encrypted && !command.fleet => {
            // Salts are new in every file: one with the same key is left as it is.
            let old = fsio::read_if_exists(&path, &Limits::DEFAULT)?.filter(|bytes| {
                KeyForm::of(bytes) == KeyForm::Encrypted
                    && PrivateKey::from_input(bytes, Some(password))
                        .is_ok_and(|old| old.expose_pkcs8_der() == key.key.expose_pkcs8_der())
            });
            match old {
                Some(bytes) => bytes.to_vec(),
                None => pem::encode(
                    "ENCRYPTED PRIVATE KEY",
                    ops::encrypt_key(&key.key, password)?.as_der(),
                )
                .into_bytes(),
            }
        }
        _ => {
            if key.is_encrypted {
                printer.note("note: the key is written unencrypted, readable by its owner alone: Fleet's integration has no field for a passphrase");
            }
            key.key.expose_pem().as_bytes().to_vec()
        }
    };
    planned.push(Planned::new(path.clone(), pem, true));
    Ok(path)
}

fn passphrase(command: &Server, key: &Key) -> Result<Option<Passphrase>, Failure> {
    let Some(password) = key.password.as_ref().filter(|_| key.is_encrypted) else {
        return Ok(None);
    };
    if command.fleet && command.out.is_some() {
        return Ok(None);
    }
    Ok(Some(match &command.keypass {
        Some(Source::Env(name)) => Passphrase::Variable(name.clone()),
        Some(Source::File(path)) => Passphrase::File(fsio::absolute(path)?),
        // The variable that stands in for the option.
        None if password::is_given(&KEY, None) => Passphrase::Variable(String::from("KEYJAR_KEYPASS")),
        _ => Passphrase::Text(password.duplicate()),
    }))
}
