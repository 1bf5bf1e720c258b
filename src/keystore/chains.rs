//! How Java ties certificates to keys: `PKCS12KeyStore.findMatchedCertificate` and the issuer search in
//! `engineLoad`.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::Alias;
use crate::x509::Certificate;

/// Longer chains are cut here; a TLS peer takes ten certificates.
const LONGEST_CHAIN: usize = 1000;

/// A certificate bag, with what ties it to a key.
pub(super) struct CertificateBag {
    /// The bag's number in the file.
    pub(super) id: u32,
    pub(super) certificate: Certificate,
    pub(super) alias: Option<Alias>,
    pub(super) key_id: Option<Bytes>,
    pub(super) trusted: bool,
}

/// All certificate bags of a store, found by what ties them to keys and to each other.
pub(super) struct Certificates<'a> {
    bags: &'a [CertificateBag],
    by_key_id: HashMap<&'a [u8], Vec<usize>>,
    by_alias: HashMap<&'a Alias, usize>,
    by_subject: HashMap<String, Vec<usize>>,
}

impl<'a> Certificates<'a> {
    pub(super) fn new(bags: &'a [CertificateBag]) -> Self {
        let mut index = Self {
            bags,
            by_key_id: HashMap::new(),
            by_alias: HashMap::new(),
            by_subject: HashMap::new(),
        };
        for (at, bag) in bags.iter().enumerate() {
            index
                .by_subject
                .entry(bag.certificate.subject().canonical())
                .or_default()
                .push(at);
            if bag.trusted {
                continue;
            }
            if let Some(key_id) = &bag.key_id {
                index.by_key_id.entry(key_id).or_default().push(at);
            }
            if let Some(alias) = &bag.alias {
                index.by_alias.insert(alias, at);
            }
        }
        index
    }

    /// The leaf of a key: of the certificates that are not trusted ones, that with the same localKeyID and
    /// alias, else the last of the same localKeyID, else the last of the same alias.
    fn leaf(&self, alias: &Alias, key_id: &[u8]) -> Option<usize> {
        if let Some(same_id) = self.by_key_id.get(key_id) {
            return same_id
                .iter()
                .find(|at| {
                    self.bag(**at)
                        .is_some_and(|bag| bag.alias.as_ref() == Some(alias))
                })
                .or_else(|| same_id.last())
                .copied();
        }
        self.by_alias.get(alias).copied()
    }

    /// The leaf of a key that nothing but its public key ties to a certificate.
    fn leaf_by_public_key(&self, is_key_of: impl Fn(&Certificate) -> bool) -> Option<usize> {
        self.bags.iter().position(|bag| is_key_of(&bag.certificate))
    }

    /// A key's chain by Java's rules: certificates and the numbers of their bags, leaf first.
    pub(super) fn chain(&self, alias: &Alias, key_id: &[u8]) -> Vec<&'a CertificateBag> {
        self.complete(self.leaf(alias, key_id))
    }

    /// A chain for a key that Java drops: by its public key.
    pub(super) fn chain_by_public_key(
        &self,
        is_key_of: impl Fn(&Certificate) -> bool,
    ) -> Vec<&'a CertificateBag> {
        self.complete(self.leaf_by_public_key(is_key_of))
    }

    fn complete(&self, leaf: Option<usize>) -> Vec<&'a CertificateBag> {
        let mut chain = Vec::new();
        let mut seen = HashSet::new();
        let mut next = leaf.and_then(|at| self.bag(at));
        while let Some(bag) = next {
            if !seen.insert(bag.certificate.as_der()) || chain.len() == LONGEST_CHAIN {
                break;
            }
            chain.push(bag);
            next = if bag.certificate.is_self_issued() {
                None
            } else {
                self.issuer(&bag.certificate)
            };
        }
        chain
    }

    /// The issuer: of all certificates of that name the first whose key identifier is the one asked for,
    /// else the first that has none; without one to ask for, the first.
    fn issuer(&self, child: &Certificate) -> Option<&'a CertificateBag> {
        let named = self.by_subject.get(&child.issuer().canonical())?;
        let mut candidates = named.iter().filter_map(|at| self.bag(*at));
        let Some(wanted) = child.authority_key_id() else {
            return candidates.next();
        };
        let mut without = None;
        for bag in candidates {
            match bag.certificate.subject_key_id() {
                Some(found) if found == wanted => return Some(bag),
                Some(_) => {}
                None => without = without.or(Some(bag)),
            }
        }
        without
    }

    fn bag(&self, at: usize) -> Option<&'a CertificateBag> {
        self.bags.get(at)
    }
}
