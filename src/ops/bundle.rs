use std::collections::HashSet;

use crate::error::{ErrorKind, Hint};
use crate::keystore::{KeyStoreError, PrivateKeyEntry};
use crate::pkcs8::PrivateKey;
use crate::x509::Certificate;

/// A key with its chain, ready to go into a keystore.
#[derive(Debug)]
pub struct Bundle {
    /// The entry.
    pub entry: PrivateKeyEntry,
    /// Certificates that were given and are not part of the chain.
    pub unused: Vec<Certificate>,
    /// The issuer that the chain lacks; `None` where it ends in a self-signed certificate.
    pub missing_issuer: Option<String>,
    /// Whether the key could be held against the certificate: not so where its public half cannot be computed
    /// ([`PrivateKey::public_key_der`]).
    pub key_checked: bool,
}

/// Why a key and certificates make no entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum BundleError {
    #[error("no certificate was given for the key")]
    NoCertificate,
    #[error("the key belongs to none of the certificates: {subjects}")]
    NoMatch { subjects: String },
    #[error(transparent)]
    Store {
        #[from]
        source: KeyStoreError,
    },
}

impl BundleError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoCertificate => ErrorKind::WrongInput,
            Self::NoMatch { .. } => ErrorKind::Conflict,
            Self::Store { source } => source.kind(),
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NoMatch { .. } => vec![Hint::new(
                "give the key that the certificate was made with: `--key`; a renewed certificate often has a new key",
            )],
            _ => Vec::new(),
        }
    }
}

/// Ties a key to its certificate and orders the chain, whatever the order of the inputs: the leaf is the
/// certificate with the key's public half, each issuer is found by name and key identifier.
///
/// # Errors
/// No certificate of that key.
pub fn bundle(key: PrivateKey, certificates: Vec<Certificate>) -> Result<Bundle, BundleError> {
    let mut rest: Vec<Certificate> = Vec::with_capacity(certificates.len());
    let mut seen = HashSet::new();
    rest.extend(
        certificates
            .into_iter()
            .filter(|certificate| seen.insert(certificate.clone())),
    );
    let verdicts: Vec<_> = rest
        .iter()
        .map(|c| key.matches_public_key(c.public_key_der()))
        .collect();
    let found = verdicts.iter().position(|verdict| *verdict == Some(true));
    let untold = || verdicts.iter().position(Option::is_none);
    let Some(leaf) = found.or_else(untold) else {
        if rest.is_empty() {
            return Err(BundleError::NoCertificate);
        }
        let subjects: Vec<_> = rest.iter().map(|c| format!("`{}`", c.subject())).collect();
        return Err(BundleError::NoMatch {
            subjects: subjects.join(", "),
        });
    };
    let mut chain = vec![rest.remove(leaf)];
    let mut missing_issuer = None;
    while let Some(last) = chain.last() {
        if last.is_self_issued() {
            break;
        }
        let Some(at) = issuer(last, &rest) else {
            missing_issuer = Some(last.issuer().to_string());
            break;
        };
        let next = rest.remove(at);
        chain.push(next);
    }
    let entry = PrivateKeyEntry::new(key, chain)?;
    Ok(Bundle {
        entry,
        unused: rest,
        missing_issuer,
        key_checked: found.is_some(),
    })
}

/// Of the certificates of the issuer's name the one with the key identifier asked for, else one without any,
/// else, since the name is right and identifiers are sometimes wrong, the first.
fn issuer(child: &Certificate, candidates: &[Certificate]) -> Option<usize> {
    let name = child.issuer().canonical();
    let wanted = child.authority_key_id();
    let named = || {
        candidates
            .iter()
            .enumerate()
            .filter(|(_, c)| c.subject().canonical() == name)
    };
    named()
        .find(|(_, c)| wanted.is_some() && c.subject_key_id() == wanted)
        .or_else(|| named().find(|(_, c)| c.subject_key_id().is_none()))
        .or_else(|| named().next())
        .map(|(at, _)| at)
}
