//! A Jetty of Debian's with stores that keyjar made: `libjetty9-java`.

use std::path::Path;
use std::process::Command;

use super::{Server, fetch, file, pem, pki, wire};
use crate::support::{folder, has, keyjar, probe, root, run};

const JARS: &[&str] = &[
    "jetty9-server",
    "jetty9-http",
    "jetty9-io",
    "jetty9-util",
    "servlet-api",
];

fn class_path() -> Option<String> {
    let jars: Vec<_> = JARS
        .iter()
        .map(|name| format!("/usr/share/java/{name}.jar"))
        .collect();
    let found = jars.iter().all(|jar| Path::new(jar).exists());
    if !found {
        assert!(
            std::env::var_os("KEYJAR_REQUIRE_JDK").is_none(),
            "libjetty9-java is required and missing"
        );
        eprintln!("SKIPPED: there is no libjetty9-java");
    }
    found.then(|| jars.join(":"))
}

#[test]
fn jetty_serves_with_a_bundle_and_a_jvm_gets_through_with_what_was_fetched() {
    let (Some(_), Some(jars)) = (pki(), class_path()) else {
        return;
    };
    if !has("javac", &["-version"]) {
        return;
    }
    let Some(probe) = probe() else { return };
    let stores = folder();
    let (leaf, leaf_key, int, root_crt) = (
        file("leaf.crt"),
        file("leaf.key"),
        file("int.crt"),
        file("root.crt"),
    );
    let (client, client_key) = (file("client.crt"), file("client.key"));
    let here = stores.path();
    for (cert, key, name) in [
        (&leaf, &leaf_key, "server.p12"),
        (&client, &client_key, "client.p12"),
    ] {
        let bundle = [
            "bundle",
            "--cert",
            cert,
            "--key",
            key,
            "--chain",
            &int,
            "--storepass",
            "pass:secret1",
        ];
        keyjar(here, &[&bundle[..], &["--keystore", name]].concat()).exits(0);
    }
    keyjar(here, &["import", &root_crt, "--truststore", "clients.p12"]).exits(0);
    let path = |name: &str| here.join(name).display().to_string();
    let server = Server::start(
        Command::new("java")
            .args(["-cp", &jars])
            .arg(root().join("tests/it/wire/java/Jetty.java"))
            .args([&path("server.p12"), "secret1", &path("clients.p12"), "changeit"]),
    );
    let said = fetch(&[&server.at()])
        .exits(0)
        .talks_of("asks for a client certificate of `CN=Wire Root,O=Wire Tests`");
    assert_eq!(said.stdout, pem("chain.crt"));
    wire(here, &["import", "--from", &server.at(), "--yes"]).exits(0);
    let url = format!("https://localhost:{}/", server.port);
    let exec = |stores: &[&str]| {
        let mut command = super::wire_command(probe);
        command
            .arg("exec")
            .args(stores)
            .args(["--", "java", "-cp", ".", "Probe", "get", &url]);
        run(&mut command)
    };
    let (trust, key) = (path("truststore.p12"), path("client.p12"));
    let both = [
        "--truststore",
        &trust,
        "--keystore",
        &key,
        "--keystore-pass",
        "pass:secret1",
    ];
    exec(&both).exits(0).says("status 200");
    exec(&both[..2]).exits(1);
}
