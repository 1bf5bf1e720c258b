//! Logs of real JVMs, and what is said of them.

mod texts;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::{Jdk, Said, folder, has, jdks, keyjar, keyjar_command, root, run};

/// What each case of Provoke.java comes from; several where the JDKs, or chance, decide who speaks first.
const EXPECTED: &[(&str, &[&str])] = &[
    ("pem-as-store", &["pem-as-store"]),
    ("pem-as-jks", &["not-a-store"]),
    ("der-as-store", &["der-as-store"]),
    ("empty-store", &["empty-store"]),
    ("truncated-store", &["truncated-store"]),
    ("wrong-password", &["wrong-password"]),
    ("wrong-password-mac", &["wrong-password"]),
    ("wrong-password-jks", &["wrong-password"]),
    ("pbmac1", &["pbmac1"]),
    ("unknown-type", &["unknown-type"]),
    ("jks-as-pkcs12", &["jks-as-pkcs12"]),
    ("jceks-as-pkcs12", &["jceks-store"]),
    ("jceks-as-jks", &["not-a-store"]),
    ("missing-store", &["store-missing"]),
    ("key-password", &["key-password"]),
    ("key-password-jks", &["key-password"]),
    ("key-password-null", &["key-password-missing"]),
    ("password-not-ascii", &["password-not-ascii", "wrong-password"]),
    ("tmf-wrong-password", &["wrong-password"]),
    ("tmf-pem", &["pem-as-store", "not-a-store"]),
    ("tmf-type", &["unknown-type"]),
    ("tmf-empty", &["empty-store"]),
    ("unknown-issuer", &["unknown-issuer"]),
    ("empty-truststore", &["empty-truststore"]),
    ("wrong-name", &["host-name"]),
    ("wrong-name-cn", &["host-name"]),
    ("wrong-ip", &["host-ip"]),
    ("no-san-ip", &["no-san"]),
    ("expired", &["expired"]),
    ("client-usage", &["server-usage"]),
    ("anchor-no-ca", &["anchor-not-ca"]),
    (
        "client-certificate-missing.server",
        &["client-certificate-missing"],
    ),
    (
        "client-certificate-missing-12.server",
        &["client-certificate-missing"],
    ),
    ("client-certificate-usage.server", &["client-usage"]),
    ("protocol", &["protocol-version"]),
    ("protocol.server", &["protocol-version"]),
    ("no-key", &["handshake-failure"]),
    ("no-key.server", &["no-common-cipher"]),
    ("not-tls", &["not-tls"]),
    ("closed", &["closed"]),
];

/// What the other side of a refused handshake may say.
const OTHER_SIDE: &[&str] = &[
    "certificate-refused",
    "client-certificate-missing",
    "closed",
    "expired-alert",
    "handshake-failure",
    "internal-error",
    "unsupported-certificate-alert",
];

/// Cases that succeed on some JDKs.
const MAY_SUCCEED: &[&str] = &["pbmac1", "jks-as-pkcs12"];

/// The folder with the stores and the compiled class, made once.
fn provoking() -> Option<&'static Path> {
    static MADE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        if !has("javac", &["-version"]) || !has("openssl", &["version"]) {
            return None;
        }
        let folder = folder().keep();
        run(Command::new("sh")
            .arg(root().join("tests/it/explain/make.sh"))
            .env("KEYJAR", env!("CARGO_BIN_EXE_keyjar"))
            .current_dir(&folder))
        .exits(0);
        run(Command::new("javac")
            .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d"])
            .arg(&folder)
            .arg(root().join("tests/it/explain/java/Provoke.java")))
        .exits(0);
        Some(folder)
    });
    made.as_deref()
}

fn provoke(jdk: &Jdk, folder: &Path, options: &[&str], case: &[&str]) -> Said {
    run(jdk
        .tool(folder, "java")
        .args(options)
        .args(["-cp", ".", "Provoke", folder.to_str().unwrap()])
        .args(case))
    .exits(0)
}

/// The log's parts, by the case that each is of.
fn cases(log: &str) -> Vec<(&str, &str)> {
    log.split("=== ")
        .filter_map(|part| part.split_once('\n'))
        .collect()
}

/// What the program says of a log on its standard input.
fn explain(folder: &Path, log: &str, arguments: &[&str]) -> (i32, Value) {
    let mut child = keyjar_command(folder)
        .args(["explain", "--json"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), log.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let document = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), document)
}

