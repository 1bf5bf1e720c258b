//! Faults of the machine: whatever happens, the old store is whole or the new one is, nothing else stays in the
//! folder, and the message names the file and the cause.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use keyjar::keystore::TrustedCertificateEntry;
use keyjar::{Certificate, Entry, KeyStore, Password, StoreFormat};

use crate::support::{folder, keyjar, keyjar_command, run, testdata};

/// Certificates that differ in their serial number.
fn certificates(count: u32) -> Vec<Certificate> {
    let first = Certificate::from_pem(&fs::read(testdata("apm/ca.crt")).unwrap()).unwrap();
    let serial = first.serial().to_vec();
    let at = first
        .as_der()
        .windows(serial.len())
        .position(|window| window == serial)
        .unwrap();
    (0..count)
        .map(|number| {
            let mut der = first.as_der().to_vec();
            der[at + 4..at + 8].copy_from_slice(&number.to_be_bytes());
            Certificate::from_der(der).unwrap()
        })
        .collect()
}

fn pem(folder: &Path, name: &str, certificates: &[Certificate]) -> String {
    let text: String = certificates
        .iter()
        .map(|certificate| keyjar::pem::encode("CERTIFICATE", certificate.as_der()))
        .collect();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A truststore of that many certificates.
fn store(path: &Path, count: u32, format: StoreFormat) {
    let mut store = KeyStore::new();
    for (number, certificate) in certificates(count).into_iter().enumerate() {
        let entry = Entry::TrustedCertificate(TrustedCertificateEntry::new(certificate));
        store.insert(&format!("old-{number}"), entry).unwrap();
    }
    let bytes = store
        .encoder()
        .format(format)
        .to_bytes(&Password::new("changeit"))
        .unwrap();
    fs::write(path, bytes).unwrap();
}

fn aliases(path: &Path) -> Vec<String> {
    let store = KeyStore::open(path, &Password::new("changeit")).unwrap();
    store.aliases().map(|alias| alias.as_str().to_owned()).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn server() -> String {
    testdata("apm/apm-server.crt").display().to_string()
}

/// Something of the system that is undone when the test ends, however it ends.
struct Undo(&'static str, Vec<String>);

impl Undo {
    /// Does it; nothing, visibly, where that needs rights that are not there.
    fn of(program: &'static str, make: &[&str], undo: &[&str]) -> Option<Self> {
        let output = Command::new(make[0]).args(&make[1..]).output();
        if output.is_ok_and(|output| output.status.success()) {
            let undo = undo.iter().map(ToString::to_string).collect();
            return Some(Self(program, undo));
        }
        eprintln!("SKIPPED: `{}` is not allowed or not there", make.join(" "));
        None
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        let _ = Command::new(self.0).args(&self.1).status();
    }
}

fn small_disk(at: &Path) -> Option<Undo> {
    fs::create_dir(at).unwrap();
    let at = at.to_str().unwrap();
    Undo::of(
        "umount",
        &["mount", "-t", "tmpfs", "-o", "size=64k", "none", at],
        &[at],
    )
}

#[test]
fn a_full_disk_leaves_the_old_store_and_says_so() {
    let folder = folder();
    let disk = folder.path().join("disk");
    let Some(_mounted) = small_disk(&disk) else {
        return;
    };
    let path = disk.join("trust.p12");
    store(&path, 20, StoreFormat::Pkcs12);
    let before = fs::read(&path).unwrap();
    let many = pem(folder.path(), "many.pem", &certificates(200)[20..]);
    keyjar(
        folder.path(),
        &["import", &many, "--truststore", path.to_str().unwrap()],
    )
    .exits(2)
    .talks_of("cannot write `")
    .talks_of("disk/trust.p12`")
    .talks_of("No space left on device")
    .talks_of("hint: the file as it was is unharmed; make room");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(&disk), ["trust.p12"]);
}

#[test]
fn a_disk_mounted_read_only_leaves_the_store_and_says_so() {
    let folder = folder();
    let disk = folder.path().join("disk");
    let Some(_mounted) = small_disk(&disk) else {
        return;
    };
    let path = disk.join("trust.p12");
    store(&path, 3, StoreFormat::Pkcs12);
    let before = fs::read(&path).unwrap();
    run(Command::new("mount").args(["-o", "remount,ro"]).arg(&disk)).exits(0);
    keyjar(
        folder.path(),
        &["import", &server(), "--truststore", path.to_str().unwrap()],
    )
    .exits(2)
    .talks_of("cannot write `")
    .talks_of("Read-only file system")
    .talks_of("hint:");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(&disk), ["trust.p12"]);
}

#[test]
fn an_immutable_store_is_left_and_named() {
    let folder = folder();
    let path = folder.path().join("truststore.p12");
    store(&path, 3, StoreFormat::Pkcs12);
    let before = fs::read(&path).unwrap();
    let at = path.to_str().unwrap();
    let Some(_set) = Undo::of("chattr", &["chattr", "+i", at], &["-i", at]) else {
        return;
    };
    keyjar(folder.path(), &["import", &server()])
        .exits(2)
        .talks_of("cannot write `truststore.p12`: Operation not permitted")
        .talks_of("chattr -i");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["truststore.p12"]);
}

