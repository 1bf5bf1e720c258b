use std::path::Path;

use jiff::Timestamp;
use rand_core::UnwrapErr;

use super::{
    Alias, Entry, KeyStore, KeyStoreError, Origin, SecretKey, StoreFormat, bcfks, bks, jks, pkcs12_store,
};
use crate::clock;
use crate::crypto::CryptoRng;
use crate::fsio;
use crate::pkcs8::PrivateKey;
use crate::pkcs12::Profile;
use crate::secret::Password;

/// Writes a [`KeyStore`]; made by [`KeyStore::encoder`].
///
/// Unless told otherwise a store that was read keeps its format, algorithms and counts, as the JDK does; a
/// new one is written as [`Profile::TRUST`], or as [`Profile::MODERN`] when it holds a key. The same store,
/// password, clock and random source give the same bytes.
#[must_use]
pub struct Encoder<'a> {
    pub(super) store: &'a KeyStore,
    format: Option<StoreFormat>,
    profile: Option<Profile>,
    iterations: Option<u32>,
    now: Option<Timestamp>,
    rng: Option<&'a mut dyn CryptoRng>,
    old_password: Option<&'a Password>,
    key_password: Option<&'a Password>,
}

/// What the writers of the formats need to know.
pub(super) struct Settings<'a> {
    pub(super) password: &'a Password,
    /// The passwords that may open the keys the store holds.
    pub(super) key_passwords: Vec<&'a Password>,
    /// Whether keys have to be encrypted anew.
    pub(super) reencrypt: bool,
    pub(super) iterations: Option<u32>,
    pub(super) now: Timestamp,
}

impl<'a> Encoder<'a> {
    pub(super) const fn new(store: &'a KeyStore) -> Self {
        Self {
            store,
            format: None,
            profile: None,
            iterations: None,
            now: None,
            rng: None,
            old_password: None,
            key_password: None,
        }
    }

    /// Write with this profile's algorithms and counts instead of the store's own; implies PKCS#12.
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Write this format.
    pub const fn format(mut self, format: StoreFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Derive every key with this many iterations.
    pub const fn iterations(mut self, iterations: u32) -> Self {
        self.iterations = Some(iterations);
        self
    }

    /// The instant that new entries are created at; the system's clock unless given.
    pub const fn clock(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// The source of salts; the system's unless given.
    pub fn rng(mut self, rng: &'a mut dyn CryptoRng) -> Self {
        self.rng = Some(rng);
        self
    }

    /// The password the store was read with, where it is not the one it is written with: its keys are then
    /// decrypted with the old and encrypted with the new one.
    pub const fn old_password(mut self, password: &'a Password) -> Self {
        self.old_password = Some(password);
        self
    }

    /// A password of their own that keys may have. They are encrypted with the store's, which is the one
    /// password a JVM can be given.
    pub const fn key_password(mut self, password: &'a Password) -> Self {
        self.key_password = Some(password);
        self
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// An entry that the format or the profile cannot hold, a key that does not open, a password that is
    /// needed and was not given.
    pub fn to_bytes(mut self, password: &Password) -> Result<Vec<u8>, KeyStoreError> {
        let mut system = UnwrapErr(getrandom::SysRng);
        let rng: &mut dyn CryptoRng = match self.rng.take() {
            Some(rng) => rng,
            None => &mut system,
        };
        let format = match (self.format, self.profile) {
            (Some(format), _) => format,
            (None, Some(_)) => StoreFormat::Pkcs12,
            (None, None) => self.store.format(),
        };
        let other_password = self
            .old_password
            .is_some_and(|old| old.expose_text() != password.expose_text());
        let mut key_passwords = vec![self.old_password.unwrap_or(password)];
        key_passwords.extend(self.key_password);
        let settings = Settings {
            password,
            key_passwords,
            reencrypt: other_password || self.key_password.is_some(),
            iterations: self.iterations,
            now: self.now.unwrap_or_else(clock::now),
        };
        let is_edit = match format {
            StoreFormat::Pkcs12 => self.profile.is_none() && self.iterations.is_none(),
            _ => true,
        };
        if settings.reencrypt || !is_edit || format != self.store.format() {
            self.store.check_key_work()?;
        }
        match (format, &self.store.origin) {
            (StoreFormat::Pkcs12, Origin::Pkcs12 { pfx, claimed, .. })
                if self.profile.is_none() && self.iterations.is_none() =>
            {
                pkcs12_store::edit(self.store, pfx, claimed, &settings, rng)
            }
            (StoreFormat::Pkcs12, _) => {
                pkcs12_store::write(self.store, self.profile_or_default(), &settings, rng)
            }
            (StoreFormat::Jks | StoreFormat::Jceks, _) => jks::write(self.store, format, &settings, rng),
            (StoreFormat::Bks | StoreFormat::Uber, _) => bks::write(self.store, format, &settings, rng),
            (StoreFormat::Bcfks, _) => bcfks::write(self.store, &settings, rng),
        }
    }

    fn profile_or_default(&self) -> Profile {
        let default = if self.store.has_keys() {
            Profile::MODERN
        } else {
            Profile::TRUST
        };
        self.profile.unwrap_or(default)
    }

    /// Writes the file whole or not at all; 0600 when it holds a key, else 0644 less the umask, and an
    /// existing file keeps its mode.
    ///
    /// # Errors
    /// As [`to_bytes`](Self::to_bytes), and what the file system refuses.
    pub fn save(self, path: impl AsRef<Path>, password: &Password) -> Result<(), KeyStoreError> {
        let sensitive = self.store.has_keys();
        let bytes = self.to_bytes(password)?;
        fsio::write(path.as_ref(), &bytes, sensitive)?;
        Ok(())
    }
}

impl Settings<'_> {
    /// A private key in the clear, by whichever of the passwords opens it.
    pub(super) fn open(
        &self,
        alias: &Alias,
        entry: &super::PrivateKeyEntry,
    ) -> Result<PrivateKey, KeyStoreError> {
        self.try_each(alias, |password| entry.key(password))
    }

    /// A secret key in the clear, by whichever of the passwords opens it.
    pub(super) fn open_secret(
        &self,
        alias: &Alias,
        entry: &super::SecretKeyEntry,
    ) -> Result<SecretKey, KeyStoreError> {
        self.try_each(alias, |password| entry.key(password))
    }

    fn try_each<T>(
        &self,
        alias: &Alias,
        open: impl Fn(&Password) -> Result<T, KeyStoreError>,
    ) -> Result<T, KeyStoreError> {
        let mut first = None;
        for password in &self.key_passwords {
            match open(password) {
                Ok(key) => return Ok(key),
                Err(error) => first = first.or(Some(error)),
            }
        }
        let source = Box::new(first.unwrap_or(KeyStoreError::KeyPasswordRequired));
        Err(KeyStoreError::KeyOf {
            alias: alias.clone(),
            source,
        })
    }
}

/// What an entry is called where a format cannot hold it.
pub(super) const fn what(entry: &Entry) -> &'static str {
    match entry {
        Entry::PrivateKey(_) => "private key",
        Entry::TrustedCertificate(_) => "trusted certificate",
        Entry::SecretKey(_) => "secret key",
    }
}
