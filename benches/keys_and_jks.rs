//! Rows (e) and (f): a thousand keys decrypted, and JKS. What libraries do is measured as a process of its own,
//! too: this one, started again and told what to do.

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use keyjar::crypto::{Digest, pbkdf2};
use keyjar::keystore::{PrivateKeyEntry, TrustedCertificateEntry};
use keyjar::pkcs12::Profile;
use keyjar::{Certificate, Entry, KeyStore, Limits, Password, PrivateKey, StoreFormat, x509};

use crate::{Before, KEYJAR, report, testdata, this};

const PASSWORD: &str = "changeit";

/// Does what the arguments ask for, in a process that was started to be measured; whether they asked for something.
pub(crate) fn work(arguments: &[String]) -> bool {
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["derive", count] => derive(count.parse().unwrap()),
        ["keys", store] => keys(store),
        ["keys-p12-keystore", store] => keys_p12_keystore(store),
        ["build-jks", pem, store] => build_jks(pem, store),
        ["build-jks-crate", pem, store] => build_jks_crate(pem, store),
        ["list-jks-crate", store] => list_jks_crate(store),
        _ => return false,
    }
    true
}

/// (e)
pub(crate) fn thousand_keys(folder: &Path) {
    println!("(e) 1,000 private keys, each with a derivation of its own, decrypted");
    fs::write(folder.join("keys.p12"), thousand()).unwrap();
    let this = this();
    report(
        "floor: 1,000 derivations on one thread",
        folder,
        5,
        Before::Nothing,
        &[&this, "derive", "1000"],
    );
    report(
        "KeyStore::private_keys",
        folder,
        5,
        Before::Nothing,
        &[&this, "keys", "keys.p12"],
    );
    report(
        "p12-keystore",
        folder,
        5,
        Before::Nothing,
        &[&this, "keys-p12-keystore", "keys.p12"],
    );
    let audit = [KEYJAR, "audit", "keys.p12", "-q", "--storepass", "pass:changeit"];
    report_any("keyjar audit (opens every key, and more)", folder, 5, &audit);
    let openssl = [
        "openssl",
        "pkcs12",
        "-in",
        "keys.p12",
        "-nodes",
        "-passin",
        "pass:changeit",
        "-out",
        "o.pem",
    ];
    report("openssl pkcs12 -nodes", folder, 1, Before::Nothing, &openssl);
}

/// (f)
pub(crate) fn jks(folder: &Path, count: u32) {
    println!("(f) {count} certificates: JKS built, then listed");
    fs::write(folder.join("many.pem"), certificates(count)).unwrap();
    let this = this();
    report(
        "KeyStore, built",
        folder,
        5,
        Before::Remove("d.jks"),
        &[&this, "build-jks", "many.pem", "d.jks"],
    );
    report(
        "the jks crate, built",
        folder,
        3,
        Before::Remove("j.jks"),
        &[&this, "build-jks-crate", "many.pem", "j.jks"],
    );
    report(
        "keyjar list",
        folder,
        5,
        Before::Nothing,
        &[KEYJAR, "list", "d.jks", "-q"],
    );
    report(
        "the jks crate, listed",
        folder,
        3,
        Before::Nothing,
        &[&this, "list-jks-crate", "j.jks"],
    );
    println!("left out: keytool -list, which does not end within 150 s");
}

/// As [`report`]; the answer `no` is an answer.
fn report_any(what: &str, folder: &Path, runs: usize, command: &[&str]) {
    let line = format!("{}; [ $? -lt 2 ]", command.join(" "));
    report(what, folder, runs, Before::Nothing, &["sh", "-c", &line]);
}

