use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Waiting, classes};
use crate::support::{Jdk, folder, has, jdks, keyjar, keyjar_command, run, testdata};

const PASSWORD: &str = "geheim-4711";

fn look(folder: &Path, jvm: &Waiting) -> Value {
    let said = keyjar(folder, &["jvms", &jvm.pid().to_string(), "--json"]).exits(0);
    assert!(!said.stdout.contains(PASSWORD) && !said.stderr.contains(PASSWORD));
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    document["running"][0].clone()
}

/// A folder with a truststore and a keystore, their names with a blank.
fn stores() -> tempfile::TempDir {
    let folder = folder();
    let file = |name: &str| testdata("apm").join(name).display().to_string();
    let pass = format!("pass:{PASSWORD}");
    let (server, client, key) = (file("apm-server.crt"), file("client.crt"), file("client.key"));
    let trust = ["import", &server, "--truststore", "the trust.p12"];
    keyjar(
        folder.path(),
        &[&trust[..], &["--storepass", &pass, "--profile", "legacy"]].concat(),
    )
    .exits(0);
    let bundle = [
        "bundle",
        "--cert",
        &client,
        "--key",
        &key,
        "--keystore",
        "the key.p12",
    ];
    keyjar(
        folder.path(),
        &[&bundle[..], &["--storepass", &pass, "--profile", "legacy"]].concat(),
    )
    .exits(0);
    folder
}

