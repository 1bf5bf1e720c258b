use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use keyjar::{Certificate, PrivateKey};

use super::{json, localhost, words};
use crate::support::{folder, has, keyjar_command, run};

fn certificate(path: impl AsRef<std::path::Path>) -> Certificate {
    Certificate::from_pem(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_request_is_signed_with_its_names_and_its_purpose() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    let csr = "csr --name es01 --dns es01.example.com --ip 10.0.0.1 --client --server";
    assert_eq!(words(folder, csr).exits(0).stdout, "es01.csr\nes01.key\n");
    assert_eq!(
        words(folder, "sign es01.csr --ca ca --out signed")
            .exits(0)
            .stdout,
        "signed/es01.crt\nsigned/es01.fullchain.crt\n"
    );
    let signed = certificate(folder.join("signed/es01.crt"));
    let names: Vec<_> = signed
        .subject_alt_names()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["DNS:es01.example.com", "IP:10.0.0.1"]);
    assert_eq!(signed.extended_key_usage().unwrap().len(), 2);
    let key = PrivateKey::from_input(&fs::read(folder.join("es01.key")).unwrap(), None).unwrap();
    assert_eq!(key.matches_public_key(signed.public_key_der()), Some(true));
    words(folder, "sign es01.csr --ca ca --out signed")
        .exits(2)
        .talks_of("exists already");
}

#[test]
fn what_the_options_say_goes_before_what_the_request_asks_for() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    words(folder, "csr --name es01").exits(0);
    words(
        folder,
        "sign es01.csr --ca ca --dns other.example --client --days 5",
    )
    .exits(0);
    let signed = certificate(folder.join("es01.crt"));
    assert_eq!(signed.subject_alt_names()[0].to_string(), "DNS:other.example");
    assert_eq!(signed.extended_key_usage().unwrap()[0].to_string(), "clientAuth");
}

#[test]
fn requests_of_openssl_and_keytool_are_signed_and_get_the_names_they_lack() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    if has("openssl", &["version"]) {
        let new = [
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "o.key",
            "-subj",
            "/O=x/CN=o.example",
            "-out",
            "o.csr",
        ];
        run(Command::new("openssl").current_dir(folder).args(new)).exits(0);
        words(folder, "sign o.csr --ca ca")
            .exits(0)
            .talks_of("`o.example` is taken for it");
        let signed = certificate(folder.join("o.example.crt"));
        assert_eq!(signed.subject().to_string(), "CN=o.example,O=x");
        assert_eq!(signed.subject_alt_names()[0].to_string(), "DNS:o.example");
    }
    if has("keytool", &["-help"]) {
        let pair = [
            "-genkeypair",
            "-keyalg",
            "EC",
            "-alias",
            "k",
            "-dname",
            "CN=k.example",
            "-keystore",
            "k.p12",
            "-storepass",
            "changeit",
        ];
        run(Command::new("keytool").current_dir(folder).args(pair)).exits(0);
        let request = [
            "-certreq",
            "-alias",
            "k",
            "-file",
            "k.csr",
            "-ext",
            "san=dns:k2.example",
            "-keystore",
            "k.p12",
            "-storepass",
            "changeit",
        ];
        run(Command::new("keytool").current_dir(folder).args(request)).exits(0);
        words(folder, "sign k.csr --ca ca").exits(0);
        let signed = certificate(folder.join("k.example.crt"));
        assert_eq!(signed.subject_alt_names()[0].to_string(), "DNS:k2.example");
        // keytool takes the answer, with the chain that it needs.
        let answer = [
            "-importcert",
            "-noprompt",
            "-alias",
            "k",
            "-file",
            "k.example.fullchain.crt",
            "-keystore",
            "k.p12",
            "-storepass",
            "changeit",
        ];
        run(Command::new("keytool").current_dir(folder).args(answer)).exits(0);
    }
}

#[test]
fn a_request_goes_through_a_pipe() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    words(folder, "csr --name es01").exits(0);
    let mut child = keyjar_command(folder)
        .args(["sign", "-", "--ca", "ca", "--out", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let request = fs::read(folder.join("es01.csr")).unwrap();
    child.stdin.take().unwrap().write_all(&request).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        Certificate::from_pem(&output.stdout)
            .unwrap()
            .subject()
            .to_string(),
        "CN=es01"
    );
    assert!(!folder.join("es01.crt").exists());
}

#[test]
fn what_is_no_request_or_an_altered_one_is_refused() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    words(folder, "sign certs/localhost.crt --ca ca")
        .exits(2)
        .talks_of("this is a certificate, where a certificate request belongs");
    words(folder, "csr --name es01").exits(0);
    let pem = fs::read(folder.join("es01.csr")).unwrap();
    let mut der = keyjar::pem::read(&pem).unwrap()[0].der.to_vec();
    let at = der.windows(4).position(|window| window == b"es01").unwrap();
    der[at + 3] = b'2';
    fs::write(folder.join("altered.csr"), der).unwrap();
    let said = words(folder, "sign altered.csr --ca ca --json").exits(2);
    said.talks_of("is not signed with its own key");
}

#[test]
fn a_request_is_json_where_json_is_asked_for() {
    let folder = folder();
    let said = words(folder.path(), "csr --name es01 --json").exits(0);
    let document = json(&said);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["files"]["request"], "es01.csr");
    assert_eq!(document["request"]["subject"], "CN=es01");
}
