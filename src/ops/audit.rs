use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::error::ErrorKind;
use crate::keystore::{Alias, Entry, KeyStore, StoreFormat};
use crate::secret::Password;
use crate::x509::{Certificate, Validity};

/// Something about a store that fails, will fail, or weakens it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Which kind it is.
    pub kind: FindingKind,
    /// The entry; `None` for what is the whole store's.
    pub alias: Option<Alias>,
    /// The fact in words.
    pub message: String,
}

impl Finding {
    /// A finding about the whole store.
    #[must_use]
    pub fn of_store(kind: FindingKind, message: &str) -> Self {
        Self {
            kind,
            alias: None,
            message: message.to_owned(),
        }
    }
}

/// The kinds of findings, by the names that `--json` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// A certificate is expired.
    Expired,
    /// A certificate expires soon.
    Expiring,
    /// A certificate is not valid yet.
    NotYetValid,
    /// A key is too short for today: RSA and DSA below 2048 bits, EC below 224.
    WeakKey,
    /// A signature is made with MD2, MD5 or SHA-1.
    WeakSignature,
    /// Keys, contents or the MAC are protected by what is broken or weak.
    WeakEncryption,
    /// No JVM can parse a certificate, so none opens the store.
    Unreadable,
    /// A JVM does not see a certificate or a key.
    Unseen,
    /// Two entries have one alias, and a JVM drops the first.
    CollidingAlias,
    /// Two entries hold the same certificate.
    Duplicate,
    /// A key does not open with the store's password, the only one a JVM has.
    KeyPassword,
    /// A key is not its certificate's.
    KeyMismatch,
    /// Others than the owner may read a file with a key.
    OpenToOthers,
}

impl FindingKind {
    /// Whether rewriting the store can mend it.
    #[must_use]
    pub const fn is_mendable(self) -> bool {
        matches!(
            self,
            Self::WeakEncryption | Self::Unseen | Self::CollidingAlias | Self::OpenToOthers
        )
    }

    /// `expired`, `weak-key`, ...
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Expiring => "expiring",
            Self::NotYetValid => "not-yet-valid",
            Self::WeakKey => "weak-key",
            Self::WeakSignature => "weak-signature",
            Self::WeakEncryption => "weak-encryption",
            Self::Unreadable => "unreadable",
            Self::Unseen => "unseen",
            Self::CollidingAlias => "colliding-alias",
            Self::Duplicate => "duplicate",
            Self::KeyPassword => "key-password",
            Self::KeyMismatch => "key-mismatch",
            Self::OpenToOthers => "open-to-others",
        }
    }
}

/// What an audit needs to know.
#[derive(Debug)]
pub struct AuditOptions<'a> {
    /// The store's password.
    pub password: &'a Password,
    /// The instant that decides what is expired.
    pub now: Timestamp,
    /// How soon is soon.
    pub within: SignedDuration,
}

/// Below these sizes keys are weak (NIST SP 800-131A: 112 bits of strength).
const LEAST_RSA: u32 = 2048;
const LEAST_EC: u32 = 224;

/// Looks a store over. Every key is decrypted, with all cores, to see whether a JVM could; pure otherwise: the
/// file's mode is the caller's to look at.
#[must_use]
pub fn audit(store: &KeyStore, options: &AuditOptions<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: HashMap<&Certificate, &Alias> = HashMap::new();
    for (alias, entry) in store.iter() {
        for certificate in entry.certificates() {
            for (kind, message) in of_certificate(certificate, options) {
                findings.push(Finding {
                    kind,
                    alias: Some(alias.clone()),
                    message,
                });
            }
        }
        if let Entry::TrustedCertificate(entry) = entry
            && let Some(first) = seen.insert(entry.certificate(), alias)
        {
            findings.push(Finding {
                kind: FindingKind::Duplicate,
                alias: Some(alias.clone()),
                message: format!("the same certificate as `{first}`"),
            });
        }
    }
    findings.extend(of_keys(store, options.password));
    findings.extend(store.skipped().iter().map(|skipped| Finding {
        kind: if skipped.why.contains("same alias") {
            FindingKind::CollidingAlias
        } else {
            FindingKind::Unseen
        },
        alias: skipped.alias.clone(),
        message: format!("{}: {}", skipped.what, skipped.why),
    }));
    findings.extend(of_protection(store));
    findings
}

