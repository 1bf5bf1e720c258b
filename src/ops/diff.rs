use std::collections::HashMap;

use crate::keystore::{Alias, Entry, KeyStore};
use crate::secret::Password;
use crate::x509::Certificate;

/// How two stores differ in one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The first store alone has it.
    OnlyInFirst {
        /// Its alias.
        alias: Alias,
    },
    /// The second store alone has it.
    OnlyInSecond {
        /// Its alias.
        alias: Alias,
    },
    /// Both have the same trusted certificate under different aliases.
    Alias {
        /// In the first store.
        first: Alias,
        /// In the second.
        second: Alias,
    },
    /// Under one alias the stores hold different things.
    Content {
        /// The alias.
        alias: Alias,
        /// What differs: `kind`, `certificate`, `chain` or `key`.
        what: &'static str,
    },
}

/// A store and the password its keys open with.
#[derive(Clone, Copy, Debug)]
pub struct Opened<'a> {
    /// The store.
    pub store: &'a KeyStore,
    /// Its password.
    pub password: &'a Password,
}

/// What two stores trust or hold differently, whatever their formats and the order of their entries. Keys are
/// compared where both open with their store's password, else by their certificates alone.
#[must_use]
pub fn diff(first: Opened<'_>, second: Opened<'_>) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut unmatched: HashMap<&Certificate, Vec<&Alias>> = HashMap::new();
    for (alias, entry) in second.store.iter() {
        if first.store.get(alias).is_none()
            && let Entry::TrustedCertificate(entry) = entry
        {
            unmatched.entry(entry.certificate()).or_default().push(alias);
        }
    }
    let mut matched = Vec::new();
    for (alias, entry) in first.store.iter() {
        if let Some(other) = second.store.get(alias) {
            if let Some(what) = content(entry, other, first.password, second.password) {
                differences.push(Difference::Content {
                    alias: alias.clone(),
                    what,
                });
            }
            continue;
        }
        let elsewhere = match entry {
            Entry::TrustedCertificate(entry) => unmatched
                .get_mut(entry.certificate())
                .filter(|aliases| !aliases.is_empty())
                .map(|aliases| aliases.remove(0)),
            _ => None,
        };
        differences.push(match elsewhere {
            Some(second) => {
                matched.push(second);
                Difference::Alias {
                    first: alias.clone(),
                    second: second.clone(),
                }
            }
            None => Difference::OnlyInFirst { alias: alias.clone() },
        });
    }
    let left = second
        .store
        .aliases()
        .filter(|alias| first.store.get(alias).is_none() && !matched.contains(alias));
    differences.extend(left.map(|alias| Difference::OnlyInSecond { alias: alias.clone() }));
    differences
}

fn content(first: &Entry, second: &Entry, one: &Password, two: &Password) -> Option<&'static str> {
    match (first, second) {
        (Entry::TrustedCertificate(a), Entry::TrustedCertificate(b)) => {
            (a.certificate() != b.certificate()).then_some("certificate")
        }
        (Entry::PrivateKey(a), Entry::PrivateKey(b)) => {
            if a.chain().first() != b.chain().first() {
                return Some("certificate");
            }
            if a.chain() != b.chain() {
                return Some("chain");
            }
            match (a.key(one), b.key(two)) {
                (Ok(a), Ok(b)) if a.expose_pkcs8_der() != b.expose_pkcs8_der() => Some("key"),
                _ => None,
            }
        }
        (Entry::SecretKey(a), Entry::SecretKey(b)) => match (a.key(one), b.key(two)) {
            (Ok(a), Ok(b))
                if a.octets.expose_bytes() != b.octets.expose_bytes() || a.algorithm != b.algorithm =>
            {
                Some("key")
            }
            _ => None,
        },
        _ => Some("kind"),
    }
}
