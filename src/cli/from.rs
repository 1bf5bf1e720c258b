//! `keyjar import --from`: a server's certificates, once someone said that they are to be trusted.

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use keyjar::ops::SourcedCertificate;
use keyjar::tls::{FetchedChain, Presented, PresentedFinding};
use keyjar::x509::Fingerprint;
use keyjar::{Certificate, ErrorKind, clock};
use serde_json::{Value, json};

use super::connect::Connection;
use super::failure::Failure;
use super::fetch;
use super::printer::Printer;

#[derive(Args)]
pub(crate) struct From {
    /// Take the certificate from a server: HOST:PORT, [v6]:PORT or a URL. It needs --sha256, --yes, or a yes at the
    /// prompt.
    #[arg(long, value_name = "SERVER")]
    pub(crate) from: Option<String>,
    /// Which of the server's certificates; unless given, the highest it presents.
    #[arg(long, value_name = "WHICH", requires = "from")]
    pub(crate) take: Option<Take>,
    /// Trust the certificate if this is its SHA-256, which someone else told you; once for each certificate.
    #[arg(long, value_name = "FINGERPRINT", requires = "from")]
    pub(crate) sha256: Vec<String>,
    /// Trust whatever the server shows, unseen.
    #[arg(long, requires = "from")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// One of a server's certificates, or all.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Take {
    /// The server's own.
    Leaf,
    /// The one that certifies the server's own.
    Issuer,
    /// The self-signed end of the chain.
    Root,
    /// All that it presents.
    All,
}

/// What came of it.
pub(super) enum Answer {
    /// It was not asked for.
    None,
    /// They are trusted; and what is odd about the chain.
    Taken {
        server: String,
        certificates: Vec<Certificate>,
        findings: Vec<PresentedFinding>,
    },
    /// Someone said no.
    Declined,
}

impl Answer {
    /// The certificates as an import's inputs.
    pub(super) fn inputs(&self) -> Vec<SourcedCertificate> {
        let Self::Taken {
            server, certificates, ..
        } = self
        else {
            return Vec::new();
        };
        let sourced = |certificate: &Certificate| SourcedCertificate {
            certificate: certificate.clone(),
            alias: None,
            source: PathBuf::from(server),
        };
        certificates.iter().map(sourced).collect()
    }

    /// The server and its findings, for `--json`.
    pub(super) fn document(&self) -> Value {
        match self {
            Self::Taken { server, findings, .. } => {
                json!({ "server": server, "findings": fetch::findings_document(findings) })
            }
            _ => Value::Null,
        }
    }
}

/// Fetches, chooses, and has it confirmed.
pub(super) fn ask(command: &From, printer: &Printer) -> Result<Answer, Failure> {
    let Some(server) = &command.from else {
        if command.connection.is_given() {
            let message = "`--starttls`, `--proxy`, `--sni` and `--timeout` belong to `--from`";
            return Err(Failure::new(ErrorKind::Usage, message, ""));
        }
        return Ok(Answer::None);
    };
    let expected = command
        .sha256
        .iter()
        .map(|text| fingerprint(text))
        .collect::<Result<Vec<_>, _>>()?;
    let target = command.connection.target(server)?.to_string();
    let fetched = command.connection.fetch(server, printer)?;
    let presented = fetched.presented();
    let certificates = choose(&presented, command.take, &target)?;
    let findings = presented.findings(clock::now());
    show(&target, &fetched, &certificates, printer);
    for finding in &findings {
        printer.warning(&finding.to_string());
    }
    pinned(&presented, &certificates, command.take, printer);
    if !expected.is_empty() {
        compare(&expected, &certificates, &fetched, &target)?;
    } else if !command.yes && !confirmed(&target, &certificates)? {
        printer.note("not trusted: nothing was written");
        return Ok(Answer::Declined);
    }
    Ok(Answer::Taken {
        server: target,
        certificates,
        findings,
    })
}

/// As people have it: with or without colons, blanks or hyphens, of either case, with openssl's or keytool's words
/// before it.
fn fingerprint(text: &str) -> Result<Fingerprint, Failure> {
    let upper = text.trim().to_ascii_uppercase().replace('-', "");
    let rest = upper.strip_prefix("SHA256").unwrap_or(&upper).trim_start();
    let rest = rest.strip_prefix("FINGERPRINT").unwrap_or(rest);
    let rest = rest.trim_start_matches([':', '=', ' ']);
    let shown = text.escape_debug();
    let usage = |message: String| {
        let hint = "it is 64 hex digits, with or without colons: `openssl x509 -in CERT -noout -fingerprint -sha256` prints it";
        Failure::new(ErrorKind::Usage, message, hint)
    };
    let fingerprint =
        Fingerprint::parse(rest).ok_or_else(|| usage(format!("`--sha256 {shown}` is no fingerprint")))?;
    match fingerprint.as_bytes().len() {
        32 => Ok(fingerprint),
        20 => Err(usage(format!("`--sha256 {shown}` has the length of a SHA-1"))),
        count => Err(usage(format!(
            "`--sha256 {shown}` has {count} bytes; a SHA-256 has 32"
        ))),
    }
}

fn choose(presented: &Presented<'_>, take: Option<Take>, target: &str) -> Result<Vec<Certificate>, Failure> {
    let one = match take {
        None => presented.highest(),
        Some(Take::Leaf) => presented.leaf(),
        Some(Take::Issuer) => presented.issuer(),
        Some(Take::Root) => presented.root(),
        Some(Take::All) => return Ok(presented.distinct().cloned().collect()),
    };
    if let Some(one) = one {
        return Ok(vec![one.clone()]);
    }
    let missing = presented
        .missing_issuer()
        .map(|name| name.to_string())
        .unwrap_or_default();
    let what = match take {
        Some(Take::Root) => "a root",
        _ => "its issuer's certificate",
    };
    let hint = format!(
        "get the certificate of `{missing}` from who runs that authority, and import the file; `--take leaf` pins the server's own"
    );
    let message = format!("`{target}` does not send {what}: its chain ends below `{missing}`");
    Err(Failure::new(ErrorKind::NotFound, message, &hint))
}