/// A keystore as `Profile::MODERN` writes it, with a thousand keys.
fn thousand() -> Vec<u8> {
    let key = PrivateKey::from_input(&fs::read(testdata("client.key")).unwrap(), None).unwrap();
    let certificate = Certificate::from_pem(&fs::read(testdata("client.crt")).unwrap()).unwrap();
    let mut store = KeyStore::new();
    for number in 0..1000 {
        let entry = PrivateKeyEntry::new(key.duplicate(), vec![certificate.clone()]).unwrap();
        store
            .insert(&format!("key-{number}"), Entry::PrivateKey(entry))
            .unwrap();
    }
    let encoder = store.encoder().profile(Profile::MODERN);
    encoder.to_bytes(&Password::new(PASSWORD)).unwrap()
}

/// Certificates that differ in their serial number, the rest being one of testdata's.
fn certificates(count: u32) -> String {
    let first = Certificate::from_pem(&fs::read(testdata("ca.crt")).unwrap()).unwrap();
    let serial = first.serial().to_vec();
    let at = first
        .as_der()
        .windows(serial.len())
        .position(|window| window == serial)
        .unwrap();
    let mut text = String::new();
    for number in 0..count {
        let mut der = first.as_der().to_vec();
        der[at + 4..at + 8].copy_from_slice(&number.to_be_bytes());
        text += &keyjar::pem::encode("CERTIFICATE", &der);
    }
    text
}

fn derive(count: u32) {
    for number in 0..count {
        let salt = [number.to_be_bytes(); 5];
        drop(pbkdf2(
            Digest::Sha256,
            PASSWORD.as_bytes(),
            salt.as_flattened(),
            10_000,
            32,
        ));
    }
}

fn keys(store: &str) {
    let password = Password::new(PASSWORD);
    let store = KeyStore::open(store, &password).unwrap();
    let keys = store.private_keys(&password);
    assert!(keys.len() == 1000 && keys.iter().all(|(_, key)| key.is_ok()));
}

fn keys_p12_keystore(store: &str) {
    let bytes = fs::read(store).unwrap();
    let policy = p12_keystore::Pkcs12ImportPolicy::Strict;
    let store = p12_keystore::KeyStore::from_pkcs12(&bytes, PASSWORD, policy).unwrap();
    assert_eq!(store.entries_len(), 1000);
}

fn build_jks(pem: &str, path: &str) {
    let input = fs::read(pem).unwrap().into();
    let read = x509::read_certificates(&input, &Limits::DEFAULT).unwrap();
    let mut store = KeyStore::new();
    for (number, certificate) in read.certificates.into_iter().enumerate() {
        let entry = Entry::TrustedCertificate(TrustedCertificateEntry::new(certificate));
        store.insert(&format!("ca-{number}"), entry).unwrap();
    }
    let encoder = store.encoder().format(StoreFormat::Jks);
    encoder.save(path, &Password::new(PASSWORD)).unwrap();
}

fn build_jks_crate(pem: &str, path: &str) {
    let mut store = jks::KeyStore::new();
    let text = fs::read(pem).unwrap();
    for (number, block) in keyjar::pem::read(&text).unwrap().into_iter().enumerate() {
        let entry = jks::TrustedCertificateEntry {
            creation_time: UNIX_EPOCH + Duration::from_secs(1),
            certificate: jks::Certificate {
                cert_type: String::from("X.509"),
                content: block.der.to_vec(),
            },
        };
        store
            .set_trusted_certificate_entry(&format!("ca-{number}"), entry)
            .unwrap();
    }
    let mut out = Vec::new();
    store.store(&mut out, PASSWORD.as_bytes()).unwrap();
    fs::write(path, out).unwrap();
}

fn list_jks_crate(path: &str) {
    let mut store = jks::KeyStore::new();
    let bytes = fs::read(path).unwrap();
    store.load(&mut bytes.as_slice(), PASSWORD.as_bytes()).unwrap();
    let mut out = String::new();
    for alias in store.aliases() {
        let entry = store.get_trusted_certificate_entry(&alias).unwrap();
        let digest = Digest::Sha256.hash(&[&entry.certificate.content]);
        out += &format!("{alias} {digest:02x?}\n");
    }
    println!("{out}");
}