fn causes(document: &Value) -> Vec<&str> {
    let findings = document["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["id"].as_str().unwrap())
        .collect()
}

#[test]
fn every_failure_that_a_jdk_is_provoked_to_is_explained_rightly() {
    let Some(folder) = provoking() else { return };
    for jdk in jdks() {
        let log = provoke(&jdk, folder, &[], &[]).stdout;
        let cases = cases(&log);
        for (id, expected) in EXPECTED {
            let part = cases.iter().find(|(case, _)| case == id);
            let (_, trace) = part.unwrap_or_else(|| panic!("JDK {}: no case {id}", jdk.version));
            if trace.starts_with("no failure") && MAY_SUCCEED.contains(id) {
                continue;
            }
            let found = keyjar::explain::explain(trace).findings;
            assert!(
                found.len() == 1 && expected.contains(&found[0].cause.id),
                "JDK {} {id}: {found:?}\n{trace}",
                jdk.version
            );
        }
        let others = cases
            .iter()
            .filter(|(case, _)| !EXPECTED.iter().any(|(id, _)| id == case));
        for (case, trace) in others {
            let found = keyjar::explain::explain(trace).findings;
            // A bare "Broken pipe" without TLS in it is no TLS failure to anyone.
            assert!(
                found.iter().all(|finding| OTHER_SIDE.contains(&finding.cause.id)),
                "JDK {} {case}: {found:?}\n{trace}",
                jdk.version
            );
        }
    }
}

/// A fault of a store: the truststore's or keystore's options, and what `explain` is given to look at.
struct Fault {
    options: &'static [&'static str],
    looks_at: &'static [&'static str],
    /// In the sentence about what was seen.
    says: &'static str,
}

#[test]
fn the_faults_that_print_the_same_line_are_told_apart_by_looking_at_the_stores() {
    let Some(folder) = provoking() else { return };
    let faults = [
        Fault {
            options: &[
                "-Djavax.net.ssl.trustStore=good.p12",
                "-Djavax.net.ssl.trustStorePassword=not-it",
            ],
            looks_at: &["--truststore", "good.p12", "--truststore-pass", "pass:not-it"],
            says: "the password is wrong",
        },
        Fault {
            options: &["-Djavax.net.ssl.trustStore=ca.crt"],
            looks_at: &["--truststore", "ca.crt"],
            says: "it is no key store",
        },
        Fault {
            options: &[
                "-Djavax.net.ssl.trustStore=trust.p12",
                "-Djavax.net.ssl.trustStoreType=p12",
                "-Djavax.net.ssl.trustStorePassword=changeit",
            ],
            looks_at: &["--truststore", "trust.p12", "--truststore-type", "p12"],
            says: "the type `p12` is unknown to Java",
        },
        Fault {
            options: &["-Djavax.net.ssl.trustStore=empty.p12"],
            looks_at: &["--truststore", "empty.p12"],
            says: "the file is empty",
        },
        Fault {
            options: &[
                "-Djavax.net.ssl.keyStore=missing.p12",
                "-Djavax.net.ssl.keyStorePassword=changeit",
            ],
            looks_at: &["--keystore", "missing.p12", "--keystore-pass", "pass:changeit"],
            says: "there is no such file",
        },
        Fault {
            options: &[
                "-Djavax.net.ssl.keyStore=good.p12",
                "-Djavax.net.ssl.keyStorePassword=not-it",
            ],
            looks_at: &["--keystore", "good.p12", "--keystore-pass", "pass:not-it"],
            says: "the password is wrong",
        },
        Fault {
            options: &["-Djavax.net.ssl.keyStore=good.p12"],
            looks_at: &["--keystore", "good.p12", "--keystore-pass", "none"],
            says: "no password is set",
        },
    ];
    let some = jdks()
        .into_iter()
        .filter(|jdk| ["8", "17", "25", "host"].contains(&jdk.version.as_str()));
    for jdk in some {
        for fault in &faults {
            let log = provoke(&jdk, folder, fault.options, &["default"]).stdout;
            let (code, document) = explain(folder, &log, fault.looks_at);
            let about = format!("JDK {} {:?}: {document:#}\n{log}", jdk.version, fault.options);
            assert_eq!(code, 0, "{about}");
            let seen = &document["findings"][0]["actual"][0];
            assert_eq!(seen["is_cause"], true, "{about}");
            assert!(seen["sentence"].as_str().unwrap().contains(fault.says), "{about}");
            assert!(seen["remedy"].as_str().unwrap().contains("keyjar"), "{about}");
        }
    }
}

#[test]
fn a_missing_authority_is_named_from_the_chain_and_the_truststore() {
    let Some(folder) = provoking() else { return };
    let log = "javax.net.ssl.SSLHandshakeException: PKIX path building failed: x\n";
    let look = [
        "--truststore",
        "trust-other.p12",
        "--chain",
        "good.crt",
        "--host",
        "localhost:1",
    ];
    let (code, document) = explain(folder, log, &look);
    assert_eq!(code, 0);
    assert_eq!(causes(&document), ["unknown-issuer"]);
    let finding = &document["findings"][0];
    let seen = finding["actual"][0]["sentence"].as_str().unwrap();
    assert!(
        seen.contains("the server sends its own certificate alone; `CN=ca`, the issuer of `CN=localhost`"),
        "{seen}"
    );
    assert!(
        finding["hints"][0]
            .as_str()
            .unwrap()
            .contains("--from localhost:1 ")
    );
    let look = ["--truststore", "trust.p12", "--chain", "good.crt"];
    let (_, document) = explain(folder, log, &look);
    let seen = &document["findings"][0]["actual"];
    assert!(
        seen.as_array()
            .unwrap()
            .iter()
            .all(|seen| seen["is_cause"] == false),
        "{seen}"
    );
}

