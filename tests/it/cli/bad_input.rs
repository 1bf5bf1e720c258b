//! Each wrong input is named for what it is, and nothing is written.

use std::fs;

use crate::support::{folder, keyjar, testdata};

#[track_caller]
fn refused(content: &[u8], named: &str) {
    let folder = folder();
    fs::write(folder.path().join("input"), content).unwrap();
    keyjar(folder.path(), &["import", "input"])
        .exits(2)
        .talks_of(named)
        .talks_of("hint:");
    assert!(
        !folder.path().join("truststore.p12").exists(),
        "nothing half-written is left"
    );
}

#[test]
fn a_key_where_a_certificate_belongs() {
    refused(
        &fs::read(testdata("apm/client.key")).unwrap(),
        "a private key (PKCS#8)",
    );
    refused(
        &fs::read(testdata("apm/client.key.der")).unwrap(),
        "a private key (SEC 1)",
    );
}

#[test]
fn a_request_a_page_a_pointer_and_an_empty_file() {
    refused(
        b"-----BEGIN CERTIFICATE REQUEST-----\nAQID\n-----END CERTIFICATE REQUEST-----\n",
        "a certificate request",
    );
    refused(b"<!DOCTYPE html><html></html>", "an HTML page");
    refused(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
        "a Git LFS pointer",
    );
    refused(b"", "an empty file");
}

#[test]
fn a_pem_file_that_is_cut_short_is_told_with_its_line() {
    let pem = fs::read(testdata("apm/ca.crt")).unwrap();
    refused(
        &pem[..pem.len() / 2],
        "line 1: the block `CERTIFICATE` has no END line",
    );
}

#[test]
fn a_certificate_where_a_key_belongs() {
    let folder = folder();
    let cert = testdata("apm/client.crt").display().to_string();
    keyjar(
        folder.path(),
        &[
            "bundle",
            "--cert",
            &cert,
            "--key",
            &cert,
            "--storepass",
            "pass:secret1",
        ],
    )
    .exits(2)
    .talks_of("this is a certificate, where a private key belongs")
    .talks_of("--cert");
}

#[test]
fn an_alias_that_is_taken() {
    let folder = folder();
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    keyjar(
        folder.path(),
        &["import", &file("apm-server.crt"), "--alias", "x"],
    )
    .exits(0);
    keyjar(folder.path(), &["import", &file("ca.crt"), "--alias", "X"])
        .exits(2)
        .talks_of("the alias `x` is taken")
        .talks_of("--replace");
}

#[test]
fn a_wrong_store_password_leaves_the_store_as_it_was() {
    let folder = folder();
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    keyjar(folder.path(), &["import", &file("apm-server.crt")]).exits(0);
    let before = fs::read(folder.path().join("truststore.p12")).unwrap();
    keyjar(
        folder.path(),
        &["import", &file("ca.crt"), "--storepass", "pass:wrong12"],
    )
    .exits(2)
    .talks_of("the password is wrong");
    assert_eq!(fs::read(folder.path().join("truststore.p12")).unwrap(), before);
}

#[test]
fn a_bare_password_is_refused_and_not_repeated() {
    let folder = folder();
    let cert = testdata("apm/ca.crt").display().to_string();
    let said = keyjar(
        folder.path(),
        &["import", &cert, "--storepass", "S3cretWord", "--json"],
    )
    .exits(2)
    .talks_of("no password source")
    .talks_of("hint: write pass:TEXT");
    assert!(!format!("{}{}", said.stdout, said.stderr).contains("S3cretWord"));
}

#[test]
fn a_password_variable_that_is_not_set_is_named() {
    let cert = testdata("apm/ca.crt").display().to_string();
    keyjar(
        folder().path(),
        &["import", &cert, "--storepass", "env:KEYJAR_NOT_SET_ANYWHERE"],
    )
    .exits(2)
    .talks_of("KEYJAR_NOT_SET_ANYWHERE is not set");
}

#[test]
fn a_folder_without_certificates() {
    let folder = folder();
    fs::create_dir(folder.path().join("empty")).unwrap();
    keyjar(folder.path(), &["import", "empty"])
        .exits(2)
        .talks_of("has no certificate files");
}

#[test]
fn a_target_in_a_folder_that_is_not_there() {
    let folder = folder();
    let cert = testdata("apm/ca.crt").display().to_string();
    keyjar(folder.path(), &["import", &cert, "--truststore", "no/where.p12"])
        .exits(2)
        .talks_of("cannot write");
}

#[test]
fn an_odd_password_is_refused_unless_allowed() {
    let folder = folder();
    let cert = testdata("apm/ca.crt").display().to_string();
    keyjar(folder.path(), &["import", &cert, "--storepass", "pass:abc"])
        .exits(2)
        .talks_of("--allow-odd-password");
    keyjar(
        folder.path(),
        &["import", &cert, "--storepass", "pass:abc", "--allow-odd-password"],
    )
    .exits(0);
}

#[test]
fn a_certificate_given_as_a_store_is_named_with_the_command_that_makes_one() {
    let folder = folder();
    let ca = testdata("apm/ca.crt").display().to_string();
    keyjar(folder.path(), &["list", &ca])
        .exits(2)
        .talks_of("no key store: a certificate")
        .talks_of("hint: `keyjar import INPUT --truststore STORE`");
}

#[test]
fn arguments_that_cannot_be_understood_are_json_where_json_is_asked_for() {
    let said = keyjar(folder().path(), &["list", "x.p12", "--no-such-option", "--json"]).exits(2);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["error"]["kind"], "usage");
    assert!(
        document["error"]["message"]
            .as_str()
            .unwrap()
            .contains("--no-such-option")
    );
}
