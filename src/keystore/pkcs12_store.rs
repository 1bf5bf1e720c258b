//! Entries to bags, as `sun.security.pkcs12.PKCS12KeyStore.engineStore` writes them.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::encoder::Settings;
use super::entry::KeyMaterial;
use super::pkcs12_load::is_marked;
use super::secret_key::SecretMaterial;
use super::{Alias, Entry, KeyStore, KeyStoreError, Origin, PrivateKeyEntry, SecretKeyEntry, Slot};
use crate::crypto::CryptoRng;
use crate::pkcs8::EncryptedPrivateKey;
use crate::pkcs8::pbe::{Pbe, Scheme};
use crate::pkcs12::{Attribute, BagValue, Pfx, Profile, SafeBag, SafeContents, attribute, secret_type};
use crate::x509::Certificate;

/// Writes all entries afresh with a profile's algorithms: keys in one content, certificates in another, and
/// behind these what the file held beside its entries.
pub(super) fn write(
    store: &KeyStore,
    profile: Profile,
    settings: &Settings<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, KeyStoreError> {
    let profile = settings
        .iterations
        .map_or(profile, |count| profile.with_iterations(count));
    let mut writer = Writer::new(settings, profile.keys);
    let old = store.pfx().map(flat).unwrap_or_default();
    let mut keys = Vec::new();
    let mut certificates = Vec::with_capacity(store.entries.len());
    for (alias, slot) in &store.entries {
        match &slot.entry {
            Entry::TrustedCertificate(entry) => {
                certificates.push(trusted_bag(
                    &slot.name,
                    entry.certificate(),
                    extra(&old, slot.bags.own),
                ));
            }
            _ if profile.keys.is_none() => {
                return Err(KeyStoreError::ProfileWithoutKeys {
                    profile: profile.name,
                    alias: alias.clone(),
                });
            }
            Entry::PrivateKey(entry) => {
                let kept = extra(&old, slot.bags.own);
                keys.push(writer.private_key(alias, entry, kept, &mut certificates, rng)?);
            }
            Entry::SecretKey(entry) => keys.push(writer.secret_key(alias, entry, rng)?),
        }
    }
    if let Origin::Pkcs12 { pfx, claimed, .. } = &store.origin {
        // Of two bags of one alias Java takes the last: what has lost its alias stays in front of what has it.
        let (lost, others): (Vec<_>, Vec<_>) = unclaimed(pfx, claimed)
            .into_iter()
            .partition(|bag| has_lost_alias(bag, store));
        keys.splice(..0, lost);
        certificates.extend(others);
    }
    let mut contents = Vec::new();
    if !keys.is_empty() {
        contents.push(SafeContents::new(None, keys));
    }
    if !certificates.is_empty() {
        let encryption = profile
            .certificates
            .map(|(scheme, count)| Pbe::generate(scheme, count, rng));
        contents.push(SafeContents::new(encryption, certificates));
    }
    let mac = profile.mac.map(|mac| mac.generate(rng));
    Ok(Pfx::new(contents, mac).to_bytes(settings.password, rng)?)
}

/// Writes a file that was read with the changes made to its entries, and nothing else changed.
pub(super) fn edit(
    store: &KeyStore,
    pfx: &Pfx,
    claimed: &[bool],
    settings: &Settings<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, KeyStoreError> {
    let old = flat(pfx);
    let mut writer = Writer::new(settings, key_scheme(&old).or(Profile::MODERN.keys));
    let mut added_keys = Vec::new();
    let mut added_certificates = Vec::new();
    let mut plan = Plan {
        claimed,
        keep: HashMap::new(),
        replace: HashMap::new(),
        reencrypt: HashMap::new(),
    };
    for (alias, slot) in &store.entries {
        if slot.bags.own.is_some() {
            plan.keep(slot);
            if settings.reencrypt {
                plan.reencrypt(alias, slot, &mut writer, rng)?;
            }
            continue;
        }
        let bag = match &slot.entry {
            Entry::TrustedCertificate(entry) => trusted_bag(&slot.name, entry.certificate(), Vec::new()),
            Entry::PrivateKey(entry) => {
                writer.private_key(alias, entry, Vec::new(), &mut added_certificates, rng)?
            }
            Entry::SecretKey(entry) => writer.secret_key(alias, entry, rng)?,
        };
        let is_certificate = matches!(slot.entry, Entry::TrustedCertificate(_));
        match slot.place {
            Some(place) if is_certificate_at(&old, place) == is_certificate => {
                plan.replace.insert(place, bag);
            }
            _ if is_certificate => added_certificates.push(bag),
            _ => added_keys.push(bag),
        }
    }
    plan.name_unnamed(store, &old);
    let mut edited = pfx.clone();
    plan.apply(&mut edited);
    add(&mut edited, added_keys, true, rng)?;
    add(&mut edited, added_certificates, false, rng)?;
    Ok(edited.to_bytes(settings.password, rng)?)
}

/// What becomes of each bag of a file.
struct Plan<'a> {
    claimed: &'a [bool],
    /// Bags of entries that are still there, and the name they get where it changed.
    keep: HashMap<u32, Option<&'a str>>,
    replace: HashMap<u32, SafeBag>,
    reencrypt: HashMap<u32, Bytes>,
}

impl<'a> Plan<'a> {
    fn keep(&mut self, slot: &'a Slot) {
        let name = slot.renamed.then_some(slot.name.as_str());
        for id in slot.bags.own.into_iter().chain(slot.bags.leaf) {
            self.keep.insert(id, name);
        }
        for id in &slot.bags.issuers {
            self.keep.entry(*id).or_insert(None);
        }
    }

    /// An entry without a friendlyName is known by its number among these. Where one of them goes or gets a name,
    /// the others are given theirs, as the JDK gives it to every entry: their aliases stay.
    fn name_unnamed(&mut self, store: &'a KeyStore, old: &[&SafeBag]) {
        let is_unnamed = |bag: &SafeBag| {
            let is_entry = match bag.value {
                BagValue::X509Certificate(_) => bag.is_trusted(),
                BagValue::ShroudedKey(_) | BagValue::Secret { .. } | BagValue::Key(_) => true,
                BagValue::SafeContents(_) | BagValue::Other { .. } => false,
            };
            is_entry && matches!(bag.friendly_name(), Ok(None))
        };
        let unnamed: HashSet<u32> = (0..)
            .zip(old)
            .filter(|(id, bag)| is_marked(self.claimed, *id) && is_unnamed(bag))
            .map(|(id, _)| id)
            .collect();
        let left: Vec<(u32, &str)> = store
            .entries
            .values()
            .filter(|slot| !slot.renamed)
            .filter_map(|slot| slot.bags.own.map(|id| (id, slot.name.as_str())))
            .filter(|(id, _)| unnamed.contains(id))
            .collect();
        if left.len() < unnamed.len() {
            let names = left.into_iter().map(|(id, name)| (id, Some(name)));
            self.keep.extend(names);
        }
    }

    fn reencrypt(
        &mut self,
        alias: &Alias,
        slot: &Slot,
        writer: &mut Writer<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), KeyStoreError> {
        let Some(id) = slot.bags.own else { return Ok(()) };
        let value = match &slot.entry {
            Entry::PrivateKey(entry) if !entry.is_clear() => writer.encrypted(alias, entry, rng)?,
            Entry::SecretKey(entry) => writer.encrypted_secret(alias, entry, rng)?,
            _ => return Ok(()),
        };
        self.reencrypt.insert(id, value);
        Ok(())
    }

    fn apply(&mut self, pfx: &mut Pfx) {
        let mut id = 0;
        for contents in &mut pfx.contents {
            if let Some(bags) = contents.bags.take() {
                contents.bags = Some(self.bags(bags, &mut id));
            }
        }
    }

    fn bags(&mut self, bags: Vec<SafeBag>, id: &mut u32) -> Vec<SafeBag> {
        let mut kept = Vec::with_capacity(bags.len());
        for mut bag in bags {
            let number = *id;
            *id += 1;
            if let BagValue::SafeContents(nested) = bag.value {
                bag.value = BagValue::SafeContents(self.bags(nested, id));
            }
            if let Some(other) = self.replace.remove(&number) {
                kept.push(other);
                continue;
            }
            let name = match self.keep.get(&number) {
                Some(name) => *name,
                None if is_marked(self.claimed, number) => continue,
                None => None,
            };
            if let Some(name) = name {
                rename(&mut bag, name);
            }
            if let Some(value) = self.reencrypt.remove(&number) {
                match &mut bag.value {
                    BagValue::ShroudedKey(old) | BagValue::Secret { value: old, .. } => *old = value,
                    _ => {}
                }
            }
            kept.push(bag);
        }
        kept
    }
}

/// Makes bags of entries that are not in the file yet.
struct Writer<'a> {
    settings: &'a Settings<'a>,
    keys: Option<(Scheme, u32)>,
    /// The localKeyIDs given so far: each key has one of its own.
    times: HashSet<i64>,
    /// The chain certificates written so far.
    written: HashSet<Bytes>,
}

