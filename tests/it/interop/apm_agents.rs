//! Real agents connect with the settings that were handed out, and are refused with wrong ones.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::tls::Server as OpenSsl;
use crate::support::{Said, folder, has, jdks, keyjar, root, run, testdata};

const PYTHON_AGENT: &str = "elastic-apm==6.26.2";
const NODE_AGENT: &str = "elastic-apm-node@4.18.0";

fn file(name: &str) -> String {
    testdata("apm-chain").join(name).display().to_string()
}

fn script(name: &str) -> PathBuf {
    root().join("tests/it/interop/apm").join(name)
}

/// A folder where the agents are installed, made once a machine; `None` where they cannot be fetched.
fn installed(name: &str, install: impl Fn(&Path) -> Vec<Command>) -> Option<PathBuf> {
    let place = std::env::temp_dir().join(format!("keyjar-{name}"));
    if place.join("done").exists() {
        return Some(place);
    }
    let building = tempfile::Builder::new()
        .prefix(&format!("keyjar-{name}-"))
        .tempdir()
        .unwrap();
    for mut command in install(building.path()) {
        let said = run(&mut command);
        if said.code != 0 {
            eprintln!("SKIPPED: {name} cannot be installed: {}", said.stderr);
            return None;
        }
    }
    fs::write(building.path().join("done"), "").unwrap();
    // Another run may have been faster: its folder is as good.
    let made = building.keep();
    if fs::rename(&made, &place).is_err() {
        fs::remove_dir_all(made).unwrap();
    }
    Some(place)
}

/// Where the Python agent can be imported from.
fn python_agent() -> Option<&'static Path> {
    static PLACE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = PLACE.get_or_init(|| {
        if !has("python3", &["-m", "pip", "--version"]) {
            return None;
        }
        installed("elastic-apm-python", |place| {
            let mut pip = Command::new("python3");
            pip.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--target",
            ])
            .arg(place)
            .arg(PYTHON_AGENT);
            vec![pip]
        })
    });
    made.as_deref()
}

/// The `node_modules` with the Node.js agent.
fn node_agent() -> Option<PathBuf> {
    static PLACE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = PLACE.get_or_init(|| {
        if !has("npm", &["--version"]) {
            return None;
        }
        installed("elastic-apm-node", |place| {
            let mut npm = Command::new("npm");
            npm.args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefix",
            ])
            .arg(place)
            .arg(NODE_AGENT);
            vec![npm]
        })
    });
    made.as_ref().map(|place| place.join("node_modules"))
}

/// The stand-in for APM Server; ended with the value.
struct ApmServer {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl ApmServer {
    fn start(certificate: &str, key: &str) -> Self {
        Self::start_on("127.0.0.1", certificate, key)
    }

    fn start_on(address: &str, certificate: &str, key: &str) -> Self {
        let folder = folder();
        let mut child = Command::new("python3")
            .arg(script("server.py"))
            .args([file(certificate), file(key)])
            .arg(folder.path().join("log"))
            .arg(address)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().expect("the server says its port");
        Self { child, port, folder }
    }

    /// How many times data came in.
    fn intakes(&self) -> usize {
        fs::read_to_string(self.folder.path().join("log")).map_or(0, |log| log.lines().count())
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.port)
    }
}

