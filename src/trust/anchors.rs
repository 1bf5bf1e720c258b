//! Trust anchors: what a truststore makes a JVM trust.

use std::collections::HashSet;

use super::certificate::Parsed;
use crate::keystore::{Alias, Entry, KeyStore, StoreFormat};
use crate::x509::Certificate;

/// The certificates a JVM trusts, and which of them count as the JDK's own.
///
/// ```
/// use keyjar::trust::Anchors;
/// use keyjar::{Certificate, KeyStore};
/// let ca = Certificate::from_pem(include_bytes!("../../testdata/apm/ca.crt"))?;
/// assert_eq!(Anchors::new([ca]).len(), 1);
/// assert_eq!(Anchors::of_store(&KeyStore::new()).len(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    certificates: Vec<Certificate>,
    jdk_cas: HashSet<Certificate>,
    is_unknown: bool,
}

impl Anchors {
    /// These certificates, one of each.
    pub fn new(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        let mut seen = HashSet::new();
        Self {
            certificates: certificates
                .into_iter()
                .filter(|certificate| seen.insert(certificate.clone()))
                .collect(),
            jdk_cas: HashSet::new(),
            is_unknown: false,
        }
    }

    /// What a JVM trusts with this truststore: every trusted certificate, and the first certificate of every
    /// private key (`sun.security.validator.TrustStoreUtil`).
    #[must_use]
    pub fn of_store(store: &KeyStore) -> Self {
        let is_seen = |entry: &Entry| match entry {
            // A key in the clear is none to the JDK's PKCS#12, and its certificate belongs to no entry.
            Entry::PrivateKey(key) => store.pfx().is_none() || !key.is_clear(),
            _ => true,
        };
        Self::new(
            store
                .iter()
                // JKS looks every alias up in lower case, and finds none that is stored otherwise.
                .filter(|(alias, _)| store.pfx().is_some() || is_folded(store, alias))
                .filter(|(_, entry)| is_seen(entry))
                .filter_map(|(_, entry)| entry.certificates().first().cloned()),
        )
    }

    /// A JVM's own cacerts that is not at hand: some certificates, none of which issued what is judged.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            is_unknown: true,
            ..Self::default()
        }
    }

    /// Tells which certificates are the JDK's own: those whose alias in its `cacerts` has ` [jdk` in it
    /// (`sun.security.util.AnchorCertificates`). Some rules hold for chains that end in one of them only.
    #[must_use]
    pub fn with_jdk_cacerts(mut self, cacerts: &KeyStore) -> Self {
        self.jdk_cas = cacerts
            .iter()
            .filter(|(alias, _)| alias.as_str().contains(" [jdk"))
            .filter_map(|(_, entry)| entry.certificates().first().cloned())
            .collect();
        self
    }

    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.certificates.is_empty() && !self.is_unknown
    }

    /// The certificates.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    pub(super) fn contains(&self, certificate: &Certificate) -> bool {
        self.certificates.contains(certificate)
    }

    pub(super) fn is_jdk_ca(&self, certificate: &Certificate) -> bool {
        self.jdk_cas.contains(certificate)
    }

    /// Decoded; those that no JVM can parse are in no store it opens.
    pub(super) fn parsed(&self) -> Vec<Parsed> {
        let certificates = self.certificates.iter();
        certificates
            .filter_map(|certificate| Parsed::read(certificate).ok())
            .collect()
    }
}

fn is_folded(store: &KeyStore, alias: &Alias) -> bool {
    store.format() == StoreFormat::Pkcs12 || store.name(alias).is_none_or(|name| name == alias.as_str())
}
