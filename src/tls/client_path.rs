//! Whether a Java server would trust a client's certificate: the walk of `sun.security.validator.PKIXValidator`
//! and `EndEntityChecker`, with the limits of JDK 17 and 21 for clients. No revocation, no downloads.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use jiff::Timestamp;

use super::signature::{self, Signature};
use crate::asn1::{ObjectIdentifier, Reader, tag};
use crate::x509::{Certificate, KeyUsage, Validity};

/// `jdk.tls.maxCertificateChainLength`
const MAX_CHAIN: usize = 10;
/// `PKIXBuilderParameters.getMaxPathLength`: intermediates that are not self-issued.
const MAX_INTERMEDIATES: usize = 5;
/// More signatures than any honest chain needs: a bound on what a client can make us compute.
const MAX_SIGNATURES: u32 = 100;

/// Extensions a JDK understands, so that they may be critical: keyUsage, subjectAltName, basicConstraints,
/// certificatePolicies, policyMappings, authorityKeyIdentifier, policyConstraints, extendedKeyUsage,
/// inhibitAnyPolicy, subjectKeyIdentifier, issuerAltName.
const UNDERSTOOD: &[&str] = &[
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.32",
    "2.5.29.33",
    "2.5.29.35",
    "2.5.29.36",
    "2.5.29.37",
    "2.5.29.54",
    "2.5.29.14",
    "2.5.29.18",
];
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");

/// Why a client's certificate is not trusted, and what the client showed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct ClientRefused {
    reason: String,
    chain: Vec<Certificate>,
}

impl ClientRefused {
    pub(super) const fn new(reason: String, chain: Vec<Certificate>) -> Self {
        Self { reason, chain }
    }

    /// What a person understands; the JDK's own words in parentheses.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The chain the client sent, leaf first.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }
}

/// The certificates of a truststore, found by their octets and by their names.
#[derive(Debug)]
pub(super) struct Anchors {
    all: Vec<Certificate>,
    octets: HashSet<Bytes>,
    by_subject: HashMap<String, Vec<usize>>,
}

impl Anchors {
    pub(super) fn new(all: Vec<Certificate>) -> Self {
        let mut by_subject: HashMap<_, Vec<_>> = HashMap::new();
        for (at, anchor) in all.iter().enumerate() {
            by_subject
                .entry(anchor.subject().canonical())
                .or_default()
                .push(at);
        }
        let octets = all.iter().map(Certificate::to_bytes).collect();
        Self {
            all,
            octets,
            by_subject,
        }
    }

    pub(super) fn all(&self) -> &[Certificate] {
        &self.all
    }

    fn contains(&self, certificate: &Certificate) -> bool {
        self.octets.contains(certificate.as_der())
    }

    fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        let places = self.by_subject.get(name).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|at| self.all.get(*at))
    }

    /// Whether the certificate is an anchor, or one with the same name and the same key is.
    fn stands_for(&self, certificate: &Certificate) -> bool {
        self.contains(certificate)
            || self
                .named(&certificate.subject().canonical())
                .any(|anchor| anchor.public_key_der() == certificate.public_key_der())
    }
}

/// The decision; the error is what a person understands.
pub(super) fn decide(chain: &[Certificate], anchors: &Anchors, now: Timestamp) -> Result<(), String> {
    if chain.len() > MAX_CHAIN {
        let count = chain.len();
        return Err(format!(
            "its chain has {count} certificates (the certificate chain length ({count}) exceeds the maximum allowed length ({MAX_CHAIN}))"
        ));
    }
    let Some(leaf) = chain.first() else {
        return Err(String::from("there is none (Empty client certificate chain)"));
    };
    if anchors.contains(leaf) {
        return Ok(());
    }
    let mut search = Search {
        chain,
        anchors,
        now,
        signatures: 0,
        deepest: None,
    };
    search.path()?;
    end_entity(leaf)
}

struct Search<'a> {
    chain: &'a [Certificate],
    anchors: &'a Anchors,
    now: Timestamp,
    signatures: u32,
    /// The first rule that a path broke.
    deepest: Option<String>,
}

