//! The PKCS#12 files of others, bag by bag, where their folder is beside the checkout.

use keyjar::asn1::ObjectIdentifier;
use keyjar::pkcs12::{BagValue, Pfx, SafeBag};
use keyjar::{ErrorKind, Limits, Password};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::support::corpus;

/// Every PKCS#12 file: its name, what is expected of it, its bytes and its password.
fn files() -> Option<Vec<(String, String, bytes::Bytes, Password)>> {
    let corpus = corpus()?;
    let manifest = std::fs::read_to_string(corpus.join("manifest.jsonl")).unwrap();
    let rows = manifest
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let files = rows.filter(|row| row["format"] == "pkcs12").map(|row| {
        let name = row["file"].as_str().unwrap().to_owned();
        let expected = row["expect_judge"].as_str().unwrap().to_owned();
        let bytes = std::fs::read(corpus.join(&name)).unwrap().into();
        let password = row["store_pw"]
            .as_str()
            .map_or_else(Password::none, Password::new);
        (name, expected, bytes, password)
    });
    Some(files.collect())
}

fn read(bytes: &bytes::Bytes, password: &Password) -> Result<Pfx, keyjar::pkcs12::Error> {
    Pfx::from_bytes(bytes, password, &Limits::DEFAULT)
}

/// Whether opening it once is enough for a test.
fn is_slow(pfx: &Pfx) -> bool {
    let contents = pfx
        .contents
        .iter()
        .filter_map(|contents| contents.encryption.as_ref());
    let counts = contents
        .map(|pbe| pbe.iterations())
        .chain(pfx.mac.as_ref().map(|mac| mac.iterations()));
    counts.max().unwrap_or_default() > 100_000
}

#[test]
fn what_should_open_opens_and_comes_back_byte_for_byte() {
    let Some(files) = files() else { return };
    let mut opened = 0;
    for (name, expected, bytes, password) in files {
        match read(&bytes, &password) {
            Ok(pfx) => {
                let written = pfx.to_bytes(&password, &mut StdRng::seed_from_u64(1)).unwrap();
                assert_eq!(written, bytes, "{name}");
                opened += 1;
            }
            Err(error) => assert_ne!(expected, "entries", "{name}: {error:?}"),
        }
    }
    assert!(opened > 800, "only {opened} files were opened");
}

#[test]
fn an_edit_of_one_content_loses_nothing_of_the_others() {
    let Some(files) = files() else { return };
    let added = SafeBag::new(
        BagValue::Other {
            bag_id: ObjectIdentifier::new_unwrap("1.2.3.4"),
            value: bytes::Bytes::from_static(&[5, 0]),
        },
        [],
    );
    let mut edited_files = 0;
    for (name, expected, bytes, password) in files {
        let Ok(pfx) = read(&bytes, &password) else {
            continue;
        };
        if expected != "entries" || password.is_none() || is_slow(&pfx) || pfx.contents.is_empty() {
            continue;
        }
        let mut edited = pfx.clone();
        let last = edited.contents.len() - 1;
        edited.contents[last].bags.as_mut().unwrap().push(added.clone());
        let written = edited.to_bytes(&password, &mut StdRng::seed_from_u64(1)).unwrap();
        let again = read(&written.into(), &password).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(again.contents.len(), edited.contents.len(), "{name}");
        for (at, (new, old)) in again.contents.iter().zip(&edited.contents).enumerate() {
            assert_eq!(new.bags, old.bags, "{name}: contents {at}");
            if at != last {
                assert_eq!(
                    new.encryption, old.encryption,
                    "{name}: contents {at} kept their salt"
                );
            }
        }
        edited_files += 1;
    }
    assert!(edited_files > 500, "only {edited_files} files were edited");
}

#[test]
fn another_password_is_never_taken_for_damage() {
    let Some(files) = files() else { return };
    let wrong = Password::new("certainly-not-this-one");
    for (name, expected, bytes, password) in files {
        let Ok(pfx) = read(&bytes, &password) else {
            continue;
        };
        let is_protected =
            pfx.mac.is_some() || pfx.contents.iter().any(|contents| contents.encryption.is_some());
        if expected != "entries" || !is_protected || password.is_none() || is_slow(&pfx) {
            continue;
        }
        let error = read(&bytes, &wrong).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongPassword, "{name}: {error:?}");
    }
}
