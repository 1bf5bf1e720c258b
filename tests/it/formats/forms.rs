//! The forms that PKCS#12 files have: a file of each, made with Bouncy Castle's ciphers (`testdata/forms/make.sh`).

use std::fs;
use std::path::PathBuf;

use keyjar::crypto::Digest;
use keyjar::{Alias, Certificate, Entry, KeyStore, Password, PrivateKey, StoreFormat};

use crate::support::testdata;

/// All of them.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(testdata("forms"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "p12"))
        .collect();
    files.sort();
    assert!(files.len() > 50, "{files:?}");
    files
}

/// The password of a file.
pub(crate) fn password(name: &str) -> Password {
    Password::new(if name.starts_with("password-") {
        ""
    } else {
        "secret1"
    })
}

fn certificate(name: &str) -> Certificate {
    Certificate::from_pem(&fs::read(testdata("apm").join(name)).unwrap()).unwrap()
}

fn open(name: &str) -> KeyStore {
    let path = testdata("forms").join(name);
    KeyStore::open(&path, &password(name)).unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

#[test]
fn every_form_gives_the_key_its_chain_and_the_trusted_certificate() {
    let key = PrivateKey::from_input(&fs::read(testdata("apm/client.key")).unwrap(), None).unwrap();
    let chain = [certificate("client.crt"), certificate("ca.crt")];
    let server = certificate("apm-server.crt");
    for path in files() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let store = open(name);
        let (client_alias, server_alias) = match name {
            "no-names.p12" => ("1", "2"),
            "by-public-key.p12" => ("1", ""),
            _ => ("client", "server"),
        };
        let Some(Entry::PrivateKey(client)) = store.get(&Alias::new(client_alias)) else {
            panic!("{name}: {store:?}")
        };
        assert_eq!(client.chain(), chain, "{name}");
        let opened = client.key(&password(name)).unwrap();
        assert_eq!(opened.expose_pkcs8_der(), key.expose_pkcs8_der(), "{name}");
        if name != "by-public-key.p12" {
            let trusted = store.get(&Alias::new(server_alias)).unwrap();
            assert_eq!(trusted.kind(), "trusted-certificate", "{name}");
            assert_eq!(trusted.certificates(), std::slice::from_ref(&server), "{name}");
        }
    }
}

#[test]
fn each_form_tells_the_algorithms_it_is_named_after() {
    for (name, mac, contents) in [
        (
            "pbe-2des.p12",
            "HMAC-SHA-256",
            "PBE with SHA-1 and 2-key 3DES-CBC",
        ),
        ("pbe-rc4-40.p12", "HMAC-SHA-256", "PBE with SHA-1 and RC4-40"),
        (
            "pbe-rc2-128.p12",
            "HMAC-SHA-256",
            "PBE with SHA-1 and RC2-128-CBC",
        ),
        (
            "pbes1-md5-rc2.p12",
            "HMAC-SHA-256",
            "PBES1 with MD5 and RC2-64-CBC",
        ),
        (
            "pbes2-aes192.p12",
            "HMAC-SHA-256",
            "PBES2 with PBKDF2-HMAC-SHA-256 and AES-192-CBC",
        ),
        (
            "pbes2-rc2-40.p12",
            "HMAC-SHA-256",
            "PBES2 with PBKDF2-HMAC-SHA-256 and RC2-40-CBC",
        ),
        (
            "pbes2-scrypt.p12",
            "HMAC-SHA-256",
            "PBES2 with scrypt and AES-256-CBC",
        ),
        (
            "prf-sha512-256.p12",
            "HMAC-SHA-256",
            "PBES2 with PBKDF2-HMAC-SHA-512/256 and AES-256-CBC",
        ),
        (
            "mac-sha3-512.p12",
            "HMAC-SHA3-512",
            "PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC",
        ),
    ] {
        let store = open(name);
        assert_eq!(store.integrity().unwrap().algorithm, mac, "{name}");
        let pfx = store.pfx().unwrap();
        let encryption = pfx
            .contents
            .iter()
            .find_map(|contents| contents.encryption.as_ref());
        assert_eq!(encryption.unwrap().name(), contents, "{name}");
        assert_eq!(
            encryption.unwrap().iterations(),
            if name.contains("scrypt") { 1 } else { 1000 }
        );
    }
}

