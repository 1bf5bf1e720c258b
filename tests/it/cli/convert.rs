use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Said, folder, jdks, keyjar, run, testdata};

fn file(name: &str) -> String {
    testdata("apm").join(name).display().to_string()
}

const PASS: &str = "pass:secret1";

/// A keystore with a key under `client` and a trusted certificate under `ca`, made by the program.
fn keystore(folder: &Path) {
    let (cert, key, ca) = (file("client.crt"), file("client.key"), file("ca.crt"));
    let bundle = [
        "bundle",
        "--cert",
        &cert,
        "--key",
        &key,
        "--chain",
        &ca,
        "--alias",
        "client",
        "--keystore",
        "s.p12",
    ];
    keyjar(folder, &[&bundle[..], &["--storepass", PASS]].concat()).exits(0);
    let import = [
        "import",
        &ca,
        "--alias",
        "ca",
        "--truststore",
        "s.p12",
        "--storepass",
        PASS,
    ];
    keyjar(folder, &import).exits(0);
}

fn key(folder: &Path, store: &str, pass: &str) -> Said {
    keyjar(folder, &["export", store, "client", "--key", "--storepass", pass])
}

#[test]
fn a_new_password_opens_the_store_and_its_keys_and_the_old_one_neither() {
    let folder = folder();
    let folder = folder.path();
    keystore(folder);
    for store in ["s.p12", "s.jks", "s.jceks"] {
        if store != "s.p12" {
            keyjar(folder, &["convert", "s.p12", store, "--storepass", PASS]).exits(0);
        }
    }
    let client = fs::read_to_string(file("client.key")).unwrap();
    for store in ["s.p12", "s.jks", "s.jceks"] {
        let passwd = [
            "passwd",
            store,
            "--storepass",
            PASS,
            "--new-storepass",
            "pass:another",
        ];
        keyjar(folder, &passwd).exits(0).talks_of("its key as well");
        assert_eq!(key(folder, store, "pass:another").exits(0).stdout, client);
        key(folder, store, PASS).exits(2).talks_of("password");
        let again = [
            "passwd",
            store,
            "--storepass",
            "pass:another",
            "--new-storepass",
            "pass:another",
        ];
        keyjar(folder, &again).exits(0).talks_of("unchanged");
        // keytool of JDK 8 to 10 finds JCEKS by its name alone.
        let kind = if store == "s.jceks" {
            &["-storetype", "JCEKS"][..]
        } else {
            &[]
        };
        for jdk in jdks() {
            let list = ["-list", "-keystore", store, "-storepass", "another"];
            jdk.keytool(folder, &[&list[..], kind].concat())
                .exits(0)
                .says("2 entries");
            // keytool decrypts the key to change its alias.
            fs::copy(folder.join(store), folder.join("copy")).unwrap();
            let change = [
                "-changealias",
                "-alias",
                "client",
                "-destalias",
                "x",
                "-keystore",
                "copy",
            ];
            let pass = ["-storepass", "another", "-keypass", "another"];
            jdk.keytool(folder, &[&change[..], &pass, kind].concat()).exits(0);
        }
    }
}

#[test]
fn a_store_goes_through_every_format_and_comes_back_with_the_same_entries() {
    let folder = folder();
    let folder = folder.path();
    keystore(folder);
    let mut from = String::from("s.p12");
    for to in ["a.jks", "b.jceks", "c.p12"] {
        keyjar(folder, &["convert", &from, to, "--storepass", PASS]).exits(0);
        keyjar(folder, &["diff", "s.p12", to, "--storepass", PASS])
            .exits(0)
            .talks_of("both hold the same");
        from = to.to_owned();
    }
    let list = keyjar(folder, &["list", "a.jks", "--json", "--storepass", PASS]).exits(0);
    let document: Value = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(document["format"], "jks");
}

#[test]
fn every_profile_is_a_target_and_passwordless_takes_no_key() {
    let folder = folder();
    let folder = folder.path();
    keystore(folder);
    for profile in ["trust", "modern", "legacy", "legacy-rc2", "pbmac1"] {
        let out = format!("{profile}.p12");
        keyjar(
            folder,
            &[
                "convert",
                "s.p12",
                &out,
                "--profile",
                profile,
                "--storepass",
                PASS,
            ],
        )
        .exits(0);
        keyjar(folder, &["diff", "s.p12", &out, "--storepass", PASS]).exits(0);
    }
    let to = [
        "convert",
        "s.p12",
        "none.p12",
        "--profile",
        "passwordless",
        "--storepass",
        PASS,
    ];
    keyjar(folder, &to).exits(2).talks_of("the key `client`");
    assert!(!folder.join("none.p12").exists());
    keyjar(folder, &[&to[..], &["--skip-unsupported"]].concat())
        .exits(0)
        .talks_of("left out: the key `client`");
    keyjar(folder, &["list", "none.p12", "--storepass", "none"])
        .exits(0)
        .says("1 entry");
}

