//! Stores, as keytool opens and writes them.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use keyjar::pkcs12::Profile;
use keyjar::{Certificate, Entry, ErrorKind, KeyStore, Limits, Password, StoreFormat, clock, fsio};

use super::console::Console;
use super::options::Options;
use super::{Done, Problem};

/// keytool writes no store with a shorter password.
const SHORTEST: usize = 6;

/// What is worked on.
pub(super) struct Opened {
    /// As it was named.
    pub(super) name: String,
    pub(super) store: KeyStore,
    pub(super) format: StoreFormat,
    pub(super) password: Password,
}

impl Opened {
    /// The line of warning that keytool has for its old formats, where they hold keys.
    pub(super) fn format_warning(&self) -> Option<String> {
        let format = self.format.java_name();
        let old = self.format != StoreFormat::Pkcs12 && self.store.has_keys();
        old.then(|| {
            let name = &self.name;
            format!(
                "The {format} keystore uses a proprietary format. It is recommended to migrate to PKCS12 which is an industry standard format using \"keytool -importkeystore -srckeystore {name} -destkeystore {name} -deststoretype pkcs12\"."
            )
        })
    }

    /// All certificates that stand for themselves.
    pub(super) fn trusted(&self) -> Vec<Certificate> {
        self.store.trust_anchors().cloned().collect()
    }
}

/// The lines under `Warning:`, where there are any.
pub(super) fn warn(lines: &[String], console: &Console) {
    if lines.is_empty() {
        return;
    }
    console.err("\nWarning:\n");
    for line in lines {
        console.err(&format!("{line}\n"));
    }
}

/// The store's path: as named, the JVM's cacerts, or the one in the home folder.
#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
pub(super) fn path(options: &Options) -> Result<(PathBuf, String), Problem> {
    let path = match &options.keystore {
        Some(name) => PathBuf::from(name),
        None if options.cacerts => crate::cli::import::cacerts().map_err(|_failure| {
            Problem::exception("no JVM with a cacerts was found").hinted("set JAVA_HOME")
        })?,
        None => PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".keystore"),
    };
    let name = path.display().to_string();
    Ok((path, name))
}

/// Opens a store to look into it; without a password its integrity is not verified, which is said.
pub(super) fn look(options: &Options, console: &Console) -> Result<Opened, Problem> {
    let (path, name) = path(options)?;
    let bytes = existing(&path, &name)?;
    if let Some(password) = &options.storepass {
        let store = open(bytes, password)?;
        return Ok(opened(name, store, password.duplicate()));
    }
    let Some(text) = console.password("Enter keystore password:  ") else {
        console.err(
            "\n*****************  WARNING WARNING WARNING  *****************\n\
             * The integrity of the information stored in your keystore  *\n\
             * has NOT been verified!  In order to verify its integrity, *\n\
             * you must provide your keystore password.                  *\n\
             *****************  WARNING WARNING WARNING  *****************\n\n",
        );
        let store = match KeyStore::from_bytes(bytes, &Password::none()) {
            // What is encrypted is not there, to keytool.
            Err(error) if error.kind() == ErrorKind::PasswordRequired => KeyStore::new(),
            other => other?,
        };
        return Ok(opened(name, store, Password::none()));
    };
    let password = Password::new(text.as_str());
    let store = open(bytes, &password)?;
    Ok(opened(name, store, password))
}

fn opened(name: String, store: KeyStore, password: Password) -> Opened {
    let format = store.format();
    Opened {
        name,
        store,
        format,
        password,
    }
}

fn existing(path: &Path, name: &str) -> Result<Bytes, Problem> {
    let Some(bytes) = fsio::read_if_exists(path, &Limits::DEFAULT)? else {
        return Err(Problem::exception(format!(
            "Keystore file does not exist: {name}"
        )));
    };
    if bytes.is_empty() {
        return Err(Problem::exception(format!(
            "Keystore file exists, but is empty: {name}"
        )));
    }
    Ok(bytes)
}

/// Opens a store with a password, with the JDK's words where that is wrong.
pub(super) fn open(bytes: Bytes, password: &Password) -> Result<KeyStore, Problem> {
    let io = |message: &str| Problem::java("java.io.IOException", message);
    match KeyStore::from_bytes(bytes.clone(), password) {
        Err(error) if error.kind() == ErrorKind::WrongPassword => {
            if StoreFormat::detect(&bytes) != Some(StoreFormat::Pkcs12) {
                return Err(io("Keystore was tampered with, or password was incorrect"));
            }
            // The MAC is looked at last: where all certificates are in the clear, it is what fails.
            let in_clear = KeyStore::from_bytes(bytes, &Password::none()).is_ok_and(|store| {
                store
                    .pfx()
                    .is_some_and(|pfx| pfx.contents.iter().all(|contents| contents.encryption.is_none()))
            });
            Err(io(if in_clear {
                "Integrity check failed: java.security.UnrecoverableKeyException: Failed PKCS12 integrity checking"
            } else {
                "keystore password was incorrect"
            }))
        }
        Err(keyjar::keystore::KeyStoreError::NotAStore { .. }) => Err(Problem::java(
            "java.security.KeyStoreException",
            "Unrecognized keystore format. Please load it with a specified type",
        )),
        other => Ok(other?),
    }
}

