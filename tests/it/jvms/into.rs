//! Adding to a JVM's own store, held against JVMs that have it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::{Waiting, classes};
use crate::support::{Said, folder, has, host, keyjar, keyjar_command, run, testdata};

/// A runtime of its own, made once by jlink; `None` where that is missing.
fn runtime() -> Option<&'static Path> {
    static MADE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        if classes().is_none() || !has("jlink", &["--version"]) {
            return None;
        }
        // Kept for the next run: it is large, and takes seconds.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let home = target.join("jvm-runtime");
        if !home.is_dir() {
            let folder = tempfile::tempdir_in(target).unwrap();
            let making = folder.path().join("runtime");
            run(Command::new("jlink")
                .args(["--add-modules", "java.base", "--output"])
                .arg(&making))
            .exits(0);
            fs::rename(making, &home).unwrap();
        }
        Some(home)
    });
    made.as_deref()
}

/// A folder with a copy of the runtime.
fn own_runtime() -> Option<tempfile::TempDir> {
    let runtime = runtime()?;
    let folder = folder();
    run(Command::new("cp")
        .args(["-a", "--reflink=auto"])
        .arg(runtime)
        .arg(folder.path().join("jvm")))
    .exits(0);
    Some(folder)
}

fn store(folder: &Path) -> PathBuf {
    folder.join("jvm/lib/security/cacerts")
}

fn import(folder: &Path, target: &str) -> Said {
    let server = testdata("apm/apm-server.crt").display().to_string();
    keyjar(
        folder,
        &["import", &server, "--alias", "apm", "--into-jvm", target],
    )
}

/// How many certificates the JVM itself trusts.
fn anchors(folder: &Path, variables: &[(&str, &str)]) -> usize {
    let jvm = start(folder, variables);
    jvm.says("anchors").unwrap().parse().unwrap()
}

fn start(folder: &Path, variables: &[(&str, &str)]) -> Waiting {
    let mut command = Command::new(folder.join("jvm/bin/java"));
    command.envs(variables.iter().copied());
    Waiting::start(command.arg("-cp").arg(classes().unwrap()).arg("Wait"))
}

#[test]
fn a_jvm_trusts_what_was_added_to_its_store_and_the_store_as_it_was_is_kept() {
    let Some(folder) = own_runtime() else { return };
    let folder = folder.path();
    let store = store(folder);
    let before = fs::read(&store).unwrap();
    fs::set_permissions(&store, fs::Permissions::from_mode(0o640)).unwrap();
    let trusted = anchors(folder, &[]);
    let said = import(folder, "jvm").exits(0);
    assert_eq!(said.stdout, format!("{}\n", store.display()));
    said.talks_of("1 added").talks_of("cacerts.keyjar-backup");
    assert_eq!(anchors(folder, &[]), trusted + 1);
    assert_eq!(fs::metadata(&store).unwrap().permissions().mode() & 0o777, 0o640);
    let backup = store.with_file_name("cacerts.keyjar-backup");
    assert_eq!(fs::read(&backup).unwrap(), before);

    let (bytes, time) = (
        fs::read(&store).unwrap(),
        fs::metadata(&store).unwrap().modified().unwrap(),
    );
    import(folder, "jvm").exits(0).talks_of("unchanged");
    assert_eq!(fs::read(&store).unwrap(), bytes);
    assert_eq!(fs::metadata(&store).unwrap().modified().unwrap(), time);

    let ca = testdata("apm/ca.crt").display().to_string();
    keyjar(folder, &["import", &ca, "--into-jvm", "jvm"]).exits(0);
    assert_eq!(
        fs::read(&backup).unwrap(),
        before,
        "the backup is of the store before the first change"
    );
    let jdk = host().unwrap();
    let list = [
        "-list",
        "-keystore",
        store.to_str().unwrap(),
        "-storepass",
        "changeit",
        "-alias",
        "apm",
    ];
    jdk.keytool(folder, &list).exits(0).says("trustedCertEntry");
}

#[test]
fn a_running_jvm_names_its_store_and_one_with_another_truststore_is_refused() {
    let Some(folder) = own_runtime() else { return };
    let folder = folder.path();
    let jvm = start(folder, &[]);
    import(folder, &jvm.pid().to_string())
        .exits(0)
        .talks_of("1 added");
    let server = testdata("apm/apm-server.crt").display().to_string();
    keyjar(folder, &["import", &server, "--truststore", "own.p12"]).exits(0);
    let before = fs::read(store(folder)).unwrap();
    let own = format!("-Djavax.net.ssl.trustStore={}/own.p12", folder.display());
    let jvm = start(folder, &[("JAVA_TOOL_OPTIONS", &own)]);
    import(folder, &jvm.pid().to_string())
        .exits(2)
        .talks_of("JAVA_TOOL_OPTIONS gives it")
        .talks_of("own.p12");
    assert_eq!(fs::read(store(folder)).unwrap(), before);
}

