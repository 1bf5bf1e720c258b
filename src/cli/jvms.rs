use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use keyjar::clock;
use keyjar::jvm::{
    Installation, Launcher, Look, OwnStore, Release, RunningJvm, Setting, StoreInUse, StoreUse, Surroundings,
    TruststoreReason,
};
use serde_json::{Value, json};

use super::Outcome;
use super::printer::Printer;

pub(crate) const HELP: &str = "Examples:
  keyjar jvms
  keyjar jvms 4711
  keyjar jvms --json | jq '.running[] | {pid, truststore: .truststore.path}'

Options are taken from the command line, argument files, JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, _JAVA_OPTIONS, -XX:VMOptionsFile and -XX:Flags. Passwords are never shown, only where they were set and whether they open the store. What a program sets itself after its start (System.setProperty) is not seen from outside.

Exit codes: 0 done, 2 could not (the process is gone, another user's, or no JVM).";

#[derive(Args)]
pub(crate) struct Jvms {
    /// One running JVM, by its process's number: everything it was started with.
    #[arg(value_name = "PID")]
    pub(crate) pid: Option<u32>,
}

/// `keyjar jvms`
pub(crate) fn run(command: &Jvms, printer: &Printer) -> Outcome {
    match command.pid {
        Some(pid) => one(pid, printer),
        None => all(printer),
    }
}

fn one(pid: u32, printer: &Printer) -> Outcome {
    let jvm = RunningJvm::find(pid)?;
    if printer.json {
        printer.document(&json!({ "schema": 1, "running": [running(&jvm)] }));
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = String::new();
    running_text(&jvm, true, &mut out);
    printer.text(&out);
    for (path, problem, used_for) in problems(&jvm) {
        printer.hint(&problem.remedy(path, used_for).to_string());
    }
    Ok(ExitCode::SUCCESS)
}

fn all(printer: &Printer) -> Outcome {
    let found = Surroundings::of_this_process().installed();
    let (jvms, hidden) = RunningJvm::all()?;
    if printer.json {
        let hidden: Vec<_> = hidden
            .iter()
            .map(|error| json!({ "why": error.to_string() }))
            .collect();
        printer.document(&json!({
            "schema": 1,
            "installed": found.iter().map(installed).collect::<Vec<_>>(),
            "running": jvms.iter().map(running).collect::<Vec<_>>(),
            "not_looked_into": hidden,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = String::new();
    for installation in &found {
        installed_text(installation, printer.verbose, &mut out);
    }
    for jvm in &jvms {
        running_text(jvm, printer.verbose, &mut out);
    }
    printer.text(&out);
    for error in &hidden {
        printer.warning(&error.to_string());
    }
    printer.note(&format!("{} installed, {} running", found.len(), jvms.len()));
    Ok(ExitCode::SUCCESS)
}

fn installed_text(installation: &Installation, verbose: bool, out: &mut String) {
    let now = clock::now();
    let home = &installation.home;
    let _ = writeln!(
        out,
        "installed  {}  {}  ({})",
        version(&home.release()),
        home.path().display(),
        installation.found_by.join(", ")
    );
    if verbose {
        for path in &installation.other_paths {
            let _ = writeln!(out, "  also         {}", path.display());
        }
    }
    for (name, store) in [
        ("jssecacerts", home.jssecacerts(now)),
        ("cacerts", home.cacerts(now)),
    ] {
        if let Some(store) = store {
            own_store_text(name, &store, verbose, out);
        } else if name == "cacerts" {
            let _ = writeln!(
                out,
                "  cacerts      none: this JVM trusts no server unless told otherwise"
            );
        }
    }
}

fn own_store_text(name: &str, store: &OwnStore, verbose: bool, out: &mut String) {
    let link = if store.real == store.path {
        String::new()
    } else {
        format!(" -> {}", store.real.display())
    };
    let expired = match store.expired.len() {
        0 => String::new(),
        count => format!(", {count} expired"),
    };
    let writable = if store.is_writable {
        "writable"
    } else {
        "not writable"
    };
    let _ = writeln!(
        out,
        "  {name:<12} {}{link}  {}{expired}, {writable}",
        store.path.display(),
        look_text(&store.look)
    );
    if verbose {
        for (alias, at) in &store.expired {
            let day: String = at.to_string().chars().take(10).collect();
            let _ = writeln!(out, "    expired {day}: `{alias}`");
        }
    }
}

fn running_text(jvm: &RunningJvm, verbose: bool, out: &mut String) {
    let process = &jvm.process;
    let main = jvm.main.as_deref().unwrap_or("?");
    let _ = write!(
        out,
        "running    {}  {main}  {}",
        process.pid,
        version(&jvm.release)
    );
    if let Some(home) = &jvm.home {
        let _ = write!(out, "  {}", home.display());
    }
    if let Some(root) = process.root.folder() {
        let _ = write!(out, "  (its / is {})", root.display());
    }
    out.push('\n');
    let asked = jvm.truststore.asked.as_ref();
    let why = match (jvm.truststore.reason, asked) {
        (TruststoreReason::Property, Some(asked)) => format!("from {}", asked.origin),
        (TruststoreReason::FallenBack, Some(asked)) => format!(
            "fallen back to: `{}` from {} is no file that can be read",
            asked.expose_value(),
            asked.origin
        ),
        (TruststoreReason::None, Some(asked)) => format!("NONE, from {}", asked.origin),
        (TruststoreReason::Jssecacerts, _) => String::from("its jssecacerts: no option names another"),
        _ => String::from("its cacerts: no option names another"),
    };
    match &jvm.truststore.store {
        Some(store) => store_text("truststore", store, &why, out),
        None => {
            let _ = writeln!(out, "  truststore   {why}");
        }
    }
    match &jvm.keystore {
        Some(keystore) => {
            let why = format!("from {}", keystore.asked.origin);
            store_text("keystore", &keystore.store, &why, out);
        }
        None => {
            let _ = writeln!(out, "  keystore     none: it shows no client certificate");
        }
    }
    if verbose {
        for option in &jvm.options {
            let _ = writeln!(
                out,
                "  option       {}  (from {})",
                option.redacted(),
                option.origin
            );
        }
    }
    for note in &jvm.notes {
        let _ = writeln!(out, "  note         {note}");
    }
}

fn store_text(name: &str, store: &StoreInUse, why: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "  {name:<12} {}  {}  ({why})",
        store.path.display(),
        if name == "keystore" {
            keys_text(&store.look)
        } else {
            look_text(&store.look)
        }
    );
    if let Some(password) = &store.password {
        let verdict = if store.look.store.is_some() {
            "opens it"
        } else {
            "does not open it"
        };
        let _ = writeln!(out, "    password   set by {}: {verdict}", password.origin);
    }
    if let Some(kind) = &store.store_type {
        let _ = writeln!(
            out,
            "    type       {}, set by {}",
            kind.expose_value(),
            kind.origin
        );
    }
    if let Some(problem) = &store.look.problem {
        let _ = writeln!(out, "    problem    {problem}");
    }
}

/// What is wrong with the stores in use, for the hints.
fn problems(jvm: &RunningJvm) -> Vec<(&Path, &keyjar::jvm::StoreProblem, StoreUse)> {
    let trust = jvm
        .truststore
        .store
        .as_ref()
        .map(|store| (store, StoreUse::Trust));
    let key = jvm.keystore.as_ref().map(|key| (&key.store, StoreUse::Key));
    trust
        .into_iter()
        .chain(key)
        .filter_map(|(store, used_for)| Some((store.path.as_path(), store.look.problem.as_ref()?, used_for)))
        .collect()
}

fn look_text(look: &Look) -> String {
    match (&look.store, look.format) {
        (Some(_), _) => look.to_string(),
        (None, Some(format)) => format!("{format}, not opened"),
        (None, None) => String::from("not opened"),
    }
}

fn keys_text(look: &Look) -> String {
    match (&look.store, look.format, look.keys) {
        (Some(_), Some(format), 1) => format!("{format}, 1 key"),
        (Some(_), Some(format), count) => format!("{format}, {count} keys"),
        _ => look_text(look),
    }
}

fn version(release: &Release) -> String {
    let version = match (&release.version, release.major) {
        (Some(version), _) => version.clone(),
        (None, Some(major)) => major.to_string(),
        (None, None) => String::from("?"),
    };
    match &release.vendor {
        Some(vendor) => format!("{version} ({vendor})"),
        None => version,
    }
}

fn installed(installation: &Installation) -> Value {
    let now = clock::now();
    let home = &installation.home;
    let release = home.release();
    json!({
        "home": home.path(),
        "version": release.version,
        "major": release.major,
        "vendor": release.vendor,
        "kind": if home.is_jdk() { "jdk" } else { "jre" },
        "found_by": installation.found_by,
        "other_paths": installation.other_paths,
        "cacerts": home.cacerts(now).as_ref().map(own_store),
        "jssecacerts": home.jssecacerts(now).as_ref().map(own_store),
    })
}

fn own_store(store: &OwnStore) -> Value {
    let expired: Vec<_> = store
        .expired
        .iter()
        .map(|(alias, at)| json!({ "alias": alias, "not_after": at.to_string() }))
        .collect();
    let mut value = json!({
        "path": store.path,
        "real_path": store.real,
        "symbolic_link": store.is_link,
        "writable": store.is_writable,
        "expired": expired,
    });
    merge(&mut value, look(&store.look, &store.path, StoreUse::Trust));
    value
}

fn look(look: &Look, path: &Path, used_for: StoreUse) -> Value {
    let problem = look.problem.as_ref().map(|problem| {
        json!({
            "kind": problem.name(),
            "message": problem.to_string(),
            "hint": problem.remedy(path, used_for).to_string(),
        })
    });
    json!({
        "format": look.format.map(keyjar::StoreFormat::name),
        "opens": look.store.is_some(),
        "certificates": look.store.as_ref().map(|_| look.anchors),
        "keys": look.store.as_ref().map(|_| look.keys),
        "problem": problem,
    })
}

fn running(jvm: &RunningJvm) -> Value {
    let process = &jvm.process;
    let options: Vec<_> = jvm
        .options
        .iter()
        .map(|option| json!({ "option": option.redacted(), "source": source(&option.origin) }))
        .collect();
    let mut trust = json!({
        "reason": jvm.truststore.reason.name(),
        "asked": jvm.truststore.asked.as_ref().map(Setting::expose_value),
        "source": jvm.truststore.asked.as_ref().map_or_else(
            || Value::from(jvm.truststore.reason.name()),
            |asked| source(&asked.origin),
        ),
        "path": null,
    });
    if let Some(store) = &jvm.truststore.store {
        merge(&mut trust, store_in_use(store, StoreUse::Trust));
    }
    let key = jvm.keystore.as_ref().map(|keystore| {
        let mut key = json!({
            "asked": keystore.asked.expose_value(),
            "source": source(&keystore.asked.origin),
        });
        merge(&mut key, store_in_use(&keystore.store, StoreUse::Key));
        key
    });
    json!({
        "pid": process.pid,
        "uid": process.uid,
        "main": jvm.main,
        "executable": process.executable,
        "launcher": match process.launcher {
            Launcher::Java => "java",
            Launcher::Tool => "tool",
            Launcher::Embedding => "embedded",
        },
        "home": jvm.home,
        "version": jvm.release.version,
        "major": jvm.release.major,
        "vendor": jvm.release.vendor,
        "folder": process.folder,
        "root": process.root.folder(),
        "truststore": trust,
        "keystore": key,
        "options": options,
        "notes": jvm.notes,
    })
}

fn store_in_use(store: &StoreInUse, used_for: StoreUse) -> Value {
    let mut value = json!({
        "path": store.path,
        "found_at": store.here,
        "password": store.password.as_ref().map(|password| json!({
            "source": source(&password.origin),
            "opens": store.look.store.is_some(),
        })),
        "type": store.store_type.as_ref().map(|kind| json!({
            "value": kind.expose_value(),
            "source": source(&kind.origin),
        })),
    });
    merge(&mut value, look(&store.look, &store.path, used_for));
    value
}

/// Where a setting comes from: the name, and the file where it is one.
fn source(origin: &keyjar::jvm::Origin) -> Value {
    use keyjar::jvm::Origin;
    match origin {
        Origin::ArgumentFile(path) | Origin::VmOptionsFile(path) | Origin::FlagsFile(path) => {
            Value::from(format!("{}: {}", origin.name(), path.display()))
        }
        _ => Value::from(origin.name()),
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
