use crate::support::{folder, keyjar, testdata};

#[test]
fn a_truststore_without_anchors_is_refused_with_what_java_would_say() {
    let folder = folder();
    let key = testdata("apm/client.key").display().to_string();
    let cert = testdata("apm/client.crt").display().to_string();
    keyjar(
        folder.path(),
        &[
            "bundle",
            "--cert",
            &cert,
            "--key",
            &key,
            "--storepass",
            "pass:secret1",
        ],
    )
    .exits(0);
    keyjar(
        folder.path(),
        &[
            "flags",
            "--keystore",
            "keystore.p12",
            "--keystore-pass",
            "pass:wrong1",
        ],
    )
    .exits(2)
    .talks_of("password is wrong");
    keyjar(folder.path(), &["flags", "--truststore", "missing.p12"])
        .exits(2)
        .talks_of("cannot read")
        .talks_of("hint: a JVM would use its own cacerts");
}

#[test]
fn a_store_that_the_jdk_in_question_does_not_open_is_refused() {
    let folder = folder();
    let server = testdata("apm/apm-server.crt").display().to_string();
    keyjar(folder.path(), &["import", &server, "--profile", "pbmac1"]).exits(0);
    let flags = ["flags", "--truststore", "truststore.p12"];
    keyjar(folder.path(), &[&flags[..], &["--jdk", "21"]].concat())
        .exits(2)
        .talks_of("not opened by JDK 21: JDKs before 25 do not read PBMAC1")
        .talks_of("hint: `keyjar convert truststore.p12 NEW.p12 --profile modern`");
    keyjar(folder.path(), &[&flags[..], &["--jdk", "26"]].concat()).exits(0);
    keyjar(folder.path(), &flags)
        .exits(0)
        .talks_of("not opened by JDK 8, 11, 17, 21:");
}

#[test]
fn passwords_can_be_hidden() {
    let folder = folder();
    let server = testdata("apm/apm-server.crt").display().to_string();
    keyjar(
        folder.path(),
        &["import", &server, "--storepass", "pass:sentinel-4711"],
    )
    .exits(0);
    let flags = |more: &[&str]| {
        let mut arguments = vec![
            "flags",
            "--truststore",
            "truststore.p12",
            "--truststore-pass",
            "pass:sentinel-4711",
        ];
        arguments.extend(more);
        keyjar(folder.path(), &arguments).exits(0)
    };
    for format in ["shell", "json", "kubernetes", "kafka", "spring", "systemd"] {
        assert!(
            flags(&["--format", format]).stdout.contains("sentinel-4711"),
            "{format}"
        );
        let redacted = flags(&["--format", format, "--redact"]);
        assert!(!redacted.stdout.contains("sentinel-4711"), "{format}");
        assert!(redacted.stdout.contains("***"), "{format}");
    }
}

#[test]
fn a_form_that_the_jdk_does_not_understand_is_refused() {
    let folder = folder();
    let server = testdata("apm/apm-server.crt").display().to_string();
    keyjar(folder.path(), &["import", &server]).exits(0);
    keyjar(
        folder.path(),
        &[
            "flags",
            "--truststore",
            "truststore.p12",
            "--format",
            "argfile",
            "--jdk",
            "8",
        ],
    )
    .exits(2)
    .talks_of("java-tool-options");
}
