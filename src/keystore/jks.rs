//! Records to entries and back, as `sun.security.provider.JavaKeyStore` and
//! `com.sun.crypto.provider.JceKeyStore` do it.

use std::collections::HashMap;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::encoder::{Settings, what};
use super::entry::KeyMaterial;
use super::secret_key::SecretMaterial;
use super::{
    Alias, Entry, KeyStore, KeyStoreError, Origin, PrivateKeyEntry, SecretKey, SecretKeyEntry, Skipped, Slot,
    StoreFormat, TrustedCertificateEntry,
};
use crate::crypto::CryptoRng;
use crate::jks::{self, Jks, JksFormat, Record, RecordValue};
use crate::x509::Certificate;

/// Whether it is one of those.
pub(super) fn is_unfindable(skipped: &Skipped) -> bool {
    skipped.why == UPPER_CASE
}

pub(super) const fn format_of(jks: &Jks) -> StoreFormat {
    match jks.format {
        JksFormat::Jks => StoreFormat::Jks,
        JksFormat::Jceks => StoreFormat::Jceks,
    }
}

/// `JavaKeyStore` looks for the folded name among names as they stand.
const UPPER_CASE: &str = "its alias has upper-case letters: Java lists it and finds nothing under it";

/// Makes entries of the records; of two of one alias the last counts. Those that Java lists and cannot find keep a
/// name of their own.
pub(super) fn load(jks: &Jks) -> Result<KeyStore, KeyStoreError> {
    let mut entries = IndexMap::with_capacity(jks.records.len());
    let mut skipped = Vec::new();
    let mut counters = HashMap::new();
    let certificate = |der: &bytes::Bytes| {
        Certificate::from_der_prefix(der.clone()).map_err(|source| KeyStoreError::Certificate { source })
    };
    for record in &jks.records {
        let created = Timestamp::from_millisecond(record.created).ok();
        let entry = match &record.value {
            RecordValue::PrivateKey { key, chain } => {
                let chain = chain.iter().map(certificate).collect::<Result<_, _>>()?;
                let key = KeyMaterial::Encrypted(key.clone());
                Entry::PrivateKey(PrivateKeyEntry::loaded(key, chain, created))
            }
            RecordValue::TrustedCertificate(der) => {
                Entry::TrustedCertificate(TrustedCertificateEntry::loaded(certificate(der)?, created))
            }
            RecordValue::SecretKey(stream) => Entry::SecretKey(SecretKeyEntry::loaded(
                SecretMaterial::Sealed(stream.clone()),
                created,
            )),
        };
        let mut name = record.alias.clone();
        if Alias::new(&name).as_str() != name {
            skipped.push(Skipped {
                what: format!("{} `{}`", what(&entry), name.escape_debug()),
                why: String::from(UPPER_CASE),
                certificate: None,
                alias: None,
            });
            name = super::free_name_counted(&name, &mut counters, |alias| entries.contains_key(alias));
            if let Some(told) = skipped.last_mut() {
                told.alias = Some(Alias::new(&name));
            }
        }
        let slot = Slot::new(name, entry, None);
        let alias = Alias::new(&slot.name);
        if let Some(lost) = entries.insert(alias, slot) {
            skipped.push(Skipped {
                what: format!("{} `{}`", what(&lost.entry), lost.name),
                why: String::from("a later entry of the same alias replaces it"),
                certificate: lost.entry.certificates().first().cloned(),
                alias: None,
            });
        }
    }
    Ok(KeyStore {
        entries,
        skipped,
        origin: Origin::Jks {
            format: format_of(jks),
        },
    })
}

/// Writes all entries, in order, under their folded aliases: Java finds no others.
pub(super) fn write(
    store: &KeyStore,
    format: StoreFormat,
    settings: &Settings<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, KeyStoreError> {
    let kind = if format == StoreFormat::Jks {
        JksFormat::Jks
    } else {
        JksFormat::Jceks
    };
    let mut records = Vec::with_capacity(store.entries.len());
    for (alias, slot) in &store.entries {
        let created = slot.entry.created().unwrap_or(settings.now).as_millisecond();
        let value = match &slot.entry {
            Entry::TrustedCertificate(entry) => {
                RecordValue::TrustedCertificate(entry.certificate().to_bytes())
            }
            Entry::PrivateKey(entry) => {
                let key = match &entry.key {
                    KeyMaterial::Encrypted(key) if store.format() == format && !settings.reencrypt => {
                        key.clone()
                    }
                    _ => {
                        let key = settings.open(alias, entry)?;
                        jks::protect_key(&key, kind, settings.password, settings.iterations, rng)
                    }
                };
                RecordValue::PrivateKey {
                    key,
                    chain: entry.chain().iter().map(Certificate::to_bytes).collect(),
                }
            }
            Entry::SecretKey(entry) if format == StoreFormat::Jceks => {
                RecordValue::SecretKey(match &entry.key {
                    SecretMaterial::Sealed(stream) if !settings.reencrypt => stream.clone(),
                    _ => {
                        let key = settings.open_secret(alias, entry)?;
                        let SecretKey { algorithm, octets } = &key;
                        jks::seal_secret(algorithm, octets, settings.password, settings.iterations, rng)
                    }
                })
            }
            Entry::SecretKey(_) => {
                let what = what(&slot.entry);
                return Err(KeyStoreError::UnsupportedEntry {
                    format,
                    alias: alias.clone(),
                    what,
                });
            }
        };
        records.push(Record {
            alias: alias.as_str().to_owned(),
            created,
            value,
        });
    }
    Ok(Jks::new(kind, records).to_bytes(settings.password)?)
}
