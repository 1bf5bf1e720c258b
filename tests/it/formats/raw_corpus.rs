//! The raw layer and edits over the stores of others, where their folder is beside the checkout: JKS and JCEKS
//! files come back byte for byte, and an edit of a PKCS#12 file's entries loses no bag and no attribute.

use keyjar::jks::Jks;
use keyjar::keystore::TrustedCertificateEntry;
use keyjar::pkcs12::{Attribute, BagValue, Pfx, SafeBag, attribute};
use keyjar::{Alias, Certificate, Entry, KeyStore, Limits, Password, StoreFormat};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::support::{corpus, testdata};

/// Every store that has to open: its name, bytes and password.
fn stores(formats: &[&str]) -> Option<Vec<(String, bytes::Bytes, Password)>> {
    let corpus = corpus()?;
    let manifest = std::fs::read_to_string(corpus.join("manifest.jsonl")).unwrap();
    let rows = manifest
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let wanted = rows.filter(|row| {
        row["expect_judge"] == "entries" && formats.contains(&row["format"].as_str().unwrap_or_default())
    });
    let read = |row: Value| {
        let name = row["file"].as_str().unwrap().to_owned();
        let bytes = std::fs::read(corpus.join(&name)).unwrap().into();
        let password = row["store_pw"].as_str().map(Password::new)?;
        Some((name, bytes, password))
    };
    Some(wanted.filter_map(read).collect())
}

#[test]
fn jks_and_jceks_files_are_written_back_byte_for_byte() {
    let Some(stores) = stores(&["jks", "jceks"]) else {
        return;
    };
    let mut files = 0;
    for (name, bytes, password) in stores {
        let Ok(jks) = Jks::from_bytes(&bytes, &password, &Limits::DEFAULT) else {
            continue;
        };
        assert_eq!(jks.to_bytes(&password).unwrap(), bytes, "{name}");
        // Another password is another file of the same records; back again, it is of version 2.
        let other = Password::new("another one");
        let written = jks.to_bytes(&other).unwrap().into();
        let read = Jks::from_bytes(&written, &other, &Limits::DEFAULT).unwrap();
        assert_eq!(read.records, jks.records, "{name}");
        files += 1;
    }
    assert!(files > 100, "only {files} files were read");
}

/// The bags of a file, those of nested contents behind the one that holds them.
fn bags(pfx: &Pfx) -> Vec<SafeBag> {
    fn push(bag: &SafeBag, all: &mut Vec<SafeBag>) {
        match &bag.value {
            BagValue::SafeContents(nested) => nested.iter().for_each(|bag| push(bag, all)),
            _ => all.push(bag.clone()),
        }
    }
    let mut all = Vec::new();
    for contents in pfx.contents.iter().filter_map(|held| held.bags.as_ref()) {
        contents.iter().for_each(|bag| push(bag, &mut all));
    }
    all
}

/// The attributes but for the name, which renaming changes.
fn unnamed(bag: &SafeBag) -> Vec<Attribute> {
    bag.attributes
        .iter()
        .filter(|found| !found.is(&attribute::FRIENDLY_NAME))
        .collect()
}

/// What is counted before and after: a certificate's or an unknown bag's value and the attributes beside its name;
/// a key's attributes alone, since it may have been encrypted anew.
fn held(pfx: &Pfx) -> Vec<String> {
    let mut all: Vec<_> = bags(pfx)
        .iter()
        .map(|bag| match &bag.value {
            BagValue::ShroudedKey(_) => format!("key {:?}", unnamed(bag)),
            BagValue::Secret { type_id, .. } => format!("secret {type_id} {:?}", unnamed(bag)),
            BagValue::X509Certificate(der) => format!("certificate {der:?} {:?}", unnamed(bag)),
            BagValue::Other { bag_id, value } => format!("{bag_id} {value:?} {:?}", unnamed(bag)),
            other => format!("{other:?} {:?}", unnamed(bag)),
        })
        .collect();
    all.sort();
    all
}

/// How many of `before` are not in `after`; both are sorted.
fn lost(before: &[String], after: &[String]) -> Vec<String> {
    let mut left = after.to_vec();
    before
        .iter()
        .filter(|bag| match left.iter().position(|found| found == *bag) {
            Some(at) => {
                left.remove(at);
                false
            }
            None => true,
        })
        .cloned()
        .collect()
}

