//! Bags to entries, as `sun.security.pkcs12.PKCS12KeyStore.engineLoad` does it.

use std::collections::HashMap;

use bytes::Bytes;
use indexmap::IndexMap;
use indexmap::map::Entry as MapEntry;
use jiff::Timestamp;

use super::chains::{CertificateBag, Certificates};
use super::entry::KeyMaterial;
use super::readers::is_beyond_java;
use super::secret_key::SecretMaterial;
use super::{
    Alias, Entry, KeyStoreError, PrivateKeyEntry, SecretKeyEntry, Skipped, Slot, TrustedCertificateEntry,
};
use crate::limits::Limits;
use crate::pkcs8::{EncryptedPrivateKey, PrivateKey, oid};
use crate::pkcs12::{BagValue, CERT_BAG, Pfx, SafeBag};
use crate::secret::SecretBytes;
use crate::x509::Certificate;

/// What Java puts in place of a localKeyID that the first key, or the first certificate, does not have.
const FIRST_KEY_ID: &[u8] = b"01";

/// Keys in the clear that Java does not see and nothing but their public half ties to a certificate: as many are
/// tied so.
const MOST_COMPUTED_KEYS: usize = 1000;

/// How many more certificates the chains of a store may have.
struct ChainBudget {
    limit: usize,
    left: usize,
}

impl ChainBudget {
    fn take(&mut self, certificates: usize) -> Result<(), KeyStoreError> {
        self.left = self
            .left
            .checked_sub(certificates)
            .ok_or(KeyStoreError::ChainsTooLong { limit: self.limit })?;
        Ok(())
    }
}
const NESTED: &str = "Java does not look into nested contents";
const UNMARKED: &str = "it has no trustedKeyUsage attribute and belongs to no key, so Java does not see it";

/// A store's bags as entries.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) entries: IndexMap<Alias, Slot>,
    pub(super) skipped: Vec<Skipped>,
    /// For each bag, by its number, whether an entry is made of it.
    pub(super) claimed: Vec<bool>,
    pub(super) orphans: Vec<Orphan>,
}

/// A certificate that could be an entry, and is none to Java.
#[derive(Clone, Debug)]
pub(super) struct Orphan {
    pub(super) certificate: Certificate,
    /// The name it would have.
    pub(super) name: String,
    /// Its bag.
    pub(super) bag: u32,
    /// Whether it carries the mark of a trusted certificate: only its alias stands in its way.
    pub(super) trusted: bool,
}

/// The numbers of the bags an entry is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Bags {
    /// The key's or the trusted certificate's.
    pub(super) own: Option<u32>,
    /// The leaf certificate's.
    pub(super) leaf: Option<u32>,
    /// The issuers' certificates; other entries may use them too.
    pub(super) issuers: Box<[u32]>,
}

impl Bags {
    fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.own
            .into_iter()
            .chain(self.leaf)
            .chain(self.issuers.iter().copied())
    }
}

/// A private key whose chain is still to be found.
struct PendingKey {
    alias: Alias,
    key_id: Bytes,
    /// The key's bag: the entry may have been replaced by a later one of the same alias.
    id: u32,
}