#[test]
fn a_truststore_that_is_not_there_explains_an_unknown_issuer() {
    let folder = folder();
    let log = "javax.net.ssl.SSLHandshakeException: PKIX path building failed: x\n";
    let (_, document) = explain(folder.path(), log, &["--truststore", "nowhere.p12"]);
    let seen = document["findings"][0]["actual"][0]["sentence"].as_str().unwrap();
    assert!(seen.contains("falls back to its own cacerts"), "{seen}");
}

#[test]
fn exit_codes_tell_explained_from_nothing_found_and_from_what_is_cut_off() {
    let folder = folder();
    let code = |log: &str| explain(folder.path(), log, &[]);
    assert_eq!(code("x\njava.lang.IllegalStateException: y\n").0, 1);
    let (exit, document) = code("Exception in thread \"main\" javax.net.ssl.SSLHandshakeExcep");
    assert_eq!((exit, document["error"]["kind"].as_str()), (2, Some("damaged")));
    let (exit, document) = code("javax.net.ssl.SSLException: something new\n");
    assert_eq!(
        (exit, document["error"]["kind"].as_str()),
        (2, Some("unsupported"))
    );
    let (exit, document) = code("");
    assert_eq!(
        (exit, document["error"]["kind"].as_str()),
        (2, Some("wrong-input"))
    );
    keyjar(folder.path(), &["explain", "nowhere.log"])
        .exits(2)
        .talks_of("cannot read `nowhere.log`");
}

/// `keyjar serve` with a keystore; ended with the value.
struct Serving(std::process::Child, String);

impl Serving {
    fn start(folder: &Path, keystore: &str) -> Self {
        let mut child = keyjar_command(folder)
            .args([
                "serve",
                "--keystore",
                keystore,
                "--keystore-pass",
                "pass:changeit",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(
            &mut std::io::BufReader::new(child.stdout.take().unwrap()),
            &mut line,
        )
        .unwrap();
        let port = line.trim().rsplit(':').next().unwrap().to_owned();
        Self(child, format!("localhost:{port}"))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_live_server_and_the_truststore_tell_the_actual_cause() {
    let Some(folder) = provoking() else { return };
    let log = "javax.net.ssl.SSLHandshakeException: PKIX path building failed: x\n";
    let server = Serving::start(folder, "good.p12");
    let look = [
        "--truststore",
        "trust-other.p12",
        "--jdk",
        "17",
        "--host",
        &server.1,
    ];
    let (code, document) = explain(folder, log, &look);
    assert_eq!(code, 0);
    let seen = document["findings"][0]["actual"].as_array().unwrap();
    let causes: Vec<_> = seen
        .iter()
        .filter(|seen| seen["is_cause"] == true)
        .map(|seen| seen["sentence"].as_str().unwrap())
        .collect();
    assert!(
        causes[0].contains("`CN=ca`, which the server's chain ends in, is not in"),
        "{causes:?}"
    );
    assert!(causes[1].contains("JDK 17 refuses this server"), "{causes:?}");
    let look = ["--truststore", "trust.p12", "--host", &server.1];
    let (_, document) = explain(folder, log, &look);
    assert!(
        document
            .to_string()
            .contains("accepts this server with this truststore"),
        "{document}"
    );

    let server = Serving::start(folder, "expired.p12");
    let log = "javax.net.ssl.SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed\n";
    let (_, document) = explain(folder, log, &["--truststore", "trust.p12", "--host", &server.1]);
    let seen = document["findings"][0]["actual"][0]["sentence"].as_str().unwrap();
    assert!(seen.starts_with("`CN=localhost` expired on 20"), "{seen}");
}

#[test]
fn a_server_that_cannot_be_reached_and_an_unknown_jdk_are_one_sentence() {
    let folder = folder();
    let log = "javax.net.ssl.SSLHandshakeException: PKIX path building failed: x\n";
    let (code, document) = explain(folder.path(), log, &["--host", "nowhere.invalid:1"]);
    let message = document["error"]["message"].as_str().unwrap();
    assert!(code == 2 && message.contains("cannot be resolved"), "{document}");
    let (code, document) = explain(folder.path(), log, &["--jdk", "12"]);
    let message = document["error"]["message"].as_str().unwrap();
    assert!(code == 2 && message.contains("JDK 12"), "{document}");
}
