//! Bouncy Castle's stores: BKS, UBER and BCFKS.

use std::fs;

use keyjar::bks::{Bks, BksFormat};
use keyjar::crypto::Digest;
use keyjar::keystore::{PrivateKeyEntry, SecretKey, SecretKeyEntry, TrustedCertificateEntry};
use keyjar::secret::SecretBytes;
use keyjar::{Alias, Certificate, Entry, ErrorKind, KeyStore, Limits, Password, PrivateKey, StoreFormat};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::support::{corpus, folder, keyjar, testdata};

const SECRET: &str = "secret1";

fn open(name: &str, password: &str) -> KeyStore {
    KeyStore::open(testdata(name), &Password::new(password))
        .unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn certificate(name: &str) -> Certificate {
    Certificate::from_pem(&fs::read(testdata("apm").join(name)).unwrap()).unwrap()
}

fn client_key() -> PrivateKey {
    PrivateKey::from_input(&fs::read(testdata("apm/client.key")).unwrap(), None).unwrap()
}

fn store() -> KeyStore {
    let mut store = KeyStore::new();
    let chain = vec![certificate("client.crt"), certificate("ca.crt")];
    let client = PrivateKeyEntry::new(client_key(), chain).unwrap();
    store.insert("client", Entry::PrivateKey(client)).unwrap();
    let key = SecretKey {
        algorithm: String::from("AES"),
        octets: SecretBytes::new(vec![7; 32]),
    };
    store
        .insert("aes", Entry::SecretKey(SecretKeyEntry::new(key)))
        .unwrap();
    let server = TrustedCertificateEntry::new(certificate("apm-server.crt"));
    store.insert("server", Entry::TrustedCertificate(server)).unwrap();
    store
}

/// What can be seen of the entries.
fn shown(store: &KeyStore) -> Vec<(&str, &str, &[Certificate])> {
    let entries = store.iter();
    entries
        .map(|(alias, entry)| (alias.as_str(), entry.kind(), entry.certificates()))
        .collect()
}

fn written(format: StoreFormat) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(1);
    let store = store();
    let encoder = store.encoder().format(format).iterations(1).rng(&mut rng);
    encoder.to_bytes(&Password::new(SECRET)).unwrap()
}

const FORMATS: [StoreFormat; 3] = [StoreFormat::Bks, StoreFormat::Uber, StoreFormat::Bcfks];

#[test]
fn every_store_of_bouncy_castle_gives_the_entries_that_were_put_in() {
    let password = Password::new(SECRET);
    for name in [
        "bks/v1.bks",
        "bks/v2.bks",
        "bks/uber.ubr",
        "bcfks/default.bcfks",
        "bcfks/kwp.bcfks",
        "bcfks/scrypt.bcfks",
        "bcfks/scrypt-p1.bcfks",
        "bcfks/sha3.bcfks",
    ] {
        let store = open(name, SECRET);
        assert_eq!(store.len(), 4, "{name}");
        let Some(Entry::PrivateKey(client)) = store.get(&Alias::new("client")) else {
            panic!("{name}")
        };
        assert_eq!(client.chain(), [certificate("client.crt"), certificate("ca.crt")]);
        let key = client.key(&password).unwrap();
        assert_eq!(
            key.public_key_der(),
            client_key().public_key_der(),
            "{name}: the key"
        );
        let Some(Entry::TrustedCertificate(ca)) = store.get(&Alias::new("ca")) else {
            panic!("{name}")
        };
        assert_eq!(ca.certificate(), &certificate("ca.crt"));
        for (alias, algorithm) in [("aes", "AES"), ("mac", "HmacSHA256")] {
            let Some(Entry::SecretKey(entry)) = store.get(&Alias::new(alias)) else {
                panic!("{name}")
            };
            let key = entry.key(&password).unwrap();
            assert_eq!(key.algorithm, algorithm, "{name}");
            assert_eq!(key.octets.expose_bytes(), (0..32).collect::<Vec<u8>>(), "{name}");
        }
        assert!(store.iter().all(|(_, entry)| entry.created().is_some()), "{name}");
    }
}

#[test]
fn empty_stores_and_passwords_empty_or_beyond_ascii_open() {
    for name in ["bks/empty.bks", "bks/empty.ubr", "bcfks/empty.bcfks"] {
        assert!(open(name, SECRET).is_empty(), "{name}");
    }
    let alias = Alias::new("gr\u{fc}n \u{1f511}");
    for (name, password) in [
        ("bks/umlaut-password.bks", "gr\u{fc}n\u{20ac}"),
        ("bcfks/empty-password.bcfks", ""),
    ] {
        assert!(open(name, password).get(&alias).is_some(), "{name}");
    }
}

#[test]
fn a_key_with_a_password_of_its_own_opens_with_that_alone() {
    for name in ["bks/own-password.bks", "bcfks/own-password.bcfks"] {
        let store = open(name, SECRET);
        let Some(Entry::PrivateKey(entry)) = store.get(&Alias::new("client")) else {
            panic!("{name}")
        };
        let error = entry.key(&Password::new(SECRET)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongPassword, "{name}");
        let key = entry.key(&Password::new("another")).unwrap();
        assert_eq!(key.public_key_der(), client_key().public_key_der(), "{name}");
    }
}

