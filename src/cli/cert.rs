use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use keyjar::fsio::{self, NewFile};
use keyjar::pki::{
    self, AltName, CertificateAuthority, Dates, DistinguishedName, Instance, InstanceFormat, KeyType,
    Purpose, Template,
};
use keyjar::secret::SecretBytes;
use keyjar::{Certificate, ErrorKind, Limits, Password, PrivateKey, StoreFormat, clock};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::ca::print_paths;
use super::failure::Failure;
use super::flags::Side;
use super::issuing::{self, Issuer, NewTruststore, Stores};
use super::password::Source;
use super::printer::Printer;
use super::{Outcome, flags, list, renew};

/// Two years: below what Apple's platforms accept, and not so short that nobody renews in time.
pub(super) const DAYS: i64 = 730;

#[derive(Args)]
pub(crate) struct Cert {
    /// The common name, or a whole distinguished name (`CN=es01,O=Example`); without `--dns` and `--ip` a server
    /// is found by it.
    #[arg(long, value_name = "NAME", required_unless_present_any = ["input", "renew"], conflicts_with_all = ["input", "renew"])]
    pub(super) name: Option<String>,
    /// DNS names, separated by commas or one by one.
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "input")]
    pub(super) dns: Vec<String>,
    /// IP addresses, separated by commas or one by one.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', conflicts_with = "input")]
    pub(super) ip: Vec<String>,
    /// Many at once, from a file of instances: elasticsearch-certutil's YAML, or the same as TOML or JSON; `-` for
    /// stdin.
    #[arg(long = "in", id = "input", value_name = "FILE", conflicts_with = "renew")]
    pub(super) input: Option<PathBuf>,
    /// A new certificate for the key and the names of this one (a certificate, or a store with one private key).
    #[arg(long, value_name = "FILE")]
    pub(super) renew: Option<PathBuf>,
    /// The private key to `--renew` with; the `.key` beside the certificate unless given.
    #[arg(long, value_name = "FILE", requires = "renew")]
    pub(super) key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) issuer: Issuer,
    /// Let the certificate sign itself; who trusts it trusts this one server.
    #[arg(long, conflicts_with_all = ["ca", "ca_cert", "ca_key"])]
    pub(super) self_signed: bool,
    /// A client's certificate.
    #[arg(long)]
    pub(super) client: bool,
    /// A server's certificate, which is the default; with `--client` it is for both.
    #[arg(long)]
    pub(super) server: bool,
    /// How long it is valid; 730 unless given, and never longer than its authority.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) days: Option<i64>,
    /// The kind of its key.
    #[arg(long, value_name = "KIND", default_value = "ec-p256", conflicts_with = "renew", value_parser = issuing::key_types())]
    pub(super) key_type: String,
    /// The folder the files go to, made where it is missing; the current one, and for `--renew` the certificate's.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// What the files are called instead of NAME.
    #[arg(long, value_name = "NAME", conflicts_with = "input")]
    pub(super) filename: Option<String>,
    /// Encrypt the new key with this password, or open the one to `--renew` with it: pass:TEXT, env:NAME,
    /// file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(super) keypass: Option<Source>,
    /// A PKCS#12 keystore with the key and its chain too: NAME.p12, or this file.
    #[arg(long, value_name = "PATH", num_args = 0..=1, conflicts_with = "keystore")]
    pub(super) p12: Option<Option<PathBuf>>,
    /// A keystore with the key and its chain too.
    #[arg(long, value_name = "PATH", conflicts_with = "input")]
    pub(super) keystore: Option<PathBuf>,
    /// The keystore's password.
    #[arg(long, value_name = "SOURCE")]
    pub(super) keystore_pass: Option<Source>,
    /// The alias of the key in the keystore; NAME unless given.
    #[arg(long, value_name = "NAME", conflicts_with = "input")]
    pub(super) alias: Option<String>,
    #[command(flatten)]
    pub(super) stores: Stores,
    /// Write over files that are there.
    #[arg(long)]
    pub(super) force: bool,
}

/// Who signs: an authority, or the key itself.
pub(super) enum Signer {
    Authority(Box<CertificateAuthority>),
    Itself,
}

/// What is to be issued, and what it is called.
pub(super) struct Order {
    /// The alias in its keystore.
    pub(super) alias: String,
    /// Its files' names without their endings.
    pub(super) filename: String,
    pub(super) template: Template,
    /// The key; a new one unless given.
    pub(super) key: Option<PrivateKey>,
}