#[derive(Default)]
struct Loader {
    loaded: Loaded,
    certificates: Vec<CertificateBag>,
    /// Those in nested contents: for the chains of keys that Java does not see either.
    nested_certificates: Vec<CertificateBag>,
    keys: Vec<PendingKey>,
    /// Keys that Java does not see, to be looked at last.
    unseen: Vec<(u32, SafeBag, &'static str)>,
    private_keys: usize,
    unnamed: usize,
    /// What was skipped without a certificate: its place among all, and how often.
    counted: HashMap<(String, &'static str), (usize, u64)>,
}

/// Makes entries of the bags, in the file's order. What is no entry to Java is either an entry after all
/// others (a key that can be recovered) or among `skipped`; each says why.
pub(super) fn load(pfx: &Pfx, limits: &Limits) -> Result<Loaded, KeyStoreError> {
    let mut loader = Loader::default();
    let bags = pfx.contents.iter().filter_map(|contents| contents.bags.as_ref());
    loader.reserve(bags.flatten());
    let mut id = 0;
    for contents in &pfx.contents {
        let Some(bags) = &contents.bags else {
            loader.skip(
                "encrypted contents",
                "no password was given, so they stay locked",
                None,
            );
            continue;
        };
        for (index, bag) in bags.iter().enumerate() {
            loader.bag(bag, index, &mut id)?;
        }
    }
    let mut loaded = loader.finish(limits)?;
    if is_beyond_java(pfx) {
        loaded.show_orphans();
    }
    Ok(loaded)
}

impl Loaded {
    /// Where no JDK opens the file there is no reading of Java's to follow: the certificates without a mark and
    /// without a key are what others find in it.
    fn show_orphans(&mut self) {
        let mut counters = HashMap::new();
        for orphan in std::mem::take(&mut self.orphans) {
            let name = super::free_name_counted(&orphan.name, &mut counters, |alias| {
                self.entries.contains_key(alias)
            });
            let entry = TrustedCertificateEntry::loaded(orphan.certificate, None);
            let slot = Slot::loaded(name.clone(), Entry::TrustedCertificate(entry), orphan.bag);
            self.entries.insert(Alias::new(&name), slot);
            mark(&mut self.claimed, orphan.bag);
        }
        self.skipped.retain(|skipped| skipped.why != UNMARKED);
    }
}

impl Loader {
    /// Room for the entries of that many bags: growing by doubling would cost half as much again.
    fn reserve<'a>(&mut self, bags: impl Iterator<Item = &'a SafeBag>) {
        let (mut all, mut certificates, mut keys) = (0, 0, 0);
        for bag in bags {
            all += 1;
            match bag.value {
                BagValue::X509Certificate(_) => certificates += 1,
                BagValue::ShroudedKey(_) | BagValue::Key(_) | BagValue::Secret { .. } => keys += 1,
                BagValue::SafeContents(_) | BagValue::Other { .. } => {}
            }
        }
        self.loaded.entries.reserve_exact(keys + certificates);
        self.loaded.claimed.reserve_exact(all);
        self.certificates.reserve_exact(certificates);
    }

    fn bag(&mut self, bag: &SafeBag, index: usize, id: &mut u32) -> Result<(), KeyStoreError> {
        let number = *id;
        *id += 1;
        self.loaded.claimed.push(false);
        match &bag.value {
            BagValue::ShroudedKey(der) => self.private_key(bag, der, number),
            BagValue::Secret { value, .. } => self.secret_key(bag, value, number),
            BagValue::X509Certificate(der) => self.certificate(bag, der, number, index),
            BagValue::Key(_) => {
                self.unseen
                    .push((number, bag.clone(), "Java ignores a private key in the clear"));
                Ok(())
            }
            BagValue::SafeContents(bags) => {
                for nested in bags {
                    self.nested(nested, id);
                }
                Ok(())
            }
            // As the JDK does: it is no X.509 certificate, and nobody knows what it would be trusted for.
            BagValue::Other { bag_id, .. } if *bag_id == CERT_BAG => Err(KeyStoreError::CertificateType),
            BagValue::Other { bag_id, .. } => {
                let what = oid::name_of_oid(bag_id)
                    .map_or_else(|| format!("a bag of type {bag_id}"), |name| format!("a {name}"));
                self.skip_alike(&what, "Java ignores bags of this type");
                Ok(())
            }
        }
    }

    /// Java does not look into nested contents; their keys and certificates are taken up after the others.
    fn nested(&mut self, bag: &SafeBag, id: &mut u32) {
        let number = *id;
        *id += 1;
        self.loaded.claimed.push(false);
        if let BagValue::SafeContents(bags) = &bag.value {
            bags.iter().for_each(|nested| self.nested(nested, id));
        } else if let Some(certificate) = nested_certificate(bag, number) {
            self.nested_certificates.push(certificate);
        } else {
            self.unseen.push((number, bag.clone(), NESTED));
        }
    }

    fn private_key(&mut self, bag: &SafeBag, der: &Bytes, id: u32) -> Result<(), KeyStoreError> {
        self.private_keys += 1;
        let key_id = match bag.local_key_id()? {
            Some(octets) => Bytes::copy_from_slice(octets),
            None if self.private_keys == 1 => Bytes::from_static(FIRST_KEY_ID),
            None => {
                let why = "Java drops a second private key without localKeyID";
                self.unseen.push((id, bag.clone(), why));
                return Ok(());
            }
        };
        let created = creation_date(&key_id);
        let key =
            EncryptedPrivateKey::from_der(der.clone()).map_err(|source| KeyStoreError::Key { source })?;
        let name = self.name(bag)?;
        let alias = Alias::new(&name);
        let entry = PrivateKeyEntry::loaded(KeyMaterial::Encrypted(key), Vec::new(), created);
        self.put(alias.clone(), Slot::loaded(name, Entry::PrivateKey(entry), id));
        self.keys.push(PendingKey { alias, key_id, id });
        Ok(())
    }

    fn secret_key(&mut self, bag: &SafeBag, value: &Bytes, id: u32) -> Result<(), KeyStoreError> {
        let created = bag.local_key_id()?.and_then(creation_date);
        let name = self.name(bag)?;
        let entry = SecretKeyEntry::loaded(SecretMaterial::Pkcs12(value.clone()), created);
        self.put(Alias::new(&name), Slot::loaded(name, Entry::SecretKey(entry), id));
        Ok(())
    }

    fn certificate(
        &mut self,
        bag: &SafeBag,
        der: &Bytes,
        id: u32,
        index: usize,
    ) -> Result<(), KeyStoreError> {
        let certificate = Certificate::from_der_prefix(der.clone())
            .map_err(|source| KeyStoreError::Certificate { source })?;
        let mut key_id = bag.local_key_id()?.map(Bytes::copy_from_slice);
        if key_id.is_none() && self.private_keys == 1 && index == 0 {
            key_id = Some(Bytes::from_static(FIRST_KEY_ID));
        }
        let trusted = bag.is_trusted();
        let mut alias = None;
        if trusted {
            let name = self.name(bag)?;
            let entry = TrustedCertificateEntry::loaded(certificate.clone(), None);
            self.put(
                Alias::new(&name),
                Slot::loaded(name, Entry::TrustedCertificate(entry), id),
            );
        } else {
            alias = bag.friendly_name()?.map(|name| Alias::new(&name));
        }
        self.certificates.push(CertificateBag {
            id,
            certificate,
            alias,
            key_id,
            trusted,
        });
        Ok(())
    }

    /// The friendlyName, else the next number (`PKCS12KeyStore.getUnfriendlyName`).
    fn name(&mut self, bag: &SafeBag) -> Result<String, KeyStoreError> {
        Ok(bag.friendly_name()?.unwrap_or_else(|| {
            self.unnamed += 1;
            self.unnamed.to_string()
        }))
    }

    /// The last bag of an alias wins, in the first one's place.
    fn put(&mut self, alias: Alias, slot: Slot) {
        let why = "a later entry of the same alias replaces it (aliases that differ by case only are one)";
        match self.loaded.entries.entry(alias) {
            MapEntry::Vacant(place) => {
                place.insert(slot);
            }
            MapEntry::Occupied(mut place) => {
                let lost = place.insert(slot);
                if let (Entry::TrustedCertificate(entry), Some(bag)) = (&lost.entry, lost.bags.own) {
                    self.loaded.orphans.push(Orphan {
                        certificate: entry.certificate().clone(),
                        name: lost.name.clone(),
                        bag,
                        trusted: true,
                    });
                }
                let what = format!("{} `{}`", lost.entry.kind().replace('-', " "), lost.name);
                let certificate = lost.entry.certificates().first().cloned();
                self.skip(&what, why, certificate);
            }
        }
    }

    /// Skips what has neither name nor certificate; it is counted, since a file may hold a million of its kind.
    fn skip_alike(&mut self, what: &str, why: &'static str) {
        let next = self.loaded.skipped.len();
        let (_, count) = self
            .counted
            .entry((what.to_owned(), why))
            .and_modify(|(_, count)| *count += 1)
            .or_insert((next, 1));
        if *count == 1 {
            self.skip(what, why, None);
        }
    }

    fn skip(&mut self, what: &str, why: &str, certificate: Option<Certificate>) {
        self.loaded.skipped.push(Skipped {
            what: what.to_owned(),
            why: why.to_owned(),
            certificate,
            alias: None,
        });
    }

    fn finish(mut self, limits: &Limits) -> Result<Loaded, KeyStoreError> {
        let bags = std::mem::take(&mut self.certificates);
        let has_keys = !self.keys.is_empty() || !self.unseen.is_empty();
        let mut used = vec![false; self.loaded.claimed.len()];
        let mut budget = ChainBudget { limit: 0, left: 0 };
        if has_keys {
            let count = self.loaded.claimed.len();
            let limit = limits.chain_certificates.saturating_add(count.saturating_mul(8));
            budget = ChainBudget { limit, left: limit };
            self.chains(&Certificates::new(&bags), &mut budget)?;
        }
        let seen = bags.len();
        let mut bags = bags;
        bags.append(&mut self.nested_certificates);
        if has_keys {
            self.recover(&Certificates::new(&bags), &mut budget)?;
        }
        for slot in self.loaded.entries.values() {
            slot.bags.numbers().for_each(|id| mark(&mut used, id));
        }
        for bag in bags.drain(seen..).filter(|bag| !is_marked(&used, bag.id)) {
            let what = format!("certificate `{}`", bag.certificate.subject());
            self.skip(&what, NESTED, Some(bag.certificate));
        }
        for bag in bags
            .iter()
            .filter(|bag| !bag.trusted && !is_marked(&used, bag.id))
        {
            let what = format!("certificate `{}`", bag.certificate.subject());
            self.skip(&what, UNMARKED, Some(bag.certificate.clone()));
            self.loaded.orphans.push(Orphan {
                certificate: bag.certificate.clone(),
                name: bag
                    .alias
                    .as_ref()
                    .map_or_else(|| bag.certificate.short_name(), |alias| alias.as_str().to_owned()),
                bag: bag.id,
                trusted: false,
            });
        }
        self.loaded.claimed = used;
        for ((what, _), (at, count)) in self.counted {
            if let Some(skipped) = self.loaded.skipped.get_mut(at).filter(|_| count > 1) {
                skipped.what = format!("{what} ({count} times)");
            }
        }
        Ok(self.loaded)
    }

    fn chains(
        &mut self,
        certificates: &Certificates<'_>,
        budget: &mut ChainBudget,
    ) -> Result<(), KeyStoreError> {
        for PendingKey { alias, key_id, id } in std::mem::take(&mut self.keys) {
            let Some(slot) = self.loaded.entries.get_mut(&alias) else {
                continue;
            };
            if slot.bags.own == Some(id) {
                let chain = certificates.chain(&alias, &key_id);
                budget.take(chain.len())?;
                slot.set_chain(&chain);
            }
        }
        Ok(())
    }

    /// Keys and trusted certificates that Java does not see become entries behind the others.
    fn recover(
        &mut self,
        certificates: &Certificates<'_>,
        budget: &mut ChainBudget,
    ) -> Result<(), KeyStoreError> {
        let mut computed = 0;
        let mut counters = HashMap::new();
        for (id, bag, why) in std::mem::take(&mut self.unseen) {
            let key = match &bag.value {
                BagValue::ShroudedKey(der) => {
                    EncryptedPrivateKey::from_der(der.clone()).map(KeyMaterial::Encrypted)
                }
                BagValue::Key(clear) => {
                    PrivateKey::from_pkcs8_der(SecretBytes::new(clear.expose_pkcs8_der().to_vec()))
                        .map(KeyMaterial::Clear)
                }
                BagValue::X509Certificate(_) => {
                    self.skip("a certificate that cannot be read", why, None);
                    continue;
                }
                _ => {
                    self.skip_alike("a bag", why);
                    continue;
                }
            };
            let key = key.map_err(|source| KeyStoreError::Key { source })?;
            let name = self.name(&bag)?;
            let name = super::free_name_counted(&name, &mut counters, |alias| {
                self.loaded.entries.contains_key(alias)
            });
            let alias = Alias::new(&name);
            let chain = match (bag.local_key_id()?, &key) {
                (Some(key_id), _) => certificates.chain(&alias, key_id),
                // Later ones are left without a chain: their public halves take milliseconds each.
                (None, KeyMaterial::Clear(_)) if computed == MOST_COMPUTED_KEYS => Vec::new(),
                (None, KeyMaterial::Clear(key)) => {
                    computed += 1;
                    key.public_key_der()
                        .map(|public| certificates.chain_by_public_key(&public))
                        .unwrap_or_default()
                }
                (None, _) => certificates.chain(&alias, &[]),
            };
            budget.take(chain.len())?;
            self.skip(&format!("private key `{name}`"), why, None);
            if let Some(told) = self.loaded.skipped.last_mut() {
                told.alias = Some(alias.clone());
            }
            let entry = Entry::PrivateKey(PrivateKeyEntry::loaded(key, Vec::new(), None));
            let mut slot = Slot::loaded(name, entry, id);
            slot.set_chain(&chain);
            self.put(alias, slot);
        }
        Ok(())
    }
}

fn mark(marks: &mut [bool], id: u32) {
    if let Some(mark) = usize::try_from(id).ok().and_then(|at| marks.get_mut(at)) {
        *mark = true;
    }
}

pub(super) fn is_marked(marks: &[bool], id: u32) -> bool {
    usize::try_from(id)
        .ok()
        .and_then(|at| marks.get(at))
        .copied()
        .unwrap_or_default()
}

/// The date in a localKeyID `Time <milliseconds since 1970>`, which is where the JDK keeps a key's.
fn creation_date(key_id: &[u8]) -> Option<Timestamp> {
    let millis = std::str::from_utf8(key_id)
        .ok()?
        .strip_prefix("Time ")?
        .parse()
        .ok()?;
    Timestamp::from_millisecond(millis).ok()
}

/// A certificate in nested contents, where it can be read.
fn nested_certificate(bag: &SafeBag, id: u32) -> Option<CertificateBag> {
    let BagValue::X509Certificate(der) = &bag.value else {
        return None;
    };
    let certificate = Certificate::from_der_prefix(der.clone()).ok()?;
    let alias = bag.friendly_name().ok()?.map(|name| Alias::new(&name));
    let key_id = bag.local_key_id().ok()?.map(Bytes::copy_from_slice);
    Some(CertificateBag {
        id,
        certificate,
        alias,
        key_id,
        trusted: bag.is_trusted(),
    })
}
