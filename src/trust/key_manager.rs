//! Which client certificate a JVM sends (`KeyManagerFactory` `SunX509`: `sun.security.ssl.SunX509KeyManagerImpl`,
//! since 26 `X509KeyManagerCertChecking`), and why not the others.

use jiff::Timestamp;

use super::certificate::Parsed;
use super::end_entity;
use super::jdk::Jdk;
use crate::keystore::{Alias, Entry, KeyStore};
use crate::x509::Name;

/// What a server asks of its clients: a CertificateRequest.
#[derive(Clone, Debug, Default)]
pub struct KeyRequest {
    key_types: Vec<&'static str>,
    issuers: Vec<String>,
}

impl KeyRequest {
    /// Of TLS SignatureScheme numbers in the server's order, and the DER of the names it accepts issuers of; no names
    /// are every name. Without schemes every key type is asked for.
    #[must_use]
    pub fn new<'a>(schemes: &[u16], issuers: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut key_types = Vec::new();
        for scheme in schemes {
            if let Some(kind) = key_type(*scheme).filter(|kind| !key_types.contains(kind)) {
                key_types.push(kind);
            }
        }
        Self {
            key_types,
            issuers: issuers
                .into_iter()
                .filter_map(|der| Name::from_der(der).ok())
                .map(|name| super::certificate::canonical(&name))
                .collect(),
        }
    }

    fn key_types(&self, jdk: u32) -> Vec<&'static str> {
        // The client's own order: EC before RSA.
        let own = ["EC", "EdDSA", "RSA", "RSASSA-PSS"];
        if self.key_types.is_empty() {
            return own.to_vec();
        }
        if jdk >= 26 {
            return own
                .into_iter()
                .filter(|kind| self.key_types.contains(kind))
                .collect();
        }
        self.key_types.clone()
    }
}

/// The key algorithm of a SignatureScheme (RFC 8446 section 4.2.3), as Java names it.
const fn key_type(scheme: u16) -> Option<&'static str> {
    match scheme {
        0x0403 | 0x0503 | 0x0603 | 0x0303 | 0x0203 => Some("EC"),
        0x0807 | 0x0808 => Some("EdDSA"),
        0x0804..=0x0806 | 0x0401 | 0x0501 | 0x0601 | 0x0301 | 0x0201 => Some("RSA"),
        0x0809..=0x080b => Some("RSASSA-PSS"),
        0x0402 | 0x0302 | 0x0202 => Some("DSA"),
        _ => None,
    }
}

/// A key that is not sent, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Its alias.
    pub alias: Alias,
    /// Why, in a few words.
    pub why: String,
}

/// What a JVM chooses.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct KeyChoice {
    /// The alias of the key that is sent; none where nothing fits, and an empty Certificate message is sent.
    pub alias: Option<Alias>,
    /// The others.
    pub passed_over: Vec<PassedOver>,
}

/// Chooses as a JVM with this keystore does; whether its keys open is
/// [`load_keystore`](super::load_keystore)'s to tell.
#[must_use]
pub fn choose_client_key(store: &KeyStore, request: &KeyRequest, jdk: &Jdk, at: Timestamp) -> KeyChoice {
    let mut choice = KeyChoice::default();
    let mut keys: Vec<(&Alias, Vec<Parsed>)> = Vec::new();
    for (alias, entry) in store.iter() {
        let Entry::PrivateKey(key) = entry else { continue };
        if key.is_clear() && store.pfx().is_some() {
            choice.pass_over(alias, "it is in the clear, and no key to a JVM");
            continue;
        }
        let chain: Vec<Parsed> = key
            .chain()
            .iter()
            .filter_map(|der| Parsed::read(der).ok())
            .collect();
        if chain.is_empty() {
            choice.pass_over(alias, "it has no certificate");
            continue;
        }
        keys.push((alias, chain));
    }
    let keys = in_hash_order(keys);
    let mut found: Vec<(u8, &Alias)> = Vec::new();
    for kind in request.key_types(jdk.version()) {
        for (alias, chain) in &keys {
            let Some(leaf) = chain.first() else { continue };
            if leaf.key.java_algorithm() == kind && fits_issuers(chain, request) {
                found.push((fitness(leaf, jdk, at), *alias));
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    if jdk.version() >= 26 {
        found.sort_by_key(|(fitness, _)| *fitness);
    }
    choice.alias = found.first().map(|(_, alias)| (*alias).clone());
    for (alias, chain) in &keys {
        let Some(leaf) = chain.first() else { continue };
        if choice.alias.as_ref() == Some(*alias) {
            continue;
        }
        let kind = leaf.key.java_algorithm();
        if !request.key_types(jdk.version()).contains(&kind) {
            choice.pass_over(alias, &format!("the server takes no {kind} keys"));
        } else if !fits_issuers(chain, request) {
            let issuer = chain.last().unwrap_or(leaf).certificate.issuer().to_string();
            let text = format!(
                "none of the server's accepted issuers issued a certificate of its chain, which ends in one by `{issuer}`"
            );
            choice.pass_over(alias, &text);
        } else {
            choice.pass_over(alias, "another key comes first");
        }
    }
    choice
}

impl KeyChoice {
    fn pass_over(&mut self, alias: &Alias, why: &str) {
        self.passed_over.push(PassedOver {
            alias: alias.clone(),
            why: why.to_owned(),
        });
    }
}

fn fits_issuers(chain: &[Parsed], request: &KeyRequest) -> bool {
    request.issuers.is_empty()
        || chain
            .iter()
            .any(|certificate| request.issuers.contains(&certificate.issuer))
}

/// 26 and later: good ones first, then expired ones, then those with extensions that are against it.
fn fitness(leaf: &Parsed, jdk: &Jdk, at: Timestamp) -> u8 {
    let is_misused = end_entity::key_usage(leaf).is_err()
        || end_entity::extended_key_usage(leaf, true, jdk.version()).is_err();
    match (is_misused, leaf.is_valid_at(at)) {
        (true, _) => 2,
        (false, false) => 1,
        (false, true) => 0,
    }
}

/// The order of a `java.util.HashMap` of the aliases, into which they were put one after another.
fn in_hash_order<T>(mut keys: Vec<(&Alias, T)>) -> Vec<(&Alias, T)> {
    let mut buckets = 16_usize;
    while keys.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    keys.sort_by_key(|(alias, _)| bucket(alias.as_str(), buckets));
    keys
}

fn bucket(text: &str, buckets: usize) -> usize {
    let hash = text.encode_utf16().fold(0_u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    });
    let spread = hash ^ (hash >> 16);
    usize::try_from(spread).unwrap_or_default() & (buckets - 1)
}