impl<'a> Writer<'a> {
    fn new(settings: &'a Settings<'a>, keys: Option<(Scheme, u32)>) -> Self {
        Self {
            settings,
            keys,
            times: HashSet::new(),
            written: HashSet::new(),
        }
    }

    /// The key's bag; its chain goes to `certificates`.
    fn private_key(
        &mut self,
        alias: &Alias,
        entry: &PrivateKeyEntry,
        kept: Vec<Attribute>,
        certificates: &mut Vec<SafeBag>,
        rng: &mut dyn CryptoRng,
    ) -> Result<SafeBag, KeyStoreError> {
        let created = entry.created().unwrap_or(self.settings.now).as_millisecond();
        let key_id = self.key_id(created);
        for (at, certificate) in entry.chain().iter().enumerate() {
            if at == 0 {
                self.written.insert(certificate.to_bytes());
                let attributes = [
                    Attribute::friendly_name(alias.as_str()),
                    Attribute::local_key_id(&key_id),
                ];
                certificates.push(certificate_bag(certificate, attributes));
            } else if self.written.insert(certificate.to_bytes()) {
                let name = certificate.subject().to_rfc2253();
                certificates.push(certificate_bag(certificate, [Attribute::friendly_name(&name)]));
            }
        }
        let value = BagValue::ShroudedKey(self.encrypted(alias, entry, rng)?);
        let attributes = [
            Attribute::friendly_name(alias.as_str()),
            Attribute::local_key_id(&key_id),
        ];
        Ok(SafeBag::new(value, attributes.into_iter().chain(kept)))
    }

