use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use keyjar::keystore::{KeyEncryption, OpenSsl};
use keyjar::x509::PublicKeyInfo;
use keyjar::{Certificate, Entry, KeyStore, Limits, Password, StoreFormat, fsio, pem};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::Outcome;
use super::args::List;
use super::failure::Failure;
use super::password::{self, Asked};
use super::printer::Printer;

/// `keyjar list`
pub(crate) fn run(command: &List, printer: &Printer) -> Outcome {
    let bytes = fsio::read(&command.store, &Limits::DEFAULT)?;
    let about = |error: keyjar::keystore::KeyStoreError| {
        Failure::from(error).context(format!("`{}`", command.store.display()))
    };
    // A store whose certificates are in the clear can be shown with any password: the convention is tried
    // before anyone is asked.
    let (store, password) = if password::is_given(&Asked::STORE, command.storepass.as_ref()) {
        let password = password::find(&Asked::STORE, command.storepass.as_ref(), printer)?;
        (KeyStore::from_bytes(bytes, &password).map_err(about)?, password)
    } else {
        let convention = password::find(&Asked::TRUSTSTORE, None, printer)?;
        match KeyStore::from_bytes(bytes.clone(), &convention) {
            Err(error) if error.kind() == keyjar::ErrorKind::WrongPassword => {
                let password = password::find(&Asked::STORE, None, printer)?;
                (KeyStore::from_bytes(bytes, &password).map_err(about)?, password)
            }
            other => (other.map_err(about)?, convention),
        }
    };
    let password = key_password(&store, password);
    if printer.json {
        printer.document(&Document {
            store: &store,
            path: &command.store,
            password: &password,
        });
    } else if command.pem {
        printer.stream(|out| as_pem(&store, out));
    } else {
        printer.stream(|out| table(&store, printer.verbose, &password, out));
    }
    warn_of_no_jdk(&store, command, printer);
    for skipped in store.skipped() {
        printer.warning(&format!("{}: {}", skipped.what, skipped.why));
    }
    if store
        .skipped()
        .iter()
        .any(|skipped| skipped.certificate.is_some())
    {
        printer.hint(&format!(
            "`keyjar import {} --truststore NEW.p12` makes a truststore that Java sees them in",
            command.store.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// A store that no JDK opens is of no use to one.
fn warn_of_no_jdk(store: &KeyStore, command: &List, printer: &Printer) {
    let Some(readers) = store.readers().filter(|readers| readers.jdks.is_empty()) else {
        return;
    };
    let reason = readers.reasons.iter().find(|reason| reason.starts_with("no JDK"));
    printer.warning(reason.map_or("no JDK opens the store", String::as_str));
    printer.hint(&format!(
        "`keyjar convert {} NEW.p12` makes a store that every JDK opens",
        command.store.display()
    ));
}

/// A certificate in a line: ``NAME  SUBJECT  expires DATE  sha256 AB:CD:...``.
pub(super) fn line(name: &str, certificate: &Certificate) -> String {
    let sha256: String = hex(certificate).chars().take(16).collect();
    format!(
        "`{name}`: {} (expires {}, sha256 {sha256}...)",
        certificate.subject(),
        day(certificate)
    )
}

fn hex(certificate: &Certificate) -> String {
    certificate
        .fingerprint(keyjar::crypto::Digest::Sha256)
        .iter()
        .fold(String::new(), |mut out, octet| {
            let _ = write!(out, "{octet:02x}");
            out
        })
}

fn day(certificate: &Certificate) -> String {
    certificate.not_after().map_or_else(
        || String::from("?"),
        |when| when.to_string().chars().take(10).collect(),
    )
}

fn table(store: &KeyStore, verbose: bool, password: &Password, out: &mut dyn io::Write) -> io::Result<()> {
    let entries = if store.len() == 1 { "entry" } else { "entries" };
    writeln!(out, "{} store, {} {entries}", store.format(), store.len())?;
    if verbose {
        algorithms(store, out)?;
    }
    for (alias, entry) in store.iter() {
        writeln!(out, "\n{alias}\n  kind     {}", entry.kind())?;
        if let Some(created) = entry.created() {
            writeln!(out, "  created  {created}")?;
        }
        let (algorithm, bits) = key_kind(entry, password);
        if let Some(algorithm) = algorithm {
            let bits = bits.map(|bits| format!(", {bits} bits")).unwrap_or_default();
            writeln!(out, "  key      {algorithm}{bits}")?;
        }
        if let Some(encryption) = entry.key_encryption().filter(|_| verbose) {
            let count = encryption
                .iterations
                .map(|count| format!(", {count} iterations"))
                .unwrap_or_default();
            writeln!(out, "  under    {}{count}", encryption.algorithm)?;
        }
        let shown = if verbose { usize::MAX } else { 1 };
        for certificate in entry.certificates().iter().take(shown) {
            writeln!(out, "  subject  {}", certificate.subject())?;
            writeln!(out, "  sha256   {}", hex(certificate))?;
            writeln!(out, "  expires  {}", day(certificate))?;
            if verbose {
                writeln!(out, "  issuer   {}", certificate.issuer())?;
                writeln!(out, "  serial   {}", certificate.serial_hex())?;
                let names: Vec<_> = certificate
                    .subject_alt_names()
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                if !names.is_empty() {
                    writeln!(out, "  names    {}", names.join(", "))?;
                }
            }
        }
        let chain = entry.certificates().len();
        if chain > 1 && !verbose {
            writeln!(out, "  chain    {chain} certificates")?;
        }
    }
    Ok(())
}

fn algorithms(store: &KeyStore, out: &mut dyn io::Write) -> io::Result<()> {
    if let Some(writer) = store.likely_writer() {
        writeln!(out, "  written by: {writer} (likely)")?;
    }
    if let Some(readers) = store.readers() {
        let jdks: Vec<_> = readers.jdks.iter().map(ToString::to_string).collect();
        let jdks = match jdks.as_slice() {
            [] => String::from("no JDK"),
            all => format!("JDK {}", all.join(", ")),
        };
        let openssl = match readers.openssl {
            OpenSsl::Opens => "; OpenSSL 3",
            OpenSsl::Legacy => "; OpenSSL 3 with -legacy",
            OpenSsl::From34 => "; OpenSSL 3.4",
            OpenSsl::No => "",
        };
        writeln!(out, "  read by: {jdks}{openssl}")?;
        let others: Vec<_> = readers.others().map(|jdk| jdk.to_string()).collect();
        if !others.is_empty() {
            writeln!(out, "  not read by: JDK {}", others.join(", "))?;
        }
        for reason in &readers.reasons {
            writeln!(out, "    {reason}")?;
        }
    }
    let counted = |how: &KeyEncryption| {
        let count = how.iterations.map(|count| format!(", {count} iterations"));
        format!("{}{}", how.algorithm, count.unwrap_or_default())
    };
    if let Some(how) = store.encryption() {
        writeln!(out, "  encrypted: {}", counted(&how))?;
    }
    let contents = store.pfx().map(|pfx| pfx.contents.as_slice()).unwrap_or_default();
    for (index, contents) in contents.iter().enumerate() {
        let bags = contents
            .bags
            .as_ref()
            .map_or_else(|| String::from("locked"), |bags| format!("{} bags", bags.len()));
        let how = contents.encryption.as_ref().map_or_else(
            || String::from("not encrypted"),
            |pbe| format!("{}, {} iterations", pbe.name(), pbe.iterations()),
        );
        writeln!(out, "  contents {index}: {bags}, {how}")?;
    }
    let mac = match store.format() {
        StoreFormat::Jks | StoreFormat::Jceks => String::from("none (a SHA-1 digest with the password)"),
        StoreFormat::Uber => String::from("none (a SHA-1 digest, encrypted)"),
        _ => store
            .integrity()
            .as_ref()
            .map_or_else(|| String::from("none"), counted),
    };
    writeln!(out, "  mac: {mac}")
}

fn as_pem(store: &KeyStore, out: &mut dyn io::Write) -> io::Result<()> {
    for (alias, entry) in store.iter() {
        for certificate in entry.certificates() {
            writeln!(
                out,
                "# {}: {}",
                alias.as_str().escape_debug(),
                certificate.subject()
            )?;
            out.write_all(pem::encode("CERTIFICATE", certificate.as_der()).as_bytes())?;
        }
    }
    Ok(())
}

/// `list --json`; its entries are made one at a time.
struct Document<'a> {
    store: &'a KeyStore,
    path: &'a Path,
    password: &'a Password,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            store,
            path,
            password,
        } = self;
        let mac = store.integrity().map(|mac| how(&mac));
        let skipped: Vec<_> = store
            .skipped()
            .iter()
            .map(|skipped| json!({ "what": skipped.what, "why": skipped.why }))
            .collect();
        let readers = store.readers().map(|readers| {
            json!({ "jdk": readers.jdks, "openssl": readers.openssl.name(), "reasons": readers.reasons })
        });
        let mut document = serializer.serialize_map(None)?;
        document.serialize_entry("schema", &1)?;
        document.serialize_entry("path", path)?;
        document.serialize_entry("format", store.format().name())?;
        document.serialize_entry("mac", &mac)?;
        document.serialize_entry("entries", &Entries(store, password))?;
        document.serialize_entry("skipped", &skipped)?;
        document.serialize_entry("readers", &readers)?;
        document.serialize_entry("likely_writer", &store.likely_writer())?;
        document.end()
    }
}

struct Entries<'a>(&'a KeyStore, &'a Password);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(alias, entry)| {
            json!({
                "alias": alias.as_str(),
                "kind": entry.kind(),
                "created": entry.created().map(|created| created.to_string()),
                "chain": entry.certificates().iter().map(certificate).collect::<Vec<_>>(),
                "key": key(entry, self.1),
            })
        }))
    }
}

