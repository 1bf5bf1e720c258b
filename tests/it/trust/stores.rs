//! Stores as each JDK loads them through its options, and the client key it would send, against what is said here.

use std::fmt::Write as _;

use keyjar::keystore::{PrivateKeyEntry, TrustedCertificateEntry};
use keyjar::pkcs12::Profile;
use keyjar::secret::SecretBytes;
use keyjar::trust::{
    Anchors, Jdk, KeyRequest, Loading, StoreFile, StoreOptions, choose_client_key, load_keystore,
    load_truststore,
};
use keyjar::{Certificate, Entry, KeyStore, Password, PrivateKey, StoreFormat};

use super::forge::{Forge, Key, cn};
use crate::support::{folder, has, jdks, root, run, testdata};

struct Case {
    name: String,
    store_type: Option<&'static str>,
    password: Option<&'static str>,
    /// Key types by TLS scheme and Java's name, and issuers; `None` for a truststore.
    request: Option<Request>,
    bytes: Vec<u8>,
}

/// Key types, and the names of issuers.
type Request = (Vec<(u16, &'static str)>, Vec<Vec<u8>>);

const EC: (u16, &str) = (0x0403, "EC");
const RSA: (u16, &str) = (0x0804, "RSA");

const TYPES: [Option<&str>; 8] = [
    None,
    Some("PKCS12"),
    Some("pkcs12"),
    Some("JKS"),
    Some("JCEKS"),
    Some("p12"),
    Some("PEM"),
    Some("CaseExactJKS"),
];
const PASSWORDS: [Option<&str>; 4] = [Some("secret1"), Some("wrong-1"), None, Some("")];

fn entry(key: &Key, chain: &[Vec<u8>]) -> Entry {
    let chain = chain
        .iter()
        .map(|der| Certificate::from_der(der.clone()).unwrap())
        .collect();
    let private = PrivateKey::from_pkcs8_der(SecretBytes::new(key.pkcs8.clone())).unwrap();
    Entry::PrivateKey(PrivateKeyEntry::new(private, chain).unwrap())
}

fn rsa_entry(issuer: &[u8], signer: &Key) -> Entry {
    let pem = std::fs::read(testdata("apm/rsa.key")).unwrap();
    let key = PrivateKey::from_input(&pem, None).unwrap();
    let mut forge = Forge::new(&cn("rsa client"), signer, issuer);
    forge.spki = key.public_key_der().unwrap();
    let leaf = Certificate::from_der(forge.sign(signer)).unwrap();
    Entry::PrivateKey(PrivateKeyEntry::new(key, vec![leaf]).unwrap())
}

/// A store written in every way.
fn written(store: &KeyStore, password: &str) -> Vec<(&'static str, Vec<u8>)> {
    let own = Password::new(password);
    let mut all = Vec::new();
    for (name, format) in [("JKS", StoreFormat::Jks), ("JCEKS", StoreFormat::Jceks)] {
        all.push((name, store.encoder().format(format).to_bytes(&own).unwrap()));
    }
    for profile in Profile::ALL {
        if let Ok(bytes) = store.encoder().profile(*profile).to_bytes(&own) {
            all.push((profile.name, bytes));
        }
    }
    all
}

fn truststores() -> Vec<Case> {
    let keys = [Key::new(1), Key::new(2)];
    let ca = Forge::new(&cn("ca"), &keys[0], &cn("ca")).ca(None).sign(&keys[0]);
    let leaf = Forge::new(&cn("leaf"), &keys[1], &cn("ca")).sign(&keys[0]);
    let trusted = |der: &[u8]| {
        Entry::TrustedCertificate(TrustedCertificateEntry::new(
            Certificate::from_der(der.to_vec()).unwrap(),
        ))
    };
    let mut trust = KeyStore::new();
    trust.insert("one", trusted(&ca)).unwrap();
    trust.insert("two", trusted(&leaf)).unwrap();
    let mut mixed = KeyStore::new();
    mixed
        .insert("key", entry(&keys[1], &[leaf.clone(), ca.clone()]))
        .unwrap();
    let mut contents: Vec<(String, Vec<u8>)> = Vec::new();
    for (what, store) in [("certificates", &trust), ("a key", &mixed)] {
        for (how, bytes) in written(store, "secret1") {
            contents.push((format!("{what} as {how}"), bytes));
        }
    }
    for name in [
        "openssl.p12",
        "openssl-legacy.p12",
        "openssl-clear.p12",
        "openssl-mixed.p12",
        "openssl-two-passwords.p12",
        "openssl-empty-password.p12",
        "openssl-utf8-password.p12",
        "keytool8.p12",
        "keytool17.p12",
        "keytool17-trust.p12",
        "keytool28.p12",
    ] {
        contents.push((name.into(), std::fs::read(testdata("pkcs12").join(name)).unwrap()));
    }
    let pem = std::fs::read(testdata("apm/ca.crt")).unwrap();
    contents.push(("PEM".into(), pem.clone()));
    contents.push((
        "DER".into(),
        Certificate::from_pem(&pem).unwrap().as_der().to_vec(),
    ));
    contents.push((
        "PKCS#7".into(),
        std::fs::read(testdata("apm/bundle.p7b")).unwrap(),
    ));
    contents.push(("empty".into(), Vec::new()));
    contents.push(("HTML".into(), b"<!DOCTYPE html><html><head><title>Not Found</title></head><body>404 Not Found, and so on</body></html>".to_vec()));
    contents.push(("an LFS pointer".into(), b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n".to_vec()));
    let mut cases = Vec::new();
    for (name, bytes) in contents {
        for store_type in TYPES {
            // The rarer types with the right password only.
            let passwords = if matches!(store_type, None | Some("PKCS12" | "JKS")) {
                &PASSWORDS[..]
            } else {
                &PASSWORDS[..1]
            };
            for password in passwords {
                cases.push(Case {
                    name: format!("trust: {name}, type {store_type:?}, password {password:?}"),
                    store_type,
                    password: *password,
                    request: None,
                    bytes: bytes.clone(),
                });
            }
        }
        for (at, password) in [(0, Some("secret1")), (1, Some("wrong-1")), (2, None)] {
            cases.push(Case {
                name: format!("keys: {name}, password {at}"),
                store_type: None,
                password,
                request: Some((vec![EC, RSA], Vec::new())),
                bytes: bytes.clone(),
            });
        }
    }
    cases
}

/// Which of many keys is sent.
fn choices() -> Vec<Case> {
    let keys: Vec<Key> = (1..=6).map(Key::new).collect();
    let root = Forge::new(&cn("root"), &keys[0], &cn("root"))
        .ca(None)
        .sign(&keys[0]);
    let int = Forge::new(&cn("int"), &keys[1], &cn("root"))
        .ca(None)
        .sign(&keys[0]);
    let names = [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "client",
        "server",
        "1",
        "2",
        "apm-client",
        "zz top",
        "elastic",
        "http",
        "transport",
        "a",
        "b",
        "instance",
        "ünïcode",
    ];
    let mut cases = Vec::new();
    let mut add = |name: String, store: &KeyStore| {
        let bytes = store
            .encoder()
            .profile(Profile::MODERN)
            .iterations(10)
            .to_bytes(&Password::new("secret1"))
            .unwrap();
        for (types_name, types) in [
            ("EC", vec![EC]),
            ("RSA", vec![RSA]),
            ("EC, RSA", vec![EC, RSA]),
            ("RSA, EC", vec![RSA, EC]),
        ] {
            for (issuers_name, issuers) in [
                ("any", vec![]),
                ("root", vec![cn("root")]),
                ("ROOT", vec![cn("ROOT")]),
                ("int", vec![cn("int")]),
                ("other", vec![cn("other")]),
                ("other or int", vec![cn("other"), cn("int")]),
            ] {
                cases.push(Case {
                    name: format!("choice: {name}, {types_name}, issuers {issuers_name}"),
                    store_type: None,
                    password: Some("secret1"),
                    request: Some((types.clone(), issuers)),
                    bytes: bytes.clone(),
                });
            }
        }
    };
    let leaf = |text: &str| Forge::new(&cn(text), &keys[2], &cn("int"));
    let mut bare = KeyStore::new();
    bare.insert("bare", entry(&keys[2], &[leaf("bare").sign(&keys[1])]))
        .unwrap();
    add(String::from("a leaf alone"), &bare);
    let mut whole = KeyStore::new();
    whole
        .insert(
            "whole",
            entry(
                &keys[2],
                &[leaf("whole").sign(&keys[1]), int.clone(), root.clone()],
            ),
        )
        .unwrap();
    whole.insert("rsa", rsa_entry(&cn("root"), &keys[0])).unwrap();
    add(String::from("a chain and an RSA key"), &whole);
    for count in [2, 5, 9, 13, 17] {
        let mut many = KeyStore::new();
        for (at, name) in names.iter().take(count).enumerate() {
            let mut forge = leaf(name).serial(&[u8::try_from(at).unwrap() + 1]);
            match at % 5 {
                1 => forge = forge.dates("20200101", "20210101"),
                2 => forge = forge.purposes(false, &[super::cases::SERVER_AUTH]),
                3 => forge = forge.usage(&[2]),
                _ => {}
            }
            many.insert(name, entry(&keys[2], &[forge.sign(&keys[1])]))
                .unwrap();
        }
        add(format!("{count} keys"), &many);
    }
    let mut bad = KeyStore::new();
    bad.insert(
        "old",
        entry(
            &keys[2],
            &[leaf("old").dates("20200101", "20210101").sign(&keys[1])],
        ),
    )
    .unwrap();
    bad.insert(
        "server",
        entry(
            &keys[2],
            &[leaf("server")
                .purposes(false, &[super::cases::SERVER_AUTH])
                .sign(&keys[1])],
        ),
    )
    .unwrap();
    add(String::from("none that is good"), &bad);
    add(String::from("no key"), &{
        let mut store = KeyStore::new();
        let certificate = Certificate::from_der(root).unwrap();
        store
            .insert(
                "ca",
                Entry::TrustedCertificate(TrustedCertificateEntry::new(certificate)),
            )
            .unwrap();
        store
    });
    cases
}

fn write(cases: &[Case], version: u32) -> Vec<u8> {
    let mut out = u32::try_from(cases.len()).unwrap().to_be_bytes().to_vec();
    let put = |out: &mut Vec<u8>, bytes: &[u8]| {
        out.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        out.extend_from_slice(bytes);
    };
    for case in cases {
        put(&mut out, case.name.as_bytes());
        put(&mut out, case.store_type.unwrap_or_default().as_bytes());
        out.push(u8::from(case.password.is_some()));
        put(&mut out, case.password.unwrap_or_default().as_bytes());
        out.push(u8::from(case.request.is_some()));
        let (mut types, issuers) = case.request.clone().unwrap_or_default();
        if version >= 26 {
            // Its own order is JSSE's, before it asks the key manager.
            types.sort_by_key(|kind| *kind != EC);
        }
        let types: Vec<_> = types.iter().map(|(_, name)| *name).collect();
        put(&mut out, types.join(",").as_bytes());
        out.extend(u32::try_from(issuers.len()).unwrap().to_be_bytes());
        issuers.iter().for_each(|issuer| put(&mut out, issuer));
        put(&mut out, &case.bytes);
    }
    out
}

/// The verdict here, as the probe prints Java's.
fn ours(case: &Case, version: u32) -> String {
    let jdk = Jdk::new(version).unwrap();
    let password = case.password.map_or_else(Password::none, Password::new);
    let options = StoreOptions {
        path: "store",
        store_type: case.store_type,
        password: &password,
    };
    let file = StoreFile::Bytes(case.bytes.clone().into());
    let loading = match case.request {
        Some(_) => load_keystore(&file, &options, &jdk),
        None => load_truststore(&file, &options, &jdk),
    };
    match (loading, &case.request) {
        (Loading::Loaded(store), None) => format!("ok {}", Anchors::of_store(&store).len()),
        (Loading::Loaded(store), Some((types, issuers))) => {
            let schemes: Vec<u16> = types.iter().map(|(scheme, _)| *scheme).collect();
            let request = KeyRequest::new(&schemes, issuers.iter().map(Vec::as_slice));
            let choice = choose_client_key(&store, &request, &jdk, keyjar::clock::now());
            format!(
                "ok {}",
                choice
                    .alias
                    .map_or_else(|| String::from("null"), |alias| alias.to_string())
            )
        }
        (Loading::Fails(failure), _) => match failure.innermost.split_once(": ") {
            Some((class, message)) => format!("{class}\t{message}"),
            None => format!("{}\tnull", failure.innermost),
        },
        (other, _) => format!("{other:?}"),
    }
}

#[test]
fn stores_load_and_keys_are_chosen_as_every_jdk_does() {
    if !has("javac", &["-version"]) {
        return;
    }
    let folder = folder();
    run(std::process::Command::new("javac")
        .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d"])
        .arg(folder.path())
        .arg(root().join("tests/it/interop/java/StoreProbe.java")))
    .exits(0);
    let mut cases = truststores();
    cases.extend(choices());
    let (mut agreed, mut asked) = (0, 0);
    let mut wrong: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    for jdk in jdks() {
        let version: u32 = jdk.version.parse().unwrap_or(17);
        let file = format!("cases{version}");
        std::fs::write(folder.path().join(&file), write(&cases, version)).unwrap();
        let said = run(jdk
            .tool(folder.path(), "java")
            .args(["-cp", ".", "StoreProbe", &file]))
        .exits(0);
        assert_eq!(said.stdout.lines().count(), cases.len());
        for (case, line) in cases.iter().zip(said.stdout.lines()) {
            asked += 1;
            let (name, java) = line.split_once('\t').unwrap();
            assert_eq!(name, case.name);
            let here = ours(case, version);
            if here == java {
                agreed += 1;
            } else {
                let entry = wrong
                    .entry(format!("{name}\n    java {java}\n    here {here}"))
                    .or_default();
                write!(entry, " {version}").unwrap();
            }
        }
    }
    eprintln!("{agreed} of {asked} agree; {} cases", cases.len());
    let list: Vec<String> = wrong
        .iter()
        .map(|(what, jdks)| format!("[{}] {what}", jdks.trim()))
        .collect();
    assert!(
        list.is_empty(),
        "{} differences, {agreed} of {asked} agree:\n{}",
        list.len(),
        list.join("\n")
    );
}
