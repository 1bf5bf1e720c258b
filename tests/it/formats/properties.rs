//! What holds for any store: entries that are written are read back as they were, in every format and profile; the
//! same random source and clock give the same bytes; an edited store is what the same edits make of a plain list;
//! what the model does not know survives any number of edits.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::Timestamp;
use keyjar::asn1::ObjectIdentifier;
use keyjar::keystore::{PrivateKeyEntry, SecretKey, SecretKeyEntry, TrustedCertificateEntry};
use keyjar::pkcs12::{Attribute, BagValue, Pfx, Profile, SafeBag, SafeContents};
use keyjar::secret::SecretBytes;
use keyjar::{Alias, Certificate, Entry, KeyStore, Limits, Password, PrivateKey, StoreFormat};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::support::testdata;

/// The same cases each time, unless `PROPTEST_RNG_SEED` asks for others and `PROPTEST_CASES` for more.
fn config() -> Config {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(20_261_125);
    }
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 48;
    }
    config
}

/// What a test puts into a store.
#[derive(Clone, Debug, PartialEq)]
enum Content {
    /// The number in a serial number.
    Trusted(u32),
    /// One of the keys; the first two have a chain whose issuer they share.
    Key(usize),
    Secret(String, Vec<u8>),
}

impl Content {
    fn entry(&self) -> Entry {
        match self {
            Self::Trusted(number) => {
                Entry::TrustedCertificate(TrustedCertificateEntry::new(certificate(*number)))
            }
            Self::Key(which) => {
                let (key, chain) = &keys()[*which];
                Entry::PrivateKey(PrivateKeyEntry::new(key.duplicate(), chain.clone()).unwrap())
            }
            Self::Secret(algorithm, octets) => Entry::SecretKey(SecretKeyEntry::new(SecretKey {
                algorithm: algorithm.clone(),
                octets: SecretBytes::new(octets.clone()),
            })),
        }
    }

    fn is_held_by(&self, format: StoreFormat, has_keys: bool) -> bool {
        match self {
            Self::Trusted(_) => true,
            Self::Key(_) => has_keys,
            Self::Secret(..) => has_keys && format != StoreFormat::Jks,
        }
    }
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(testdata("apm").join(name)).unwrap()
}

/// A self-signed certificate with another serial number: no chain leads to it.
fn certificate(number: u32) -> Certificate {
    static FIRST: OnceLock<(Vec<u8>, usize)> = OnceLock::new();
    let (der, at) = FIRST.get_or_init(|| {
        let first = Certificate::from_pem(&file("apm-server.crt")).unwrap();
        let serial = first.serial();
        let at = first
            .as_der()
            .windows(serial.len())
            .position(|window| window == serial)
            .unwrap();
        (first.as_der().to_vec(), at + 4)
    });
    let mut der = der.clone();
    der[*at..*at + 4].copy_from_slice(&number.to_be_bytes());
    Certificate::from_der(der).unwrap()
}

fn keys() -> &'static [(PrivateKey, Vec<Certificate>)] {
    static KEYS: OnceLock<Vec<(PrivateKey, Vec<Certificate>)>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let rows: [(&str, &[&str]); 3] = [
            ("client.key", &["client.crt", "ca.crt"]),
            ("ca.key", &["ca.crt"]),
            ("apm-server.key", &["apm-server.crt"]),
        ];
        rows.map(|(key, chain)| {
            let key = PrivateKey::from_input(&file(key), None).unwrap();
            let chain = chain
                .iter()
                .map(|name| Certificate::from_pem(&file(name)).unwrap())
                .collect();
            (key, chain)
        })
        .into()
    })
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 _.-]{1,12}",
        "\\PC{1,8}",
        // NUL, a line break, what folds to another length, beyond the basic plane, the empty name, a long one.
        Just(String::from("a\0b\nc")),
        Just(String::from("\u{130}\u{1e9e}\u{3a3}")),
        Just(String::from("\u{1f511}\u{fffd}\u{feff}")),
        Just(String::new()),
        Just("long ".repeat(2000)),
    ]
}

