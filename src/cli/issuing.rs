//! What the commands that issue certificates share.

use std::path::{Path, PathBuf};

use clap::Args;
use keyjar::fsio::{self, NewFile};
use keyjar::keystore::{PrivateKeyEntry, TrustedCertificateEntry};
use keyjar::pki::{CertificateAuthority, Dates, KeyType, Purpose};
use keyjar::secret::SecretBytes;
use keyjar::x509::KeyPurpose;
use keyjar::{
    Certificate, Entry, ErrorKind, KeyStore, Limits, Password, PrivateKey, StoreFormat, clock, ops, pem,
};

use super::failure::Failure;
use super::flags::Side;
use super::password::{self, Asked, Source};
use super::printer::Printer;

/// Who signs.
#[derive(Args)]
pub(crate) struct Issuer {
    /// The authority: a folder of `keyjar ca`, or a store with one private key.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["ca_cert", "ca_key"])]
    pub(crate) ca: Option<PathBuf>,
    /// The authority's certificate; its chain may come with it.
    #[arg(long, value_name = "FILE", requires = "ca_key")]
    pub(crate) ca_cert: Option<PathBuf>,
    /// The authority's private key.
    #[arg(long, value_name = "FILE", requires = "ca_cert")]
    pub(crate) ca_key: Option<PathBuf>,
    /// The password of the authority's key or store; KEYJAR_CA_PASS unless given.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) ca_pass: Option<Source>,
}

/// The stores that can be written at once.
#[derive(Args)]
pub(crate) struct Stores {
    /// A truststore with the authority's certificate.
    #[arg(long, value_name = "PATH")]
    pub(crate) truststore: Option<PathBuf>,
    /// The truststore's password; `changeit` unless given.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) truststore_pass: Option<Source>,
    /// The password of every store that is written, unless it has its own option.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
    /// Write with a password that some readers cannot take.
    #[arg(long)]
    pub(crate) allow_odd_password: bool,
    /// The form the JVM flags are printed in.
    #[arg(long, value_name = "FORMAT", default_value = "shell", value_parser = clap::builder::PossibleValuesParser::new(keyjar::jvm::Format::ALL.iter().map(|f| f.name())))]
    pub(crate) format: String,
}

const CA_KEY: Asked = Asked {
    what: "authority's key",
    option: "--ca-pass",
    variable: "KEYJAR_CA_PASS",
    convention: false,
};
const KEYSTORE: Asked = Asked {
    what: "keystore",
    option: "--keystore-pass",
    variable: "KEYJAR_KEYSTORE_PASS",
    convention: false,
};
const TRUSTSTORE: Asked = Asked {
    what: "truststore",
    option: "--truststore-pass",
    variable: "KEYJAR_TRUSTSTORE_PASS",
    convention: true,
};

/// `ec-p256`, ... as clap takes it.
pub(super) fn key_types() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(KeyType::ALL.map(KeyType::name))
}

/// Opens the authority that the options name. `fallback` is tried before anyone is asked for a password.
pub(super) fn authority(
    issuer: &Issuer,
    fallback: Option<&Source>,
    printer: &Printer,
) -> Result<CertificateAuthority, Failure> {
    let source = issuer.ca_pass.as_ref().or(fallback);
    if let (Some(certificate), Some(key)) = (&issuer.ca_cert, &issuer.ca_key) {
        return authority_of_files(certificate, key, None, source, printer);
    }
    let Some(path) = &issuer.ca else {
        let hint = "`keyjar ca --out DIR` makes an authority, `--ca DIR` names it";
        let message = "no authority to sign was given: `--ca DIR`, or `--ca-cert FILE` and `--ca-key FILE`";
        return Err(Failure::new(ErrorKind::Usage, message, hint));
    };
    if fsio::is_folder(path) {
        return authority_of_folder(path, source, printer);
    }
    let bytes = fsio::read(path, &Limits::DEFAULT)?;
    if StoreFormat::detect(&bytes).is_some() {
        return authority_of_store(path, &bytes, source, printer);
    }
    // One file with both: the key and its certificate.
    authority_of_files(path, path, None, source, printer)
}

