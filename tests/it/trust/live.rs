//! `keyjar check` on a live server against a JVM that connects to it with the same stores.

use serde_json::Value;

use crate::interop::tls::Server;
use crate::support::{folder, has, jdks, keyjar, probe, run, testdata};

/// The JVM's option, and check's with its value.
const OPTIONS: [(&str, &str); 6] = [
    ("trustStore", "--truststore"),
    ("trustStorePassword", "--truststore-pass"),
    ("trustStoreType", "--truststore-type"),
    ("keyStore", "--keystore"),
    ("keyStorePassword", "--keystore-pass"),
    ("keyStoreType", "--keystore-type"),
];

struct Case {
    name: &'static str,
    host: &'static str,
    asks_client: bool,
    /// In the order of the options; an empty password is none.
    values: [Option<&'static str>; 6],
    /// A refusal that the server tells may reach a JVM in several words.
    is_told_by_server: bool,
    /// On the JVM's own cacerts, which check takes from the host's JVM, and not every JDK of the matrix has.
    falls_back: bool,
}

const fn case(name: &'static str, host: &'static str, values: [Option<&'static str>; 6]) -> Case {
    Case {
        name,
        host,
        asks_client: false,
        values,
        is_told_by_server: false,
        falls_back: false,
    }
}

fn cases() -> Vec<Case> {
    let good = [Some("t.p12"), Some("changeit"), None, None, None, None];
    let with = |at: usize, value| {
        let mut values = good;
        values[at] = value;
        values
    };
    let client = |keystore, password| {
        let mut values = good;
        (values[3], values[4]) = (Some(keystore), password);
        values
    };
    let asking = |case: Case, is_told_by_server| Case {
        asks_client: true,
        is_told_by_server,
        ..case
    };
    let falling_back = |case: Case| Case {
        falls_back: true,
        ..case
    };
    vec![
        case("the right truststore", "localhost", good),
        case("an address", "127.0.0.1", good),
        case("another CA", "localhost", with(0, Some("ca.p12"))),
        falling_back(case("no such file", "localhost", with(0, Some("missing.p12")))),
        falling_back(case("a folder", "localhost", with(0, Some("folder")))),
        case("NONE", "localhost", with(0, Some("NONE"))),
        case("PEM as a store", "localhost", with(0, Some("server.crt"))),
        case("an empty file", "localhost", with(0, Some("empty"))),
        case("a wrong password", "localhost", with(1, Some("wrong-1"))),
        case(
            "no password",
            "localhost",
            [Some("e.p12"), Some(""), None, None, None, None],
        ),
        case("a wrong type", "localhost", with(2, Some("p12"))),
        case(
            "no such keystore",
            "localhost",
            client("missing.p12", Some("changeit")),
        ),
        case(
            "a keystore's wrong password",
            "localhost",
            client("k.p12", Some("wrong-1")),
        ),
        asking(
            case(
                "the right keystore",
                "localhost",
                client("k.p12", Some("changeit")),
            ),
            false,
        ),
        asking(
            case(
                "a truststore as keystore",
                "localhost",
                client("t.p12", Some("changeit")),
            ),
            true,
        ),
    ]
}

#[test]
fn a_live_server_is_judged_as_a_jvm_with_the_same_stores_does() {
    let Some(classes) = probe() else { return };
    if !has("openssl", &["version"]) {
        return;
    }
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    let (ca, certificate) = (file("ca.crt"), file("apm-server.crt"));
    let plain = Server::start(&[]);
    let asking = Server::start(&["-Verify", "2", "-verify_return_error", "-CAfile", &ca]);
    let folder = folder();
    let at = folder.path();
    for arguments in [
        vec!["import", &certificate, "--truststore", "t.p12"],
        vec![
            "import",
            &certificate,
            "--truststore",
            "e.p12",
            "--profile",
            "modern",
        ],
        vec!["import", &ca, "--truststore", "ca.p12"],
        vec![
            "bundle",
            "--cert",
            &file("client.crt"),
            "--key",
            &file("client.key"),
            "--chain",
            &ca,
            "--keystore",
            "k.p12",
            "--storepass",
            "pass:changeit",
        ],
    ] {
        keyjar(at, &arguments).exits(0);
    }
    std::fs::create_dir(at.join("folder")).unwrap();
    std::fs::write(at.join("empty"), b"").unwrap();
    std::fs::copy(&certificate, at.join("server.crt")).unwrap();
    let mut wrong = Vec::new();
    // The ways that exceptions surface: 8 and 11, 17 and 21, 25 and later.
    for jdk in jdks()
        .iter()
        .filter(|jdk| ["8", "11", "17", "25", "host"].contains(&jdk.version.as_str()))
    {
        let version = if jdk.version == "host" { "17" } else { &jdk.version };
        for case in cases() {
            let port = if case.asks_client {
                asking.port()
            } else {
                plain.port()
            };
            let server = format!("{}:{port}", case.host);
            let mut options = Vec::new();
            let mut arguments = vec![
                String::from("check"),
                server.clone(),
                "--json".into(),
                "--jdk".into(),
                version.into(),
            ];
            for ((property, option), value) in OPTIONS.iter().zip(case.values) {
                let Some(value) = value else { continue };
                let is_path = matches!(*property, "trustStore" | "keyStore") && value != "NONE";
                let own = if is_path {
                    at.join(value).display().to_string()
                } else {
                    value.to_owned()
                };
                options.push(format!("-Djavax.net.ssl.{property}={own}"));
                let source = match (property.ends_with("Password"), value) {
                    (true, "") => String::from("none"),
                    (true, _) => format!("pass:{value}"),
                    _ => own,
                };
                arguments.extend([(*option).to_owned(), source]);
            }
            let url = format!("https://{server}/");
            let java = run(jdk
                .tool(classes, "java")
                .args(&options)
                .args(["-cp", ".", "Probe", "get", &url]));
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let said = keyjar(at, &arguments);
            let document: Value = serde_json::from_str(&said.stdout).unwrap_or_default();
            let accepted = document["accepted"] == true;
            let exception = document["java_exception"].as_str().unwrap_or_default();
            let first = exception.lines().next().unwrap_or_default();
            let is_right = accepted == (java.code == 0)
                && said.code == i32::from(!accepted)
                && (accepted
                    || case.is_told_by_server
                    || (case.falls_back && version != "17")
                    || exception.lines().all(|line| java.stderr.contains(line)));
            if !is_right {
                let told: Vec<&str> = java
                    .stderr
                    .lines()
                    .filter(|line| !line.starts_with('\t'))
                    .collect();
                wrong.push(format!(
                    "JDK {version}, {}: here {exception:?} ({first})\n  there {told:#?}\n{}",
                    case.name, said.stdout
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