#[test]
fn aliases_that_differ_by_case_alone_are_named_and_not_lost() {
    let store = open("bks/mixed-case.bks", SECRET);
    assert_eq!(store.len(), 1);
    let [lost] = store.skipped() else {
        panic!("{:?}", store.skipped())
    };
    assert!(lost.why.contains("but for upper and lower case"), "{}", lost.why);
    let password = Password::new(SECRET);
    let again = Bks::from_bytes(
        &store.encoder().to_bytes(&password).unwrap(),
        &password,
        &Limits::DEFAULT,
    )
    .unwrap();
    let mut aliases: Vec<_> = again.records.iter().map(|record| record.alias.as_str()).collect();
    aliases.sort_unstable();
    assert_eq!(aliases, ["Ca", "ca"]);
}

#[test]
fn a_wrong_password_is_told_and_one_is_needed() {
    for name in ["bks/v2.bks", "bks/v1.bks", "bks/uber.ubr", "bcfks/kwp.bcfks"] {
        let kind = |password: &Password| {
            KeyStore::open(testdata(name), password)
                .map(drop)
                .unwrap_err()
                .kind()
        };
        assert_eq!(kind(&Password::new("wrong")), ErrorKind::WrongPassword, "{name}");
        assert_eq!(kind(&Password::none()), ErrorKind::PasswordRequired, "{name}");
    }
}

#[test]
fn what_is_written_is_read_again_with_the_same_entries_and_the_same_bytes_each_time() {
    let password = Password::new(SECRET);
    for format in FORMATS {
        let bytes = written(format);
        assert_eq!(StoreFormat::detect(&bytes), Some(format));
        let store = KeyStore::from_bytes(bytes, &password).unwrap();
        let aliases: Vec<_> = store.aliases().map(Alias::as_str).collect();
        assert_eq!(aliases, ["client", "aes", "server"], "{format}");
        let fixed = || {
            let (mut rng, store) = (StdRng::seed_from_u64(2), self::store());
            let encoder = store.encoder().format(format).iterations(1).rng(&mut rng);
            encoder
                .clock(jiff::Timestamp::UNIX_EPOCH)
                .to_bytes(&password)
                .unwrap()
        };
        assert_eq!(fixed(), fixed(), "{format}");
    }
}

#[test]
fn no_cut_or_changed_byte_gets_by_or_makes_it_panic() {
    let password = Password::new(SECRET);
    for format in FORMATS {
        let bytes = written(format);
        for length in 0..bytes.len() {
            let cut = KeyStore::from_bytes(bytes[..length].to_vec(), &password);
            assert!(cut.is_err(), "{format} cut at {length}");
        }
        for at in 0..bytes.len() {
            for mask in [0x01, 0x41, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= mask;
                // A changed count only takes long.
                if format != StoreFormat::Bcfks && (28..32).contains(&at) {
                    continue;
                }
                // Of BCFKS the MAC covers all but its own parameters, of which one says nothing.
                if let Ok(read) = KeyStore::from_bytes(changed, &password) {
                    let is_parameter = format == StoreFormat::Bcfks && at > bytes.len() - 200;
                    assert!(is_parameter, "{format} changed at {at} with {mask:#x}");
                    assert_eq!(shown(&read), shown(&store()), "{format} changed at {at}");
                }
            }
        }
    }
}