/// The authority in a folder, as `keyjar ca` writes it.
pub(super) fn authority_of_folder(
    folder: &Path,
    source: Option<&Source>,
    printer: &Printer,
) -> Result<CertificateAuthority, Failure> {
    let (certificate, key) = (folder.join("ca.crt"), folder.join("ca.key"));
    for file in [&certificate, &key] {
        if !fsio::exists(file) {
            let message = format!("`{}` has no `ca.crt` and `ca.key`", folder.display());
            let hint = "`keyjar ca --out DIR` makes an authority there; others are named with `--ca-cert FILE --ca-key FILE`";
            return Err(Failure::new(ErrorKind::NotFound, message, hint));
        }
    }
    let above = folder.join("ca.fullchain.crt");
    let above = fsio::exists(&above).then_some(above);
    authority_of_files(&certificate, &key, above.as_deref(), source, printer)
}

fn authority_of_files(
    certificate: &Path,
    key: &Path,
    above: Option<&Path>,
    source: Option<&Source>,
    printer: &Printer,
) -> Result<CertificateAuthority, Failure> {
    let mut certificates = Vec::new();
    for file in std::iter::once(certificate).chain(above) {
        let read = ops::read_input(file, &password::convention(), &Limits::DEFAULT)?;
        certificates.extend(read.into_iter().map(|sourced| sourced.certificate));
    }
    let key = private_key(key, &CA_KEY, source, printer)?;
    let about =
        |error: keyjar::pki::PkiError| Failure::from(error).context(format!("`{}`", certificate.display()));
    CertificateAuthority::new(key.duplicate(), chain(&key, certificates)).map_err(about)
}

/// The key's certificate first, then those above it; as given where none is the key's.
fn chain(key: &PrivateKey, certificates: Vec<Certificate>) -> Vec<Certificate> {
    match ops::bundle(key.duplicate(), certificates.clone()) {
        Ok(bundle) => bundle.entry.chain().to_vec(),
        Err(_) => certificates,
    }
}

fn authority_of_store(
    path: &Path,
    bytes: &bytes::Bytes,
    source: Option<&Source>,
    printer: &Printer,
) -> Result<CertificateAuthority, Failure> {
    let about = |failure: Failure| failure.context(format!("`{}`", path.display()));
    let (store, password) = open_store(bytes, &CA_KEY, source, printer).map_err(about)?;
    let (key, chain) = only_key(&store, &password, path)?;
    let others = store.iter().filter_map(|(_, entry)| match entry {
        Entry::TrustedCertificate(entry) => Some(entry.certificate().clone()),
        _ => None,
    });
    let whole = self::chain(&key, chain.into_iter().chain(others).collect());
    CertificateAuthority::new(key, whole).map_err(|error| about(error.into()))
}

/// Opens a store with the password named, else with those that many have, else with what is asked for.
pub(super) fn open_store(
    bytes: &bytes::Bytes,
    asked: &Asked,
    source: Option<&Source>,
    printer: &Printer,
) -> Result<(KeyStore, Password), Failure> {
    if !password::is_given(asked, source) {
        // elasticsearch-certutil makes many with the empty one.
        for usual in [Password::new(""), password::convention()] {
            if let Ok(store) = KeyStore::from_bytes(bytes.clone(), &usual) {
                return Ok((store, usual));
            }
        }
    }
    let password = password::find(asked, source, printer)?;
    let store = KeyStore::from_bytes(bytes.clone(), &password)?;
    Ok((store, password))
}

/// What a certificate is for, of these two; nothing where it is for neither.
pub(super) const fn purpose(client: bool, server: bool) -> Option<Purpose> {
    match (client, server) {
        (true, true) => Some(Purpose::ServerAndClient),
        (true, false) => Some(Purpose::Client),
        (false, true) => Some(Purpose::Server),
        (false, false) => None,
    }
}