fn of_certificate(certificate: &Certificate, options: &AuditOptions<'_>) -> Vec<(FindingKind, String)> {
    let mut found = Vec::new();
    let subject = certificate.subject();
    let day = |when: Timestamp| when.to_string().chars().take(10).collect::<String>();
    match certificate.validity_at(options.now) {
        Validity::Expired { at } => {
            found.push((
                FindingKind::Expired,
                format!("`{subject}` expired on {}", day(at)),
            ));
        }
        Validity::NotYetValid { from } => {
            found.push((
                FindingKind::NotYetValid,
                format!("`{subject}` is not valid before {}", day(from)),
            ));
        }
        _ => {
            if let Some(at) = certificate.not_after()
                && options
                    .now
                    .checked_add(options.within)
                    .is_ok_and(|soon| at <= soon)
            {
                found.push((
                    FindingKind::Expiring,
                    format!("`{subject}` expires on {}", day(at)),
                ));
            }
        }
    }
    if let Ok(key) = certificate.public_key_info() {
        let least = match key.algorithm.as_str() {
            "RSA" | "RSASSA-PSS" | "DSA" => LEAST_RSA,
            "EC" => LEAST_EC,
            _ => 0,
        };
        if key.bits.is_some_and(|bits| bits < least) {
            let message = format!(
                "the key of `{subject}` is {} with {} bits, below {least}",
                key.algorithm,
                key.bits.unwrap_or_default()
            );
            found.push((FindingKind::WeakKey, message));
        }
    }
    // Nobody verifies the signature of a certificate that is trusted for itself.
    let algorithm = certificate.signature_algorithm();
    if !certificate.is_self_issued()
        && ["MD2", "MD5", "SHA1"]
            .iter()
            .any(|weak| algorithm.starts_with(weak))
    {
        found.push((
            FindingKind::WeakSignature,
            format!("`{subject}` is signed with {algorithm}"),
        ));
    }
    if let Err(unreadable) = certificate.java_readability() {
        let message = format!("no JVM opens a store with `{subject}`: {unreadable}");
        found.push((FindingKind::Unreadable, message));
    }
    found
}

fn of_keys(store: &KeyStore, password: &Password) -> Vec<Finding> {
    if password.is_none() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (alias, opened) in store.private_keys(password) {
        let (kind, message) = match opened {
            Err(error) if error.kind() == ErrorKind::WrongPassword => (
                FindingKind::KeyPassword,
                String::from("its key does not open with the store's password, the only one a JVM has"),
            ),
            Err(error) => (FindingKind::Unreadable, format!("its key does not open: {error}")),
            Ok(key) => {
                let leaf = store.get(alias).and_then(|entry| entry.certificates().first());
                match leaf.and_then(|leaf| key.matches_public_key(leaf.public_key_der())) {
                    Some(false) => (
                        FindingKind::KeyMismatch,
                        String::from("its key is not its certificate's"),
                    ),
                    _ => continue,
                }
            }
        };
        findings.push(Finding {
            kind,
            alias: Some(alias.clone()),
            message,
        });
    }
    findings
}

fn of_protection(store: &KeyStore) -> Vec<Finding> {
    let is_weak = |name: &str| {
        ["RC2", "RC4", "DES", "MD5", "MD2", "JKS key protector"]
            .iter()
            .any(|weak| name.contains(weak))
    };
    let finding = |alias: Option<&Alias>, message: String| Finding {
        kind: FindingKind::WeakEncryption,
        alias: alias.cloned(),
        message,
    };
    let mut findings = Vec::new();
    for (alias, entry) in store.iter() {
        if let Some(encryption) = entry.key_encryption().filter(|how| is_weak(&how.algorithm)) {
            findings.push(finding(
                Some(alias),
                format!("its key is encrypted with {}", encryption.algorithm),
            ));
        }
    }
    let contents = store.pfx().map(|pfx| pfx.contents.as_slice()).unwrap_or_default();
    for (index, contents) in contents.iter().enumerate() {
        if let Some(name) = contents.encryption.as_ref().map(|pbe| pbe.name())
            && is_weak(&name)
        {
            findings.push(finding(
                None,
                format!("contents {index} are encrypted with {name}"),
            ));
        }
    }
    let is_bks = store.format() == StoreFormat::Bks;
    if let Some(name) = store.integrity().map(|mac| mac.algorithm)
        && (["HMAC-MD5", "HMAC-MD2"].contains(&name.as_str())
            || name.contains("16 bits")
            || (name == "HMAC-SHA-1" && !is_bks))
    {
        findings.push(finding(None, format!("its MAC is {name}")));
    }
    findings
}
