//! The decision, in the order a JVM makes it.

use jiff::Timestamp;

use super::anchors::Anchors;
use super::certificate::Parsed;
use super::checkers::{Context, Verified};
use super::diagnosis::Diagnosis;
use super::end_entity::{self, Misuse};
use super::general_name::Thrown;
use super::host_name;
use super::jdk::Jdk;
use super::path::{Path, PathError, Search, Way};
use super::refusal::{Reason, Stop};
use super::verdict::{Alert, Check, Decision, JavaException, Verdict};
use super::work::Work;
use crate::x509::Certificate;

/// A JVM that is shown certificates: `TrustManagerFactory` `PKIX` over a set of anchors.
///
/// See the [module](super) for an example.
#[derive(Clone, Debug)]
pub struct Validation<'a> {
    pub(super) jdk: &'a Jdk,
    pub(super) anchors: &'a Anchors,
    pub(super) at: Timestamp,
    pub(super) host: Option<String>,
    pub(super) in_tls: bool,
    is_tls12: bool,
}

impl<'a> Validation<'a> {
    /// At most so many signatures are verified for one verdict. A chain of ten certificates, the longest that a JVM
    /// looks at, needs fewer than a hundred, however they are cross-signed.
    pub const MOST_SIGNATURE_CHECKS: u32 = 500;
    /// At most so many certificates and names are looked at in building paths, comparing names and growing policy
    /// trees for one verdict.
    pub const MOST_STEPS: u32 = 2_000_000;

    /// A JDK, what it trusts, and the time of the decision.
    #[must_use]
    pub const fn new(jdk: &'a Jdk, anchors: &'a Anchors, at: Timestamp) -> Self {
        Self {
            jdk,
            anchors,
            at,
            host: None,
            in_tls: true,
            is_tls12: false,
        }
    }

    /// The host that is connected to, a name or an address, as it stands in the URL. Without it no host name is
    /// compared, as on a bare `SSLSocket`.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Without the constraints of a TLS session: `X509TrustManager.checkServerTrusted` called by an application.
    #[must_use]
    pub const fn outside_tls(mut self) -> Self {
        self.in_tls = false;
        self
    }

    /// Over TLS 1.2, where a client that sends no certificate is told so by another alert; TLS 1.3 unless said.
    #[must_use]
    pub const fn over_tls12(mut self) -> Self {
        self.is_tls12 = true;
        self
    }

    /// What a client says of a server's chain, in the order it was sent.
    #[must_use]
    pub fn check_server(&self, chain: &[Certificate]) -> Verdict {
        self.check(chain, false)
    }

    /// What a server says of a client's chain, in the order it was sent.
    #[must_use]
    pub fn check_client(&self, chain: &[Certificate]) -> Verdict {
        self.check(chain, true)
    }

    fn check(&self, chain: &[Certificate], is_client: bool) -> Verdict {
        let mut verdict = Verdict {
            decision: Decision::Accepted,
            jdk: self.jdk.version(),
            checks: Vec::new(),
            exception: None,
            cause: None,
            hints: Vec::new(),
            path: Vec::new(),
            signature_checks: 0,
        };
        let Some(parsed) = self.before_the_path(chain, is_client, &mut verdict) else {
            return verdict;
        };
        let anchors = self.anchors.parsed();
        let mut work = Work::new(Self::MOST_SIGNATURE_CHECKS, Self::MOST_STEPS);
        let mut verified = Verified::new();
        let context = Context {
            jdk: self.jdk,
            at: self.at,
            is_client,
            in_tls: self.in_tls,
        };
        let mut search = Search {
            context,
            chain: &parsed,
            anchors: &anchors,
            store: self.anchors,
            work: &mut work,
            verified: &mut verified,
        };
        let (way, found) = search.run();
        let mut diagnosis = Diagnosis {
            search: &mut search,
            validation: self,
            verdict: &mut verdict,
        };
        diagnosis.tell_path(way, &found);
        self.conclude(way, found, &parsed, &anchors, is_client, &mut verdict);
        verdict.signature_checks = Self::MOST_SIGNATURE_CHECKS - work.signatures_left();
        verdict
    }

