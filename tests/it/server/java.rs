//! Real JVMs against the server: exactly what the README shows, and mutual TLS with every JDK.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::client::Client;
use super::program::Serving;
use crate::support::{folder, has, host, jdks, keyjar, root, run, testdata};

/// The README's block that begins so.
fn block(beginning: &str) -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let start = readme
        .find(&format!("```sh\n{beginning}"))
        .expect("the README has the block")
        + "```sh\n".len();
    let length = readme[start..].find("\n```").unwrap();
    readme[start..start + length].to_owned()
}

/// Runs a line of the README in a folder that looks like the checkout.
fn shell(folder: &Path, line: &str) -> crate::support::Said {
    for name in ["examples", "testdata"] {
        let link = folder.join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(root().join(name), link).unwrap();
        }
    }
    let program = Path::new(env!("CARGO_BIN_EXE_keyjar")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    run(Command::new("bash")
        .args(["-c", line])
        .env("PATH", format!("{}:{path}", program.display()))
        .current_dir(folder))
}

#[test]
fn the_readmes_one_line_shows_a_good_handshake_with_a_real_java() {
    if host().is_none() {
        return;
    }
    let folder = folder();
    let said = shell(folder.path(), &block("keyjar serve --write-truststore")).exits(0);
    let said = said
        .says("listening on https://127.0.0.1:")
        .says("\nok      127.0.0.1:");
    said.says("\"protocol\": \"TLSv1.3\"")
        .says("\"publish_ready\": true");
}

#[test]
fn the_readmes_mutual_tls_shows_the_clients_name() {
    if host().is_none() {
        return;
    }
    let folder = folder();
    let said = shell(
        folder.path(),
        &block("keyjar import testdata/apm/ca.crt --truststore clients.p12"),
    )
    .exits(0);
    said.says(", client CN=apm-client\n")
        .says("\"subject\": \"CN=apm-client\"");
}

#[test]
fn every_jdk_passes_mutual_tls_and_each_refusal_is_told_in_plain_words() {
    if !has("javac", &["-version"]) {
        return;
    }
    let folder = folder();
    let at = folder.path();
    let apm = |name: &str| testdata("apm").join(name).display().to_string();
    let (cert, key, ca) = (apm("client.crt"), apm("client.key"), apm("ca.crt"));
    run(Command::new("javac")
        .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d", "."])
        .arg(root().join("examples/Get.java"))
        .current_dir(at))
    .exits(0);
    let pass = ["--storepass", "pass:secret1"];
    keyjar(
        at,
        &[
            &["bundle", "--cert", &cert, "--key", &key, "--chain", &ca][..],
            &pass,
        ]
        .concat(),
    )
    .exits(0);
    keyjar(at, &["import", &ca, "--truststore", "clients.p12"]).exits(0);
    let arguments = [
        "--json",
        "--truststore",
        "clients.p12",
        "--write-truststore",
        "server.p12",
    ];
    let mut serving = Serving::start(at, &arguments);
    let flags = |stores: &[&str]| {
        let more = ["--keystore-pass", "pass:secret1", "--format", "lines"];
        let said = keyjar(at, &[&["flags"], stores, &more[..]].concat()).exits(0);
        said.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let both = flags(&["--truststore", "server.p12", "--keystore", "keystore.p12"]);
    let trust_alone = flags(&["--truststore", "server.p12"]);
    let wrong_trust = flags(&["--truststore", "clients.p12", "--keystore", "keystore.p12"]);

    let url = format!("https://localhost:{}/", serving.port);
    // HttpsURLConnection asks a second time where TLS 1.3 tells it of a refusal late: all that came before a
    // handshake with this name is one JVM's.
    let mark = Client {
        name: Some("mark.test"),
        ..Client::default()
    };
    let port = serving.port;
    let handshakes = |serving: &mut Serving| {
        let _ = mark.get(port, "/");
        let events = std::iter::from_fn(|| Some(serving.event()).filter(|event| event["sni"] != "mark.test"));
        events
            .filter(|event| event["event"] == "handshake")
            .collect::<Vec<_>>()
    };
    for jdk in jdks() {
        let mut java = |flags: &[String], code: i32| {
            run(jdk.tool(at, "java").args(flags).args(["-cp", ".", "Get", &url])).exits(code);
            let all = handshakes(&mut serving);
            assert!(
                all.iter().all(|one| one["reason"] == all[0]["reason"]),
                "JDK {}: {all:?}",
                jdk.version
            );
            all[0].clone()
        };
        let (is, version) = (|text: &str| Value::from(text), &jdk.version);
        let good = java(&both, 0);
        assert_eq!(
            (&good["ok"], &good["protocol"]),
            (&true.into(), &is("TLSv1.3")),
            "JDK {version}: {good}"
        );
        assert_eq!(
            good["client_chain"][0]["subject"], "CN=apm-client",
            "JDK {version}: {good}"
        );
        let without = java(&trust_alone, 1);
        let reason = without["reason"].as_str().unwrap();
        assert!(
            reason.starts_with("the client sent no certificate although one is required"),
            "JDK {version}: {without}"
        );
        let mistrusting = java(&wrong_trust, 1);
        let reason = mistrusting["reason"].as_str().unwrap();
        assert!(
            reason.starts_with("the client does not trust this certificate: alert certificate_unknown; "),
            "JDK {version}: {mistrusting}"
        );
        assert_eq!(mistrusting["alert"], "certificate_unknown");
    }
    assert_eq!(serving.end("-TERM"), Some(0));
}