#[test]
fn a_folder_one_may_not_write_to_leaves_the_store_and_says_so() {
    let folder = folder();
    let (program, inputs) = (folder.path().join("keyjar"), folder.path().join("input"));
    fs::copy(env!("CARGO_BIN_EXE_keyjar"), &program).unwrap();
    fs::create_dir(&inputs).unwrap();
    store(&inputs.join("trust.p12"), 3, StoreFormat::Pkcs12);
    fs::copy(server(), inputs.join("server.crt")).unwrap();
    for (path, mode) in [(folder.path(), 0o755), (&program, 0o755), (&inputs, 0o555)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let before = fs::read(inputs.join("trust.p12")).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&program);
        command
    } else {
        Command::new(&program)
    };
    run(command.current_dir(&inputs).args([
        "import",
        "server.crt",
        "--truststore",
        "trust.p12",
        "--storepass",
        "pass:changeit",
    ]))
    .exits(2)
    .talks_of("cannot write `trust.p12`: Permission denied")
    .talks_of("the folder must be writable");
    assert_eq!(fs::read(inputs.join("trust.p12")).unwrap(), before);
    assert_eq!(names(&inputs), ["server.crt", "trust.p12"]);
}

#[test]
fn a_folder_that_is_not_there_is_named_with_the_command_that_makes_it() {
    let folder = folder();
    keyjar(
        folder.path(),
        &["import", &server(), "--truststore", "none/trust.p12"],
    )
    .exits(2)
    .talks_of("cannot write `none/trust.p12`: No such file or directory")
    .talks_of("mkdir -p");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_lock_that_another_process_keeps_is_told_with_its_holder() {
    let folder = folder();
    let path = folder.path().join("truststore.p12");
    store(&path, 3, StoreFormat::Pkcs12);
    let before = fs::read(&path).unwrap();
    let held = fs::File::open(folder.path()).unwrap();
    held.lock().unwrap();
    let import = |seconds: &str| {
        let mut command = keyjar_command(folder.path());
        command
            .args(["import", &server()])
            .env("KEYJAR_LOCK_TIMEOUT", seconds);
        command
    };
    run(&mut import("1"))
        .exits(2)
        .talks_of(&format!(
            "cannot write `truststore.p12`: its folder is locked by process {} (",
            std::process::id()
        ))
        .talks_of("KEYJAR_LOCK_TIMEOUT=SECONDS");
    assert_eq!(fs::read(&path).unwrap(), before);

    // One that is given up in time is only waited for.
    let mut waiting = import("50").stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert!(waiting.try_wait().unwrap().is_none(), "it waits");
    held.unlock().unwrap();
    assert!(waiting.wait().unwrap().success());
    assert_eq!(aliases(&path).len(), 4);

    run(&mut import("soon")).exits(2).talks_of("no number of seconds");
}

/// Ends the program by a signal at moments spread over its run, and looks at what it leaves.
fn ended_by(signal: &str, leaves_nothing: bool) {
    let folder = folder();
    let path = folder.path().join("truststore.p12");
    let input = pem(folder.path(), "new.pem", &certificates(800)[400..]);
    store(&path, 400, StoreFormat::Pkcs12);
    let old = fs::read(&path).unwrap();
    let import = || {
        keyjar_command(folder.path())
            .args(["import", &input, "-q"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let start = std::time::Instant::now();
    assert!(import().wait().unwrap().success());
    let whole = start.elapsed();
    let (mut before, mut after) = (0, 0);
    let runs = 40;
    for number in 0..runs {
        fs::write(&path, &old).unwrap();
        let mut child = import();
        std::thread::sleep(whole * number / runs * 11 / 10);
        run(Command::new("kill").arg(signal).arg(child.id().to_string()));
        child.wait().unwrap();
        match aliases(&path).len() {
            400 => {
                assert_eq!(fs::read(&path).unwrap(), old);
                before += 1;
            }
            800 => after += 1,
            other => panic!("a store of {other} entries, run {number}"),
        }
        let left = names(folder.path());
        if leaves_nothing {
            assert_eq!(left, ["new.pem", "truststore.p12"], "run {number}");
        }
    }
    eprintln!("{signal}: {before} times the old store, {after} times the new one");
    assert!(before > 0, "no run was ended before its end");
}

#[test]
fn sigterm_at_any_moment_leaves_the_old_or_the_new_store_and_nothing_else() {
    ended_by("-TERM", true);
}

#[test]
fn sigint_at_any_moment_leaves_the_old_or_the_new_store_and_nothing_else() {
    ended_by("-INT", true);
}

#[test]
fn sigkill_at_any_moment_leaves_the_old_or_the_new_store() {
    ended_by("-KILL", false);
}

#[test]
fn what_a_killed_process_left_an_hour_ago_is_removed_by_the_next_write() {
    let folder = folder();
    let left = |name: &str, seconds: u64| {
        let path = folder.path().join(name);
        fs::write(&path, "a key, perhaps").unwrap();
        let time = std::time::SystemTime::now() - Duration::from_secs(seconds);
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(time)
            .unwrap();
    };
    left(".keyjar-old.tmp", 3700);
    left(".keyjar-young.tmp", 60);
    left("other.tmp", 3700);
    keyjar(folder.path(), &["import", &server()]).exits(0);
    assert_eq!(
        names(folder.path()),
        [".keyjar-young.tmp", "other.tmp", "truststore.p12"]
    );
}

/// Twenty processes at once, each with a certificate of its own, every fourth with a key where `with_keys`.
fn twenty_at_once(format: StoreFormat, with_keys: bool) {
    let folder = folder();
    let path = folder.path().join("store");
    store(&path, 2, format);
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    let new = certificates(30);
    let mut running = Vec::new();
    for number in 0..20 {
        let alias = format!("new-{number}");
        let mut command = keyjar_command(folder.path());
        if with_keys && number % 4 == 0 {
            command
                .args([
                    "bundle",
                    "--cert",
                    &file("client.crt"),
                    "--key",
                    &file("client.key"),
                ])
                .args(["--keystore", "store", "--storepass", "pass:changeit"]);
        } else {
            let input = pem(
                folder.path(),
                &format!("{number}.pem"),
                &new[10 + number..=10 + number],
            );
            command.args(["import", &input, "--truststore", "store"]);
        }
        command
            .args(["--alias", &alias, "-q"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        running.push(command.spawn().unwrap());
    }
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let store = KeyStore::open(&path, &Password::new("changeit")).unwrap();
    assert_eq!((store.format(), store.len()), (format, 22));
    for number in 0..20 {
        let entry = store
            .get(&keyjar::Alias::new(&format!("new-{number}")))
            .unwrap_or_else(|| panic!("new-{number} is lost"));
        if !(with_keys && number % 4 == 0) {
            assert_eq!(entry.certificates(), &new[10 + number..=10 + number]);
        }
    }
    assert!(
        names(folder.path()).iter().all(|name| !name.ends_with(".tmp")),
        "a temporary file is left"
    );
}

#[test]
fn twenty_imports_at_once_into_a_pkcs12_store_all_succeed() {
    twenty_at_once(StoreFormat::Pkcs12, false);
}

#[test]
fn twenty_imports_at_once_into_a_jks_store_all_succeed() {
    twenty_at_once(StoreFormat::Jks, false);
}

#[test]
fn imports_and_bundles_at_once_into_one_store_all_succeed() {
    twenty_at_once(StoreFormat::Pkcs12, true);
    twenty_at_once(StoreFormat::Jks, true);
}

#[test]
fn an_existing_store_keeps_its_owner_where_the_system_allows_it() {
    let folder = folder();
    let path = folder.path().join("truststore.p12");
    store(&path, 1, StoreFormat::Pkcs12);
    if std::os::unix::fs::chown(&path, Some(65534), Some(65533)).is_err() {
        eprintln!("SKIPPED: only root gives files away");
        return;
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    keyjar(folder.path(), &["import", &server()]).exits(0);
    let after = fs::metadata(&path).unwrap();
    assert_eq!((after.uid(), after.gid()), (65534, 65533));
    assert_eq!(after.permissions().mode() & 0o7777, 0o604);
}

#[test]
fn a_chain_of_links_is_followed_to_a_store_in_another_folder() {
    let folder = folder();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    store(&real.join("trust.p12"), 1, StoreFormat::Pkcs12);
    let link = |from: &str, to: &str| {
        std::os::unix::fs::symlink(to, folder.path().join(from)).unwrap();
    };
    link("one.p12", "two.p12");
    link("two.p12", "real/trust.p12");
    keyjar(folder.path(), &["import", &server(), "--truststore", "one.p12"]).exits(0);
    assert_eq!(aliases(&real.join("trust.p12")).len(), 2);
    assert_eq!(
        fs::read_link(folder.path().join("two.p12")).unwrap(),
        PathBuf::from("real/trust.p12")
    );

    // One that leads to nothing yet is where the new store goes.
    link("new.p12", "real/new.p12");
    keyjar(folder.path(), &["import", &server(), "--truststore", "new.p12"]).exits(0);
    assert_eq!(aliases(&real.join("new.p12")).len(), 1);

    link("round.p12", "about.p12");
    link("about.p12", "round.p12");
    keyjar(folder.path(), &["import", &server(), "--truststore", "round.p12"])
        .exits(2)
        .talks_of("too many symbolic links");
}

#[test]
fn a_bundle_into_a_file_of_no_bytes_is_a_new_keystore_and_repeating_it_changes_nothing() {
    let folder = folder();
    let path = folder.path().join("keystore.p12");
    fs::write(&path, []).unwrap();
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    let bundle = || {
        keyjar(
            folder.path(),
            &[
                "bundle",
                "--cert",
                &file("client.crt"),
                "--key",
                &file("client.key"),
                "--storepass",
                "pass:changeit",
            ],
        )
    };
    bundle().exits(0);
    let (bytes, time) = (
        fs::read(&path).unwrap(),
        fs::metadata(&path).unwrap().modified().unwrap(),
    );
    bundle().exits(0).talks_of("unchanged");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), time);
}
