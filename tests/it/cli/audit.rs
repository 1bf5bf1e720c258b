use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use keyjar::pkcs12::{Attribute, BagValue, Pfx, Profile, SafeBag, SafeContents};
use keyjar::{Certificate, Password};
use rand::SeedableRng;
use serde_json::Value;

use crate::support::{folder, jdks, keyjar, run, testdata};

fn file(name: &str) -> String {
    testdata("apm").join(name).display().to_string()
}

fn sh(folder: &Path, script: &str) {
    run(std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(folder))
    .exits(0);
}

/// The kinds of findings, and of what was mended.
fn audit(folder: &Path, arguments: &[&str], code: i32) -> (Vec<String>, Vec<String>) {
    let said = keyjar(folder, &[&["audit", "--json"][..], arguments].concat()).exits(code);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let kinds = |name: &str| {
        let rows = document["stores"][0][name].as_array().unwrap();
        rows.iter()
            .map(|row| row["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    (kinds("findings"), kinds("mended"))
}

#[test]
fn a_store_of_ones_own_making_has_no_findings() {
    let folder = folder();
    let (cert, key) = (file("client.crt"), file("client.key"));
    let bundle = [
        "bundle",
        "--cert",
        &cert,
        "--key",
        &key,
        "--storepass",
        "pass:secret1",
    ];
    keyjar(folder.path(), &bundle).exits(0);
    let (found, _) = audit(
        folder.path(),
        &["keystore.p12", "--storepass", "pass:secret1", "--within", "1h"],
        0,
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn certificates_that_java_cannot_see_are_found_and_mended() {
    let folder = folder();
    let folder = folder.path();
    let make = format!(
        "openssl pkcs12 -export -nokeys -in {} -passout pass:changeit -out s.p12",
        file("ca.crt")
    );
    sh(folder, &make);
    let (found, _) = audit(folder, &["s.p12"], 1);
    assert_eq!(found, ["unseen"]);
    let (found, mended) = audit(folder, &["s.p12", "--fix"], 0);
    assert_eq!((found.len(), mended), (0, vec![String::from("unseen")]));
    for jdk in jdks() {
        jdk.keytool(folder, &["-list", "-keystore", "s.p12", "-storepass", "changeit"])
            .exits(0)
            .says("trustedCertEntry");
    }
}

#[test]
fn colliding_aliases_are_told_apart() {
    let folder = folder();
    let folder = folder.path();
    let mut rng = rand::rngs::StdRng::seed_from_u64(1);
    let bag = |name: &str, certificate: &str| {
        let certificate = Certificate::from_pem(&fs::read(file(certificate)).unwrap()).unwrap();
        SafeBag::new(
            BagValue::X509Certificate(certificate.to_bytes()),
            [Attribute::friendly_name(name), Attribute::trusted()],
        )
    };
    let bags = vec![bag("one", "ca.crt"), bag("ONE", "apm-server.crt")];
    let mac = Profile::TRUST.mac.map(|mac| mac.generate(&mut rng));
    let pfx = Pfx::new(vec![SafeContents::new(None, bags)], mac);
    let bytes = pfx.to_bytes(&Password::new("changeit"), &mut rng).unwrap();
    fs::write(folder.join("s.p12"), bytes).unwrap();
    let (found, _) = audit(folder, &["s.p12"], 1);
    assert!(found.contains(&String::from("colliding-alias")), "{found:?}");
    audit(folder, &["s.p12", "--fix"], 0);
    for jdk in jdks() {
        jdk.keytool(folder, &["-list", "-keystore", "s.p12", "-storepass", "changeit"])
            .exits(0)
            .says("2 entries");
    }
}

#[test]
fn a_key_with_a_password_of_its_own_is_brought_in_line() {
    let Some(jdk) = jdks().into_iter().next() else {
        return;
    };
    let folder = folder();
    let folder = folder.path();
    let generate = [
        "-genkeypair",
        "-keyalg",
        "EC",
        "-alias",
        "client",
        "-dname",
        "CN=x",
        "-storetype",
        "JKS",
        "-keystore",
        "s.jks",
        "-storepass",
        "secret1",
        "-keypass",
        "another",
    ];
    jdk.keytool(folder, &generate).exits(0);
    let pass = ["s.jks", "--storepass", "pass:secret1"];
    let (found, _) = audit(folder, &pass, 1);
    assert!(found.contains(&String::from("key-password")), "{found:?}");
    let (found, mended) = audit(
        folder,
        &[&pass[..], &["--fix", "--keypass", "pass:another"]].concat(),
        1,
    );
    assert!(mended.contains(&String::from("key-password")), "{mended:?}");
    assert!(!found.contains(&String::from("key-password")), "{found:?}");
    keyjar(
        folder,
        &[
            "export",
            "s.jks",
            "client",
            "--key",
            "--storepass",
            "pass:secret1",
        ],
    )
    .exits(0);
}

#[test]
fn weak_encryption_and_an_open_file_are_mended() {
    let folder = folder();
    let folder = folder.path();
    let (cert, key) = (file("client.crt"), file("client.key"));
    let pass = ["--storepass", "pass:secret1"];
    let bundle = [
        "bundle",
        "--cert",
        &cert,
        "--key",
        &key,
        "--profile",
        "legacy-rc2",
    ];
    keyjar(folder, &[&bundle[..], &pass].concat()).exits(0);
    let store = folder.join("keystore.p12");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o644)).unwrap();
    let (found, _) = audit(folder, &[&["keystore.p12"][..], &pass].concat(), 1);
    assert!(found.contains(&String::from("weak-encryption")), "{found:?}");
    assert!(found.contains(&String::from("open-to-others")), "{found:?}");
    audit(
        folder,
        &[&["keystore.p12", "--fix", "--within", "1h"][..], &pass].concat(),
        0,
    );
    assert_eq!(fs::metadata(&store).unwrap().permissions().mode() & 0o777, 0o600);
    let said = keyjar(
        folder,
        &[&["export", "keystore.p12", "apm-client", "--key"][..], &pass].concat(),
    )
    .exits(0);
    assert_eq!(said.stdout, fs::read_to_string(file("client.key")).unwrap());
}

#[test]
fn what_expires_soon_and_what_is_expired_or_weak_is_found() {
    let folder = folder();
    let folder = folder.path();
    sh(
        folder,
        "openssl req -x509 -newkey rsa:1024 -nodes -keyout k -out soon.crt -subj /CN=soon -days 5 2>/dev/null",
    );
    keyjar(folder, &["import", "soon.crt"]).exits(0);
    let (found, _) = audit(folder, &["truststore.p12"], 1);
    assert_eq!(found, ["expiring", "weak-key"]);
    let (found, _) = audit(folder, &["truststore.p12", "--within", "2d"], 1);
    assert_eq!(found, ["weak-key"]);
}

#[test]
fn aliases_of_a_jks_file_that_java_lists_and_cannot_find_are_mended() {
    let folder = folder();
    let folder = folder.path();
    keyjar(
        folder,
        &[
            "import",
            &file("ca.crt"),
            "--alias",
            "myca",
            "--truststore",
            "s.p12",
        ],
    )
    .exits(0);
    keyjar(folder, &["convert", "s.p12", "s.jks"]).exits(0);
    // As another writer spells it, under a digest of its own.
    let mut bytes = fs::read(folder.join("s.jks")).unwrap();
    let at = bytes.windows(4).position(|octets| octets == b"myca").unwrap();
    bytes[at..at + 4].copy_from_slice(b"MyCA");
    bytes.truncate(bytes.len() - 20);
    let password = Password::new("changeit");
    let parts = [
        password.expose_utf16be().expose_bytes(),
        b"Mighty Aphrodite",
        &bytes,
    ]
    .concat();
    bytes.extend(keyjar::crypto::Digest::Sha1.hash(&[&parts]));
    fs::write(folder.join("s.jks"), bytes).unwrap();

    keyjar(folder, &["list", "s.jks"])
        .exits(0)
        .says("myca")
        .talks_of("Java lists it and finds nothing under it");
    let (found, _) = audit(folder, &["s.jks"], 1);
    assert_eq!(found, ["unseen"]);
    let (found, mended) = audit(folder, &["s.jks", "--fix"], 0);
    assert_eq!((found.len(), mended), (0, vec![String::from("unseen")]));
    for jdk in jdks() {
        let list = [
            "-list",
            "-alias",
            "myca",
            "-keystore",
            "s.jks",
            "-storepass",
            "changeit",
        ];
        jdk.keytool(folder, &list).exits(0).says("trustedCertEntry");
    }
}

#[test]
fn bouncy_castles_colliding_aliases_and_its_short_mac_are_mended() {
    let folder = folder();
    let folder = folder.path();
    let pass = ["--storepass", "pass:secret1"];
    for (name, kind) in [
        ("mixed-case.bks", "colliding-alias"),
        ("v1.bks", "weak-encryption"),
    ] {
        fs::copy(testdata("bks").join(name), folder.join(name)).unwrap();
        let (found, _) = audit(folder, &[&[name][..], &pass].concat(), 1);
        assert!(found.contains(&String::from(kind)), "{found:?}");
        let code = i32::from(name == "v1.bks");
        let (_, mended) = audit(folder, &[&[name, "--fix"][..], &pass].concat(), code);
        assert!(mended.contains(&String::from(kind)), "{mended:?}");
    }
    let said = keyjar(folder, &[&["list", "mixed-case.bks"][..], &pass].concat()).exits(0);
    said.says("2 entries").says("ca-2");
    let said = keyjar(folder, &[&["list", "v1.bks", "-v"][..], &pass].concat()).exits(0);
    said.says("mac: HMAC-SHA-1, 2048 iterations");
    // Its keys stay under 3DES, which only another format mends.
    keyjar(folder, &[&["audit", "v1.bks"][..], &pass].concat())
        .exits(1)
        .talks_of("keyjar convert v1.bks NEW.p12");
}