#[test]
fn a_containers_entrypoint_is_one_command() {
    let Some(folder) = own_runtime() else { return };
    let folder = folder.path();
    let trusted = anchors(folder, &[]);
    fs::create_dir(folder.join("certs")).unwrap();
    for name in ["apm-server.crt", "ca.crt"] {
        fs::copy(testdata("apm").join(name), folder.join("certs").join(name)).unwrap();
        fs::copy(
            testdata("apm").join(name),
            folder.join("certs").join(format!("again-{name}")),
        )
        .unwrap();
    }
    let script = r#"
        export JAVA_TOOL_OPTIONS='-Dkept="a b"'
        eval "$("$KEYJAR" import certs --base jvm --truststore "my $ store.p12" --format export)"
        exec jvm/bin/java -cp "$CLASSES" Wait
    "#;
    let program = keyjar_command(folder);
    let jvm = Waiting::start(
        Command::new("sh")
            .args(["-c", script])
            .env("KEYJAR", program.get_program())
            .env("CLASSES", classes().unwrap())
            .env("JAVA_HOME", folder.join("jvm"))
            .current_dir(folder),
    );
    assert_eq!(
        jvm.says("anchors").unwrap().parse::<usize>().unwrap(),
        trusted + 2
    );
    let said = keyjar(folder, &["jvms", &jvm.pid().to_string(), "-v"]).exits(0);
    said.says("my $ store.p12")
        .says("-Dkept=a b  (from JAVA_TOOL_OPTIONS)");
}

/// A home folder with a store of ours.
fn home(folder: &Path, arguments: &[&str]) -> PathBuf {
    let store = store(folder);
    fs::create_dir_all(store.parent().unwrap()).unwrap();
    let ca = testdata("apm/ca.crt").display().to_string();
    let base = ["import", &ca, "--truststore", store.to_str().unwrap()];
    keyjar(folder, &[&base[..], arguments].concat()).exits(0);
    store
}

#[test]
fn the_format_of_the_store_is_kept() {
    for profile in ["passwordless", "legacy", "trust"] {
        let folder = folder();
        let store = home(folder.path(), &["--profile", profile]);
        let mac = |path: &Path| -> Value {
            let list = [
                "list",
                path.to_str().unwrap(),
                "--json",
                "--storepass",
                "pass:changeit",
            ];
            let said = keyjar(folder.path(), &list).exits(0);
            let document: Value = serde_json::from_str(&said.stdout).unwrap();
            document["mac"].clone()
        };
        let before = mac(&store);
        import(folder.path(), "jvm").exits(0).talks_of("2 trusted in all");
        assert_eq!(mac(&store), before, "{profile}");
    }
    let folder = folder();
    let store = home(folder.path(), &[]);
    let jks = folder.path().join("x.jks").display().to_string();
    let convert = [
        "convert",
        store.to_str().unwrap(),
        &jks,
        "--storepass",
        "pass:changeit",
    ];
    keyjar(folder.path(), &convert).exits(0);
    fs::rename(&jks, &store).unwrap();
    import(folder.path(), "jvm").exits(0);
    assert_eq!(fs::read(&store).unwrap()[..4], [0xfe, 0xed, 0xfe, 0xed]);
}

#[test]
fn a_link_to_the_systems_store_is_followed_and_that_is_said() {
    let folder = folder();
    let store = home(folder.path(), &[]);
    let system = folder.path().join("system");
    fs::rename(&store, &system).unwrap();
    symlink("../../../system", &store).unwrap();
    import(folder.path(), "jvm")
        .exits(0)
        .talks_of("is a link to")
        .talks_of("update-ca-certificates");
    assert!(store.is_symlink());
    assert!(folder.path().join("system.keyjar-backup").exists());
    assert!(!store.with_file_name("cacerts.keyjar-backup").exists());
}

#[test]
fn jssecacerts_is_the_store_where_there_is_one() {
    let folder = folder();
    let store = home(folder.path(), &[]);
    fs::copy(&store, store.with_file_name("jssecacerts")).unwrap();
    let before = fs::read(&store).unwrap();
    import(folder.path(), "jvm").exits(0).talks_of("jssecacerts");
    assert_eq!(fs::read(&store).unwrap(), before);
}

#[test]
fn what_cannot_be_written_is_refused_with_the_better_way_and_nothing_is_changed() {
    let folder = folder();
    let store = home(folder.path(), &[]);
    let before = fs::read(&store).unwrap();
    if !has("setpriv", &["--reuid=65534", "--clear-groups", "true"]) {
        return;
    }
    let program = folder.path().join("keyjar");
    fs::copy(keyjar_command(folder.path()).get_program(), &program).unwrap();
    let server = folder.path().join("server.crt");
    fs::copy(testdata("apm/apm-server.crt"), &server).unwrap();
    run(Command::new("chmod").args(["-R", "a+rX"]).arg(folder.path())).exits(0);
    let as_nobody = |target: &str| {
        run(Command::new("setpriv")
            .args(["--reuid=65534", "--clear-groups"])
            .arg(&program)
            .arg("import")
            .arg(&server)
            .args(["--into-jvm", target])
            .env("JAVA_HOME", folder.path().join("jvm"))
            .env_remove("HOME")
            .current_dir(folder.path()))
    };
    // Of all the JVMs some belong to root: so none is changed.
    for target in ["jvm", "all"] {
        as_nobody(target)
            .exits(2)
            .talks_of("nothing was changed")
            .talks_of("--format export");
    }
    assert_eq!(fs::read(&store).unwrap(), before);
    assert_eq!(fs::read_dir(store.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn what_is_no_jvm_and_what_does_not_open_is_one_sentence() {
    let folder = folder();
    import(folder.path(), "nowhere")
        .exits(2)
        .talks_of("is no JVM's home folder");
    import(folder.path(), "4194304")
        .exits(2)
        .talks_of("there is no process");
    home(folder.path(), &["--storepass", "pass:another"]);
    import(folder.path(), "jvm")
        .exits(2)
        .talks_of("password is wrong");
    let server = testdata("apm/apm-server.crt").display().to_string();
    let both = ["import", &server, "--into-jvm", "jvm", "--truststore", "x.p12"];
    keyjar(folder.path(), &both)
        .exits(2)
        .talks_of("cannot be used with");
}
