//! What has to hold for any bytes: one function for each fuzz target. The package's tests replay
//! `testdata/regressions/` through these same functions.

use bytes::Bytes;
use keyjar::jks::{Jks, RecordValue, recover_key, recover_secret};
use keyjar::keystore::TrustedCertificateEntry;
use keyjar::pkcs12::{BagValue, Pfx, Profile, SafeBag};
use keyjar::x509::PublicKeyInfo;
use keyjar::{Alias, Certificate, Entry, KeyStore, Limits, Password, PrivateKey, StoreFormat, pem, x509};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Passwords of the seeds.
const PASSWORDS: [&str; 3] = ["changeit", "secret1", ""];

/// The default limits with less work: an execution has to be short.
fn limits() -> Limits {
    let mut limits = Limits::DEFAULT;
    limits.iterations = 2_100;
    limits.total_iterations = 6_300;
    limits.scrypt_bytes = 1 << 20;
    limits.input_bytes = 1 << 20;
    limits
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// PKCS#12's raw layer: a file that opens comes back byte for byte, and one whose bags were changed opens again
/// with these bags.
pub fn pkcs12(bytes: &[u8]) {
    let limits = limits();
    let bytes = Bytes::copy_from_slice(bytes);
    for password in [Password::none()].into_iter().chain(PASSWORDS.map(Password::new)) {
        let Ok(pfx) = Pfx::from_bytes(&bytes, &password, &limits) else {
            continue;
        };
        let written = pfx
            .to_bytes(&password, &mut rng())
            .expect("what was read can be written");
        assert_eq!(written, bytes, "nothing was changed");
        for bag in pfx
            .contents
            .iter()
            .filter_map(|held| held.bags.as_ref())
            .flatten()
        {
            look_at(bag);
        }
        let mut edited = pfx.clone();
        let Some(bags) = edited.contents.first_mut().and_then(|held| held.bags.as_mut()) else {
            continue;
        };
        bags.reverse();
        let Ok(written) = edited.to_bytes(&password, &mut rng()) else {
            assert!(
                password.is_none(),
                "an opened file can be written with its password"
            );
            continue;
        };
        let again = Pfx::from_bytes(&written.into(), &password, &limits).expect("an edited file opens");
        for (new, old) in again.contents.iter().zip(&edited.contents) {
            assert_eq!(new.bags, old.bags, "no bag was lost");
        }
    }
}

fn look_at(bag: &SafeBag) {
    let _ = (
        bag.friendly_name(),
        bag.local_key_id(),
        bag.is_trusted(),
        bag.attributes.iter().count(),
    );
    if let BagValue::SafeContents(bags) = &bag.value {
        bags.iter().for_each(look_at);
    }
}

/// JKS' and JCEKS' raw layer: records that were read are the records that are read of what is written of them.
pub fn jks(bytes: &[u8]) {
    let limits = limits();
    let bytes = Bytes::copy_from_slice(bytes);
    for password in [Password::none()].into_iter().chain(PASSWORDS.map(Password::new)) {
        let Ok(jks) = Jks::from_bytes(&bytes, &password, &limits) else {
            continue;
        };
        for record in &jks.records {
            match &record.value {
                RecordValue::PrivateKey { key, .. } => drop(recover_key(key, &password, &limits)),
                RecordValue::SecretKey(stream) => drop(recover_secret(stream, &password, &limits)),
                RecordValue::TrustedCertificate(_) => {}
            }
        }
        let password = Password::new("fuzzing");
        let Ok(written) = jks.to_bytes(&password) else {
            // Modified UTF-8 that is no UTF-16 takes more octets once it is replaced.
            continue;
        };
        let again = Jks::from_bytes(&written.into(), &password, &limits).expect("what was written is read");
        assert_eq!(again.records, jks.records);
    }
}

/// PEM, keys and certificates as people hand them in.
pub fn input(bytes: &[u8]) {
    let limits = limits();
    let _ = pem::sniff(bytes).to_string();
    if let Ok(blocks) = pem::read(bytes) {
        for block in blocks {
            let again = pem::encode("X", &block.der);
            let again = pem::read(again.as_bytes()).expect("what was encoded is read");
            assert_eq!(again[0].der, block.der);
        }
    }
    let shared = Bytes::copy_from_slice(bytes);
    if let Ok(read) = x509::read_certificates(&shared, &limits) {
        assert!(!read.certificates.is_empty(), "nothing is no certificate");
        let bundle = x509::encode_pkcs7(&read.certificates);
        let again = x509::read_certificates(&bundle.into(), &limits).expect("a bundle is read");
        assert_eq!(again.certificates.len(), read.certificates.len());
    }
    if has_small_counts(bytes) {
        for password in PASSWORDS {
            key(PrivateKey::from_input(bytes, Some(&Password::new(password))));
        }
    }
    key(PrivateKey::from_input(bytes, None));
}

/// Keys are read under the default limits, which is too much work for many executions.
fn has_small_counts(bytes: &[u8]) -> bool {
    let der = pem::read(bytes)
        .ok()
        .and_then(|blocks| blocks.first().map(|block| block.der.clone()));
    let der = der.unwrap_or_else(|| Bytes::copy_from_slice(bytes));
    match keyjar::pkcs8::EncryptedPrivateKey::from_der(der).and_then(|key| key.encryption()) {
        Ok(pbe) => {
            pbe.iterations() <= 2_100 && !matches!(pbe.scheme(), keyjar::pkcs8::pbe::Scheme::Scrypt { .. })
        }
        Err(_) => true,
    }
}

fn key(read: Result<PrivateKey, keyjar::pkcs8::KeyError>) {
    match read {
        Ok(key) => {
            let _ = (key.algorithm(), key.bits(), key.public_key_der());
            let clean = key.without_attributes();
            let again =
                PrivateKey::from_input(clean.expose_pem().as_bytes(), None).expect("a key is read back");
            assert_eq!(again.expose_pkcs8_der(), clean.expose_pkcs8_der());
        }
        Err(error) => drop((error.to_string(), error.hints())),
    }
}

/// A certificate's DER, in every view of it.
pub fn certificate(bytes: &[u8]) {
    let Ok(certificate) = Certificate::from_der_prefix(bytes.to_vec()) else {
        return;
    };
    let whole = Certificate::from_der(certificate.to_bytes()).expect("what was cut off is a whole one");
    assert_eq!(whole, certificate);
    for name in [certificate.subject(), certificate.issuer()] {
        let _ = (
            name.to_string(),
            name.to_rfc2253(),
            name.canonical(),
            name.common_name(),
            name.short_name(),
        );
    }
    let _ = (
        certificate.version(),
        certificate.serial_hex(),
        certificate.short_name(),
    );
    let _ = (certificate.not_before(), certificate.not_after());
    let _ = certificate.validity_at(keyjar::clock::now());
    let _ = (
        certificate.signature_algorithm(),
        certificate.is_self_issued(),
        certificate.seems_self_signed(),
    );
    let _ = (
        certificate.is_ca(),
        certificate.basic_constraints_ca(),
        certificate.key_usage(),
    );
    if let Some(purposes) = certificate.extended_key_usage() {
        purposes.iter().for_each(|purpose| drop(purpose.to_string()));
    }
    certificate
        .subject_alt_names()
        .iter()
        .for_each(|name| drop(name.to_string()));
    let _ = (certificate.subject_key_id(), certificate.authority_key_id());
    let _ = certificate.extensions().count();
    let _ = PublicKeyInfo::from_spki(certificate.public_key_der());
    if let Err(unreadable) = certificate.java_readability() {
        let _ = unreadable.to_string();
    }
}

/// The model over every format: what opens can be written in each format that holds it, and is read back as the
/// same entries; an edit changes what it says and nothing else.
pub fn keystore(bytes: &[u8]) {
    let limits = limits();
    for password in [Password::none()].into_iter().chain(PASSWORDS.map(Password::new)) {
        let Ok(store) = KeyStore::from_bytes_with(bytes.to_vec(), &password, &limits) else {
            continue;
        };
        let _ = (store.readers(), store.likely_writer(), store.skipped().len());
        for (_, entry) in store.iter() {
            let _ = (entry.created(), entry.key_encryption());
        }
        if store.pfx().is_some() {
            let written = store
                .encoder()
                .to_bytes(&password)
                .expect("what was read can be written");
            assert_eq!(written, bytes, "nothing was changed");
        }
        if is_cheap(&store) {
            written_anew(&store, &password);
            edited(bytes, &password, &limits);
        }
    }
}

fn is_cheap(store: &KeyStore) -> bool {
    store.iter().all(|(_, entry)| {
        entry.key_encryption().is_none_or(|how| {
            how.iterations.is_none_or(|count| count <= 2_100) && !how.algorithm.contains("scrypt")
        })
    })
}

/// Alias, kind and certificates.
fn shown(store: &KeyStore) -> Vec<(Alias, &'static str, Vec<Certificate>)> {
    store
        .iter()
        .map(|(alias, entry)| (alias.clone(), entry.kind(), entry.certificates().to_vec()))
        .collect()
}

fn written_anew(store: &KeyStore, password: &Password) {
    let new = Password::new("fuzzing");
    for format in [StoreFormat::Pkcs12, StoreFormat::Jks, StoreFormat::Jceks] {
        let mut rng = rng();
        let encoder = store
            .encoder()
            .format(format)
            .iterations(1)
            .old_password(password)
            .rng(&mut rng);
        let encoder = if format == StoreFormat::Pkcs12 {
            encoder.profile(Profile::MODERN)
        } else {
            encoder
        };
        let Ok(written) = encoder.to_bytes(&new) else {
            continue;
        };
        let read = KeyStore::from_bytes(written, &new).expect("what was written is read");
        let mut expected = shown(store);
        let mut found = shown(&read);
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let aliases = |all: &[(Alias, &'static str, Vec<Certificate>)]| {
            all.iter()
                .map(|(alias, kind, _)| (alias.clone(), *kind))
                .collect::<Vec<_>>()
        };
        assert_eq!(aliases(&found), aliases(&expected), "{format}");
        if format != StoreFormat::Pkcs12 {
            assert!(found == expected, "{format}: a chain changed");
        }
    }
}

fn edited(bytes: &[u8], password: &Password, limits: &Limits) {
    let Ok(mut store) = KeyStore::from_bytes_with(bytes.to_vec(), password, limits) else {
        return;
    };
    let added = "added by the fuzzer";
    if password.is_none() || store.get(&Alias::new(added)).is_some() {
        return;
    }
    let before = shown(&store);
    let certificate =
        Certificate::from_pem(include_bytes!("../../testdata/apm/ca.crt")).expect("a certificate");
    let entry = Entry::TrustedCertificate(TrustedCertificateEntry::new(certificate.clone()));
    store.insert(added, entry).expect("the alias is free");
    if store.rename(&Alias::new(added), "renamed by the fuzzer").is_err() {
        return;
    }
    let Ok(written) = store.encoder().rng(&mut rng()).to_bytes(password) else {
        return;
    };
    // Its new contents may have the default count.
    let mut read = KeyStore::from_bytes(written, password).expect("an edited store opens");
    let found = read
        .remove(&Alias::new("renamed by the fuzzer"))
        .expect("the new entry is there");
    assert_eq!(found.certificates(), [certificate]);
    let mut after = shown(&read);
    let mut before = before;
    after.sort_by(|a, b| a.0.cmp(&b.0));
    before.sort_by(|a, b| a.0.cmp(&b.0));
    // An added certificate may be the issuer that a chain lacked: Java, too, then has another chain.
    assert_eq!(after.len(), before.len());
    for (after, before) in after.iter().zip(&before) {
        assert!(
            (&after.0, after.1) == (&before.0, before.1) && after.2.first() == before.2.first(),
            "an edit changed another entry"
        );
    }
}
