//! Which JDKs open which form of PKCS#12, as `list -v` tells it.

use std::fs;
use std::process::Command;

use keyjar::KeyStore;

use crate::formats::forms::{files, password};
use crate::support::{folder, has, jdks, root, run};

#[test]
fn the_jdks_told_are_those_that_open_each_form_with_its_keys() {
    if !has("javac", &["-version"]) {
        return;
    }
    let folder = folder();
    let folder = folder.path();
    let source = root().join("tests/it/interop/java/Forms.java");
    run(Command::new("javac")
        .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d"])
        .arg(folder)
        .arg(source))
    .exits(0);
    let mut stores = Vec::new();
    let mut lines = String::new();
    for path in files() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let password = password(&name);
        let store = KeyStore::open(&path, &password).unwrap();
        fs::copy(&path, folder.join(&name)).unwrap();
        lines += &format!(
            "PKCS12\t{}\t{}\n",
            password.expose_text().unwrap(),
            folder.join(&name).display()
        );
        stores.push((name, store.readers().unwrap()));
    }
    fs::write(folder.join("list"), lines).unwrap();
    let mut wrong = Vec::new();
    for jdk in jdks() {
        let list = folder.join("list").display().to_string();
        let said = run(jdk.tool(folder, "java").args(["-cp", ".", "Forms", &list])).exits(0);
        let answers: Vec<&str> = said.stdout.lines().collect();
        assert_eq!(answers.len(), stores.len(), "{}", said.stdout);
        let Ok(version) = jdk.version.parse::<u32>() else {
            continue;
        };
        for ((name, readers), answer) in stores.iter().zip(answers) {
            if answer.starts_with("ok") != readers.jdks.contains(&version) {
                wrong.push(format!("{name}: JDK {version} says {answer}; told {readers:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
