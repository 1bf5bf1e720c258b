use std::path::Path;

use keyjar::keystore::{SecretKey, SecretKeyEntry};
use keyjar::pkcs12::Profile;
use keyjar::secret::SecretBytes;
use keyjar::{Alias, Entry, KeyStore, Password, StoreFormat};

use crate::support::{Jdk, folder, jdks, keyjar, probe, run};

const KEYS: [(&str, &str, usize); 3] = [
    ("aes", "AES", 32),
    ("mac", "HmacSHA256", 20),
    ("des3", "DESede", 24),
];

fn store() -> KeyStore {
    let mut store = KeyStore::new();
    for (alias, algorithm, length) in KEYS {
        let octets = (1..).take(length).collect();
        let key = SecretKey {
            algorithm: String::from(algorithm),
            octets: SecretBytes::new(octets),
        };
        store
            .insert(alias, Entry::SecretKey(SecretKeyEntry::new(key)))
            .unwrap();
    }
    store
}

fn secret(jdk: &Jdk, classes: &Path, kind: &str, file: &Path, alias: &str) -> String {
    let file = file.display().to_string();
    run(jdk
        .tool(classes, "java")
        .args(["-cp", ".", "Probe", "secret", kind, &file, alias, "secret1"]))
    .exits(0)
    .stdout
}

#[test]
fn every_jdk_finds_the_same_octets_in_secret_keys_written_here() {
    let Some(classes) = probe() else { return };
    let folder = folder();
    let password = Password::new("secret1");
    for (kind, format) in [("JCEKS", StoreFormat::Jceks), ("PKCS12", StoreFormat::Pkcs12)] {
        let path = folder.path().join(kind);
        store()
            .encoder()
            .format(format)
            .iterations(10_000)
            .save(&path, &password)
            .unwrap();
        for jdk in jdks() {
            for (alias, algorithm, length) in KEYS {
                let octets: String = (1..=length).map(|octet| format!("{octet:02x}")).collect();
                let said = secret(&jdk, classes, kind, &path, alias);
                // What JDK 8's PKCS#12 store calls HMAC keys is their OID.
                let (name, found) = said.trim().split_once(' ').unwrap();
                assert!(
                    name == algorithm || kind == "PKCS12",
                    "JDK {}: {said}",
                    jdk.version
                );
                assert_eq!(found, octets, "JDK {} {kind} {alias}", jdk.version);
            }
        }
    }
}

#[test]
fn secret_keys_made_by_keytool_come_out_here_with_the_same_octets() {
    let Some(classes) = probe() else { return };
    for jdk in jdks() {
        for kind in ["JCEKS", "PKCS12"] {
            let folder = folder();
            // PKCS#12 of JDK 8 has no name for other algorithms than AES.
            let second = if kind == "JCEKS" {
                ("des3", "DESede", "168")
            } else {
                ("aes128", "AES", "128")
            };
            let keys = [("aes", "AES", "256"), second];
            let path = folder.path().join("s");
            for (alias, algorithm, bits) in keys {
                let make = [
                    "-genseckey",
                    "-alias",
                    alias,
                    "-keyalg",
                    algorithm,
                    "-keysize",
                    bits,
                    "-keystore",
                    "s",
                ];
                let pass = ["-storetype", kind, "-storepass", "secret1", "-keypass", "secret1"];
                jdk.keytool(folder.path(), &[&make[..], &pass].concat()).exits(0);
            }
            let password = Password::new("secret1");
            let store = KeyStore::open(&path, &password).unwrap();
            for (alias, _, _) in keys {
                let Some(Entry::SecretKey(entry)) = store.get(&Alias::new(alias)) else {
                    panic!("{alias} is no secret key")
                };
                let key = entry.key(&password).unwrap();
                let octets: String = key
                    .octets
                    .expose_bytes()
                    .iter()
                    .map(|octet| format!("{octet:02x}"))
                    .collect();
                let theirs = secret(&jdk, classes, kind, &path, alias);
                assert_eq!(
                    format!("{} {octets}", key.algorithm),
                    theirs.trim(),
                    "JDK {} {kind}",
                    jdk.version
                );
            }
        }
    }
}

#[test]
fn secret_keys_go_from_pkcs12_to_jceks_and_back_and_jks_names_what_it_cannot_hold() {
    let folder = folder();
    let path = folder.path().join("a.p12");
    let password = Password::new("secret1");
    store()
        .encoder()
        .profile(Profile::MODERN)
        .save(&path, &password)
        .unwrap();
    let pass = ["--storepass", "pass:secret1"];
    keyjar(
        folder.path(),
        &[&["convert", "a.p12", "b.jceks"][..], &pass].concat(),
    )
    .exits(0);
    keyjar(
        folder.path(),
        &[&["convert", "b.jceks", "c.p12"][..], &pass].concat(),
    )
    .exits(0);
    keyjar(folder.path(), &[&["diff", "a.p12", "c.p12"][..], &pass].concat()).exits(0);
    keyjar(
        folder.path(),
        &[&["convert", "b.jceks", "d.jks"][..], &pass].concat(),
    )
    .exits(2)
    .talks_of("the secret key `aes`");
    let passwd = ["passwd", "b.jceks", "--new-storepass", "pass:another"];
    keyjar(folder.path(), &[&passwd[..], &pass].concat()).exits(0);
    let diff = ["diff", "a.p12", "b.jceks", "--other-storepass", "pass:another"];
    keyjar(folder.path(), &[&diff[..], &pass].concat()).exits(0);
}

#[test]
fn no_cut_or_changed_byte_of_a_jceks_file_gets_by_or_makes_it_panic() {
    let password = Password::new("secret1");
    let bytes = store()
        .encoder()
        .format(StoreFormat::Jceks)
        .iterations(20)
        .to_bytes(&password)
        .unwrap();
    for length in 0..bytes.len() {
        assert!(
            KeyStore::from_bytes(bytes[..length].to_vec(), &password).is_err(),
            "cut at {length}"
        );
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x41;
        assert!(
            KeyStore::from_bytes(changed, &password).is_err(),
            "changed at {at}"
        );
    }
    // Without the digest's protection the reader itself has to hold.
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            if let Ok(store) = KeyStore::from_bytes(changed, &Password::none()) {
                for (_, entry) in store.iter() {
                    if let Entry::SecretKey(entry) = entry {
                        let _ = entry.key_encryption();
                        if entry
                            .key_encryption()
                            .and_then(|how| how.iterations)
                            .is_some_and(|count| count < 100)
                        {
                            let _ = entry.key(&password);
                        }
                    }
                }
            }
        }
    }
}