/// What the purposes of an extendedKeyUsage say.
pub(super) fn purpose_of(purposes: &[KeyPurpose<'_>]) -> Option<Purpose> {
    let has = |name: &str| purposes.iter().any(|purpose| purpose.to_string() == name);
    purpose(has("clientAuth"), has("serverAuth"))
}

/// The one private key of a store, and its chain.
pub(super) fn only_key(
    store: &KeyStore,
    password: &Password,
    path: &Path,
) -> Result<(PrivateKey, Vec<Certificate>), Failure> {
    let keys: Vec<_> = store
        .iter()
        .filter_map(|(_, entry)| match entry {
            Entry::PrivateKey(entry) => Some(entry),
            _ => None,
        })
        .collect();
    let [entry] = keys.as_slice() else {
        let message = format!(
            "`{}` holds {} private keys, where one belongs",
            path.display(),
            keys.len()
        );
        let hint = "`keyjar list STORE` shows its entries, `keyjar export` takes one out";
        return Err(Failure::new(ErrorKind::WrongInput, message, hint));
    };
    Ok((entry.key(password)?, entry.chain().to_vec()))
}

/// Reads a private key from a file, asking for its password where it has one.
pub(super) fn private_key(
    path: &Path,
    asked: &Asked,
    source: Option<&Source>,
    printer: &Printer,
) -> Result<PrivateKey, Failure> {
    let bytes = if path == Path::new("-") {
        fsio::read_from(std::io::stdin().lock(), path, &Limits::DEFAULT)?
    } else {
        fsio::read(path, &Limits::DEFAULT)?
    };
    let about =
        |error: keyjar::pkcs8::KeyError| Failure::from(error).context(format!("`{}`", path.display()));
    match PrivateKey::from_input(&bytes, None) {
        Err(error) if error.kind() == ErrorKind::PasswordRequired => {
            let password = password::find(asked, source, printer)
                .map_err(|failure| failure.context(format!("`{}` is encrypted", path.display())))?;
            PrivateKey::from_input(&bytes, Some(&password)).map_err(about)
        }
        other => other.map_err(about),
    }
}

/// A key as its file holds it: PKCS#8, encrypted where there is a password.
pub(super) fn key_file(path: PathBuf, key: &PrivateKey, password: &Password) -> Result<NewFile, Failure> {
    let text = if password.is_none() {
        key.expose_pem().as_bytes().to_vec()
    } else {
        let encrypted = ops::encrypt_key(key, password)?;
        pem::encode("ENCRYPTED PRIVATE KEY", encrypted.as_der()).into_bytes()
    };
    Ok(NewFile {
        path,
        contents: SecretBytes::new(text),
        sensitive: true,
    })
}

/// Certificates as PEM, one after another.
pub(super) fn certificate_file(path: PathBuf, certificates: &[&Certificate]) -> NewFile {
    let text: String = certificates
        .iter()
        .map(|certificate| pem::encode("CERTIFICATE", certificate.as_der()))
        .collect();
    open_file(path, text.into_bytes())
}

/// A file that anyone may read.
pub(super) const fn open_file(path: PathBuf, contents: Vec<u8>) -> NewFile {
    NewFile {
        path,
        contents: SecretBytes::new(contents),
        sensitive: false,
    }
}

/// The password that new private keys are encrypted with; none unless it was named.
pub(super) fn new_key_password(source: Option<&Source>, printer: &Printer) -> Result<Password, Failure> {
    source.map_or_else(
        || Ok(Password::none()),
        |source| password::find(&super::manage::KEY, Some(source), printer),
    )
}

/// The password of a keystore that is to be written.
pub(super) fn keystore_password(
    own: Option<&Source>,
    stores: &Stores,
    printer: &Printer,
) -> Result<Password, Failure> {
    let password = store_password(&KEYSTORE, own, stores, printer)?;
    if password.is_none() {
        let hint = "give one with `--keystore-pass env:NAME`";
        return Err(Failure::new(
            ErrorKind::PasswordRequired,
            "a keystore needs a password",
            hint,
        ));
    }
    Ok(password)
}

fn store_password(
    asked: &Asked,
    own: Option<&Source>,
    stores: &Stores,
    printer: &Printer,
) -> Result<Password, Failure> {
    let source = own.or(stores.storepass.as_ref());
    // The variable of every store stands in for the one of this kind.
    let asked =
        if source.is_none() && !password::is_given(asked, None) && password::is_given(&Asked::STORE, None) {
            &Asked {
                variable: Asked::STORE.variable,
                ..*asked
            }
        } else {
            asked
        };
    let password = password::find(asked, source, printer)?;
    password::check_odd(&password, stores.allow_odd_password)?;
    Ok(password)
}

/// A PKCS#12 keystore's bytes, one entry in it.
pub(super) fn keystore_bytes(
    alias: &str,
    key: PrivateKey,
    chain: Vec<Certificate>,
    password: &Password,
) -> Result<Vec<u8>, Failure> {
    chain.iter().try_for_each(readable)?;
    let mut store = KeyStore::new();
    store.insert(alias, Entry::PrivateKey(PrivateKeyEntry::new(key, chain)?))?;
    Ok(store.encoder().clock(clock::now()).to_bytes(password)?)
}

/// A certificate that no JVM reads makes a whole store unloadable.
fn readable(certificate: &Certificate) -> Result<(), Failure> {
    certificate.java_readability().map_err(|unreadable| {
        let message = format!(
            "no JVM can read the certificate `{}`, nor a store that holds it: {unreadable}",
            certificate.subject()
        );
        Failure::new(ErrorKind::Unsupported, message, "")
    })
}

/// A truststore that was asked for: where, its password, and its file unless it stands as it is.
pub(super) struct NewTruststore<'a> {
    path: &'a Path,
    format: StoreFormat,
    password: Password,
    pub(super) file: Option<NewFile>,
}

