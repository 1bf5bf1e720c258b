//! What a certificate is and where it leads, by what it says of itself: no signature is verified.

use super::settings::CertificateFile;
use crate::x509::{Certificate, KeyUsage, SubjectAltName};

/// Whether the file's first certificate is an authority's and not a server's own.
pub(super) fn is_authority(file: &CertificateFile) -> bool {
    let Some(first) = file.certificates().first() else {
        return false;
    };
    let signs_only = first.key_usage().is_some_and(|usage| {
        usage.contains(KeyUsage::KEY_CERT_SIGN) && !usage.contains(KeyUsage::DIGITAL_SIGNATURE)
    });
    let names_hosts = first
        .subject_alt_names()
        .iter()
        .any(|name| matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_)));
    first.basic_constraints_ca() == Some(true) && (signs_only || !names_hosts)
}

/// Whether the chain, by names and key identifiers, ends in or below one of the authorities. Signatures are not
/// verified.
pub(super) fn leads_to(chain: &[Certificate], roots: &[Certificate]) -> bool {
    let mut at = chain.first();
    for _ in chain {
        let Some(current) = at else { return false };
        if roots.iter().any(|root| root == current || issued(root, current)) {
            return true;
        }
        at = chain
            .iter()
            .find(|next| *next != current && issued(next, current));
    }
    false
}

/// The highest certificate of a chain, by names and key identifiers.
pub(super) fn top<'a>(leaf: &'a Certificate, chain: &'a [Certificate]) -> &'a Certificate {
    let mut current = leaf;
    for _ in chain {
        match chain
            .iter()
            .find(|next| *next != current && issued(next, current))
        {
            Some(next) => current = next,
            None => break,
        }
    }
    current
}

/// Whether the one may have issued the other.
pub(super) fn issued(issuer: &Certificate, subject: &Certificate) -> bool {
    issuer.subject() == subject.issuer()
        && match (issuer.subject_key_id(), subject.authority_key_id()) {
            (Some(issuer), Some(named)) => issuer == named,
            _ => true,
        }
}

/// The names a certificate is for, for people.
pub(super) fn names(certificate: &Certificate) -> String {
    let names: Vec<_> = certificate
        .subject_alt_names()
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(", ")
}