impl Drop for ApmServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of `keyjar apm agent NAME --format env`, as an environment.
fn environment(arguments: &[&str]) -> Vec<(String, String)> {
    let folder = folder();
    let said = keyjar(folder.path(), &[&["apm", "agent"], arguments].concat()).exits(0);
    said.stdout
        .lines()
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn python(place: &Path, environment: &[(String, String)]) -> Said {
    run(Command::new("python3")
        .arg(script("agent.py"))
        .env("PYTHONPATH", place)
        .envs(environment.iter().cloned()))
}

fn node(modules: &Path, environment: &[(String, String)], config: Option<&Path>) -> Said {
    run(Command::new("node")
        .arg("-e")
        .arg(fs::read_to_string(script("agent.js")).unwrap())
        .arg("--")
        .arg("agent.js")
        .args(config)
        .current_dir(modules.parent().unwrap())
        .envs(environment.iter().cloned()))
}

#[test]
fn the_python_agent_knows_the_server_by_its_authority_and_by_its_certificate() {
    let Some(place) = python_agent() else { return };
    let (root_ca, cert) = (file("root.crt"), file("server.crt"));
    let server = ApmServer::start("server.crt", "server.key");
    let url = server.url("localhost");
    for (sent, arguments) in [
        (1, vec!["python", "--ca", &root_ca]),
        (2, vec!["python", "--cert", &cert]),
        (3, vec!["python", "--insecure"]),
    ] {
        python(
            place,
            &environment(&[&arguments[..], &["--server-url", &url]].concat()),
        )
        .exits(0);
        assert_eq!(server.intakes(), sent, "{arguments:?}");
    }
}

#[test]
fn the_python_agent_refuses_a_server_it_was_not_told_of() {
    let Some(place) = python_agent() else { return };
    let (other, cert) = (file("other-root.crt"), file("server-below.crt"));
    let server = ApmServer::start("server.crt", "server.key");
    let url = server.url("localhost");
    for arguments in [
        vec!["python"],
        vec!["python", "--ca", &other],
        vec!["python", "--cert", &cert],
    ] {
        python(
            place,
            &environment(&[&arguments[..], &["--server-url", &url]].concat()),
        )
        .exits(0);
        assert_eq!(server.intakes(), 0, "{arguments:?}");
    }
    // The same agent does send once it is told.
    let root_ca = file("root.crt");
    let told = environment(&["python", "--ca", &root_ca, "--server-url", &url]);
    python(place, &told).exits(0);
    assert_eq!(server.intakes(), 1);
}

/// What is refused as certain to fail does fail: a name that the certificate lacks.
#[test]
fn what_is_refused_for_the_python_agent_does_fail_in_it() {
    let Some(place) = python_agent() else { return };
    let (root_ca, cert) = (file("root.crt"), file("server.crt"));
    let server = ApmServer::start_on("127.0.0.2", "server.crt", "server.key");
    let url = server.url("127.0.0.2");
    let arguments = [
        "python",
        "--ca",
        &root_ca,
        "--cert",
        &cert,
        "--server-url",
        &url,
        "--no-verify",
    ];
    python(place, &environment(&arguments))
        .exits(0)
        .talks_of("IP address mismatch");
    assert_eq!(server.intakes(), 0);
}

#[test]
fn the_node_agent_knows_the_server_by_its_authority() {
    let Some(modules) = node_agent() else { return };
    let (root_ca, self_signed) = (file("root.crt"), file("self-signed.crt"));
    let below = ApmServer::start("server-below.fullchain.crt", "server-below.key");
    let alone = ApmServer::start("self-signed.crt", "self-signed.key");
    let send = |server: &ApmServer, arguments: &[&str]| {
        let url = server.url("localhost");
        let more = ["--server-url", &url];
        node(
            &modules,
            &environment(&[&["nodejs"], arguments, &more].concat()),
            None,
        )
        .exits(0);
        server.intakes()
    };
    assert_eq!(send(&below, &["--ca", &root_ca]), 1);
    assert_eq!(send(&alone, &["--cert", &self_signed]), 1);
    assert_eq!(send(&alone, &["--insecure"]), 2);
}

#[test]
fn the_node_agent_reads_its_own_configuration_file() {
    let Some(modules) = node_agent() else { return };
    let server = ApmServer::start("server.crt", "server.key");
    let folder = folder();
    let (root_ca, url) = (file("root.crt"), server.url("localhost"));
    let arguments = [
        "apm",
        "agent",
        "nodejs",
        "--ca",
        &root_ca,
        "--server-url",
        &url,
        "--format",
        "native",
    ];
    keyjar(folder.path(), &[&arguments[..], &["--out", "o"]].concat()).exits(0);
    let config = folder.path().join("o/elastic-apm-node.js");
    node(&modules, &[], Some(&config)).exits(0);
    assert_eq!(server.intakes(), 1);
}

/// What is refused as certain to fail does fail: an intermediate, and a leaf, as the authority.
#[test]
fn the_node_agent_refuses_a_server_it_was_not_told_of() {
    let Some(modules) = node_agent() else { return };
    let server = ApmServer::start("server-below.fullchain.crt", "server-below.key");
    let url = server.url("localhost");
    for ca in ["other-root.crt", "intermediate.crt", "server-below.crt"] {
        let ca = file(ca);
        let arguments = ["nodejs", "--ca", &ca, "--server-url", &url, "--no-verify"];
        node(&modules, &environment(&arguments), None).exits(0);
        assert_eq!(server.intakes(), 0, "{ca}");
    }
    let root_ca = file("root.crt");
    let told = environment(&["nodejs", "--ca", &root_ca, "--server-url", &url]);
    node(&modules, &told, None).exits(0);
    assert_eq!(server.intakes(), 1);
}

#[test]
fn a_jvm_shows_its_certificate_in_the_agents_own_order_on_every_jdk() {
    if !has("javac", &["-version"]) || !has("openssl", &["version"]) {
        return;
    }
    let classes = folder();
    run(Command::new("javac")
        .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d"])
        .arg(classes.path())
        .arg(root().join("tests/it/interop/java/Agent.java")))
    .exits(0);
    let apm = |name: &str| testdata("apm").join(name).display().to_string();
    let (ca, cert, key, server_cert) = (
        apm("ca.crt"),
        apm("client.crt"),
        apm("client.key"),
        apm("apm-server.crt"),
    );
    let folder = folder();
    keyjar(folder.path(), &["import", &server_cert]).exits(0);
    let pass = ["--storepass", "pass:secret 1"];
    let bundle = ["bundle", "--cert", &cert, "--key", &key, "--chain", &ca];
    keyjar(folder.path(), &[&bundle[..], &pass].concat()).exits(0);
    let server = OpenSsl::start(&["-Verify", "2", "-verify_return_error", "-CAfile", &ca]);
    let url = format!("https://localhost:{}", server.port());
    let stores = ["--truststore", "truststore.p12", "--keystore", "keystore.p12"];
    let more = [
        "--keystore-pass",
        "pass:secret 1",
        "--server-url",
        &url,
        "--cert",
        &server_cert,
    ];
    let said = keyjar(
        folder.path(),
        &[&["apm", "agent", "java"], &stores[..], &more].concat(),
    )
    .exits(0);
    let options = said
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("JAVA_TOOL_OPTIONS="))
        .expect("the JVM's options");
    for jdk in jdks() {
        let java = |options: &str| {
            run(jdk
                .tool(classes.path(), "java")
                .args(["-cp", ".", "Agent", &url])
                .env("JAVA_TOOL_OPTIONS", options))
        };
        java(options).exits(0).says("status 200");
        // Without the type the agent drops the certificate, and only a line in its log says so.
        let without_type = options.replace("-Djavax.net.ssl.keyStoreType=PKCS12", "");
        java(&without_type).exits(1).says("no key managers");
    }
}
