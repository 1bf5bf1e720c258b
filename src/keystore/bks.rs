//! Records of BKS and UBER to entries and back, as Bouncy Castle's `BcKeyStoreSpi` does it.

use indexmap::IndexMap;
use jiff::Timestamp;

use super::encoder::{Settings, what};
use super::entry::KeyMaterial;
use super::secret_key::SecretMaterial;
use super::{
    Alias, Entry, Kept, KeyStore, KeyStoreError, Origin, PrivateKeyEntry, SecretKey, SecretKeyEntry, Skipped,
    Slot, StoreFormat, TrustedCertificateEntry,
};
use crate::bks::{self, Bks, BksFormat, Key, KeyKind, Record, RecordValue, SealedKey};
use crate::crypto::CryptoRng;
use crate::x509::Certificate;

pub(super) const fn format_of(bks: &Bks) -> StoreFormat {
    match bks.format {
        BksFormat::Bks => StoreFormat::Bks,
        BksFormat::Uber => StoreFormat::Uber,
    }
}

/// Makes entries of the records. A sealed key tells its kind only when it is opened: with a chain it is a private
/// one, for Bouncy Castle takes no other with a chain and none without.
pub(super) fn load(file: Bks) -> Result<KeyStore, KeyStoreError> {
    let mut loading = Loading::with_capacity(file.records.len());
    for (record, id) in file.records.iter().zip(0_u32..) {
        match entry(record)? {
            Ok(entry) => loading.add(&record.alias, entry, id),
            Err(left_out) => loading.leave_out(left_out, id),
        }
    }
    Ok(loading.finish(|kept| Origin::Bks {
        file: Box::new(file),
        kept,
    }))
}

/// A file of Bouncy Castle's becoming entries, record by record.
pub(super) struct Loading {
    entries: IndexMap<Alias, Slot>,
    skipped: Vec<Skipped>,
    kept: Kept,
}

impl Loading {
    pub(super) fn with_capacity(records: usize) -> Self {
        Self {
            entries: IndexMap::with_capacity(records),
            skipped: Vec::new(),
            kept: Kept::default(),
        }
    }

    /// The entry of the record of that number. Of two of one alias the later counts; one that differs by case alone
    /// is kept beside the other.
    pub(super) fn add(&mut self, name: &str, entry: Entry, id: u32) {
        let alias = Alias::new(name);
        if let Some(first) = self.entries.get(&alias).filter(|first| first.name != name) {
            self.skipped.push(same_but_for_case(&first.name, name, &entry));
            let slot = Slot::loaded(name.to_owned(), entry, id);
            self.kept.colliding.push((id, slot));
            return;
        }
        let slot = Slot::loaded(name.to_owned(), entry, id);
        if let Some(lost) = self.entries.insert(alias, slot) {
            self.skipped.push(Skipped {
                what: format!("{} `{}`", what(&lost.entry), lost.name),
                why: String::from("a later entry of the same alias replaces it"),
                certificate: lost.entry.certificates().first().cloned(),
                alias: None,
            });
        }
    }

    /// A record that no entry is made of; it stays in the file.
    pub(super) fn leave_out(&mut self, told: Skipped, id: u32) {
        self.skipped.push(told);
        self.kept.records.push(id);
    }

    pub(super) fn finish(self, origin: impl FnOnce(Kept) -> Origin) -> KeyStore {
        KeyStore {
            entries: self.entries,
            skipped: self.skipped,
            origin: origin(self.kept),
        }
    }
}

const BUT_FOR_CASE: &str = "but for upper and lower case, which Bouncy Castle alone tells apart";

/// Whether it is one of those that [`same_but_for_case`] tells of.
pub(super) fn is_colliding(skipped: &Skipped) -> bool {
    skipped.why.ends_with(BUT_FOR_CASE)
}

/// Bouncy Castle tells aliases apart by case, no store of the JDK does.
fn same_but_for_case(first: &str, second: &str, entry: &Entry) -> Skipped {
    Skipped {
        what: format!("{} `{second}`", what(entry)),
        why: format!("it has the same alias as `{first}` {BUT_FOR_CASE}"),
        certificate: entry.certificates().first().cloned(),
        alias: None,
    }
}

