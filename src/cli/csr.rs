//! `keyjar csr` and `keyjar sign`: certificates that somebody else signs, and those that are signed for somebody.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use keyjar::fsio;
use keyjar::pki::{AltName, CertificateRequest, Dates, KeyType, Purpose, Template};
use keyjar::{Certificate, ErrorKind, Limits, clock};
use serde_json::json;

use super::ca::print_paths;
use super::cert::{DAYS, file_name, order};
use super::failure::Failure;
use super::issuing::{self, Issuer};
use super::manage::KEY;
use super::password::Source;
use super::printer::Printer;
use super::{Outcome, list};

#[derive(Args)]
pub(crate) struct Csr {
    /// The common name, or a whole distinguished name; without `--dns` and `--ip` a server is found by it.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// DNS names, separated by commas or one by one.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    dns: Vec<String>,
    /// IP addresses, separated by commas or one by one.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    ip: Vec<String>,
    /// A client's request.
    #[arg(long)]
    client: bool,
    /// A server's request, which is the default; with `--client` it is for both.
    #[arg(long)]
    server: bool,
    /// Use this private key instead of a new one.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The kind of the new key.
    #[arg(long, value_name = "KIND", default_value = "ec-p256", conflicts_with = "key", value_parser = issuing::key_types())]
    key_type: String,
    /// Encrypt the new key with this password, or open the one of `--key` with it: pass:TEXT, env:NAME, file:PATH,
    /// fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    keypass: Option<Source>,
    /// The folder the files go to; made where it is missing.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// What the files are called instead of NAME.
    #[arg(long, value_name = "NAME")]
    filename: Option<String>,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
}

/// `keyjar csr`
pub(crate) fn csr(command: &Csr, printer: &Printer) -> Outcome {
    let names = alt_names(&command.dns, &command.ip)?;
    let purpose = issuing::purpose(command.client, command.server).unwrap_or(Purpose::Server);
    // A request says nothing of dates.
    let dates = Dates::days(clock::now(), DAYS)?;
    let order = order(&command.name, command.filename.as_deref(), names, purpose, dates)?;
    let place = |ending: &str| issuing::place(&command.out, &format!("{}.{ending}", order.filename));
    let mut files = Vec::new();
    let (key, key_path) = match &command.key {
        Some(path) => (
            issuing::private_key(path, &KEY, command.keypass.as_ref(), printer)?,
            path.clone(),
        ),
        None => {
            let key = command.key_type.parse::<KeyType>()?.generate()?;
            let password = issuing::new_key_password(command.keypass.as_ref(), printer)?;
            files.push(issuing::key_file(place("key"), &key, &password)?);
            (key, place("key"))
        }
    };
    let request = CertificateRequest::new(&order.template, &key)?;
    files.push(issuing::open_file(place("csr"), request.to_pem().into_bytes()));
    issuing::write(&files, command.force, printer)?;
    printer.note(&format!(
        "a request for `{}`{}",
        request.subject(),
        shown(&request)
    ));
    printer.hint(&format!(
        "send {} to the authority, and keep the key; `keyjar bundle` makes a keystore of the key and the certificate that comes back",
        place("csr").display()
    ));
    if printer.json {
        printer.document(&json!({
            "schema": 1,
            "files": { "request": place("csr"), "key": key_path },
            "request": super::show::request(&request),
        }));
    } else {
        print_paths([place("csr"), key_path].iter().map(PathBuf::as_path), printer);
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Args)]
pub(crate) struct Sign {
    /// The requests: PEM or DER, or `-` for stdin.
    #[arg(value_name = "CSR", required = true)]
    requests: Vec<PathBuf>,
    #[command(flatten)]
    issuer: Issuer,
    /// These DNS names instead of those the request asks for.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    dns: Vec<String>,
    /// These IP addresses instead of those the request asks for.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    ip: Vec<String>,
    /// A client's certificate, whatever the request asks for.
    #[arg(long)]
    client: bool,
    /// A server's certificate, whatever the request asks for; with `--client` it is for both.
    #[arg(long)]
    server: bool,
    /// How long it is valid; 730 unless given, and never longer than its authority.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    days: Option<i64>,
    /// The folder the files go to, made where it is missing; `-` for stdout.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// What the files are called instead of the common name.
    #[arg(long, value_name = "NAME")]
    filename: Option<String>,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
}

