use std::fs;
use std::os::unix::fs::PermissionsExt;

use keyjar::{Certificate, KeyStore, Password, PrivateKey};

use super::{json, localhost, words};
use crate::support::{folder, keyjar};

fn mode(path: impl AsRef<std::path::Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn certificate(path: impl AsRef<std::path::Path>) -> Certificate {
    Certificate::from_pem(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn an_authority_and_a_server_are_files_that_scripts_find() {
    let folder = folder();
    let folder = folder.path();
    let ca = words(folder, "ca --out ca").exits(0);
    assert_eq!(ca.stdout, "ca/ca.crt\nca/ca.key\n");
    let cert = words(folder, "cert --name localhost --ca ca --out certs").exits(0);
    assert_eq!(
        cert.stdout,
        "certs/localhost.crt\ncerts/localhost.key\ncerts/localhost.fullchain.crt\n"
    );
    assert_eq!(mode(folder.join("ca/ca.key")), 0o600);
    assert_eq!(mode(folder.join("certs/localhost.key")), 0o600);
    assert_eq!(mode(folder.join("certs/localhost.crt")), 0o644);
    let chain = fs::read_to_string(folder.join("certs/localhost.fullchain.crt")).unwrap();
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
    assert!(chain.ends_with(&fs::read_to_string(folder.join("ca/ca.crt")).unwrap()));
}

#[test]
fn a_server_without_other_names_is_found_by_its_name() {
    let folder = folder();
    let folder = folder.path();
    words(folder, "ca --out ca").exits(0);
    for (name, file, expected) in [
        ("localhost", "localhost", "DNS:localhost IP:127.0.0.1 IP:::1"),
        ("es01.example.com", "es01.example.com", "DNS:es01.example.com"),
        ("10.0.0.1", "10.0.0.1", "IP:10.0.0.1"),
        ("*.example.com", "_wildcard.example.com", "DNS:*.example.com"),
        ("CN=kibana,O=Example", "kibana", "DNS:kibana"),
    ] {
        keyjar(folder, &["cert", "--name", name, "--ca", "ca"]).exits(0);
        let names: Vec<_> = certificate(folder.join(format!("{file}.crt")))
            .subject_alt_names()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names.join(" "), expected);
    }
    words(
        folder,
        "cert --name APM --dns a.example,b.example --ip 10.0.0.2,::1 --ca ca",
    )
    .exits(0);
    assert_eq!(certificate(folder.join("APM.crt")).subject_alt_names().len(), 4);
}

#[test]
fn keys_of_every_kind_are_issued_and_encrypted_when_asked() {
    let folder = folder();
    let folder = folder.path();
    for kind in ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519"] {
        let out = format!("ca-{kind}");
        let ca = [
            "ca",
            "--out",
            &out,
            "--key-type",
            kind,
            "--keypass",
            "pass:secret",
        ];
        keyjar(folder, &ca).exits(0);
        let pem = fs::read(folder.join(&out).join("ca.key")).unwrap();
        assert!(
            pem.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"),
            "{kind}"
        );
        PrivateKey::from_input(&pem, Some(&Password::new("secret"))).unwrap();
        let cert = ["cert", "--name", kind, "--key-type", kind, "--ca", &out];
        keyjar(folder, &cert)
            .exits(2)
            .talks_of("is encrypted")
            .talks_of("--ca-pass");
        keyjar(folder, &[&cert[..], &["--ca-pass", "pass:wrong"]].concat())
            .exits(2)
            .talks_of("the password is wrong");
        keyjar(folder, &[&cert[..], &["--ca-pass", "pass:secret"]].concat()).exits(0);
    }
}

#[test]
fn an_authority_below_another_brings_the_whole_chain() {
    let folder = folder();
    let folder = folder.path();
    words(folder, "ca --out root --subject CN=Root").exits(0);
    let below = "ca --out issuing --parent root --subject CN=Issuing --path-len 0";
    assert_eq!(
        words(folder, below).exits(0).stdout,
        "issuing/ca.crt\nissuing/ca.key\nissuing/ca.fullchain.crt\n"
    );
    words(
        folder,
        "cert --name localhost --ca issuing --truststore trust.p12",
    )
    .exits(0);
    let chain = fs::read_to_string(folder.join("localhost.fullchain.crt")).unwrap();
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 3);
    let trust = KeyStore::open(folder.join("trust.p12"), &Password::new("changeit")).unwrap();
    let anchors: Vec<_> = trust.trust_anchors().map(|c| c.subject().to_string()).collect();
    assert_eq!(anchors, ["CN=Root"]);
    words(folder, "ca --out third --parent issuing --subject CN=Third")
        .exits(2)
        .talks_of("may not have authorities below it");
    words(folder, "ca --out same --parent root --subject CN=Root")
        .exits(2)
        .talks_of("the same name");
}

