use jiff::Timestamp;

use super::KeyStoreError;
use super::secret_key::SecretKeyEntry;
use crate::asn1::{ObjectIdentifier, Reader};
use crate::bks::SealedKey;
use crate::crypto::Cipher;
use crate::limits::Limits;
use crate::pkcs8::pbe::Scheme;
use crate::pkcs8::{EncryptedPrivateKey, KeyError, PrivateKey, oid};
use crate::secret::Password;
use crate::x509::Certificate;
use crate::{bcfks, jks};

/// What an alias names (`java.security.KeyStore.Entry`).
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

impl Entry {
    /// `private-key`, `trusted-certificate` or `secret-key`, as `--json` prints it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::PrivateKey(_) => "private-key",
            Self::TrustedCertificate(_) => "trusted-certificate",
            Self::SecretKey(_) => "secret-key",
        }
    }

    /// Its certificates: the chain, leaf first; the trusted certificate alone; none for a secret key.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        match self {
            Self::PrivateKey(entry) => entry.chain(),
            Self::TrustedCertificate(entry) => std::slice::from_ref(entry.certificate()),
            Self::SecretKey(_) => &[],
        }
    }

    /// When it was created, where the store says so.
    #[must_use]
    pub const fn created(&self) -> Option<Timestamp> {
        match self {
            Self::PrivateKey(entry) => entry.created,
            Self::TrustedCertificate(entry) => entry.created,
            Self::SecretKey(entry) => entry.created(),
        }
    }

    /// How its key is encrypted in the file; `None` where there is no key, or it is clear.
    #[must_use]
    pub fn key_encryption(&self) -> Option<KeyEncryption> {
        match self {
            Self::PrivateKey(entry) => entry.key_encryption(),
            Self::TrustedCertificate(_) => None,
            Self::SecretKey(entry) => entry.key_encryption(),
        }
    }

    /// What decrypting its key costs, in iterations of a key derivation; none where there is no key, or it is clear.
    #[must_use]
    pub fn key_work(&self) -> u64 {
        match self {
            Self::PrivateKey(entry) => entry.work(),
            Self::TrustedCertificate(_) => 0,
            Self::SecretKey(entry) => entry.work(),
        }
    }
}

/// A trusted certificate (`java.security.KeyStore.TrustedCertificateEntry`).
#[derive(Debug)]
pub struct TrustedCertificateEntry {
    certificate: Certificate,
    created: Option<Timestamp>,
}

impl TrustedCertificateEntry {
    /// An entry to be added.
    #[must_use]
    pub const fn new(certificate: Certificate) -> Self {
        Self {
            certificate,
            created: None,
        }
    }

