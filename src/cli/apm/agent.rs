use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use keyjar::ErrorKind;
use keyjar::apm::{self, ApmError, File, Finding, Form, Means, Settings, Trust};
use serde_json::{Map, Value, json};

use super::files::{self, Planned};
use super::prepare::{Prepared, attachments, prepare};
use crate::cli::Outcome;
use crate::cli::failure::Failure;
use crate::cli::password::Source;
use crate::cli::printer::Printer;

pub(super) const HELP: &str = "Examples:
  keyjar apm agent python --ca ca.crt --server-url https://apm.example.com:8200
  keyjar apm agent go --cert apm-server.crt --server-url https://apm.example.com:8200 > apm.env
  keyjar apm agent java --truststore truststore.p12 --keystore keystore.p12 --keystore-pass env:STORE_PASS --format native
  keyjar apm agent nodejs --ca ca.p12 --server-url https://apm.example.com:8200 --format native --out /etc/apm
  keyjar apm agent all --ca ca.crt --cert apm-server.crt --server-url https://apm.example.com:8200 --format kubernetes

Which file goes where:
  java    the JVM's truststore (--truststore); for a client certificate the keystore (--keystore)
  go      --ca: ELASTIC_APM_SERVER_CA_CERT_FILE; --cert alone, or --pin: ELASTIC_APM_SERVER_CERT
  python  --ca: server_ca_cert_file (6.17.0 and later); --cert alone, or --pin: server_cert
  nodejs  --ca: serverCaCertFile
  ruby    --ca: server_ca_cert_file
  dotnet  --cert: ServerCert
  php     nothing: the system's authorities alone count

Formats: env (NAME=value lines for docker --env-file, Compose, systemd, dotenv), shell (export lines), native (elasticapm.properties and an argument file for java, export lines for Go, a settings dictionary for Python, elastic-apm-node.js, config/elastic_apm.yml, appsettings.json, php.ini), web-config (ASP.NET), kubernetes, json; properties and yaml are Java's and Ruby's own files, and the variables for other agents.

Exit codes: 0 done, 2 could not (usage, file, password, or settings that would fail).";

/// `keyjar apm agent`
#[derive(clap::Args)]
pub(super) struct Agent {
    /// The agent: java, go, python, nodejs, ruby, dotnet, php, or all.
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(
        apm::Agent::ALL.iter().map(|agent| agent.name()).chain(["all"])
    ))]
    pub(super) name: String,
    /// The authority that signed the server's certificate: PEM, DER, PKCS#7, a store, or the folder that `keyjar ca` made.
    #[arg(long, value_name = "INPUT")]
    pub(super) ca: Vec<PathBuf>,
    /// The server's own certificate, its chain behind it: what agents compare that pin, and what the URL is checked against.
    #[arg(long, value_name = "INPUT")]
    pub(super) cert: Option<PathBuf>,
    /// The JVM's truststore.
    #[arg(long, value_name = "PATH")]
    pub(super) truststore: Option<PathBuf>,
    /// The JVM's keystore with the client's key and certificate.
    #[arg(long, value_name = "PATH")]
    pub(super) keystore: Option<PathBuf>,
    /// The truststore's password, and that of a store given as `--ca`: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(super) truststore_pass: Option<Source>,
    /// The keystore's password, and that of a store given as `--cert`.
    #[arg(long, value_name = "SOURCE")]
    pub(super) keystore_pass: Option<Source>,
    /// Where APM Server is: https://HOST:PORT.
    #[arg(long, value_name = "URL")]
    pub(super) server_url: Option<String>,
    /// The form.
    #[arg(long, value_name = "FORMAT", default_value = "env", value_parser = PossibleValuesParser::new(Form::ALL.iter().map(|form| form.name())))]
    pub(super) format: String,
    /// Write the certificates as PEM, a truststore for Java, and the settings into this folder, and name them there.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write over files that are there.
    #[arg(long, requires = "out")]
    pub(super) force: bool,
    /// Compare the server's certificate though the authority is known (Go, Python).
    #[arg(long, requires = "cert")]
    pub(super) pin: bool,
    /// Turn the check of the server's certificate off.
    #[arg(long)]
    pub(super) insecure: bool,
    /// Print settings that would fail, with warnings.
    #[arg(long)]
    pub(super) no_verify: bool,
}

impl Agent {
    pub(super) fn agents(&self) -> Vec<apm::Agent> {
        match apm::Agent::by_name(&self.name) {
            Some(one) => vec![one],
            None => apm::Agent::ALL.to_vec(),
        }
    }

    fn is_all(&self) -> bool {
        self.name == "all"
    }

    pub(super) fn form(&self) -> Form {
        Form::by_name(&self.format).unwrap_or(Form::Env)
    }
}

/// One agent's outcome.
struct Made {
    agent: apm::Agent,
    files: Vec<File>,
    findings: Vec<Finding>,
    means: &'static str,
    /// The files that its settings name.
    named: Vec<PathBuf>,
    json: Map<String, Value>,
}