fn contents() -> impl Strategy<Value = Content> {
    let algorithms = prop_oneof![Just("AES"), Just("DESede"), Just("HmacSHA256")];
    prop_oneof![
        4 => any::<u32>().prop_map(Content::Trusted),
        3 => (0..3_usize).prop_map(Content::Key),
        1 => (algorithms, prop::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(algorithm, octets)| Content::Secret(algorithm.into(), octets)),
    ]
}

/// Entries of different aliases, in order.
fn entries(most: usize) -> impl Strategy<Value = Vec<(String, Content)>> {
    prop::collection::vec((names(), contents()), 0..most).prop_map(|all| {
        let mut seen = std::collections::HashSet::new();
        all.into_iter()
            .filter(|(name, _)| seen.insert(Alias::new(name)))
            .collect()
    })
}

/// Each format, PKCS#12 in each profile.
fn kinds() -> impl Strategy<Value = (StoreFormat, Option<Profile>)> {
    let profiles = Profile::ALL
        .iter()
        .map(|profile| (StoreFormat::Pkcs12, Some(*profile)));
    let others = [(StoreFormat::Jks, None), (StoreFormat::Jceks, None)];
    prop::sample::select(profiles.chain(others).collect::<Vec<_>>())
}

/// Instants that a store's milliseconds hold.
fn instants() -> impl Strategy<Value = Timestamp> {
    (0..4_102_444_800_000_i64).prop_map(|millis| Timestamp::from_millisecond(millis).unwrap())
}

fn password() -> Password {
    Password::new("changeit")
}

fn build(entries: &[(String, Content)]) -> KeyStore {
    let mut store = KeyStore::new();
    for (name, content) in entries {
        store.insert(name, content.entry()).unwrap();
    }
    store
}

fn encode(
    store: &KeyStore,
    (format, profile): (StoreFormat, Option<Profile>),
    now: Timestamp,
    seed: u64,
) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut encoder = store
        .encoder()
        .format(format)
        .iterations(2)
        .clock(now)
        .rng(&mut rng);
    if let Some(profile) = profile {
        encoder = encoder.profile(profile);
    }
    encoder.to_bytes(&password()).unwrap()
}

/// What a store holds, in the words of the model: keys decrypted, the model's own certificates by number.
fn held(store: &KeyStore) -> Vec<(Alias, Content)> {
    store
        .iter()
        .map(|(alias, entry)| {
            let content = match entry {
                Entry::TrustedCertificate(entry) => {
                    let serial = entry.certificate().serial();
                    let number = u32::from_be_bytes(serial[4..8].try_into().unwrap());
                    assert_eq!(entry.certificate(), &certificate(number));
                    Content::Trusted(number)
                }
                Entry::PrivateKey(entry) => {
                    let key = entry.key(&password()).unwrap();
                    let which = keys()
                        .iter()
                        .position(|(known, _)| known.expose_pkcs8_der() == key.expose_pkcs8_der())
                        .unwrap();
                    assert_eq!(entry.chain(), keys()[which].1, "the chain of {alias}");
                    Content::Key(which)
                }
                Entry::SecretKey(entry) => {
                    let key = entry.key(&password()).unwrap();
                    Content::Secret(key.algorithm, key.octets.expose_bytes().to_vec())
                }
                other => panic!("{other:?}"),
            };
            (alias.clone(), content)
        })
        .collect()
}

/// The order a format keeps: PKCS#12 files have their keys first.
fn in_order(entries: &[(String, Content)], format: StoreFormat) -> Vec<(Alias, Content)> {
    let mut all: Vec<_> = entries
        .iter()
        .map(|(name, content)| (Alias::new(name), content.clone()))
        .collect();
    if format == StoreFormat::Pkcs12 {
        all.sort_by_key(|(_, content)| matches!(content, Content::Trusted(_)));
    }
    all
}

/// What is done to a store that was opened; the numbers choose among its entries.
#[derive(Clone, Debug)]
enum Edit {
    Insert(String, Content),
    Replace(usize, Content),
    Remove(usize),
    Rename(usize, String),
}

fn edits() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (names(), contents()).prop_map(|(name, content)| Edit::Insert(name, content)),
        1 => (any::<usize>(), contents()).prop_map(|(at, content)| Edit::Replace(at, content)),
        2 => any::<usize>().prop_map(Edit::Remove),
        2 => (any::<usize>(), names()).prop_map(|(at, name)| Edit::Rename(at, name)),
    ]
}

