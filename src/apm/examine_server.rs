//! What would fail with APM Server's settings, on its side or on its clients'.

use jiff::Timestamp;

use super::certificates::{is_authority, issued, names};
use super::examine::{Finding, Severity, expired};
use super::server::{ClientAuthentication, KeyForm, ServerSettings};
use super::settings::CertificateFile;
use super::url::{Match, ServerUrl};
use crate::pkcs8::PrivateKey;
use crate::x509::{Certificate, PublicKeyInfo, SubjectAltName, Validity};

/// What is known besides the settings themselves.
#[derive(Debug)]
pub struct ServerInputs<'a> {
    /// The opened key.
    pub key: &'a PrivateKey,
    /// The form of its file.
    pub key_form: &'a KeyForm,
    /// Whether the passphrase's file, where it comes from one, holds a line break.
    pub passphrase_file_has_line_break: bool,
    /// Other certificates at hand, for saying what the chain lacks.
    pub others: &'a [Certificate],
    /// Where agents will reach the server.
    pub server_url: Option<&'a ServerUrl>,
    /// The instant that dates are held against.
    pub now: Timestamp,
}

impl ServerSettings<'_> {
    /// Looks the settings over: key and certificate, chain, names, dates, forms. The worst come first.
    #[must_use]
    pub fn examine(&self, inputs: &ServerInputs<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Some(leaf) = self.certificate.certificates().first()
            && leaf_findings(self.certificate, leaf, inputs, &mut found)
        {
            chain(self.certificate, leaf, inputs, &mut found);
            url(self.certificate, leaf, inputs, &mut found);
        }
        key_form(self, inputs, &mut found);
        clients(self, inputs, &mut found);
        found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        found
    }
}

/// Whether it is the server's own certificate, so that the rest is worth a look.
fn leaf_findings(
    file: &CertificateFile,
    leaf: &Certificate,
    inputs: &ServerInputs<'_>,
    found: &mut Vec<Finding>,
) -> bool {
    let path = file.path().display();
    let matches = |certificate: &Certificate| inputs.key.matches_public_key(certificate.public_key_der());
    if matches(leaf) == Some(false) {
        let later = file.certificates().iter().position(|c| matches(c) == Some(true));
        let finding = match later {
            Some(at) => Finding::new(
                Severity::Fails,
                "order",
                format!(
                    "the key's own certificate is number {} in `{path}`: APM Server wants it first",
                    at + 1
                ),
            )
            .hint("`--out DIR` writes the chain in its order"),
            None => Finding::new(
                Severity::Fails,
                "key-mismatch",
                format!("the key does not belong to the certificate `{}` in `{path}`", leaf.subject()),
            )
            .hint("give the key that the certificate was made with: `--key`; a renewed certificate often has a new key"),
        };
        found.push(finding);
        return false;
    }
    if is_authority(file) {
        found.push(
            Finding::new(
                Severity::Fails,
                "ca-as-server",
                format!("`{path}` begins with `{}`, an authority's certificate, where the server's belongs", leaf.subject()),
            )
            .hint("`keyjar cert --name localhost --ca DIR` makes a server's certificate of that authority; `--client-ca` takes the authority of clients"),
        );
        return false;
    }
    if leaf.validity_at(inputs.now) != Validity::Valid {
        found.push(expired(Severity::Fails, "server", file, leaf, inputs.now));
    }
    let purposes: Vec<_> = leaf
        .extended_key_usage()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    if !purposes.is_empty()
        && !purposes
            .iter()
            .any(|p| p == "serverAuth" || p == "anyExtendedKeyUsage")
    {
        found.push(
            Finding::new(
                Severity::Fails,
                "not-for-servers",
                format!(
                    "the certificate in `{path}` is for {} only, not for servers (serverAuth)",
                    purposes.join(", ")
                ),
            )
            .hint("`keyjar cert --name localhost --ca DIR` makes a server's certificate"),
        );
    }
    if let Some(why) = unsupported(leaf) {
        found.push(
            Finding::new(
                Severity::Fails,
                "unsupported-key",
                format!("the certificate in `{path}` has {why}, which Go's TLS does not serve"),
            )
            .hint("use a key of EC P-256, P-384 or P-521, of RSA with 2048 bits or more, or Ed25519"),
        );
    }
    true
}

fn unsupported(leaf: &Certificate) -> Option<String> {
    let info = PublicKeyInfo::from_spki(leaf.public_key_der()).ok()?;
    match (info.algorithm.as_str(), info.curve.as_deref(), info.bits) {
        ("RSA", _, Some(bits)) if bits < 1024 => Some(format!("an RSA key of {bits} bits")),
        ("RSA" | "Ed25519", ..) | ("EC", Some("secp256r1" | "secp384r1" | "secp521r1"), _) => None,
        ("EC", Some(curve), _) => Some(format!("an EC key on {curve}")),
        (algorithm, ..) => Some(format!("a key of {algorithm}")),
    }
}