impl<'a> Search<'a> {
    /// The chain as it was sent where it is in order, else any path its certificates make.
    fn path(&mut self) -> Result<(), String> {
        let chain = self.chain;
        for (at, pair) in chain.windows(2).enumerate() {
            let [issued, issuer] = pair else { continue };
            if issuer.subject() != issued.issuer() {
                return self.build();
            }
            if self.anchors.stands_for(issuer) {
                return self.validate(chain.get(..=at).unwrap_or(chain));
            }
        }
        let last = chain
            .last()
            .map(|last| last.issuer().canonical())
            .unwrap_or_default();
        if self.anchors.named(&last).next().is_some() {
            self.validate(chain)
        } else {
            self.build()
        }
    }

    fn validate(&mut self, path: &[Certificate]) -> Result<(), String> {
        let path: Vec<_> = path.iter().collect();
        let Some(last) = path.last() else {
            return Err(String::new());
        };
        for anchor in self.anchors.named(&last.issuer().canonical()) {
            // An anchor whose key identifier is another than the one that is asked for is passed over.
            let is_other = matches!(
                (last.authority_key_id(), anchor.subject_key_id()),
                (Some(wanted), Some(has)) if wanted != has
            );
            if is_other {
                self.note(|| {
                    format!(
                        "the trusted `{}` has another key identifier than its certificates name (Path does not chain with any of the trust anchors)",
                        anchor.subject()
                    )
                });
            } else if self.holds(&path, anchor) {
                return Ok(());
            }
        }
        Err(self.verdict())
    }

    fn build(&mut self) -> Result<(), String> {
        let Some(leaf) = self.chain.first() else {
            return Err(String::new());
        };
        if self.extend(&mut vec![leaf]) {
            return Ok(());
        }
        Err(self.verdict())
    }

    /// Depth first: an anchor for the path's last certificate, else the path with one more.
    fn extend(&mut self, path: &mut Vec<&'a Certificate>) -> bool {
        let Some(last) = path.last().copied() else {
            return false;
        };
        let issuer = last.issuer().canonical();
        for anchor in self.anchors.named(&issuer) {
            if self.holds(path, anchor) {
                return true;
            }
        }
        let intermediates = path.iter().skip(1).filter(|one| !one.is_self_issued()).count();
        for candidate in self.chain {
            let is_too_long = intermediates >= MAX_INTERMEDIATES && !candidate.is_self_issued();
            let is_next = candidate.subject().canonical() == issuer && !path.contains(&candidate);
            if !is_next || is_too_long || !self.signed(last, candidate.public_key_der()) {
                continue;
            }
            path.push(candidate);
            if self.extend(path) {
                return true;
            }
            path.pop();
        }
        false
    }

    /// Whether the path, leaf first, is valid below that anchor.
    fn holds(&mut self, path: &[&Certificate], anchor: &Certificate) -> bool {
        let mut key = anchor.public_key_der();
        let mut remaining = usize::MAX;
        for (at, certificate) in path.iter().enumerate().rev() {
            if !self.signed(certificate, key) || !self.allowed(certificate, at > 0, &mut remaining) {
                return false;
            }
            key = certificate.public_key_der();
        }
        self.is_authority(anchor)
    }

    fn signed(&mut self, certificate: &Certificate, key: &[u8]) -> bool {
        self.signatures += 1;
        if self.signatures > MAX_SIGNATURES {
            self.note(|| String::from("its certificates ask for too many signature checks"));
            return false;
        }
        let verdict = signature::verify(certificate, key);
        match verdict {
            Signature::Good => return true,
            Signature::Bad => self.note(|| {
                format!(
                    "`{}` is not signed by the `{}` that is trusted (signature check failed)",
                    certificate.subject(),
                    certificate.issuer()
                )
            }),
            Signature::Unsupported => self.note(|| {
                let algorithm = certificate.signature_algorithm();
                format!(
                    "`{}` is signed with {algorithm} (Algorithm constraints check failed on signature algorithm: {algorithm})",
                    certificate.subject()
                )
            }),
        }
        false
    }

    /// What RFC 5280 asks of a certificate on a path, as the JDK checks it.
    fn allowed(&mut self, certificate: &Certificate, is_issuer: bool, remaining: &mut usize) -> bool {
        let subject = certificate.subject();
        let broken = match certificate.validity_at(self.now) {
            Validity::Valid => None,
            Validity::Expired { at } => Some(format!(
                "`{subject}` expired on {} (validity check failed)",
                day(at)
            )),
            Validity::NotYetValid { from } => Some(format!(
                "`{subject}` is not valid before {} (validity check failed)",
                day(from)
            )),
            Validity::Unreadable => Some(format!(
                "the dates of `{subject}` cannot be read (validity check failed)"
            )),
        };
        let broken = broken.or_else(|| critical(certificate));
        let broken = broken.or_else(|| is_issuer.then(|| issuing(certificate, remaining)).flatten());
        match broken {
            Some(reason) => {
                self.note(|| reason);
                false
            }
            None => true,
        }
    }

