//! The questions of `HttpCertificateCommand`, in its order and words.

use std::path::{Path, PathBuf};

use jiff::Span;
use keyjar::pki::{AltName, CertificateAuthority, DistinguishedName, KeyType};
use keyjar::x509::KeyUsage;
use keyjar::{Password, StoreFormat, fsio};

use super::super::Context;
use super::super::authority::{self, file_name};
use super::super::exit::{DATA_ERROR, Exit};
use super::super::instance::{Node, is_valid_filename};
use super::super::options::split;
use super::super::output;
use super::{
    AUTHORITY_DN, AUTHORITY_USAGE, Authority, OUTPUT, Plan, Server, USAGE_OF_SERVERS, new_authority, node,
};

/// The questions of elasticsearch-certutil, in its order.
pub(super) fn ask(context: &Context<'_>) -> Result<Plan, Exit> {
    let terminal = &context.terminal;
    terminal.heading("Elasticsearch HTTP Certificate Utility");
    terminal
        .say("The questions below lead to a zip with the certificates of Elasticsearch's HTTP interface.");
    terminal.heading("Do you wish to generate a Certificate Signing Request (CSR)?");
    terminal.say("A request is what an authority signs that you do not control.\n");
    let csr = terminal.ask_yes_no("Generate a CSR?", false)?;
    let mut ca = None;
    let mut period = Span::new().years(5);
    if !csr {
        terminal.heading("Do you have an existing Certificate Authority (CA) key-pair that you wish to use to sign your certificate?");
        terminal.say("Without one, a new authority is made.\n");
        let existing = terminal.ask_yes_no("Use an existing CA?", false)?;
        let authority = if existing { find(context)? } else { make(context)? };
        describe(context, &authority.authority);
        ca = Some(authority);
        terminal.heading("How long should your certificates be valid?");
        terminal.say(
            "You may enter the validity period in years (e.g. 3Y), months (e.g. 18M), or days (e.g. 90D)\n",
        );
        period = ask_period(
            context,
            "For how long should your certificate be valid?",
            period,
            60,
        )?;
    }
    let nodes = ask_nodes(context, csr)?;
    terminal.heading("What password do you want for your private key(s)?");
    let prompt = if csr {
        terminal.say("Your private key(s) will be stored as a PEM formatted file.");
        "Provide a password for the private key: "
    } else {
        terminal.say("Your private key(s) will be stored in a PKCS#12 keystore file named \"http.p12\".");
        "Provide a password for the \"http.p12\" file: "
    };
    let password = ask_password(context, prompt)?;
    terminal.heading("Where should we save the generated files?");
    let default = fsio::absolute(Path::new(OUTPUT))?;
    let path = terminal.ask_until(
        "What filename should be used for the output zip file?",
        &default.display().to_string(),
        &default,
        |answer| Ok(Some(fsio::absolute(Path::new(answer))?)),
    )?;
    output::check_path(&path, terminal)?;
    Ok(Plan {
        ca,
        period,
        nodes,
        password,
        path,
    })
}

fn ask_nodes(context: &Context<'_>, csr: bool) -> Result<Vec<Server>, Exit> {
    let terminal = &context.terminal;
    terminal.heading("Do you wish to generate one certificate per node?");
    let many = terminal.ask_yes_no("Generate a certificate per node?", false)?;
    let mut nodes = Vec::new();
    loop {
        let which = if many {
            format!("node #{}", nodes.len() + 1)
        } else {
            String::from("your nodes")
        };
        nodes.push(ask_node(context, many, which, csr)?);
        if !many || !terminal.ask_yes_no("Generate additional certificates?", true)? {
            return Ok(nodes);
        }
    }
}

fn ask_node(context: &Context<'_>, many: bool, mut which: String, csr: bool) -> Result<Server, Exit> {
    let terminal = &context.terminal;
    let mut name = None;
    if many {
        terminal.heading(&format!("What is the name of {which}?"));
        let answer = loop {
            let answer = terminal.ask(&format!("{which} name: "))?;
            if is_valid_filename(&answer) {
                break answer;
            }
            terminal.always(&format!("'{answer}' is not a valid filename"));
        };
        which.clone_from(&answer);
        name = Some(answer);
    }
    terminal.heading(&format!("Which hostnames will be used to connect to {which}?"));
    let dns = ask_lines(context, "hostnames", "hostnames", |line| {
        if line.is_ascii() {
            None
        } else {
            Some(format!("{line} is not a valid DNS name"))
        }
    })?;
    terminal.heading(&format!("Which IP addresses will be used to connect to {which}?"));
    let ip = ask_lines(context, "IP addresses", "IP addresses", |line| {
        AltName::ip(line)
            .err()
            .map(|_| format!("{line} is not a valid IP address"))
    })?;
    let mut names: Vec<_> = dns.iter().cloned().map(AltName::Dns).collect();
    for address in &ip {
        names.push(AltName::ip(address)?);
    }
    ask_options(context, node(name.as_deref(), &dns, names)?, csr)
}

