//! Who certifies whom in a chain as it was sent, told by names and key identifiers; no signature is verified.

use std::fmt;

use jiff::Timestamp;

use crate::asn1::{Reader, tag};
use crate::x509::{Certificate, Name, Validity};

/// id-pe-authorityInfoAccess and id-ad-caIssuers (RFC 5280 section 4.2.2.1).
const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
const CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 2];

/// A certificate's place in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The server's own.
    Leaf,
    /// An authority's that another one certifies.
    Intermediate,
    /// An authority's that certifies itself.
    Root,
}

impl Role {
    /// `leaf`, `intermediate` or `root`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Intermediate => "intermediate",
            Self::Root => "root",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A chain as a server presents it, looked over.
#[derive(Debug)]
pub struct Presented<'a> {
    certificates: &'a [Certificate],
    /// From the leaf upward, by index.
    path: Vec<usize>,
}

/// What is odd about a presented chain. Certificates are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what they show says it")]
pub enum PresentedFinding {
    /// The leaf is alone, and not its own issuer.
    LeafAlone {
        issuer: String,
        issuer_at: Option<String>,
    },
    /// Each certificate does not certify the one before it.
    Unordered {
        order: Vec<usize>,
    },
    /// It has no part in the chain.
    Superfluous {
        number: usize,
        subject: String,
    },
    /// It was sent before.
    Repeated {
        number: usize,
    },
    Expired {
        number: usize,
        on: Timestamp,
    },
    NotYetValid {
        number: usize,
        from: Timestamp,
    },
    /// No JVM can parse it.
    Unreadable {
        number: usize,
        why: String,
    },
}

impl PresentedFinding {
    /// Its name for programs: `leaf-alone`, `unordered`, ...
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LeafAlone { .. } => "leaf-alone",
            Self::Unordered { .. } => "unordered",
            Self::Superfluous { .. } => "superfluous",
            Self::Repeated { .. } => "repeated",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

impl fmt::Display for PresentedFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeafAlone { issuer, issuer_at } => {
                write!(
                    f,
                    "the server sends its own certificate alone, without that of its issuer `{issuer}`: if that is an \
                     intermediate authority, the server leaves out what it should send, and a JVM that trusts the \
                     root only fails with \"unable to find valid certification path\" (browsers fetch the \
                     intermediate by themselves)"
                )?;
                match issuer_at {
                    Some(url) => write!(f, "; the issuer's certificate is at {url}"),
                    None => Ok(()),
                }
            }
            Self::Unordered { order } => {
                let order: Vec<_> = order.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "the chain is out of order: from the leaf upward it is {}; a JVM sorts it, other clients may not",
                    order.join(", ")
                )
            }
            Self::Superfluous { number, subject } => {
                write!(
                    f,
                    "certificate {number}, `{subject}`, is no part of the leaf's chain"
                )
            }
            Self::Repeated { number } => write!(f, "certificate {number} is sent a second time"),
            Self::Expired { number, on } => write!(f, "certificate {number} expired on {}", day(*on)),
            Self::NotYetValid { number, from } => {
                write!(f, "certificate {number} is not valid before {}", day(*from))
            }
            Self::Unreadable { number, why } => {
                write!(f, "certificate {number} cannot be read by any JVM: {why}")
            }
        }
    }
}

fn day(when: Timestamp) -> String {
    when.to_string().chars().take(10).collect()
}

impl<'a> Presented<'a> {
    /// Looks a chain over; its first certificate is the server's own.
    #[must_use]
    pub fn of(certificates: &'a [Certificate]) -> Self {
        let mut path = Vec::new();
        let mut next = (!certificates.is_empty()).then_some(0);
        while let Some(at) = next {
            path.push(at);
            next = issuer_of(certificates, &path);
        }
        Self { certificates, path }
    }

