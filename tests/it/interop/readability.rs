//! Which certificates a JVM can parse: held against what the JDKs say of forged ones.

use keyjar::Certificate;
use rand::{RngExt, SeedableRng};

use crate::support::{folder, jdks, probe, run, testdata};

/// Certificates of several kinds with a byte or two changed, and the unchanged ones.
fn forged() -> Vec<Vec<u8>> {
    let mut rng = rand::rngs::StdRng::seed_from_u64(20);
    let mut all = Vec::new();
    for name in ["ca.crt", "apm-server.crt", "client.crt"] {
        let pem = std::fs::read(testdata("apm").join(name)).unwrap();
        let der = Certificate::from_pem(&pem).unwrap().as_der().to_vec();
        all.push(der.clone());
        for _ in 0..700 {
            let mut changed = der.clone();
            let at = rng.random_range(0..changed.len());
            changed[at] = rng.random();
            all.push(changed);
        }
    }
    all
}

#[test]
fn a_certificate_is_readable_exactly_if_every_jdk_parses_it() {
    let Some(classes) = probe() else { return };
    let folder = folder();
    let forged = forged();
    let mut bytes = Vec::new();
    for der in &forged {
        bytes.extend(u32::try_from(der.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(der);
    }
    let file = folder.path().join("forged");
    std::fs::write(&file, bytes).unwrap();
    let mut refusals: Vec<Option<String>> = vec![None; forged.len()];
    for jdk in jdks() {
        let said = run(jdk
            .tool(classes, "java")
            .args(["-cp", ".", "Probe", "certificates"])
            .arg(&file))
        .exits(0);
        assert_eq!(said.stdout.lines().count(), forged.len());
        for (refusal, line) in refusals.iter_mut().zip(said.stdout.lines()) {
            if line != "ok" && refusal.is_none() {
                *refusal = Some(format!("JDK {}: {line}", jdk.version));
            }
        }
    }
    let (mut right, mut wrong) = (0, Vec::new());
    for (der, refusal) in forged.iter().zip(&refusals) {
        let ours = match Certificate::from_der(der.clone()) {
            Err(error) => Err(format!("at all: {error}")),
            Ok(certificate) => certificate
                .java_readability()
                .map_err(|error| format!("{error:?}")),
        };
        if ours.is_err() == refusal.is_some() {
            right += 1;
        } else {
            wrong.push(format!("here {ours:?}, there {refusal:?}"));
        }
    }
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{right} right, {} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