    pub(super) const fn loaded(certificate: Certificate, created: Option<Timestamp>) -> Self {
        Self { certificate, created }
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// When it was created: JKS and JCEKS say so, PKCS#12 does not.
    #[must_use]
    pub const fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

/// A private key, clear or still under its password, and its chain, leaf first
/// (`java.security.KeyStore.PrivateKeyEntry`).
#[derive(Debug)]
pub struct PrivateKeyEntry {
    pub(super) key: KeyMaterial,
    chain: Vec<Certificate>,
    created: Option<Timestamp>,
}

/// A private key as its store holds it.
#[derive(Debug)]
pub(super) enum KeyMaterial {
    Clear(PrivateKey),
    Encrypted(EncryptedPrivateKey),
    /// BKS and UBER.
    Sealed(SealedKey),
}

impl PrivateKeyEntry {
    /// An entry to be added; the chain is leaf first, and the key must be the leaf's.
    ///
    /// # Errors
    /// [`KeyStoreError::KeyMismatch`] where the leaf has another public key, [`KeyStoreError::EmptyChain`]. A
    /// key whose public half cannot be computed here ([`PrivateKey::public_key_der`]) is taken on trust.
    pub fn new(key: PrivateKey, chain: Vec<Certificate>) -> Result<Self, KeyStoreError> {
        let leaf = chain.first().ok_or(KeyStoreError::EmptyChain)?;
        if key.matches_public_key(leaf.public_key_der()) == Some(false) {
            return Err(KeyStoreError::KeyMismatch {
                subject: leaf.subject().to_string(),
            });
        }
        Ok(Self {
            key: KeyMaterial::Clear(key),
            chain,
            created: None,
        })
    }

    pub(super) const fn loaded(
        key: KeyMaterial,
        chain: Vec<Certificate>,
        created: Option<Timestamp>,
    ) -> Self {
        Self { key, chain, created }
    }

    /// The chain, leaf first; empty where the store has no certificate for the key.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    pub(super) fn set_chain(&mut self, chain: Vec<Certificate>) {
        self.chain = chain;
    }

    /// When it was created, where the store says so: JKS and JCEKS always, PKCS#12 where the localKeyID is
    /// the JDK's `Time ...`.
    #[must_use]
    pub const fn created(&self) -> Option<Timestamp> {
        self.created
    }

    /// The private key, decrypted with the store's password or the key's own. This is where the key
    /// derivation is paid.
    ///
    /// # Errors
    /// A wrong password, an unsupported algorithm, damage.
    pub fn key(&self, password: &Password) -> Result<PrivateKey, KeyStoreError> {
        match &self.key {
            KeyMaterial::Clear(key) => Ok(key.duplicate()),
            KeyMaterial::Encrypted(encrypted) => decrypt(encrypted, password),
            KeyMaterial::Sealed(_) if password.is_none() => Err(KeyStoreError::KeyPasswordRequired),
            KeyMaterial::Sealed(sealed) => sealed
                .open(password, &Limits::DEFAULT)
                .and_then(|key| key.to_private_key())
                .map_err(|source| KeyStoreError::BksKey { source }),
        }
    }

    /// What decrypting the key costs, in iterations; none where the file asks for more than is allowed, since it
    /// is refused at once.
    pub(super) fn work(&self) -> u64 {
        match &self.key {
            KeyMaterial::Clear(_) => 0,
            KeyMaterial::Encrypted(encrypted) => work(encrypted),
            KeyMaterial::Sealed(sealed) => {
                u64::from(KeyEncryption::of_sealed(sealed).iterations.unwrap_or_default())
            }
        }
    }

    /// Whether the key is in the clear: it was just added, or its store keeps it so.
    #[must_use]
    pub const fn is_clear(&self) -> bool {
        matches!(self.key, KeyMaterial::Clear(_))
    }

    /// How the key is encrypted in the file; `None` where it is clear.
    #[must_use]
    pub fn key_encryption(&self) -> Option<KeyEncryption> {
        match &self.key {
            KeyMaterial::Clear(_) => None,
            KeyMaterial::Encrypted(encrypted) => Some(KeyEncryption::of(encrypted)),
            KeyMaterial::Sealed(sealed) => Some(KeyEncryption::of_sealed(sealed)),
        }
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

impl KeyEncryption {
    pub(super) fn of(encrypted: &EncryptedPrivateKey) -> Self {
        if let Ok(pbe) = encrypted.encryption() {
            return Self {
                algorithm: pbe.name(),
                iterations: Some(pbe.iterations()),
            };
        }
        if let Some((algorithm, iterations)) = bcfks::describe(encrypted.as_der()) {
            return Self {
                algorithm,
                iterations,
            };
        }
        let algorithm = algorithm_oid(encrypted).map_or_else(
            || String::from("unknown"),
            |id| oid::name_of_oid(&id).map_or_else(|| id.to_string(), String::from),
        );
        Self {
            algorithm,
            iterations: jks::iterations(encrypted),
        }
    }

    pub(super) fn of_sealed(sealed: &SealedKey) -> Self {
        Self {
            algorithm: Scheme::Pkcs12(Cipher::TripleDesCbc).name(),
            iterations: sealed.iterations(),
        }
    }
}

pub(super) fn work(encrypted: &EncryptedPrivateKey) -> u64 {
    encrypted.encryption().map_or_else(
        |_| jks::iterations(encrypted).map_or(0, u64::from),
        |pbe| pbe.work(),
    )
}

fn algorithm_oid(encrypted: &EncryptedPrivateKey) -> Option<ObjectIdentifier> {
    let mut info = Reader::new(encrypted.as_der())
        .sequence("EncryptedPrivateKeyInfo")
        .ok()?;
    info.sequence("AlgorithmIdentifier").ok()?.oid("algorithm").ok()
}

/// Decrypts what a store keeps: PKCS#12's and PKCS#5's schemes, the JDK's own of JKS and JCEKS, and BCFKS's.
fn decrypt(encrypted: &EncryptedPrivateKey, password: &Password) -> Result<PrivateKey, KeyStoreError> {
    if password.is_none() {
        return Err(KeyStoreError::KeyPasswordRequired);
    }
    if let Some(recovered) = jks::recover_key(encrypted, password, &Limits::DEFAULT) {
        return Ok(recovered?);
    }
    if let Some(recovered) = bcfks::recover_key(encrypted, password, &Limits::DEFAULT) {
        return recovered.map_err(|source| KeyStoreError::BcfksKey { source });
    }
    encrypted
        .decrypt(password, &Limits::DEFAULT)
        .map_err(|source: KeyError| KeyStoreError::Key { source })
}
