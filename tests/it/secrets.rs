//! A password is shown by what prints flags, and by nothing else.

use keyjar::apm::{Agent, Form, Passphrase, Settings, Trust, render};
use keyjar::jvm::{Format, StoreReference, SystemProperties};
use keyjar::keystore::{PrivateKeyEntry, SecretKey, SecretKeyEntry};
use keyjar::secret::SecretBytes;
use keyjar::{Certificate, Entry, KeyStore, Password, PrivateKey, StoreFormat};

use crate::support::{folder, keyjar, testdata};

const SENTINEL: &str = "sentinel-4711";

#[test]
fn no_debug_output_holds_a_password_or_a_key() {
    let password = Password::new(SENTINEL);
    let key = PrivateKey::from_input(&std::fs::read(testdata("apm/client.key")).unwrap(), None).unwrap();
    let octets = format!("{:?}", key.expose_pkcs8_der());
    let certificate = Certificate::from_pem(&std::fs::read(testdata("apm/client.crt")).unwrap()).unwrap();
    let reference = StoreReference::new("/x", StoreFormat::Pkcs12, password.duplicate());
    let properties = SystemProperties::new().trust_store(reference);
    let rendered = properties.render(Format::Shell).unwrap();
    let mut shown = vec![
        format!("{password:?}"),
        format!("{key:?}"),
        format!("{properties:?}"),
        format!("{rendered:?}"),
        format!("{:?}", SecretBytes::new(SENTINEL.into())),
        format!("{:?}", Passphrase::Text(password.duplicate())),
    ];
    let trust = Trust {
        jvm: Some(&properties),
        ..Trust::default()
    };
    let settings = Settings::new(Agent::Java, &trust).unwrap();
    shown.push(format!(
        "{settings:?} {:?}",
        render(&settings, Form::Env).unwrap()
    ));
    let mut store = KeyStore::new();
    let entry = PrivateKeyEntry::new(key, vec![certificate]).unwrap();
    store.insert("key", Entry::PrivateKey(entry)).unwrap();
    let secret = SecretKey {
        algorithm: "AES".into(),
        octets: SecretBytes::new(SENTINEL.into()),
    };
    store
        .insert("secret", Entry::SecretKey(SecretKeyEntry::new(secret)))
        .unwrap();
    shown.push(format!("{store:?}"));
    let bytes = store.encoder().to_bytes(&password).unwrap();
    let read = KeyStore::from_bytes(bytes.clone(), &password).unwrap();
    shown.push(format!("{read:?}"));
    let error = KeyStore::from_bytes(bytes, &Password::new("sentinel-0815")).unwrap_err();
    shown.push(format!("{error:?} {error}"));
    for text in shown {
        assert!(!text.contains("sentinel"), "{text}");
        assert!(!text.contains(&octets[1..40]), "{text}");
    }
}

#[test]
fn no_message_of_the_program_repeats_a_password() {
    let folder = folder();
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    let source = format!("pass:{SENTINEL}");
    let runs = [
        vec!["list", "missing.p12", "--storepass", &source],
        vec!["import", "missing.crt", "--storepass", &source, "--json"],
        // A bare word may be the password itself.
        vec!["list", "missing.p12", "--storepass", SENTINEL],
    ];
    for arguments in runs {
        let said = keyjar(folder.path(), &arguments).exits(2);
        assert!(!said.stdout.contains(SENTINEL), "{arguments:?}");
        assert!(
            !said.stderr.contains(SENTINEL) || arguments.contains(&SENTINEL),
            "{}",
            said.stderr
        );
    }
    let said = keyjar(
        folder.path(),
        &["import", &file("ca.crt"), "--storepass", &source, "-v"],
    )
    .exits(0);
    assert!(!said.stderr.contains(SENTINEL));
}
