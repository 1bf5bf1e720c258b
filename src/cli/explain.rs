use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use keyjar::explain::{self, About, Actual, Evidence, Explanation, Finding, StoreEvidence};
use keyjar::jvm::{Declared, Look, StoreUse, look_at};
use keyjar::trust::{Anchors, DEFAULT_JDK, Decision, Jdk, Validation};
use keyjar::{Certificate, ErrorKind, Hint, Limits, Password, clock, fsio, ops};
use serde_json::{Value, json};

use super::Outcome;
use super::connect::Connection;
use super::failure::Failure;
use super::flags::{KEYSTORE, TRUSTSTORE};
use super::password::{self, Source};
use super::printer::Printer;

pub(crate) const HELP: &str = "Examples:
  keyjar explain < app.log
  keyjar explain app.log --truststore truststore.p12 --jdk 17
  keyjar explain app.log --truststore truststore.p12 --host apm.example.com:8200

Known are the texts of JDK 8 to 28 and keytool, of Go, Python, Node, Ruby, .NET, curl and OpenSSL, and of Elastic's agents; stack traces with any logger's prefix, cut off or not, and JSON logs. With the stores and the server it looks at them and names the actual cause.

Exit codes: 0 a failure was found and explained, 1 there is no TLS or key store failure in the log, 2 could not (file, usage, server; a failure that is not known, or that the log ends in before its cause).";

#[derive(Args)]
pub(crate) struct Explain {
    /// The log or stack trace; standard input unless given, or `-`.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The truststore that the JVM was given.
    #[arg(long, value_name = "PATH")]
    pub(crate) truststore: Option<PathBuf>,
    /// Its password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) truststore_pass: Option<Source>,
    /// The type that -Djavax.net.ssl.trustStoreType declares.
    #[arg(long, value_name = "TYPE", requires = "truststore")]
    pub(crate) truststore_type: Option<String>,
    /// The keystore that the JVM was given.
    #[arg(long, value_name = "PATH")]
    pub(crate) keystore: Option<PathBuf>,
    /// Its password.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) keystore_pass: Option<Source>,
    /// The type that -Djavax.net.ssl.keyStoreType declares.
    #[arg(long, value_name = "TYPE", requires = "keystore")]
    pub(crate) keystore_type: Option<String>,
    /// The server: HOST:PORT or a URL. Its chain is fetched, unless `--chain` gives it.
    #[arg(long, value_name = "SERVER")]
    pub(crate) host: Option<String>,
    /// The chain that the server presents, as `keyjar fetch` prints it, where it cannot be reached from here.
    #[arg(long, value_name = "INPUT")]
    pub(crate) chain: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// The JDK's version: 8, 11, 17, 21, 25, 26 or 28.
    #[arg(long, value_name = "N")]
    pub(crate) jdk: Option<u32>,
}

