//! `keyjar apm`: what is handed out, and what is caught.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Said, folder, keyjar, keyjar_command, run, testdata};

/// A file of `testdata/apm-chain`.
fn file(name: &str) -> String {
    testdata("apm-chain").join(name).display().to_string()
}

fn agent(arguments: &[&str]) -> Said {
    let folder = folder();
    keyjar(folder.path(), &[&["apm", "agent"], arguments].concat())
}

fn server(arguments: &[&str]) -> Said {
    let folder = folder();
    keyjar(folder.path(), &[&["apm", "server"], arguments].concat())
}

const URL: [&str; 2] = ["--server-url", "https://localhost:8200"];

#[test]
fn agents_with_an_option_for_the_authority_get_the_authority() {
    let (ca, cert) = (file("root.crt"), file("server.crt"));
    for name in ["go", "python", "nodejs", "ruby"] {
        let said = agent(&[&[name, "--ca", &ca, "--cert", &cert], &URL[..]].concat()).exits(0);
        let expected =
            format!("ELASTIC_APM_SERVER_URL=https://localhost:8200\nELASTIC_APM_SERVER_CA_CERT_FILE={ca}\n");
        assert_eq!(said.stdout, expected, "{name}");
    }
}

#[test]
fn agents_that_pin_get_the_servers_own_certificate() {
    let (ca, cert) = (file("root.crt"), file("server.crt"));
    let expected = format!("ELASTIC_APM_SERVER_CERT={cert}\n");
    assert_eq!(agent(&["go", "--cert", &cert]).exits(0).stdout, expected);
    assert_eq!(agent(&["python", "--cert", &cert]).exits(0).stdout, expected);
    let dotnet = agent(&["dotnet", "--ca", &ca, "--cert", &cert]).exits(0);
    assert_eq!(dotnet.stdout, expected);
    let pinned = agent(&["go", "--ca", &ca, "--cert", &cert, "--pin"]).exits(0);
    assert_eq!(pinned.stdout, expected);
}

#[test]
fn the_reason_for_the_authority_or_the_pin_is_told() {
    let (ca, cert) = (file("root.crt"), file("server.crt"));
    agent(&["python", "--ca", &ca, "--cert", &cert])
        .exits(0)
        .talks_of("the authority was chosen over the pin");
    agent(&["python", "--cert", &cert])
        .exits(0)
        .talks_of("checks neither name nor dates");
}

#[test]
fn rubys_option_has_its_real_name() {
    let ca = file("root.crt");
    agent(&["ruby", "--ca", &ca, "--format", "native"])
        .exits(0)
        .says(&format!("server_ca_cert_file: \"{ca}\"\n"))
        .talks_of("`server_ca_cert` does not exist");
}

#[test]
fn each_agent_is_told_in_its_own_form() {
    let (ca, cert) = (file("root.crt"), file("server.crt"));
    for (name, text) in [
        ("go", format!("export ELASTIC_APM_SERVER_CA_CERT_FILE={ca}\n")),
        ("python", format!("    \"SERVER_CA_CERT_FILE\": \"{ca}\",\n")),
        ("nodejs", format!("  serverCaCertFile: \"{ca}\",\n")),
        ("dotnet", format!("    \"ServerCert\": \"{cert}\"\n")),
        (
            "php",
            String::from("elastic_apm.server_url = 'https://localhost:8200'\n"),
        ),
    ] {
        agent(
            &[
                &[name, "--ca", &ca, "--cert", &cert, "--format", "native"],
                &URL[..],
            ]
            .concat(),
        )
        .exits(0)
        .says(&text);
    }
    agent(&[&["dotnet", "--cert", &cert, "--format", "web-config"], &URL[..]].concat())
        .exits(0)
        .says(&format!("<add key=\"ElasticApm:ServerCert\" value=\"{cert}\" />"));
}

#[test]
fn insecurity_is_written_in_each_agents_spelling_and_only_when_asked_for() {
    for (name, text) in [
        ("java", "verify_server_cert=false\n"),
        ("go", "export ELASTIC_APM_VERIFY_SERVER_CERT=false\n"),
        ("python", "\"VERIFY_SERVER_CERT\": False"),
        ("nodejs", "verifyServerCert: false"),
        ("ruby", "verify_server_cert: false\n"),
        ("dotnet", "\"VerifyServerCert\": false"),
        ("php", "elastic_apm.verify_server_cert = false\n"),
    ] {
        agent(&[&[name, "--insecure", "--format", "native"], &URL[..]].concat())
            .exits(0)
            .says(text)
            .talks_of("warning:");
        let quiet = agent(&[&[name, "--format", "json"], &URL[..]].concat()).exits(0);
        assert!(!quiet.stdout.to_lowercase().contains("verify"), "{name}");
    }
}

