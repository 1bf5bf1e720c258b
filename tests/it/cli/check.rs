use serde_json::Value;

use crate::support::{folder, keyjar, testdata};

fn apm(name: &str) -> String {
    testdata("apm").join(name).display().to_string()
}

/// keytool's store, whose certificates are encrypted under `secret1`.
fn encrypted() -> String {
    testdata("pkcs12/keytool17.p12").display().to_string()
}

/// A folder with a truststore of the server's own certificate.
fn with_truststore() -> tempfile::TempDir {
    let folder = folder();
    keyjar(
        folder.path(),
        &["import", &apm("apm-server.crt"), "--truststore", "t.p12"],
    )
    .exits(0);
    folder
}

fn json(folder: &tempfile::TempDir, arguments: &[&str], code: i32) -> Value {
    let mut all = vec!["check", "--json"];
    all.extend(arguments);
    serde_json::from_str(&keyjar(folder.path(), &all).exits(code).stdout).unwrap()
}

fn check<'a>(document: &'a Value, name: &str) -> &'a Value {
    let checks = document["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("no check `{name}` in {document:#}"))
}

#[test]
fn a_trusted_server_is_accepted_with_exit_0() {
    let folder = with_truststore();
    keyjar(
        folder.path(),
        &[
            "check",
            &apm("apm-server.crt"),
            "--truststore",
            "t.p12",
            "--host",
            "localhost",
        ],
    )
    .exits(0)
    .says("JDK 25 accepts the chain");
}

#[test]
fn the_document_has_the_fixed_keys() {
    let folder = with_truststore();
    let document = json(
        &folder,
        &[
            &apm("apm-server.crt"),
            "--truststore",
            "t.p12",
            "--host",
            "localhost",
        ],
        0,
    );
    assert_eq!(document["schema"], 1);
    assert_eq!(document["accepted"], true);
    assert_eq!(document["jdk"], 25);
    assert!(document["java_exception"].is_null());
    assert!(document["hints"].as_array().unwrap().is_empty());
    assert_eq!(check(&document, "host-name")["ok"], true);
}

#[test]
fn a_host_the_certificate_is_not_for_is_refused_in_javas_words() {
    let folder = with_truststore();
    for (jdk, expected) in [
        (
            "17",
            "javax.net.ssl.SSLHandshakeException: No subject alternative DNS name matching example.com found.",
        ),
        (
            "21",
            "javax.net.ssl.SSLHandshakeException: (certificate_unknown) No subject alternative DNS name matching \
             example.com found.",
        ),
    ] {
        let arguments = [
            &apm("apm-server.crt"),
            "--truststore",
            "t.p12",
            "--host",
            "example.com",
            "--jdk",
            jdk,
        ];
        let document = json(&folder, &arguments, 1);
        assert_eq!(document["java_exception"], expected);
        assert_eq!(check(&document, "host-name")["ok"], false);
    }
}

#[test]
fn an_unknown_issuer_is_named_with_the_command_that_adds_it() {
    let folder = folder();
    keyjar(
        folder.path(),
        &["import", &apm("ca.crt"), "--truststore", "my store.p12"],
    )
    .exits(0);
    let chain = apm("apm-server.crt");
    let document = json(
        &folder,
        &[&chain, "--truststore", "my store.p12", "--jdk", "8"],
        1,
    );
    assert_eq!(
        document["java_exception"],
        "javax.net.ssl.SSLHandshakeException: PKIX path building failed: \
         sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to \
         requested target"
    );
    let hints = document["hints"].to_string();
    assert!(
        hints.contains(&format!("keyjar import {chain} --truststore 'my store.p12'")),
        "{hints}"
    );
}

#[test]
fn a_truststore_that_is_not_there_is_told_as_the_fall_back_it_is() {
    let folder = folder();
    let document = json(
        &folder,
        &[
            &apm("apm-server.crt"),
            "--truststore",
            "missing.p12",
            "--jdk",
            "17",
        ],
        1,
    );
    let found = check(&document, "truststore");
    assert_eq!(found["ok"], false);
    assert!(
        found["detail"]
            .as_str()
            .unwrap()
            .contains("uses its own cacerts instead")
    );
    assert!(
        document["java_exception"]
            .as_str()
            .unwrap()
            .contains("PKIX path building failed")
    );
}

#[test]
fn stores_that_cannot_be_loaded_break_the_context_as_each_jdk_says() {
    let folder = with_truststore();
    std::fs::write(folder.path().join("empty"), b"").unwrap();
    let head =
        "java.net.SocketException: java.security.NoSuchAlgorithmException: Error constructing implementation";
    for (store, more, jdk, tail) in [
        (
            apm("ca.crt"),
            vec![],
            "8",
            "java.io.IOException: Invalid keystore format",
        ),
        (
            apm("ca.crt"),
            vec![],
            "11",
            "java.io.IOException: toDerInputStream rejects tag type 45",
        ),
        (
            apm("ca.crt"),
            vec![],
            "17",
            "java.security.KeyManagementException: problem accessing trust store",
        ),
        (String::from("empty"), vec![], "8", "java.io.EOFException"),
        (
            String::from("t.p12"),
            vec!["--truststore-type", "p12"],
            "8",
            "java.security.KeyStoreException: p12 not found",
        ),
        (
            encrypted(),
            vec!["--truststore-pass", "pass:wrong"],
            "11",
            "java.io.IOException: keystore password was incorrect",
        ),
    ] {
        let chain = apm("apm-server.crt");
        let mut arguments = vec![chain.as_str(), "--truststore", &store, "--jdk", jdk];
        arguments.extend(more);
        let document = json(&folder, &arguments, 1);
        let exception = document["java_exception"].as_str().unwrap();
        assert!(exception.starts_with(head), "{exception}");
        assert!(exception.ends_with(tail), "{arguments:?}: {exception}");
    }
}

#[test]
fn an_encrypted_truststore_without_its_password_has_no_anchors() {
    let folder = with_truststore();
    let chain = apm("apm-server.crt");
    let store = encrypted();
    let arguments = [
        chain.as_str(),
        "--truststore",
        &store,
        "--truststore-pass",
        "none",
        "--jdk",
        "17",
    ];
    let document = json(&folder, &arguments, 1);
    assert_eq!(check(&document, "anchors")["ok"], false);
    assert!(
        document["java_exception"]
            .as_str()
            .unwrap()
            .ends_with("the trustAnchors parameter must be non-empty")
    );
    let detail = check(&document, "truststore")["detail"].as_str().unwrap();
    assert!(detail.contains("without a password"), "{detail}");
}

#[test]
fn a_client_certificate_is_chosen_and_judged() {
    let folder = with_truststore();
    let bundle = [
        "bundle",
        "--cert",
        &apm("client.crt"),
        "--key",
        &apm("client.key"),
        "--chain",
        &apm("ca.crt"),
    ];
    let mut all = bundle.to_vec();
    all.extend(["--keystore", "k.p12", "--storepass", "pass:changeit"]);
    keyjar(folder.path(), &all).exits(0);
    let chain = apm("apm-server.crt");
    let with = |keystore: &str, ca: &str, code: i32| {
        let ca = apm(ca);
        let arguments = [
            chain.as_str(),
            "--truststore",
            "t.p12",
            "--keystore",
            keystore,
            "--keystore-pass",
            "pass:changeit",
            "--client-ca",
            &ca,
        ];
        json(&folder, &arguments, code)
    };
    let document = with("k.p12", "ca.crt", 0);
    assert_eq!(check(&document, "client-key")["ok"], true);
    assert_eq!(check(&document, "client-certificate")["ok"], true);
    let document = with("k.p12", "apm-server.crt", 1);
    let detail = check(&document, "client-key")["detail"].as_str().unwrap();
    assert!(detail.contains("accepted issuers"), "{detail}");
    let document = with("t.p12", "ca.crt", 1);
    let detail = check(&document, "client-key")["detail"].as_str().unwrap();
    assert!(detail.contains("holds no private key"), "{detail}");
}

#[test]
fn a_keystore_that_is_not_there_has_no_fall_back() {
    let folder = with_truststore();
    let chain = apm("apm-server.crt");
    let arguments = [
        chain.as_str(),
        "--truststore",
        "t.p12",
        "--keystore",
        "missing.p12",
        "--jdk",
        "8",
    ];
    let document = json(&folder, &arguments, 1);
    assert_eq!(check(&document, "keystore")["ok"], false);
    assert!(
        document["java_exception"]
            .as_str()
            .unwrap()
            .contains("java.io.FileNotFoundException")
    );
}

#[test]
fn what_cannot_be_told_is_exit_2_and_one_sentence() {
    let folder = with_truststore();
    let chain = apm("apm-server.crt");
    for (arguments, text) in [
        (
            vec!["check", &chain, "--truststore", "t.p12", "--jdk", "12"],
            "the decisions of JDK 12 are not known",
        ),
        (
            vec!["check", "missing.pem", "--truststore", "t.p12"],
            "cannot read `missing.pem`",
        ),
        (vec!["check", &chain, "--java-home", "."], "is no JDK"),
        (
            vec!["check", "localhost:1", "--truststore", "t.p12"],
            "localhost:1",
        ),
        (
            vec![
                "check",
                &chain,
                "--truststore",
                "t.p12",
                "--jdk",
                "8",
                "--java-home",
                "/",
            ],
            "cannot be used with",
        ),
    ] {
        keyjar(folder.path(), &arguments).exits(2).talks_of(text);
    }
}

#[test]
fn a_jdks_own_security_properties_are_used() {
    let folder = with_truststore();
    let home = folder.path().join("home");
    std::fs::create_dir_all(home.join("conf/security")).unwrap();
    std::fs::write(home.join("release"), "JAVA_VERSION=\"21.0.4\"\n").unwrap();
    std::fs::write(
        home.join("conf/security/java.security"),
        "jdk.certpath.disabledAlgorithms=EC keySize < 384\njdk.tls.disabledAlgorithms=SSLv3\n",
    )
    .unwrap();
    keyjar(
        folder.path(),
        &["import", &apm("ca.crt"), "--truststore", "ca.p12"],
    )
    .exits(0);
    let chain = apm("client.crt");
    let document = json(
        &folder,
        &[&chain, "--truststore", "ca.p12", "--java-home", "home"],
        1,
    );
    assert_eq!(document["jdk"], 21);
    let exception = document["java_exception"].as_str().unwrap();
    assert!(
        exception.contains("Algorithm constraints check failed on keysize limits: EC 256 bit key"),
        "{exception}"
    );
}