    /// The place of each certificate, in the order they were sent.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let role = |(at, certificate): (usize, &Certificate)| match at {
            0 => Role::Leaf,
            _ if certificate.seems_self_signed() => Role::Root,
            _ => Role::Intermediate,
        };
        self.certificates.iter().enumerate().map(role).collect()
    }

    /// The certificates from the leaf upward, each certified by the next.
    pub fn path(&self) -> impl DoubleEndedIterator<Item = &'a Certificate> {
        let certificates = self.certificates;
        self.path.iter().filter_map(move |at| certificates.get(*at))
    }

    /// The certificates in the order they were sent, each once.
    pub fn distinct(&self) -> impl Iterator<Item = &'a Certificate> {
        let certificates = self.certificates;
        certificates
            .iter()
            .enumerate()
            .filter(move |(at, one)| !certificates.iter().take(*at).any(|before| before == *one))
            .map(|(_, one)| one)
    }

    /// The server's own certificate.
    #[must_use]
    pub fn leaf(&self) -> Option<&'a Certificate> {
        self.certificates.first()
    }

    /// The certificate that certifies the leaf, where it was sent; a self-signed leaf's is the leaf.
    #[must_use]
    pub fn issuer(&self) -> Option<&'a Certificate> {
        let leaf = self.leaf().filter(|leaf| leaf.seems_self_signed());
        leaf.or_else(|| self.path().nth(1))
    }

    /// The chain's self-signed end, where it was sent.
    #[must_use]
    pub fn root(&self) -> Option<&'a Certificate> {
        self.highest()
            .filter(|certificate| certificate.seems_self_signed())
    }

    /// The chain's end, as far as it was sent.
    #[must_use]
    pub fn highest(&self) -> Option<&'a Certificate> {
        self.path().next_back()
    }

    /// Who certified the chain's end, where that was not sent.
    #[must_use]
    pub fn missing_issuer(&self) -> Option<Name<'a>> {
        let end = self.highest()?;
        (!end.seems_self_signed()).then(|| end.issuer())
    }

    /// What is odd about the chain at this instant.
    #[must_use]
    pub fn findings(&self, now: Timestamp) -> Vec<PresentedFinding> {
        let mut findings = Vec::new();
        if let (Some(leaf), [_], Some(issuer)) = (self.leaf(), self.path.as_slice(), self.missing_issuer()) {
            findings.push(PresentedFinding::LeafAlone {
                issuer: issuer.to_string(),
                issuer_at: issuer_url(leaf),
            });
        }
        if !self.path.is_sorted() {
            let order = self.path.iter().map(|at| at.saturating_add(1)).collect();
            findings.push(PresentedFinding::Unordered { order });
        }
        for (at, certificate) in self.certificates.iter().enumerate() {
            let number = at.saturating_add(1);
            if self
                .certificates
                .iter()
                .take(at)
                .any(|before| before == certificate)
            {
                findings.push(PresentedFinding::Repeated { number });
                continue;
            }
            if !self.path.contains(&at) {
                let subject = certificate.subject().to_string();
                findings.push(PresentedFinding::Superfluous { number, subject });
            }
            match certificate.validity_at(now) {
                Validity::Expired { at: on } => findings.push(PresentedFinding::Expired { number, on }),
                Validity::NotYetValid { from } => {
                    findings.push(PresentedFinding::NotYetValid { number, from })
                }
                _ => {}
            }
            if let Err(unreadable) = certificate.java_readability() {
                let why = unreadable.to_string();
                findings.push(PresentedFinding::Unreadable { number, why });
            }
        }
        findings
    }
}

/// The issuer of the path's last certificate among those that are not in it: the one with the right key identifier
/// before one without, the nearer before the farther.
fn issuer_of(certificates: &[Certificate], path: &[usize]) -> Option<usize> {
    let last = path.last().and_then(|at| certificates.get(*at))?;
    if last.seems_self_signed() {
        return None;
    }
    let key = last.authority_key_id();
    let issues = |at: &usize| {
        certificates.get(*at).is_some_and(|candidate| {
            let its_key = candidate.subject_key_id();
            let is_apart = matches!((&key, &its_key), (Some(key), Some(its_key)) if key != its_key);
            candidate.subject() == last.issuer() && candidate != last && !is_apart
        })
    };
    let candidates = (0..certificates.len())
        .filter(|at| !path.contains(at))
        .filter(issues);
    // Cross-signed twins of one key: the self-signed one ends the path soonest.
    candidates.min_by_key(|at| {
        certificates
            .get(*at)
            .is_none_or(|candidate| key.is_some() && candidate.subject_key_id() != key)
    })
}

/// Where the issuer's certificate can be had, by the certificate's own word.
fn issuer_url(certificate: &Certificate) -> Option<String> {
    let access = certificate
        .extensions()
        .find(|extension| extension.oid.to_string() == AUTHORITY_INFO_ACCESS)?;
    let mut descriptions = Reader::new(access.value)
        .sequence("authority information access")
        .ok()?;
    while let Ok(mut description) = descriptions.sequence("access description") {
        let method = description.read(tag::OBJECT_IDENTIFIER, "access method").ok()?;
        let location = description.any("access location").ok()?;
        // uniformResourceIdentifier [6] IA5String
        if method.value == CA_ISSUERS && location.tag == tag::context(6) {
            let url = std::str::from_utf8(location.value).ok()?;
            return Some(url.escape_debug().to_string());
        }
    }
    None
}