    /// `Time` and the milliseconds since 1970, as the JDK writes it; moved on where another key has it.
    fn key_id(&mut self, mut millis: i64) -> Vec<u8> {
        while !self.times.insert(millis) {
            millis = millis.saturating_add(1);
        }
        format!("Time {millis}").into_bytes()
    }

    fn encrypted(
        &mut self,
        alias: &Alias,
        entry: &PrivateKeyEntry,
        rng: &mut dyn CryptoRng,
    ) -> Result<Bytes, KeyStoreError> {
        let scheme = self.scheme(alias)?;
        let opened;
        let key = match &entry.key {
            KeyMaterial::Clear(key) => key,
            _ => {
                opened = self.settings.open(alias, entry)?;
                &opened
            }
        };
        let pbe = Pbe::generate(scheme.0, scheme.1, rng);
        let encrypted = EncryptedPrivateKey::encrypt(key, &pbe, self.settings.password)
            .map_err(|source| KeyStoreError::Key { source })?;
        Ok(encrypted.to_bytes())
    }

    fn secret_key(
        &mut self,
        alias: &Alias,
        entry: &SecretKeyEntry,
        rng: &mut dyn CryptoRng,
    ) -> Result<SafeBag, KeyStoreError> {
        let created = entry.created().unwrap_or(self.settings.now).as_millisecond();
        let key_id = self.key_id(created);
        let value = self.encrypted_secret(alias, entry, rng)?;
        let value = BagValue::Secret {
            type_id: secret_type::PKCS8_SHROUDED_KEY,
            value,
        };
        Ok(SafeBag::new(
            value,
            [
                Attribute::friendly_name(alias.as_str()),
                Attribute::local_key_id(&key_id),
            ],
        ))
    }