impl<'a> NewTruststore<'a> {
    /// A truststore with this certificate. One that is there and trusts it already is left as it is.
    pub(super) fn new(
        stores: &'a Stores,
        anchor: &Certificate,
        alias: &str,
        replace: bool,
        printer: &Printer,
    ) -> Result<Option<Self>, Failure> {
        let Some(path) = &stores.truststore else {
            return Ok(None);
        };
        let password = store_password(&TRUSTSTORE, stores.truststore_pass.as_ref(), stores, printer)?;
        let old = fsio::read_if_exists(path, &Limits::DEFAULT)?.filter(|bytes| !bytes.is_empty());
        if let Some(bytes) = old.filter(|_| !replace) {
            let store = super::import::open(Some(bytes), &password, path)?;
            if store.trust_anchors().any(|trusted| trusted == anchor) {
                printer.note(&format!(
                    "unchanged: {} trusts `{}` already",
                    path.display(),
                    anchor.subject()
                ));
                return Ok(Some(Self {
                    path,
                    format: store.format(),
                    password,
                    file: None,
                }));
            }
            let message = format!("`{}` exists already", path.display());
            let hint = "`keyjar import CA.crt --truststore PATH` adds to it, `--force` writes over it";
            return Err(Failure::new(ErrorKind::Conflict, message, hint));
        }
        readable(anchor)?;
        let mut store = KeyStore::new();
        store.insert(
            alias,
            Entry::TrustedCertificate(TrustedCertificateEntry::new(anchor.clone())),
        )?;
        let bytes = store.encoder().clock(clock::now()).to_bytes(&password)?;
        Ok(Some(Self {
            path,
            format: StoreFormat::Pkcs12,
            password,
            file: Some(open_file(path.clone(), bytes)),
        }))
    }

    pub(super) fn side(self) -> Side<'a> {
        Side {
            path: self.path,
            format: self.format,
            password: self.password,
        }
    }
}

/// Writes the files, all or none.
pub(super) fn write(files: &[NewFile], force: bool, printer: &Printer) -> Result<(), Failure> {
    fsio::write_together(files, force).map_err(|error| match error {
        keyjar::fsio::FileError::Exists { .. } => {
            let hint = "`--force` writes over it, `--out DIR` writes elsewhere; nothing was written";
            Failure::new(ErrorKind::Conflict, error.to_string(), hint)
        }
        other => other.into(),
    })?;
    const FEW: usize = 12;
    if files.len() <= FEW || printer.verbose {
        for file in files {
            printer.note(&format!("wrote {}", file.path.display()));
        }
    } else {
        printer.note(&format!("wrote {} files", files.len()));
    }
    Ok(())
}

/// Where a file of that name goes: the current folder's are not written as `./NAME`.
pub(super) fn place(folder: &Path, name: &str) -> PathBuf {
    if folder == Path::new(".") {
        PathBuf::from(name)
    } else {
        folder.join(name)
    }
}

/// Says who does not know this kind of key.
pub(super) fn warn_of_key(kind: KeyType, printer: &Printer) {
    if kind == KeyType::Ed25519 {
        printer.warning("Ed25519: JDK 8 and 11 and browsers do not take such certificates");
    }
}

/// Says what verifiers will not take.
pub(super) fn warn_of_dates(dates: &Dates, is_server: bool, printer: &Printer) {
    if is_server && dates.length() > Dates::LONGEST_FOR_SERVERS {
        let days = dates.length().as_hours() / 24;
        printer.warning(&format!(
            "a server's certificate of {days} days: Apple's platforms refuse more than 825"
        ));
        printer.hint("`--days 825` or less; `keyjar cert --renew FILE` makes the next one with the same key");
    }
}
