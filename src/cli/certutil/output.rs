//! What is written: a PKCS#12 file, or a zip of folders.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use keyjar::fsio::{self, NewFile};
use keyjar::keystore::{PrivateKeyEntry, TrustedCertificateEntry};
use keyjar::secret::SecretBytes;
use keyjar::{Certificate, Entry, KeyStore, Password, PrivateKey, clock, ops, pem};
use rand_core::UnwrapErr;
use zip::write::SimpleFileOptions;

use super::exit::{CANT_CREATE, CODE_ERROR, CONFIG, Exit, IO_ERROR};
use super::options::Options;
use super::terminal::Terminal;

/// Older OpenSSL reads no longer ones.
const LONGEST_PASSWORD: usize = 50;

/// `resolveOutputPath`: the option, else the answer, else the default; in full.
pub(super) fn path(terminal: &Terminal<'_>, options: &Options, default: &str) -> Result<PathBuf, Exit> {
    let chosen = match options.value("out") {
        Some(path) => path.to_owned(),
        None => {
            let answer = terminal.ask(&format!("Please enter the desired output file [{default}]: "))?;
            if answer.is_empty() {
                default.to_owned()
            } else {
                answer
            }
        }
    };
    Ok(fsio::absolute(Path::new(&chosen))?)
}

/// `checkDirectory`, and that nothing would be overwritten: before any work is done.
pub(super) fn check_path(path: &Path, terminal: &Terminal<'_>) -> Result<(), Exit> {
    check_free(path)?;
    let Some(folder) = path.parent().filter(|folder| !fsio::is_folder(folder)) else {
        return Ok(());
    };
    if fsio::exists(folder) {
        terminal.always(&format!(
            "Path {} exists, but is not a directory. Cannot write to {}",
            folder.display(),
            path.display()
        ));
        return Err(Exit::new(
            CANT_CREATE,
            format!("Cannot write to {}", path.display()),
        ));
    }
    let question = format!(
        "Directory {} does not exist. Do you want to create it?",
        folder.display()
    );
    if terminal.ask_yes_no(&question, true)? {
        return Ok(());
    }
    Err(Exit::new(
        CANT_CREATE,
        format!("Directory {} does not exist", folder.display()),
    ))
}

fn check_free(path: &Path) -> Result<(), Exit> {
    let is_empty = fsio::read_if_exists(path, &keyjar::Limits::DEFAULT)
        .is_ok_and(|old| old.is_none_or(|bytes| bytes.is_empty()));
    if is_empty {
        return Ok(());
    }
    Err(taken(path))
}

fn taken(path: &Path) -> Exit {
    Exit::new(
        IO_ERROR,
        format!("Output file '{}' already exists", path.display()),
    )
    .hint("`--out FILE` writes elsewhere; nothing was written")
}

/// Writes the file, for its owner alone.
pub(super) fn write(path: &Path, contents: Vec<u8>) -> Result<(), Exit> {
    let file = NewFile {
        path: path.to_owned(),
        contents: SecretBytes::new(contents),
        sensitive: true,
    };
    fsio::write_together(&[file], false).map_err(|error| match error {
        fsio::FileError::Exists { .. } => taken(path),
        other => other.into(),
    })
}

/// A password, given or asked for, with the warning of its length (`withPassword`).
pub(super) fn password(
    terminal: &Terminal<'_>,
    what: &str,
    given: Option<&Password>,
) -> Result<Password, Exit> {
    loop {
        let (password, asked) = match given {
            Some(password) => (password.duplicate(), false),
            None => (
                terminal.ask_secret(&format!("Enter password for {what} : "))?,
                true,
            ),
        };
        if accept_length(terminal, &password, asked)? {
            return Ok(password);
        }
    }
}

/// Whether the password is used all the same.
pub(super) fn accept_length(terminal: &Terminal<'_>, password: &Password, asked: bool) -> Result<bool, Exit> {
    let text = password.expose_text().unwrap_or_default();
    if text.chars().count() <= LONGEST_PASSWORD {
        return Ok(true);
    }
    terminal.always("Warning: Your password exceeds 50 characters. Versions of OpenSSL older than 1.1.0 may not be able to read this file.");
    if asked {
        return terminal.ask_yes_no("Do you want to continue?", true);
    }
    Ok(true)
}

