//! The model: what Java would make of a store. Aliases, entries, chains; loading and saving are the way
//! between bags (or records) and entries, by the rules of `sun.security.pkcs12.PKCS12KeyStore`,
//! `sun.security.provider.JavaKeyStore`, `com.sun.crypto.provider.JceKeyStore` and Bouncy Castle's stores.
//!
//! ```
//! use keyjar::{Alias, Certificate, Entry, KeyStore, Password};
//! use keyjar::keystore::TrustedCertificateEntry;
//!
//! let certificate = Certificate::from_pem(include_bytes!("../../testdata/apm/apm-server.crt"))?;
//! let mut store = KeyStore::new();
//! store.insert("apm-server-cert", Entry::TrustedCertificate(TrustedCertificateEntry::new(certificate)))?;
//! let password = Password::new("changeit");
//! let bytes = store.encoder().to_bytes(&password)?;
//!
//! let read = KeyStore::from_bytes(bytes, &password)?;
//! assert!(read.get(&Alias::new("APM-Server-Cert")).is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alias;
mod bcfks;
mod bks;
mod chains;
mod encoder;
mod entry;
mod error;
mod format;
mod jks;
mod pkcs12_load;
mod pkcs12_store;
mod readers;
mod secret_key;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use bytes::Bytes;
use indexmap::IndexMap;

pub use alias::Alias;
pub use encoder::Encoder;
pub use entry::{Entry, KeyEncryption, PrivateKeyEntry, TrustedCertificateEntry};
pub use error::KeyStoreError;
pub use format::StoreFormat;
pub use readers::{OpenSsl, Readers};
pub use secret_key::{SecretKey, SecretKeyEntry};

use crate::bcfks::Bcfks;
use crate::bks::Bks;
use crate::fsio;
use crate::jks::Jks;
use crate::limits::Limits;
use crate::pem::sniff;
use crate::pkcs8::PrivateKey;
use crate::pkcs12::{Mac, Pfx};
use crate::secret::Password;
use crate::x509::Certificate;
use chains::CertificateBag;
use pkcs12_load::{Bags, Orphan};

/// Something a store holds that Java does not show as an entry, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What it is: ``certificate `CN=x` ``, `a crlBag`, ...
    pub what: String,
    /// Why it is no entry.
    pub why: String,
    /// The certificate, where it is one that no entry holds.
    pub certificate: Option<Certificate>,
    /// The entry made of it all the same: Java does not show it, and it can be recovered.
    pub alias: Option<Alias>,
}

/// A key store: entries by alias, in the file's order (`java.security.KeyStore`).
///
/// What the file holds beside its entries (unknown bags and attributes, certificates that belong to no
/// entry) is kept and written back.
#[derive(Debug)]
pub struct KeyStore {
    entries: IndexMap<Alias, Slot>,
    skipped: Vec<Skipped>,
    origin: Origin,
}

/// Where a store came from: what it keeps of its file.
#[derive(Debug)]
enum Origin {
    New,
    Pkcs12 {
        pfx: Box<Pfx>,
        claimed: Vec<bool>,
        orphans: Vec<Orphan>,
    },
    Jks {
        format: StoreFormat,
    },
    /// The file's records; `kept` are those no entry was made of. A slot's own bag is its record.
    Bks {
        file: Box<Bks>,
        kept: Kept,
    },
    /// The same of BCFKS.
    Bcfks {
        file: Box<Bcfks>,
        kept: Kept,
    },
}

/// The records of a file of Bouncy Castle's that no entry was made of, by their numbers; some could be entries, and
/// have another's alias but for its case.
#[derive(Debug, Default)]
struct Kept {
    records: Vec<u32>,
    colliding: Vec<(u32, Slot)>,
}

impl Kept {
    /// All of them.
    fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        let colliding = self.colliding.iter().map(|(id, _)| *id);
        self.records.iter().copied().chain(colliding)
    }
}

/// An entry, its name as the file spells it, and the bags it came from.
#[derive(Debug)]
struct Slot {
    name: String,
    entry: Entry,
    bags: Bags,
    renamed: bool,
    /// The bag in whose place a new entry goes.
    place: Option<u32>,
}

