use keyjar::keystore::KeyStoreError;
use keyjar::{Alias, Entry, Limits, StoreFormat, clock, fsio};

use super::console::Console;
use super::options::Options;
use super::store::{self, Opened};
use super::{Done, Problem};

/// The alias of `-alias`, else asked for.
fn alias(given: Option<&String>, prompt: &str, console: &Console) -> Result<String, Problem> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    console.err(prompt);
    console
        .line()
        .filter(|line| !line.is_empty())
        .ok_or_else(|| Problem::exception("Must specify alias"))
}

/// `-delete`
pub(super) fn delete(options: &Options, console: &Console) -> Done {
    store::change(options, false, console, |opened| {
        let name = alias(options.alias.as_ref(), "Enter alias name:  ", console)?;
        match opened.store.remove(&Alias::new(&name)) {
            Some(_) => Ok(true),
            None => Err(store::absent(&name)),
        }
    })
}

/// `-changealias`
pub(super) fn change_alias(options: &Options, console: &Console) -> Done {
    store::change(options, false, console, |opened| {
        let old = options.alias.clone().unwrap_or_else(|| String::from("mykey"));
        let new = alias(
            options.destalias.as_ref(),
            "Enter destination alias name:  ",
            console,
        )?;
        if opened.store.get(&Alias::new(&new)).is_some() {
            return Err(Problem::exception(format!(
                "Destination alias <{new}> already exists"
            )));
        }
        match opened.store.rename(&Alias::new(&old), &new) {
            Err(KeyStoreError::AliasAbsent { .. }) => Err(store::absent(&old)),
            other => Ok(other.map(|()| true)?),
        }
    })
}

/// `-storepasswd`: the keys get the password as well.
pub(super) fn store_password(options: &Options, console: &Console) -> Done {
    let (path, name) = store::path(options)?;
    if !fsio::exists(&path) {
        return Err(Problem::exception(format!(
            "Keystore file does not exist: {name}"
        )));
    }
    let old_password = store::password(options, "Enter keystore password:  ", false, console)?;
    fsio::update(&path, &Limits::DEFAULT, |bytes| {
        let Some(bytes) = bytes else {
            return Err(Problem::exception(format!(
                "Keystore file exists, but is empty: {name}"
            )));
        };
        let store = store::open(bytes, &old_password)?;
        let new = store::new_password(options, "keystore password", console)?;
        store::check(&new, store.format())?;
        let encoder = store.encoder().clock(clock::now()).old_password(&old_password);
        let bytes = encoder.to_bytes(&new)?;
        if options.verbose {
            console.err(&format!("[Storing {name}]\n"));
        }
        Ok((Some(bytes), true, ()))
    })
}

/// `-keypasswd`: a key of a JKS store gets the store's password back; another one no JVM could be given.
pub(super) fn key_password(options: &Options, console: &Console) -> Done {
    let (path, name) = store::path(options)?;
    if !fsio::exists(&path) {
        return Err(Problem::exception(format!(
            "Keystore file does not exist: {name}"
        )));
    }
    let store_password = store::password(options, "Enter keystore password:  ", false, console)?;
    fsio::update(&path, &Limits::DEFAULT, |bytes| {
        let Some(bytes) = bytes else {
            return Err(Problem::exception(format!(
                "Keystore file exists, but is empty: {name}"
            )));
        };
        let opened = Opened {
            name: name.clone(),
            format: StoreFormat::detect(&bytes).unwrap_or(StoreFormat::Pkcs12),
            store: store::open(bytes, &store_password)?,
            password: store_password.duplicate(),
        };
        if opened.format == StoreFormat::Pkcs12 {
            return Err(Problem::java(
                "java.lang.UnsupportedOperationException",
                "-keypasswd commands not supported if -storetype is PKCS12",
            ));
        }
        let alias = options.alias.as_deref().unwrap_or("mykey");
        let Some(Entry::PrivateKey(entry)) = opened.store.get(&Alias::new(alias)) else {
            return Err(match opened.store.get(&Alias::new(alias)) {
                Some(_) => Problem::exception(format!("Alias <{alias}> has no key")),
                None => store::absent(alias),
            });
        };
        let old = match &options.keypass {
            Some(password) => password.duplicate(),
            None if entry.key(&store_password).is_ok() => store_password.duplicate(),
            None => console
                .password(&format!("Enter key password for <{alias}>"))
                .map(|text| keyjar::Password::new(text.as_str()))
                .ok_or_else(|| Problem::exception("Too many failures - try later"))?,
        };
        entry.key(&old).map_err(|_error| {
            Problem::java("java.security.UnrecoverableKeyException", "Cannot recover key")
        })?;
        let new = store::new_password(options, &format!("key password for <{alias}>"), console)?;
        if new.expose_text() != store_password.expose_text() {
            return Err(Problem::exception(
                "the key's password has to be the store's: a JVM has one option for both",
            )
            .hinted("`keytool -storepasswd` changes both"));
        }
        let encoder = opened.store.encoder().clock(clock::now()).key_password(&old);
        let bytes = encoder.to_bytes(&store_password)?;
        store::warn(&opened.format_warning().into_iter().collect::<Vec<_>>(), console);
        Ok((Some(bytes), true, ()))
    })
}
