//! The instances that get certificates: named by options, by answers, or by a file.

use std::path::Path;

use keyjar::pki::{AltName, DistinguishedName, Instance, InstanceFormat};
use keyjar::{Limits, fsio};

use super::exit::{CONFIG, DATA_ERROR, Exit, NO_INPUT};
use super::options::{Options, split};
use super::terminal::Terminal;

/// The name unless `--name` gives one.
const DEFAULT_NAME: &str = "instance";

/// An instance whose details hold.
#[derive(Clone)]
pub(super) struct Node {
    /// As it was given: the alias of its key.
    pub(super) name: String,
    pub(super) filename: String,
    pub(super) subject: DistinguishedName,
    pub(super) alt_names: Vec<AltName>,
}

/// `getCertificateInformationList`
pub(super) fn collect(terminal: &Terminal<'_>, options: &Options) -> Result<Vec<Node>, Exit> {
    if let Some(file) = options.value("in") {
        return of_file(terminal, Path::new(file));
    }
    if options.has("multiple") {
        return of_answers(terminal);
    }
    let name = options.value("name").unwrap_or(DEFAULT_NAME);
    let filename = if is_valid_filename(name) {
        name.to_owned()
    } else {
        ask_filename(terminal, name)?
    };
    let instance = Instance {
        name: name.to_owned(),
        filename: Some(filename),
        dns: options.list("dns"),
        ip: options.list("ip"),
        cn: Vec::new(),
    };
    match check(&instance) {
        Ok(node) => Ok(vec![node]),
        Err(errors) => {
            errors.iter().for_each(|error| terminal.always(error));
            Err(Exit::new(
                CONFIG,
                "the details of the instance are invalid (see messages above)",
            ))
        }
    }
}

fn of_file(terminal: &Terminal<'_>, file: &Path) -> Result<Vec<Node>, Exit> {
    let shown = fsio::absolute(file)?;
    let bytes = fsio::read(file, &Limits::DEFAULT).map_err(|error| match error.kind() {
        keyjar::ErrorKind::NotFound => {
            Exit::new(NO_INPUT, format!("File {} does not exist", shown.display()))
        }
        _ => error.into(),
    })?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Exit::new(
            DATA_ERROR,
            format!("File {} is no UTF-8 text", shown.display()),
        ));
    };
    let instances = Instance::read_all(text, InstanceFormat::of_path(file)).map_err(|error| {
        let mut exit = Exit::new(DATA_ERROR, format!("File {}: {error}", shown.display()));
        exit.hints = error.hints().iter().map(ToString::to_string).collect();
        exit
    })?;
    let mut nodes = Vec::with_capacity(instances.len());
    let mut invalid = false;
    for instance in &instances {
        match check(instance) {
            Ok(node) => nodes.push(node),
            Err(errors) => {
                invalid = true;
                terminal.always(&format!(
                    "Configuration for instance {} has invalid details",
                    instance.name
                ));
                errors
                    .iter()
                    .for_each(|error| terminal.always(&format!(" * {error}")));
                terminal.always("");
            }
        }
    }
    if invalid {
        let message = format!(
            "File {} contains invalid configuration details (see messages above)",
            shown.display()
        );
        return Err(Exit::new(CONFIG, message));
    }
    unique(&nodes)?;
    Ok(nodes)
}

/// Two of one file name would be one entry of the zip.
fn unique(nodes: &[Node]) -> Result<(), Exit> {
    let mut seen = std::collections::HashSet::new();
    match nodes.iter().find(|node| !seen.insert(node.filename.as_str())) {
        Some(node) => Err(Exit::new(
            CONFIG,
            format!("several instances have the filename [{}]", node.filename),
        )),
        None => Ok(()),
    }
}