fn chain(file: &CertificateFile, leaf: &Certificate, inputs: &ServerInputs<'_>, found: &mut Vec<Finding>) {
    let path = file.path().display();
    let certificates = file.certificates();
    for pair in certificates.windows(2) {
        let [child, parent] = pair else { continue };
        if !issued(parent, child) {
            found.push(
                Finding::new(
                    Severity::Warning,
                    "order",
                    format!("in `{path}` `{}` does not sign the certificate before it: strict clients refuse such a chain", parent.subject()),
                )
                .hint("`--out DIR` writes the chain in its order"),
            );
        }
    }
    let Some(last) = certificates.last() else { return };
    if last.seems_self_signed() {
        return;
    }
    let issuer = last.issuer().to_string();
    match inputs
        .others
        .iter()
        .find(|other| issued(other, last) && !other.seems_self_signed())
    {
        Some(_) => found.push(
            Finding::new(
                Severity::Warning,
                "missing-intermediate",
                format!("the intermediate authority `{issuer}` is missing from `{path}`: agents that know the root alone refuse the server"),
            )
            .hint("`--out DIR` writes the full chain"),
        ),
        None if inputs.others.iter().any(|other| issued(other, last)) => {}
        None if std::ptr::eq(last, leaf) => found.push(
            Finding::new(
                Severity::Note,
                "chain-unknown",
                format!("`{path}` holds the server's certificate alone, signed by `{issuer}`: if that is no root, agents refuse the server"),
            )
            .hint("give the intermediates with `--chain`, or use the `fullchain` file"),
        ),
        None => found.push(Finding::new(
            Severity::Note,
            "chain",
            format!("the chain ends below `{issuer}`: that is what agents have to trust"),
        )),
    }
}

fn url(file: &CertificateFile, leaf: &Certificate, inputs: &ServerInputs<'_>, found: &mut Vec<Finding>) {
    let path = file.path().display();
    let has_names = leaf
        .subject_alt_names()
        .iter()
        .any(|name| matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_)));
    let none = || {
        Finding::new(
            Severity::Warning,
            "no-names",
            format!("the certificate in `{path}` has no subject alternative names: the Go and Python agents refuse it, whatever its subject"),
        )
        .hint("`keyjar cert --name localhost --ca DIR` makes one with names")
    };
    match inputs.server_url.map(|url| (url.host(), url.host().matches(leaf))) {
        Some((host, Match::No)) => found.push(
            Finding::new(
                Severity::Fails,
                "name-mismatch",
                format!("the certificate in `{path}` is not for `{host}`; its names are {}", names(leaf)),
            )
            .hint("agents reach the server by one of its names, or it gets another certificate: `keyjar cert --dns`"),
        ),
        _ if !has_names => found.push(none()),
        _ => {}
    }
}

fn key_form(settings: &ServerSettings<'_>, inputs: &ServerInputs<'_>, found: &mut Vec<Finding>) {
    let path = settings.key.display();
    match inputs.key_form {
        KeyForm::EncryptedLegacy => found.push(
            Finding::new(
                Severity::Warning,
                "legacy-encryption",
                format!("the key in `{path}` is encrypted in OpenSSL's old way: APM Server warns of it and will drop it, and FIPS builds refuse it"),
            )
            .hint("`--out DIR` writes it as encrypted PKCS#8"),
        ),
        KeyForm::EncryptedOddly(scheme) => found.push(
            Finding::new(
                Severity::Fails,
                "unsupported-encryption",
                format!("the key in `{path}` is encrypted with {scheme}: APM Server decrypts PBES2 alone"),
            )
            .hint("`--out DIR` writes it with PBES2"),
        ),
        _ => {}
    }
    if inputs.passphrase_file_has_line_break {
        found.push(
            Finding::new(
                Severity::Fails,
                "passphrase-line-break",
                "the passphrase's file has a line break: APM Server takes it for a part of the passphrase",
            )
            .hint("write it without: `printf %s \"$(cat FILE)\" > NEW`; or give the passphrase by `--keypass env:NAME`"),
        );
    }
}

fn clients(settings: &ServerSettings<'_>, inputs: &ServerInputs<'_>, found: &mut Vec<Finding>) {
    let asked = settings.effective_client_authentication();
    if settings.client_authorities.is_some() && settings.client_authentication.is_none() {
        found.push(Finding::new(
            Severity::Note,
            "required",
            "`certificate_authorities` alone makes APM Server require client certificates: `client_authentication` says so",
        )
        .hint("`--client-auth optional` lets clients without one in"));
    }
    if asked == ClientAuthentication::Required {
        found.push(
            Finding::new(
                Severity::Warning,
                "java-only",
                "only the Java agent can show a client certificate: the other agents will be refused",
            )
            .hint("`--client-auth optional` lets them in"),
        );
    }
    let Some(file) = settings.client_authorities else {
        if asked != ClientAuthentication::None {
            found.push(
                Finding::new(
                    Severity::Warning,
                    "system-authorities",
                    "without `certificate_authorities` the system's public authorities are asked: anyone's certificate of theirs is good",
                )
                .hint("give the authority of your clients with `--client-ca`"),
            );
        }
        return;
    };
    if asked == ClientAuthentication::None {
        found.push(Finding::new(
            Severity::Warning,
            "unused",
            "the clients' authorities have no effect while `client_authentication` is `none`",
        ));
    }
    let certificates = file.certificates();
    let is_usable = |c: &&Certificate| c.is_ca() || c.seems_self_signed();
    let usable: Vec<_> = certificates.iter().filter(is_usable).collect();
    for leaf in certificates.iter().filter(|c| !is_usable(c)) {
        let severity = if usable.is_empty() {
            Severity::Fails
        } else {
            Severity::Warning
        };
        found.push(
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
            .hint("`--client-ca` takes the authority that signed the clients' certificates"),
        );
    }
    let is_bad = |c: &&&Certificate| c.validity_at(inputs.now) != Validity::Valid;
    let all = usable.iter().filter(is_bad).count() == usable.len();
    for ca in usable.iter().filter(is_bad) {
        let severity = if all { Severity::Fails } else { Severity::Warning };
        found.push(expired(severity, "authority", file, ca, inputs.now));
    }
}