fn key(entry: &Entry, password: &Password) -> Option<Value> {
    if matches!(entry, Entry::TrustedCertificate(_)) {
        return None;
    }
    let (algorithm, bits) = key_kind(entry, password);
    let encryption = entry.key_encryption().map(|encryption| how(&encryption));
    Some(json!({
        "algorithm": algorithm,
        "bits": bits,
        "encryption": encryption,
    }))
}

/// The password that keys without a certificate are looked into with; none where that would take longer than opening
/// a store may.
fn key_password(store: &KeyStore, password: Password) -> Password {
    let unnamed = store.iter().filter(|(_, entry)| entry.certificates().is_empty());
    let work = unnamed
        .map(|(_, entry)| entry.key_work())
        .fold(0, u64::saturating_add);
    if work > Limits::DEFAULT.total_iterations {
        Password::none()
    } else {
        password
    }
}

/// Algorithm and bits of an entry's key, by its certificate; of a key without one where the store's password
/// opens it.
fn key_kind(entry: &Entry, password: &Password) -> (Option<String>, Option<u32>) {
    match entry {
        Entry::TrustedCertificate(_) => (None, None),
        Entry::SecretKey(entry) => entry.key(password).map_or((None, None), |key| {
            let bits = u32::try_from(key.octets.len())
                .ok()
                .map(|octets| octets.saturating_mul(8));
            (Some(key.algorithm), bits)
        }),
        Entry::PrivateKey(private) => match entry.certificates().first() {
            Some(leaf) => PublicKeyInfo::from_spki(leaf.public_key_der())
                .map_or((None, None), |info| (Some(info.algorithm), info.bits)),
            None => private
                .key(password)
                .map_or((None, None), |key| (Some(key.algorithm()), key.bits())),
        },
        _ => (None, None),
    }
}

fn how(how: &KeyEncryption) -> Value {
    json!({ "algorithm": how.algorithm, "iterations": how.iterations })
}

/// A certificate as every command's JSON shows it.
pub(super) fn certificate(certificate: &Certificate) -> Value {
    let names: Vec<_> = certificate
        .subject_alt_names()
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({
        "sha256": hex(certificate),
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "serial": certificate.serial_hex(),
        "not_before": certificate.not_before().map(|when| when.to_string()),
        "not_after": certificate.not_after().map(|when| when.to_string()),
        "san": names,
        "ca": certificate.is_ca(),
    })
}