/// Lines until an empty one, as often as it takes to be right.
fn ask_lines(
    context: &Context<'_>,
    what: &str,
    plural: &str,
    wrong: impl Fn(&str) -> Option<String>,
) -> Result<Vec<String>, Exit> {
    let terminal = &context.terminal;
    loop {
        terminal.say(&format!("\nEnter all the {what} that you need, one per line."));
        terminal.say("When you are done, press <ENTER> once more to move on to the next step.\n");
        let mut lines = Vec::new();
        loop {
            let line = terminal.ask("")?;
            if line.is_empty() {
                break;
            }
            match wrong(&line) {
                None => lines.push(line),
                Some(error) => terminal.say(&format!("Error: {error}")),
            }
        }
        if lines.is_empty() {
            terminal.always(&format!("You did not enter any {plural}."));
        } else {
            terminal.always(&format!("You entered the following {plural}.\n"));
            lines
                .iter()
                .for_each(|line| terminal.always(&format!(" - {line}")));
        }
        terminal.say("");
        if terminal.ask_yes_no("Is this correct", true)? {
            return Ok(lines);
        }
    }
}

/// The name of the key, the subject, the size and the uses: as they follow from the answers, unless changed.
fn ask_options(context: &Context<'_>, mut node: Node, csr: bool) -> Result<Server, Exit> {
    let terminal = &context.terminal;
    terminal.heading("Other certificate options");
    let mut kind = context.key_type()?;
    let mut usage = USAGE_OF_SERVERS.to_owned();
    loop {
        terminal.always(&format!("Key Name: {}", node.name));
        terminal.always(&format!("Subject DN: {}", node.subject));
        terminal.always(&format!("Key Size: {}", size(kind)));
        terminal.always(&format!("Key Usage: {usage}\n"));
        if !terminal.ask_yes_no("Do you wish to change any of these options?", false)? {
            break;
        }
        terminal.heading("What should your key be named?");
        terminal.say(if csr {
            "It is a part of the files' names."
        } else {
            "It is the name of the certificate's files."
        });
        let default = node.name.clone();
        node.name = terminal.ask_until("Key Name", &default, &default, |name| {
            if is_valid_filename(name) {
                return Ok(Some(name.to_owned()));
            }
            terminal.always(&format!("'{name}' is not a valid filename"));
            Ok(None)
        })?;
        node.filename.clone_from(&node.name);
        terminal.heading("What subject DN should be used for your certificate?");
        node.subject = ask_name(context, "Subject DN", "DN", &node.subject)?;
        terminal.heading("What key size should your certificate have?");
        kind = ask_size(context, kind)?;
        terminal.heading("What key usage should your certificate have?");
        usage = ask_usage(context, &usage)?;
    }
    Ok(Server { node, kind, usage })
}

/// A new authority, by its options.
fn make(context: &Context<'_>) -> Result<Authority, Exit> {
    let terminal = &context.terminal;
    terminal.say("A new Certificate Authority will be generated for you");
    terminal.heading("CA Generation Options");
    let mut subject: DistinguishedName = AUTHORITY_DN.parse()?;
    let mut period = Span::new().years(5);
    let mut kind = context.key_type()?;
    let mut usage = AUTHORITY_USAGE.to_owned();
    loop {
        terminal.always(&format!("Subject DN: {subject}"));
        terminal.always(&format!("Validity: {}", shown(period)));
        terminal.always(&format!("Key Size: {}", size(kind)));
        terminal.always(&format!("Key Usage: {usage}\n"));
        if !terminal.ask_yes_no("Do you wish to change any of these options?", false)? {
            break;
        }
        terminal.heading("What should your CA be named?");
        subject = ask_name(context, "CA Name", "CA name", &subject)?;
        terminal.heading("How long should your CA be valid?");
        terminal.say(
            "You may enter the validity period in years (e.g. 3Y), months (e.g. 18M), or days (e.g. 90D)",
        );
        period = ask_period(context, "CA Validity", period, 90)?;
        terminal.heading("What key size should your CA have?");
        kind = ask_size(context, kind)?;
        terminal.heading("What key usage should your CA have?");
        usage = ask_usage(context, &usage)?;
    }
    terminal.heading("CA password");
    terminal
        .say("Who has the authority's key and its password can make certificates that your clients trust.\n");
    let password = ask_password(context, "CA password: ")?;
    let authority = new_authority(context, subject, period, kind, &usage)?;
    Ok(Authority {
        authority,
        new: Some(password),
    })
}

