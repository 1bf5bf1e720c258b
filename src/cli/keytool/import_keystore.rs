use std::path::{Path, PathBuf};

use keyjar::keystore::{PrivateKeyEntry, SecretKeyEntry, TrustedCertificateEntry};
use keyjar::{Alias, Entry, KeyStore, Limits, Password, fsio};

use super::console::Console;
use super::options::Options;
use super::store::{self, Opened};
use super::{Done, Problem};

/// `-importkeystore`
pub(super) fn run(options: &Options, console: &Console) -> Done {
    let Some(source) = options.srckeystore.as_deref() else {
        return Err(options.usage("Must specify -srckeystore"));
    };
    let (path, name) = store::path(options)?;
    let is_in_place = same(Path::new(source), &path);
    if !is_in_place {
        console.err(&format!("Importing keystore {source} to {name}...\n"));
    }
    let old = fsio::read_if_exists(Path::new(source), &Limits::DEFAULT)?.ok_or_else(|| {
        Problem::java(
            "java.io.FileNotFoundException",
            format!("{source} (No such file or directory)"),
        )
    })?;
    let is_new = is_in_place || fsio::read_if_exists(&path, &Limits::DEFAULT)?.is_none();
    let (password, source_password) = passwords(options, is_new, is_in_place, console)?;
    let from = store::open(old.clone(), &source_password)?;
    let format = store::format(options.storetype.as_deref())?;
    let entries = fsio::update(&path, &Limits::DEFAULT, |bytes| {
        let bytes = bytes.filter(|_| !is_in_place);
        let mut to = match bytes {
            Some(bytes) => {
                let store = store::open(bytes, &password)?;
                Opened {
                    name: name.clone(),
                    format: store.format(),
                    store,
                    password: password.duplicate(),
                }
            }
            None => Opened {
                name: name.clone(),
                store: KeyStore::new(),
                format,
                password: password.duplicate(),
            },
        };
        copy(&from, &source_password, &mut to, options, console)?;
        let bytes = store::encode(&to, is_new)?;
        if is_in_place {
            let backup = backup(Path::new(source));
            fsio::write(&backup, &old, true)?;
            let line = format!(
                "Migrated \"{source}\" to {}. The {} keystore is backed up as \"{}\".",
                to.format.java_name(),
                from.format().java_name(),
                backup.display()
            );
            return Ok::<_, Problem>((Some(bytes), to.store.has_keys(), vec![line]));
        }
        let warnings = to.format_warning().into_iter().collect();
        Ok((Some(bytes), to.store.has_keys(), warnings))
    })?;
    store::warn(&entries, console);
    Ok(())
}

fn passwords(
    options: &Options,
    is_new: bool,
    is_in_place: bool,
    console: &Console,
) -> Result<(Password, Password), Problem> {
    let asked = |password: &Option<Password>| match password {
        Some(password) => Ok(password.duplicate()),
        None => Ok::<_, Problem>(
            console
                .password("Enter source keystore password:  ")
                .map_or_else(Password::none, |text| Password::new(text.as_str())),
        ),
    };
    if is_in_place && options.storepass.is_none() {
        let source = asked(&options.srcstorepass)?;
        return Ok((source.duplicate(), source));
    }
    let prompt = "Enter destination keystore password:  ";
    let password = store::password(options, prompt, is_new, console)?;
    Ok((password, asked(&options.srcstorepass)?))
}

fn copy(
    from: &KeyStore,
    from_password: &Password,
    to: &mut Opened,
    options: &Options,
    console: &Console,
) -> Done {
    if options
        .destkeypass
        .as_ref()
        .is_some_and(|password| password.expose_text() != to.password.expose_text())
    {
        console.err(
            "Warning:  Different store and key passwords are not supported. Ignoring user-specified -destkeypass value.\n",
        );
    }
    let key_password = options.srckeypass.as_ref().unwrap_or(from_password);
    if let Some(name) = &options.srcalias {
        let entry = from.get(&Alias::new(name)).ok_or_else(|| store::absent(name))?;
        let target = options.destalias.as_ref().unwrap_or(name);
        let entry = duplicate(entry, key_password)?;
        put(to, target, entry, options, console);
        return Ok(());
    }
    let (mut good, mut bad) = (0, 0);
    for (alias, entry) in from.iter() {
        let name = from.name(alias).unwrap_or(alias.as_str()).to_lowercase();
        let is_done = match duplicate(entry, key_password) {
            Ok(entry) => put(to, &name, entry, options, console),
            Err(Problem::Java { message, .. }) => {
                console.err(&format!(
                    "Problem importing entry for alias {name}: {message}.\nEntry for alias {name} not imported.\n"
                ));
                false
            }
            Err(other) => return Err(other),
        };
        if is_done {
            console.err(&format!("Entry for alias {name} successfully imported.\n"));
            good += 1;
        } else {
            bad += 1;
        }
    }
    console.err(&format!(
        "Import command completed:  {good} entries successfully imported, {bad} entries failed or cancelled\n"
    ));
    Ok(())
}

/// Puts an entry under its alias; one that is there is replaced only after a yes.
fn put(to: &mut Opened, name: &str, entry: Entry, options: &Options, console: &Console) -> bool {
    let mut name = name.to_owned();
    if to.store.get(&Alias::new(&name)).is_some() {
        if options.noprompt {
            console.err(&format!(
                "Warning: Overwriting existing alias {name} in destination keystore\n"
            ));
        } else if !console.yes(&format!("Existing entry alias {name} exists, overwrite? [no]:  ")) {
            console.err("Enter new alias name\t(RETURN to cancel import for this entry):  ");
            match console.line().filter(|line| !line.is_empty()) {
                Some(other) => name = other,
                None => return false,
            }
        }
    }
    to.store.replace(&name, entry);
    true
}

/// The entry with its key opened, so that it is encrypted anew.
fn duplicate(entry: &Entry, password: &Password) -> Result<Entry, Problem> {
    let unrecoverable = |_error| {
        Problem::java("java.security.UnrecoverableKeyException", "Cannot recover key")
            .hinted("the key has a password of its own: give it with -srckeypass")
    };
    Ok(match entry {
        Entry::PrivateKey(entry) => {
            let key = entry.key(password).map_err(unrecoverable)?;
            Entry::PrivateKey(PrivateKeyEntry::new(key, entry.chain().to_vec())?)
        }
        Entry::SecretKey(entry) => {
            Entry::SecretKey(SecretKeyEntry::new(entry.key(password).map_err(unrecoverable)?))
        }
        Entry::TrustedCertificate(entry) => {
            Entry::TrustedCertificate(TrustedCertificateEntry::new(entry.certificate().clone()))
        }
        _ => return Err(Problem::exception("an entry of an unknown kind")),
    })
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// `x.jks.old`, `x.jks.old2`, ...
fn backup(path: &Path) -> PathBuf {
    let name = |number: u32| {
        let ending = if number == 1 {
            String::new()
        } else {
            number.to_string()
        };
        PathBuf::from(format!("{}.old{ending}", path.display()))
    };
    (1..u32::MAX)
        .map(name)
        .find(|path| !fsio::exists(path))
        .unwrap_or_else(|| name(1))
}
