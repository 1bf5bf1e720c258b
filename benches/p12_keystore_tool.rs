//! What a program on the `p12-keystore` crate costs: the benchmark starts itself once more as that program.

use std::fs;
use std::path::Path;

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, Pkcs12ImportPolicy, PrivateKey, PrivateKeyChain};

const PASSWORD: &str = "changeit";

/// `add CERTIFICATES STORE`, `bundle CERTIFICATE KEY CHAIN STORE`, `list STORE`; whether it was one of these.
pub(crate) fn run(arguments: &[String]) -> bool {
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["add", input, store] => add(input, store),
        ["bundle", certificate, key, chain, store] => bundle(certificate, key, chain, store),
        ["list", store] => {
            for (alias, entry) in open(store).entries() {
                if let KeyStoreEntry::Certificate(certificate) = entry {
                    println!("{alias} {}", certificate.subject());
                }
            }
        }
        _ => return false,
    }
    true
}

fn certificates(path: &str) -> Vec<Certificate> {
    pem::parse_many(fs::read(path).unwrap())
        .unwrap()
        .iter()
        .map(|block| Certificate::from_der(block.contents()).unwrap())
        .collect()
}

fn open(path: &str) -> KeyStore {
    KeyStore::from_pkcs12(&fs::read(path).unwrap(), PASSWORD, Pkcs12ImportPolicy::Strict).unwrap()
}

fn add(input: &str, path: &str) {
    let mut store = if Path::new(path).exists() {
        open(path)
    } else {
        KeyStore::new()
    };
    for (number, certificate) in certificates(input).into_iter().enumerate() {
        let alias = format!("{}-{number}", certificate.subject());
        store.add_entry(&alias, KeyStoreEntry::Certificate(certificate));
    }
    fs::write(path, store.writer(PASSWORD).write().unwrap()).unwrap();
}

fn bundle(certificate: &str, key: &str, chain: &str, path: &str) {
    let key = pem::parse(fs::read(key).unwrap()).unwrap();
    let key = PrivateKey::from_der(key.contents()).unwrap();
    let chain = certificates(certificate).into_iter().chain(certificates(chain));
    let mut store = KeyStore::new();
    store.add_entry(
        "client",
        KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("client", key, chain)),
    );
    fs::write(path, store.writer(PASSWORD).write().unwrap()).unwrap();
}