fn entry(record: &Record) -> Result<Result<Entry, Skipped>, KeyStoreError> {
    let created = Timestamp::from_millisecond(record.created).ok();
    let certificate = |der: &bytes::Bytes| {
        Certificate::from_der_prefix(der.clone()).map_err(|source| KeyStoreError::Certificate { source })
    };
    let chain = || record.chain.iter().map(certificate).collect::<Result<_, _>>();
    let left_out = |what: &str, why: &str| {
        Ok(Err(Skipped {
            what: format!("{what} `{}`", record.alias),
            why: why.to_owned(),
            certificate: None,
            alias: None,
        }))
    };
    Ok(Ok(match &record.value {
        RecordValue::TrustedCertificate(der) => {
            Entry::TrustedCertificate(TrustedCertificateEntry::loaded(certificate(der)?, created))
        }
        RecordValue::Sealed(sealed) if record.chain.is_empty() => Entry::SecretKey(SecretKeyEntry::loaded(
            SecretMaterial::Bks(sealed.clone()),
            created,
        )),
        RecordValue::Sealed(sealed) => {
            let key = KeyMaterial::Sealed(sealed.clone());
            Entry::PrivateKey(PrivateKeyEntry::loaded(key, chain()?, created))
        }
        RecordValue::Key(key) => match key.kind {
            KeyKind::Private => {
                let key = KeyMaterial::Clear(key.to_private_key()?);
                Entry::PrivateKey(PrivateKeyEntry::loaded(key, chain()?, created))
            }
            KeyKind::Secret => {
                let (algorithm, octets) = key.to_secret_key()?;
                let key = SecretMaterial::Clear(SecretKey { algorithm, octets });
                Entry::SecretKey(SecretKeyEntry::loaded(key, created))
            }
            KeyKind::Public => return left_out("the public key", "Java has no entry for a bare public key"),
        },
        RecordValue::Opaque(_) => {
            return left_out(
                "the protected key",
                "whoever put it in encrypted it, and Bouncy Castle gives it to nobody either",
            );
        }
    }))
}

/// Writes all entries, in order, and behind them the records that no entry was made of. In these formats case
/// tells aliases apart: a store that was one keeps its spelling.
pub(super) fn write(
    store: &KeyStore,
    format: StoreFormat,
    settings: &Settings<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, KeyStoreError> {
    let (old, kept) = match &store.origin {
        Origin::Bks { file, kept } => (file.records.as_slice(), kept.numbers().collect()),
        _ => (&[][..], Vec::new()),
    };
    let record_at = |id: u32| usize::try_from(id).ok().and_then(|at| old.get(at));
    let mut records = Vec::with_capacity(store.entries.len());
    for (alias, slot) in &store.entries {
        let name = if store.format().needs_bouncy_castle() {
            slot.name.clone()
        } else {
            alias.as_str().to_owned()
        };
        let unchanged = slot.bags.own.and_then(record_at).filter(|_| !settings.reencrypt);
        records.push(match unchanged {
            Some(record) => Record {
                alias: name,
                ..record.duplicate()
            },
            None => record(name, alias, slot, settings, rng)?,
        });
    }
    records.extend(kept.iter().filter_map(|id| record_at(*id)).map(Record::duplicate));
    let (format, version) = match format {
        StoreFormat::Uber => (BksFormat::Uber, 1),
        _ => (BksFormat::Bks, 2),
    };
    let file = Bks {
        format,
        version,
        iterations: settings.iterations.unwrap_or(bks::ITERATIONS),
        records,
    };
    Ok(file.to_bytes(settings.password, rng)?)
}

fn record(
    name: String,
    alias: &Alias,
    slot: &Slot,
    settings: &Settings<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Record, KeyStoreError> {
    let mut seal = |key: &Key| {
        SealedKey::seal(key, settings.password, settings.iterations, rng).map(RecordValue::Sealed)
    };
    let value = match &slot.entry {
        Entry::TrustedCertificate(entry) => RecordValue::TrustedCertificate(entry.certificate().to_bytes()),
        Entry::PrivateKey(entry) if entry.chain().is_empty() => {
            return Err(KeyStoreError::UnsupportedEntry {
                format: StoreFormat::Bks,
                alias: alias.clone(),
                what: "private key without a certificate",
            });
        }
        Entry::PrivateKey(entry) => seal(&Key::private(&settings.open(alias, entry)?))?,
        Entry::SecretKey(entry) => {
            let key = settings.open_secret(alias, entry)?;
            seal(&Key::secret(&key.algorithm, &key.octets))?
        }
    };
    let chain = match &slot.entry {
        Entry::PrivateKey(entry) => entry.chain().iter().map(Certificate::to_bytes).collect(),
        _ => Vec::new(),
    };
    Ok(Record {
        alias: name,
        created: slot.entry.created().unwrap_or(settings.now).as_millisecond(),
        chain,
        value,
    })
}
