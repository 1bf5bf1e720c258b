//! What the fuzzers found (`fuzz/README.md`), replayed through their own checks.

#[path = "../../../fuzz/src/checks.rs"]
mod checks;

use std::fs;

use crate::support::testdata;

type Check = fn(&[u8]);

#[test]
fn every_input_that_once_failed_holds_now() {
    let targets: [(&str, Check); 5] = [
        ("pkcs12", checks::pkcs12),
        ("jks", checks::jks),
        ("input", checks::input),
        ("certificate", checks::certificate),
        ("keystore", checks::keystore),
    ];
    let mut replayed = 0;
    for folder in fs::read_dir(testdata("regressions")).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap().to_str().unwrap();
        let (_, check) = targets
            .iter()
            .find(|(target, _)| *target == name)
            .unwrap_or_else(|| panic!("{} is no target's folder", folder.display()));
        for file in fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            eprintln!("{}", file.display());
            check(&fs::read(&file).unwrap());
            replayed += 1;
        }
    }
    assert!(replayed > 0, "there is nothing to replay");
}

#[test]
fn the_fuzzers_checks_hold_for_the_files_they_are_seeded_with() {
    for folder in ["pkcs12", "apm", "keys", "x509"] {
        for file in fs::read_dir(testdata(folder)).unwrap() {
            let file = file.unwrap().path();
            let bytes = fs::read(&file).unwrap();
            let all: [Check; 5] = [
                checks::pkcs12,
                checks::jks,
                checks::input,
                checks::certificate,
                checks::keystore,
            ];
            for check in all {
                check(&bytes);
            }
        }
    }
}