/// The password of a store that is to be changed: as given, else asked for, twice where the store is new.
pub(super) fn password(
    options: &Options,
    prompt: &str,
    is_new: bool,
    console: &Console,
) -> Result<Password, Problem> {
    if let Some(password) = &options.storepass {
        if is_new && is_short(password) {
            return Err(Problem::exception(
                "Keystore password must be at least 6 characters",
            ));
        }
        return Ok(password.duplicate());
    }
    for _ in 0..3 {
        let Some(text) = console
            .password(prompt)
            .filter(|text| text.chars().count() >= SHORTEST)
        else {
            console.err("Keystore password is too short - must be at least 6 characters\n");
            continue;
        };
        if is_new && console.password("Re-enter new password: ").as_ref() != Some(&text) {
            console.err("They don't match. Try again\n");
            continue;
        }
        return Ok(Password::new(text.as_str()));
    }
    Err(Problem::GaveUp("Too many failures - try later"))
}

pub(super) fn is_short(password: &Password) -> bool {
    password
        .expose_text()
        .is_none_or(|text| text.chars().count() < SHORTEST)
}

/// A password that is to be set: `-new`, else asked for twice.
pub(super) fn new_password(options: &Options, what: &str, console: &Console) -> Result<Password, Problem> {
    if let Some(password) = &options.new {
        if is_short(password) {
            return Err(Problem::exception("New password must be at least 6 characters"));
        }
        return Ok(password.duplicate());
    }
    for _ in 0..3 {
        let Some(text) = console
            .password(&format!("New {what}: "))
            .filter(|text| text.chars().count() >= SHORTEST)
        else {
            console.err("Password is too short - must be at least 6 characters\n");
            continue;
        };
        if console.password(&format!("Re-enter new {what}: ")).as_ref() != Some(&text) {
            console.err("They don't match. Try again\n");
            continue;
        }
        return Ok(Password::new(text.as_str()));
    }
    Err(Problem::exception("Too many failures - try later"))
}

/// The format that is asked for; PKCS#12 unless one is.
pub(super) fn format(name: Option<&str>) -> Result<StoreFormat, Problem> {
    let all = [StoreFormat::Pkcs12, StoreFormat::Jks, StoreFormat::Jceks];
    let Some(name) = name else {
        return Ok(StoreFormat::Pkcs12);
    };
    all.into_iter()
        .find(|format| format.java_name().eq_ignore_ascii_case(name))
        .ok_or_else(|| Problem::java("java.security.KeyStoreException", format!("{name} not found")))
}

/// Changes a store in its file, under a lock. `may_be_new` is for commands that make one.
pub(super) fn change(
    options: &Options,
    may_be_new: bool,
    console: &Console,
    work: impl FnOnce(&mut Opened) -> Result<bool, Problem>,
) -> Done {
    let (path, name) = path(options)?;
    let is_new = fsio::read_if_exists(&path, &Limits::DEFAULT)?.is_none();
    if !may_be_new || !is_new {
        existing(&path, &name)?;
    }
    let password = password(options, "Enter keystore password:  ", is_new, console)?;
    let wanted = format(options.storetype.as_deref())?;
    if is_new {
        check(&password, wanted)?;
    }
    fsio::update(&path, &Limits::DEFAULT, |old| {
        let mut opened = match old {
            Some(bytes) => opened(name.clone(), open(bytes, &password)?, password.duplicate()),
            None => Opened {
                name: name.clone(),
                store: KeyStore::new(),
                format: wanted,
                password: password.duplicate(),
            },
        };
        let has_changed = work(&mut opened)?;
        let bytes = if has_changed {
            Some(encode(&opened, is_new)?)
        } else {
            None
        };
        if has_changed && options.verbose {
            console.err(&format!("[Storing {name}]\n"));
        }
        if let Some(line) = opened.format_warning() {
            warn(&[line], console);
        }
        Ok::<_, Problem>((bytes, opened.store.has_keys(), ()))
    })
}

/// A new store is written as keytool of JDK 17 writes it.
pub(super) fn encode(opened: &Opened, is_new: bool) -> Result<Vec<u8>, Problem> {
    check(&opened.password, opened.format)?;
    let mut encoder = opened.store.encoder().clock(clock::now());
    if is_new {
        encoder = match opened.format {
            StoreFormat::Pkcs12 => encoder.profile(Profile::MODERN),
            other => encoder.format(other),
        };
    }
    Ok(encoder.to_bytes(&opened.password)?)
}

/// No JDK before 25 opens a PKCS#12 store with such a password, and none of those writes one.
pub(super) fn check(password: &Password, format: StoreFormat) -> Done {
    let is_plain = |text: &str| text.bytes().all(|octet| (0x20..=0x7e).contains(&octet));
    if format == StoreFormat::Pkcs12 && !password.expose_text().is_none_or(is_plain) {
        return Err(Problem::exception("Password is not ASCII").hinted(
            "no JDK before 25 opens a PKCS#12 store with a character outside 0x20-0x7E in its password",
        ));
    }
    Ok(())
}

/// What keytool calls an entry.
pub(super) const fn kind(entry: &Entry) -> &'static str {
    match entry {
        Entry::PrivateKey(_) => "PrivateKeyEntry",
        Entry::SecretKey(_) => "SecretKeyEntry",
        _ => "trustedCertEntry",
    }
}

pub(super) fn absent(alias: &str) -> Problem {
    Problem::exception(format!("Alias <{alias}> does not exist"))
}
