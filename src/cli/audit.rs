use std::path::Path;
use std::process::ExitCode;

use jiff::SignedDuration;
use keyjar::ops::{self, AuditOptions, Difference, Finding, FindingKind, Opened};
use keyjar::pkcs12::Profile;
use keyjar::{Alias, KeyStore, Limits, Password, StoreFormat, clock, fsio};
use serde_json::{Value, json};

use super::Outcome;
use super::args::{Audit, Diff};
use super::failure::Failure;
use super::import::open;
use super::list;
use super::manage::{KEY, store_password};
use super::password;
use super::printer::Printer;

/// `keyjar diff`
pub(crate) fn diff(command: &Diff, printer: &Printer) -> Outcome {
    let one = fsio::read(&command.first, &Limits::DEFAULT)?;
    let two = fsio::read(&command.second, &Limits::DEFAULT)?;
    let password = store_password(command.storepass.as_ref(), &one, printer)?;
    let source = command.other_storepass.as_ref().or(command.storepass.as_ref());
    let other_password = store_password(source, &two, printer)?;
    let first = open(Some(one), &password, &command.first)?;
    let second = open(Some(two), &other_password, &command.second)?;
    let differences = ops::diff(
        Opened {
            store: &first,
            password: &password,
        },
        Opened {
            store: &second,
            password: &other_password,
        },
    );
    if printer.json {
        let rows: Vec<_> = differences
            .iter()
            .map(|difference| row(difference, &first, &second))
            .collect();
        printer.document(&json!({ "schema": 1, "same": rows.is_empty(), "differences": rows }));
    } else {
        for difference in &differences {
            printer.text(&(line(difference, &first, &second) + "\n"));
        }
    }
    if differences.is_empty() {
        printer.note("both hold the same");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(1))
}

fn line(difference: &Difference, first: &KeyStore, second: &KeyStore) -> String {
    match difference {
        Difference::OnlyInFirst { alias } => format!("- {}", entry(alias, first)),
        Difference::OnlyInSecond { alias } => format!("+ {}", entry(alias, second)),
        Difference::Alias { first, second } => format!("~ `{first}` is called `{second}`"),
        Difference::Content { alias, what } => format!(
            "! `{alias}`: another {what}\n  - {}\n  + {}",
            entry(alias, first),
            entry(alias, second)
        ),
        other => format!("{other:?}"),
    }
}

fn entry(alias: &Alias, store: &KeyStore) -> String {
    let Some(entry) = store.get(alias) else {
        return alias.to_string();
    };
    let kind = entry.kind().replace('-', " ");
    match entry.certificates().first() {
        Some(certificate) => format!("{} [{kind}]", list::line(alias.as_str(), certificate)),
        None => format!("`{alias}` [{kind}]"),
    }
}

fn row(difference: &Difference, first: &KeyStore, second: &KeyStore) -> Value {
    let leaf = |alias: &Alias, store: &KeyStore| {
        store
            .get(alias)
            .and_then(|entry| entry.certificates().first())
            .map(list::certificate)
    };
    match difference {
        Difference::OnlyInFirst { alias } => {
            json!({ "what": "only-in-a", "alias": alias.as_str(), "a": leaf(alias, first), "b": null })
        }
        Difference::OnlyInSecond { alias } => {
            json!({ "what": "only-in-b", "alias": alias.as_str(), "a": null, "b": leaf(alias, second) })
        }
        Difference::Alias { first: a, second: b } => {
            json!({ "what": "alias", "alias": a.as_str(), "other_alias": b.as_str() })
        }
        Difference::Content { alias, what } => {
            json!({ "what": what, "alias": alias.as_str(), "a": leaf(alias, first), "b": leaf(alias, second) })
        }
        _ => json!({ "what": "other" }),
    }
}

