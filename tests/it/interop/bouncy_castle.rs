//! Bouncy Castle's provider on the host's JDK: what is written here opens there, with the same entries.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use keyjar::crypto::Digest;
use keyjar::keystore::{PrivateKeyEntry, SecretKey, SecretKeyEntry, TrustedCertificateEntry};
use keyjar::secret::SecretBytes;
use keyjar::{Certificate, Entry, KeyStore, Password, PrivateKey, StoreFormat};

use crate::support::{folder, has, keyjar, root, run, testdata};

/// Debian's libbcprov-java.
const BCPROV: &str = "/usr/share/java/bcprov.jar";

/// The classes; nothing where there is no compiler or no provider, which is said.
fn classes(folder: &Path) -> Option<String> {
    if !has("javac", &["-version"]) || !has("test", &["-f", BCPROV]) {
        return None;
    }
    let source = root().join("tests/it/interop/java/BouncyCastle.java");
    run(Command::new("javac").arg("-d").arg(folder).arg(source)).exits(0);
    Some(format!("{}:{BCPROV}", folder.display()))
}

/// What the provider finds in each of these stores, in one JVM.
fn found(classes: &str, folder: &Path, stores: &[(&str, &str, PathBuf)]) -> Vec<String> {
    let list = folder.join("stores");
    let lines = stores
        .iter()
        .map(|(kind, password, path)| format!("{kind}\t{password}\t{}\n", path.display()));
    fs::write(&list, lines.collect::<String>()).unwrap();
    let said = run(Command::new("java")
        .args(["-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-cp", classes])
        .arg("BouncyCastle")
        .arg(&list))
    .exits(0);
    let blocks: Vec<String> = said
        .stdout
        .split("== ")
        .skip(1)
        .map(|block| block.split_once('\n').unwrap().1.to_owned())
        .collect();
    assert_eq!(blocks.len(), stores.len(), "{}", said.stdout);
    blocks
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The same lines for a store opened here.
fn ours(store: &KeyStore, password: &Password) -> String {
    let digest = |octets: &[u8]| hex(&Digest::Sha256.hash(&[octets]));
    let mut lines: Vec<String> = store
        .iter()
        .map(|(alias, entry)| {
            let mut line = store.name(alias).unwrap().to_owned();
            match entry {
                Entry::TrustedCertificate(entry) => {
                    let _ = write!(line, "\ttrusted {}", digest(entry.certificate().as_der()));
                }
                Entry::PrivateKey(entry) => {
                    let key = entry.key(password).unwrap();
                    let fits = key.matches_public_key(entry.chain()[0].public_key_der());
                    let fits = if fits == Some(true) {
                        "fits"
                    } else {
                        "is another's"
                    };
                    let _ = write!(line, "\tprivate {} {fits}", key.algorithm());
                    for certificate in entry.chain() {
                        let _ = write!(line, " {}", digest(certificate.as_der()));
                    }
                }
                Entry::SecretKey(entry) => {
                    let key = entry.key(password).unwrap();
                    let _ = write!(
                        line,
                        "\tsecret {} {}",
                        key.algorithm,
                        digest(key.octets.expose_bytes())
                    );
                }
                other => panic!("{other:?}"),
            }
            let created = entry.created().unwrap().as_second();
            line + &format!("\t{created}\n")
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// The provider's BCFKS takes HMAC keys and does not give them back: it looks for a factory by their OID and has none.
fn assert_same(ours: &str, theirs: &str, path: &Path) {
    let is_lost = |line: &str| line.contains("no such algorithm: 1.2.840.113549.2.");
    let lost: Vec<_> = theirs
        .lines()
        .filter(|line| is_lost(line))
        .filter_map(|line| line.split('\t').next())
        .collect();
    let given = ours
        .lines()
        .filter(|line| !lost.iter().any(|alias| line.split('\t').next() == Some(alias)));
    let theirs = theirs.lines().filter(|line| !is_lost(line));
    assert_eq!(
        given.collect::<Vec<_>>(),
        theirs.collect::<Vec<_>>(),
        "{}",
        path.display()
    );
}

fn store() -> KeyStore {
    let read = |name: &str| fs::read(testdata("apm").join(name)).unwrap();
    let certificate = |name: &str| Certificate::from_pem(&read(name)).unwrap();
    let mut store = KeyStore::new();
    let key = PrivateKey::from_input(&read("client.key"), None).unwrap();
    let entry = PrivateKeyEntry::new(key, vec![certificate("client.crt"), certificate("ca.crt")]).unwrap();
    store.insert("client", Entry::PrivateKey(entry)).unwrap();
    for (alias, algorithm, length) in [
        ("aes", "AES", 32),
        ("mac", "HmacSHA256", 20),
        ("des3", "DESede", 24),
    ] {
        let key = SecretKey {
            algorithm: String::from(algorithm),
            octets: SecretBytes::new((1..).take(length).collect()),
        };
        store
            .insert(alias, Entry::SecretKey(SecretKeyEntry::new(key)))
            .unwrap();
    }
    let trusted = TrustedCertificateEntry::new(certificate("apm-server.crt"));
    store
        .insert("gr\u{fc}n \u{1f511}", Entry::TrustedCertificate(trusted))
        .unwrap();
    store
}

const FORMATS: [(&str, StoreFormat); 3] = [
    ("BKS", StoreFormat::Bks),
    ("UBER", StoreFormat::Uber),
    ("BCFKS", StoreFormat::Bcfks),
];

#[test]
fn bouncy_castle_finds_the_same_entries_in_stores_written_and_changed_here() {
    let folder = folder();
    let folder = folder.path();
    let Some(classes) = classes(folder) else { return };
    let mut stores = Vec::new();
    for (kind, format) in FORMATS {
        for text in ["secret1", "gr\u{fc}n\u{20ac}"] {
            let password = Password::new(text);
            let path = folder.join(format!("{kind}-{}", text.len()));
            store().encoder().format(format).save(&path, &password).unwrap();
            stores.push((kind, text, path));
        }
    }
    // Stores of Bouncy Castle itself, changed by the program: the others' entries stay as they were.
    for (kind, name) in [
        ("BKS", "bks/v1.bks"),
        ("UBER", "bks/uber.ubr"),
        ("BCFKS", "bcfks/kwp.bcfks"),
        ("BCFKS", "bcfks/scrypt-p1.bcfks"),
        ("BCFKS", "bcfks/sha3.bcfks"),
    ] {
        let copy = name.replace('/', "-");
        fs::copy(testdata(name), folder.join(&copy)).unwrap();
        let old = ["--storepass", "pass:secret1"];
        let run = |words: &[&str]| keyjar(folder, &[words, &old].concat()).exits(0);
        run(&["rename", &copy, "ca", "Authority"]);
        run(&["remove", &copy, "mac"]);
        let server = testdata("apm/apm-server.crt").display().to_string();
        run(&["import", &server, "--alias", "Server", "--truststore", &copy]);
        stores.push((kind, "secret1", folder.join(&copy)));
        let changed = format!("passwd-{copy}");
        fs::copy(folder.join(&copy), folder.join(&changed)).unwrap();
        run(&["passwd", &changed, "--new-storepass", "pass:another"]);
        stores.push((kind, "another", folder.join(&changed)));
    }
    for ((kind, text, path), theirs) in stores.iter().zip(found(&classes, folder, &stores)) {
        let password = Password::new(*text);
        let store = KeyStore::open(path, &password).unwrap();
        assert_same(&ours(&store, &password), &theirs, path);
        assert!(!theirs.is_empty(), "{kind}");
    }
}

#[test]
fn the_entries_found_in_bouncy_castles_own_stores_are_those_it_finds_itself() {
    let folder = folder();
    let folder = folder.path();
    let Some(classes) = classes(folder) else { return };
    let mut stores = Vec::new();
    for (kind, place) in [("BKS", "bks"), ("BCFKS", "bcfks")] {
        for entry in fs::read_dir(testdata(place)).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().unwrap().to_str().unwrap().to_owned();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let kind = match ending.as_str() {
                "bks" | "bcfks" => kind,
                "ubr" => "UBER",
                _ => continue,
            };
            // The first has two aliases that differ by case; the keys of the others have another password.
            if name == "mixed-case.bks" || name.starts_with("own-password") {
                continue;
            }
            let password = match name.split_once("-password") {
                Some(("empty", _)) => "",
                Some(("umlaut", _)) => "gr\u{fc}n\u{20ac}",
                _ => "secret1",
            };
            stores.push((kind, password, path));
        }
    }
    assert!(stores.len() > 10);
    for ((_, text, path), theirs) in stores.iter().zip(found(&classes, folder, &stores)) {
        let password = Password::new(*text);
        let store = KeyStore::open(path, &password).unwrap();
        assert_same(&ours(&store, &password), &theirs, path);
    }
}
