//! The model: what Java would make of a store. Aliases, entries, chains; loading and saving are the way
//! between bags (or records) and entries, by the rules of `sun.security.pkcs12.PKCS12KeyStore`.

use std::path::Path;

use bytes::Bytes;
use jiff::Timestamp;

use crate::crypto::CryptoRng;
use crate::error::{ErrorKind, Hint};
use crate::limits::Limits;
use crate::pkcs8::{EncryptedPrivateKey, PrivateKey};
use crate::pkcs12::{Mac, Profile};
use crate::secret::{Password, SecretBytes};
use crate::x509::Certificate;

/// A name of an entry, folded once by Java's rule (`toLowerCase(Locale.ENGLISH)`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias(Box<str>);

impl Alias {
    /// Folds a name to the alias Java would know it by.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let _ = name;
        todo!()
    }
    /// The folded name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an alias names (`KeyStore.Entry` in Java).
#[derive(Debug)]
#[non_exhaustive]
pub enum Entry {
    /// A private key and its certificate chain.
    PrivateKey(PrivateKeyEntry),
    /// A certificate that is trusted: a trust anchor.
    TrustedCertificate(TrustedCertificateEntry),
    /// A secret key.
    SecretKey(SecretKeyEntry),
}

/// A private key, clear or still under its password, and its chain, leaf first.
#[derive(Debug)]
pub struct PrivateKeyEntry {
    _p: (),
}

/// A trusted certificate.
#[derive(Debug)]
pub struct TrustedCertificateEntry {
    _p: (),
}

/// A secret key, clear or still under its password.
#[derive(Debug)]
pub struct SecretKeyEntry {
    _p: (),
}

impl TrustedCertificateEntry {
    /// An entry to be added.
    #[must_use]
    pub fn new(certificate: Certificate) -> Self {
        let _ = certificate;
        todo!()
    }
    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        todo!()
    }
    /// When it was created, where the store says so.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        todo!()
    }
}

impl PrivateKeyEntry {
    /// An entry to be added; the chain is leaf first, and the key must be the leaf's.
    ///
    /// # Errors
    /// [`KeyStoreError::KeyMismatch`], [`KeyStoreError::EmptyChain`].
    pub fn new(key: PrivateKey, chain: Vec<Certificate>) -> Result<Self, KeyStoreError> {
        let _ = (key, chain);
        todo!()
    }
    /// The chain, leaf first; empty where the store has no certificate for the key.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        todo!()
    }
    /// When it was created, where the store says so.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        todo!()
    }
    /// The private key, decrypted with the store's password or the key's own.
    ///
    /// # Errors
    /// A wrong password, an unsupported algorithm, damage.
    pub fn key(&self, password: &Password) -> Result<PrivateKey, KeyStoreError> {
        let _ = password;
        todo!()
    }
    /// How the key is encrypted in the file; `None` where it is clear or not written yet.
    #[must_use]
    pub fn key_encryption(&self) -> Option<KeyEncryption> {
        todo!()
    }
    /// The key still encrypted, where it stands in the file as an EncryptedPrivateKeyInfo.
    #[must_use]
    pub fn encrypted_key(&self) -> Option<EncryptedPrivateKey> {
        todo!()
    }
}

impl SecretKeyEntry {
    /// The algorithm as Java names it (`AES`), else the OID in digits; `None` while it is encrypted.
    #[must_use]
    pub fn algorithm(&self) -> Option<String> {
        todo!()
    }
    /// When it was created, where the store says so.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        todo!()
    }
    /// The raw key.
    ///
    /// # Errors
    /// A wrong password, an unsupported algorithm, damage.
    pub fn key(&self, password: &Password) -> Result<SecretBytes, KeyStoreError> {
        let _ = password;
        todo!()
    }
    /// How the key is encrypted in the file.
    #[must_use]
    pub fn key_encryption(&self) -> Option<KeyEncryption> {
        todo!()
    }
}

/// How a key is encrypted in its store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEncryption {
    /// The algorithm's name, or its OID in digits.
    pub algorithm: String,
    /// The key derivation's iterations, where it has any.
    pub iterations: Option<u32>,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreFormat {
    /// PKCS#12 (RFC 7292).
    Pkcs12,
    /// JKS.
    Jks,
    /// JCEKS.
    Jceks,
}

impl StoreFormat {
    /// The format the bytes begin like; a file's name decides nothing.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        let _ = bytes;
        todo!()
    }
    /// `pkcs12`, `jks`, `jceks`: as `--to` takes it and `--json` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pkcs12 => "pkcs12",
            Self::Jks => "jks",
            Self::Jceks => "jceks",
        }
    }
    /// `PKCS12`, `JKS`, `JCEKS`: as `-Djavax.net.ssl.trustStoreType` takes it.
    #[must_use]
    pub const fn java_name(self) -> &'static str {
        match self {
            Self::Pkcs12 => "PKCS12",
            Self::Jks => "JKS",
            Self::Jceks => "JCEKS",
        }
    }
}

/// Something a store holds that Java does not show as an entry, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What it is: ``certificate `CN=x` ``, `CRL`, `bag of type 1.2.3`.
    pub what: String,
    /// Why it is no entry.
    pub why: String,
    /// The certificate, where it is one.
    pub certificate: Option<Certificate>,
}

/// A key store: entries by alias, in the file's order (`java.security.KeyStore`).
#[derive(Debug, Default)]
pub struct KeyStore {
    _p: (),
}