/// An existing authority, by its file.
fn find(context: &Context<'_>) -> Result<Authority, Exit> {
    let terminal = &context.terminal;
    terminal.heading("What is the path to your CA?");
    terminal.say("It may be PKCS#12 (.p12), JKS (.jks) or PEM (.crt, .key, .pem).\n");
    let path = ask_path(context, "CA Path: ")?;
    let bytes = authority::read(&path)?;
    let ask_password = |path: &Path| terminal.ask_secret(&format!("Password for {}:", file_name(path)));
    let pem = |certificate: &Path, key: &Path| authority::of_pem(certificate, key, || ask_password(key));
    let authority = match guess(&path, &bytes) {
        FileType::Store => {
            let password = ask_password(&path)?;
            let store = authority::open(bytes, &password, &path)?;
            authority::of_store(&store, &password, &path)?
        }
        FileType::Key => {
            terminal.heading("What is the path to your CA certificate?");
            pem(&ask_path(context, "CA Certificate: ")?, &path)?
        }
        FileType::Certificate => {
            terminal.heading("What is the path to your CA key?");
            pem(&path, &ask_path(context, "CA Key: ")?)?
        }
        FileType::Chain => {
            terminal.always(&format!(
                "The file at {} contains multiple certificates.",
                path.display()
            ));
            let message = format!("{}: Unsupported file type (certificate chain)", path.display());
            return Err(Exit::new(DATA_ERROR, message));
        }
        FileType::Unrecognized => {
            terminal.always(&format!(
                "The file at {} isn't a file type that this tool recognises.",
                path.display()
            ));
            let message = format!("{}: Unrecognized file type", path.display());
            return Err(Exit::new(DATA_ERROR, message));
        }
    };
    Ok(Authority { authority, new: None })
}

enum FileType {
    Store,
    Key,
    Certificate,
    Chain,
    Unrecognized,
}

/// By its ending, else by its bytes (`guessFileType`).
fn guess(path: &Path, bytes: &[u8]) -> FileType {
    let name = file_name(path).to_lowercase();
    let named = [".p12", ".pfx", ".pkcs12", ".jks"]
        .iter()
        .any(|ending| name.ends_with(ending));
    if named || StoreFormat::detect(bytes).is_some() {
        return FileType::Store;
    }
    let text = String::from_utf8_lossy(bytes);
    let begins: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("-----BEGIN"))
        .collect();
    let keys = begins.iter().filter(|line| line.contains("PRIVATE KEY")).count();
    let certificates = begins
        .iter()
        .filter(|line| line.contains("BEGIN CERTIFICATE-"))
        .count();
    match (certificates, keys) {
        (0, 1) => FileType::Key,
        (1, 0) => FileType::Certificate,
        (2.., 0) => FileType::Chain,
        _ => FileType::Unrecognized,
    }
}

fn ask_path(context: &Context<'_>, prompt: &str) -> Result<PathBuf, Exit> {
    loop {
        let answer = context.terminal.ask(prompt)?;
        let path = fsio::absolute(Path::new(&answer))?;
        if answer.is_empty() {
            context.terminal.always(&format!("{answer} is not a valid file"));
        } else if fsio::exists(&path) {
            return Ok(path);
        } else {
            context
                .terminal
                .always(&format!("The file {} does not exist", path.display()));
        }
    }
}

fn ask_name(
    context: &Context<'_>,
    prompt: &str,
    what: &str,
    default: &DistinguishedName,
) -> Result<DistinguishedName, Exit> {
    let terminal = &context.terminal;
    terminal.ask_until(
        prompt,
        &default.to_string(),
        default,
        |answer| match DistinguishedName::of_name(answer) {
            Ok(name) => Ok(Some(name)),
            Err(error) => {
                terminal.always(&format!("'{answer}' is not a valid {what} ({error})"));
                Ok(None)
            }
        },
    )
}

/// A period of the calendar: `3Y`, `18M`, `90D`, `1y,6m`.
fn ask_period(context: &Context<'_>, prompt: &str, default: Span, recommended: i64) -> Result<Span, Exit> {
    let terminal = &context.terminal;
    terminal.ask_until(prompt, &shown(default), &default, |answer| {
        let Some(period) = parse_period(answer) else {
            terminal.say(&format!("Sorry, I do not understand '{answer}'"));
            return Ok(None);
        };
        let months = 12 * i64::from(period.get_years()) + i64::from(period.get_months());
        if 30 * months + i64::from(period.get_days()) < recommended {
            terminal.say(&format!(
                "The period '{}' is less than the recommended period",
                shown(period)
            ));
            if !terminal.ask_yes_no("Are you sure?", false)? {
                return Ok(None);
            }
        }
        Ok(Some(period))
    })
}

