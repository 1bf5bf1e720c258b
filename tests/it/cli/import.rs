use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{folder, keyjar, keyjar_command, testdata};

fn server() -> String {
    testdata("apm/apm-server.crt").display().to_string()
}

#[test]
fn the_flags_are_the_only_thing_on_stdout() {
    let folder = folder();
    let said = keyjar(
        folder.path(),
        &["import", &server(), "--alias", "apm-server-cert"],
    )
    .exits(0);
    let path = folder.path().join("truststore.p12");
    assert_eq!(
        said.stdout,
        format!(
            "-Djavax.net.ssl.trustStore={} -Djavax.net.ssl.trustStorePassword=changeit -Djavax.net.ssl.trustStoreType=PKCS12\n",
            path.display()
        )
    );
    said.talks_of("added `apm-server-cert`: CN=apm-server");
}

#[test]
fn repeating_it_changes_neither_bytes_nor_time() {
    let folder = folder();
    keyjar(folder.path(), &["import", &server()]).exits(0);
    let path = folder.path().join("truststore.p12");
    let (bytes, time) = (
        fs::read(&path).unwrap(),
        fs::metadata(&path).unwrap().modified().unwrap(),
    );
    keyjar(folder.path(), &["import", &server()])
        .exits(0)
        .talks_of("unchanged");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), time);
}

#[test]
fn a_bundle_a_folder_and_pkcs7_are_taken_whole() {
    let folder = folder();
    keyjar(
        folder.path(),
        &["import", testdata("apm/bundle.p7b").to_str().unwrap()],
    )
    .exits(0)
    .talks_of("2 added");
    let whole = keyjar(
        folder.path(),
        &[
            "import",
            testdata("apm").to_str().unwrap(),
            "--truststore",
            "all.p12",
        ],
    );
    whole.exits(0).talks_of("3 added");
}

#[test]
fn certificates_of_one_subject_get_aliases_of_their_own() {
    let folder = folder();
    let make = |name: &str| {
        let status = std::process::Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                "/dev/null",
            ])
            .args(["-subj", "/CN=Same", "-out", name])
            .current_dir(folder.path())
            .output();
        assert!(status.unwrap().status.success());
    };
    if !crate::support::has("openssl", &["version"]) {
        return;
    }
    make("a.pem");
    make("b.pem");
    keyjar(folder.path(), &["import", "a.pem", "b.pem"])
        .exits(0)
        .talks_of("`Same-2`");
}

#[test]
fn twenty_at_once_all_get_their_certificate_in() {
    let folder = folder();
    let server = server();
    let running: Vec<_> = (0..20)
        .map(|number| {
            let alias = format!("entry-{number}");
            keyjar_command(folder.path())
                .args(["import", &server, "--alias", &alias, "-q"])
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    let list = keyjar(folder.path(), &["list", "truststore.p12", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(document["entries"].as_array().unwrap().len(), 20);
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["truststore.p12"], "nothing else is left in the folder");
}

#[test]
fn a_process_killed_at_any_moment_leaves_the_old_or_the_new_store() {
    let folder = folder();
    keyjar(folder.path(), &["import", &server(), "--alias", "first"]).exits(0);
    for number in 0..40 {
        let alias = format!("a{number}");
        let mut child = keyjar_command(folder.path())
            .args(["import", &server(), "--alias", &alias, "-q"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(150 * number));
        let _ = child.kill();
        child.wait().unwrap();
        keyjar(folder.path(), &["list", "truststore.p12"])
            .exits(0)
            .says("first");
    }
}

#[test]
fn an_existing_store_keeps_its_mode_and_a_link_stays_a_link() {
    let folder = folder();
    let real = folder.path().join("real.p12");
    keyjar(folder.path(), &["import", &server(), "--truststore", "real.p12"]).exits(0);
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.p12", folder.path().join("link.p12")).unwrap();
    let ca = testdata("apm/ca.crt").display().to_string();
    keyjar(folder.path(), &["import", &ca, "--truststore", "link.p12"])
        .exits(0)
        .talks_of("2 trusted in all");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(
        fs::symlink_metadata(folder.path().join("link.p12"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn a_file_of_no_bytes_counts_as_new() {
    let folder = folder();
    fs::write(folder.path().join("truststore.p12"), []).unwrap();
    keyjar(folder.path(), &["import", &server()])
        .exits(0)
        .talks_of("1 added");
}

#[test]
fn a_truststore_starts_from_the_cacerts_of_the_jvm_on_the_path() {
    if crate::support::host().is_none() {
        return;
    }
    let folder = folder();
    let command = |arguments: &[&str]| {
        let mut command = keyjar_command(folder.path());
        crate::support::run(command.env_remove("JAVA_HOME").args(arguments))
    };
    command(&["import", &server(), "--base", "jvm"]).exits(0);
    let list = keyjar(folder.path(), &["list", "truststore.p12", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    assert!(
        document["entries"].as_array().unwrap().len() > 20,
        "{}",
        list.stdout
    );
    let mut nowhere = keyjar_command(folder.path());
    nowhere.env_remove("JAVA_HOME").env("PATH", "/nowhere");
    crate::support::run(nowhere.args(["import", "--base", "jvm", "--truststore", "other.p12"]))
        .exits(2)
        .talks_of("JAVA_HOME");
}
