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

const PASS: [&str; 2] = ["--storepass", "pass:secret1"];

/// A keystore of the client's key in each of the formats; their names.
fn stores(folder: &std::path::Path) -> [&'static str; 6] {
    let (cert, key, chain) = (file("client.crt"), file("client.key"), file("ca.crt"));
    let bundle = [
        "bundle",
        "--cert",
        &cert,
        "--key",
        &key,
        "--chain",
        &chain,
        "--alias",
        "client",
        "--keystore",
        "k.p12",
    ];
    keyjar(folder, &[&bundle[..], &PASS].concat()).exits(0);
    for name in ["k.jks", "k.jceks", "k.bks", "k.ubr", "k.bcfks"] {
        keyjar(folder, &[&["convert", "k.p12", name][..], &PASS].concat()).exits(0);
    }
    ["k.p12", "k.jks", "k.jceks", "k.bks", "k.ubr", "k.bcfks"]
}

/// The document a command prints.
fn json(folder: &std::path::Path, words: &[&str], code: i32) -> serde_json::Value {
    let said = keyjar(folder, &[words, &PASS, &["--json"]].concat()).exits(code);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}: {}", said.stdout))
}

#[test]
fn every_format_is_changed_by_every_command_which_answer_in_json() {
    let folder = folder();
    let folder = folder.path();
    for store in stores(folder) {
        let renamed = json(folder, &["rename", store, "client", "agent"], 0);
        assert_eq!(
            (&renamed["alias"], &renamed["new_alias"], &renamed["changed"]),
            (&"client".into(), &"agent".into(), &true.into()),
            "{store}"
        );
        let again = json(folder, &["rename", store, "agent", "agent"], 0);
        assert_eq!(again["changed"], false, "{store}");
        json(
            folder,
            &["import", &file("ca.crt"), "--alias", "ca", "--truststore", store],
            0,
        );
        let removed = json(folder, &["remove", store, "ca", "CA"], 0);
        assert_eq!(removed["removed"], serde_json::json!(["ca"]), "{store}");
        let absent = json(folder, &["remove", store, "agent", "absent"], 1);
        assert_eq!(absent["error"]["kind"], "not-found", "{store}");
        let changed = json(folder, &["passwd", store, "--new-storepass", "pass:another"], 0);
        assert_eq!(
            (&changed["changed"], &changed["keys"]),
            (&true.into(), &1.into()),
            "{store}"
        );
        // The key opens with the new password alone: it is the store's.
        let export = ["export", store, "agent", "--key", "--storepass", "pass:another"];
        let said = keyjar(folder, &export).exits(0);
        assert_eq!(
            said.stdout,
            fs::read_to_string(file("client.key")).unwrap(),
            "{store}"
        );
    }
}

#[test]
fn a_change_that_changes_nothing_leaves_the_file_alone() {
    let folder = folder();
    let folder = folder.path();
    for store in stores(folder) {
        let state = || {
            let path = folder.join(store);
            (
                fs::read(&path).unwrap(),
                fs::metadata(&path).unwrap().modified().unwrap(),
            )
        };
        let before = state();
        for words in [
            &["rename", store, "client", "client"][..],
            &["passwd", store, "--new-storepass", "pass:secret1"],
        ] {
            keyjar(folder, &[words, &PASS].concat())
                .exits(0)
                .talks_of("unchanged");
        }
        assert!(state() == before, "{store}");
    }
}

#[test]
fn an_exported_file_is_not_written_over_unasked_and_not_touched_when_it_is_the_same() {
    let folder = folder();
    let folder = folder.path();
    stores(folder);
    let export = |words: &[&str]| {
        let words = [&["export", "k.p12", "client", "--out", "out"][..], words, &PASS].concat();
        keyjar(folder, &words)
    };
    export(&[]).exits(0);
    let modified = || fs::metadata(folder.join("out")).unwrap().modified().unwrap();
    let first = modified();
    export(&[]).exits(0).talks_of("unchanged");
    assert_eq!(modified(), first);
    export(&["--key"]).exits(2).talks_of("is there already");
    assert_eq!(
        fs::read(folder.join("out")).unwrap(),
        fs::read(file("client.crt")).unwrap()
    );
    export(&["--key", "--force"]).exits(0);
    assert_eq!(
        fs::read(folder.join("out")).unwrap(),
        fs::read(file("client.key")).unwrap()
    );
}

#[test]
fn export_in_json_tells_what_it_is_and_der_holds_the_whole_chain() {
    let folder = folder();
    let folder = folder.path();
    stores(folder);
    let document = json(
        folder,
        &["export", "k.p12", "CLIENT", "--key", "--form", "der"],
        0,
    );
    assert_eq!(document["what"], "private-key");
    assert_eq!(document["alias"], "client");
    let key = fs::read_to_string(file("client.key")).unwrap();
    let body: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(document["data"], body);
    let document = json(folder, &["export", "k.p12", "client", "--out", "c.crt"], 0);
    assert_eq!(
        (&document["path"], &document["changed"]),
        (&"c.crt".into(), &true.into())
    );
    let words = [
        "export",
        "k.p12",
        "client",
        "--chain",
        "--form",
        "der",
        "--out",
        "chain.der",
    ];
    keyjar(folder, &[&words[..], &PASS].concat()).exits(0);
    let said = keyjar(folder, &["import", "chain.der", "--truststore", "t.p12"]).exits(0);
    said.talks_of("2 added");
}