#[test]
fn a_record_reader_holds_without_the_protection_of_the_mac() {
    // The MAC is made anew over every change, so that what is read is what was changed.
    let password = Password::new(SECRET);
    let bytes = written(StoreFormat::Bks);
    let (header, body) = bytes.split_at(32);
    let body = &body[..body.len() - 20];
    let key = |salt: &[u8]| {
        let password = Password::new(SECRET);
        keyjar::crypto::pkcs12_kdf(
            Digest::Sha1,
            keyjar::crypto::Purpose::Mac,
            password.expose_bmp_terminated().expose_bytes(),
            salt,
            1,
            20,
        )
    };
    let key = key(&header[8..28]);
    for at in 0..body.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut changed = body.to_vec();
            changed[at] ^= mask;
            let mac = Digest::Sha1.hmac(key.expose_bytes(), &[&changed]);
            let file = [header, &changed, &mac].concat();
            if let Ok(store) = KeyStore::from_bytes(file, &password) {
                for (_, entry) in store.iter() {
                    let count = entry.key_encryption().and_then(|how| how.iterations);
                    if count.is_some_and(|count| count < 1000) {
                        match entry {
                            Entry::PrivateKey(entry) => drop(entry.key(&password)),
                            Entry::SecretKey(entry) => drop(entry.key(&password)),
                            _ => {}
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_count_of_two_billion_iterations_is_an_error_at_once() {
    let password = Password::new(SECRET);
    for format in [StoreFormat::Bks, StoreFormat::Uber] {
        let mut bytes = written(format);
        bytes[28..32].copy_from_slice(&2_000_000_000_u32.to_be_bytes());
        let error = KeyStore::from_bytes(bytes, &password).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{format}: {error:?}");
    }
}

#[test]
fn the_formats_are_told_apart_by_their_bytes_and_no_other_file_is_taken_for_one() {
    for (name, format) in [
        ("bks/v1.bks", BksFormat::Bks),
        ("bks/empty.bks", BksFormat::Bks),
        ("bks/uber.ubr", BksFormat::Uber),
        ("bks/empty.ubr", BksFormat::Uber),
    ] {
        let bytes = fs::read(testdata(name)).unwrap();
        assert_eq!(Bks::detect(&bytes), Some(format), "{name}");
    }
    for place in ["apm", "keys", "pkcs12", "x509"] {
        for entry in fs::read_dir(testdata(place)).unwrap() {
            let path = entry.unwrap().path();
            let format = StoreFormat::detect(&fs::read(&path).unwrap());
            let is_other = format.is_none_or(|format| !format.needs_bouncy_castle());
            assert!(is_other, "{}: {format:?}", path.display());
        }
    }
}

/// Stores of others and their passwords, as the projects they are from use them.
const OF_OTHERS: &[(&str, &str, usize)] = &[
    ("af7afa09a260e554.bks", "changeit", 1),
    ("b4da14f4aa7655fa.bks", "store_password", 3),
    ("a36e4ebea2d583b4.bks", "", 0),
    ("a8d5330e40e4a9ae.bks", "store_password", 3),
    ("44c51e8f7d34aada.bks", "", 0),
    ("f8fcf3ed31bf43f7.bcfks", "changeit", 1),
    ("2208357b62871f59.bcfks", "changeit", 1),
    ("c4f59d45320d1aab.bcfks", "changeit", 3),
    ("74230fbed52127a2.bcfks", "changeit", 2),
    ("8701a53081a2a3b5.bcfks", "secret", 1),
    ("e36b275ac8de9357.bcfks", "secret", 1),
];

#[test]
fn the_stores_of_others_open_with_their_passwords() {
    let Some(corpus) = corpus() else { return };
    for (name, password, entries) in OF_OTHERS {
        let password = Password::new(*password);
        let store = KeyStore::open(corpus.join("stores").join(name), &password).unwrap();
        assert_eq!(store.len(), *entries, "{name}");
        let keys = store.private_keys(&password);
        if name.starts_with("af7afa") || name.ends_with("bcfks") {
            for (alias, key) in keys {
                let leaf = store.get(alias).unwrap().certificates().first().unwrap();
                assert_eq!(
                    key.unwrap().matches_public_key(leaf.public_key_der()),
                    Some(true),
                    "{name} {alias}"
                );
            }
        }
    }
}

#[test]
fn the_program_lists_converts_and_compares_them() {
    let folder = folder();
    let folder = folder.path();
    let pass = ["--storepass", "pass:secret1"];
    let with = |words: &[&str]| keyjar(folder, &[words, &pass].concat());
    let file = |name: &str| testdata(name).display().to_string();
    let said = with(&["list", &file("bks/v2.bks"), "-v"]).exits(0);
    said.says("BKS store, 4 entries")
        .says("no JDK reads BKS without Bouncy Castle's provider")
        .says("mac: HMAC-SHA-1, ");
    let said = with(&["list", &file("bks/uber.ubr"), "-v"]).exits(0);
    said.says("encrypted: PBE with SHA-1 and Twofish-256-CBC, ");
    let said = with(&["list", &file("bcfks/default.bcfks"), "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["format"], "bcfks");
    assert_eq!(document["mac"]["algorithm"], "HMAC-SHA-512");
    assert_eq!(document["mac"]["iterations"], 51_200);
    assert_eq!(document["readers"]["jdk"], serde_json::json!([]));
    for name in ["bks/v1.bks", "bks/uber.ubr", "bcfks/kwp.bcfks"] {
        for target in ["a.p12", "a.jceks", "a.bks", "a.ubr", "a.bcfks"] {
            with(&["convert", &file(name), target, "--force"]).exits(0);
            with(&["diff", &file(name), target]).exits(0);
        }
        with(&["convert", &file(name), "a.jks", "--force"])
            .exits(2)
            .talks_of("the secret key `aes`");
        with(&["convert", &file(name), "a.jks", "--force", "--skip-unsupported"]).exits(0);
        with(&["convert", &file(name), "a.pem", "--force", "--skip-unsupported"]).exits(0);
    }
    let store = file("bks/v2.bks");
    let flags = [
        "flags",
        "--truststore",
        &store,
        "--truststore-pass",
        "pass:secret1",
    ];
    keyjar(folder, &flags)
        .exits(0)
        .says("trustStoreType=BKS")
        .talks_of("with Bouncy Castle's provider only");
}
