//! What would fail, or weaken, with given settings: told before an agent tells it in a log.

use jiff::Timestamp;

use super::agent::{Agent, Purpose};
use super::certificates::{is_authority, leads_to, names, top};
use super::settings::{CertificateFile, Means, Settings, Trust, own_server_certificate};
use super::url::{Host, Match};
use crate::x509::{Certificate, Validity};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Good to know.
    Note,
    /// It works, or may work, and is not as it should be.
    Warning,
    /// The agent will not connect, or the file is certainly the wrong one.
    Fails,
}

impl Severity {
    /// The severity's name as printed by `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Fails => "error",
        }
    }
}

/// Something found out about settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// In a word, for programs: `expired`, `name-mismatch`, `ca-as-pin`, ...
    pub kind: &'static str,
    /// What it is.
    pub message: String,
    /// What mends it.
    pub hint: Option<String>,
}

impl Finding {
    pub(super) fn new(severity: Severity, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            kind,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Looks the settings over: wrong files, dates, names, and what the reader should know of the agent's ways. The worst
/// come first.
#[must_use]
pub fn examine(settings: &Settings<'_>, trust: &Trust<'_>, now: Timestamp) -> Vec<Finding> {
    let look = Look {
        agent: settings.agent(),
        trust,
        now,
    };
    let mut found = Vec::new();
    match settings.means() {
        Means::Insecure => look.insecure(&mut found),
        Means::Roots(file) => {
            look.roots(file, &mut found);
            look.server(file, &mut found);
        }
        Means::Pin(file) => look.pin(file, &mut found),
        Means::Jvm(_) => {
            if let Some(anchors) = trust.roots {
                look.anchors(anchors, &mut found);
                look.server(anchors, &mut found);
            }
        }
        Means::Platform => look.platform(&mut found),
    }
    if !trust.insecure {
        look.reason(settings.means(), &mut found);
    }
    look.names_of_options(&mut found);
    if trust.server_url.is_some_and(|url| url.port().is_none()) {
        found.push(
            Finding::new(
                Severity::Note,
                "no-port",
                "the server's URL has no port: 443 is meant, where APM Server's own is 8200",
            )
            .hint("write the port into `--server-url` unless a proxy listens on 443"),
        );
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

/// As many certificates as someone would look at one by one.
const FEW: usize = 4;

struct Look<'a> {
    agent: Agent,
    trust: &'a Trust<'a>,
    now: Timestamp,
}

impl Look<'_> {
    fn insecure(&self, found: &mut Vec<Finding>) {
        let option = self.agent.option(Purpose::Verify);
        let name = option.map(|option| option.native).unwrap_or_default();
        found.push(Finding::new(
            Severity::Warning,
            "insecure",
            format!(
                "with `{name}` off the {} agent talks to whoever answers: anyone on the way reads the traces and the secret token",
                self.agent
            ),
        ).hint("leave `--insecure` out and give the authority with `--ca`"));
        if self.trust.roots.is_some() || self.trust.server_certificate.is_some() {
            found.push(Finding::new(
                Severity::Warning,
                "unused",
                "the certificates given are not used: `--insecure` turns their check off",
            ));
        }
    }

    /// A file that goes into an option for trust roots.
    fn roots(&self, file: &CertificateFile, found: &mut Vec<Finding>) {
        let is_server_file = self
            .trust
            .server_certificate
            .is_some_and(|server| std::ptr::eq(server, file));
        let certificates = file.certificates();
        let usable: Vec<_> = certificates
            .iter()
            .filter(|c| c.is_ca() || c.seems_self_signed())
            .collect();
        if !is_server_file {
            for leaf in certificates.iter().filter(|c| !usable.contains(c)) {
                let severity = if usable.is_empty() {
                    Severity::Fails
                } else {
                    Severity::Warning
                };
                found.push(leaf_as_root(severity, file, leaf));
            }
        }
        if usable.is_empty() {
            return;
        }
        self.dates("authority", file, &usable, found);
        if !usable.iter().any(|c| c.is_self_issued()) {
            self.only_intermediates(file, &usable, found);
        }
        if self.agent == Agent::Python && usable.len() <= FEW {
            for ca in usable.iter().filter(|c| c.is_ca()) {
                strict(file, ca, found);
            }
        }
        if let (Some(server), None) = (own_server_certificate(file), self.trust.server_certificate) {
            self.name(file, server, Severity::Fails, found);
        }
    }

    /// A truststore of a JVM, which looks at no anchor's dates. A long list is nobody's own.
    fn anchors(&self, file: &CertificateFile, found: &mut Vec<Finding>) {
        let expired_ones = file
            .certificates()
            .iter()
            .filter(|anchor| anchor.validity_at(self.now) != Validity::Valid);
        for anchor in expired_ones.take(FEW) {
            found.push(expired(Severity::Warning, "authority", file, anchor, self.now));
        }
    }

    fn dates(
        &self,
        what: &str,
        file: &CertificateFile,
        certificates: &[&Certificate],
        found: &mut Vec<Finding>,
    ) {
        let is_bad = |c: &&&Certificate| c.validity_at(self.now) != Validity::Valid;
        let all = certificates.iter().filter(is_bad).count() == certificates.len();
        let severity = if all { Severity::Fails } else { Severity::Warning };
        for certificate in certificates.iter().filter(is_bad) {
            found.push(expired(severity, what, file, certificate, self.now));
        }
    }

    /// OpenSSL looks for a self-signed end of the chain, unless a program asks it not to: Node.js and Ruby do not.
    fn only_intermediates(&self, file: &CertificateFile, usable: &[&Certificate], found: &mut Vec<Finding>) {
        let (severity, which) = match self.agent {
            agent if agent.spec().roots_only => (Severity::Fails, "refuses the server"),
            Agent::Python => (Severity::Warning, "refuses the server before Python 3.13"),
            _ => return,
        };
        let issuer = usable.first().map(|c| c.issuer().to_string()).unwrap_or_default();
        found.push(
            Finding::new(
                severity,
                "not-a-root",
                format!(
                    "`{}` holds an intermediate authority and no root: the {} agent {which}",
                    file.path().display(),
                    self.agent
                ),
            )
            .hint(format!(
                "give the root `{issuer}` with `--ca`, alone or beside it"
            )),
        );
    }

    /// The server's certificate, where it is known, under the authorities given.
    fn server(&self, roots: &CertificateFile, found: &mut Vec<Finding>) {
        let Some(file) = self.trust.server_certificate else {
            return;
        };
        let Some(leaf) = file.certificates().first() else {
            return;
        };
        if std::ptr::eq(file, roots) {
            if !leaf.seems_self_signed() && leaf.validity_at(self.now) != Validity::Valid {
                found.push(expired(Severity::Fails, "server", file, leaf, self.now));
            }
            self.name(file, leaf, Severity::Fails, found);
            return;
        }
        if is_authority(file) {
            found.push(ca_as_server(file, leaf));
            return;
        }
        if leaf.validity_at(self.now) != Validity::Valid {
            found.push(expired(Severity::Fails, "server", file, leaf, self.now));
        }
        if !leads_to(file.certificates(), roots.certificates()) {
            let issuer = top(leaf, file.certificates()).issuer().to_string();
            found.push(
                Finding::new(
                    Severity::Fails,
                    "not-issued",
                    format!(
                        "`{}` leads to `{issuer}`, which is not among the authorities of `{}`",
                        file.path().display(),
                        roots.path().display()
                    ),
                )
                .hint("give the authority that signed it; an intermediate goes into the server's chain, behind its certificate"),
            );
        }
        let purposes = leaf.extended_key_usage().unwrap_or_default();
        let names: Vec<_> = purposes.iter().map(ToString::to_string).collect();
        if !names.is_empty()
            && !names
                .iter()
                .any(|name| name == "serverAuth" || name == "anyExtendedKeyUsage")
        {
            found.push(
                Finding::new(
                    Severity::Fails,
                    "not-for-servers",
                    format!(
                        "the certificate in `{}` is for {} only, not for servers (serverAuth)",
                        file.path().display(),
                        names.join(", ")
                    ),
                )
                .hint("give the server's certificate; this looks like a client's"),
            );
        }
        self.name(file, leaf, Severity::Fails, found);
    }

    /// A file that goes into an option that compares.
    fn pin(&self, file: &CertificateFile, found: &mut Vec<Finding>) {
        let Some(leaf) = file.certificates().first() else {
            return;
        };
        if is_authority(file) {
            found.push(ca_as_server(file, leaf));
            return;
        }
        if leaf.validity_at(self.now) != Validity::Valid {
            found.push(expired(Severity::Fails, "server", file, leaf, self.now));
        }
        self.name(file, leaf, Severity::Warning, found);
    }

    /// Whether the certificate is for the URL's host. `nameless` is how bad it is where it has no names at all and the
    /// agent looks for some.
    fn name(&self, file: &CertificateFile, leaf: &Certificate, nameless: Severity, found: &mut Vec<Finding>) {
        let Some(url) = self.trust.server_url else { return };
        let host = url.host();
        let common_name = self.agent.spec().common_name;
        let (severity, message) = match host.matches(leaf) {
            Match::Yes => return,
            Match::CommonNameOnly if common_name => (
                Severity::Warning,
                format!(
                    "the certificate in `{}` has `{host}` in its subject alone: the Go and Python agents do not look there",
                    file.path().display()
                ),
            ),
            Match::CommonNameOnly | Match::Nameless => (
                nameless,
                format!(
                    "the certificate in `{}` has no subject alternative names, so that `{host}` is none of its names (its subject is `{}`)",
                    file.path().display(),
                    leaf.subject()
                ),
            ),
            Match::No => (
                Severity::Fails,
                format!(
                    "the certificate in `{}` is not for `{host}`; its names are {}",
                    file.path().display(),
                    names(leaf)
                ),
            ),
        };
        let flag = match host {
            Host::Name(name) => format!("--dns {name}"),
            Host::Address(address) => format!("--ip {address}"),
        };
        found.push(Finding::new(severity, "name-mismatch", message).hint(format!(
            "put one of its names into `--server-url`, or make a certificate with `keyjar cert {flag}`"
        )));
    }

    fn platform(&self, found: &mut Vec<Finding>) {
        let given = self.trust.roots.is_some() || self.trust.server_certificate.is_some();
        if self.agent == Agent::Php {
            let severity = if given { Severity::Warning } else { Severity::Note };
            found.push(
                Finding::new(
                    severity,
                    "no-option",
                    "the PHP agent has no option for an authority or a certificate: its own libcurl checks against the system's authorities",
                )
                .hint("what works: a server certificate of a public authority; the authority added to the system's store (`update-ca-certificates`, `update-ca-trust`); a proxy on the host that the agent reaches by http; or, without any check, `--insecure`"),
            );
        } else if !given {
            found.push(Finding::new(
                Severity::Note,
                "platform-trust",
                format!(
                    "no certificate was given: the {} agent accepts servers with certificates of public authorities",
                    self.agent
                ),
            ));
        }
        let Some(file) = self.trust.server_certificate else {
            return;
        };
        if let Some(roots) = self.trust.roots {
            self.server(roots, found);
        } else if let Some(leaf) = file.certificates().first() {
            if is_authority(file) {
                found.push(ca_as_server(file, leaf));
                return;
            }
            if leaf.validity_at(self.now) != Validity::Valid {
                found.push(expired(Severity::Fails, "server", file, leaf, self.now));
            }
            self.name(file, leaf, Severity::Warning, found);
        }
    }

    /// Why this file went into this option.
    fn reason(&self, means: &Means<'_>, found: &mut Vec<Finding>) {
        let message = match (self.agent, means) {
            (_, Means::Roots(_)) if self.agent.pin().is_some() => format!(
                "the authority was chosen over the pin: with it the {} agent checks name and dates, and the server's certificate can be renewed",
                self.agent
            ),
            (Agent::Go | Agent::Python, Means::Pin(_)) => format!(
                "the {} agent compares this very certificate and checks neither name nor dates: renew it on both sides at once, or give the authority with `--ca`",
                self.agent
            ),
            (Agent::DotNet, Means::Pin(_)) => String::from(
                "the .NET agent compares the public key where the system's own check refuses: a renewal with the same key keeps working; .NET Framework before 4.7.2 ignores it",
            ),
            (_, Means::Jvm(_)) => String::from(
                "the Java agent takes the JVM's stores: the options go on the java command line, and elasticapm.properties has none for them",
            ),
            _ => return,
        };
        found.push(Finding::new(Severity::Note, "reason", message));
    }

    fn names_of_options(&self, found: &mut Vec<Finding>) {
        if self.agent == Agent::Ruby {
            found.push(Finding::new(
                Severity::Note,
                "option-name",
                "the Ruby agent's option is `server_ca_cert_file` and takes the authority; the documents' `server_ca_cert` does not exist, and it is no pin",
            ));
        }
    }
}

fn leaf_as_root(severity: Severity, file: &CertificateFile, leaf: &Certificate) -> Finding {
    Finding::new(
        severity,
        "leaf-as-root",
        format!(
            "`{}` holds `{}`, which is no authority's certificate: it was signed by `{}`",
            file.path().display(),
            leaf.subject(),
            leaf.issuer()
        ),
    )
    .hint("`--ca` takes the authority that signed the server's certificate, `--cert` the server's own")
}

fn ca_as_server(file: &CertificateFile, ca: &Certificate) -> Finding {
    Finding::new(
        Severity::Fails,
        "ca-as-pin",
        format!(
            "`{}` begins with `{}`, an authority's certificate, where the server's own belongs",
            file.path().display(),
            ca.subject()
        ),
    )
    .hint("`--cert` takes the server's own certificate (first in its file), `--ca` the authority that signed it")
}

pub(super) fn expired(
    severity: Severity,
    whose: &str,
    file: &CertificateFile,
    certificate: &Certificate,
    now: Timestamp,
) -> Finding {
    let validity = certificate.validity_at(now);
    let (kind, hint) = match validity {
        Validity::NotYetValid { .. } => (
            "not-yet-valid",
            String::from("check this machine's clock and the certificate's dates"),
        ),
        _ if whose == "authority" => (
            "expired",
            String::from("give the authority's renewed certificate"),
        ),
        _ => (
            "expired",
            format!("renew it: `keyjar cert --renew {}`", file.path().display()),
        ),
    };
    Finding::new(
        severity,
        kind,
        format!(
            "the {whose}'s certificate `{}` in `{}` is {validity}",
            certificate.subject(),
            file.path().display()
        ),
    )
    .hint(hint)
}

/// Python 3.13 sets OpenSSL's X509_V_FLAG_X509_STRICT.
fn strict(file: &CertificateFile, ca: &Certificate, found: &mut Vec<Finding>) {
    let lacks = if ca.key_usage().is_none() {
        "keyUsage"
    } else if ca.subject_key_id().is_none() {
        "a subject key identifier"
    } else {
        return;
    };
    found.push(
        Finding::new(
            Severity::Warning,
            "strict",
            format!(
                "the authority `{}` in `{}` lacks {lacks}: Python 3.13 and later refuses it",
                ca.subject(),
                file.path().display()
            ),
        )
        .hint("`keyjar ca` makes one that every agent takes"),
    );
}