/// A key under its alias with its certificate alone, and the authority as `ca`, as `writePkcs12` has it.
pub(super) fn pkcs12(
    alias: &str,
    key: &PrivateKey,
    certificate: &Certificate,
    ca: Option<&Certificate>,
    password: &Password,
) -> Result<Vec<u8>, Exit> {
    if !password.expose_text().unwrap_or_default().is_ascii() {
        return Err(Exit::new(CONFIG, "PKCS#12 passwords must be plain ASCII"));
    }
    let mut store = KeyStore::new();
    let entry = PrivateKeyEntry::new(key.duplicate(), vec![certificate.clone()])?;
    store.insert(alias, Entry::PrivateKey(entry))?;
    if let Some(ca) = ca {
        let entry = TrustedCertificateEntry::new(ca.clone());
        store.insert("ca", Entry::TrustedCertificate(entry))?;
    }
    Ok(store.encoder().clock(clock::now()).to_bytes(password)?)
}

/// A key as PEM: PKCS#1 where it is RSA, under OpenSSL's old encryption where there is a password.
pub(super) fn key_pem(key: &PrivateKey, password: Option<&Password>) -> Result<Vec<u8>, Exit> {
    // A blank password is none, as for BouncyCastle's reader of what it wrote.
    let password = password.filter(|password| password.expose_text().is_some_and(|text| !text.is_empty()));
    let Some(password) = password else {
        let text = key.expose_pkcs1_pem().unwrap_or_else(|| key.expose_pem());
        return Ok(text.as_bytes().to_vec());
    };
    let mut rng = UnwrapErr(getrandom::SysRng);
    if let Some(text) = key.to_dangerous_dek_pem(password, &mut rng)? {
        return Ok(text.into_bytes());
    }
    let encrypted = ops::encrypt_key(key, password)?;
    Ok(pem::encode("ENCRYPTED PRIVATE KEY", encrypted.as_der()).into_bytes())
}

pub(super) fn certificate_pem(certificate: &Certificate) -> Vec<u8> {
    pem::encode("CERTIFICATE", certificate.as_der()).into_bytes()
}

/// A zip that is built in memory: it holds keys, and is written whole or not at all.
pub(super) struct Zip {
    writer: zip::ZipWriter<Cursor<Vec<u8>>>,
    options: SimpleFileOptions,
}

impl Zip {
    pub(super) fn new() -> Self {
        let now = clock::now().to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let part = |number: i8| u8::try_from(number).unwrap_or_default();
        let time = zip::DateTime::from_date_and_time(
            u16::try_from(now.year()).unwrap_or_default(),
            part(now.month()),
            part(now.day()),
            part(now.hour()),
            part(now.minute()),
            part(now.second()),
        );
        let options = SimpleFileOptions::default().last_modified_time(time.unwrap_or_default());
        Self {
            writer: zip::ZipWriter::new(Cursor::new(Vec::new())),
            options,
        }
    }

    /// `es01/`
    pub(super) fn folder(&mut self, name: &str) -> Result<(), Exit> {
        self.writer
            .add_directory(name, self.options.unix_permissions(0o700))
            .map_err(|error| failed(&error))
    }

    /// `es01/es01.crt`
    pub(super) fn file(&mut self, name: &str, contents: &[u8]) -> Result<(), Exit> {
        self.writer
            .start_file(name, self.options.unix_permissions(0o600))
            .map_err(|error| failed(&error))?;
        self.writer
            .write_all(contents)
            .map_err(|error| Exit::new(CODE_ERROR, error.to_string()))
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, Exit> {
        let cursor = self.writer.finish().map_err(|error| failed(&error))?;
        Ok(cursor.into_inner())
    }
}

fn failed(error: &zip::result::ZipError) -> Exit {
    Exit::new(CODE_ERROR, format!("the zip cannot be built: {error}"))
}