fn java(jdk: &Jdk, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Waiting {
    let classes = classes().unwrap().display().to_string();
    let mut command = jdk.tool(folder, "java");
    command
        .args(arguments)
        .args(["-cp", &classes, "Wait"])
        .envs(variables.iter().copied());
    Waiting::start(&mut command)
}

/// What keyjar says is what the JVM itself says.
#[track_caller]
fn agree(seen: &Value, jvm: &Waiting, about: &str) {
    assert_eq!(
        seen["truststore"]["asked"].as_str(),
        jvm.says("trustStore"),
        "{about}"
    );
    assert_eq!(
        seen["keystore"]["asked"].as_str(),
        jvm.says("keyStore"),
        "{about}"
    );
    let trusted = match seen["truststore"]["opens"].as_bool() {
        Some(true) => seen["truststore"]["certificates"].to_string(),
        _ if seen["truststore"]["problem"]["kind"] == "missing" => String::from("0"),
        _ => String::from("error"),
    };
    assert_eq!(Some(trusted.as_str()), jvm.says("anchors"), "{about}: {seen}");
}

#[test]
fn every_jdks_options_are_found_wherever_they_come_from() {
    if classes().is_none() {
        return;
    }
    let folder = stores();
    let trust = folder.path().join("the trust.p12").display().to_string();
    fs::write(
        folder.path().join("arg file"),
        format!("# a comment\n\"-Djavax.net.ssl.trustStore={trust}\"\n-Djavax.net.ssl.trustStorePassword='{PASSWORD}'\n"),
    )
    .unwrap();
    for jdk in jdks() {
        let about = format!("JDK {}", jdk.version);
        let old = jdk.is_before(9);

        let tool = format!(
            "'-Djavax.net.ssl.trustStore={trust}' -Djavax.net.ssl.trustStorePassword={PASSWORD} '-Djavax.net.ssl.keyStore=the key.p12' -Djavax.net.ssl.keyStorePassword={PASSWORD}"
        );
        let variables = [
            ("JAVA_TOOL_OPTIONS", tool.as_str()),
            ("JDK_JAVA_OPTIONS", "-Djavax.net.ssl.keyStore=from-jdk.p12"),
        ];
        let jvm = java(&jdk, folder.path(), &[], &variables);
        let seen = look(folder.path(), &jvm);
        agree(&seen, &jvm, &about);
        assert_eq!(seen["truststore"]["source"], "JAVA_TOOL_OPTIONS", "{about}");
        let key_from = if old {
            "JAVA_TOOL_OPTIONS"
        } else {
            "JDK_JAVA_OPTIONS"
        };
        assert_eq!(seen["keystore"]["source"], key_from, "{about}");
        if old {
            assert_eq!(seen["keystore"]["password"]["opens"], true, "{about}");
            assert!(
                seen["notes"][0].as_str().unwrap().contains("JDK_JAVA_OPTIONS"),
                "{about}"
            );
        } else {
            assert_eq!(seen["keystore"]["problem"]["kind"], "missing", "{about}");
        }

        let variables = [("_JAVA_OPTIONS", "-Djavax.net.ssl.trustStore=nowhere/t.p12")];
        let line = format!("-Djavax.net.ssl.trustStore={trust}");
        let jvm = java(&jdk, folder.path(), &[&line], &variables);
        let seen = look(folder.path(), &jvm);
        agree(&seen, &jvm, &about);
        assert_eq!(seen["truststore"]["reason"], "fallback", "{about}");
        assert_eq!(seen["truststore"]["source"], "_JAVA_OPTIONS", "{about}");

        if !old {
            let jvm = java(&jdk, folder.path(), &["@arg file"], &[]);
            let seen = look(folder.path(), &jvm);
            agree(&seen, &jvm, &about);
            assert_eq!(seen["truststore"]["source"], "argument-file: arg file", "{about}");
            assert_eq!(seen["truststore"]["certificates"], 1, "{about}");
        }
    }
}

#[test]
fn a_wrong_password_is_told_without_it() {
    let (Some(_), Some(jdk)) = (classes(), jdks().into_iter().next()) else {
        return;
    };
    let folder = stores();
    let password = format!("-Djavax.net.ssl.trustStorePassword=not-{PASSWORD}");
    let options = ["-Djavax.net.ssl.trustStore=the trust.p12", &password];
    let jvm = java(&jdk, folder.path(), &options, &[]);
    let seen = look(folder.path(), &jvm);
    agree(&seen, &jvm, "a wrong password");
    assert_eq!(seen["truststore"]["problem"]["kind"], "wrong-password");
    assert_eq!(seen["truststore"]["password"]["opens"], false);
    let said = keyjar(folder.path(), &["jvms", &jvm.pid().to_string(), "-v"]).exits(0);
    assert!(!said.stdout.contains(PASSWORD));
    said.says("set by the command line: does not open it")
        .says("-Djavax.net.ssl.trustStorePassword=***")
        .talks_of("hint: `keyjar flags --truststore");
}

#[test]
fn options_behind_the_main_class_are_named_as_ignored() {
    let (Some(classes), Some(jdk)) = (classes(), jdks().into_iter().next()) else {
        return;
    };
    let folder = folder();
    let mut command = jdk.tool(folder.path(), "java");
    command.arg("-cp").arg(classes);
    let jvm = Waiting::start(command.args(["Wait", "-Djavax.net.ssl.trustStore=x.p12"]));
    let seen = look(folder.path(), &jvm);
    agree(&seen, &jvm, "behind the main class");
    assert!(
        seen["notes"][0]
            .as_str()
            .unwrap()
            .contains("behind the main class")
    );
    assert_eq!(seen["truststore"]["reason"], "cacerts");
}

#[test]
fn all_running_jvms_are_listed() {
    let (Some(_), Some(jdk)) = (classes(), jdks().into_iter().next()) else {
        return;
    };
    let folder = folder();
    let jvm = java(&jdk, folder.path(), &[], &[]);
    let said = keyjar(folder.path(), &["jvms", "--json"]).exits(0);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let mut running = document["running"].as_array().unwrap().iter();
    assert!(running.any(|seen| seen["pid"] == jvm.pid() && seen["main"] == "Wait"));
}

#[test]
fn a_process_that_is_gone_is_no_jvm_or_is_not_ours_is_one_sentence() {
    let folder = folder();
    keyjar(folder.path(), &["jvms", "4194304"])
        .exits(2)
        .talks_of("error: there is no process 4194304\n");
    let own = std::process::id().to_string();
    keyjar(folder.path(), &["jvms", &own])
        .exits(2)
        .talks_of("is no JVM");
    let (Some(_), Some(jdk)) = (classes(), jdks().into_iter().next()) else {
        return;
    };
    if !has("setpriv", &["--reuid=65534", "--clear-groups", "true"]) {
        return;
    }
    let jvm = java(&jdk, folder.path(), &[], &[]);
    let program = keyjar_command(folder.path());
    // The tests' folder may be one that others cannot enter.
    let copy = folder.path().join("keyjar");
    fs::copy(program.get_program(), &copy).unwrap();
    run(std::process::Command::new("chmod").arg("0755").arg(folder.path())).exits(0);
    let said = run(std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--clear-groups"])
        .arg(&copy)
        .args(["jvms", &jvm.pid().to_string()]));
    said.exits(2).talks_of("is another user's (uid 0)");
}