impl KeyStore {
    /// An empty PKCS#12 store.
    #[must_use]
    pub fn new() -> Self {
        Self {
            entries: IndexMap::new(),
            skipped: Vec::new(),
            origin: Origin::New,
        }
    }

    /// Reads a store from a file; the bytes tell its format, not the name.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes), and what the file system refuses.
    pub fn open(path: impl AsRef<Path>, password: &Password) -> Result<Self, KeyStoreError> {
        let bytes = fsio::read(path.as_ref(), &Limits::DEFAULT)?;
        Self::from_bytes(bytes, password)
    }

    /// Reads a store from bytes, under the default limits. Its integrity is verified before anything is
    /// returned, unless there is no password ([`Password::none`]): then, as in `KeyStore.load(in, null)`,
    /// encrypted contents stay locked and are named by [`skipped`](Self::skipped).
    ///
    /// # Errors
    /// No store; damage; a wrong password; an unsupported algorithm; a cap exceeded:
    /// [`KeyStoreError::kind`] tells them apart.
    pub fn from_bytes(bytes: impl Into<Bytes>, password: &Password) -> Result<Self, KeyStoreError> {
        Self::from_bytes_with(bytes, password, &Limits::DEFAULT)
    }

    /// Reads a store from bytes, under limits of one's own.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes).
    pub fn from_bytes_with(
        bytes: impl Into<Bytes>,
        password: &Password,
        limits: &Limits,
    ) -> Result<Self, KeyStoreError> {
        let bytes = bytes.into();
        match StoreFormat::detect(&bytes) {
            Some(StoreFormat::Pkcs12) => {
                let pfx = Pfx::from_bytes(&bytes, password, limits)?;
                let loaded = pkcs12_load::load(&pfx, limits)?;
                let origin = Origin::Pkcs12 {
                    pfx: Box::new(pfx),
                    claimed: loaded.claimed,
                    orphans: loaded.orphans,
                };
                Ok(Self {
                    entries: loaded.entries,
                    skipped: loaded.skipped,
                    origin,
                })
            }
            Some(StoreFormat::Jks | StoreFormat::Jceks) => {
                jks::load(&Jks::from_bytes(&bytes, password, limits)?)
            }
            Some(StoreFormat::Bks | StoreFormat::Uber) => {
                bks::load(Bks::from_bytes(&bytes, password, limits)?)
            }
            Some(StoreFormat::Bcfks) => bcfks::load(Bcfks::from_bytes(&bytes, password, limits)?),
            None => Err(KeyStoreError::NotAStore {
                found: sniff(&bytes).to_string(),
            }),
        }
    }

    /// The format it was read from; PKCS#12 for a new one.
    #[must_use]
    pub fn format(&self) -> StoreFormat {
        match &self.origin {
            Origin::New | Origin::Pkcs12 { .. } => StoreFormat::Pkcs12,
            Origin::Jks { format } => *format,
            Origin::Bks { file, .. } => bks::format_of(file),
            Origin::Bcfks { .. } => StoreFormat::Bcfks,
        }
    }

    /// The MAC it was read with; `None` where it had none, is new, or is no PKCS#12.
    #[must_use]
    pub fn mac(&self) -> Option<&Mac> {
        self.pfx().and_then(|pfx| pfx.mac.as_ref())
    }

    /// How its integrity was checked, by algorithm and count: PKCS#12's MAC, and those of BKS and BCFKS; `None`
    /// where it has none, is new, or is of a format without one (JKS and JCEKS have a plain digest, UBER's is
    /// encrypted).
    #[must_use]
    pub fn integrity(&self) -> Option<KeyEncryption> {
        let (algorithm, iterations) = match &self.origin {
            Origin::Pkcs12 { pfx, .. } => {
                let mac = pfx.mac.as_ref()?;
                (mac.name(), Some(mac.iterations()))
            }
            Origin::Bks { file, .. } => (file.mac_name()?, Some(file.iterations)),
            Origin::Bcfks { file, .. } => {
                let parameters = file.parameters;
                (
                    format!("HMAC-{}", parameters.mac.name()),
                    parameters.mac_derivation.iterations(),
                )
            }
            Origin::New | Origin::Jks { .. } => return None,
        };
        Some(KeyEncryption {
            algorithm,
            iterations,
        })
    }