    fn encrypted_secret(
        &mut self,
        alias: &Alias,
        entry: &SecretKeyEntry,
        rng: &mut dyn CryptoRng,
    ) -> Result<Bytes, KeyStoreError> {
        let scheme = self.scheme(alias)?;
        let opened;
        let key = match &entry.key {
            SecretMaterial::Clear(key) => key,
            _ => {
                opened = self.settings.open_secret(alias, entry)?;
                &opened
            }
        };
        let info = key.to_info().ok_or_else(|| KeyStoreError::UnsupportedEntry {
            format: super::StoreFormat::Pkcs12,
            alias: alias.clone(),
            what: "secret key of an algorithm without an object identifier,",
        })?;
        let pbe = Pbe::generate(scheme.0, scheme.1, rng);
        let ciphertext = pbe
            .encrypt(self.settings.password, info.expose_bytes())
            .map_err(|source| KeyStoreError::Key {
                source: source.into(),
            })?;
        Ok(EncryptedPrivateKey::from_parts(&pbe.to_der(), &ciphertext).to_bytes())
    }

    fn scheme(&self, alias: &Alias) -> Result<(Scheme, u32), KeyStoreError> {
        self.keys.ok_or_else(|| KeyStoreError::ProfileWithoutKeys {
            profile: Profile::PASSWORDLESS.name,
            alias: alias.clone(),
        })
    }
}

fn trusted_bag(name: &str, certificate: &Certificate, kept: Vec<Attribute>) -> SafeBag {
    let attributes = [Attribute::friendly_name(name), Attribute::trusted()];
    certificate_bag(certificate, attributes.into_iter().chain(kept))
}

fn certificate_bag(certificate: &Certificate, attributes: impl IntoIterator<Item = Attribute>) -> SafeBag {
    SafeBag::new(BagValue::X509Certificate(certificate.to_bytes()), attributes)
}

/// The attributes of a bag that was read which the model has no name for.
fn extra(old: &[&SafeBag], id: Option<u32>) -> Vec<Attribute> {
    let known = [
        attribute::FRIENDLY_NAME,
        attribute::LOCAL_KEY_ID,
        attribute::TRUSTED_KEY_USAGE,
    ];
    let bag = id.and_then(|id| bag_at(old, id));
    bag.into_iter()
        .flat_map(|bag| bag.attributes.iter())
        .filter(|attribute| !known.iter().any(|oid| attribute.is(oid)))
        .collect()
}

/// The bags no entry was made of. Those in nested contents stay there: Java does not look into these, and what
/// it does not trust must not become trusted.
fn unclaimed(pfx: &Pfx, claimed: &[bool]) -> Vec<SafeBag> {
    fn left(bags: &[SafeBag], claimed: &[bool], id: &mut u32) -> Vec<SafeBag> {
        let mut kept = Vec::new();
        for bag in bags {
            let number = *id;
            *id += 1;
            match &bag.value {
                BagValue::SafeContents(nested) => {
                    let inner = left(nested, claimed, id);
                    if inner.len() == nested.len() {
                        kept.push(bag.clone());
                    } else if !inner.is_empty() {
                        let value = BagValue::SafeContents(inner);
                        kept.push(SafeBag {
                            value,
                            attributes: bag.attributes.clone(),
                        });
                    }
                }
                _ if is_marked(claimed, number) => {}
                _ => kept.push(bag.clone()),
            }
        }
        kept
    }
    let mut id = 0;
    pfx.contents
        .iter()
        .filter_map(|contents| contents.bags.as_ref())
        .flat_map(|bags| left(bags, claimed, &mut id))
        .collect()
}