#[test]
fn a_form_that_was_not_changed_is_written_back_byte_for_byte_and_a_changed_one_keeps_its_algorithms() {
    for path in files() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let (password, bytes) = (password(name), fs::read(&path).unwrap());
        let mut store = KeyStore::from_bytes(bytes.clone(), &password).unwrap();
        assert_eq!(store.encoder().to_bytes(&password).unwrap(), bytes, "{name}");
        let algorithms = |store: &KeyStore| {
            let contents = store.pfx().unwrap().contents.iter();
            let names: Vec<_> = contents
                .map(|contents| contents.encryption.as_ref().map(|pbe| pbe.name()))
                .collect();
            (store.integrity(), names)
        };
        let before = algorithms(&store);
        let Some(alias) = store.aliases().next().cloned() else {
            panic!("{name}")
        };
        store.rename(&alias, "another-name").unwrap();
        let changed = KeyStore::from_bytes(store.encoder().to_bytes(&password).unwrap(), &password)
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(changed.get(&Alias::new("another-name")).is_some(), "{name}");
        assert_eq!(changed.len(), store.len(), "{name}");
        assert_eq!(algorithms(&changed), before, "{name}");
    }
}

#[test]
fn what_is_no_entry_is_named() {
    for (name, what) in [
        ("crl-and-secret.p12", "a crlBag"),
        ("unknown.p12", "a bag of type 1.2.3.4"),
        ("key-in-clear.p12", "private key `client`"),
        ("nested.p12", "private key `client`"),
    ] {
        let store = open(name);
        assert!(
            store.skipped().iter().any(|skipped| skipped.what == what),
            "{name}: {:?}",
            store.skipped()
        );
    }
    let store = open("crl-and-secret.p12");
    let Some(Entry::SecretKey(entry)) = store.get(&Alias::new("aes")) else {
        panic!("{store:?}")
    };
    let key = entry.key(&Password::new("secret1")).unwrap();
    assert_eq!(key.algorithm, "AES");
    assert_eq!(key.octets.expose_bytes(), (0..32).collect::<Vec<u8>>());
}

#[test]
fn the_null_password_and_the_empty_one_are_no_others() {
    for name in ["password-empty.p12", "password-null.p12"] {
        let path = testdata("forms").join(name);
        let error = KeyStore::open(&path, &Password::new("x")).map(drop).unwrap_err();
        assert_eq!(error.kind(), keyjar::ErrorKind::WrongPassword, "{name}");
        // Without a password what is encrypted stays locked, and is told.
        let locked = KeyStore::open(&path, &Password::none()).unwrap();
        assert!(
            locked
                .skipped()
                .iter()
                .any(|skipped| skipped.what == "encrypted contents"),
            "{name}: {:?}",
            locked.skipped()
        );
    }
}

#[test]
fn jks_and_jceks_of_version_1_and_keytools_jceks_open() {
    let ca = hex(&certificate("ca.crt"));
    for (name, format) in [
        ("version1.jks", StoreFormat::Jks),
        ("version1.jceks", StoreFormat::Jceks),
    ] {
        let store = open(name);
        assert_eq!(store.format(), format);
        let entry = store.get(&Alias::new("ca")).unwrap();
        assert_eq!(hex(&entry.certificates()[0]), ca);
        assert_eq!(entry.created().unwrap().as_second(), 1_000_000_000, "{name}");
    }
    let store = open("keytool.jceks");
    let password = Password::new("secret1");
    let Some(Entry::PrivateKey(client)) = store.get(&Alias::new("client")) else {
        panic!("{store:?}")
    };
    assert!(client.key(&password).is_ok());
    let Some(Entry::SecretKey(aes)) = store.get(&Alias::new("aes")) else {
        panic!("{store:?}")
    };
    assert_eq!(aes.key(&password).unwrap().algorithm, "AES");
}

fn hex(certificate: &Certificate) -> String {
    let octets = certificate.fingerprint(Digest::Sha256);
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
