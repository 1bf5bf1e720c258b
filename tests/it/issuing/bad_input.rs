use std::fs;

use super::{json, localhost, words};
use crate::support::{folder, keyjar};

#[test]
fn nothing_is_overwritten_unless_forced() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    let before = fs::read(folder.join("certs/localhost.key")).unwrap();
    for line in ["ca --out ca", "cert --name localhost --ca ca --out certs"] {
        words(folder, line)
            .exits(2)
            .talks_of("exists already")
            .talks_of("--force");
    }
    assert_eq!(fs::read(folder.join("certs/localhost.key")).unwrap(), before);
    // One file in the way keeps all others out too.
    fs::remove_file(folder.join("certs/localhost.crt")).unwrap();
    words(folder, "cert --name localhost --ca ca --out certs").exits(2);
    assert!(!folder.join("certs/localhost.crt").exists());
    words(folder, "cert --name localhost --ca ca --out certs --force").exits(0);
    assert_ne!(fs::read(folder.join("certs/localhost.key")).unwrap(), before);
}

#[test]
fn an_authority_that_is_none_is_told_why() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    let cert = |ca: &str| words(folder, &format!("cert --name x {ca}"));
    cert("--ca-cert certs/localhost.crt --ca-key certs/localhost.key")
        .exits(2)
        .talks_of("`CN=localhost` is no authority's certificate");
    cert("--ca-cert ca/ca.crt --ca-key certs/localhost.key")
        .exits(2)
        .talks_of("the key does not belong");
    cert("--ca-cert ca/ca.key --ca-key ca/ca.key")
        .exits(2)
        .talks_of("this is a private key");
    cert("--ca-cert ca/ca.crt --ca-key ca/ca.crt")
        .exits(2)
        .talks_of("this is a certificate");
    cert("--ca certs")
        .exits(2)
        .talks_of("has no `ca.crt` and `ca.key`");
    cert("").exits(2);
    words(folder, "cert --name x")
        .exits(2)
        .talks_of("hint:")
        .talks_of("keyjar ca");
}

#[test]
fn a_name_that_is_no_host_is_told_by_its_label() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    for (name, why) in [
        ("bad host", "label 1, `bad host`, has a space"),
        ("www.exa!mple.com", "label 2, `exa!mple`, has a `!`"),
        ("a..b", "label 2 is empty"),
        ("x.-a.example", "label 2, `-a`, begins or ends with a hyphen"),
        ("10.0.0.300", "label 4, `300`, is a number"),
    ] {
        keyjar(folder, &["cert", "--name", name, "--ca", "ca"])
            .exits(2)
            .talks_of(why);
        keyjar(folder, &["cert", "--name", "x", "--dns", name, "--ca", "ca"])
            .exits(2)
            .talks_of(why);
    }
    keyjar(
        folder,
        &["cert", "--name", "x", "--ip", "10.0.0.300", "--ca", "ca"],
    )
    .exits(2)
    .talks_of("`10.0.0.300` is no IP address");
}

#[test]
fn a_validity_beyond_the_authoritys_is_refused_and_a_long_one_warned_of() {
    let folder = folder();
    let folder = folder.path();
    words(folder, "ca --out ca --days 1000").exits(0);
    words(folder, "cert --name x --ca ca --days 1002")
        .exits(2)
        .talks_of("is valid until")
        .talks_of("hint:");
    words(folder, "cert --name x --ca ca --days 900")
        .exits(0)
        .talks_of("Apple's platforms refuse more than 825");
    words(folder, "cert --name x --ca ca --days 0")
        .exits(2)
        .talks_of("0 days are no validity");
    words(folder, "ca --out short --days 10").exits(0);
    words(folder, "cert --name short --ca short")
        .exits(0)
        .talks_of("as its authority is");
}

#[test]
fn a_file_of_instances_tells_line_and_column_of_what_is_wrong() {
    let folder = folder();
    let folder = folder.path();
    localhost(folder);
    for (file, text, why) in [
        (
            "a.yml",
            "instances:\n  - name: es01\n    dnss: [ a ]\n",
            "line 3, column 5: unknown field `dnss`",
        ),
        ("b.yml", "instances:\n  - dns: [ a ]\n", "missing field `name`"),
        (
            "c.yml",
            "instances:\n  - name: es01\n    dns: a\n",
            "line 3, column 10",
        ),
        ("d.yml", "instances: [\n", "line "),
        (
            "e.toml",
            "[[instances]]\nname = \"a\"\nports = 1\n",
            "line 3, column 1: unknown field `ports`",
        ),
        ("f.json", "{\"instances\":[{\"name\":1}]}", "line 1, column "),
        (
            "g.yml",
            "instances:\n  - name: es01\n    dns: [ \"a b\" ]\n",
            "instance `es01`",
        ),
        (
            "h.yml",
            "instances:\n  - name: a\n  - name: a\n",
            "would have the same files",
        ),
        ("i.yml", "instances: []\n", "describes no instances"),
        (
            "j.yml",
            "instances:\n  - name: a\n    filename: ../b\n",
            "leads to another folder",
        ),
    ] {
        fs::write(folder.join(file), text).unwrap();
        let said = words(folder, &format!("cert --in {file} --ca ca --out new")).exits(2);
        said.talks_of(why).talks_of(file);
        assert!(!folder.join("new").exists(), "{file}");
    }
}

#[test]
fn the_line_ending_of_a_password_file_is_left_out_and_said() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("pass.txt"), "secret\n").unwrap();
    words(folder, "ca --out ca --keypass file:pass.txt")
        .exits(0)
        .talks_of("the line ending in `pass.txt` is no part of the password");
    words(folder, "cert --name a --ca ca --ca-pass pass:secret").exits(0);
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let folder = folder();
    let said = words(folder.path(), "cert --name a --ca nowhere --json").exits(2);
    let document = json(&said);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["error"]["kind"], "not-found");
}