/// `keyjar explain`
pub(crate) fn run(command: &Explain, printer: &Printer) -> Outcome {
    let jdk = Jdk::new(command.jdk.unwrap_or(DEFAULT_JDK))?;
    let (name, bytes) = log(command)?;
    if bytes.is_empty() {
        let message = format!("{name} is empty: there is nothing to explain");
        return Err(Failure::new(ErrorKind::WrongInput, message, ""));
    }
    let mut explanation = explain::explain(&explain::decode(&bytes));
    for finding in &mut explanation.findings {
        name_what_is_given(finding, command);
    }
    if explanation.findings.is_empty() {
        return none(&explanation, &name, printer);
    }
    let stores = Stores::look(command, printer)?;
    let evidence = stores.evidence();
    let verdict = verdict(command, &jdk, &evidence)?;
    let actual = |finding: &Finding| {
        let mut seen = explain::actual(finding, &evidence);
        if finding.cause.about == About::Chain {
            seen.extend(verdict.clone());
            seen.sort_by_key(|seen| !seen.is_cause);
        }
        seen
    };
    if printer.json {
        let rows: Vec<_> = explanation
            .findings
            .iter()
            .map(|finding| row(finding, &actual(finding)))
            .collect();
        let unknown: Vec<_> = explanation
            .unknown
            .iter()
            .map(|unknown| json!({ "line": unknown.line, "text": unknown.text }))
            .collect();
        printer.document(&json!({ "schema": 1, "findings": rows, "unknown": unknown }));
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = String::new();
    for finding in &explanation.findings {
        text(finding, &actual(finding), &mut out);
    }
    printer.text(&out);
    for unknown in &explanation.unknown {
        printer.warning(&format!("line {}: not known: {}", unknown.line, unknown.text));
    }
    Ok(ExitCode::SUCCESS)
}

/// What that JDK decides on the server's chain with the truststore; nothing unless both are at hand.
fn verdict(command: &Explain, jdk: &Jdk, evidence: &Evidence<'_>) -> Result<Option<Actual>, Failure> {
    let store = evidence.truststore.and_then(|store| store.look.store.as_ref());
    let (Some(store), Some(chain)) = (store, evidence.chain) else {
        return Ok(None);
    };
    let anchors = Anchors::of_store(store);
    let mut validation = Validation::new(jdk, &anchors, evidence.now);
    if let Some(server) = &command.host {
        validation = validation.host(command.connection.target(server)?.host());
    }
    let verdict = validation.check_server(chain);
    let sentence = match (&verdict.decision, &verdict.cause, &verdict.exception) {
        (Decision::Refused, Some(cause), Some(exception)) => {
            format!(
                "JDK {} refuses this server: {cause} (`{}`)",
                verdict.jdk,
                exception.in_handshake()
            )
        }
        (Decision::Accepted, ..) => format!(
            "JDK {} accepts this server with this truststore: the JVM of the log uses another one, or the server has changed",
            verdict.jdk
        ),
        _ => return Ok(None),
    };
    Ok(Some(Actual {
        sentence,
        is_cause: !verdict.is_accepted(),
        remedy: if verdict.is_accepted() {
            Some(Hint::new(
                "`keyjar jvms` shows which truststore each running JVM really uses",
            ))
        } else {
            verdict.hints.first().cloned()
        },
    }))
}

fn log(command: &Explain) -> Result<(String, bytes::Bytes), Failure> {
    let path = command.file.as_deref().unwrap_or(Path::new("-"));
    if path != Path::new("-") {
        let bytes = fsio::read(path, &Limits::DEFAULT)?;
        return Ok((format!("`{}`", path.display()), bytes));
    }
    if io::stdin().is_terminal() {
        let hint = "`keyjar explain app.log`, or `keyjar explain < app.log`";
        return Err(Failure::new(ErrorKind::Usage, "no log was given", hint));
    }
    let bytes = fsio::read_from(io::stdin().lock(), path, &Limits::DEFAULT)?;
    Ok((String::from("the standard input"), bytes))
}

/// Nothing was explained: because nothing is there, or because what is there is not known.
fn none(explanation: &Explanation, name: &str, printer: &Printer) -> Outcome {
    let Some(unknown) = explanation.unknown.first() else {
        if printer.json {
            printer.document(&json!({ "schema": 1, "findings": [], "unknown": [] }));
        }
        printer.note(&format!("{name}: no TLS or key store failure found"));
        return Ok(ExitCode::from(1));
    };
    let (line, text) = (unknown.line, &unknown.text);
    if unknown.is_cut {
        let message = format!("{name} ends in line {line}, before it says why: `{text}`");
        let hint = "give it the whole stack trace, down to the last `Caused by`";
        return Err(Failure::new(ErrorKind::Damaged, message, hint));
    }
    let message = format!("{name}, line {line}: a TLS failure that is not known: `{text}`");
    let hint = "`keyjar check HOST:PORT --truststore PATH` looks at the server and the stores themselves";
    Err(Failure::new(ErrorKind::Unsupported, message, hint))
}

/// What the command line names goes into the commands that mend it.
fn name_what_is_given(finding: &mut Finding, command: &Explain) {
    let path = |path: &PathBuf| path.display().to_string();
    let store = match (&command.truststore, &command.keystore) {
        (Some(only), None) | (None, Some(only)) => Some(path(only)),
        _ => None,
    };
    let given = [
        ("host", command.host.clone()),
        ("truststore", command.truststore.as_ref().map(path)),
        ("keystore", command.keystore.as_ref().map(path)),
        ("store", store),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            finding.names.insert(String::from(name), value);
        }
    }
}

