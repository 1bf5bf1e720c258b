//! `keyjar import --into-jvm`: adding to the stores of JVMs' own trust anchors.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use keyjar::jvm::{Home, Root, RunningJvm, Surroundings, TruststoreReason};
use keyjar::keystore::KeyStoreError;
use keyjar::ops::{self, ImportOptions, ImportReport, SourcedCertificate};
use keyjar::{ErrorKind, KeyStore, Limits, Password, fsio};
use serde_json::json;

use super::Outcome;
use super::args::Import;
use super::failure::Failure;
use super::from::{self, Answer};
use super::import;
use super::password::{self, Asked};
use super::printer::Printer;

/// What the copy beside the store is called: there is one, of the store as it was before the first change.
const BACKUP: &str = ".keyjar-backup";

/// A store to add to.
struct Target {
    /// As its JVM names it.
    path: PathBuf,
    /// The file itself, links followed, as found from here.
    real: PathBuf,
}

/// What was done to a store.
struct Done {
    report: ImportReport,
    anchors: usize,
    /// The store as it was, and whether that is kept beside it by this run.
    old: bytes::Bytes,
    backup: PathBuf,
    is_changed: bool,
}

pub(super) fn run(target: &str, command: &Import, printer: &Printer) -> Outcome {
    let targets = targets(target, printer)?;
    let password = password::find(&Asked::TRUSTSTORE, command.writing.storepass.as_ref(), printer)?;
    let answer = from::ask(&command.from, printer)?;
    if matches!(answer, Answer::Declined) {
        return Ok(ExitCode::FAILURE);
    }
    let mut inputs = import::inputs(command, &password, printer)?;
    inputs.extend(answer.inputs());
    let inputs = import::readable(inputs, command, printer)?;
    let options = import::options(command);
    check(&targets, &inputs, &options, &password, command)?;
    let mut done: Vec<(&Target, Done)> = Vec::new();
    for target in &targets {
        match add(target, inputs.clone(), &options, &password) {
            Ok(one) => done.push((target, one)),
            Err(failure) => {
                undo(&done, printer);
                return Err(failure);
            }
        }
    }
    for (target, done) in &done {
        tell(target, done, printer);
    }
    if printer.json {
        printer.document(&document(&done, &answer));
    } else {
        for (target, _) in &done {
            printer.text(&format!("{}\n", target.path.display()));
        }
    }
    if done.iter().any(|(_, done)| done.is_changed) {
        printer.note("no option is needed: a JVM reads its own store at its next start");
    }
    Ok(ExitCode::SUCCESS)
}

/// The stores of a home folder's JVM, a process's, or of all.
fn targets(name: &str, printer: &Printer) -> Result<Vec<Target>, Failure> {
    if name.eq_ignore_ascii_case("all") {
        return all(printer);
    }
    if let Ok(pid) = name.parse() {
        return Ok(vec![of_process(pid)?]);
    }
    let path = fsio::absolute(Path::new(name))?;
    let home = Home::at(&path).or_else(|| Home::of_file(&path.canonicalize().ok()?, &Root::ours()));
    let Some(home) = home else {
        let message =
            format!("`{name}` is no JVM's home folder, and neither the number of a process nor `all`");
        return Err(Failure::new(
            ErrorKind::NotFound,
            message,
            "`keyjar jvms` lists the JVMs of this machine",
        ));
    };
    Ok(vec![of_home(&home)?])
}

fn all(printer: &Printer) -> Result<Vec<Target>, Failure> {
    let mut targets: Vec<Target> = Vec::new();
    for installation in Surroundings::of_this_process().installed() {
        match of_home(&installation.home) {
            Ok(target) if targets.iter().any(|known| known.real == target.real) => {}
            Ok(target) => targets.push(target),
            Err(_) => printer.warning(&format!(
                "left out: `{}` has no cacerts",
                installation.home.path().display()
            )),
        }
    }
    if targets.is_empty() {
        let hint = "name one by its home folder: `--into-jvm HOME`";
        return Err(Failure::new(
            ErrorKind::NotFound,
            "no JVM with a cacerts was found",
            hint,
        ));
    }
    Ok(targets)
}

fn of_home(home: &Home) -> Result<Target, Failure> {
    let path = home.default_store();
    if !fsio::exists(&path) {
        let message = format!(
            "`{}` is not there: this JVM has no trust anchors of its own",
            path.display()
        );
        let hint =
            "`keyjar import CERTIFICATE --truststore PATH` makes a truststore and prints the JVM's options";
        return Err(Failure::new(ErrorKind::NotFound, message, hint));
    }
    Ok(Target {
        real: Root::ours().resolve(&path),
        path,
    })
}

