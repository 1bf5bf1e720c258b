//! How Java ties certificates to keys: `PKCS12KeyStore.findMatchedCertificate` and the issuer search in
//! `engineLoad`.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::Alias;
use crate::pkcs8::key_identity;
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

/// All certificate bags of a store, found by what ties them to keys and to each other: each look-up takes as long
/// in a large store as in a small one.
pub(super) struct Certificates<'a> {
    bags: &'a [CertificateBag],
    by_key_id: HashMap<&'a [u8], SameKeyId<'a>>,
    by_alias: HashMap<&'a Alias, usize>,
    by_subject: HashMap<String, SameSubject>,
    by_public_key: OnceCell<HashMap<Vec<u8>, usize>>,
}

/// The certificates of one localKeyID that are not trusted ones.
#[derive(Default)]
struct SameKeyId<'a> {
    first_by_alias: HashMap<&'a Alias, usize>,
    last: usize,
}

/// The certificates of one subject.
struct SameSubject {
    first: usize,
    first_by_key_id: HashMap<Vec<u8>, usize>,
    first_without: Option<usize>,
}

impl<'a> Certificates<'a> {
    pub(super) fn new(bags: &'a [CertificateBag]) -> Self {
        let mut index = Self {
            bags,
            by_key_id: HashMap::new(),
            by_alias: HashMap::new(),
            by_subject: HashMap::new(),
            by_public_key: OnceCell::new(),
        };
        for (at, bag) in bags.iter().enumerate() {
            let subject = bag.certificate.subject().canonical();
            let same = index.by_subject.entry(subject).or_insert_with(|| SameSubject {
                first: at,
                first_by_key_id: HashMap::new(),
                first_without: None,
            });
            match bag.certificate.subject_key_id() {
                Some(key_id) => {
                    same.first_by_key_id.entry(key_id).or_insert(at);
                }
                None => same.first_without = same.first_without.or(Some(at)),
            }
            if bag.trusted {
                continue;
            }
            if let Some(key_id) = &bag.key_id {
                let same = index.by_key_id.entry(key_id).or_default();
                same.last = at;
                if let Some(alias) = &bag.alias {
                    same.first_by_alias.entry(alias).or_insert(at);
                }
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
        if let Some(same) = self.by_key_id.get(key_id) {
            return Some(same.first_by_alias.get(alias).copied().unwrap_or(same.last));
        }
        self.by_alias.get(alias).copied()
    }

    /// The leaf of a key that nothing but its public key ties to a certificate.
    fn leaf_by_public_key(&self, public_key_der: &[u8]) -> Option<usize> {
        let index = self.by_public_key.get_or_init(|| {
            let mut index = HashMap::new();
            for (at, bag) in self.bags.iter().enumerate() {
                if let Some(key) = key_identity(bag.certificate.public_key_der()) {
                    index.entry(key).or_insert(at);
                }
            }
            index
        });
        index.get(&key_identity(public_key_der)?).copied()
    }

    /// A key's chain by Java's rules: certificates and the numbers of their bags, leaf first.
    pub(super) fn chain(&self, alias: &Alias, key_id: &[u8]) -> Vec<&'a CertificateBag> {
        self.complete(self.leaf(alias, key_id))
    }

    /// A chain for a key that Java drops: by its SubjectPublicKeyInfo.
    pub(super) fn chain_by_public_key(&self, public_key_der: &[u8]) -> Vec<&'a CertificateBag> {
        self.complete(self.leaf_by_public_key(public_key_der))
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
        let found = match child.authority_key_id() {
            None => Some(named.first),
            Some(wanted) => named
                .first_by_key_id
                .get(&wanted)
                .copied()
                .or(named.first_without),
        };
        self.bag(found?)
    }

    fn bag(&self, at: usize) -> Option<&'a CertificateBag> {
        self.bags.get(at)
    }
}
