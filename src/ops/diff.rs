use std::collections::{HashMap, HashSet, VecDeque};

use crate::keystore::{Alias, Entry, KeyStore, SecretKey};
use crate::pkcs8::PrivateKey;
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
    let keys = Keys::of_both(first, second);
    let mut unmatched: HashMap<&Certificate, VecDeque<&Alias>> = HashMap::new();
    for (alias, entry) in second.store.iter() {
        if first.store.get(alias).is_none()
            && let Entry::TrustedCertificate(entry) = entry
        {
            unmatched.entry(entry.certificate()).or_default().push_back(alias);
        }
    }
    let mut matched = HashSet::new();
    for (alias, entry) in first.store.iter() {
        if let Some(other) = second.store.get(alias) {
            if let Some(what) = content(alias, entry, other, &keys) {
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
                .and_then(VecDeque::pop_front),
            _ => None,
        };
        differences.push(match elsewhere {
            Some(second) => {
                matched.insert(second);
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

/// The keys that have to be compared, those that open.
#[derive(Default)]
struct Keys<'a> {
    first: HashMap<&'a Alias, Opening>,
    second: HashMap<&'a Alias, Opening>,
}

enum Opening {
    Private(PrivateKey),
    Secret(SecretKey),
}

impl<'a> Keys<'a> {
    /// None where the certificates differ already, and none where a store asks for more work than is allowed.
    fn of_both(first: Opened<'a>, second: Opened<'a>) -> Self {
        let is_needed = |(alias, entry): (&Alias, &Entry)| match (entry, second.store.get(alias)) {
            (Entry::PrivateKey(a), Some(Entry::PrivateKey(b))) => a.chain() == b.chain(),
            (Entry::SecretKey(_), Some(Entry::SecretKey(_))) => true,
            _ => false,
        };
        if !first.store.iter().any(is_needed) {
            return Self::default();
        }
        Self {
            first: open(first),
            second: open(second),
        }
    }
}

fn open(of: Opened<'_>) -> HashMap<&Alias, Opening> {
    if of.store.check_key_work().is_err() {
        return HashMap::new();
    }
    let private = of.store.private_keys(of.password).into_iter();
    let private = private.filter_map(|(alias, key)| Some((alias, Opening::Private(key.ok()?))));
    let secret = of.store.iter().filter_map(|(alias, entry)| match entry {
        Entry::SecretKey(entry) => Some((alias, Opening::Secret(entry.key(of.password).ok()?))),
        _ => None,
    });
    private.chain(secret).collect()
}

fn content(alias: &Alias, first: &Entry, second: &Entry, keys: &Keys<'_>) -> Option<&'static str> {
    let is_same_key = || match (keys.first.get(alias), keys.second.get(alias)) {
        (Some(Opening::Private(a)), Some(Opening::Private(b))) => {
            a.expose_pkcs8_der() == b.expose_pkcs8_der()
        }
        (Some(Opening::Secret(a)), Some(Opening::Secret(b))) => {
            a.octets.expose_bytes() == b.octets.expose_bytes() && a.algorithm == b.algorithm
        }
        _ => true,
    };
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
            (!is_same_key()).then_some("key")
        }
        (Entry::SecretKey(_), Entry::SecretKey(_)) => (!is_same_key()).then_some("key"),
        _ => Some("kind"),
    }
}