#[test]
fn a_key_is_not_shown_on_a_terminal_unless_forced() {
    if !crate::support::has("script", &["--version"]) {
        return;
    }
    let folder = folder();
    let folder = folder.path();
    stores(folder);
    let program = env!("CARGO_BIN_EXE_keyjar");
    for (arguments, is_shown) in [
        ("", false),
        ("--out -", false),
        ("--json", false),
        ("--force", true),
    ] {
        let command = format!("{program} export k.p12 client --key --storepass pass:secret1 {arguments}");
        let said = crate::support::run(
            std::process::Command::new("script")
                .args(["-qec", &command, "/dev/null"])
                .current_dir(folder),
        );
        assert_eq!(
            said.stdout.contains("BEGIN PRIVATE KEY"),
            is_shown,
            "{arguments}: {}",
            said.stdout
        );
        let is_refused = said.stdout.contains("a private key is not shown on a terminal");
        assert_eq!(is_refused, !is_shown, "{arguments}: {}", said.stdout);
    }
}

#[test]
fn stores_of_every_format_merge_into_a_truststore_whatever_their_passwords() {
    let folder = folder();
    let folder = folder.path();
    for store in stores(folder) {
        let target = format!("{store}-trust.p12");
        let import = ["import", store, "--truststore", &target];
        keyjar(folder, &import)
            .exits(2)
            .talks_of("`--other-storepass SOURCE`");
        let other = ["--other-storepass", "pass:secret1"];
        let said = keyjar(folder, &[&import[..], &other].concat()).exits(0);
        // Of a key's chain the authority is what to trust.
        said.talks_of("CN=Example Client CA,O=Example")
            .talks_of("1 added");
        let base = ["import", "--base", store, "--truststore", &target];
        keyjar(folder, &[&base[..], &other].concat())
            .exits(0)
            .talks_of("unchanged");
    }
    // A store under Java's own password merges into one under another.
    keyjar(
        folder,
        &["import", &file("apm-server.crt"), "--truststore", "java.p12"],
    )
    .exits(0);
    let import = [
        "import",
        "java.p12",
        "--truststore",
        "k.jks-trust.p12",
        "--storepass",
        "pass:changeit",
    ];
    keyjar(folder, &import).exits(0).talks_of("1 added");
    let import = [
        "import",
        "java.p12",
        "--truststore",
        "own.p12",
        "--storepass",
        "pass:secret1",
    ];
    keyjar(folder, &import).exits(0).talks_of("1 added");
}

#[test]
fn a_conversion_repeated_is_unchanged_and_another_profile_is_not() {
    let folder = folder();
    let folder = folder.path();
    stores(folder);
    for target in ["c.p12", "c.jks", "c.jceks", "c.bks", "c.ubr", "c.bcfks", "c.pem"] {
        let convert = [&["convert", "k.jks", target][..], &PASS].concat();
        keyjar(folder, &convert).exits(0);
        let bytes = fs::read(folder.join(target)).unwrap();
        keyjar(folder, &convert).exits(0).talks_of("unchanged");
        assert_eq!(fs::read(folder.join(target)).unwrap(), bytes, "{target}");
    }
    let convert = ["convert", "k.jks", "c.p12", "--profile", "legacy"];
    keyjar(folder, &[&convert[..], &PASS].concat())
        .exits(2)
        .talks_of("is there already");
    keyjar(folder, &[&["convert", "k.p12", "c.jks"][..], &PASS].concat())
        .exits(0)
        .talks_of("unchanged");
}

#[test]
fn pbmac1_and_legacy_stores_tell_who_cannot_read_them() {
    let folder = folder();
    let folder = folder.path();
    stores(folder);
    for (profile, told) in [
        (
            "pbmac1",
            "read by: JDK 25, 26, 28; OpenSSL 3.4\n  not read by: JDK 8, 11, 17, 21\n",
        ),
        (
            "legacy-rc2",
            "read by: JDK 8, 11, 17, 21, 25, 26, 28; OpenSSL 3 with -legacy\n",
        ),
        ("modern", "read by: JDK 8, 11, 17, 21, 25, 26, 28; OpenSSL 3\n"),
    ] {
        let name = format!("{profile}.p12");
        let convert = ["convert", "k.p12", &name, "--profile", profile];
        keyjar(folder, &[&convert[..], &PASS].concat()).exits(0);
        keyjar(folder, &[&["list", &name, "-v"][..], &PASS].concat())
            .exits(0)
            .says(told);
    }
}
