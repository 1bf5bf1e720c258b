//! Keys and their public halves.

use std::fs;

use keyjar::{PrivateKey, pem};

use crate::support::{folder, keyjar, run, testdata};

#[test]
fn the_public_half_of_every_kind_of_key_is_the_one_openssl_makes() {
    let mut keys = 0;
    for entry in fs::read_dir(testdata("keys")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "key") {
            continue;
        }
        keys += 1;
        let key = PrivateKey::from_input(&fs::read(&path).unwrap(), None).unwrap();
        let public = pem::read(&fs::read(path.with_extension("pub")).unwrap()).unwrap();
        assert_eq!(
            key.public_key_der().as_deref(),
            Some(&public[0].der[..]),
            "{}",
            path.display()
        );
        assert_eq!(
            key.matches_public_key(&public[0].der),
            Some(true),
            "{}",
            path.display()
        );
    }
    assert_eq!(keys, 32);
}

#[test]
fn a_key_without_its_public_half_is_refused_with_anothers_certificate() {
    let folder = folder();
    let folder = folder.path();
    let make =
        "openssl req -x509 -newkey $1 -nodes -keyout $2.key -out $2.crt -subj /CN=$2 -days 9 2>/dev/null";
    let ec = "ec -pkeyopt ec_paramgen_curve:brainpoolP256r1";
    for (name, algorithm) in [("ed25519", "ed25519"), ("ed448", "ed448"), ("ec", ec)] {
        for number in ["1", "2"] {
            let script = make
                .replace("$1", algorithm)
                .replace("$2", &format!("{name}{number}"));
            let strip = format!(
                "if openssl ec -in {name}{number}.key -no_public -out bare.key 2>/dev/null; then mv bare.key {name}{number}.key; fi"
            );
            run(std::process::Command::new("sh")
                .args(["-c", &format!("{script} && {strip}")])
                .current_dir(folder))
            .exits(0);
        }
        let bundle = |key: &str| {
            let (cert, key) = (format!("{name}1.crt"), format!("{name}{key}.key"));
            let store = format!("{key}.p12");
            let arguments = ["bundle", "--cert", &cert, "--key", &key, "--keystore", &store];
            keyjar(
                folder,
                &[&arguments[..], &["--storepass", "pass:secret1"]].concat(),
            )
        };
        bundle("2")
            .exits(2)
            .talks_of("the key belongs to none of the certificates");
        let said = bundle("1").exits(0);
        assert!(!said.stderr.contains("could not be checked"), "{}", said.stderr);
    }
}