    /// How UBER and BCFKS are encrypted as a whole; `None` for other formats (the contents of PKCS#12 each have
    /// their own: [`pfx`](Self::pfx)).
    #[must_use]
    pub fn encryption(&self) -> Option<KeyEncryption> {
        match &self.origin {
            Origin::Bks { file, .. } => file.encryption_name().map(|algorithm| KeyEncryption {
                algorithm,
                iterations: Some(file.iterations),
            }),
            Origin::Bcfks { file, .. } if file.is_encrypted => Some(KeyEncryption {
                algorithm: file.parameters.name(),
                iterations: file.parameters.derivation.iterations(),
            }),
            _ => None,
        }
    }

    /// The PKCS#12 file it was read from, as it stands: contents, bags and attributes.
    #[must_use]
    pub fn pfx(&self) -> Option<&Pfx> {
        match &self.origin {
            Origin::Pkcs12 { pfx, .. } => Some(pfx),
            _ => None,
        }
    }

    /// How many entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether it holds a private or a secret key.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.entries
            .values()
            .any(|slot| !matches!(slot.entry, Entry::TrustedCertificate(_)))
    }

    /// The aliases, in order.
    pub fn aliases(&self) -> impl ExactSizeIterator<Item = &Alias> {
        self.entries.keys()
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Alias, &Entry)> {
        self.entries.iter().map(|(alias, slot)| (alias, &slot.entry))
    }

    /// The certificates a JVM with this truststore trusts: every trusted certificate, and the leaf of every
    /// private key (`sun.security.validator.TrustStoreUtil`).
    pub fn trust_anchors(&self) -> impl Iterator<Item = &Certificate> {
        self.entries
            .values()
            .filter_map(|slot| slot.entry.certificates().first())
    }

    /// The entry of that alias.
    #[must_use]
    pub fn get(&self, alias: &Alias) -> Option<&Entry> {
        self.entries.get(alias).map(|slot| &slot.entry)
    }

    /// The name of that alias as the file spells it, upper case kept.
    #[must_use]
    pub fn name(&self, alias: &Alias) -> Option<&str> {
        self.entries.get(alias).map(|slot| slot.name.as_str())
    }

    /// Adds an entry at the end. The name's own spelling is written where the JDK keeps it (PKCS#12's
    /// trusted certificates); it is found by its folded [`Alias`].
    ///
    /// # Errors
    /// [`KeyStoreError::AliasTaken`]: nothing is replaced unasked.
    pub fn insert(&mut self, name: &str, entry: Entry) -> Result<(), KeyStoreError> {
        let alias = Alias::new(name);
        if self.entries.contains_key(&alias) {
            return Err(KeyStoreError::AliasTaken { alias });
        }
        self.entries
            .insert(alias, Slot::new(name.to_owned(), entry, None));
        Ok(())
    }

    /// Puts an entry in the place of the one of that name, which is returned; at the end, where there is none.
    pub fn replace(&mut self, name: &str, entry: Entry) -> Option<Entry> {
        let alias = Alias::new(name);
        let place = self
            .entries
            .get(&alias)
            .and_then(|slot| slot.bags.own.or(slot.place));
        self.entries
            .insert(alias, Slot::new(name.to_owned(), entry, place))
            .map(|slot| slot.entry)
    }

    /// Takes an entry out, and with it the certificates of its chain that no other entry uses.
    pub fn remove(&mut self, alias: &Alias) -> Option<Entry> {
        self.entries.shift_remove(alias).map(|slot| slot.entry)
    }

    /// Gives an entry another name, in its place. A name that differs by case only is another spelling.
    ///
    /// # Errors
    /// [`KeyStoreError::AliasAbsent`], [`KeyStoreError::AliasTaken`].
    pub fn rename(&mut self, from: &Alias, to: &str) -> Result<(), KeyStoreError> {
        let alias = Alias::new(to);
        let index = self
            .entries
            .get_index_of(from)
            .ok_or_else(|| KeyStoreError::AliasAbsent { alias: from.clone() })?;
        if &alias != from {
            self.entries
                .replace_index(index, alias)
                .map_err(|(_, alias)| KeyStoreError::AliasTaken { alias })?;
        }
        if let Some((_, slot)) = self.entries.get_index_mut(index) {
            to.clone_into(&mut slot.name);
            slot.renamed = true;
        }
        Ok(())
    }

    /// A name made from `wanted` that no entry has: itself, else with `-2`, `-3`, ... behind it.
    #[must_use]
    pub fn free_name(&self, wanted: &str) -> String {
        free_name(wanted, |alias| self.entries.contains_key(alias))
    }

    /// The same for many names of one kind: `counters` remembers where the numbers of each name stand, so that
    /// ten thousand certificates of one subject are named in ten thousand steps.
    pub(crate) fn free_name_counted(&self, wanted: &str, counters: &mut HashMap<String, u64>) -> String {
        free_name_counted(wanted, counters, |alias| self.entries.contains_key(alias))
    }

    /// Makes entries of the certificates that Java does not see: of two trusted ones whose aliases collide the
    /// lost one gets a name of its own; in JKS an alias in upper case, which Java lists and does not find, is folded
    /// when it is written; of Bouncy Castle's aliases that differ by case the later get names of their own; in a store without a private key (with one they may be parts of a
    /// chain) those without the trustedKeyUsage attribute become trusted. Returns the new aliases.
    pub fn adopt_unseen(&mut self) -> Vec<Alias> {
        let has_private_key = self
            .entries
            .values()
            .any(|slot| matches!(slot.entry, Entry::PrivateKey(_)));
        match &mut self.origin {
            Origin::Jks { .. } => return self.adopt_unfindable(),
            Origin::Bks { kept, .. } | Origin::Bcfks { kept, .. } => {
                let colliding = std::mem::take(&mut kept.colliding);
                return self.adopt_colliding(colliding);
            }
            Origin::New | Origin::Pkcs12 { .. } => {}
        }
        let Origin::Pkcs12 { claimed, orphans, .. } = &mut self.origin else {
            return Vec::new();
        };
        let (adopted, left): (Vec<_>, Vec<_>) = std::mem::take(orphans)
            .into_iter()
            .partition(|orphan| orphan.trusted || !has_private_key);
        *orphans = left;
        for orphan in &adopted {
            if let Some(mark) = usize::try_from(orphan.bag)
                .ok()
                .and_then(|at| claimed.get_mut(at))
            {
                *mark = true;
            }
        }
        let seen: HashSet<&Certificate> = adopted.iter().map(|orphan| &orphan.certificate).collect();
        self.skipped.retain(|skipped| {
            skipped
                .certificate
                .as_ref()
                .is_none_or(|certificate| !seen.contains(certificate))
        });
        let mut aliases = Vec::with_capacity(adopted.len());
        let mut counters = HashMap::new();
        for orphan in adopted {
            let name = self.free_name_counted(&orphan.name, &mut counters);
            let entry = Entry::TrustedCertificate(TrustedCertificateEntry::new(orphan.certificate));
            let alias = Alias::new(&name);
            aliases.push(alias.clone());
            self.entries
                .insert(alias, Slot::new(name, entry, Some(orphan.bag)));
        }
        aliases
    }

    /// The entries of a JKS file that Java lists and does not find are found once they are written: folded.
    fn adopt_unfindable(&mut self) -> Vec<Alias> {
        self.skipped.retain(|skipped| !jks::is_unfindable(skipped));
        let unfindable = self
            .entries
            .iter()
            .filter(|(alias, slot)| alias.as_str() != slot.name);
        unfindable.map(|(alias, _)| alias.clone()).collect()
    }

    /// Entries of Bouncy Castle's that differ by the case of their aliases get names of their own.
    fn adopt_colliding(&mut self, colliding: Vec<(u32, Slot)>) -> Vec<Alias> {
        self.skipped.retain(|skipped| !bks::is_colliding(skipped));
        let mut aliases = Vec::with_capacity(colliding.len());
        let mut counters = HashMap::new();
        for (_, mut slot) in colliding {
            slot.name = self.free_name_counted(&slot.name, &mut counters);
            let alias = Alias::new(&slot.name);
            aliases.push(alias.clone());
            self.entries.insert(alias, slot);
        }
        aliases
    }

    /// Every private key decrypted with this password, in order. Each has a key derivation of its own, which is
    /// all that this costs; they are spread over the machine's cores. Where all together ask for more iterations
    /// than [`Limits::key_iterations`], none is done.
    #[must_use]
    pub fn private_keys(&self, password: &Password) -> Vec<(&Alias, Result<PrivateKey, KeyStoreError>)> {
        let entries: Vec<_> = self
            .iter()
            .filter_map(|(alias, entry)| match entry {
                Entry::PrivateKey(entry) => Some((alias, entry)),
                _ => None,
            })
            .collect();
        let (iterations, limit) = (self.key_work(), Limits::DEFAULT.key_iterations);
        if iterations > limit {
            return entries
                .into_iter()
                .map(|(alias, _)| (alias, Err(KeyStoreError::TooMuchWork { iterations, limit })))
                .collect();
        }
        let open = |part: &[(&'_ Alias, &PrivateKeyEntry)]| -> Vec<Result<PrivateKey, KeyStoreError>> {
            part.iter().map(|(_, entry)| entry.key(password)).collect()
        };
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = entries.len().div_ceil(cores).max(1);
        let opened: Vec<_> = std::thread::scope(|scope| {
            let mut parts = entries.chunks(share);
            let own = parts.next();
            let others: Vec<_> = parts
                .map(|part| (part, scope.spawn(move || open(part))))
                .collect();
            let mut opened: Vec<_> = own.map(open).unwrap_or_default();
            for (part, other) in others {
                // A thread that could not finish leaves its share to this one.
                opened.extend(other.join().unwrap_or_else(|_| open(part)));
            }
            opened
        });
        entries.into_iter().map(|(alias, _)| alias).zip(opened).collect()
    }

    /// What decrypting all keys costs, in iterations.
    fn key_work(&self) -> u64 {
        let work = self.entries.values().map(|slot| slot.entry.key_work());
        work.fold(0, u64::saturating_add)
    }

    /// Whether all keys may be asked for.
    ///
    /// # Errors
    /// [`KeyStoreError::TooMuchWork`] where they need more iterations than [`Limits::key_iterations`].
    pub(crate) fn check_key_work(&self) -> Result<(), KeyStoreError> {
        let (iterations, limit) = (self.key_work(), Limits::DEFAULT.key_iterations);
        if iterations > limit {
            return Err(KeyStoreError::TooMuchWork { iterations, limit });
        }
        Ok(())
    }

    /// What the file holds that is no entry, or is one that Java does not see.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Starts writing: the file's own format, algorithms and counts are kept unless told otherwise.
    pub const fn encoder(&self) -> Encoder<'_> {
        Encoder::new(self)
    }
}