    /// What comes before any path: the chain's length, whether its certificates can be parsed, whether there are
    /// anchors at all.
    fn before_the_path(
        &self,
        chain: &[Certificate],
        is_client: bool,
        verdict: &mut Verdict,
    ) -> Option<Vec<Parsed>> {
        let longest = self.jdk.longest_chain(is_client);
        let count = chain.len();
        if count > longest && self.in_tls {
            // Java stops counting there.
            let counted = longest + 1;
            let message = format!(
                "The certificate chain length ({counted}) exceeds the maximum allowed length ({longest})"
            );
            let detail = format!("{count} certificates; a JVM looks at {longest}");
            self.refuse(verdict, "chain-length", detail, |jdk| JavaException {
                class: "javax.net.ssl.SSLProtocolException",
                message,
                alert: None,
                jdk,
                causes: Vec::new(),
            });
            return None;
        }
        let mut parsed = Vec::with_capacity(count);
        for certificate in chain {
            match Parsed::read(certificate) {
                Ok(certificate) => parsed.push(certificate),
                Err(why) => {
                    let side = if is_client { "client" } else { "server" };
                    let detail = format!("no JVM can parse `{}`: {why}", certificate.subject());
                    self.refuse(verdict, "readable", detail, |jdk| JavaException {
                        class: "java.security.cert.CertificateParsingException",
                        message: format!("Failed to parse {side} certificates"),
                        alert: Some(Alert::BadCertificate),
                        jdk,
                        causes: Vec::new(),
                    });
                    return None;
                }
            }
        }
        if parsed.is_empty() {
            let detail = String::from("no certificate was sent");
            // The first JDK to know TLS 1.3 names the wrong side over 1.2.
            let side = if self.jdk.version() > 8 || !self.is_tls12 {
                "client"
            } else {
                "server"
            };
            let alert = if self.is_tls12 {
                Alert::HandshakeFailure
            } else {
                Alert::CertificateRequired
            };
            let side = if is_client { side } else { "server" };
            self.refuse(verdict, "chain", detail, |jdk| JavaException {
                class: "javax.net.ssl.SSLHandshakeException",
                message: format!("Empty {side} certificate chain"),
                alert: Some(if is_client { alert } else { Alert::BadCertificate }),
                jdk,
                causes: Vec::new(),
            });
            return None;
        }
        verdict.checks.push(Check {
            name: "chain",
            ok: true,
            detail: match count {
                1 => String::from("1 certificate, which a JVM can parse"),
                count => format!("{count} certificates, which a JVM can parse"),
            },
        });
        if self.anchors.is_empty() {
            let detail = String::from("the truststore holds no certificate that a JVM trusts");
            self.refuse(verdict, "anchors", detail, |jdk| JavaException {
                class: "java.lang.RuntimeException",
                message: String::from(
                    "Unexpected error: java.security.InvalidAlgorithmParameterException: the trustAnchors parameter \
                     must be non-empty",
                ),
                alert: Some(Alert::InternalError),
                jdk,
                causes: Vec::new(),
            });
            return None;
        }
        verdict.checks.push(Check {
            name: "anchors",
            ok: true,
            detail: match self.anchors.len() {
                0 => String::from("the JVM's own, which are not at hand"),
                1 => String::from("1 trust anchor"),
                count => format!("{count} trust anchors"),
            },
        });
        Some(parsed)
    }

    fn refuse(
        &self,
        verdict: &mut Verdict,
        name: &'static str,
        detail: String,
        exception: impl FnOnce(u32) -> JavaException,
    ) {
        verdict.decision = Decision::Refused;
        verdict.exception = Some(exception(self.jdk.version()));
        verdict.cause = Some(detail.clone());
        verdict.checks.push(Check {
            name,
            ok: false,
            detail,
        });
        super::diagnosis::advise(verdict, name, self);
    }

    /// After the path: the anchor, the certificate's purpose, the host.
    fn conclude(
        &self,
        way: Way,
        found: Result<Path, PathError>,
        chain: &[Parsed],
        anchors: &[Parsed],
        is_client: bool,
        verdict: &mut Verdict,
    ) {
        let jdk = self.jdk.version();
        let Some(leaf) = chain.first() else { return };
        let path = match found {
            Ok(path) => Some(path),
            Err(error) => {
                match exception_of(way, &error, jdk, is_client) {
                    Some(exception) => {
                        verdict.decision = Decision::Refused;
                        verdict.exception = Some(exception);
                    }
                    None => verdict.decision = Decision::Undecided,
                }
                None
            }
        };
        let anchor = path
            .as_ref()
            .map(|path| path.anchor.and_then(|at| anchors.get(at)).unwrap_or(leaf));
        if let Some(path) = &path {
            let certificates = path.chain.iter().filter_map(|at| chain.get(*at));
            let anchor = path.anchor.and_then(|at| anchors.get(at));
            verdict.path = certificates
                .chain(anchor)
                .map(|certificate| certificate.certificate.clone())
                .collect();
        }
        if way != Way::Anchor {
            self.end_entity(leaf, is_client, verdict);
        }
        if is_client {
            return;
        }
        let Some(host) = &self.host else { return };
        let is_jdk_ca = anchor.is_some_and(|anchor| self.anchors.is_jdk_ca(&anchor.certificate));
        match host_name::check(host, leaf, jdk, is_jdk_ca) {
            Ok(()) => verdict.checks.push(Check {
                name: "host-name",
                ok: true,
                detail: format!("the certificate is for `{host}`"),
            }),
            Err(mismatch) => {
                let names = host_name::names_of(&leaf.certificate);
                let names = if names.is_empty() {
                    String::from("no name at all")
                } else {
                    names.join(", ")
                };
                self.fail(
                    verdict,
                    "host-name",
                    format!("the certificate is not for `{host}`, but for {names}"),
                    JavaException {
                        class: mismatch.class,
                        message: mismatch.message,
                        alert: Some(Alert::CertificateUnknown),
                        jdk,
                        causes: Vec::new(),
                    },
                );
            }
        }
    }

