use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Said, folder, keyjar, testdata};

fn bundle(folder: &std::path::Path, key: &str, more: &[&str]) -> Said {
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    let (cert, key, ca) = (file("client.crt"), file(key), file("ca.crt"));
    // The authority first: the order of the inputs does not matter.
    let mut arguments = vec![
        "bundle",
        "--cert",
        &ca,
        "--cert",
        &cert,
        "--key",
        &key,
        "--storepass",
        "pass:secret1",
    ];
    arguments.extend(more);
    keyjar(folder, &arguments)
}

#[test]
fn every_form_of_the_key_makes_the_same_entry() {
    for key in [
        "client.key",
        "client.sec1.key",
        "client.key.der",
        "client.encrypted.key",
        "client.dek.key",
    ] {
        let folder = folder();
        bundle(folder.path(), key, &["--keypass", "pass:secret"])
            .exits(0)
            .talks_of("chain of 2 certificates");
        let list = keyjar(
            folder.path(),
            &["list", "keystore.p12", "--json", "--storepass", "pass:secret1"],
        )
        .exits(0);
        let document: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
        let entry = &document["entries"][0];
        assert_eq!(entry["alias"], "apm-client", "{key}");
        assert_eq!(entry["kind"], "private-key", "{key}");
        assert_eq!(entry["chain"][0]["subject"], "CN=apm-client", "{key}");
        assert_eq!(
            entry["chain"][1]["subject"], "CN=Example Client CA,O=Example",
            "{key}"
        );
    }
}

#[test]
fn the_keystore_is_readable_by_its_owner_alone() {
    let folder = folder();
    bundle(folder.path(), "client.key", &[]).exits(0);
    let mode = fs::metadata(folder.path().join("keystore.p12"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn repeating_it_changes_nothing() {
    let folder = folder();
    bundle(folder.path(), "client.key", &[]).exits(0);
    let before = fs::read(folder.path().join("keystore.p12")).unwrap();
    bundle(folder.path(), "client.key", &[])
        .exits(0)
        .talks_of("unchanged");
    assert_eq!(fs::read(folder.path().join("keystore.p12")).unwrap(), before);
}

#[test]
fn a_key_that_does_not_match_is_refused_and_nothing_is_written() {
    let folder = folder();
    bundle(folder.path(), "apm-server.key", &[])
        .exits(2)
        .talks_of("the key belongs to none of the certificates");
    bundle(folder.path(), "rsa.key", &[])
        .exits(2)
        .talks_of("the key belongs to none of the certificates");
    assert!(!folder.path().join("keystore.p12").exists());
}

#[test]
fn an_encrypted_key_without_a_password_says_how_to_give_it() {
    let folder = folder();
    bundle(folder.path(), "client.encrypted.key", &[])
        .exits(2)
        .talks_of("hint:")
        .talks_of("--keypass");
}

#[test]
fn a_wrong_key_password_is_named_as_such() {
    let folder = folder();
    for key in ["client.encrypted.key", "client.dek.key"] {
        bundle(folder.path(), key, &["--keypass", "pass:wrong"])
            .exits(2)
            .talks_of("the password is wrong");
    }
}

#[test]
fn a_chain_certificate_that_no_jvm_reads_is_refused_or_left_out() {
    let folder = folder();
    let folder = folder.path();
    let pem = std::fs::read(testdata("apm/ca.crt")).unwrap();
    let mut der = keyjar::Certificate::from_pem(&pem).unwrap().as_der().to_vec();
    // The outer signature algorithm becomes ecdsa-with-SHA384, the inner one stays ecdsa-with-SHA256.
    let sha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let at = der.windows(8).rposition(|octets| octets == sha256).unwrap();
    der[at + 7] = 3;
    std::fs::write(folder.join("odd.crt"), der).unwrap();
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    let (cert, key) = (file("client.crt"), file("client.key"));
    let bundle = [
        "bundle",
        "--cert",
        &cert,
        "--key",
        &key,
        "--chain",
        "odd.crt",
        "--storepass",
        "pass:secret1",
    ];
    keyjar(folder, &bundle)
        .exits(2)
        .talks_of("its two signature algorithms differ")
        .talks_of("--skip-unreadable");
    assert!(!folder.join("keystore.p12").exists());
    keyjar(folder, &[&bundle[..], &["--skip-unreadable"]].concat())
        .exits(0)
        .talks_of("left out");
}
