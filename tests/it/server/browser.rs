//! The page in a real browser.

use std::process::Command;

use super::program::Serving;
use crate::support::{folder, keyjar, run};

fn is_there(tool: &str, arguments: &[&str]) -> bool {
    let found = Command::new(tool).args(arguments).output().is_ok();
    if !found {
        eprintln!("SKIPPED: there is no {tool}");
    }
    found
}

/// What chromium makes of the page: its document when the page's script has run, and what it complains of.
#[test]
fn chromium_shows_the_page_runs_its_script_and_complains_of_nothing() {
    if !is_there("chromium", &["--version"]) || !is_there("certutil", &["-H"]) {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let serving = Serving::start(at, &["--write-truststore", "truststore.p12"]);
    let ca = keyjar(at, &["list", "truststore.p12", "--pem"]).exits(0).stdout;
    std::fs::write(at.join("ca.crt"), ca).unwrap();
    let database = at.join(".pki/nssdb");
    std::fs::create_dir_all(&database).unwrap();
    let database = format!("sql:{}", database.display());
    let certutil =
        |arguments: &[&str]| run(Command::new("certutil").args(arguments).current_dir(at)).exits(0);
    certutil(&["-N", "-d", &database, "--empty-password"]);
    certutil(&["-A", "-d", &database, "-n", "keyjar", "-t", "C,,", "-i", "ca.crt"]);

    let url = format!("https://localhost:{}/", serving.port);
    let said = run(Command::new("timeout")
        .args([
            "60",
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--timeout=3000",
        ])
        .args([
            "--enable-logging=stderr",
            "--dump-dom",
            "--window-size=390,2000",
            &url,
        ])
        .env("HOME", at)
        .current_dir(at))
    .exits(0);
    let said = said
        .says("The handshake was good")
        .says("<dd>localhost</dd>")
        .says("CN=keyjar throw-away CA ");
    let said = said.says("<dt>Protocol</dt><dd>TLSv1.3</dd>");
    // The document may be taken before the list of connections is live.
    let status = said.stdout.split("role=\"status\">").nth(1).unwrap();
    assert!(
        status.starts_with("Live.") || status.starts_with("Connecting."),
        "{}",
        said.stdout
    );
    for complaint in ["Content Security Policy", "Uncaught", "net_error"] {
        assert!(!said.stderr.contains(complaint), "{}", said.stderr);
    }
}
