//! From a chain to an anchor: `sun.security.validator.PKIXValidator`, which validates a chain that is in order as it
//! is and has any other built anew.

use super::anchors::Anchors;
use super::builder::build;
use super::certificate::Parsed;
use super::checkers::{Checkers, Context, Verified};
use super::general_name::Thrown;
use super::refusal::{Reason, Stop};
use super::work::Work;

/// Which way Java took to its decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The certificate is itself an anchor.
    Anchor,
    Validate,
    Build,
}

impl Way {
    /// `PKIX path validation failed`
    pub(super) const fn failure(self) -> &'static str {
        match self {
            Self::Build => "PKIX path building failed",
            _ => "PKIX path validation failed",
        }
    }
}

/// A path that Java takes: places in the chain, the certificate first, and the anchor's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) chain: Vec<usize>,
    pub(super) anchor: Option<usize>,
}

/// What ended the search.
#[derive(Clone, Debug)]
pub(super) enum PathError {
    /// No anchor has the issuer's name and key identifier.
    NoAnchor,
    /// The path builder found nothing.
    NotFound,
    /// The last anchor that was tried, and why not.
    Stopped {
        anchor: usize,
        chain: Vec<usize>,
        stop: Stop,
    },
    /// The anchor of the path is no CA.
    Anchor {
        anchor: usize,
        chain: Vec<usize>,
        message: String,
    },
    Thrown(Thrown),
    Exhausted,
    Unsupported {
        algorithm: String,
        subject: String,
    },
}

/// What is decided on.
pub(super) struct Search<'a> {
    pub(super) context: Context<'a>,
    pub(super) chain: &'a [Parsed],
    pub(super) anchors: &'a [Parsed],
    pub(super) store: &'a Anchors,
    pub(super) work: &'a mut Work,
    pub(super) verified: &'a mut Verified,
}

impl<'a> Search<'a> {
    /// The way taken, and where it led.
    pub(super) fn run(&mut self) -> (Way, Result<Path, PathError>) {
        let Some(end) = self.end_of_ordered_part() else {
            let found = build(self);
            return (Way::Build, found.and_then(|path| self.with_ca_anchor(path)));
        };
        if end == 0 {
            let path = Path {
                chain: vec![0],
                anchor: None,
            };
            return (Way::Anchor, Ok(path));
        }
        let found = self.validate(end);
        (Way::Validate, found.and_then(|path| self.with_ca_anchor(path)))
    }

    /// How many certificates are validated as they stand; 0 where the first is an anchor itself, nothing where the
    /// path must be built.
    fn end_of_ordered_part(&self) -> Option<usize> {
        let first = self.chain.first()?;
        if self.store.contains(&first.certificate) {
            return Some(0);
        }
        for (at, pair) in self.chain.windows(2).enumerate() {
            let [below, above] = pair else { continue };
            if above.subject != below.issuer {
                return None;
            }
            let is_anchor = self.store.contains(&above.certificate)
                || self
                    .anchors
                    .iter()
                    .any(|anchor| anchor.subject == above.subject && anchor.key == above.key);
            if is_anchor {
                return Some(at + 1);
            }
        }
        let last = self.chain.last()?;
        self.anchors
            .iter()
            .any(|anchor| anchor.subject == last.issuer)
            .then_some(self.chain.len())
    }

    fn validate(&mut self, end: usize) -> Result<Path, PathError> {
        let chain: Vec<usize> = (0..end).collect();
        let top = end.checked_sub(1).and_then(|at| self.chain.get(at));
        let Some(top) = top else {
            return Err(PathError::NoAnchor);
        };
        let mut failure = PathError::NoAnchor;
        for (at, anchor) in self.anchors.iter().enumerate() {
            if !selects(top, anchor) {
                continue;
            }
            match self.check(&chain, anchor, false) {
                Ok(()) => {
                    return Ok(Path {
                        chain,
                        anchor: Some(at),
                    });
                }
                Err(Stop::Exhausted) => return Err(PathError::Exhausted),
                Err(Stop::Unsupported { algorithm, subject }) => {
                    return Err(PathError::Unsupported { algorithm, subject });
                }
                Err(Stop::Thrown(thrown)) => return Err(PathError::Thrown(thrown)),
                Err(stop) => {
                    failure = PathError::Stopped {
                        anchor: at,
                        chain: chain.clone(),
                        stop,
                    };
                }
            }
        }
        Err(failure)
    }

    /// Every check along a path, the certificate under the anchor first.
    pub(super) fn check(&mut self, chain: &[usize], anchor: &'a Parsed, is_built: bool) -> Result<(), Stop> {
        let is_jdk_ca = self.store.is_jdk_ca(&anchor.certificate);
        let mut checkers = Checkers::new(self.context, anchor, is_jdk_ca, chain.len(), is_built);
        for at in chain.iter().rev() {
            if let Some(certificate) = self.chain.get(*at) {
                checkers.next(certificate, None, self.work, self.verified)?;
            }
        }
        Ok(())
    }

    fn with_ca_anchor(&self, path: Path) -> Result<Path, PathError> {
        let Some(at) = path.anchor else { return Ok(path) };
        match self.anchors.get(at).and_then(not_a_ca) {
            Some(message) => Err(PathError::Anchor {
                anchor: at,
                chain: path.chain,
                message,
            }),
            None => Ok(path),
        }
    }
}

/// Whether Java tries an anchor for the highest certificate of a path: by name, by key identifier, by serial number
/// (`AdaptableX509CertSelector`).
fn selects(top: &Parsed, anchor: &Parsed) -> bool {
    let id_differs = matches!(
        (&top.authority_key_id, &anchor.subject_key_id),
        (Some(wanted), Some(found)) if wanted != found
    );
    let serial_differs = top
        .authority_serial
        .as_deref()
        .is_some_and(|serial| anchor.version() > 2 && serial != anchor.certificate.serial());
    anchor.subject == top.issuer && !id_differs && !serial_differs
}

/// `PKIXValidator.verifyTrustAnchor`
fn not_a_ca(anchor: &Parsed) -> Option<String> {
    let subject = anchor.subject_text();
    if anchor.version() < 3 {
        return None;
    }
    if anchor.path_length == -1 {
        return Some(format!(
            "TrustAnchor with subject \"{subject}\" is not a CA certificate"
        ));
    }
    anchor
        .key_usage
        .is_some_and(|usage| !usage.contains(crate::x509::KeyUsage::KEY_CERT_SIGN))
        .then(|| {
            format!("TrustAnchor with subject \"{subject}\" does not have keyCertSign bit set in KeyUsage extension")
        })
}

impl PathError {
    /// The reason of the exception that Java's alert is chosen by.
    pub(super) const fn reason(&self) -> Reason {
        match self {
            Self::Stopped {
                stop: Stop::Refused(refused),
                ..
            } => refused.reason,
            _ => Reason::Other,
        }
    }
}
