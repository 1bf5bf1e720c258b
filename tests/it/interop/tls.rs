//! A JVM talks TLS with exactly the flags that were printed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{folder, has, jdks, keyjar, probe, run, testdata};

/// `openssl s_server` on a port of the system's choosing; ended with the value.
pub struct Server(Child, u16);

impl Server {
    pub fn port(&self) -> u16 {
        self.1
    }

    pub fn start(more: &[&str]) -> Self {
        let file = |name: &str| testdata("apm").join(name);
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert"])
            .arg(file("apm-server.crt"))
            .arg("-key")
            .arg(file("apm-server.key"))
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                line.strip_prefix("ACCEPT ")
                    .and_then(|at| at.rsplit(':').next()?.parse().ok())
            })
            .expect("the server says where it listens");
        Self(child, port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_jdk_connects_with_the_printed_flags_and_not_without() {
    let Some(probe) = probe() else { return };
    if !has("openssl", &["version"]) {
        return;
    }
    let server = Server::start(&[]);
    let url = format!("https://localhost:{}/", server.1);
    for jdk in jdks() {
        for profile in ["trust", "modern", "legacy", "passwordless"] {
            let folder = folder();
            let certificate = testdata("apm/apm-server.crt").display().to_string();
            let arguments = ["import", &certificate, "--profile", profile, "--format", "lines"];
            let flags = keyjar(folder.path(), &arguments).exits(0).stdout;
            let java = |flags: &[&str]| {
                run(jdk
                    .tool(probe, "java")
                    .args(flags)
                    .args(["-cp", ".", "Probe", "get", &url]))
            };
            let options: Vec<_> = flags.lines().collect();
            java(&options).exits(0).says("status 200");
            java(&[]).exits(1).talks_of("javax.net.ssl.SSL");
        }
    }
}

#[test]
fn every_jdk_shows_its_client_certificate_with_the_printed_flags() {
    let Some(probe) = probe() else { return };
    if !has("openssl", &["version"]) {
        return;
    }
    let ca = testdata("apm/ca.crt").display().to_string();
    let server = Server::start(&["-Verify", "2", "-verify_return_error", "-CAfile", &ca]);
    let url = format!("https://localhost:{}/", server.1);
    for jdk in jdks() {
        let folder = folder();
        let file = |name: &str| testdata("apm").join(name).display().to_string();
        let (cert, key, server) = (file("client.crt"), file("client.key"), file("apm-server.crt"));
        keyjar(folder.path(), &["import", &server]).exits(0);
        let bundle = [
            "bundle",
            "--cert",
            &cert,
            "--key",
            &key,
            "--chain",
            &ca,
            "--storepass",
            "pass:secret1",
        ];
        keyjar(folder.path(), &bundle).exits(0);
        let flags = [
            "flags",
            "--truststore",
            "truststore.p12",
            "--keystore",
            "keystore.p12",
            "--format",
            "lines",
        ];
        let flags = keyjar(
            folder.path(),
            &[&flags[..], &["--keystore-pass", "pass:secret1"]].concat(),
        )
        .exits(0);
        let java = |flags: &[&str]| {
            run(jdk
                .tool(probe, "java")
                .args(flags)
                .args(["-cp", ".", "Probe", "get", &url]))
        };
        let options: Vec<_> = flags.stdout.lines().collect();
        java(&options).exits(0).says("status 200");
        let without_key: Vec<_> = options
            .iter()
            .copied()
            .filter(|option| option.contains("trustStore"))
            .collect();
        java(&without_key).exits(1);
    }
}

#[test]
fn every_jdk_gets_the_same_key_bytes() {
    let Some(probe) = probe() else { return };
    for jdk in jdks() {
        let folder = folder();
        let file = |name: &str| testdata("apm").join(name).display().to_string();
        let (cert, key) = (file("client.crt"), file("client.key"));
        let bundle = [
            "bundle",
            "--cert",
            &cert,
            "--key",
            &key,
            "--storepass",
            "pass:secret1",
        ];
        keyjar(folder.path(), &bundle).exits(0);
        let pem = std::fs::read(testdata("apm/client.key")).unwrap();
        let key = keyjar::PrivateKey::from_input(&pem, None).unwrap();
        let digest = keyjar::crypto::Digest::Sha256.hash(&[key.expose_pkcs8_der()]);
        let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        let store = folder.path().join("keystore.p12").display().to_string();
        let said =
            run(jdk
                .tool(probe, "java")
                .args(["-cp", ".", "Probe", "key", &store, "apm-client", "secret1"]));
        said.exits(0).says(&format!("{hex} 1 [apm-client]"));
    }
}