/// A certificate with all its files.
struct Issued {
    alias: String,
    chain: Vec<Certificate>,
    files: Vec<NewFile>,
    /// Among them: certificate, key, chain, keystore.
    paths: [Option<PathBuf>; 4],
}

/// `keyjar cert`
pub(crate) fn run(command: &Cert, printer: &Printer) -> Outcome {
    let signer = signer(command, printer)?;
    let dates = signer.dates(command.days, printer)?;
    let orders = match (&command.input, &command.renew) {
        (Some(file), _) => instances(file, command, dates)?,
        (None, Some(file)) => vec![renew::order(file, command, dates, printer)?],
        (None, None) => vec![single(command, dates)?],
    };
    if let Some(file) = &command.input {
        unique(&orders).map_err(|failure| failure.context(format!("`{}`", file.display())))?;
    }
    let is_server = orders
        .iter()
        .any(|order| order.template.purpose != Purpose::Client);
    issuing::warn_of_dates(&dates, is_server, printer);
    // A renewed key stays as its file has it, unless its store's keys go to files of their own.
    let key_password = issuing::new_key_password(command.keypass.as_ref(), printer)?;
    let wants_keystore = command.p12.is_some() || command.keystore.is_some();
    let store_password = wants_keystore
        .then(|| issuing::keystore_password(command.keystore_pass.as_ref(), &command.stores, printer))
        .transpose()?;
    let make = |order: &Order| issue(command, &signer, order, &key_password, store_password.as_ref());
    // A pool of threads is worth its start from a few on.
    let issued: Vec<Issued> = if orders.len() < 8 {
        orders.iter().map(make).collect::<Result<_, _>>()?
    } else {
        orders.par_iter().map(make).collect::<Result<_, _>>()?
    };
    finish(command, &signer, issued, store_password, printer)
}

fn signer(command: &Cert, printer: &Printer) -> Result<Signer, Failure> {
    if command.self_signed {
        return Ok(Signer::Itself);
    }
    let ca = issuing::authority(&command.issuer, command.keypass.as_ref(), printer)?;
    Ok(Signer::Authority(Box::new(ca)))
}

impl Signer {
    /// The validity that the options ask for, within the authority's own.
    pub(super) fn dates(&self, days: Option<i64>, printer: &Printer) -> Result<Dates, Failure> {
        let now = clock::now();
        let wanted = days.unwrap_or(DAYS);
        let Self::Authority(ca) = self else {
            return Ok(Dates::days(now, wanted)?);
        };
        let dates = ca.dates_within(now, wanted, days.is_some())?;
        if ca.dates().is_some_and(|own| own.not_after == dates.not_after) {
            printer.note(&format!("valid until {}, as its authority is", dates.not_after));
        }
        Ok(dates)
    }

    /// The certificate, and those above it.
    fn issue(&self, template: &Template, key: &PrivateKey) -> Result<Vec<Certificate>, Failure> {
        match self {
            Self::Authority(ca) => {
                let mut chain = vec![ca.issue(template, key)?];
                chain.extend_from_slice(ca.chain());
                Ok(chain)
            }
            Self::Itself => Ok(vec![pki::self_signed(template, key)?]),
        }
    }
}

impl Cert {
    pub(super) const fn purpose(&self) -> Purpose {
        match (self.client, self.server) {
            (true, true) => Purpose::ServerAndClient,
            (true, false) => Purpose::Client,
            (false, _) => Purpose::Server,
        }
    }

    /// The names that the options give.
    pub(super) fn alt_names(&self) -> Result<Vec<AltName>, Failure> {
        let dns = self.dns.iter().map(|name| AltName::dns(name.trim()));
        let ip = self.ip.iter().map(|address| AltName::ip(address.trim()));
        Ok(dns.chain(ip).collect::<Result<_, _>>()?)
    }

    fn out(&self) -> &Path {
        let beside = self.renew.as_deref().and_then(Path::parent);
        let beside = beside.filter(|folder| !folder.as_os_str().is_empty());
        self.out.as_deref().or(beside).unwrap_or(Path::new("."))
    }
}

fn single(command: &Cert, dates: Dates) -> Result<Order, Failure> {
    let name = command.name.as_deref().unwrap_or_default();
    let mut order = order(
        name,
        command.filename.as_deref(),
        command.alt_names()?,
        command.purpose(),
        dates,
    )?;
    if let Some(alias) = &command.alias {
        order.alias.clone_from(alias);
    }
    Ok(order)
}

