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

#[test]
fn certificates_of_a_store_that_no_jdk_opens_are_entries_whether_marked_or_not() {
    if !has("openssl", &["version"]) {
        return;
    }
    let folder = folder();
    let server = testdata("apm/apm-server.crt").display().to_string();
    let export = [
        "pkcs12",
        "-export",
        "-nokeys",
        "-certpbe",
        "AES-192-CBC",
        "-passout",
        "pass:changeit",
        "-in",
        &server,
    ];
    run(std::process::Command::new("openssl")
        .args(export)
        .args(["-out", "o.p12"])
        .current_dir(folder.path()))
    .exits(0);
    keyjar(folder.path(), &["list", "o.p12"])
        .exits(0)
        .says("1 entry")
        .talks_of("no JDK reads PBES2 with PBKDF2-HMAC-SHA-256 and AES-192-CBC")
        .talks_of("keyjar convert o.p12 NEW.p12");
    keyjar(folder.path(), &["convert", "o.p12", "new.p12"]).exits(0);
    keyjar(folder.path(), &["flags", "--truststore", "new.p12"]).exits(0);
}

#[test]
fn an_alias_with_control_characters_is_shown_escaped_and_found_so() {
    use keyjar::keystore::TrustedCertificateEntry;
    use keyjar::{Certificate, Entry, KeyStore, Password};
    let folder = folder();
    let certificate = std::fs::read(testdata("apm/ca.crt")).unwrap();
    let entry = TrustedCertificateEntry::new(Certificate::from_pem(&certificate).unwrap());
    let mut store = KeyStore::new();
    store
        .insert("ca\0\u{1b}[31m", Entry::TrustedCertificate(entry))
        .unwrap();
    store
        .encoder()
        .save(folder.path().join("s.p12"), &Password::new("changeit"))
        .unwrap();
    let said = keyjar(folder.path(), &["list", "s.p12"])
        .exits(0)
        .says("ca\\u{0}\\u{1b}[31m");
    assert!(!said.stdout.contains('\u{1b}'), "{:?}", said.stdout);
    let said = keyjar(folder.path(), &["export", "s.p12", "ca\\u{0}\\u{1b}[31m"]).exits(0);
    assert_eq!(said.stdout.as_bytes(), certificate);
    keyjar(folder.path(), &["rename", "s.p12", "ca\\u{0}\\u{1b}[31m", "ca"]).exits(0);
    keyjar(folder.path(), &["export", "s.p12", "ca"]).exits(0);
}

#[test]
fn every_key_of_the_document_is_there_for_every_kind_of_entry_and_format() {
    let folder = folder();
    let forms = testdata("forms/crl-and-secret.p12").display().to_string();
    let pass = ["--storepass", "pass:secret1"];
    for store in ["s.jceks", "s.bks", "s.ubr", "s.bcfks", "s.p12"] {
        keyjar(
            folder.path(),
            &[&["convert", &forms, store, "--skip-unsupported"][..], &pass].concat(),
        )
        .exits(0);
        let said = keyjar(folder.path(), &[&["list", store, "--json"][..], &pass].concat()).exits(0);
        let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            let object = value.as_object().unwrap_or_else(|| panic!("{store}: {value}"));
            object.keys().cloned().collect()
        };
        for key in ["schema", "path", "format", "mac", "entries", "skipped"] {
            assert!(document.get(key).is_some(), "{store}: {key}");
        }
        if !document["mac"].is_null() {
            assert_eq!(keys(&document["mac"]), ["algorithm", "iterations"], "{store}");
        }
        let entries = document["entries"].as_array().unwrap();
        let mut kinds: Vec<_> = entries
            .iter()
            .map(|entry| entry["kind"].as_str().unwrap())
            .collect();
        kinds.sort_unstable();
        assert_eq!(
            kinds,
            ["private-key", "secret-key", "trusted-certificate"],
            "{store}"
        );
        for entry in entries {
            assert_eq!(
                keys(entry),
                ["alias", "kind", "created", "chain", "key"],
                "{store}"
            );
            if let Some(created) = entry["created"].as_str() {
                assert!(created.parse::<jiff::Timestamp>().is_ok(), "{store}: {created}");
                assert!(created.ends_with('Z'), "{store}: {created}");
            } else {
                assert!(entry["created"].is_null() && store == "s.p12", "{store}");
            }
            for certificate in entry["chain"].as_array().unwrap() {
                let names = [
                    "sha256",
                    "subject",
                    "issuer",
                    "serial",
                    "not_before",
                    "not_after",
                    "san",
                    "ca",
                ];
                assert_eq!(keys(certificate), names, "{store}");
            }
            if entry["kind"] == "trusted-certificate" {
                assert!(entry["key"].is_null(), "{store}");
                continue;
            }
            assert_eq!(
                keys(&entry["key"]),
                ["algorithm", "bits", "encryption"],
                "{store}"
            );
            let expected = if entry["kind"] == "secret-key" {
                "AES"
            } else {
                "EC"
            };
            assert_eq!(entry["key"]["algorithm"], expected, "{store}");
            assert_eq!(entry["key"]["bits"], 256, "{store}");
            assert_eq!(
                keys(&entry["key"]["encryption"]),
                ["algorithm", "iterations"],
                "{store}"
            );
        }
    }
}