impl KeyStore {
    /// An empty PKCS#12 store.
    #[must_use]
    pub fn new() -> Self {
        todo!()
    }
    /// Reads a store from a file; the bytes tell its format.
    ///
    /// # Errors
    /// See [`KeyStoreError`].
    pub fn open(path: impl AsRef<Path>, password: &Password) -> Result<Self, KeyStoreError> {
        let _ = (path.as_ref(), password);
        todo!()
    }
    /// Reads a store from bytes, under the default limits.
    ///
    /// # Errors
    /// See [`KeyStoreError`].
    pub fn from_bytes(bytes: impl Into<Bytes>, password: &Password) -> Result<Self, KeyStoreError> {
        Self::from_bytes_with(bytes, password, &Limits::DEFAULT)
    }
    /// Reads a store from bytes.
    ///
    /// # Errors
    /// See [`KeyStoreError`].
    pub fn from_bytes_with(
        bytes: impl Into<Bytes>,
        password: &Password,
        limits: &Limits,
    ) -> Result<Self, KeyStoreError> {
        let _ = (bytes.into(), password, limits);
        todo!()
    }
    /// The format it was read from; PKCS#12 for a new one.
    #[must_use]
    pub fn format(&self) -> StoreFormat {
        todo!()
    }
    /// The MAC it was read with; `None` where it had none, is new, or is no PKCS#12.
    #[must_use]
    pub fn mac(&self) -> Option<&Mac> {
        todo!()
    }
    /// How many entries.
    #[must_use]
    pub fn len(&self) -> usize {
        todo!()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The aliases, in order.
    pub fn aliases(&self) -> impl Iterator<Item = &Alias> {
        self.iter().map(|(alias, _)| alias)
    }
    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Alias, &Entry)> {
        std::iter::empty()
    }
    /// The entry of that alias.
    #[must_use]
    pub fn get(&self, alias: &Alias) -> Option<&Entry> {
        let _ = alias;
        todo!()
    }
    /// Adds an entry at the end. The name's own spelling is written to the file where Java keeps it
    /// (trusted certificates); it is found by its folded [`Alias`].
    ///
    /// # Errors
    /// [`KeyStoreError::AliasTaken`]: nothing is replaced unasked.
    pub fn insert(&mut self, name: &str, entry: Entry) -> Result<(), KeyStoreError> {
        let _ = (name, entry);
        todo!()
    }
    /// Puts an entry in another's place, which is returned.
    pub fn replace(&mut self, name: &str, entry: Entry) -> Option<Entry> {
        let _ = (name, entry);
        todo!()
    }
    /// Takes an entry out.
    pub fn remove(&mut self, alias: &Alias) -> Option<Entry> {
        let _ = alias;
        todo!()
    }
    /// Gives an entry another name, in its place.
    ///
    /// # Errors
    /// [`KeyStoreError::AliasAbsent`], [`KeyStoreError::AliasTaken`].
    pub fn rename(&mut self, from: &Alias, to: &str) -> Result<(), KeyStoreError> {
        let _ = (from, to);
        todo!()
    }
    /// A name made from `wanted` that no entry has: itself, else with `-2`, `-3`, ... behind it.
    #[must_use]
    pub fn free_name(&self, wanted: &str) -> String {
        let _ = wanted;
        todo!()
    }
    /// The alias of the trusted certificate with these very bytes.
    #[must_use]
    pub fn find_trusted(&self, certificate: &Certificate) -> Option<&Alias> {
        let _ = certificate;
        todo!()
    }
    /// What the file holds that is no entry.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        todo!()
    }
    /// Starts writing: the store's own algorithms and counts are kept unless told otherwise.
    #[must_use]
    pub fn encoder(&self) -> Encoder<'_> {
        todo!()
    }
}

/// Writes a [`KeyStore`]; made by [`KeyStore::encoder`].
pub struct Encoder<'a> {
    store: &'a KeyStore,
}

impl<'a> Encoder<'a> {
    /// Write with this profile's algorithms and counts instead of the store's own.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        let _ = profile;
        self
    }
    /// Write this format.
    #[must_use]
    pub fn format(self, format: StoreFormat) -> Self {
        let _ = format;
        self
    }
    /// Write this many iterations everywhere.
    #[must_use]
    pub fn iterations(self, iterations: u32) -> Self {
        let _ = iterations;
        self
    }
    /// The instant that new entries are created at.
    #[must_use]
    pub fn clock(self, now: Timestamp) -> Self {
        let _ = now;
        self
    }
    /// The source of salts; the system's unless given.
    #[must_use]
    pub fn rng(self, rng: &'a mut dyn CryptoRng) -> Self {
        let _ = rng;
        self
    }
    /// The password the store was read with, where it is not the one it is written with (keys are then
    /// decrypted with the old and encrypted with the new one).
    #[must_use]
    pub fn old_password(self, password: &'a Password) -> Self {
        let _ = password;
        self
    }
    /// The file's bytes.
    ///
    /// # Errors
    /// An entry the format cannot hold, a password that is needed and was not given.
    pub fn to_bytes(self, password: &Password) -> Result<Vec<u8>, KeyStoreError> {
        let _ = (password, self.store);
        todo!()
    }
    /// Writes the file whole or not at all; 0600 when it holds a key.
    ///
    /// # Errors
    /// As [`to_bytes`](Self::to_bytes), and what the file system refuses.
    pub fn save(self, path: impl AsRef<Path>, password: &Password) -> Result<(), KeyStoreError> {
        let _ = path.as_ref();
        self.to_bytes(password).map(drop)
    }
}

/// Why a store cannot be read, changed or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum KeyStoreError {
    #[error("the alias `{alias}` is taken")]
    AliasTaken { alias: Alias },
    #[error("there is no entry `{alias}`")]
    AliasAbsent { alias: Alias },
    #[error("the private key is not the key of the certificate `{subject}`")]
    KeyMismatch { subject: String },
    #[error("a private key entry needs a certificate chain")]
    EmptyChain,
}

impl KeyStoreError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        todo!()
    }
    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        Vec::new()
    }
}
