use crate::support::{folder, jdks, keyjar, testdata};

fn file(name: &str) -> String {
    testdata("apm").join(name).display().to_string()
}

/// A certificate's SHA-256 as keytool prints it: `AA:BB:...`.
fn sha256(name: &str) -> String {
    let pem = std::fs::read(testdata("apm").join(name)).unwrap();
    let digest = keyjar::Certificate::from_pem(&pem)
        .unwrap()
        .fingerprint(keyjar::crypto::Digest::Sha256);
    let pairs: Vec<_> = digest.iter().map(|octet| format!("{octet:02X}")).collect();
    pairs.join(":")
}

#[test]
fn every_jdk_lists_the_truststores_of_every_profile_it_is_said_to_read() {
    for jdk in jdks() {
        for profile in [
            "trust",
            "modern",
            "legacy",
            "legacy-rc2",
            "passwordless",
            "pbmac1",
        ] {
            // The host's version is not asked for: JDK 17 to 24 do not read PBMAC1, later ones do.
            if profile == "pbmac1" && (jdk.is_before(25) || jdk.version == "host") {
                continue;
            }
            let folder = folder();
            keyjar(
                folder.path(),
                &[
                    "import",
                    &file("apm-server.crt"),
                    "--alias",
                    "Apm",
                    "--profile",
                    profile,
                ],
            )
            .exits(0);
            jdk.keytool(
                folder.path(),
                &["-list", "-keystore", "truststore.p12", "-storepass", "changeit"],
            )
            .exits(0)
            .says("apm, ")
            .says("trustedCertEntry")
            .says(&sha256("apm-server.crt"));
        }
    }
}

#[test]
fn every_jdk_lists_the_key_and_its_chain() {
    for jdk in jdks() {
        for profile in ["modern", "legacy", "legacy-rc2", "pbmac1"] {
            if profile == "pbmac1" && (jdk.is_before(25) || jdk.version == "host") {
                continue;
            }
            let folder = folder();
            let (cert, key, ca) = (file("client.crt"), file("client.key"), file("ca.crt"));
            let arguments = [
                "bundle",
                "--cert",
                &cert,
                "--key",
                &key,
                "--chain",
                &ca,
                "--profile",
                profile,
            ];
            keyjar(
                folder.path(),
                &[&arguments[..], &["--storepass", "pass:secret1"]].concat(),
            )
            .exits(0);
            jdk.keytool(
                folder.path(),
                &[
                    "-list",
                    "-v",
                    "-keystore",
                    "keystore.p12",
                    "-storepass",
                    "secret1",
                ],
            )
            .exits(0)
            .says("Alias name: apm-client")
            .says("PrivateKeyEntry")
            .says("Certificate chain length: 2")
            .says(&sha256("client.crt"))
            .says(&sha256("ca.crt"));
        }
    }
}

#[test]
fn a_store_edited_here_and_by_keytool_in_turns_stays_whole() {
    for jdk in jdks() {
        let folder = folder();
        std::fs::copy(file("ca.crt"), folder.path().join("ca.crt")).unwrap();
        let store = [
            "-keystore",
            "turns.p12",
            "-storetype",
            "PKCS12",
            "-storepass",
            "changeit",
        ];
        let genkey = [
            "-genkeypair",
            "-alias",
            "made",
            "-keyalg",
            "RSA",
            "-keysize",
            "2048",
            "-dname",
            "CN=made",
        ];
        jdk.keytool(folder.path(), &[&genkey[..], &store].concat())
            .exits(0);
        let import = ["import", "--truststore", "turns.p12"];
        keyjar(
            folder.path(),
            &[&import[..], &[&file("apm-server.crt"), "--alias", "ours"]].concat(),
        )
        .exits(0);
        let importcert = ["-importcert", "-noprompt", "-alias", "theirs", "-file", "ca.crt"];
        jdk.keytool(folder.path(), &[&importcert[..], &store].concat())
            .exits(0);
        let list = keyjar(folder.path(), &["list", "turns.p12", "--json"]).exits(0);
        let document: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
        let entries = document["entries"].as_array().unwrap();
        let mut aliases: Vec<_> = entries
            .iter()
            .map(|entry| entry["alias"].as_str().unwrap())
            .collect();
        aliases.sort_unstable();
        assert_eq!(aliases, ["made", "ours", "theirs"], "JDK {}", jdk.version);
        jdk.keytool(folder.path(), &[&["-list"][..], &store].concat())
            .exits(0)
            .says("contains 3 entries");
        let export = ["-certreq", "-alias", "made"];
        jdk.keytool(folder.path(), &[&export[..], &store].concat())
            .exits(0);
    }
}

#[test]
fn a_jks_store_of_keytools_is_extended_and_opens_there_again() {
    for jdk in jdks() {
        let folder = folder();
        let store = [
            "-keystore",
            "old.jks",
            "-storetype",
            "JKS",
            "-storepass",
            "changeit",
        ];
        let genkey = [
            "-genkeypair",
            "-alias",
            "made",
            "-keyalg",
            "RSA",
            "-keysize",
            "2048",
            "-dname",
            "CN=made",
            "-keypass",
            "changeit",
        ];
        jdk.keytool(folder.path(), &[&genkey[..], &store].concat())
            .exits(0);
        keyjar(
            folder.path(),
            &[
                "import",
                &file("ca.crt"),
                "--truststore",
                "old.jks",
                "--alias",
                "Ours",
            ],
        )
        .exits(0)
        .says("trustStoreType=JKS");
        jdk.keytool(folder.path(), &[&["-list"][..], &store].concat())
            .exits(0)
            .says("ours, ")
            .says("contains 2 entries");
        jdk.keytool(
            folder.path(),
            &[&["-certreq", "-alias", "made"][..], &store].concat(),
        )
        .exits(0);
    }
}

#[test]
fn list_tells_the_jdks_that_open_each_profile_and_they_do() {
    for jdk in jdks().into_iter().filter(|jdk| jdk.version != "host") {
        let folder = folder();
        let (cert, key) = (file("client.crt"), file("client.key"));
        for profile in ["modern", "legacy", "legacy-rc2", "pbmac1"] {
            let store = format!("{profile}.p12");
            let bundle = [
                "bundle",
                "--cert",
                &cert,
                "--key",
                &key,
                "--keystore",
                &store,
                "--profile",
                profile,
            ];
            let pass = ["--storepass", "pass:secret1"];
            keyjar(folder.path(), &[&bundle[..], &pass].concat()).exits(0);
            let list = keyjar(folder.path(), &[&["list", &store, "--json"][..], &pass].concat()).exits(0);
            let document: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
            let told = document["readers"]["jdk"].as_array().unwrap();
            let version: u32 = jdk.version.parse().unwrap();
            let said = jdk.keytool(
                folder.path(),
                &["-list", "-keystore", &store, "-storepass", "secret1"],
            );
            assert_eq!(
                said.code == 0,
                told.iter().any(|known| *known == version),
                "JDK {version}, {profile}: {}{}",
                said.stdout,
                list.stdout
            );
        }
    }
}