/// Does the same to a store and to the model, which are of one mind about whether it can be done.
fn edit(store: &mut KeyStore, model: &mut BTreeMap<Alias, Content>, edit: &Edit, format: StoreFormat) {
    let nth =
        |at: &usize, model: &BTreeMap<Alias, Content>| model.keys().nth(at % model.len().max(1)).cloned();
    match edit {
        Edit::Insert(name, content) if content.is_held_by(format, true) => {
            let alias = Alias::new(name);
            let is_free = !model.contains_key(&alias);
            assert_eq!(store.insert(name, content.entry()).is_ok(), is_free);
            if is_free {
                model.insert(alias, content.clone());
            }
        }
        Edit::Replace(at, content) if content.is_held_by(format, true) => {
            if let Some(alias) = nth(at, model) {
                assert!(store.replace(alias.as_str(), content.entry()).is_some());
                model.insert(alias, content.clone());
            }
        }
        Edit::Insert(..) | Edit::Replace(..) => {}
        Edit::Remove(at) => {
            if let Some(alias) = nth(at, model) {
                assert!(store.remove(&alias).is_some());
                model.remove(&alias);
            }
        }
        Edit::Rename(at, name) => {
            if let Some(from) = nth(at, model) {
                let to = Alias::new(name);
                let is_free = to == from || !model.contains_key(&to);
                assert_eq!(store.rename(&from, name).is_ok(), is_free);
                if is_free {
                    let content = model.remove(&from).unwrap();
                    model.insert(to, content);
                }
            }
        }
    }
}

fn as_map(store: &KeyStore) -> BTreeMap<Alias, Content> {
    held(store).into_iter().collect()
}

/// A bag, a secret and attributes that no model has a name for.
fn unknown(seed: u8) -> (SafeBag, Attribute) {
    let value = bytes::Bytes::from(vec![0x04, 2, seed, 7]);
    let attribute = Attribute {
        oid: bytes::Bytes::from(ObjectIdentifier::new_unwrap("1.2.3.4.5").as_bytes().to_vec()),
        values: value.clone(),
    };
    let bag = SafeBag::new(
        BagValue::Other {
            bag_id: ObjectIdentifier::new_unwrap("1.2.3.4"),
            value,
        },
        [attribute.clone(), Attribute::friendly_name("an alias of its own")],
    );
    (bag, attribute)
}

/// Adds an unknown bag to each contents, and the unknown attribute to every bag an entry is made of.
fn with_unknown(bytes: Vec<u8>, seed: u8) -> Vec<u8> {
    let mut pfx = Pfx::from_bytes(&bytes.into(), &password(), &Limits::DEFAULT).unwrap();
    let (bag, attribute) = unknown(seed);
    for contents in &mut pfx.contents {
        let bags = contents.bags.as_mut().unwrap();
        for held in bags.iter_mut() {
            let attributes: Vec<_> = held.attributes.iter().chain([attribute.clone()]).collect();
            *held = SafeBag::new(held.value.clone(), attributes);
        }
        bags.push(bag.clone());
    }
    pfx.contents.push(SafeContents::new(None, vec![bag]));
    pfx.to_bytes(&password(), &mut StdRng::seed_from_u64(9)).unwrap()
}