/// What the command line gives to look at.
struct Stores<'a> {
    truststore: Option<(&'a Path, Look)>,
    keystore: Option<(&'a Path, Look)>,
    chain: Option<Vec<Certificate>>,
}

impl<'a> Stores<'a> {
    fn look(command: &'a Explain, printer: &Printer) -> Result<Self, Failure> {
        let look = |path: &'a Path, password: Password, kind: &Option<String>, used_for| {
            (
                path,
                look_at(path, &Declared(kind.clone()), &password, command.jdk, used_for),
            )
        };
        let truststore = match &command.truststore {
            None => None,
            Some(path) => {
                let password = password::find(&TRUSTSTORE, command.truststore_pass.as_ref(), printer)?;
                Some(look(path, password, &command.truststore_type, StoreUse::Trust))
            }
        };
        let keystore = match &command.keystore {
            None => None,
            Some(path) => {
                let password = password::find(&KEYSTORE, command.keystore_pass.as_ref(), printer)?;
                Some(look(path, password, &command.keystore_type, StoreUse::Key))
            }
        };
        let chain = match (&command.chain, &command.host) {
            (None, None) => None,
            (None, Some(server)) => Some(command.connection.fetch(server, printer)?.certificates),
            (Some(path), _) => {
                let read = ops::read_input(path, &password::convention(), &Limits::DEFAULT)?;
                Some(read.into_iter().map(|sourced| sourced.certificate).collect())
            }
        };
        Ok(Self {
            truststore,
            keystore,
            chain,
        })
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            truststore: self
                .truststore
                .as_ref()
                .map(|(path, look)| StoreEvidence { path, look }),
            keystore: self
                .keystore
                .as_ref()
                .map(|(path, look)| StoreEvidence { path, look }),
            chain: self.chain.as_deref(),
            now: clock::now(),
        }
    }
}

fn text(finding: &Finding, actual: &[Actual], out: &mut String) {
    let times = match finding.count {
        1 => String::new(),
        count => format!(" ({count} times)"),
    };
    let _ = writeln!(out, "line {}{times}: {}", finding.line, finding.text);
    let _ = writeln!(out, "  cause     {}", finding.sentence());
    for seen in actual {
        let what = if seen.is_cause { "found" } else { "not it" };
        let _ = writeln!(out, "  {what:<9} {}", seen.sentence);
    }
    let mut remedies: Vec<_> = actual
        .iter()
        .filter_map(|seen| seen.remedy.as_ref().map(ToString::to_string))
        .collect();
    if remedies.is_empty() {
        for possible in finding.possible() {
            let _ = writeln!(out, "  maybe     {possible}");
        }
        remedies = finding.remedies();
    }
    for remedy in remedies {
        let _ = writeln!(out, "  mend      {remedy}");
    }
}

fn row(finding: &Finding, actual: &[Actual]) -> Value {
    let seen: Vec<_> = actual
        .iter()
        .map(|seen| {
            json!({
                "sentence": seen.sentence,
                "is_cause": seen.is_cause,
                "remedy": seen.remedy.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    json!({
        "id": finding.cause.id,
        "line": finding.line,
        "count": finding.count,
        "text": finding.text,
        "cause": finding.sentence(),
        "possible": finding.possible(),
        "actual": seen,
        "hints": finding.remedies(),
        "names": finding.names,
    })
}
