use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Server, file, pki, sha256, wire};
use crate::support::{Said, folder, has, host, keyjar, run};

fn import(folder: &Path, arguments: &[&str]) -> Said {
    wire(folder, &[&["import", "--from"], arguments].concat())
}

/// The SHA-256 of the entries of truststore.p12, in order.
fn trusted(folder: &Path) -> Vec<String> {
    let said = keyjar(folder, &["list", "truststore.p12", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let entries = document["entries"].as_array().unwrap().clone();
    entries
        .iter()
        .map(|entry| entry["chain"][0]["sha256"].as_str().unwrap().to_owned())
        .collect()
}

fn hex(name: &str) -> String {
    sha256(name).replace(':', "").to_lowercase()
}

#[test]
fn the_highest_certificate_is_taken_unless_told_otherwise() {
    if pki().is_none() {
        return;
    }
    for (chain, take, expected) in [
        ("full.crt", None, vec!["root.crt"]),
        ("chain.crt", None, vec!["int.crt"]),
        ("leaf.crt", None, vec!["leaf.crt"]),
        ("unordered.crt", None, vec!["root.crt"]),
        ("full.crt", Some("leaf"), vec!["leaf.crt"]),
        ("full.crt", Some("issuer"), vec!["int.crt"]),
        ("full.crt", Some("root"), vec!["root.crt"]),
        ("full.crt", Some("all"), vec!["leaf.crt", "int.crt", "root.crt"]),
        (
            "superfluous.crt",
            Some("all"),
            vec!["leaf.crt", "int.crt", "k1.crt"],
        ),
    ] {
        let server = Server::python_with("tls", chain);
        let folder = folder();
        let at = server.at();
        let mut arguments = vec![at.as_str(), "--yes"];
        if let Some(take) = take {
            arguments.extend(["--take", take]);
        }
        import(folder.path(), &arguments)
            .exits(0)
            .says("-Djavax.net.ssl.trustStore=");
        let expected: Vec<_> = expected.into_iter().map(hex).collect();
        assert_eq!(trusted(folder.path()), expected, "{chain} {take:?}");
    }
}

#[test]
fn what_the_server_does_not_send_cannot_be_taken() {
    if pki().is_none() {
        return;
    }
    for (chain, take, words) in [
        (
            "chain.crt",
            "root",
            "does not send a root: its chain ends below `CN=Wire Root,O=Wire Tests`",
        ),
        ("leaf.crt", "issuer", "does not send its issuer's certificate"),
    ] {
        let server = Server::python_with("tls", chain);
        let folder = folder();
        import(folder.path(), &[&server.at(), "--yes", "--take", take])
            .exits(2)
            .talks_of(words);
        assert!(!folder.path().join("truststore.p12").exists());
    }
}

#[test]
fn a_right_fingerprint_is_taken_in_any_spelling_and_repeating_it_changes_nothing() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("tls");
    let folder = folder();
    for (spelling, words) in [
        (sha256("int.crt"), "1 added"),
        (hex("int.crt"), "unchanged"),
        (sha256("int.crt").to_lowercase(), "unchanged"),
        (format!("sha256 Fingerprint={}", sha256("int.crt")), "unchanged"),
    ] {
        import(folder.path(), &[&server.at(), "--sha256", &spelling])
            .exits(0)
            .talks_of(words);
    }
}

#[test]
fn a_wrong_fingerprint_writes_nothing_not_even_with_yes() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("tls");
    let folder = folder();
    let wrong = "00".repeat(32);
    for more in [&[][..], &["--yes"]] {
        let server = server.at();
        let arguments = [&[server.as_str(), "--sha256", &wrong], more].concat();
        let said = import(folder.path(), &arguments).exits(2);
        let said = said
            .talks_of("the fingerprint does not match")
            .talks_of(&sha256("int.crt"));
        assert_eq!(said.stdout, "");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    import(folder.path(), &[&server.at(), "--sha256", &sha256("leaf.crt")])
        .exits(2)
        .talks_of("`--take leaf` takes that one");
    import(folder.path(), &[&server.at(), "--sha256", "AB:CD"])
        .exits(2)
        .talks_of("a SHA-256 has 32");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn all_certificates_need_all_fingerprints() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("tls");
    let folder = folder();
    let (leaf, int) = (sha256("leaf.crt"), sha256("int.crt"));
    import(folder.path(), &[&server.at(), "--take", "all", "--sha256", &leaf]).exits(2);
    import(
        folder.path(),
        &[&server.at(), "--take", "all", "--sha256", &leaf, "--sha256", &int],
    )
    .exits(0);
    assert_eq!(trusted(folder.path()).len(), 2);
}

#[test]
fn without_a_terminal_and_without_a_word_nothing_is_trusted() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("tls");
    let folder = folder();
    let said = import(folder.path(), &[&server.at()]).exits(2);
    let said = said
        .talks_of("no terminal to ask on")
        .talks_of(&format!("--sha256 {}", hex("int.crt")));
    assert_eq!(said.stdout, "");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Runs it on a terminal of its own, and types the answer when asked.
fn typed(folder: &Path, at: &str, answer: &str) -> Said {
    let script = "import os, pty, sys\n\
        pid, terminal = pty.fork()\n\
        if pid == 0: os.execv(sys.argv[1], sys.argv[1:-1])\n\
        said = b''\n\
        while b'[yes/no] ' not in said: said += os.read(terminal, 4096)\n\
        os.write(terminal, sys.argv[-1].encode() + b'\\n')\n\
        try:\n\
        \x20while True:\n\
        \x20 piece = os.read(terminal, 4096)\n\
        \x20 if not piece: break\n\
        \x20 said += piece\n\
        except OSError: pass\n\
        sys.stdout.write(said.decode())\n\
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n";
    run(Command::new("python3").current_dir(folder).args([
        "-c",
        script,
        env!("CARGO_BIN_EXE_keyjar"),
        "import",
        "--from",
        at,
        answer,
    ]))
}

#[test]
fn a_yes_at_the_prompt_trusts_and_anything_else_does_not() {
    if pki().is_none() {
        return;
    }
    let server = Server::python_with("tls", "leaf.crt");
    let folder = folder();
    for answer in ["no", "", "yess"] {
        typed(folder.path(), &server.at(), answer)
            .exits(1)
            .says("nothing was written");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    let said = typed(folder.path(), &server.at(), "yes").exits(0);
    let said = said
        .says("subject  CN=localhost")
        .says("issuer   CN=Wire Intermediate")
        .says("names    DNS:localhost, IP:127.0.0.1")
        .says("valid ")
        .says(&sha256("leaf.crt"));
    assert!(
        said.stdout
            .contains("openssl x509 -in CERTIFICATE -noout -fingerprint -sha256")
    );
    assert_eq!(trusted(folder.path()), [hex("leaf.crt")]);
}

#[test]
fn a_pinned_leaf_says_what_that_means() {
    if pki().is_none() {
        return;
    }
    let server = Server::python_with("tls", "leaf.crt");
    let folder = folder();
    import(folder.path(), &[&server.at(), "--yes"])
        .exits(0)
        .talks_of("sends its own certificate alone")
        .talks_of("only the server's own certificate could be pinned")
        .talks_of("goes on accepting it after it expires");
    let server = Server::python_with("tls", "full.crt");
    let said = import(folder.path(), &[&server.at(), "--yes"]).exits(0);
    assert!(!said.stderr.contains("pinned"), "{}", said.stderr);
}

#[test]
fn the_document_tells_the_server_and_its_oddities() {
    if pki().is_none() {
        return;
    }
    let server = Server::python_with("tls", "leaf.crt");
    let folder = folder();
    let said = import(folder.path(), &[&server.at(), "--yes", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["from"]["server"], server.at());
    assert_eq!(document["from"]["findings"][0]["finding"], "leaf-alone");
    assert_eq!(document["added"][0]["certificate"]["sha256"], hex("leaf.crt"));
}

#[test]
fn starttls_and_files_go_together_with_it() {
    if pki().is_none() {
        return;
    }
    let server = Server::python("postgres");
    let folder = folder();
    let root = file("root.crt");
    import(
        folder.path(),
        &[&server.at(), "--starttls", "postgres", "--yes", &root],
    )
    .exits(0);
    assert_eq!(trusted(folder.path()), [hex("root.crt"), hex("int.crt")]);
    wire(folder.path(), &["import", &root, "--sni", "x"])
        .exits(2)
        .talks_of("belong to `--from`");
    wire(folder.path(), &["import", &root, "--yes"])
        .exits(2)
        .talks_of("--from");
}

#[test]
fn a_jvm_connects_with_what_was_imported() {
    if pki().is_none() || host().is_none() || !has("javac", &["-version"]) {
        return;
    }
    let Some(probe) = crate::support::probe() else {
        return;
    };
    let server = Server::openssl(&["-www"]);
    let url = format!("https://localhost:{}/", server.port);
    for take in ["leaf", "issuer"] {
        let folder = folder();
        let said = import(
            folder.path(),
            &[&server.at(), "--yes", "--take", take, "--format", "lines"],
        )
        .exits(0);
        let java = Command::new("java")
            .current_dir(probe)
            .args(said.stdout.lines())
            .args(["-cp", ".", "Probe", "get", &url])
            .output()
            .unwrap();
        assert!(java.status.success(), "{take}: {java:?}");
    }
}
