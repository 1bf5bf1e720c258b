use crate::support::{folder, has, keyjar, run, testdata};

#[test]
fn certificates_that_java_does_not_see_are_named_with_what_mends_it() {
    if !has("openssl", &["version"]) {
        return;
    }
    let folder = folder();
    let server = testdata("apm/apm-server.crt").display().to_string();
    run(std::process::Command::new("openssl")
        .args([
            "pkcs12",
            "-export",
            "-nokeys",
            "-in",
            &server,
            "-out",
            "o.p12",
            "-passout",
            "pass:changeit",
        ])
        .current_dir(folder.path()))
    .exits(0);
    keyjar(folder.path(), &["list", "o.p12"])
        .exits(0)
        .talks_of("Java does not see it")
        .talks_of("keyjar import");
    keyjar(folder.path(), &["flags", "--truststore", "o.p12"])
        .exits(2)
        .talks_of("trustAnchors");
    keyjar(folder.path(), &["import", "o.p12", "--truststore", "mended.p12"])
        .exits(0)
        .talks_of("1 added");
}

#[test]
fn an_error_is_a_json_document_too() {
    let folder = folder();
    let said = keyjar(folder.path(), &["list", "missing.p12", "--json"]).exits(2);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["schema"], 1);
    assert_eq!(document["error"]["kind"], "not-found");
}
