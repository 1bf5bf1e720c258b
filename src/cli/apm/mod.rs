//! `keyjar apm`: the TLS settings of APM Server and of its agents.

mod agent;
mod files;
mod inputs;
mod prepare;
mod server;
mod server_key;

use keyjar::apm::{ApmError, Finding, Severity};
use keyjar::{ErrorKind, clock};
use serde_json::{Value, json};

use super::Outcome;
use super::failure::Failure;
use super::printer::Printer;

/// `keyjar apm`
#[derive(clap::Args)]
pub(crate) struct Apm {
    #[command(subcommand)]
    part: Part,
}

#[derive(clap::Subcommand)]
enum Part {
    /// Print APM Server's TLS settings: `apm-server.yml`, or the fields of Fleet's integration.
    #[command(after_long_help = server::HELP)]
    Server(server::Server),
    /// Print an agent's TLS settings: the right file in the right option.
    #[command(after_long_help = agent::HELP)]
    Agent(agent::Agent),
}

pub(crate) const HELP: &str = "Examples:
  keyjar apm server --cert apm-server.fullchain.crt --key apm-server.key
  keyjar apm agent python --ca ca.crt --server-url https://apm.example.com:8200
  keyjar apm agent java --truststore truststore.p12 --server-url https://apm.example.com:8200

Exit codes: 0 done, 2 could not (usage, file, password, or settings that would fail).";

pub(crate) fn run(command: &Apm, printer: &Printer) -> Outcome {
    match &command.part {
        Part::Server(command) => server::run(command, printer),
        Part::Agent(command) => agent::run(command, printer),
    }
}

impl From<ApmError> for Failure {
    fn from(error: ApmError) -> Self {
        Self::layered(error.kind(), error.hints(), error)
    }
}

/// Says what was found; what would fail is an error, unless that was allowed.
fn tell(findings: &[Finding], allow: bool, printer: &Printer) -> Result<(), Failure> {
    let fails = |finding: &&Finding| finding.severity == Severity::Fails && !allow;
    if let Some(first) = findings.iter().find(fails) {
        for other in findings.iter().filter(fails).skip(1) {
            printer.warning(&other.message);
        }
        return Err(failure(first));
    }
    for finding in findings {
        match finding.severity {
            Severity::Fails | Severity::Warning => printer.warning(&finding.message),
            _ => printer.note(&format!("note: {}", finding.message)),
        }
        if let Some(hint) = &finding.hint {
            printer.hint(hint);
        }
    }
    Ok(())
}

fn failure(finding: &Finding) -> Failure {
    let kind = match finding.kind {
        "name-mismatch" | "key-mismatch" | "not-issued" => ErrorKind::Conflict,
        kind if kind.starts_with("unsupported") => ErrorKind::Unsupported,
        _ => ErrorKind::WrongInput,
    };
    let failure = Failure::new(
        kind,
        &finding.message,
        finding.hint.as_deref().unwrap_or_default(),
    );
    failure.hint("`--no-verify` prints the settings all the same")
}

fn document(findings: &[Finding]) -> Value {
    findings
        .iter()
        .map(|finding| {
            json!({
                "severity": finding.severity.name(),
                "kind": finding.kind,
                "message": finding.message,
                "hint": finding.hint,
            })
        })
        .collect()
}

fn now() -> jiff::Timestamp {
    clock::now()
}