#[test]
fn php_has_no_option_and_what_works_is_told() {
    let ca = file("root.crt");
    agent(&[&["php", "--ca", &ca], &URL[..]].concat())
        .exits(0)
        .says("ELASTIC_APM_SERVER_URL=https://localhost:8200\n")
        .talks_of("the PHP agent has no option for an authority")
        .talks_of("update-ca-certificates");
}

#[test]
fn wrong_files_are_named_for_what_they_are() {
    let url = &URL[..];
    for (arguments, what) in [
        (["python", "--ca", "server.crt"], "is no authority's certificate"),
        (
            ["go", "--cert", "root.crt"],
            "an authority's certificate, where the server's own belongs",
        ),
        (
            ["dotnet", "--cert", "intermediate.crt"],
            "an authority's certificate",
        ),
        (
            ["go", "--cert", "wrong-order.crt"],
            "begins with `CN=intermediate`",
        ),
        (["nodejs", "--ca", "request.csr"], "a certificate request (CSR)"),
        (["ruby", "--ca", "server.key"], "a private key"),
        (["python", "--cert", "server.key"], "a private key"),
        (["ruby", "--ca", "expired-root.crt"], "expired"),
        (["go", "--cert", "expired.crt"], "expired"),
        (["nodejs", "--ca", "intermediate.crt"], "no root"),
        (["nodejs", "--cert", "server.crt"], "no option that pins"),
        (["dotnet", "--ca", "root.crt"], "no option for an authority"),
        (["java", "--ca", "root.crt"], "uses the JVM's truststore"),
        (["go", "--ca", "root.der"], "a certificate in DER"),
        (
            ["go", "--ca", "server.trusted.crt"],
            "the label `TRUSTED CERTIFICATE`",
        ),
    ] {
        let [name, option, given] = arguments;
        let said = agent(&[&[name, option, &file(given)], url].concat())
            .exits(2)
            .talks_of(what)
            .talks_of("hint:");
        assert_eq!(said.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_certificate_for_other_names_is_refused_with_its_names() {
    let (ca, cert) = (file("root.crt"), file("server.crt"));
    let url = ["--server-url", "https://example.com:8200"];
    for name in ["java", "go", "python", "nodejs", "ruby", "dotnet", "php"] {
        let mut arguments = vec![name, "--cert", &cert, "--out", "out"];
        if name != "dotnet" {
            arguments.extend(["--ca", &ca]);
        }
        agent(&[&arguments[..], &url].concat()).exits(2).talks_of(
            "is not for `example.com`; its names are `DNS:localhost`, `IP:127.0.0.1`, `DNS:*.apm.example`",
        );
    }
    let star = ["--server-url", "https://eu.apm.example"];
    agent(&[&["go", "--ca", &ca, "--cert", &cert], &star[..]].concat())
        .exits(0)
        .talks_of("443");
}

#[test]
fn a_certificate_without_names_can_be_pinned_and_no_more() {
    let (ca, cert) = (file("root.crt"), file("nameless.crt"));
    agent(&[&["go", "--cert", &cert], &URL[..]].concat())
        .exits(0)
        .talks_of("no subject alternative names");
    agent(&[&["go", "--cert", &cert, "--ca", &ca], &URL[..]].concat())
        .exits(2)
        .talks_of("no subject alternative names");
}

#[test]
fn an_authority_that_did_not_sign_the_server_is_refused() {
    let (ca, cert) = (file("other-root.crt"), file("server.crt"));
    agent(&["python", "--ca", &ca, "--cert", &cert])
        .exits(2)
        .talks_of("`CN=Root CA,O=Example`, which is not among the authorities");
    let (root, below) = (file("root.crt"), file("server-below.fullchain.crt"));
    agent(&["python", "--ca", &root, "--cert", &below]).exits(0);
}

#[test]
fn what_would_fail_is_printed_when_the_check_is_off() {
    let cert = file("expired.crt");
    agent(&["go", "--cert", &cert, "--no-verify"])
        .exits(0)
        .says("ELASTIC_APM_SERVER_CERT=")
        .talks_of("warning:")
        .talks_of("expired");
}

#[test]
fn a_url_that_is_not_https_is_refused_with_the_right_one() {
    agent(&["go", "--server-url", "http://localhost:8200"])
        .exits(2)
        .talks_of("is not https")
        .talks_of("--server-url https://localhost:8200");
}

#[test]
fn only_java_can_show_a_client_certificate() {
    agent(&["python", "--keystore", "k.p12"])
        .exits(2)
        .talks_of("only the Java agent can");
}

#[test]
fn python_3_13s_objection_to_an_authority_is_told() {
    agent(&["python", "--ca", &file("plain-root.crt")])
        .exits(0)
        .talks_of("lacks keyUsage: Python 3.13");
}

#[test]
fn a_self_signed_server_is_its_own_authority() {
    let cert = file("self-signed.crt");
    agent(&[&["nodejs", "--cert", &cert], &URL[..]].concat())
        .exits(0)
        .says(&format!("ELASTIC_APM_SERVER_CA_CERT_FILE={cert}\n"));
    agent(&[&["dotnet", "--ca", &cert], &URL[..]].concat())
        .exits(0)
        .says(&format!("ELASTIC_APM_SERVER_CERT={cert}\n"));
    agent(&["nodejs", "--ca", &cert, "--server-url", "https://other.example"])
        .exits(2)
        .talks_of("is not for `other.example`");
}

#[test]
fn a_store_is_written_as_pem_and_repeating_it_changes_nothing() {
    let folder = folder();
    let folder = folder.path();
    keyjar(folder, &["import", &file("root.crt"), "--truststore", "t.p12"]).exits(0);
    keyjar(folder, &["apm", "agent", "nodejs", "--ca", "t.p12"])
        .exits(2)
        .talks_of("a PKCS#12 store")
        .talks_of("--out DIR");
    let arguments = [
        "apm", "agent", "nodejs", "--ca", "t.p12", "--out", "o", "--format", "native",
    ];
    keyjar(folder, &arguments).exits(0).talks_of("wrote ");
    let pem = fs::read(folder.join("o/ca.crt")).unwrap();
    let written = keyjar::Certificate::from_pem(&pem).unwrap();
    let root = keyjar::Certificate::from_pem(&fs::read(file("root.crt")).unwrap()).unwrap();
    assert_eq!(written, root);
    assert!(folder.join("o/elastic-apm-node.js").exists());
    let again = keyjar(folder, &arguments).exits(0).talks_of("unchanged: ");
    assert!(!again.stderr.contains("wrote "), "{}", again.stderr);
}

#[test]
fn a_file_of_other_contents_is_kept_unless_forced() {
    let folder = folder();
    let folder = folder.path();
    fs::create_dir(folder.join("o")).unwrap();
    fs::write(folder.join("o/elastic-apm.env"), "MINE=1\n").unwrap();
    let ca = file("root.crt");
    let arguments = ["apm", "agent", "go", "--ca", &ca, "--out", "o"];
    keyjar(folder, &arguments)
        .exits(2)
        .talks_of("exists already")
        .talks_of("--force");
    assert_eq!(
        fs::read_to_string(folder.join("o/elastic-apm.env")).unwrap(),
        "MINE=1\n"
    );
    assert!(!folder.join("o/ca.crt").exists(), "nothing is written");
    keyjar(folder, &[&arguments[..], &["--force"]].concat()).exits(0);
}

#[test]
fn java_gets_a_truststore_made_with_its_flags() {
    let folder = folder();
    let folder = folder.path();
    let ca = file("root.crt");
    let arguments = [
        "apm", "agent", "java", "--ca", &ca, "--out", "o", "--format", "native",
    ];
    let said = keyjar(folder, &[&arguments[..], &URL].concat()).exits(0);
    let path = fs::canonicalize(folder.join("o/truststore.p12")).unwrap();
    for text in [
        String::from("server_url=https://localhost:8200\n"),
        format!("\"-Djavax.net.ssl.trustStore={}\"\n", path.display()),
        String::from("\"-Djavax.net.ssl.trustStoreType=PKCS12\"\n"),
    ] {
        assert!(said.stdout.contains(&text), "{text}\n{}", said.stdout);
    }
    keyjar(folder, &["list", "o/truststore.p12"])
        .exits(0)
        .says("CN=Root CA,O=Example");
    let mode = fs::metadata(folder.join("o/java-tls.args"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    keyjar(folder, &[&arguments[..], &URL].concat())
        .exits(0)
        .talks_of("unchanged: ");
}

#[test]
fn all_agents_come_at_once_and_those_without_an_option_are_left_out_aloud() {
    let (ca, cert) = (file("root.crt"), file("server.crt"));
    let said = agent(&[&["all", "--ca", &ca, "--cert", &cert, "--json"], &URL[..]].concat()).exits(0);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["schema"], 1);
    let agents = document["agents"].as_array().unwrap();
    let names: Vec<_> = agents.iter().map(|one| one["agent"].as_str().unwrap()).collect();
    assert_eq!(names, ["go", "python", "nodejs", "ruby", "dotnet", "php"]);
    assert_eq!(
        agents[0]["environment"]["ELASTIC_APM_SERVER_CA_CERT_FILE"],
        ca.as_str()
    );
    assert_eq!(agents[0]["means"], "trust-roots");
    assert_eq!(agents[4]["options"]["ServerCert"], cert.as_str());
    assert!(
        said.stderr.contains("left out: the Java agent"),
        "{}",
        said.stderr
    );
}

#[test]
fn errors_are_json_too() {
    let said = agent(&["go", "--cert", &file("root.crt"), "--json"]).exits(2);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["error"]["kind"], "wrong-input");
}

#[test]
fn apm_server_gets_certificate_and_key() {
    let (cert, key) = (file("server-below.fullchain.crt"), file("server-below.key"));
    let said = server(&["--cert", &cert, "--key", &key]).exits(0);
    assert_eq!(
        said.stdout,
        format!(
            "apm-server.ssl.enabled: true\napm-server.ssl.certificate: \"{cert}\"\napm-server.ssl.key: \"{key}\"\n"
        )
    );
}

#[test]
fn clients_authorities_alone_make_apm_server_require_a_certificate() {
    let (cert, key, ca) = (file("server.crt"), file("server.key"), file("root.crt"));
    let base = ["--cert", &cert, "--key", &key, "--client-ca", &ca];
    server(&base)
        .exits(0)
        .says(&format!("apm-server.ssl.certificate_authorities: [\"{ca}\"]\n"))
        .says("apm-server.ssl.client_authentication: \"required\"\n")
        .talks_of("only the Java agent can");
    server(&[&base[..], &["--client-auth", "optional"]].concat())
        .exits(0)
        .says("apm-server.ssl.client_authentication: \"optional\"\n");
}

#[test]
fn fleet_has_three_fields_and_neither_passphrases_nor_client_authentication() {
    let (cert, key, ca) = (file("server.crt"), file("server.key"), file("root.crt"));
    let said = server(&["--fleet", "--cert", &cert, "--key", &key]).exits(0);
    assert_eq!(
        said.stdout,
        format!("tls_enabled: true\ntls_certificate: \"{cert}\"\ntls_key: \"{key}\"\n")
    );
    server(&["--fleet", "--cert", &cert, "--key", &key, "--client-ca", &ca])
        .exits(2)
        .talks_of("Fleet's APM integration cannot have client authentication");
    let encrypted = file("server.pbes2.key");
    let arguments = [
        "--fleet",
        "--cert",
        &cert,
        "--key",
        &encrypted,
        "--keypass",
        "pass:secret",
    ];
    server(&arguments)
        .exits(2)
        .talks_of("Fleet's APM integration cannot have a passphrase")
        .talks_of("--out DIR");
    let folder = folder();
    let out = [&["apm", "server"], &arguments[..], &["--out", "o"]].concat();
    keyjar(folder.path(), &out).exits(0).says("tls_key: ");
    let path = folder.path().join("o/apm-server.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    keyjar::PrivateKey::from_input(&fs::read(path).unwrap(), None).unwrap();
}

#[test]
fn a_passphrase_goes_by_its_source() {
    let (cert, key) = (file("server.crt"), file("server.pbes2.key"));
    let folder = folder();
    let base = ["apm", "server", "--cert", &cert, "--key", &key, "--keypass"];
    run(keyjar_command(folder.path())
        .args(base)
        .arg("env:KEY_PASS")
        .env("KEY_PASS", "secret"))
    .exits(0)
    .says("apm-server.ssl.key_passphrase: \"${KEY_PASS}\"\n");
    keyjar(folder.path(), &[&base[..], &["pass:secret"]].concat())
        .exits(0)
        .says("apm-server.ssl.key_passphrase: \"secret\"\n");
    fs::write(folder.path().join("pass"), "secret").unwrap();
    keyjar(folder.path(), &[&base[..], &["file:pass"]].concat())
        .exits(0)
        .says("apm-server.ssl.key_passphrase_path: \"/");
    fs::write(folder.path().join("pass"), "secret\n").unwrap();
    keyjar(folder.path(), &[&base[..], &["file:pass"]].concat())
        .exits(2)
        .talks_of("has a line break");
    keyjar(folder.path(), &[&base[..], &["pass:wrong"]].concat())
        .exits(2)
        .talks_of("the password is wrong");
    keyjar(folder.path(), &base[..6]).exits(2).talks_of("--keypass");
}

#[test]
fn keys_that_apm_server_does_not_decrypt_are_refused_or_written_anew() {
    let cert = file("server.crt");
    let pass = ["--keypass", "pass:secret"];
    server(&[&["--cert", &cert, "--key", &file("server.pbes1.key")], &pass[..]].concat())
        .exits(2)
        .talks_of("APM Server decrypts PBES2 alone");
    server(&[&["--cert", &cert, "--key", &file("server.legacy.key")], &pass[..]].concat())
        .exits(0)
        .talks_of("OpenSSL's old way");
    server(&["--cert", &cert, "--key", &file("server.der.key")])
        .exits(2)
        .talks_of("it is PEM that is read there");
    for key in ["server.pbes1.key", "server.legacy.key"] {
        let folder = folder();
        let key = file(key);
        let out = [
            &["apm", "server", "--cert", &cert, "--key", &key, "--out", "o"],
            &pass[..],
        ]
        .concat();
        keyjar(folder.path(), &out).exits(0);
        let written = fs::read(folder.path().join("o/apm-server.key")).unwrap();
        assert_eq!(
            keyjar::apm::KeyForm::of(&written),
            keyjar::apm::KeyForm::Encrypted
        );
        keyjar(folder.path(), &out).exits(0).talks_of("unchanged: ");
    }
}

#[test]
fn wrong_inputs_of_apm_server_are_caught() {
    for (cert, key, what) in [
        ("root.crt", "root.key", "an authority's certificate"),
        (
            "server.crt",
            "root.key",
            "the key does not belong to the certificate",
        ),
        ("wrong-order.crt", "server-below.key", "APM Server wants it first"),
        ("request.csr", "server.key", "a certificate request (CSR)"),
        ("server.key", "server.key", "a private key"),
        ("server.crt", "server.crt", "a certificate"),
    ] {
        server(&["--cert", &file(cert), "--key", &file(key)])
            .exits(2)
            .talks_of(what);
    }
    let (cert, key) = (file("server.crt"), file("server.key"));
    server(&["--cert", &cert, "--key", &key, "--client-ca", &cert])
        .exits(2)
        .talks_of("is no authority's certificate");
    server(&[
        "--cert",
        &cert,
        "--key",
        &key,
        "--server-url",
        "https://example.com",
    ])
    .exits(2)
    .talks_of("is not for `example.com`");
}

#[test]
fn a_missing_intermediate_is_told_and_added() {
    let (cert, key, chain) = (
        file("server-below.crt"),
        file("server-below.key"),
        file("intermediate.crt"),
    );
    let folder = folder();
    let base = ["apm", "server", "--cert", &cert, "--key", &key, "--chain", &chain];
    keyjar(folder.path(), &base)
        .exits(0)
        .talks_of("the intermediate authority `CN=intermediate` is missing");
    keyjar(folder.path(), &[&base[..], &["--out", "o"]].concat()).exits(0);
    let written = fs::read_to_string(folder.path().join("o/apm-server.crt")).unwrap();
    let expected = fs::read_to_string(file("server-below.fullchain.crt")).unwrap();
    assert_eq!(written, expected);
}

#[test]
fn a_keystore_is_written_as_pem_for_apm_server() {
    let folder = folder();
    let folder: &Path = folder.path();
    let (cert, key, chain) = (
        file("server-below.crt"),
        file("server-below.key"),
        file("intermediate.crt"),
    );
    let bundle = ["bundle", "--cert", &cert, "--key", &key, "--chain", &chain];
    let pass = ["--storepass", "pass:secret1"];
    keyjar(folder, &[&bundle[..], &pass].concat()).exits(0);
    let base = [
        "apm",
        "server",
        "--keystore",
        "keystore.p12",
        "--keystore-pass",
        "pass:secret1",
    ];
    keyjar(folder, &base)
        .exits(2)
        .talks_of("a PKCS#12 store")
        .talks_of("--out DIR");
    keyjar(folder, &[&base[..], &["--out", "o"]].concat())
        .exits(0)
        .says("apm-server.crt\"\n");
    let written = fs::read_to_string(folder.join("o/apm-server.crt")).unwrap();
    assert_eq!(
        written,
        fs::read_to_string(file("server-below.fullchain.crt")).unwrap()
    );
}
