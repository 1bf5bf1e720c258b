//! Elastic's own agents, from PyPI and npm, send a transaction over TLS and find an APM Server.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::program::Serving;
use crate::support::{folder, keyjar, root, run};

/// Kept between runs: the agents are fetched once.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("agents")
}

/// Runs one step of an installation; where it fails, the test says that it is skipped.
fn installed(command: &mut Command) -> bool {
    let done = command.output().is_ok_and(|output| output.status.success());
    if !done {
        eprintln!("SKIPPED: {command:?} does not work here");
    }
    done
}

fn python() -> Option<PathBuf> {
    let venv = kept().join("venv");
    let python = venv.join("bin/python");
    let is_there = || {
        Command::new(&python)
            .args(["-c", "import elasticapm"])
            .output()
            .is_ok_and(|o| o.status.success())
    };
    if is_there() {
        return Some(python);
    }
    let is_made = installed(Command::new("python3").args(["-m", "venv"]).arg(&venv))
        && installed(Command::new(&python).args(["-m", "pip", "-q", "install", "elastic-apm==6.26.2"]));
    is_made.then_some(python)
}

fn node() -> Option<PathBuf> {
    let folder = kept().join("node");
    let module = folder.join("node_modules/elastic-apm-node");
    if module.join("package.json").exists() {
        return Some(module);
    }
    std::fs::create_dir_all(&folder).unwrap();
    let is_made = installed(
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder)
            .arg("elastic-apm-node@4.18.0"),
    );
    is_made.then_some(module)
}

/// What the server saw of an agent that ran against it with the CA as all its trust.
fn seen(agent: &mut Command, failing: bool) -> Vec<Value> {
    let folder = folder();
    let mut serving = Serving::start(folder.path(), &["--json", "--write-truststore", "truststore.p12"]);
    let ca = keyjar(folder.path(), &["list", "truststore.p12", "--pem"])
        .exits(0)
        .stdout;
    std::fs::write(folder.path().join("ca.crt"), ca).unwrap();
    let url = format!("https://localhost:{}", serving.port);
    agent
        .env("ELASTIC_APM_SERVER_URL", url)
        .env("ELASTIC_APM_SERVICE_NAME", "probe")
        .env("ELASTIC_APM_CLOUD_PROVIDER", "none");
    if !failing {
        agent.env("ELASTIC_APM_SERVER_CA_CERT_FILE", folder.path().join("ca.crt"));
    }
    run(agent).exits(0);
    let mut events = Vec::new();
    loop {
        let event = serving.event();
        let is_last = event["path"] == "/intake/v2/events" || (failing && event["ok"] == false);
        events.push(event);
        if is_last {
            break events;
        }
    }
}

#[track_caller]
fn sent_a_transaction(events: &[Value], agent: &str) {
    let asked = |path: &str| events.iter().find(|event| event["path"] == path);
    assert_eq!(asked("/").unwrap_or_else(|| panic!("{events:?}"))["status"], 200);
    let intake = asked("/intake/v2/events").unwrap();
    assert_eq!(intake["status"], 202, "{events:?}");
    assert!(
        intake["user_agent"].as_str().unwrap().starts_with(agent),
        "{intake}"
    );
    let counts = &intake["intake"];
    for (kind, count) in [
        ("metadata", 1),
        ("transactions", 1),
        ("spans", 1),
        ("errors", 1),
        ("malformed", 0),
    ] {
        assert_eq!(counts[kind], count, "{kind}: {counts}");
    }
}

#[test]
fn the_python_agent_sends_a_transaction_and_is_told_when_it_lacks_the_ca() {
    let Some(python) = python() else { return };
    let script = root().join("tests/it/server/agent.py");
    sent_a_transaction(
        &seen(Command::new(&python).arg(&script), false),
        "apm-agent-python/",
    );
    let refused = seen(Command::new(&python).arg(&script), true);
    let reason = refused.last().unwrap()["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("the client does not trust this certificate: alert unknown_ca; "),
        "{reason}"
    );
}

#[test]
fn the_node_agent_sends_a_transaction() {
    let Some(module) = node() else { return };
    let script = root().join("tests/it/server/agent.js");
    sent_a_transaction(
        &seen(Command::new("node").arg(script).arg(module), false),
        "apm-agent-nodejs/",
    );
}