impl Default for KeyStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Slot {
    fn new(name: String, entry: Entry, place: Option<u32>) -> Self {
        Self {
            name,
            entry,
            bags: Bags::default(),
            renamed: false,
            place,
        }
    }

    fn loaded(name: String, entry: Entry, bag: u32) -> Self {
        let bags = Bags {
            own: Some(bag),
            ..Bags::default()
        };
        Self {
            name,
            entry,
            bags,
            renamed: false,
            place: None,
        }
    }

    fn set_chain(&mut self, chain: &[&CertificateBag]) {
        self.bags.leaf = chain.first().map(|bag| bag.id);
        self.bags.issuers = chain.iter().skip(1).map(|bag| bag.id).collect();
        if let Entry::PrivateKey(entry) = &mut self.entry {
            entry.set_chain(chain.iter().map(|bag| bag.certificate.clone()).collect());
        }
    }
}

fn free_name(wanted: &str, taken: impl Fn(&Alias) -> bool) -> String {
    free_name_counted(wanted, &mut HashMap::new(), taken)
}

fn free_name_counted(
    wanted: &str,
    counters: &mut HashMap<String, u64>,
    taken: impl Fn(&Alias) -> bool,
) -> String {
    if !taken(&Alias::new(wanted)) {
        return wanted.to_owned();
    }
    let number = counters
        .entry(Alias::new(wanted).as_str().to_owned())
        .or_insert(2);
    loop {
        let name = format!("{wanted}-{number}");
        *number += 1;
        if !taken(&Alias::new(&name)) {
            return name;
        }
    }
}
