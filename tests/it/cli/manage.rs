use std::fs;

use crate::support::{folder, keyjar, testdata};

fn file(name: &str) -> String {
    testdata("apm").join(name).display().to_string()
}

#[test]
fn an_exported_certificate_is_the_one_imported() {
    let folder = folder();
    keyjar(folder.path(), &["import", &file("ca.crt"), "--alias", "ca"]).exits(0);
    let said = keyjar(folder.path(), &["export", "truststore.p12", "CA"]).exits(0);
    assert_eq!(said.stdout, fs::read_to_string(file("ca.crt")).unwrap());
    keyjar(folder.path(), &["export", "truststore.p12", "absent"])
        .exits(1)
        .talks_of("no entry `absent`");
}

#[test]
fn an_exported_key_is_the_one_bundled_and_its_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let (cert, key) = (file("client.crt"), file("client.key"));
    let pass = ["--storepass", "pass:secret1"];
    keyjar(
        folder.path(),
        &[&["bundle", "--cert", &cert, "--key", &key][..], &pass].concat(),
    )
    .exits(0);
    let export = [
        "export",
        "keystore.p12",
        "apm-client",
        "--key",
        "--out",
        "out.key",
    ];
    keyjar(folder.path(), &[&export[..], &pass].concat()).exits(0);
    let out = folder.path().join("out.key");
    assert_eq!(fs::read(&out).unwrap(), fs::read(&key).unwrap());
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn entries_are_renamed_and_removed_and_the_others_stay() {
    let folder = folder();
    keyjar(folder.path(), &["import", &file("ca.crt"), "--alias", "one"]).exits(0);
    keyjar(
        folder.path(),
        &["import", &file("apm-server.crt"), "--alias", "two"],
    )
    .exits(0);
    keyjar(folder.path(), &["rename", "truststore.p12", "one", "three"]).exits(0);
    keyjar(folder.path(), &["remove", "truststore.p12", "two"]).exits(0);
    let list = keyjar(folder.path(), &["list", "truststore.p12", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(document["entries"].as_array().unwrap().len(), 1);
    assert_eq!(document["entries"][0]["alias"], "three");
    keyjar(folder.path(), &["remove", "truststore.p12", "two"]).exits(1);
}