fn show(target: &str, fetched: &FetchedChain, certificates: &[Certificate], printer: &Printer) {
    let sent = fetched.certificates.len();
    let of = if sent == 1 {
        String::from("the one certificate")
    } else {
        format!("{} of the {sent} certificates", certificates.len())
    };
    printer.note(&format!("{of} that `{target}` shows:"));
    let roles = fetched.presented().roles();
    for certificate in certificates {
        let at = fetched.certificates.iter().position(|other| other == certificate);
        if let Some(role) = at.and_then(|at| roles.get(at)) {
            printer.note(&format!("  {role}"));
        }
        for line in fetch::lines(certificate, printer.verbose) {
            printer.note(&format!("    {line}"));
        }
    }
}

/// What it means to trust the server's own certificate and no authority's.
fn pinned(presented: &Presented<'_>, certificates: &[Certificate], take: Option<Take>, printer: &Printer) {
    let Some(leaf) = presented
        .leaf()
        .filter(|leaf| certificates.iter().all(|one| one == *leaf))
    else {
        return;
    };
    let until = leaf
        .not_after()
        .map(|when| when.to_string().chars().take(10).collect::<String>())
        .unwrap_or_default();
    let why = match take {
        None if !leaf.seems_self_signed() => {
            "only the server's own certificate could be pinned, since it sends no other"
        }
        _ => "the server's own certificate is pinned",
    };
    printer.warning(&format!(
        "{why}: connections fail as soon as the server renews it, and a JVM goes on accepting it after it expires \
         ({until}), since Java does not look at the dates of a certificate that is itself in the truststore"
    ));
}

fn compare(
    expected: &[Fingerprint],
    certificates: &[Certificate],
    fetched: &FetchedChain,
    target: &str,
) -> Result<(), Failure> {
    let Some(other) = certificates.iter().find(|one| !expected.contains(&one.sha256())) else {
        return Ok(());
    };
    let message = format!(
        "the fingerprint does not match: `{}` from `{target}` has SHA-256 {:#}; nothing was written",
        other.subject(),
        other.sha256()
    );
    let roles = fetched.presented().roles();
    let place = fetched
        .certificates
        .iter()
        .position(|one| expected.contains(&one.sha256()));
    let hint = match place.and_then(|at| roles.get(at)) {
        _ if certificates.len() > 1 => {
            String::from("`--sha256` is given once for each certificate that is taken")
        }
        Some(keyjar::tls::Role::Leaf) => String::from(
            "it is the fingerprint of the server's own certificate: `--take leaf` takes that one",
        ),
        Some(keyjar::tls::Role::Root) => String::from(
            "it is the fingerprint of the root that the server sends: `--take root` takes that one",
        ),
        Some(keyjar::tls::Role::Intermediate) => String::from(
            "it is the fingerprint of an intermediate that the server sends: `--take issuer` takes the leaf's issuer",
        ),
        None => String::from(
            "someone may sit between you and the server, or its certificate was renewed: ask its administrator before you trust it",
        ),
    };
    Err(Failure::new(ErrorKind::Conflict, message, &hint))
}

/// A yes on the terminal; without one there is no one to ask.
fn confirmed(target: &str, certificates: &[Certificate]) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        let sha256: Vec<_> = certificates
            .iter()
            .map(|one| format!("--sha256 {}", one.sha256()))
            .collect();
        let hint = format!(
            "compare the fingerprint with the one its administrator sees, then add `{}`; `--yes` trusts it unseen",
            sha256.join(" ")
        );
        let message =
            format!("there is no terminal to ask on whether what `{target}` shows is to be trusted");
        return Err(Failure::new(ErrorKind::Usage, message, &hint));
    }
    let many = certificates.len() > 1;
    let (it, them) = if many {
        ("them", "they are")
    } else {
        ("it", "it is")
    };
    super::printer::ask(&format!(
        "Compare the SHA-256 with one that came to you on another way than this connection: on the server,\n\
         `openssl x509 -in CERTIFICATE -noout -fingerprint -sha256` prints it; Elasticsearch shows its CA's at the first\n\
         start, `keyjar list -v` and keytool that of a store's entry, a browser that of a page's certificate.\n\
         Whoever sits between you and the server could show you another one, and {them} trusted from then on.\n\
         Trust {it}? [yes/no] "
    ));
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(Failure::other)?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_in_every_usual_spelling() {
        let digits = "5ce968f7de2cf17a0123456789abcdef5ce968f7de2cf17a0123456789abcdef";
        let pairs: Vec<_> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8(pair.to_vec()).unwrap())
            .collect();
        let colons = pairs.join(":");
        for text in [
            digits.to_owned(),
            digits.to_uppercase(),
            colons.clone(),
            colons.to_uppercase(),
            pairs.join(" "),
            pairs.join("-"),
            format!("sha256 Fingerprint={colons}"),
            format!("SHA-256: {colons}"),
            format!("SHA256:{digits}"),
            format!(" {digits}\n"),
        ] {
            assert_eq!(
                fingerprint(&text).map(|f| f.to_string()).ok().as_deref(),
                Some(digits),
                "{text}"
            );
        }
        for text in ["", "xyz", "AB:CD", "da39a3ee5e6b4b0d3255bfef95601890afd80709"] {
            assert!(fingerprint(text).is_err(), "{text}");
        }
    }
}