#[test]
fn pem_holds_the_key_clear_or_encrypted_and_openssl_opens_it() {
    let folder = folder();
    let folder = folder.path();
    keystore(folder);
    keyjar(folder, &["convert", "s.p12", "clear.pem", "--storepass", PASS]).exits(0);
    let clear = fs::read_to_string(folder.join("clear.pem")).unwrap();
    assert!(clear.contains(&fs::read_to_string(file("client.key")).unwrap()));
    assert_eq!(clear.matches("BEGIN CERTIFICATE").count(), 3);
    let to = [
        "convert",
        "s.p12",
        "enc.pem",
        "--storepass",
        PASS,
        "--new-storepass",
        "pass:pemsecret",
    ];
    keyjar(folder, &to).exits(0);
    run(std::process::Command::new("openssl")
        .args(["pkey", "-in", "enc.pem", "-passin", "pass:pemsecret"])
        .current_dir(folder))
    .exits(0)
    .says(&fs::read_to_string(file("client.key")).unwrap());
}

#[test]
fn a_file_that_is_there_is_not_written_over_unasked() {
    let folder = folder();
    let folder = folder.path();
    keystore(folder);
    fs::write(folder.join("out.jks"), "precious").unwrap();
    let to = ["convert", "s.p12", "out.jks", "--storepass", PASS];
    keyjar(folder, &to).exits(2).talks_of("is there already");
    assert_eq!(fs::read(folder.join("out.jks")).unwrap(), b"precious");
    keyjar(folder, &[&to[..], &["--force"]].concat()).exits(0);
}

#[test]
fn an_attribute_that_jks_has_no_place_for_is_named() {
    let folder = folder();
    let folder = folder.path();
    let make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -out c -subj /CN=x -days 9 \
                && openssl pkcs12 -export -inkey k -in c -CSP Maker -name x -passout pass:secret1 -out s.p12";
    run(std::process::Command::new("sh")
        .args(["-c", make])
        .current_dir(folder))
    .exits(0);
    let to = ["convert", "s.p12", "s.jks", "--storepass", PASS];
    keyjar(folder, &to)
        .exits(2)
        .talks_of("1 attributes that only PKCS#12 has");
    keyjar(folder, &[&to[..], &["--skip-unsupported"]].concat()).exits(0);
}

#[test]
fn an_exported_key_is_encrypted_when_asked_and_p7b_holds_the_chain() {
    let folder = folder();
    let folder = folder.path();
    keystore(folder);
    let export = [
        "export",
        "s.p12",
        "client",
        "--key",
        "--storepass",
        PASS,
        "--new-storepass",
        "pass:keysecret",
    ];
    let said = keyjar(folder, &export)
        .exits(0)
        .says("BEGIN ENCRYPTED PRIVATE KEY");
    fs::write(folder.join("enc.key"), said.stdout).unwrap();
    run(std::process::Command::new("openssl")
        .args(["pkey", "-in", "enc.key", "-passin", "pass:keysecret"])
        .current_dir(folder))
    .exits(0)
    .says(&fs::read_to_string(file("client.key")).unwrap());
    let export = [
        "export",
        "s.p12",
        "client",
        "--form",
        "p7b",
        "--out",
        "c.p7b",
        "--storepass",
        PASS,
    ];
    keyjar(folder, &export).exits(0);
    let said = run(std::process::Command::new("openssl")
        .args(["pkcs7", "-in", "c.p7b", "-print_certs"])
        .current_dir(folder))
    .exits(0);
    assert_eq!(said.stdout.matches("BEGIN CERTIFICATE").count(), 2);
    let said = run(std::process::Command::new("keytool")
        .args(["-printcert", "-file", "c.p7b"])
        .current_dir(folder));
    said.exits(0).says("Certificate[2]");
}

#[test]
fn stores_that_differ_are_told_apart_line_by_line() {
    let folder = folder();
    let folder = folder.path();
    let (ca, server, client) = (file("ca.crt"), file("apm-server.crt"), file("client.crt"));
    for (store, name, certificate) in [
        ("a.p12", "same", &ca),
        ("a.p12", "old-name", &server),
        ("a.p12", "changed", &ca),
        ("b.p12", "same", &ca),
        ("b.p12", "new-name", &server),
        ("b.p12", "changed", &client),
        ("b.p12", "more", &client),
    ] {
        keyjar(
            folder,
            &["import", certificate, "--alias", name, "--truststore", store],
        )
        .exits(0);
    }
    keyjar(folder, &["diff", "a.p12", "b.p12"])
        .exits(1)
        .says("~ `old-name` is called `new-name`")
        .says("! `changed`: another certificate")
        .says("+ `more`");
    let said = keyjar(folder, &["diff", "b.p12", "a.p12", "--json"]).exits(1);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let what: Vec<_> = document["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["alias", "certificate", "only-in-a"]);
}
