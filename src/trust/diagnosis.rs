//! Why, in this library's words, and what mends it.

use super::certificate::Parsed;
use super::checkers::Checkers;
use super::decide::Validation;
use super::path::{Path, PathError, Search, Way};
use super::refusal::{Step, Stop};
use super::verdict::{Check, Verdict};
use crate::error::Hint;

/// In the order of the report.
const STEPS: [Step; 10] = [
    Step::Validity,
    Step::Signatures,
    Step::BasicConstraints,
    Step::KeyUsage,
    Step::NameConstraints,
    Step::Policies,
    Step::Algorithms,
    Step::TlsAlgorithms,
    Step::CriticalExtensions,
    Step::NameChaining,
];

/// Tells what was found on the way.
pub(super) struct Diagnosis<'d, 'a> {
    pub(super) search: &'d mut Search<'a>,
    pub(super) validation: &'d Validation<'d>,
    pub(super) verdict: &'d mut Verdict,
}

impl Diagnosis<'_, '_> {
    /// The check of the path, and then each rule along it.
    pub(super) fn tell_path(&mut self, way: Way, found: &Result<Path, PathError>) {
        match found {
            Ok(path) if way == Way::Anchor || path.anchor.is_none() => {
                self.push(
                    "path",
                    true,
                    String::from(
                        "the certificate is itself in the truststore; a JVM does not even look at its dates",
                    ),
                );
            }
            Ok(path) => {
                let anchor = path.anchor.unwrap_or_default();
                let detail = self.path_text(&path.chain, anchor);
                self.push("path", true, detail);
                self.tell_steps(&path.chain, anchor, None);
            }
            Err(PathError::Stopped { anchor, chain, stop }) => {
                let detail = self.path_text(chain, *anchor);
                self.push("path", true, detail);
                self.tell_steps(chain, *anchor, Some(stop));
            }
            Err(PathError::Anchor {
                anchor,
                chain,
                message,
            }) => {
                let detail = self.path_text(chain, *anchor);
                self.push("path", true, detail);
                self.tell_steps(chain, *anchor, None);
                let subject = self.anchor_text(*anchor);
                let why = if message.ends_with("is not a CA certificate") {
                    "is no CA's, so a JVM trusts it for itself only, not for what it signed"
                } else {
                    "has a keyUsage that does not allow it to sign certificates"
                };
                self.fail("anchor-ca", format!("the trusted certificate `{subject}` {why}"));
            }
            Err(PathError::NoAnchor) => self.tell_skipped_anchors(),
            Err(PathError::NotFound) => self.tell_nothing_found(),
            Err(PathError::Thrown(thrown)) => {
                let detail = format!("Java breaks off with {}: {}", thrown.class, thrown.message);
                self.fail("name-constraints", detail);
            }
            Err(PathError::Exhausted) => {
                let detail = format!(
                    "gave up after {} signature checks and {} steps",
                    Validation::MOST_SIGNATURE_CHECKS,
                    Validation::MOST_STEPS
                );
                self.verdict.cause = Some(detail.clone());
                self.push("path", false, detail);
            }
            Err(PathError::Unsupported { algorithm, subject }) => {
                let detail = format!("unsupported here: the signature of `{subject}` is {algorithm}");
                self.verdict.cause = Some(detail.clone());
                self.push("signatures", false, detail);
            }
        }
    }

    fn push(&mut self, name: &'static str, ok: bool, detail: String) {
        self.verdict.checks.push(Check { name, ok, detail });
    }

    fn fail(&mut self, name: &'static str, detail: String) {
        self.verdict.cause.get_or_insert_with(|| detail.clone());
        self.push(name, false, detail);
        advise(self.verdict, name, self.validation);
    }

    fn anchor_text(&self, at: usize) -> String {
        let anchor = self.search.anchors.get(at);
        anchor.map_or_else(String::new, |anchor| anchor.subject_text().to_owned())
    }

    fn path_text(&self, chain: &[usize], anchor: usize) -> String {
        let sent = chain.iter().filter_map(|at| self.search.chain.get(*at));
        let mut parts: Vec<String> = sent
            .map(|certificate| format!("`{}`", certificate.subject_text()))
            .collect();
        parts.push(format!("the trusted `{}`", self.anchor_text(anchor)));
        parts.join(" <- ")
    }

    /// Every rule on its own, along a path; `stop` is what Java stopped at.
    fn tell_steps(&mut self, chain: &[usize], anchor: usize, stop: Option<&Stop>) {
        let Some(anchor) = self.search.anchors.get(anchor) else {
            return;
        };
        if let Some(Stop::Refused(refused)) = stop {
            self.verdict.cause = Some(refused.detail.clone());
        }
        let certificates: Vec<&Parsed> = chain
            .iter()
            .rev()
            .filter_map(|at| self.search.chain.get(*at))
            .collect();
        for step in STEPS {
            match self.run_step(&certificates, anchor, step) {
                Ok(()) if matches!(step, Step::NameChaining | Step::TlsAlgorithms) => {}
                Ok(()) => self.push(step.name(), true, passed(step).to_owned()),
                Err(Stop::Refused(refused)) => self.fail(step.name(), refused.detail),
                Err(Stop::Thrown(thrown)) => self.fail(step.name(), thrown.message),
                Err(_) => {}
            }
        }
    }