fn bags(store: &KeyStore) -> Vec<SafeBag> {
    let contents = store.pfx().unwrap().contents.iter();
    contents.filter_map(|held| held.bags.clone()).flatten().collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn entries_are_read_back_as_they_were_written(
        entries in entries(10), kind in kinds(), now in instants(), seed: u64,
    ) {
        let (format, profile) = kind;
        let has_keys = profile.is_none_or(|profile| profile.keys.is_some());
        let entries: Vec<_> = entries
            .into_iter()
            .filter(|(_, content)| content.is_held_by(format, has_keys))
            .collect();
        let bytes = encode(&build(&entries), kind, now, seed);
        let read = KeyStore::from_bytes(bytes, &password()).unwrap();
        prop_assert_eq!(read.format(), format);
        prop_assert_eq!(held(&read), in_order(&entries, format));
        prop_assert!(read.skipped().is_empty(), "{:?}", read.skipped());
        let mut times: Vec<_> = read.iter().filter_map(|(_, entry)| entry.created()).collect();
        if format == StoreFormat::Pkcs12 {
            // Keys that are made at one instant are told apart by a millisecond each.
            times.sort();
            for (later, time) in times.iter().enumerate() {
                prop_assert_eq!(time.as_millisecond(), now.as_millisecond() + later as i64);
            }
        } else {
            prop_assert_eq!(times, vec![now; entries.len()]);
        }
        for (name, content) in &entries {
            // Where the JDK keeps the spelling of a name, so is it here.
            if format == StoreFormat::Pkcs12 && matches!(content, Content::Trusted(_)) {
                prop_assert_eq!(read.name(&Alias::new(name)), Some(name.as_str()));
            }
        }
    }

    #[test]
    fn the_same_random_source_and_clock_give_the_same_bytes(
        entries in entries(6), kind in kinds(), now in instants(), seed: u64,
    ) {
        let has_keys = kind.1.is_none_or(|profile| profile.keys.is_some());
        let entries: Vec<_> = entries
            .into_iter()
            .filter(|(_, content)| content.is_held_by(kind.0, has_keys))
            .collect();
        let once = encode(&build(&entries), kind, now, seed);
        prop_assert_eq!(&once, &encode(&build(&entries), kind, now, seed));
        let is_random = kind.1.is_some_and(|profile| profile.mac.is_some());
        if is_random {
            prop_assert_ne!(once, encode(&build(&entries), kind, now, seed ^ 1));
        }
    }

    #[test]
    fn an_edited_store_is_what_the_same_edits_make_of_a_list(
        entries in entries(6),
        kind in kinds(),
        first in prop::collection::vec(edits(), 0..4),
        second in prop::collection::vec(edits(), 1..4),
    ) {
        let (format, profile) = kind;
        prop_assume!(profile.is_none_or(|profile| profile.keys.is_some()));
        // A key's own count is what an edit writes the next one with: two iterations, for speed.
        let fixed = [(String::from("a key that stays"), Content::Key(2))];
        let entries: Vec<_> = fixed
            .into_iter()
            .chain(entries.into_iter().filter(|(_, content)| content.is_held_by(format, true)))
            .collect();
        let mut bytes = encode(&build(&entries), kind, Timestamp::UNIX_EPOCH, 5);
        let mut model: BTreeMap<_, _> = in_order(&entries, format).into_iter().collect();
        for round in [first, second] {
            let mut store = KeyStore::from_bytes(bytes, &password()).unwrap();
            prop_assert_eq!(&as_map(&store), &model);
            for change in &round {
                edit(&mut store, &mut model, change, format);
            }
            let mut rng = StdRng::seed_from_u64(6);
            let mut encoder = store.encoder().rng(&mut rng);
            if format != StoreFormat::Pkcs12 {
                encoder = encoder.iterations(2);
            }
            bytes = encoder.to_bytes(&password()).unwrap();
            let read = KeyStore::from_bytes(bytes.clone(), &password()).unwrap();
            prop_assert_eq!(&as_map(&read), &model);
        }
    }

    #[test]
    fn what_the_model_does_not_know_survives_two_edits_in_turn(
        entries in entries(5),
        seed: u8,
        first in prop::collection::vec(edits(), 1..4),
        second in prop::collection::vec(edits(), 1..4),
    ) {
        let fixed = [
            (String::from("a key that stays"), Content::Key(2)),
            (String::from("A certificate that stays"), Content::Trusted(7)),
        ];
        let entries: Vec<_> = fixed.into_iter().chain(entries).collect();
        let kind = (StoreFormat::Pkcs12, Some(Profile::MODERN));
        let mut bytes = with_unknown(encode(&build(&entries), kind, Timestamp::UNIX_EPOCH, 5), seed);
        let stays = |alias: &Alias| alias.as_str().ends_with(" that stays");
        let (bag, attribute) = unknown(seed);
        for round in [first, second] {
            let mut store = KeyStore::from_bytes(bytes, &password()).unwrap();
            let mut model = as_map(&store);
            let others = |model: &BTreeMap<Alias, Content>| {
                model.iter().filter(|(alias, _)| !stays(alias)).map(|(a, c)| (a.clone(), c.clone())).collect()
            };
            let mut free: BTreeMap<Alias, Content> = others(&model);
            for change in &round {
                if matches!(change, Edit::Insert(name, _) | Edit::Rename(_, name) if stays(&Alias::new(name))) {
                    continue;
                }
                edit(&mut store, &mut free, change, StoreFormat::Pkcs12);
            }
            model.retain(|alias, _| stays(alias));
            model.extend(free);
            bytes = store.encoder().rng(&mut StdRng::seed_from_u64(6)).to_bytes(&password()).unwrap();
            let read = KeyStore::from_bytes(bytes.clone(), &password()).unwrap();
            prop_assert_eq!(&as_map(&read), &model);
            let all = bags(&read);
            prop_assert_eq!(all.iter().filter(|held| **held == bag).count(), 3);
            for name in ["a key that stays", "a certificate that stays"] {
                let kept = all
                    .iter()
                    .filter(|held| held.friendly_name().unwrap().is_some_and(|n| n.to_lowercase() == name));
                for held in kept {
                    prop_assert!(held.attributes.iter().any(|found| found == attribute), "{name}: {held:?}");
                }
            }
        }
    }
}

