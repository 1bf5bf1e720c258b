//! `keyjar keytool` without a JVM at hand: what only this program says.

use std::process::Command;

use crate::support::{folder, keyjar, run, testdata};

fn file(name: &str) -> String {
    testdata(name).display().to_string()
}

const STORE: [&str; 4] = ["-keystore", "t.p12", "-storepass", "changeit"];

#[test]
fn a_program_called_keytool_is_keytool() {
    let folder = folder();
    let link = folder.path().join("keytool");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_keyjar"), &link).unwrap();
    let import = ["-importcert", "-noprompt", "-alias", "ca", "-file"];
    let root = file("apm-chain/root.crt");
    run(Command::new(&link)
        .current_dir(folder.path())
        .args(import)
        .arg(&root)
        .args(STORE))
    .exits(0)
    .talks_of("Certificate was added to keystore");
    run(Command::new(&link)
        .current_dir(folder.path())
        .arg("-list")
        .args(STORE))
    .exits(0)
    .says("Your keystore contains 1 entry\n");
}

#[test]
fn a_bundle_of_which_only_the_first_is_taken_is_told() {
    let folder = folder();
    let bundle = file("apm-chain/server-below.fullchain.crt");
    let import = [
        "keytool",
        "-importcert",
        "-noprompt",
        "-alias",
        "a",
        "-file",
        &bundle,
    ];
    keyjar(folder.path(), &[&import[..], &STORE].concat())
        .exits(0)
        .talks_of("the input holds 2 certificates and keytool takes the first alone")
        .talks_of("`keyjar import`");
}

#[test]
fn commands_that_make_keys_name_keyjars_own() {
    let folder = folder();
    for (command, own) in [
        ("-genkeypair", "`keyjar cert"),
        ("-genkey", "`keyjar cert"),
        ("-certreq", "`keyjar csr"),
        ("-gencert", "`keyjar sign"),
        ("-printcertreq", "`keyjar show"),
    ] {
        keyjar(
            folder.path(),
            &["keytool", command, "-alias", "a", "-keyalg", "EC"],
        )
        .exits(1)
        .talks_of("keyjar's keytool has no -")
        .talks_of(own);
    }
}

#[test]
fn a_wrong_input_keeps_keytools_words_and_gets_a_hint() {
    let folder = folder();
    let key = file("apm-chain/server.key");
    let import = [
        "keytool",
        "-importcert",
        "-noprompt",
        "-alias",
        "a",
        "-file",
        &key,
    ];
    keyjar(folder.path(), &[&import[..], &STORE].concat())
        .exits(1)
        .says("keytool error: java.lang.Exception: Input not an X.509 certificate\n")
        .talks_of("hint: a key goes into a keystore");
    assert!(!folder.path().join("t.p12").exists());
}

#[test]
fn a_jks_key_gets_its_stores_password() {
    let folder = folder();
    let source = file("pkcs12/keytool17.p12");
    let import = [
        "keytool",
        "-importkeystore",
        "-srckeystore",
        &source,
        "-srcstorepass",
        "secret1",
    ];
    let to = [
        "-destkeystore",
        "n.jks",
        "-deststoretype",
        "JKS",
        "-deststorepass",
        "secret2",
    ];
    keyjar(folder.path(), &[&import[..], &to].concat()).exits(0);
    keyjar(
        folder.path(),
        &["flags", "--keystore", "n.jks", "--keystore-pass", "pass:secret2"],
    )
    .exits(0)
    .says("-Djavax.net.ssl.keyStoreType=JKS");
}