/// The store that a running JVM takes its trust anchors from, if that is its own.
fn of_process(pid: u32) -> Result<Target, Failure> {
    let jvm = RunningJvm::find(pid)?;
    let Some(store) = jvm.truststore.store else {
        return Err(Failure::new(
            ErrorKind::NotFound,
            format!("the JVM {pid} has no truststore that is a file"),
            "`keyjar jvms PID` shows what it uses",
        ));
    };
    match (jvm.truststore.reason, jvm.truststore.asked) {
        (TruststoreReason::Property, Some(asked)) => {
            let path = store.path.display();
            let message = format!(
                "the JVM {pid} does not read its own cacerts: {} gives it `{path}`",
                asked.origin
            );
            let hint = format!("`keyjar import CERTIFICATE --truststore {path}` adds to that one");
            return Err(Failure::new(ErrorKind::Conflict, message, &hint));
        }
        _ if !fsio::exists(&store.here) => {
            let message = format!(
                "`{}`, which the JVM {pid} would read, is not there",
                store.path.display()
            );
            return Err(Failure::new(ErrorKind::NotFound, message, ""));
        }
        _ => {}
    }
    Ok(Target {
        path: store.path,
        real: store.here,
    })
}

/// Everything that can be known before is checked before: all of the stores are changed, or none.
fn check(
    targets: &[Target],
    inputs: &[SourcedCertificate],
    options: &ImportOptions,
    password: &Password,
    command: &Import,
) -> Result<(), Failure> {
    for target in targets {
        let bytes = fsio::read(&target.real, &Limits::DEFAULT)?;
        let mut store = open(bytes, password, target)?;
        let report = ops::import_certificates(&mut store, inputs.to_vec(), options)?;
        if !report.added.is_empty() && !fsio::is_replaceable(&target.real) {
            return Err(read_only(target, command));
        }
    }
    Ok(())
}

/// The better way where a JVM's own store cannot be written.
fn read_only(target: &Target, command: &Import) -> Failure {
    let message = format!(
        "`{}` cannot be written here (another user's, or read-only); nothing was changed",
        target.real.display()
    );
    let inputs: Vec<_> = command
        .inputs
        .iter()
        .map(|input| input.display().to_string())
        .collect();
    let place = std::env::temp_dir().join("truststore.p12");
    let hint = format!(
        "a copy in a writable place does the same: `eval \"$(keyjar import {} --base {} --truststore {} --format export)\"` makes it and sets JAVA_TOOL_OPTIONS",
        inputs.join(" "),
        target.path.display(),
        place.display()
    );
    Failure::new(ErrorKind::Io, message, &hint)
}

fn add(
    target: &Target,
    inputs: Vec<SourcedCertificate>,
    options: &ImportOptions,
    password: &Password,
) -> Result<Done, Failure> {
    let backup = beside(&target.real);
    fsio::update(&target.real, &Limits::DEFAULT, |old| {
        let old = old.unwrap_or_default();
        let mut store = open(old.clone(), password, target)?;
        let report = ops::import_certificates(&mut store, inputs, options)?;
        let is_changed = !report.added.is_empty();
        let bytes = is_changed
            .then(|| import::encode(&store, None, password))
            .transpose()?;
        if is_changed {
            fsio::back_up(&old, &target.real, &backup)?;
        }
        let done = Done {
            anchors: store.trust_anchors().count(),
            report,
            old,
            backup,
            is_changed,
        };
        Ok::<_, Failure>((bytes, store.has_keys(), done))
    })
}

/// Puts back what was changed before another store could not be.
fn undo(done: &[(&Target, Done)], printer: &Printer) {
    for (target, done) in done.iter().filter(|(_, done)| done.is_changed) {
        if let Err(error) = fsio::write(&target.real, &done.old, true) {
            printer.warning(&format!(
                "`{}` could not be put back ({error}); its backup is `{}`",
                target.real.display(),
                done.backup.display()
            ));
        }
    }
}

fn open(bytes: bytes::Bytes, password: &Password, target: &Target) -> Result<KeyStore, Failure> {
    KeyStore::from_bytes(bytes, password)
        .map_err(|error: KeyStoreError| Failure::from(error).context(format!("`{}`", target.path.display())))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(BACKUP);
    path.with_file_name(name)
}

fn tell(target: &Target, done: &Done, printer: &Printer) {
    import::tell(&done.report, &target.path, done.anchors, printer);
    if !done.is_changed {
        return;
    }
    printer.note(&format!("the store as it was: {}", done.backup.display()));
    if target.path != target.real && target.path.is_symlink() {
        printer.warning(&format!(
            "`{}` is a link to `{}`: every JVM that uses it trusts the certificate now, and the system may write it anew; `update-ca-certificates` (Debian, from /usr/local/share/ca-certificates) or `update-ca-trust` (Fedora, from /etc/pki/ca-trust/source/anchors) is its own way",
            target.path.display(),
            target.real.display()
        ));
    }
}

fn document(done: &[(&Target, Done)], answer: &Answer) -> serde_json::Value {
    let stores: Vec<_> = done
        .iter()
        .map(|(target, done)| {
            let mut one = import::document(&done.report, &target.path, answer);
            if let Some(one) = one.as_object_mut() {
                one.remove("schema");
                one.insert(String::from("real_path"), json!(target.real));
                one.insert(String::from("changed"), json!(done.is_changed));
                let backup = fsio::exists(&done.backup).then_some(&done.backup);
                one.insert(String::from("backup"), json!(backup));
            }
            one
        })
        .collect();
    json!({ "schema": 1, "stores": stores })
}
