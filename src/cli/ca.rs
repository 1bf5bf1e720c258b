use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use keyjar::pki::{CertificateAuthority, Dates, DistinguishedName, KeyType, Purpose, Template};
use keyjar::{ErrorKind, clock};
use serde_json::json;

use super::failure::Failure;
use super::issuing::{self, NewTruststore, Stores};
use super::password::Source;
use super::printer::Printer;
use super::{Outcome, flags, list};

/// Ten years.
const DAYS: i64 = 3650;

#[derive(Args)]
pub(crate) struct Ca {
    /// The folder the files go to; made where it is missing.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// The authority's name; `CN=keyjar CA` unless given.
    #[arg(long, value_name = "DN", visible_alias = "name")]
    subject: Option<String>,
    /// How long it is valid; 3650 unless given, and never longer than its parent.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    days: Option<i64>,
    /// The kind of its key.
    #[arg(long, value_name = "KIND", default_value = "ec-p256", value_parser = issuing::key_types())]
    key_type: String,
    /// Make an authority below the one in this folder.
    #[arg(long, value_name = "DIR")]
    parent: Option<PathBuf>,
    /// The password of the parent's key.
    #[arg(long, value_name = "SOURCE", requires = "parent")]
    parent_pass: Option<Source>,
    /// How many authorities may follow below this one; any number unless given.
    #[arg(long, value_name = "N")]
    path_len: Option<u8>,
    /// Encrypt the new key with this password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    keypass: Option<Source>,
    #[command(flatten)]
    stores: Stores,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
}

/// `keyjar ca`
pub(crate) fn run(command: &Ca, printer: &Printer) -> Outcome {
    let kind: KeyType = command.key_type.parse()?;
    let parent = match &command.parent {
        Some(folder) => {
            let source = command.parent_pass.as_ref().or(command.keypass.as_ref());
            Some(issuing::authority_of_folder(folder, source, printer)?)
        }
        None => None,
    };
    let subject = subject(command, parent.as_ref())?;
    let days = command.days.unwrap_or(DAYS);
    let dates = match &parent {
        Some(parent) => parent.dates_within(clock::now(), days, command.days.is_some())?,
        None => Dates::days(clock::now(), days)?,
    };
    let mut template = Template::authority(subject, dates);
    template.purpose = Purpose::Authority {
        path_len: command.path_len,
    };
    let password = issuing::new_key_password(command.keypass.as_ref(), printer)?;
    let ca = match &parent {
        Some(parent) => parent.intermediate(&template, kind)?,
        None => CertificateAuthority::generate(&template, kind)?,
    };
    write(command, &ca, &password, printer)
}

fn subject(command: &Ca, parent: Option<&CertificateAuthority>) -> Result<DistinguishedName, Failure> {
    let default = if parent.is_some() {
        "CN=keyjar intermediate CA"
    } else {
        "CN=keyjar CA"
    };
    let subject = DistinguishedName::of_name(command.subject.as_deref().unwrap_or(default))?;
    if parent.is_some_and(|parent| parent.subject().view() == subject.view()) {
        let message = format!("the authority above has the same name, `{subject}`");
        let hint = "verifiers find an issuer by its name: give another one with `--subject`";
        return Err(Failure::new(ErrorKind::Conflict, message, hint));
    }
    Ok(subject)
}

fn write(command: &Ca, ca: &CertificateAuthority, password: &keyjar::Password, printer: &Printer) -> Outcome {
    let place = |name| issuing::place(&command.out, name);
    let (Some(certificate), Some(anchor)) = (ca.certificate(), ca.anchor()) else {
        return Err(Failure::new(
            ErrorKind::Io,
            "the authority has no certificate",
            "",
        ));
    };
    let mut files = vec![
        issuing::certificate_file(place("ca.crt"), &[certificate]),
        issuing::key_file(place("ca.key"), ca.key(), password)?,
    ];
    let above = ca.chain().len() > 1;
    if above {
        let chain: Vec<_> = ca.chain().iter().collect();
        files.push(issuing::certificate_file(place("ca.fullchain.crt"), &chain));
    }
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let mut truststore = NewTruststore::new(&command.stores, anchor, "ca", command.force, printer)?;
    files.extend(truststore.as_mut().and_then(|store| store.file.take()));
    issuing::write(&files, command.force, printer)?;
    printer.note(&format!("the authority {}", list::line("ca", certificate)));
    if printer.json {
        let document = json!({
            "schema": 1,
            "files": {
                "certificate": paths.first(),
                "key": paths.get(1),
                "fullchain": paths.get(2),
                "truststore": command.stores.truststore,
            },
            "certificate": list::certificate(certificate),
            "key_type": command.key_type,
        });
        printer.document(&document);
        return Ok(ExitCode::SUCCESS);
    }
    match truststore {
        Some(store) => flags::print(Some(store.side()), None, &command.stores.format, printer),
        None => {
            print_paths(paths.iter().map(PathBuf::as_path), printer);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A path a line.
pub(super) fn print_paths<'a>(paths: impl Iterator<Item = &'a Path>, printer: &Printer) {
    let text: String = paths.map(|path| format!("{}\n", path.display())).collect();
    printer.text(&text);
}