    fn end_entity(&self, leaf: &Parsed, is_client: bool, verdict: &mut Verdict) {
        let jdk = self.jdk.version();
        let checks = [
            ("key-usage", end_entity::key_usage(leaf)),
            (
                "extended-key-usage",
                end_entity::extended_key_usage(leaf, is_client, jdk),
            ),
            ("netscape-type", end_entity::netscape_type(leaf, is_client)),
        ];
        for (name, result) in checks {
            match result {
                Ok(()) if name == "netscape-type" => {}
                Ok(()) => verdict.checks.push(Check {
                    name,
                    ok: true,
                    detail: format!("allows a TLS {}", if is_client { "client" } else { "server" }),
                }),
                Err(Misuse {
                    check,
                    class,
                    message,
                    detail,
                }) => self.fail(
                    verdict,
                    check,
                    detail,
                    JavaException {
                        class,
                        message,
                        alert: Some(Alert::CertificateUnknown),
                        jdk,
                        causes: Vec::new(),
                    },
                ),
            }
        }
    }

    /// A check that failed: Java tells the first one only.
    fn fail(&self, verdict: &mut Verdict, name: &'static str, detail: String, exception: JavaException) {
        if verdict.exception.is_none() && verdict.decision == Decision::Accepted {
            verdict.decision = Decision::Refused;
            verdict.exception = Some(exception);
            verdict.cause = Some(detail.clone());
        }
        verdict.checks.push(Check {
            name,
            ok: false,
            detail,
        });
        super::diagnosis::advise(verdict, name, self);
    }
}

/// The exception of a path that was not found; nothing where that cannot be told.
fn exception_of(way: Way, error: &PathError, jdk: u32, is_client: bool) -> Option<JavaException> {
    let pkix = |cause: &str, text: &str, alert| JavaException {
        class: "sun.security.validator.ValidatorException",
        message: format!("{}: {cause}: {text}", way.failure()),
        alert: Some(alert),
        jdk,
        causes: Vec::new(),
    };
    let validator = "java.security.cert.CertPathValidatorException";
    // A server has one alert for whatever its client's path lacks.
    let alert = if jdk < 21 || is_client {
        Alert::CertificateUnknown
    } else {
        match error.reason() {
            Reason::Expired => Alert::CertificateExpired,
            Reason::NotYetValid | Reason::InvalidSignature => Alert::BadCertificate,
            Reason::AlgorithmConstrained => Alert::UnsupportedCertificate,
            Reason::Other => Alert::CertificateUnknown,
        }
    };
    match error {
        PathError::NoAnchor => Some(pkix(
            validator,
            "Path does not chain with any of the trust anchors",
            alert,
        )),
        PathError::NotFound => Some(pkix(
            "sun.security.provider.certpath.SunCertPathBuilderException",
            "unable to find valid certification path to requested target",
            alert,
        )),
        PathError::Stopped {
            stop: Stop::Refused(refused),
            ..
        } => Some(pkix(validator, &refused.message, alert)),
        PathError::Anchor { message, .. } => {
            Some(pkix("sun.security.validator.ValidatorException", message, alert))
        }
        PathError::Thrown(Thrown { class, message }) => Some(JavaException {
            class,
            message: message.clone(),
            alert: Some(Alert::InternalError),
            jdk,
            causes: Vec::new(),
        }),
        PathError::Stopped { .. } | PathError::Exhausted | PathError::Unsupported { .. } => None,
    }
}