#[test]
fn a_thousand_entries_of_each_kind_are_read_back_in_every_format() {
    let entries: Vec<_> = (0..1000)
        .map(|number| {
            let content = match number % 10 {
                0 => Content::Key(number as usize % 3),
                _ => Content::Trusted(number),
            };
            (format!("Entry {number}"), content)
        })
        .collect();
    for kind in [
        (StoreFormat::Pkcs12, Some(Profile::MODERN)),
        (StoreFormat::Jks, None),
        (StoreFormat::Jceks, None),
    ] {
        let bytes = encode(&build(&entries), kind, Timestamp::UNIX_EPOCH, 1);
        let read = KeyStore::from_bytes(bytes, &password()).unwrap();
        assert_eq!(held(&read), in_order(&entries, kind.0), "{}", kind.0);
    }
}

/// A file of trusted certificates, by friendlyName and serial number.
fn trusted(bags: &[(Option<&str>, u32)]) -> KeyStore {
    let bags = bags
        .iter()
        .map(|(name, number)| {
            let name = name.map(Attribute::friendly_name);
            let value = BagValue::X509Certificate(certificate(*number).to_bytes());
            SafeBag::new(value, name.into_iter().chain([Attribute::trusted()]))
        })
        .collect();
    let pfx = Pfx::new(vec![SafeContents::new(None, bags)], None);
    let bytes = pfx.to_bytes(&password(), &mut StdRng::seed_from_u64(1)).unwrap();
    KeyStore::from_bytes(bytes, &password()).unwrap()
}

#[test]
fn entries_without_a_name_keep_their_numbers_when_one_goes() {
    let unnamed = [(None, 1), (Some("named"), 2), (None, 3), (None, 4)];
    let change: [fn(&mut KeyStore); 2] = [
        |store| drop(store.remove(&Alias::new("1")).unwrap()),
        |store| store.rename(&Alias::new("1"), "first").unwrap(),
    ];
    for change in change {
        let mut store = trusted(&unnamed);
        change(&mut store);
        let wanted = held(&store);
        let read = KeyStore::from_bytes(store.encoder().to_bytes(&password()).unwrap(), &password()).unwrap();
        assert_eq!(held(&read), wanted);
    }
}

#[test]
fn of_two_certificates_of_one_alias_the_same_one_is_seen_after_conversion() {
    let store = trusted(&[(Some("One"), 1), (Some("one"), 2), (Some("two"), 3)]);
    for profile in Profile::ALL {
        let bytes = encode(
            &store,
            (StoreFormat::Pkcs12, Some(*profile)),
            Timestamp::UNIX_EPOCH,
            1,
        );
        let read = KeyStore::from_bytes(bytes, &password()).unwrap();
        assert_eq!(held(&read), held(&store), "{}", profile.name);
        assert_eq!(read.skipped(), store.skipped(), "{}", profile.name);
    }
}