/// `readMultipleCertificateInformation`
fn of_answers(terminal: &Terminal<'_>) -> Result<Vec<Node>, Exit> {
    let mut nodes: Vec<Node> = Vec::new();
    loop {
        let name = terminal.ask("Enter instance name: ")?;
        if name.is_empty() {
            terminal.say("A name must be provided");
        } else {
            let filename = ask_filename(terminal, &name)?;
            let ip =
                terminal.ask("Enter IP Addresses for instance (comma-separated if more than one) []: ")?;
            let dns = terminal.ask("Enter DNS names for instance (comma-separated if more than one) []: ")?;
            let instance = Instance {
                name: name.clone(),
                filename: Some(filename),
                ip: split(&ip),
                dns: split(&dns),
                cn: Vec::new(),
            };
            match check(&instance) {
                Ok(node) => {
                    if let Some(other) = nodes.iter_mut().find(|other| other.name == name) {
                        terminal.say(&format!(
                            "Overwriting previously defined instance information [{name}]"
                        ));
                        *other = node;
                    } else {
                        nodes.push(node);
                    }
                }
                Err(errors) => {
                    errors.iter().for_each(|error| terminal.say(error));
                    terminal.say("Skipping entry as invalid values were found");
                }
            }
        }
        let more = terminal.ask(
            "Would you like to specify another instance? Press 'y' to continue entering instance information: ",
        )?;
        if more != "y" {
            unique(&nodes)?;
            return Ok(nodes);
        }
    }
}

fn ask_filename(terminal: &Terminal<'_>, name: &str) -> Result<String, Exit> {
    let is_valid = is_valid_filename(name);
    let default = if is_valid {
        format!(" [{name}]")
    } else {
        String::new()
    };
    loop {
        let filename = terminal.ask(&format!(
            "Enter name for directories and files of {name}{default}: "
        ))?;
        if filename.is_empty() && is_valid {
            return Ok(name.to_owned());
        }
        if is_valid_filename(&filename) {
            return Ok(filename);
        }
        terminal.always(&format!("'{filename}' is not a valid filename"));
    }
}

/// Between 1 and 251 of these characters, the first of them no dot.
pub(super) fn is_valid_filename(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!@#$%^&{}[]()_+-=,.~'` ".contains(c);
    (1..=251).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with('.')
}

/// `CertificateInformation.validate`: every message, or the instance.
fn check(instance: &Instance) -> Result<Node, Vec<String>> {
    let mut errors = Vec::new();
    let filename = instance.filename.as_deref().unwrap_or(&instance.name);
    let subject = DistinguishedName::of_name(&instance.name);
    if instance.name.eq_ignore_ascii_case("ca") {
        errors.push(format!("[{}] may not be used as an instance name", instance.name));
    } else if let Err(error) = &subject {
        errors.push(format!(
            "[{}] could not be converted to a valid DN\n{error}",
            instance.name
        ));
    } else if !is_valid_filename(filename) {
        errors.push(format!("[{filename}] is not a valid filename"));
    }
    let mut alt_names = Vec::new();
    let mut addresses = Vec::new();
    for address in &instance.ip {
        match AltName::ip(address) {
            Ok(name) if !address.starts_with('[') => addresses.push(name),
            _ => errors.push(format!("[{address}] is not a valid IP address")),
        }
    }
    for name in &instance.dns {
        if name.is_ascii() {
            alt_names.push(AltName::Dns(name.clone()));
        } else {
            errors.push(format!("[{name}] is not a valid DNS name"));
        }
    }
    alt_names.extend(addresses);
    alt_names.extend(instance.cn.iter().cloned().map(AltName::CommonName));
    match subject {
        Ok(subject) if errors.is_empty() => Ok(Node {
            name: instance.name.clone(),
            filename: filename.to_owned(),
            subject,
            alt_names,
        }),
        _ => Err(errors),
    }
}

impl Node {
    /// The node with the names its clients need: its own where it has none. What no client would take is warned of.
    pub(super) fn with_names(mut self, terminal: &Terminal<'_>) -> Self {
        let has_host = self
            .alt_names
            .iter()
            .any(|name| matches!(name, AltName::Dns(_) | AltName::Ip(_)));
        if !has_host {
            let name = self.subject.view().common_name().unwrap_or_default();
            match AltName::derived(&name) {
                Ok(names) => self.alt_names.extend(names),
                Err(error) => {
                    terminal.always(&format!(
                        "Warning: the certificate of {} names no host: {error}",
                        self.name
                    ));
                    terminal.hint("`--dns` and `--ip` say what clients connect to; Go, Python and browsers refuse a certificate without");
                }
            }
        }
        for name in &self.alt_names {
            if let AltName::Dns(name) = name
                && let Err(error) = AltName::dns(name)
            {
                terminal.always(&format!("Warning: {error}"));
            }
        }
        self
    }
}