    fn is_authority(&mut self, anchor: &Certificate) -> bool {
        if !anchor.is_ca() {
            self.note(|| {
                format!(
                    "the trusted `{0}` is no authority's certificate: Java trusts it for itself alone (TrustAnchor with subject \"{0}\" is not a CA certificate)",
                    anchor.subject()
                )
            });
            return false;
        }
        if anchor
            .key_usage()
            .is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN))
        {
            self.note(|| {
                format!(
                    "the trusted `{0}` may not sign certificates (TrustAnchor with subject \"{0}\" does not have keyCertSign bit set in KeyUsage extension)",
                    anchor.subject()
                )
            });
            return false;
        }
        true
    }

    fn note(&mut self, reason: impl FnOnce() -> String) {
        self.deepest.get_or_insert_with(reason);
    }

    fn verdict(&mut self) -> String {
        self.deepest.take().unwrap_or_else(|| {
            let last = self.chain.last().map(|last| last.issuer().to_string()).unwrap_or_default();
            format!(
                "no authority in the truststore issued it; its issuer is `{last}` (PKIX path building failed: unable to find valid certification path to requested target)"
            )
        })
    }
}

fn critical(certificate: &Certificate) -> Option<String> {
    let subject = certificate.subject();
    certificate.extensions().find_map(|extension| {
        let name = extension.oid.to_string();
        // Held against nothing here, so that they are not passed over.
        if extension.oid == NAME_CONSTRAINTS {
            return Some(format!(
                "`{subject}` has name constraints, which this server does not check"
            ));
        }
        let is_unknown = extension.critical && !UNDERSTOOD.contains(&name.as_str());
        is_unknown.then(|| {
            format!("`{subject}` has the critical extension {name} (unrecognized critical extension(s))")
        })
    })
}

/// What the certificate of an issuer must say of itself.
fn issuing(certificate: &Certificate, remaining: &mut usize) -> Option<String> {
    let subject = certificate.subject();
    if certificate.basic_constraints_ca() != Some(true) {
        return Some(format!(
            "`{subject}` is no authority's certificate (basic constraints check failed: this is not a CA certificate)"
        ));
    }
    if certificate
        .key_usage()
        .is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN))
    {
        return Some(format!(
            "`{subject}` may not sign certificates (CA key usage check failed: keyCertSign bit is not set)"
        ));
    }
    if !certificate.is_self_issued() {
        let Some(less) = remaining.checked_sub(1) else {
            return Some(format!(
                "an authority above `{subject}` allows none below it (basic constraints check failed: pathLenConstraint violated - this cert must be the last cert in the certification path)"
            ));
        };
        *remaining = less;
    }
    if let Some(length) = path_length(certificate) {
        *remaining = length.min(*remaining);
    }
    None
}

fn path_length(certificate: &Certificate) -> Option<usize> {
    let extension = certificate
        .extensions()
        .find(|extension| extension.oid == BASIC_CONSTRAINTS)?;
    let mut fields = Reader::new(extension.value).sequence("basic constraints").ok()?;
    fields.optional(tag::BOOLEAN, "cA").ok()?;
    usize::try_from(fields.unsigned("pathLenConstraint").ok()?).ok()
}

/// `EndEntityChecker.checkTLSClient`
fn end_entity(leaf: &Certificate) -> Result<(), String> {
    let purposes = leaf.extended_key_usage().map(|purposes| {
        let names = purposes.iter().map(ToString::to_string);
        names.collect::<Vec<_>>()
    });
    if let Some(purposes) = purposes {
        let fits = purposes
            .iter()
            .any(|purpose| purpose == "clientAuth" || purpose == "anyExtendedKeyUsage");
        if !fits {
            return Err(format!(
                "it is for {} only (Extended key usage does not permit use for TLS client authentication)",
                purposes.join(", ")
            ));
        }
    }
    if leaf
        .key_usage()
        .is_some_and(|usage| !usage.contains(KeyUsage::DIGITAL_SIGNATURE))
    {
        return Err(String::from(
            "its key may not sign (KeyUsage does not allow digital signatures)",
        ));
    }
    Ok(())
}

fn day(when: Timestamp) -> String {
    when.to_string().chars().take(10).collect()
}