fn parse_period(text: &str) -> Option<Span> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ',')
        .collect::<String>()
        .to_uppercase();
    let text = text.strip_prefix('P').unwrap_or(&text);
    let mut period = Span::new();
    let mut number = String::new();
    let mut any = false;
    for character in text.chars() {
        if character.is_ascii_digit() {
            number.push(character);
            continue;
        }
        let count: i64 = number.parse().ok()?;
        number.clear();
        any = true;
        period = match character {
            'Y' => period.try_years(count),
            'M' => period.try_months(count),
            'W' => period.try_days(count.checked_mul(7)?),
            'D' => period.try_days(count),
            _ => return None,
        }
        .ok()?;
    }
    (any && number.is_empty()).then_some(period)
}

fn shown(period: Span) -> String {
    let parts = [
        (i64::from(period.get_years()), "y"),
        (i64::from(period.get_months()), "m"),
        (i64::from(period.get_days()), "d"),
    ];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(count, _)| *count != 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if parts.is_empty() {
        String::from("0d")
    } else {
        parts.join(",")
    }
}

/// The bits of an RSA key, or the kind of another.
fn size(kind: KeyType) -> String {
    let name = kind.name();
    name.strip_prefix("rsa-").unwrap_or(name).to_owned()
}

fn ask_size(context: &Context<'_>, default: KeyType) -> Result<KeyType, Exit> {
    let terminal = &context.terminal;
    terminal.say("We recommend that you use one of 2048, 3072 or 4096 bits for your key.\n");
    terminal.ask_until("Key Size", &size(default), &default, |answer| {
        let complaint = match answer.parse::<u32>() {
            Err(_) => "The key size must be a positive integer",
            Ok(..1024) => "Keys must be at least 1024 bits",
            Ok(8193..) => "Keys cannot be larger than 8192 bits",
            Ok(bits) if !bits.is_multiple_of(1024) => "The key size should be a multiple of 1024 bits",
            Ok(bits) => match KeyType::rsa(bits) {
                Some(kind) => return Ok(Some(kind)),
                None => "Keys of that size are not made: 2048, 3072, 4096 and 8192 bits are",
            },
        };
        terminal.say(complaint);
        Ok(None)
    })
}

fn ask_usage(context: &Context<'_>, default: &str) -> Result<String, Exit> {
    let terminal = &context.terminal;
    terminal.say("You may enter the key usage as a comma-delimited list of following values: ");
    KeyUsage::NAMES
        .iter()
        .for_each(|name| terminal.say(&format!(" - {name}")));
    terminal.say("");
    terminal.ask_until("Key Usage", default, &default.to_owned(), |answer| {
        let names = split(answer);
        if names.is_empty() {
            terminal.say("Key usage cannot be blank or empty");
            return Ok(None);
        }
        match KeyUsage::from_names(names.iter().map(String::as_str)) {
            Ok(_) => Ok(Some(names.join(","))),
            Err(name) => {
                terminal.say(&format!("Invalid key usage: {name}"));
                Ok(None)
            }
        }
    })
}

fn ask_password(context: &Context<'_>, prompt: &str) -> Result<Password, Exit> {
    let terminal = &context.terminal;
    loop {
        let password = terminal.ask_secret(&format!("{prompt} [<ENTER> for none]"))?;
        let text = password.expose_text().unwrap_or_default();
        if text.is_empty() {
            return Ok(password);
        }
        if !text.is_ascii() {
            terminal.always("Passwords must be plain ASCII");
            continue;
        }
        let again = terminal.ask_secret("Repeat password to confirm: ")?;
        if again.expose_text() != password.expose_text() {
            terminal.say("Passwords do not match");
            continue;
        }
        if output::accept_length(terminal, &password, true)? {
            return Ok(password);
        }
    }
}

fn describe(context: &Context<'_>, ca: &CertificateAuthority) {
    let Some(certificate) = ca.certificate() else {
        return;
    };
    let terminal = &context.terminal;
    terminal.detail("Using the following CA:");
    terminal.detail(&format!("\tSubject: {}", certificate.subject()));
    terminal.detail(&format!("\tIssuer: {}", certificate.issuer()));
    terminal.detail(&format!("\tSerial: {}", certificate.serial_hex()));
    let expiry = certificate.not_after().map(|until| until.to_string());
    terminal.detail(&format!("\tExpiry: {}", expiry.unwrap_or_default()));
    terminal.detail(&format!(
        "\tSignature Algorithm: {}",
        certificate.signature_algorithm()
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_in_years_months_and_days() {
        for (text, expected) in [
            ("3Y", "3y"),
            ("18M", "18m"),
            ("90D", "90d"),
            ("1y, 6m", "1y,6m"),
            ("P2Y", "2y"),
        ] {
            assert_eq!(parse_period(text).map(shown).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "Y", "5", "3X", "99999999999Y"] {
            assert!(parse_period(text).is_none(), "{text}");
        }
    }
}
