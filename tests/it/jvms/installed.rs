use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use keyjar::jvm::{Home, Surroundings};
use serde_json::Value;

use crate::support::{folder, keyjar, keyjar_command, run, testdata};

/// A folder that looks like a JVM's home.
fn jvm(home: &Path, release: &str) {
    fs::create_dir_all(home.join("bin")).unwrap();
    fs::create_dir_all(home.join("lib/security")).unwrap();
    fs::write(home.join("bin/java"), "").unwrap();
    fs::write(home.join("lib/modules"), "").unwrap();
    fs::write(home.join("release"), release).unwrap();
}

#[test]
fn each_jvm_is_found_once_however_many_paths_lead_to_it() {
    let root = folder();
    let at = |path: &str| root.path().join(path);
    jvm(
        &at("usr/lib/jvm/java-21-vendor"),
        "JAVA_VERSION=\"21.0.1\"\nIMPLEMENTOR=\"V\"\n",
    );
    symlink("java-21-vendor", at("usr/lib/jvm/default")).unwrap();
    for home in [
        "home/u/.sdkman/candidates/java/17.0.1-tem",
        "home/u/.asdf/installs/java/temurin-11.0.2",
        "home/u/.jenv/versions/1.8",
        "home/u/.local/share/mise/installs/java/25",
        "home/u/.gradle/jdks/eclipse_adoptium-17",
        "home/u/.jdks/corretto-21.0.4",
        "opt/java/openjdk",
        "opt/jdk-24",
    ] {
        jvm(&at(home), "");
    }
    fs::create_dir_all(at("etc/alternatives")).unwrap();
    symlink(at("usr/lib/jvm/default/bin/java"), at("etc/alternatives/java")).unwrap();
    let variables = [
        ("HOME", at("home/u")),
        ("JAVA_HOME", at("usr/lib/jvm/default")),
        ("PATH", at("opt/java/openjdk/bin")),
    ];
    let variables = variables.map(|(name, value)| (OsString::from(name), value.into_os_string()));
    let surroundings = Surroundings::new(variables, root.path());
    let found = surroundings.installed();
    let homes: Vec<_> = found.iter().map(|jvm| jvm.home.path()).collect();
    assert_eq!(homes.len(), 9, "{homes:?}");
    let first = &found[0];
    assert_eq!(first.home.path(), at("usr/lib/jvm/java-21-vendor"));
    assert_eq!(
        first.found_by,
        ["JAVA_HOME", "/etc/alternatives/java", "/usr/lib/jvm"]
    );
    assert_eq!(first.other_paths, [at("usr/lib/jvm/default")]);
    assert_eq!(first.home.release().major, Some(21));
    assert_eq!(surroundings.default_homes()[0].path(), at("usr/lib/jvm/default"));
    let corretto = found
        .iter()
        .find(|jvm| jvm.home.path().ends_with("corretto-21.0.4"))
        .unwrap();
    assert_eq!(corretto.home.release().vendor.as_deref(), Some("Amazon.com Inc."));
    assert_eq!(corretto.home.release().major, Some(21));
    assert_eq!(corretto.found_by, ["IntelliJ"]);
}

#[test]
fn cacerts_are_told_with_format_count_link_and_expired_ones() {
    let root = folder();
    let home = root.path().join("jdk");
    jvm(&home, "JAVA_VERSION=\"17.0.1\"\n");
    keyjar(
        root.path(),
        &[
            "import",
            testdata("apm").to_str().unwrap(),
            "--truststore",
            "system",
        ],
    )
    .exits(0);
    symlink("../../../system", home.join("lib/security/cacerts")).unwrap();
    let said = run(keyjar_command(root.path())
        .args(["jvms", "--json"])
        .env("JAVA_HOME", &home))
    .exits(0);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let first = &document["installed"][0];
    assert_eq!(first["found_by"][0], "JAVA_HOME");
    assert_eq!(first["cacerts"]["symbolic_link"], true);
    assert_eq!(
        first["cacerts"]["real_path"],
        root.path().join("system").to_str().unwrap()
    );
    assert_eq!(first["cacerts"]["format"], "pkcs12");
    assert_eq!(first["cacerts"]["certificates"], 3);
    assert_eq!(first["cacerts"]["writable"], true);
}

#[test]
fn what_has_expired_at_an_instant_is_told_by_its_alias() {
    let root = folder();
    let home = root.path().join("jdk");
    jvm(&home, "");
    let store = home.join("lib/security/cacerts");
    let server = testdata("apm/apm-server.crt").display().to_string();
    let arguments = ["import", &server, "--alias", "one", "--truststore"];
    keyjar(
        root.path(),
        &[&arguments[..], &[store.to_str().unwrap()]].concat(),
    )
    .exits(0);
    let home = Home::at(&home).unwrap();
    let expired = |now: &str| home.cacerts(now.parse().unwrap()).unwrap().expired;
    assert!(expired("2027-01-01T00:00:00Z").is_empty());
    assert_eq!(expired("2227-01-01T00:00:00Z")[0].0, "one");
}