/// `keyjar sign`
pub(crate) fn sign(command: &Sign, printer: &Printer) -> Outcome {
    let ca = issuing::authority(&command.issuer, None, printer)?;
    let dates = ca.dates_within(clock::now(), command.days.unwrap_or(DAYS), command.days.is_some())?;
    let mut files = Vec::new();
    let mut paths = Vec::new();
    let mut documents = Vec::new();
    let mut pem = String::new();
    for path in &command.requests {
        let about = |failure: Failure| failure.context(format!("`{}`", path.display()));
        let request = read(path)?;
        let template = template(&request, command, dates, printer).map_err(about)?;
        issuing::warn_of_dates(&dates, template.purpose != Purpose::Client, printer);
        let certificate = ca
            .sign(&template, &request)
            .map_err(|error| about(error.into()))?;
        printer.note(&format!(
            "issued {}{}",
            list::line(&certificate.short_name(), &certificate),
            shown(&request)
        ));
        let whole: Vec<&Certificate> = std::iter::once(&certificate).chain(ca.chain()).collect();
        let name = match &command.filename {
            Some(name) => name.clone(),
            None => file_name(&certificate.short_name())?,
        };
        let place = |ending: &str| issuing::place(&command.out, &format!("{name}.{ending}"));
        pem += &keyjar::pem::encode("CERTIFICATE", certificate.as_der());
        documents.push(json!({
            "files": { "certificate": place("crt"), "fullchain": place("fullchain.crt") },
            "chain": whole.iter().map(|one| list::certificate(one)).collect::<Vec<_>>(),
        }));
        files.push(issuing::certificate_file(place("crt"), &[&certificate]));
        files.push(issuing::certificate_file(place("fullchain.crt"), &whole));
        paths.extend([place("crt"), place("fullchain.crt")]);
    }
    if command.out == Path::new("-") && !printer.json {
        printer.text(&pem);
        return Ok(ExitCode::SUCCESS);
    }
    issuing::write(&files, command.force, printer)?;
    if printer.json {
        printer.document(&json!({ "schema": 1, "certificates": documents }));
    } else {
        print_paths(paths.iter().map(PathBuf::as_path), printer);
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<CertificateRequest, Failure> {
    let bytes = if path == Path::new("-") {
        fsio::read_from(std::io::stdin().lock(), path, &Limits::DEFAULT)?
    } else {
        fsio::read(path, &Limits::DEFAULT)?
    };
    CertificateRequest::from_input(&bytes)
        .map_err(|error| Failure::from(error).context(format!("`{}`", path.display())))
}

/// What is put into the certificate: the options' word, else what the request asks for, else what its name gives.
fn template(
    request: &CertificateRequest,
    command: &Sign,
    dates: Dates,
    printer: &Printer,
) -> Result<Template, Failure> {
    let purpose = issuing::purpose(command.client, command.server).unwrap_or_else(|| {
        let asked = issuing::purpose_of(&request.extended_key_usage().unwrap_or_default());
        asked.unwrap_or(Purpose::Server)
    });
    let mut names = alt_names(&command.dns, &command.ip)?;
    if names.is_empty() {
        names = request.alt_names().map_err(|error| {
            let message = format!("the names it asks for are malformed: {error}");
            Failure::new(ErrorKind::Damaged, message, "give them with `--dns` and `--ip`")
        })?;
    }
    if names.is_empty() && purpose != Purpose::Client {
        let name = request.subject().view().short_name().unwrap_or_default();
        names = AltName::derived(&name)?;
        printer.note(&format!("the request names no host: `{name}` is taken for it"));
    }
    if request
        .key_usage()
        .is_some_and(|usage| usage.contains(keyjar::x509::KeyUsage::KEY_CERT_SIGN))
    {
        printer.warning("the request asks for an authority's certificate; it gets a server's or client's");
    }
    Ok(Template::new(request.subject().clone(), names, purpose, dates))
}

fn alt_names(dns: &[String], ip: &[String]) -> Result<Vec<AltName>, Failure> {
    let dns = dns.iter().map(|name| AltName::dns(name.trim()));
    let ip = ip.iter().map(|address| AltName::ip(address.trim()));
    Ok(dns.chain(ip).collect::<Result<_, _>>()?)
}

fn shown(request: &CertificateRequest) -> String {
    let names: Vec<_> = request
        .subject_alt_names()
        .iter()
        .map(ToString::to_string)
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(", for {}", names.join(", "))
    }
}
