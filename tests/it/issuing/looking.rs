//! `keyjar show` and `keyjar lint`.

use std::fs;
use std::process::Command;

use super::{json, localhost, words};
use crate::support::{folder, has, run};

#[test]
fn certificates_requests_keys_and_stores_are_shown() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    words(folder, "csr --name es01 --keypass pass:secret").exits(0);
    words(folder, "cert --name a --ca ca --p12 --storepass pass:secret1").exits(0);
    words(folder, "show certs/localhost.fullchain.crt")
        .exits(0)
        .says("DNS:localhost, IP:127.0.0.1, IP:::1")
        .says("serverAuth")
        .says("CN=keyjar CA (signed by itself)");
    words(folder, "show es01.csr")
        .exits(0)
        .says("certificate request");
    words(folder, "show es01.key")
        .exits(0)
        .says("private key, encrypted");
    words(folder, "show es01.key --keypass pass:secret")
        .exits(0)
        .says("EC secp256r1");
    words(folder, "show a.p12 --storepass pass:secret1")
        .exits(0)
        .says("private key, `a`");
    words(folder, "show a.p12 --storepass pass:wrong1")
        .exits(2)
        .talks_of("a.p12");
}

#[test]
fn what_is_shown_is_json_where_json_is_asked_for() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    let both = fs::read_to_string(folder.join("certs/localhost.crt")).unwrap()
        + &fs::read_to_string(folder.join("certs/localhost.key")).unwrap();
    fs::write(folder.join("both.pem"), both).unwrap();
    let document = json(&words(folder, "show both.pem --json").exits(0));
    let [certificate, key] = &document["items"].as_array().unwrap()[..] else {
        panic!("{document}");
    };
    assert_eq!(certificate["kind"], "certificate");
    assert_eq!(certificate["extended_key_usage"][0], "serverAuth");
    assert_eq!(certificate["basic_constraints"]["ca"], false);
    assert_eq!(key["kind"], "private-key");
    assert_eq!(certificate["public_key_sha256"], key["public_key_sha256"]);
}

#[test]
fn nobody_objects_to_what_is_issued_here() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    words(
        folder,
        "cert --name agent --client --ca ca --p12 --storepass pass:secret1",
    )
    .exits(0);
    words(
        folder,
        "lint certs/localhost.fullchain.crt agent.p12 --storepass pass:secret1",
    )
    .exits(0);
    words(folder, "lint agent.crt --for server")
        .exits(1)
        .says("no serverAuth");
}

#[test]
fn each_flaw_is_told_with_who_objects() {
    if !has("openssl", &["version"]) {
        return;
    }
    let folder = folder();
    let folder = folder.path();
    for (name, arguments, rule, by) in [
        (
            "names",
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 10 -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth",
            "no-alternative-names",
            "Go",
        ),
        (
            "usage",
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 10",
            "no-key-usage",
            "Python 3.13",
        ),
        (
            "purpose",
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 10 -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=codeSigning -addext subjectAltName=DNS:a.example",
            "wrong-purpose",
            "Java",
        ),
        (
            "weak",
            "-newkey rsa:1024 -days 10 -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth -addext subjectAltName=DNS:a.example",
            "weak-key",
            "Node.js",
        ),
        (
            "long",
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 4000 -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth -addext subjectAltName=DNS:a.example",
            "long-validity",
            "Apple",
        ),
        (
            "serial",
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 10 -set_serial 0xff00000000000000000000000000000000000001 -addext keyUsage=critical,keyCertSign",
            "long-serial",
            "rustls",
        ),
        (
            "address",
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 10 -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth -addext subjectAltName=DNS:10.0.0.1",
            "address-as-name",
            "Python",
        ),
    ] {
        run(Command::new("openssl")
            .current_dir(folder)
            .args([
                "req",
                "-x509",
                "-nodes",
                "-keyout",
                "k.pem",
                "-subj",
                "/CN=a.example",
                "-out",
                name,
            ])
            .args(arguments.split(' ')))
        .exits(0);
        let said = words(folder, &format!("lint {name}"))
            .exits(1)
            .says(rule)
            .says(by);
        let document = json(&words(folder, &format!("lint {name} --json")).exits(1));
        assert_eq!(document["ok"], false);
        let rules = document["files"][0]["findings"].as_array().unwrap();
        assert!(
            rules.iter().any(|finding| finding["rule"] == rule),
            "{}",
            said.stdout
        );
    }
}

#[test]
fn what_holds_no_certificate_cannot_be_judged() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    words(folder, "lint certs/localhost.key")
        .exits(2)
        .talks_of("holds no certificate");
    words(folder, "lint nowhere").exits(2);
}