/// `keyjar audit`
pub(crate) fn audit(command: &Audit, printer: &Printer) -> Outcome {
    let mut documents = Vec::new();
    let mut found = false;
    for path in &command.stores {
        let audited = one(path, command, printer)?;
        let Audited { findings, mended, .. } = &audited;
        found |= !findings.is_empty();
        if printer.json {
            documents.push(json!({
                "path": path,
                "findings": findings.iter().map(finding).collect::<Vec<_>>(),
                "mended": mended.iter().map(finding).collect::<Vec<_>>(),
            }));
        } else {
            tell(path, &audited, command.fix, printer);
        }
    }
    if printer.json {
        printer.document(&json!({ "schema": 1, "stores": documents }));
    }
    Ok(if found {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// What is found in one store.
struct Audited {
    findings: Vec<Finding>,
    /// What was mended.
    mended: Vec<Finding>,
    can_be_lifted: bool,
}

fn one(path: &Path, command: &Audit, printer: &Printer) -> Result<Audited, Failure> {
    let bytes = fsio::read(path, &Limits::DEFAULT)?;
    let password = store_password(command.storepass.as_ref(), &bytes, printer)?;
    let store = open(Some(bytes), &password, path)?;
    let can_be_lifted = can_be_lifted(&store);
    let before = look(path, &store, &password, command)?;
    if !command.fix || before.is_empty() {
        return Ok(Audited {
            findings: before,
            mended: Vec::new(),
            can_be_lifted,
        });
    }
    let own = command
        .keypass
        .as_ref()
        .map(|source| password::find(&KEY, Some(source), printer))
        .transpose()?;
    let has = |kind| before.iter().any(|finding| finding.kind == kind);
    if has(FindingKind::OpenToOthers) {
        fsio::restrict(path)?;
    }
    fsio::update(path, &Limits::DEFAULT, |old| {
        let mut store = open(old, &password, path)?;
        let is_adopted = !store.adopt_unseen().is_empty();
        let is_weak = has(FindingKind::WeakEncryption) && can_be_lifted;
        let in_line = own.as_ref().filter(|_| has(FindingKind::KeyPassword));
        if !is_adopted && !is_weak && in_line.is_none() {
            return Ok::<_, Failure>((None, true, ()));
        }
        let mut encoder = store.encoder().clock(clock::now());
        if is_weak && store.pfx().is_some() {
            encoder = encoder.profile(if store.has_keys() {
                Profile::MODERN
            } else {
                Profile::TRUST
            });
        }
        if let Some(own) = in_line {
            encoder = encoder.key_password(own);
        }
        let bytes = encoder.to_bytes(&password)?;
        Ok((Some(bytes), store.has_keys(), ()))
    })?;
    let after = fsio::read(path, &Limits::DEFAULT)?;
    let after = look(path, &open(Some(after), &password, path)?, &password, command)?;
    let mended = before
        .into_iter()
        .filter(|finding| !after.contains(finding))
        .collect();
    Ok(Audited {
        findings: after,
        mended,
        can_be_lifted,
    })
}

/// Whether weak encryption can be lifted in the store's own format: PKCS#12's, and the MAC of BKS's version 1.
fn can_be_lifted(store: &KeyStore) -> bool {
    let is_bks_1 = store.format() == StoreFormat::Bks
        && store
            .integrity()
            .is_some_and(|mac| mac.algorithm.contains("version 1"));
    store.pfx().is_some() || is_bks_1
}

fn look(
    path: &Path,
    store: &KeyStore,
    password: &Password,
    command: &Audit,
) -> Result<Vec<Finding>, Failure> {
    let mut findings = ops::audit(
        store,
        &AuditOptions {
            password,
            now: clock::now(),
            within: SignedDuration::from_hours(command.within),
        },
    );
    if store.has_keys() && fsio::is_open_to_others(path)? {
        findings.push(Finding::of_store(
            FindingKind::OpenToOthers,
            "it holds a key, and others than its owner may read the file",
        ));
    }
    Ok(findings)
}

fn finding(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.name(),
        "alias": finding.alias.as_ref().map(Alias::as_str),
        "message": finding.message,
    })
}

fn tell(path: &Path, audited: &Audited, fix: bool, printer: &Printer) {
    let Audited { findings, mended, .. } = audited;
    let about = |finding: &Finding| match &finding.alias {
        Some(alias) => format!("{}: `{alias}`: {}", finding.kind.name(), finding.message),
        None => format!("{}: {}", finding.kind.name(), finding.message),
    };
    for finding in mended {
        printer.note(&format!("mended {}", about(finding)));
    }
    for finding in findings {
        printer.text(&format!("{}: {}\n", path.display(), about(finding)));
    }
    let count = findings.len();
    match count {
        0 => printer.note(&format!("{}: nothing found", path.display())),
        _ => printer.note(&format!(
            "{}: {count} finding{}",
            path.display(),
            if count == 1 { "" } else { "s" }
        )),
    }
    let is_weak = |finding: &Finding| finding.kind == FindingKind::WeakEncryption;
    let mendable = findings
        .iter()
        .any(|finding| finding.kind.is_mendable() && (audited.can_be_lifted || !is_weak(finding)));
    if findings.iter().any(is_weak) && (fix || !audited.can_be_lifted) {
        printer.hint(&format!(
            "`keyjar convert {} NEW.p12` writes strong encryption, which its own format does not have",
            path.display()
        ));
    }
    if mendable && !fix {
        printer.hint(&format!(
            "`keyjar audit {} --fix` mends what it can",
            path.display()
        ));
    }
    if findings
        .iter()
        .any(|finding| finding.kind == FindingKind::KeyPassword)
    {
        printer.hint("`keyjar audit STORE --fix --keypass SOURCE` gives the key the store's password");
    }
}
