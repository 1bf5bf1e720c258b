use bytes::Bytes;
use keyjar::keystore::{PrivateKeyEntry, TrustedCertificateEntry};
use keyjar::pem::{self, What};
use keyjar::x509::read_certificates;
use keyjar::{Alias, Certificate, Entry, KeyStore, Limits, Password, fsio};

use super::certificate::text;
use super::console::Console;
use super::options::Options;
use super::store::Opened;
use super::{Done, Problem, chain, export, store, weak};

/// `-importcert`
pub(super) fn run(options: &Options, console: &Console) -> Done {
    let name = options.alias.as_deref().unwrap_or("mykey");
    let alias = Alias::new(name);
    let cacerts = if options.trustcacerts {
        system_certificates()
    } else {
        Vec::new()
    };
    store::change(options, true, console, |opened| {
        let bytes = export::input(options.file.as_deref())?;
        let is_key = matches!(opened.store.get(&alias), Some(Entry::PrivateKey(_)));
        let (done, what, warnings) = if is_key {
            let done = reply(opened, &alias, &bytes, &cacerts, options, console)?;
            (done, "Certificate reply was", Vec::new())
        } else {
            let (done, warnings) = trust(opened, name, &bytes, &cacerts, options, console)?;
            (done, "Certificate was", warnings)
        };
        let (verb, place) = match (is_key, done) {
            (true, true) => ("installed", "in"),
            (true, false) => ("not installed", "in"),
            (false, true) => ("added", "to"),
            (false, false) => ("not added", "to"),
        };
        console.err(&format!("{what} {verb} {place} keystore\n"));
        store::warn(&warnings, console);
        Ok(done)
    })
}

/// The JVM's own authorities; none where there is no JVM.
fn system_certificates() -> Vec<Certificate> {
    let store = crate::cli::import::cacerts()
        .ok()
        .and_then(|path| fsio::read(&path, &Limits::DEFAULT).ok())
        .and_then(|bytes| KeyStore::from_bytes(bytes, &Password::none()).ok());
    store.map_or_else(Vec::new, |store| store.trust_anchors().cloned().collect())
}

/// The first certificate of an input, which is all that keytool takes of it.
fn first(bytes: &Bytes, console: &Console) -> Result<Certificate, Problem> {
    let not = || Problem::exception("Input not an X.509 certificate");
    let begins = match pem::is_pem(bytes) {
        true => pem::read(bytes)
            .ok()
            .and_then(|blocks| blocks.into_iter().next())
            .is_some_and(|block| block.label.contains("CERTIFICATE") && !block.label.contains("REQUEST")),
        false => pem::sniff(bytes) == What::Certificate,
    };
    let read = read_certificates(bytes, &Limits::DEFAULT).map_err(|error| {
        let hint = error.hints().first().map(ToString::to_string);
        not().hinted(hint.unwrap_or_else(|| error.to_string()))
    })?;
    if !begins {
        return Err(not().hinted("`keyjar import` takes any certificates out of PEM, DER and PKCS#7"));
    }
    let count = read.certificates.len();
    if count > 1 {
        console.warning(&format!(
            "the input holds {count} certificates and keytool takes the first alone; `keyjar import` takes them all"
        ));
    }
    read.certificates.into_iter().next().ok_or_else(not)
}

/// A certificate that is to be trusted.
fn trust(
    opened: &mut Opened,
    name: &str,
    bytes: &Bytes,
    cacerts: &[Certificate],
    options: &Options,
    console: &Console,
) -> Result<(bool, Vec<String>), Problem> {
    if opened.store.get(&Alias::new(name)).is_some() {
        return Err(Problem::exception(format!(
            "Certificate not imported, alias <{name}> already exists"
        )));
    }
    let certificate = first(bytes, console)?;
    if let Err(unreadable) = certificate.java_readability() {
        return Err(Problem::exception("Input not an X.509 certificate").hinted(unreadable.to_string()));
    }
    let weak = weak::warnings("The input", &certificate, false);
    let known = opened
        .store
        .iter()
        .find(|(_, entry)| entry.certificates().first() == Some(&certificate))
        .map(|(alias, _)| alias.to_string());
    let is_added = if options.noprompt {
        true
    } else if let Some(alias) = known {
        console.err(&format!(
            "Certificate already exists in keystore under alias <{alias}>\n"
        ));
        console.yes("Do you still want to add it? [no]:  ")
    } else if options.trustcacerts && cacerts.contains(&certificate) {
        console.err("Certificate already exists in system-wide CA keystore\n");
        console.yes("Do you still want to add it to your own keystore? [no]:  ")
    } else {
        let mut trusted = opened.trusted();
        trusted.extend(cacerts.iter().cloned());
        let is_vouched_for =
            !chain::signed(&certificate, &certificate) && chain::build(&certificate, &trusted).is_some();
        is_vouched_for || {
            console.out(&text(&certificate, false));
            console.yes("Trust this certificate? [no]:  ")
        }
    };
    if is_added {
        let entry = TrustedCertificateEntry::new(certificate);
        opened.store.insert(name, Entry::TrustedCertificate(entry))?;
    }
    Ok((is_added, weak))
}

