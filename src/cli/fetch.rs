use std::process::ExitCode;

use clap::Args;
use keyjar::tls::{CertificateRequest, FetchedChain, PresentedFinding, Role};
use keyjar::{Certificate, clock, pem};
use serde_json::{Value, json};

use super::connect::Connection;
use super::printer::Printer;
use super::{Outcome, list};

#[derive(Args)]
pub(crate) struct Fetch {
    /// The server: HOST:PORT, [v6]:PORT or a URL; 443 where no port is named, or the protocol's own.
    #[arg(value_name = "SERVER")]
    pub(crate) server: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `keyjar fetch`
pub(crate) fn run(command: &Fetch, printer: &Printer) -> Outcome {
    let target = command.connection.target(&command.server)?;
    let fetched = command.connection.fetch(&command.server, printer)?;
    let presented = fetched.presented();
    let findings = presented.findings(clock::now());
    if printer.json {
        printer.document(&document(&target.to_string(), &fetched, &findings));
    } else {
        describe(&target.to_string(), &fetched, printer);
        let pem: String = fetched
            .certificates
            .iter()
            .map(|certificate| pem::encode("CERTIFICATE", certificate.as_der()))
            .collect();
        printer.text(&pem);
    }
    for finding in &findings {
        printer.warning(&finding.to_string());
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(target: &str, fetched: &FetchedChain, printer: &Printer) {
    let count = match fetched.certificates.len() {
        1 => String::from("1 certificate"),
        count => format!("{count} certificates"),
    };
    let through = if fetched.is_proxied { "through " } else { "" };
    printer.note(&format!(
        "{target} ({through}{}): {}, {}, {count}",
        fetched.peer, fetched.protocol, fetched.cipher_suite
    ));
    let roles = fetched.presented().roles();
    for ((at, certificate), role) in fetched.certificates.iter().enumerate().zip(roles) {
        printer.note(&format!(
            "\n{} {}",
            at.saturating_add(1),
            title(certificate, role)
        ));
        for line in lines(certificate, printer.verbose) {
            printer.note(&format!("  {line}"));
        }
    }
    if let Some(request) = &fetched.client_request {
        printer.note(&format!("\n{}", asks(request, printer.verbose)));
    }
    printer.note("");
}

fn title(certificate: &Certificate, role: Role) -> String {
    let signed = if certificate.seems_self_signed() && role == Role::Leaf {
        ", self-signed"
    } else {
        ""
    };
    format!("{role}{signed}")
}

/// A certificate as a person looks it over.
pub(super) fn lines(certificate: &Certificate, verbose: bool) -> Vec<String> {
    let mut lines = vec![
        format!("subject  {}", certificate.subject()),
        format!("issuer   {}", certificate.issuer()),
    ];
    let names: Vec<_> = certificate
        .subject_alt_names()
        .iter()
        .map(ToString::to_string)
        .collect();
    if !names.is_empty() {
        lines.push(format!("names    {}", names.join(", ")));
    }
    let day = |when: Option<jiff::Timestamp>| {
        when.map_or_else(
            || String::from("?"),
            |when| when.to_string().chars().take(10).collect(),
        )
    };
    lines.push(format!(
        "valid    {} to {}",
        day(certificate.not_before()),
        day(certificate.not_after())
    ));
    lines.push(format!("sha256   {:#}", certificate.sha256()));
    if verbose {
        lines.push(format!("serial   {}", certificate.serial_hex()));
        if let Ok(key) = certificate.public_key_info() {
            lines.push(format!("key      {key}"));
        }
        lines.push(format!("signed   {}", certificate.signature_algorithm()));
    }
    lines
}

fn asks(request: &CertificateRequest, verbose: bool) -> String {
    let names: Vec<_> = request.issuer_names().map(|name| format!("`{name}`")).collect();
    let of = match names.as_slice() {
        [] => String::from("of any authority"),
        names if names.len() <= 5 || verbose => format!("of {}", names.join(" or ")),
        names => format!("of one of {} authorities (`-v` names them)", names.len()),
    };
    format!("the server asks for a client certificate {of}")
}

/// The keys: `server`, `peer`, `proxied`, `sni`, `protocol`, `cipher_suite`, `chain` (as everywhere, with `role` and
/// `pem`), `missing_issuer`, `client_request`, `findings`.
fn document(target: &str, fetched: &FetchedChain, findings: &[PresentedFinding]) -> Value {
    let presented = fetched.presented();
    let chain: Vec<_> = fetched
        .certificates
        .iter()
        .zip(presented.roles())
        .map(|(certificate, role)| {
            let mut value = list::certificate(certificate);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("role".into(), role.name().into());
                fields.insert(
                    "pem".into(),
                    pem::encode("CERTIFICATE", certificate.as_der()).into(),
                );
            }
            value
        })
        .collect();
    let request = fetched.client_request.as_ref().map(|request| {
        json!({
            "issuers": request.issuer_names().map(|name| name.to_string()).collect::<Vec<_>>(),
            "signature_schemes": request.signature_scheme_names(),
        })
    });
    json!({
        "schema": 1,
        "server": target,
        "peer": fetched.peer.to_string(),
        "proxied": fetched.is_proxied,
        "sni": fetched.sni,
        "protocol": fetched.protocol.to_string(),
        "cipher_suite": fetched.cipher_suite.to_string(),
        "chain": chain,
        "missing_issuer": presented.missing_issuer().map(|name| name.to_string()),
        "client_request": request,
        "findings": findings_document(findings),
    })
}

pub(super) fn findings_document(findings: &[PresentedFinding]) -> Vec<Value> {
    findings
        .iter()
        .map(|finding| json!({ "finding": finding.name(), "detail": finding.to_string() }))
        .collect()
}
