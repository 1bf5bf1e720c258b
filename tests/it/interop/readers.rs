//! Readers that are no JDK.

use keyjar::keystore::{PrivateKeyEntry, TrustedCertificateEntry};
use keyjar::pkcs12::Profile;
use keyjar::{Alias, Certificate, Entry, KeyStore, Password, PrivateKey};

use crate::support::{folder, has, run, testdata};

fn certificate(name: &str) -> Certificate {
    Certificate::from_pem(&std::fs::read(testdata("apm").join(name)).unwrap()).unwrap()
}

fn key() -> PrivateKey {
    PrivateKey::from_input(&std::fs::read(testdata("apm/client.key")).unwrap(), None).unwrap()
}

fn store() -> KeyStore {
    let mut store = KeyStore::new();
    let entry = PrivateKeyEntry::new(key(), vec![certificate("client.crt"), certificate("ca.crt")]).unwrap();
    store.insert("Client", Entry::PrivateKey(entry)).unwrap();
    let trusted = TrustedCertificateEntry::new(certificate("apm-server.crt"));
    store
        .insert("Server", Entry::TrustedCertificate(trusted))
        .unwrap();
    store
}

#[test]
fn openssl_verifies_and_decrypts_modern_and_legacy() {
    if !has("openssl", &["version"]) {
        return;
    }
    for profile in [Profile::MODERN, Profile::LEGACY, Profile::LEGACY_RC2] {
        let folder = folder();
        store()
            .encoder()
            .profile(profile)
            .save(folder.path().join("s.p12"), &Password::new("secret1"))
            .unwrap();
        let legacy = if profile == Profile::LEGACY_RC2 {
            &["-legacy"][..]
        } else {
            &[]
        };
        run(std::process::Command::new("openssl")
            .args(["pkcs12", "-in", "s.p12", "-passin", "pass:secret1", "-nodes"])
            .args(legacy)
            .current_dir(folder.path()))
        .exits(0)
        .says("BEGIN PRIVATE KEY")
        .says("CN = apm-server");
    }
}

#[test]
fn the_p12_crate_reads_legacy() {
    let bytes = store()
        .encoder()
        .profile(Profile::LEGACY)
        .to_bytes(&Password::new("secret1"))
        .unwrap();
    let pfx = p12::PFX::parse(&bytes).unwrap();
    assert!(pfx.verify_mac("secret1"));
    assert_eq!(pfx.key_bags("secret1").unwrap(), [key().expose_pkcs8_der()]);
    assert_eq!(pfx.cert_x509_bags("secret1").unwrap().len(), 3);
}

#[test]
fn the_p12_keystore_crate_reads_modern() {
    let bytes = store()
        .encoder()
        .profile(Profile::MODERN)
        .to_bytes(&Password::new("secret1"))
        .unwrap();
    let read =
        p12_keystore::KeyStore::from_pkcs12(&bytes, "secret1", p12_keystore::Pkcs12ImportPolicy::Strict)
            .unwrap();
    assert_eq!(read.entries().count(), 2);
}

#[test]
fn every_profile_gives_back_what_was_put_in() {
    let password = Password::new("secret1");
    for profile in [
        Profile::TRUST,
        Profile::MODERN,
        Profile::LEGACY,
        Profile::LEGACY_RC2,
        Profile::PBMAC1,
    ] {
        let bytes = store().encoder().profile(profile).to_bytes(&password).unwrap();
        let read = KeyStore::from_bytes(bytes, &password).unwrap();
        let Some(Entry::PrivateKey(entry)) = read.get(&Alias::new("client")) else {
            panic!("{}", profile.name)
        };
        assert_eq!(
            entry.key(&password).unwrap().expose_pkcs8_der(),
            key().expose_pkcs8_der()
        );
        assert_eq!(entry.chain(), [certificate("client.crt"), certificate("ca.crt")]);
        let server = read.get(&Alias::new("SERVER")).unwrap();
        assert_eq!(server.certificates(), [certificate("apm-server.crt")]);
    }
}

#[test]
fn the_same_clock_and_random_source_give_the_same_bytes() {
    use rand::SeedableRng;
    let bytes = || {
        let mut rng = rand::rngs::StdRng::seed_from_u64(7);
        store()
            .encoder()
            .rng(&mut rng)
            .clock(jiff::Timestamp::UNIX_EPOCH)
            .to_bytes(&Password::new("secret1"))
            .unwrap()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_changed_byte_is_told_from_a_wrong_password() {
    let password = Password::new("secret1");
    let bytes = store().encoder().to_bytes(&password).unwrap();
    let wrong = KeyStore::from_bytes(bytes.clone(), &Password::new("other")).unwrap_err();
    assert_eq!(wrong.kind(), keyjar::ErrorKind::WrongPassword);
    let mut short = bytes;
    short.truncate(short.len() / 2);
    let damaged = KeyStore::from_bytes(short, &password).unwrap_err();
    assert_eq!(damaged.kind(), keyjar::ErrorKind::Damaged);
}