#[test]
fn stores_at_once_print_the_flags_of_a_jvm() {
    let folder = folder();
    let folder = folder.path();
    words(folder, "ca --out ca").exits(0);
    let line = "cert --name apm-agent --client --ca ca --p12 --truststore trust.p12 --storepass pass:secret1";
    words(folder, line)
        .exits(0)
        .says("-Djavax.net.ssl.trustStore=")
        .says("-Djavax.net.ssl.keyStoreType=PKCS12");
    let store = KeyStore::open(folder.join("apm-agent.p12"), &Password::new("secret1")).unwrap();
    let (alias, entry) = store.iter().next().unwrap();
    assert_eq!((alias.as_str(), entry.certificates().len()), ("apm-agent", 2));
    assert_eq!(mode(folder.join("apm-agent.p12")), 0o600);
    let leaf = certificate(folder.join("apm-agent.crt"));
    assert_eq!(leaf.extended_key_usage().unwrap()[0].to_string(), "clientAuth");
    // A truststore that trusts the authority already is no obstacle, another one is.
    words(
        folder,
        "cert --name b --ca ca --truststore trust.p12 --truststore-pass pass:secret1",
    )
    .exits(0)
    .talks_of("unchanged");
    words(folder, "ca --out other").exits(0);
    words(
        folder,
        "cert --name c --ca other --truststore trust.p12 --truststore-pass pass:secret1",
    )
    .exits(2)
    .talks_of("`trust.p12` exists already");
    assert!(!folder.join("c.crt").exists());
}

#[test]
fn many_are_issued_from_yaml_toml_and_json() {
    let folder = folder();
    let folder = folder.path();
    words(folder, "ca --out ca").exits(0);
    let yaml = "instances:\n  - name: es01\n    dns: [ es01.example.com ]\n    ip:\n      - 10.0.0.1\n  - name: \"CN=es02,O=Example\"\n    filename: second\n    cn: [ node-two ]\n";
    fs::write(folder.join("i.yml"), yaml).unwrap();
    fs::write(
        folder.join("i.toml"),
        "[[instances]]\nname = \"t01\"\ndns = [\"t.example\"]\n",
    )
    .unwrap();
    fs::write(
        folder.join("i.json"),
        r#"{"instances":[{"name":"j01","ip":["::1"]}]}"#,
    )
    .unwrap();
    for (file, names) in [
        ("i.yml", &["es01", "second"][..]),
        ("i.toml", &["t01"]),
        ("i.json", &["j01"]),
    ] {
        let said = words(
            folder,
            &format!("cert --in {file} --ca ca --out {file}.d --p12 --storepass pass:secret1 --json"),
        )
        .exits(0);
        let document = json(&said);
        assert_eq!(document["schema"], 1);
        assert_eq!(document["certificates"].as_array().unwrap().len(), names.len());
        for name in names {
            for ending in ["crt", "key", "fullchain.crt", "p12"] {
                assert!(
                    folder.join(format!("{file}.d/{name}.{ending}")).exists(),
                    "{name}.{ending}"
                );
            }
        }
    }
    let names = certificate(folder.join("i.yml.d/second.crt")).subject_alt_names();
    assert!(
        names[0].to_string().starts_with("otherName:#0603550403"),
        "{names:?}"
    );
}

#[test]
fn a_renewed_certificate_has_the_same_key_and_names_and_another_serial() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    let old = certificate(folder.join("certs/localhost.crt"));
    words(folder, "cert --renew certs/localhost.crt --ca ca")
        .exits(2)
        .talks_of("exists already");
    words(
        folder,
        "cert --renew certs/localhost.crt --ca ca --force --days 90",
    )
    .exits(0);
    let new = certificate(folder.join("certs/localhost.crt"));
    assert_eq!(new.public_key_der(), old.public_key_der());
    assert_eq!(new.subject_alt_names(), old.subject_alt_names());
    assert_eq!(new.subject(), old.subject());
    assert_ne!(new.serial(), old.serial());
    // Elsewhere, and from a store.
    words(
        folder,
        "cert --renew certs/localhost.crt --ca ca --out next --p12 --storepass pass:secret1",
    )
    .exits(0);
    assert!(folder.join("next/localhost.key").exists());
    words(
        folder,
        "cert --renew next/localhost.p12 --ca ca --out third --storepass pass:secret1",
    )
    .exits(0);
    let third = certificate(folder.join("third/localhost.crt"));
    assert_eq!(third.public_key_der(), old.public_key_der());
}

#[test]
fn a_certificate_can_sign_itself() {
    let folder = folder();
    let folder = folder.path();
    words(
        folder,
        "cert --name localhost --self-signed --truststore trust.p12",
    )
    .exits(0);
    let own = certificate(folder.join("localhost.crt"));
    assert!(own.seems_self_signed());
    assert_eq!(own.basic_constraints_ca(), Some(false));
}

#[test]
fn an_authority_of_another_program_signs() {
    let folder = folder();
    let folder = folder.path();
    words(folder, "ca --out rsa --key-type rsa-2048 --keypass pass:secret").exits(0);
    let bundle = "bundle --cert rsa/ca.crt --key rsa/ca.key --keypass pass:secret --keystore ca.p12 --alias ca --storepass pass:secret1";
    words(folder, bundle).exits(0);
    words(folder, "cert --name a --ca ca.p12 --ca-pass pass:secret1").exits(0);
    words(
        folder,
        "cert --name b --ca-cert rsa/ca.crt --ca-key rsa/ca.key --ca-pass pass:secret",
    )
    .exits(0);
    assert_eq!(
        certificate(folder.join("a.crt")).signature_algorithm(),
        "SHA256withRSA"
    );
}