/// Whether Java would make an entry of the bag, were there none of the same alias behind it.
fn has_lost_alias(bag: &SafeBag, store: &KeyStore) -> bool {
    let is_entry = match bag.value {
        BagValue::ShroudedKey(_) | BagValue::Secret { .. } => true,
        BagValue::X509Certificate(_) => bag.is_trusted(),
        _ => false,
    };
    is_entry
        && matches!(bag.friendly_name(), Ok(Some(name)) if store.entries.contains_key(&Alias::new(&name)))
}

fn bag_at<'a>(old: &[&'a SafeBag], id: u32) -> Option<&'a SafeBag> {
    usize::try_from(id).ok().and_then(|at| old.get(at)).copied()
}

fn is_certificate_at(old: &[&SafeBag], id: u32) -> bool {
    bag_at(old, id).is_some_and(|bag| matches!(bag.value, BagValue::X509Certificate(_)))
}

/// All bags in the order they are numbered in: the nested ones behind the one that holds them.
fn flat(pfx: &Pfx) -> Vec<&SafeBag> {
    fn push<'a>(bag: &'a SafeBag, all: &mut Vec<&'a SafeBag>) {
        all.push(bag);
        if let BagValue::SafeContents(nested) = &bag.value {
            nested.iter().for_each(|bag| push(bag, all));
        }
    }
    let mut all = Vec::new();
    for bag in pfx
        .contents
        .iter()
        .filter_map(|contents| contents.bags.as_ref())
        .flatten()
    {
        push(bag, &mut all);
    }
    all
}

/// The algorithm and count the file's keys are encrypted with.
fn key_scheme(old: &[&SafeBag]) -> Option<(Scheme, u32)> {
    let shrouded = old.iter().find_map(|bag| match &bag.value {
        BagValue::ShroudedKey(der) => Some(der.clone()),
        _ => None,
    })?;
    let pbe = EncryptedPrivateKey::from_der(shrouded).ok()?.encryption().ok()?;
    Some((pbe.scheme(), pbe.iterations()))
}

/// The bag takes another friendlyName, in the place of the one it has.
fn rename(bag: &mut SafeBag, name: &str) {
    bag.attributes.replace(&Attribute::friendly_name(name));
}

/// Adds bags to the first content that holds their like, else to a new one.
fn add(pfx: &mut Pfx, bags: Vec<SafeBag>, keys: bool, rng: &mut dyn CryptoRng) -> Result<(), KeyStoreError> {
    if bags.is_empty() {
        return Ok(());
    }
    let is_like = |bag: &SafeBag| match bag.value {
        BagValue::X509Certificate(_) => !keys,
        BagValue::ShroudedKey(_) | BagValue::Secret { .. } => keys,
        _ => false,
    };
    let home = pfx
        .contents
        .iter_mut()
        .find_map(|contents| contents.bags.as_mut().filter(|held| held.iter().any(is_like)));
    if let Some(home) = home {
        home.extend(bags);
        return Ok(());
    }
    if pfx.contents.iter().any(|contents| contents.bags.is_none()) {
        return Err(KeyStoreError::StorePasswordRequired);
    }
    if keys {
        pfx.contents.insert(0, SafeContents::new(None, bags));
        return Ok(());
    }
    // A store of keys alone gets its certificates encrypted, as the JDK writes them; one without any
    // protection stays so.
    let encryption = Profile::MODERN
        .certificates
        .filter(|_| pfx.mac.is_some() && !pfx.contents.is_empty());
    let encryption = encryption.map(|(scheme, count)| Pbe::generate(scheme, count, rng));
    pfx.contents.push(SafeContents::new(encryption, bags));
    Ok(())
}
