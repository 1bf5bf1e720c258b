//! Objects of BCFKS to entries and back, as Bouncy Castle's `BcFKSKeyStoreSpi` does it.

use bytes::Bytes;

use super::bks::Loading;
use super::encoder::Settings;
use super::entry::KeyMaterial;
use super::secret_key::SecretMaterial;
use super::{
    Alias, Entry, KeyStore, KeyStoreError, Origin, PrivateKeyEntry, SecretKeyEntry, Skipped, Slot,
    StoreFormat, TrustedCertificateEntry,
};
use crate::bcfks::{self, Bcfks, Derivation, Object, ObjectType, Parameters, PrivateKeyData};
use crate::crypto::CryptoRng;
use crate::x509::Certificate;

/// Makes entries of the objects.
pub(super) fn load(file: Bcfks) -> Result<KeyStore, KeyStoreError> {
    let mut loading = Loading::with_capacity(file.objects.len());
    for (object, id) in file.objects.iter().zip(0_u32..) {
        match entry(object)? {
            Some(entry) => loading.add(&object.identifier, entry, id),
            None => {
                let told = Skipped {
                    what: format!("the object `{}`", object.identifier),
                    why: String::from("its type is none that Bouncy Castle knows"),
                    certificate: None,
                    alias: None,
                };
                loading.leave_out(told, id);
            }
        }
    }
    Ok(loading.finish(|kept| Origin::Bcfks {
        file: Box::new(file),
        kept,
    }))
}

fn entry(object: &Object) -> Result<Option<Entry>, KeyStoreError> {
    let created = Some(object.modified);
    let certificate = |der: &Bytes| {
        Certificate::from_der_prefix(der.clone()).map_err(|source| KeyStoreError::Certificate { source })
    };
    Ok(Some(match object.kind {
        ObjectType::Certificate => {
            let certificate = certificate(&object.data)?;
            Entry::TrustedCertificate(TrustedCertificateEntry::loaded(certificate, created))
        }
        ObjectType::PrivateKey | ObjectType::ProtectedPrivateKey => {
            let PrivateKeyData { key, chain } = PrivateKeyData::read(&object.data)?;
            let chain = chain.iter().map(certificate).collect::<Result<_, _>>()?;
            Entry::PrivateKey(PrivateKeyEntry::loaded(
                KeyMaterial::Encrypted(key),
                chain,
                created,
            ))
        }
        ObjectType::SecretKey | ObjectType::ProtectedSecretKey => Entry::SecretKey(SecretKeyEntry::loaded(
            SecretMaterial::Bcfks(object.data.clone()),
            created,
        )),
        ObjectType::Other(_) => return Ok(None),
    }))
}

/// Writes all entries, in order, and behind them the objects that no entry was made of. A store that was BCFKS
/// keeps its parameters and the spelling of its aliases.
pub(super) fn write(
    store: &KeyStore,
    settings: &Settings<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, KeyStoreError> {
    let old = match &store.origin {
        Origin::Bcfks { file, kept } => Some((file, kept)),
        _ => None,
    };
    let mut parameters = old.map_or(Parameters::DEFAULT, |(file, _)| file.parameters);
    if let Some(iterations) = settings.iterations {
        for derivation in [&mut parameters.derivation, &mut parameters.mac_derivation] {
            if let Derivation::Pbkdf2 {
                iterations: count, ..
            } = derivation
            {
                *count = iterations;
            }
        }
    }
    let object_at = |id: u32| {
        let (file, _) = old?;
        file.objects.get(usize::try_from(id).ok()?)
    };
    let mut objects = Vec::with_capacity(store.entries.len());
    for (alias, slot) in &store.entries {
        let identifier = if store.format().needs_bouncy_castle() {
            slot.name.clone()
        } else {
            alias.as_str().to_owned()
        };
        let unchanged = slot.bags.own.and_then(object_at).filter(|_| !settings.reencrypt);
        objects.push(match unchanged {
            Some(object) => Object {
                identifier,
                ..object.clone()
            },
            None => object(identifier, alias, slot, settings, &parameters, rng)?,
        });
    }
    let kept = old.into_iter().flat_map(|(_, kept)| kept.numbers());
    objects.extend(kept.filter_map(object_at).cloned());
    let file = Bcfks {
        parameters,
        is_encrypted: true,
        created: match old {
            Some((file, _)) => file.created.clone(),
            None => bcfks::date_text(settings.now)?,
        },
        objects,
    };
    Ok(file.to_bytes(settings.password, settings.now, rng)?)
}

fn object(
    identifier: String,
    alias: &Alias,
    slot: &Slot,
    settings: &Settings<'_>,
    parameters: &Parameters,
    rng: &mut dyn CryptoRng,
) -> Result<Object, KeyStoreError> {
    let unsupported = |what| KeyStoreError::UnsupportedEntry {
        format: StoreFormat::Bcfks,
        alias: alias.clone(),
        what,
    };
    let (kind, data) = match &slot.entry {
        Entry::TrustedCertificate(entry) => (ObjectType::Certificate, entry.certificate().to_bytes()),
        Entry::PrivateKey(entry) if entry.chain().is_empty() => {
            return Err(unsupported("private key without a certificate"));
        }
        Entry::PrivateKey(entry) => {
            let key = settings.open(alias, entry)?;
            let key = bcfks::protect_key(&key, settings.password, parameters, rng)?;
            let chain = entry.chain().iter().map(Certificate::to_bytes).collect();
            (ObjectType::PrivateKey, PrivateKeyData { key, chain }.to_der())
        }
        Entry::SecretKey(entry) => {
            let key = settings.open_secret(alias, entry)?;
            let oid = key
                .bcfks_oid()
                .ok_or_else(|| unsupported("secret key of an algorithm without an object identifier,"))?;
            let data = bcfks::protect_secret(&oid, &key.octets, settings.password, parameters, rng)?;
            (ObjectType::SecretKey, data)
        }
    };
    let when = slot.entry.created().unwrap_or(settings.now);
    Ok(Object {
        kind,
        identifier,
        created: when,
        modified: when,
        data,
        comment: None,
    })
}
