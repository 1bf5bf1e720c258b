//! `keyjar keytool` beside the JDK's keytool: the same commands in two folders, both streams and the code compared.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::{folder, has, testdata};

/// Two folders with the same files, one for each program.
struct Pair {
    theirs: tempfile::TempDir,
    ours: tempfile::TempDir,
}

fn run(program: &Path, arguments: &[&str], folder: &Path, input: &str) -> Output {
    let mut command = Command::new(program);
    if program.ends_with("keyjar") {
        command.arg("keytool");
    } else {
        // It runs for a moment: the second compiler would cost more than it gives.
        command.args(["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"]);
    }
    let mut child = command
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("STORE_PASS", "secret1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who ends without reading closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What keyjar says beyond keytool: its hints and warnings, on stderr.
fn without_advice(stderr: &str) -> String {
    stderr
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("hint: ") && !line.starts_with("keyjar: "))
        .collect()
}

impl Pair {
    fn new(files: &[&str]) -> Option<Self> {
        if !has("keytool", &["-help"]) {
            return None;
        }
        let pair = Self {
            theirs: folder(),
            ours: folder(),
        };
        for file in files {
            let from = testdata(file);
            for to in [&pair.theirs, &pair.ours] {
                fs::copy(&from, to.path().join(from.file_name().unwrap())).unwrap();
            }
        }
        Some(pair)
    }

    /// Runs both; fails unless they say the same.
    #[track_caller]
    fn same(&self, arguments: &[&str]) -> Output {
        self.same_with(arguments, "")
    }

    #[track_caller]
    fn same_with(&self, arguments: &[&str], input: &str) -> Output {
        let theirs = run(Path::new("keytool"), arguments, self.theirs.path(), input);
        let ours = run(
            Path::new(env!("CARGO_BIN_EXE_keyjar")),
            arguments,
            self.ours.path(),
            input,
        );
        let (stdout, stderr) = (text(&ours.stdout), without_advice(&text(&ours.stderr)));
        // The lines of PEM end in CR LF or LF by keytool's version.
        let expected = text(&theirs.stdout).replace('\r', "");
        assert_eq!(stdout, expected, "stdout of {arguments:?}");
        assert_eq!(stderr, text(&theirs.stderr), "stderr of {arguments:?}");
        assert_eq!(ours.status.code(), theirs.status.code(), "{arguments:?}");
        ours
    }

    /// Lets each read the store that the other made.
    fn swap(&self, name: &str) {
        let (theirs, ours) = (self.theirs.path().join(name), self.ours.path().join(name));
        let kept = fs::read(&theirs).unwrap();
        fs::copy(&ours, &theirs).unwrap();
        fs::write(&ours, kept).unwrap();
    }
}

const PASS: [&str; 2] = ["-storepass", "changeit"];
const STORE: [&str; 4] = ["-keystore", "t.p12", "-storepass", "changeit"];

#[test]
fn certificates_are_imported_listed_and_taken_out_alike() {
    let files = [
        "apm-chain/root.crt",
        "apm-chain/server.crt",
        "apm-chain/server.key",
        "apm/bundle.p7b",
    ];
    let Some(pair) = Pair::new(&files) else { return };
    for (store, more) in [("t.p12", &[][..]), ("t.jks", &["-storetype", "JKS"])] {
        let at = [&["-keystore", store], &PASS[..], more].concat();
        let import = |file, alias| {
            [
                &["-importcert", "-noprompt", "-file", file, "-alias", alias],
                &at[..],
            ]
            .concat()
        };
        pair.same(&import("root.crt", "Root"));
        pair.same(&import("root.crt", "root"));
        pair.same(&[&["-import", "-noprompt", "-v", "-file", "server.crt"], &at[..]].concat());
        pair.same(&import("server.key", "key"));
        pair.same(&import("bundle.p7b", "p7"));
        pair.same(&import("none.crt", "none"));
        pair.swap(store);
        if store == "t.jks" {
            pair.same(&[&["-list", "-v"], &at[..]].concat());
            pair.same(&[&["-delete", "-alias", "ROOT"], &at[..]].concat());
            continue;
        }
        for list in [
            &["-list"][..],
            &["-list", "-v"],
            &["-list", "-rfc"],
            &["-LIST", "-Alias", "ROOT"],
        ] {
            pair.same(&[list, &["-keystore", store], &PASS].concat());
        }
        pair.same(&[&["-list", "-alias", "nope"], &at[..]].concat());
        pair.same(&[&["-exportcert", "-rfc", "-alias", "root"], &at[..]].concat());
        pair.same(&[&["-export", "-alias", "root", "-file", "out.der"], &at[..]].concat());
        let exported = |folder: &tempfile::TempDir| fs::read(folder.path().join("out.der")).unwrap();
        assert_eq!(exported(&pair.theirs), exported(&pair.ours));
        pair.same(&[&["-exportcert", "-alias", "nope"], &at[..]].concat());
        pair.same(&[&["-changealias", "-alias", "root", "-destalias", "Ca"], &at[..]].concat());
        pair.same(&[&["-changealias", "-alias", "ca", "-destalias", "mykey"], &at[..]].concat());
        pair.same(&[&["-changealias", "-alias", "nope", "-destalias", "x"], &at[..]].concat());
        pair.same(&[&["-delete", "-alias", "ca"], &at[..]].concat());
        pair.same(&[&["-delete", "-alias", "ca"], &at[..]].concat());
        pair.same(&[&["-list"], &at[..]].concat());
    }
}

#[test]
fn questions_are_asked_and_answered_alike() {
    let files = [
        "apm-chain/root.crt",
        "apm-chain/server.crt",
        "apm-chain/other-root.crt",
        "apm-chain/plain-root.crt",
    ];
    let Some(pair) = Pair::new(&files) else { return };
    let import = |file, alias| [&["-importcert", "-file", file, "-alias", alias], &STORE[..]].concat();
    pair.same_with(&import("root.crt", "a"), "yes\n");
    pair.same_with(&import("root.crt", "b"), "y\n");
    pair.same_with(&import("other-root.crt", "d"), "no\n");
    pair.same_with(&import("other-root.crt", "d"), "\n");
    pair.same_with(&import("plain-root.crt", "e"), "YES\n");
    // The root is there and did sign it: no question.
    pair.same(&import("server.crt", "f"));
    pair.same(&[&["-list"], &STORE[..]].concat());
    let new = [
        "-importcert",
        "-noprompt",
        "-file",
        "root.crt",
        "-keystore",
        "new.p12",
    ];
    pair.same_with(&new, "abc\nabc\nabc\n");
    pair.same(&[&new[..], &["-storepass", "short"]].concat());
    pair.same_with(&new, "changeit\nchangeit\n");
    pair.same_with(&["-list", "-keystore", "new.p12"], "changeit\n");
    pair.same_with(&["-list", "-keystore", "new.p12"], "wrong1\n");
}

#[test]
fn a_certificate_signed_by_no_one_known_is_asked_for_though_it_names_the_issuer() {
    let files = ["apm-chain/root.crt", "apm-chain/server-below.crt"];
    let Some(pair) = Pair::new(&files) else { return };
    pair.same(&[&["-importcert", "-noprompt", "-file", "root.crt"], &STORE[..]].concat());
    pair.same_with(
        &[
            &["-importcert", "-file", "server-below.crt", "-alias", "b"],
            &STORE[..],
        ]
        .concat(),
        "no\n",
    );
}

#[test]
fn every_extension_and_name_is_printed_alike() {
    let files = [
        "keytool/extensions.crt",
        "keytool/ed25519.crt",
        "keytool/weak.crt",
        "keytool/sha1.crt",
        "keytool/md5.crt",
        "apm-chain/server-below.fullchain.crt",
        "apm-chain/root.der",
        "apm-chain/root.key",
    ];
    let Some(pair) = Pair::new(&files) else { return };
    for file in files {
        let name = PathBuf::from(file);
        let name = name.file_name().unwrap().to_str().unwrap();
        pair.same(&["-printcert", "-file", name]);
    }
    pair.same(&["-printcert", "-rfc", "-file", "server-below.fullchain.crt"]);
    for name in ["weak", "sha1", "md5"] {
        let file = format!("{name}.crt");
        pair.same(
            &[
                &["-importcert", "-noprompt", "-file", &file, "-alias", name],
                &STORE[..],
            ]
            .concat(),
        );
    }
    pair.same(&[&["-list"], &STORE[..]].concat());
    pair.same(&[&["-list", "-v"], &STORE[..]].concat());
}

#[test]
fn the_authorities_of_a_jvm_are_printed_alike() {
    let Some(pair) = Pair::new(&[]) else { return };
    // The JVM's own file, under the same name for both.
    let home = std::process::Command::new("java")
        .args(["-XshowSettings:properties", "-version"])
        .output();
    let Ok(home) = home else { return };
    let home = text(&home.stderr);
    let Some(home) = home
        .lines()
        .find_map(|line| line.trim().strip_prefix("java.home = "))
    else {
        return;
    };
    for folder in [&pair.theirs, &pair.ours] {
        fs::copy(
            format!("{home}/lib/security/cacerts"),
            folder.path().join("cacerts"),
        )
        .unwrap();
    }
    pair.same(&["-list", "-v", "-keystore", "cacerts", "-storepass", "changeit"]);
}

#[test]
fn stores_are_imported_into_others_alike() {
    let files = ["pkcs12/keytool17.p12", "pkcs12/keytool17-trust.p12"];
    let Some(pair) = Pair::new(&files) else { return };
    let from = [
        "-importkeystore",
        "-srckeystore",
        "keytool17.p12",
        "-srcstorepass",
        "secret1",
    ];
    let to = ["-destkeystore", "new.p12", "-deststorepass", "secret2"];
    pair.same(&[&from[..], &to].concat());
    pair.swap("new.p12");
    pair.same(&["-list", "-v", "-keystore", "new.p12", "-storepass", "secret2"]);
    pair.same(&[&from[..], &to, &["-noprompt"]].concat());
    pair.same(&[&from[..], &to, &["-srcalias", "nope"]].concat());
    pair.same(&[
        "-importkeystore",
        "-srckeystore",
        "none.p12",
        "-srcstorepass",
        "secret1",
        "-destkeystore",
        "x.p12",
        "-deststorepass",
        "secret1",
    ]);
    let wrong = [
        "-importkeystore",
        "-srckeystore",
        "keytool17.p12",
        "-srcstorepass",
        "wrong1",
    ];
    pair.same(&[&wrong[..], &to].concat());
    // The same password for both: a key keeps the source's password in keytool's JKS.
    let jks = [
        "-destkeystore",
        "new.jks",
        "-deststoretype",
        "JKS",
        "-deststorepass",
        "secret1",
    ];
    pair.same(&[&from[..], &jks].concat());
    pair.swap("new.jks");
    pair.same(&["-list", "-keystore", "new.jks", "-storepass", "secret1"]);
    // In its place.
    pair.same(&[
        "-importkeystore",
        "-srckeystore",
        "new.jks",
        "-destkeystore",
        "new.jks",
        "-deststoretype",
        "pkcs12",
        "-srcstorepass",
        "secret1",
        "-deststorepass",
        "secret1",
    ]);
    assert!(pair.ours.path().join("new.jks.old").exists());
    pair.same(&["-list", "-keystore", "new.jks", "-storepass", "secret1"]);
}

#[test]
fn passwords_are_changed_alike() {
    let Some(pair) = Pair::new(&["pkcs12/keytool17.p12"]) else {
        return;
    };
    let store = ["-keystore", "keytool17.p12"];
    let change = |old: &'static str, new: &'static str| {
        [&["-storepasswd", "-storepass", old, "-new", new], &store[..]].concat()
    };
    pair.same(&change("secret1", "abc"));
    pair.same(&change("secret1", "secret1"));
    pair.same(&change("wrong12", "changeit2"));
    pair.same(&change("secret1", "changeit2"));
    pair.swap("keytool17.p12");
    pair.same(&[&["-list", "-storepass", "secret1"], &store[..]].concat());
    let asked = [&["-storepasswd", "-storepass", "changeit2"], &store[..]].concat();
    pair.same_with(&asked, "abc\nabc\nabc\n");
    let keypasswd = [
        "-keypasswd",
        "-alias",
        "x",
        "-new",
        "secret3",
        "-storepass",
        "changeit2",
    ];
    pair.same(&[&keypasswd[..], &store].concat());
}

#[test]
fn wrong_command_lines_are_told_alike() {
    let Some(pair) = Pair::new(&[]) else { return };
    fs::write(pair.theirs.path().join("empty.p12"), "").unwrap();
    fs::write(pair.ours.path().join("empty.p12"), "").unwrap();
    fs::write(pair.theirs.path().join("text.p12"), "no store at all, only text").unwrap();
    fs::write(pair.ours.path().join("text.p12"), "no store at all, only text").unwrap();
    pair.same(&[]);
    pair.same(&["-help"]);
    pair.same(&["-foo"]);
    pair.same(&["-list", "-keystore", "none.p12", "-storepass", "changeit"]);
    pair.same(&["-list", "-keystore", "empty.p12", "-storepass", "changeit"]);
    pair.same(&["-list", "-keystore", "text.p12", "-storepass", "changeit"]);
    pair.same(&["-list", "-delete"]);
    pair.same(&[
        "-delete",
        "-alias",
        "a",
        "-keystore",
        "none.p12",
        "-storepass",
        "changeit",
    ]);
}

#[test]
fn passwords_come_from_the_environment_and_from_files() {
    let Some(pair) = Pair::new(&["pkcs12/keytool17-trust.p12"]) else {
        return;
    };
    for folder in [&pair.theirs, &pair.ours] {
        fs::write(folder.path().join("pass"), "secret1\n").unwrap();
    }
    let list = ["-list", "-keystore", "keytool17-trust.p12"];
    pair.same(&[&list[..], &["-storepass:env", "STORE_PASS"]].concat());
    pair.same(&[&list[..], &["-storepass:file", "pass"]].concat());
}

#[test]
fn an_authoritys_reply_is_installed_alike() {
    let files = [
        "apm-chain/root.crt",
        "apm-chain/other-root.crt",
        "apm-chain/server.crt",
        "apm-chain/server-below.crt",
        "apm-chain/server-below.fullchain.crt",
        "apm-chain/intermediate.crt",
        "apm-chain/server-below.key",
    ];
    let Some(pair) = Pair::new(&files) else { return };
    let made = crate::support::keyjar(
        pair.ours.path(),
        &[
            "bundle",
            "--cert",
            "server-below.crt",
            "--key",
            "server-below.key",
            "--keystore",
            "t.p12",
            "--alias",
            "server",
            "--storepass",
            "pass:changeit",
        ],
    );
    made.exits(0);
    fs::copy(pair.ours.path().join("t.p12"), pair.theirs.path().join("t.p12")).unwrap();
    let reply = |file| [&["-importcert", "-alias", "server", "-file", file], &STORE[..]].concat();
    pair.same(&reply("server-below.crt"));
    pair.same(&reply("server.crt"));
    pair.same(&reply("root.crt"));
    pair.same_with(&reply("server-below.fullchain.crt"), "no\n");
    pair.same_with(&reply("server-below.fullchain.crt"), "yes\n");
    pair.same(&[&["-list", "-v"], &STORE[..]].concat());
    pair.same(
        &[
            &["-importcert", "-noprompt", "-alias", "root", "-file", "root.crt"],
            &STORE[..],
        ]
        .concat(),
    );
    pair.same(&reply("server-below.fullchain.crt"));
    pair.same(&[&["-list", "-rfc", "-alias", "server"], &STORE[..]].concat());
}