/// `keyjar apm agent`
pub(super) fn run(command: &Agent, printer: &Printer) -> Outcome {
    let nothing = command.ca.is_empty()
        && command.cert.is_none()
        && command.truststore.is_none()
        && command.keystore.is_none()
        && command.server_url.is_none()
        && !command.insecure;
    if nothing {
        let hint = "give the authority with `--ca CA.crt`, or the server's certificate with `--cert SERVER.crt`, and `--server-url https://HOST:8200`";
        return Err(Failure::new(
            ErrorKind::Usage,
            "there is nothing to tell the agent",
            hint,
        ));
    }
    let prepared = prepare(command, printer)?;
    let mut made = Vec::new();
    let mut left_out = Vec::new();
    for agent in command.agents() {
        match make(agent, command, &prepared, printer) {
            Ok(one) => made.push(one),
            // Of all agents some have no option for what was given.
            Err(Problem::NoOption(error)) if command.is_all() => {
                printer.warning(&format!("left out: {error}"));
                left_out.push(json!({ "agent": agent.name(), "why": error.to_string() }));
                for hint in error.hints() {
                    printer.hint(&hint.to_string());
                }
            }
            Err(Problem::NoOption(error)) => return Err(error.into()),
            Err(Problem::Other(failure)) => return Err(failure),
        }
    }
    let out = command.out.as_deref();
    let mut planned = prepared.planned;
    for one in &made {
        for file in &one.files {
            let Some(out) = out else { continue };
            let folder = if command.is_all() {
                out.join(one.agent.name())
            } else {
                out.to_owned()
            };
            planned.push(Planned::new(
                folder.join(file.name()),
                file.expose_text(),
                file.holds_password(),
            ));
        }
    }
    planned.retain(|file| is_used(file, &made));
    if out.is_some() {
        files::write(&planned, command.force, printer)?;
    }
    print(command, &made, &planned, &left_out, printer);
    Ok(ExitCode::SUCCESS)
}

/// A certificate file that no agent's settings name is not written.
fn is_used(file: &Planned, made: &[Made]) -> bool {
    let is_certificate = file.path.extension().is_some_and(|ending| ending == "crt");
    !is_certificate || made.iter().any(|one| one.named.contains(&file.path))
}

enum Problem {
    /// The agent has no option for what was given: no matter where the others are asked for as well.
    NoOption(ApmError),
    Other(Failure),
}

impl<E: Into<Failure>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

fn make(agent: apm::Agent, command: &Agent, prepared: &Prepared, printer: &Printer) -> Result<Made, Problem> {
    let jvm = prepared
        .jvm
        .as_ref()
        .filter(|_| agent == apm::Agent::Java || !command.is_all());
    let trust = Trust {
        server_url: prepared.url.as_ref(),
        roots: prepared.roots.as_ref(),
        server_certificate: prepared.server.as_ref(),
        jvm,
        prefer_pin: command.pin,
        insecure: command.insecure,
    };
    let settings = Settings::new(agent, &trust).map_err(|error| match error {
        ApmError::NoPinOption { .. }
        | ApmError::NoRootsOption { .. }
        | ApmError::NoTruststore
        | ApmError::NoClientCertificate { .. } => Problem::NoOption(error),
        other => Problem::Other(other.into()),
    })?;
    let findings = apm::examine(&settings, &trust, super::now());
    if command.is_all() && !printer.json {
        printer.note(&format!("{agent}:"));
    }
    super::tell(&findings, command.no_verify, printer)?;
    let form = if printer.json && command.form() == Form::Json {
        Form::Env
    } else {
        command.form()
    };
    let files = match form {
        Form::Kubernetes => vec![apm::kubernetes(&settings, &attachments(&settings, prepared))?],
        form => match apm::render(&settings, form) {
            Err(error @ ApmError::NoSuchForm { .. }) => return Err(Problem::NoOption(error)),
            other => other?,
        },
    };
    let described = apm::render(&settings, Form::Json)?;
    let text = described.first().map(File::expose_text).unwrap_or_default();
    Ok(Made {
        agent,
        files,
        findings,
        means: match settings.means() {
            Means::Insecure => "insecure",
            Means::Roots(_) => "trust-roots",
            Means::Pin(_) => "pin",
            Means::Jvm(_) => "jvm-truststore",
            _ => "platform",
        },
        named: settings
            .values()
            .iter()
            .map(|setting| PathBuf::from(setting.value.as_str()))
            .collect(),
        json: serde_json::from_str(text).map_err(Failure::other)?,
    })
}

fn print(command: &Agent, made: &[Made], planned: &[Planned], left_out: &[Value], printer: &Printer) {
    let written: Vec<_> = planned
        .iter()
        .filter(|_| command.out.is_some())
        .map(|file| json!(file.path))
        .collect();
    if printer.json || command.form() == Form::Json {
        let mut documents: Vec<_> = made.iter().map(document).collect();
        let document = if command.is_all() {
            json!({ "schema": 1, "agents": documents, "left_out": left_out, "files": written })
        } else {
            let mut one = documents.pop().unwrap_or_default();
            one.insert(String::from("files"), json!(written));
            Value::Object(one)
        };
        printer.document(&document);
        return;
    }
    let form = command.form();
    let several = made.len() > 1 || command.is_all();
    for one in made {
        for file in &one.files {
            let header = match form {
                Form::Env | Form::Shell | Form::Properties if several => {
                    format!("# {}\n", one.agent.name())
                }
                Form::Yaml | Form::Kubernetes if several => format!("---\n# {}\n", one.agent.name()),
                _ if several => format!("==> {}/{} <==\n", one.agent.name(), file.name()),
                // Java's properties and its argument file: `#` begins a comment in both.
                _ if one.files.len() > 1 => format!("# {}\n", file.name()),
                _ => String::new(),
            };
            printer.text(&header);
            printer.text(file.expose_text());
        }
    }
}

fn document(made: &Made) -> Map<String, Value> {
    let configuration = made
        .files
        .iter()
        .map(|file| json!({ "name": file.name(), "text": file.expose_text() }))
        .collect();
    let mut document = made.json.clone();
    document.insert(String::from("means"), json!(made.means));
    document.insert(String::from("findings"), super::document(&made.findings));
    document.insert(String::from("configuration"), configuration);
    document
}