fn instances(file: &Path, command: &Cert, dates: Dates) -> Result<Vec<Order>, Failure> {
    let about = |failure: Failure| failure.context(format!("`{}`", file.display()));
    let bytes = if file == Path::new("-") {
        fsio::read_from(std::io::stdin().lock(), file, &Limits::DEFAULT)?
    } else {
        fsio::read(file, &Limits::DEFAULT)?
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        let message = format!("`{}` is no UTF-8 text", file.display());
        return Err(Failure::new(ErrorKind::WrongInput, message, ""));
    };
    let instances =
        Instance::read_all(text, InstanceFormat::of_path(file)).map_err(|error| about(error.into()))?;
    if instances.is_empty() {
        let message = format!("`{}` describes no instances", file.display());
        return Err(Failure::new(ErrorKind::WrongInput, message, ""));
    }
    instances
        .iter()
        .map(|instance| {
            let about = |failure: Failure| {
                failure.context(format!("instance `{}` in `{}`", instance.name, file.display()))
            };
            let names = instance.alt_names().map_err(|error| about(error.into()))?;
            order(
                &instance.name,
                instance.filename.as_deref(),
                names,
                command.purpose(),
                dates,
            )
            .map_err(about)
        })
        .collect()
}

/// An order by its name; its alternative names are those given, else the name itself.
pub(super) fn order(
    name: &str,
    filename: Option<&str>,
    mut alt_names: Vec<AltName>,
    purpose: Purpose,
    dates: Dates,
) -> Result<Order, Failure> {
    let subject = DistinguishedName::of_name(name)?;
    let common_name = subject.view().common_name();
    let short = common_name.as_deref().unwrap_or(name);
    if alt_names.is_empty() {
        alt_names = match AltName::derived(short) {
            Ok(names) => names,
            // A client is known by its subject; a server that has no name is refused by everyone.
            Err(_) if purpose == Purpose::Client => Vec::new(),
            Err(error) => return Err(error.into()),
        };
    }
    Ok(Order {
        alias: short.to_owned(),
        filename: filename.map_or_else(|| file_name(short), |given| Ok(given.to_owned()))?,
        template: Template::new(subject, alt_names, purpose, dates),
        key: None,
    })
    .and_then(|order| {
        check_file_name(&order.filename)?;
        Ok(order)
    })
}

/// A name as its files have it: `*.example.com` is `_wildcard.example.com`, and no name leaves the folder.
pub(super) fn file_name(name: &str) -> Result<String, Failure> {
    let name = name
        .strip_prefix("*.")
        .map_or_else(|| name.to_owned(), |rest| format!("_wildcard.{rest}"));
    let plain = |c: char| c.is_alphanumeric() || "-_.@ ".contains(c);
    let name: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let name = name.trim_start_matches('.').to_owned();
    check_file_name(&name)?;
    Ok(name)
}

/// 255 octets less the longest ending.
const LONGEST_FILE_NAME: usize = 240;

fn check_file_name(name: &str) -> Result<(), Failure> {
    let why = if name.is_empty() || name == "." || name == ".." {
        "it is empty"
    } else if name.contains(['/', '\\', '\0']) {
        "it leads to another folder, which `--out` names"
    } else if name.len() > LONGEST_FILE_NAME {
        "it is too long"
    } else {
        return Ok(());
    };
    let message = format!("`{name}` cannot be a file's name: {why}");
    let hint = "name the files with `--filename NAME`, or `filename:` in the file of instances";
    Err(Failure::new(ErrorKind::Usage, message, hint))
}

/// Two that would write the same files.
fn unique(orders: &[Order]) -> Result<(), Failure> {
    let mut seen: HashMap<&str, &Order> = HashMap::with_capacity(orders.len());
    for order in orders {
        if let Some(other) = seen.insert(&order.filename, order) {
            let message = format!(
                "the instances `{}` and `{}` would have the same files, `{}.*`",
                other.template.subject, order.template.subject, order.filename
            );
            let hint = "give one of them another `filename:`";
            return Err(Failure::new(ErrorKind::Conflict, message, hint));
        }
    }
    Ok(())
}