    fn run_step(&mut self, certificates: &[&Parsed], anchor: &Parsed, step: Step) -> Result<(), Stop> {
        let is_jdk_ca = self.search.store.is_jdk_ca(&anchor.certificate);
        let mut checkers = Checkers::new(self.search.context, anchor, is_jdk_ca, certificates.len(), false);
        for certificate in certificates {
            checkers.next(certificate, Some(step), self.search.work, self.search.verified)?;
        }
        Ok(())
    }

    /// There is an anchor of the right name, which Java does not try.
    fn tell_skipped_anchors(&mut self) {
        let top = self.search.chain.iter().find(|top| {
            self.search
                .anchors
                .iter()
                .any(|anchor| anchor.subject == top.issuer)
        });
        let detail = top.map_or_else(
            || String::from("no trusted certificate is the issuer"),
            |top| {
                format!(
                    "the truststore has `{}`, but of another key identifier or serial number than `{}` names as its issuer's",
                    top.certificate.issuer(),
                    top.subject_text()
                )
            },
        );
        self.fail("path", detail);
    }

    /// The path builder found nothing: follow the names as far as they lead, and say what is missing or wrong there.
    fn tell_nothing_found(&mut self) {
        let mut path = vec![0];
        loop {
            let Some(last) = path.last().and_then(|at| self.search.chain.get(*at)) else {
                return;
            };
            let anchor = self
                .search
                .anchors
                .iter()
                .position(|anchor| anchor.subject == last.issuer);
            if let Some(anchor) = anchor {
                let detail = self.path_text(&path, anchor);
                let before = self.verdict.checks.len();
                self.push("path", true, detail.clone());
                self.tell_steps(&path, anchor, None);
                if self.verdict.checks.iter().skip(before).all(|check| check.ok) {
                    self.fail(
                        "path",
                        format!(
                            "{detail}: a JVM finds no path out of order with more than 5 authorities between the \
                             certificate and a trusted one"
                        ),
                    );
                }
                return;
            }
            let above = self.search.chain.iter().enumerate().find(|(at, certificate)| {
                certificate.subject == last.issuer && !path.contains(at) && !last.is_self_issued()
            });
            match above {
                Some((at, _)) => path.push(at),
                None => {
                    let detail = missing_text(last, path.len());
                    self.fail("path", detail);
                    return;
                }
            }
        }
    }
}

fn missing_text(last: &Parsed, length: usize) -> String {
    let subject = last.subject_text();
    if last.is_self_issued() {
        return format!("the chain ends in `{subject}`, which is self-signed and not in the truststore");
    }
    let issuer = last.certificate.issuer().to_java_string();
    if length == 1 && !last.certificate.is_ca() {
        return format!(
            "`{subject}` was issued by `{issuer}`, which neither the server sends nor the truststore holds"
        );
    }
    format!("the chain ends in `{subject}`, whose issuer `{issuer}` is not in the truststore")
}

const fn passed(step: Step) -> &'static str {
    match step {
        Step::Validity => "every certificate below the trusted one is within its dates",
        Step::Signatures => "every signature is its issuer's",
        Step::BasicConstraints => "every issuer is a CA, and no path is too long for one",
        Step::KeyUsage => "every CA may sign certificates",
        Step::NameConstraints => "every name is one its CAs may issue for",
        Step::Policies => "no policy is missing",
        Step::Algorithms => "no algorithm is disabled",
        Step::TlsAlgorithms => "every signature algorithm is one of TLS",
        Step::CriticalExtensions => "every critical extension is known to Java",
        Step::NameChaining => "every issuer has the right name",
    }
}

/// The command that mends what a check found.
pub(super) fn advise(verdict: &mut Verdict, check: &str, validation: &Validation<'_>) {
    let host = validation.host.as_deref().unwrap_or("HOST");
    let text = match check {
        "anchors" => String::from(
            "`keyjar import CA.pem --truststore truststore.p12` adds a trusted certificate; `keyjar list` shows what is \
             in a store and why it does not count",
        ),
        "path" => String::from(
            "add the certificate of the CA: `keyjar import CA.pem --truststore truststore.p12`; a server that sends its \
             leaf only should send its intermediates too",
        ),
        "anchor-ca" => String::from(
            "trust the CA's certificate, or the server's own present one, instead: `keyjar import CA.pem --truststore \
             truststore.p12`",
        ),
        "validity" => String::from(
            "let the certificate be renewed: `keyjar cert --name NAME --ca DIR`; and look at the clock of this machine",
        ),
        "signatures" => String::from(
            "the trusted certificate has the issuer's name, but another key: `keyjar import CA.pem --truststore \
             truststore.p12 --replace` with the CA's present certificate",
        ),
        "host-name" => format!(
            "connect by a name the certificate has, or have it issued for this one: `keyjar cert --name {host} --dns \
             {host} --ca DIR`"
        ),
        "extended-key-usage" | "key-usage" | "netscape-type" => String::from(
            "have the certificate issued for this purpose: `keyjar cert --name NAME --ca DIR` for a server, with \
             `--client` for a client",
        ),
        "basic-constraints" | "ca-key-usage" => {
            String::from("have the intermediate certificate issued as a CA's: `keyjar ca`")
        }
        "algorithms" | "tls-algorithms" => String::from(
            "have the certificate issued with a signature of SHA-256 or better and a key of RSA 2048 or P-256: `keyjar \
             cert --name NAME --ca DIR`",
        ),
        "chain-length" => String::from("let the server send its own certificate and its intermediates only"),
        _ => return,
    };
    let hint = Hint::new(text);
    if !verdict.hints.contains(&hint) {
        verdict.hints.push(hint);
    }
}