/// Iterations that opening it and its keys takes.
fn work(store: &KeyStore) -> u64 {
    let pfx = store.pfx().unwrap();
    let contents = pfx.contents.iter().filter_map(|held| held.encryption.as_ref());
    let keys = store.iter().filter_map(|(_, entry)| entry.key_encryption());
    contents
        .map(|pbe| u64::from(pbe.iterations()))
        .chain(pfx.mac.as_ref().map(|mac| u64::from(mac.iterations())))
        .chain(keys.map(|how| u64::from(how.iterations.unwrap_or(10_000))))
        .sum()
}

#[test]
fn an_edit_of_the_entries_loses_no_other_bag_and_no_attribute() {
    let Some(stores) = stores(&["pkcs12"]) else {
        return;
    };
    let added = Certificate::from_pem(&std::fs::read(testdata("apm/apm-server.crt")).unwrap()).unwrap();
    let mut files = 0;
    for (at, (name, bytes, password)) in stores.into_iter().enumerate() {
        let open = |bytes: bytes::Bytes, password: &Password| {
            KeyStore::from_bytes(bytes, password).unwrap_or_else(|error| panic!("{name}: {error:?}"))
        };
        let store = open(bytes.clone(), &password);
        // Of the many with today's counts one in 24 is enough.
        if store.pfx().is_none() || work(&store) > 60_000 || (work(&store) > 6_000 && at % 24 != 0) {
            continue;
        }
        let before = held(store.pfx().unwrap());
        let encode = |store: &KeyStore, password: &Password, old: &Password| {
            let mut rng = StdRng::seed_from_u64(1);
            let encoder = store.encoder().old_password(old).rng(&mut rng);
            encoder
                .to_bytes(password)
                .map(bytes::Bytes::from)
                .unwrap_or_else(|error| panic!("{name}: {error:?}"))
        };
        let free = store.free_name("added");
        let entry = || Entry::TrustedCertificate(TrustedCertificateEntry::new(added.clone()));

        let mut inserted = open(bytes.clone(), &password);
        inserted.insert(&free, entry()).unwrap();
        let written = encode(&inserted, &password, &password);
        let after = open(written, &password);
        assert_eq!(
            lost(&before, &held(after.pfx().unwrap())),
            [""; 0],
            "{name}: insert"
        );
        assert_eq!(after.len(), store.len() + 1, "{name}: insert");

        let aliases: Vec<Alias> = store.aliases().cloned().collect();
        if let Some(first) = aliases.first() {
            let mut renamed = open(bytes.clone(), &password);
            renamed.rename(first, &free).unwrap();
            let after = open(encode(&renamed, &password, &password), &password);
            assert_eq!(held(after.pfx().unwrap()), before, "{name}: rename");
            assert!(after.get(&Alias::new(&free)).is_some(), "{name}: rename");

            // What goes with an entry are its own bags and no one else's.
            let mut removed = open(bytes.clone(), &password);
            let entry = removed.remove(first).unwrap();
            let after = open(encode(&removed, &password, &password), &password);
            let gone = lost(&before, &held(after.pfx().unwrap()));
            let own =
                entry.certificates().len() + usize::from(!matches!(entry, Entry::TrustedCertificate(_)));
            assert!(gone.len() <= own.max(1), "{name}: remove took {gone:?}");
            assert!(gone.iter().all(|bag| {
                ["key ", "secret ", "certificate ", "Key("]
                    .iter()
                    .any(|kind| bag.starts_with(kind))
            }));
            for alias in aliases.iter().skip(1) {
                assert!(after.get(alias).is_some(), "{name}: remove lost {alias}");
            }
        }

        let new = Password::new("another one");
        let opens = store.private_keys(&password).iter().all(|(_, key)| key.is_ok());
        let is_locked = store
            .pfx()
            .unwrap()
            .contents
            .iter()
            .any(|held| held.bags.is_none());
        if opens && !is_locked && all_secrets_open(&store, &password) {
            let after = open(encode(&store, &new, &password), &new);
            assert_eq!(held(after.pfx().unwrap()), before, "{name}: passwd");
            assert_eq!(after.format(), StoreFormat::Pkcs12);
        }
        files += 1;
    }
    assert!(files > 200, "only {files} files were edited");
}

fn all_secrets_open(store: &KeyStore, password: &Password) -> bool {
    store.iter().all(|(_, entry)| match entry {
        Entry::SecretKey(entry) => entry.key(password).is_ok(),
        _ => true,
    })
}