/// The answer of an authority to a request made with the entry's key.
fn reply(
    opened: &mut Opened,
    alias: &Alias,
    bytes: &Bytes,
    cacerts: &[Certificate],
    options: &Options,
    console: &Console,
) -> Result<bool, Problem> {
    let Some(Entry::PrivateKey(entry)) = opened.store.get(alias) else {
        return Ok(false);
    };
    let name = opened.store.name(alias).unwrap_or(alias.as_str()).to_owned();
    let password = options.keypass.as_ref().unwrap_or(&opened.password);
    let key = entry
        .key(password)
        .map_err(|_error| Problem::java("java.security.UnrecoverableKeyException", "Cannot recover key"))?;
    let own = entry
        .chain()
        .first()
        .cloned()
        .ok_or_else(|| Problem::exception(format!("{alias} has no public key (certificate)")))?;
    let read = read_certificates(bytes, &Limits::DEFAULT)
        .map_err(|error| Problem::exception("Reply has no certificates").hinted(error.to_string()))?;
    let mut trusted = opened.trusted();
    trusted.extend(cacerts.iter().cloned());
    let chain = match read.certificates.as_slice() {
        [one] => {
            if one.public_key_der() != own.public_key_der() {
                return Err(Problem::exception(
                    "Public keys in reply and keystore don't match",
                ));
            }
            if *one == own {
                return Err(Problem::exception(
                    "Certificate reply and certificate in keystore are identical",
                ));
            }
            chain::build(one, &trusted).ok_or_else(|| {
                Problem::exception("Failed to establish chain from reply")
                    .hinted("import the authority's certificate first, or a reply with its whole chain")
            })?
        }
        several => match ordered(several, &own, alias, &trusted, options, console)? {
            Some(chain) => chain,
            None => return Ok(false),
        },
    };
    opened
        .store
        .replace(&name, Entry::PrivateKey(PrivateKeyEntry::new(key, chain)?));
    Ok(true)
}

/// A reply with its chain, put in order; a top that is not trusted is asked for.
fn ordered(
    reply: &[Certificate],
    own: &Certificate,
    alias: &Alias,
    trusted: &[Certificate],
    options: &Options,
    console: &Console,
) -> Result<Option<Vec<Certificate>>, Problem> {
    let leaf = reply
        .iter()
        .find(|certificate| certificate.public_key_der() == own.public_key_der())
        .ok_or_else(|| {
            Problem::exception(format!(
                "Certificate reply does not contain public key for <{alias}>"
            ))
        })?;
    let mut chain = vec![leaf.clone()];
    while chain.len() < reply.len() {
        let next = chain.last().and_then(|last| {
            reply
                .iter()
                .find(|issuer| !chain.contains(issuer) && issuer.subject() == last.issuer())
        });
        match next {
            Some(next) => chain.push(next.clone()),
            None => return Err(Problem::exception("Incomplete certificate chain in reply")),
        }
    }
    for pair in chain.windows(2) {
        if let [child, parent] = pair
            && !chain::signed(parent, child)
        {
            return Err(Problem::exception(
                "Certificate chain in reply does not verify: Signature does not match.",
            ));
        }
    }
    if options.noprompt {
        return Ok(Some(chain));
    }
    let Some(top) = chain.last() else { return Ok(None) };
    if trusted.contains(top) {
        return Ok(Some(chain));
    }
    if let Some(issuer) = trusted.iter().find(|issuer| chain::signed(issuer, top)) {
        chain.push(issuer.clone());
        return Ok(Some(chain));
    }
    console.err("\nTop-level certificate in reply:\n\n");
    console.out(&text(top, false));
    console.err("\n... is not trusted. ");
    let is_wanted = console.yes("Install reply anyway? [no]:  ");
    Ok(is_wanted.then_some(chain))
}