fn issue(
    command: &Cert,
    signer: &Signer,
    order: &Order,
    key_password: &Password,
    store_password: Option<&Password>,
) -> Result<Issued, Failure> {
    let key = match &order.key {
        Some(key) => key.duplicate(),
        None => command.key_type.parse::<KeyType>()?.generate()?,
    };
    let chain = signer.issue(&order.template, &key)?;
    let place = |ending: &str| issuing::place(command.out(), &format!("{}.{ending}", order.filename));
    let whole: Vec<_> = chain.iter().collect();
    let leaf: Vec<_> = chain.iter().take(1).collect();
    let mut files = vec![
        issuing::certificate_file(place("crt"), &leaf),
        issuing::certificate_file(place("fullchain.crt"), &whole),
    ];
    let mut paths = [Some(place("crt")), None, Some(place("fullchain.crt")), None];
    let [_, key_path, _, store_path] = &mut paths;
    // The key to renew with is where it was, unless the new files go elsewhere.
    if order.key.is_none() || !fsio::exists(&place("key")) {
        files.push(issuing::key_file(place("key"), &key, key_password)?);
    }
    *key_path = Some(place("key"));
    if let Some(password) = store_password {
        let path = match (&command.keystore, &command.p12) {
            (Some(path), _) => path.clone(),
            (None, Some(Some(path))) if command.input.is_none() => path.clone(),
            (None, Some(Some(folder))) => folder.join(format!("{}.p12", order.filename)),
            (None, _) => place("p12"),
        };
        let bytes = issuing::keystore_bytes(&order.alias, key, chain.clone(), password)?;
        *store_path = Some(path.clone());
        files.push(NewFile {
            path,
            contents: SecretBytes::new(bytes),
            sensitive: true,
        });
    }
    Ok(Issued {
        alias: order.alias.clone(),
        chain,
        files,
        paths,
    })
}

fn finish(
    command: &Cert,
    signer: &Signer,
    mut issued: Vec<Issued>,
    store_password: Option<Password>,
    printer: &Printer,
) -> Outcome {
    let mut files: Vec<NewFile> = issued
        .iter_mut()
        .flat_map(|one| std::mem::take(&mut one.files))
        .collect();
    let anchor = issued.first().and_then(|one| one.chain.last());
    let mut truststore = match anchor {
        Some(anchor) => {
            let alias = match signer {
                Signer::Authority(_) => String::from("ca"),
                Signer::Itself => anchor.short_name(),
            };
            NewTruststore::new(&command.stores, anchor, &alias, command.force, printer)?
        }
        None => None,
    };
    files.extend(truststore.as_mut().and_then(|store| store.file.take()));
    issuing::write(&files, command.force, printer)?;
    tell(&issued, printer);
    if printer.json {
        let certificates: Vec<_> = issued.iter().map(document).collect();
        printer.document(&json!({
            "schema": 1,
            "certificates": certificates,
            "truststore": command.stores.truststore,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    // One keystore is what a JVM takes; of many each JVM takes its own.
    let keystore = match issued.as_slice() {
        [one] => one.paths.last().and_then(Option::as_ref).zip(store_password),
        _ => None,
    };
    if keystore.is_some() || truststore.is_some() {
        let key = keystore.map(|(path, password)| Side {
            path,
            format: StoreFormat::Pkcs12,
            password,
        });
        let trust = truststore.map(NewTruststore::side);
        return flags::print(trust, key, &command.stores.format, printer);
    }
    let paths = issued.iter().flat_map(|one| one.paths.iter().flatten());
    print_paths(paths.map(PathBuf::as_path), printer);
    Ok(ExitCode::SUCCESS)
}

fn tell(issued: &[Issued], printer: &Printer) {
    const FEW: usize = 8;
    if issued.len() > FEW && !printer.verbose {
        printer.note(&format!("issued {} certificates", issued.len()));
        return;
    }
    for one in issued {
        let Some(leaf) = one.chain.first() else { continue };
        printer.note(&format!("issued {}", list::line(&one.alias, leaf)));
        let names: Vec<_> = leaf.subject_alt_names().iter().map(ToString::to_string).collect();
        if !names.is_empty() {
            printer.note(&format!("  for {}", names.join(", ")));
        }
    }
}

fn document(issued: &Issued) -> Value {
    let [certificate, key, fullchain, keystore] = &issued.paths;
    json!({
        "alias": keyjar::Alias::new(&issued.alias).as_str(),
        "files": {
            "certificate": certificate,
            "key": key,
            "fullchain": fullchain,
            "keystore": keystore,
        },
        "chain": issued.chain.iter().map(list::certificate).collect::<Vec<_>>(),
    })
}
