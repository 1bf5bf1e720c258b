use std::collections::HashSet;

use keyjar::crypto::Digest;
use keyjar::{Alias, Certificate, Entry};

use super::certificate::{day, fingerprint, text, to_pem};
use super::console::Console;
use super::options::Options;
use super::store::{self, kind};
use super::{Done, weak};

const STARS: &str =
    "*******************************************\n*******************************************\n";

/// `-list`
pub(super) fn run(options: &Options, console: &Console) -> Done {
    let opened = store::look(options, console)?;
    let mut warnings = Vec::new();
    let trusted: HashSet<_> = opened
        .store
        .iter()
        .filter_map(|(_, entry)| entry.certificates().first())
        .collect();
    if let Some(name) = &options.alias {
        let entry = opened
            .store
            .get(&Alias::new(name))
            .ok_or_else(|| store::absent(name))?;
        console.out(&entry_text(name, entry, options, &trusted, &mut warnings));
    } else {
        let count = opened.store.len();
        let entries = if count == 1 { "entry" } else { "entries" };
        let mut out = format!(
            "Keystore type: {}\nKeystore provider: {}\n\nYour keystore contains {count} {entries}\n\n",
            opened.format.java_name(),
            match opened.format {
                keyjar::StoreFormat::Jceks => "SunJCE",
                _ => "SUN",
            }
        );
        let mut all: Vec<_> = opened.store.iter().collect();
        // In the order of UTF-16 code units, as Java compares strings.
        all.sort_by_key(|(alias, _)| alias.as_str().encode_utf16().collect::<Vec<_>>());
        for (alias, entry) in all {
            out += &entry_text(alias.as_str(), entry, options, &trusted, &mut warnings);
            if options.verbose || options.rfc {
                out += &format!("\n\n{STARS}\n\n");
            }
        }
        console.out(&out);
    }
    warnings.extend(opened.format_warning());
    store::warn(&warnings, console);
    Ok(())
}

fn entry_text(
    alias: &str,
    entry: &Entry,
    options: &Options,
    trusted: &HashSet<&Certificate>,
    warnings: &mut Vec<String>,
) -> String {
    let certificates = entry.certificates();
    for (number, certificate) in certificates.iter().enumerate() {
        let label = match certificates.len() {
            1 => format!("<{alias}>"),
            _ => format!("Certificate #{} of <{alias}>", number + 1),
        };
        warnings.extend(weak::warnings(&label, certificate, trusted.contains(certificate)));
    }
    let created = day(entry.created());
    if !options.verbose && !options.rfc {
        let mut out = format!("{alias}, {created}, {}, \n", kind(entry));
        if let Some(first) = certificates.first() {
            out += &format!(
                "Certificate fingerprint (SHA-256): {}\n",
                fingerprint(first, Digest::Sha256)
            );
        }
        return out;
    }
    let mut out = format!(
        "Alias name: {alias}\nCreation date: {created}\nEntry type: {}\n",
        kind(entry)
    );
    let shown = |certificate| {
        if options.rfc {
            to_pem(certificate)
        } else {
            text(certificate, trusted.contains(certificate))
        }
    };
    match entry {
        Entry::PrivateKey(_) if !certificates.is_empty() => {
            out += &format!("Certificate chain length: {}\n", certificates.len());
            for (number, certificate) in certificates.iter().enumerate() {
                out += &format!("Certificate[{}]:\n{}", number + 1, shown(certificate));
            }
        }
        Entry::TrustedCertificate(_) => {
            out.push('\n');
            out.extend(certificates.first().map(shown));
        }
        _ => {}
    }
    out
}
