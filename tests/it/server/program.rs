//! `keyjar serve`, as a person or a script sees it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use keyjar::{Certificate, KeyStore, Password};
use serde_json::Value;

use super::client::Client;
use crate::support::{folder, keyjar, keyjar_command, testdata};

/// A running `keyjar serve`; killed with the value unless it was ended before.
pub struct Serving {
    child: Child,
    lines: Box<dyn BufRead + Send>,
    pub port: u16,
}

impl Serving {
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = keyjar_command(folder)
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = Box::new(BufReader::new(child.stdout.take().unwrap()));
        let mut serving = Self {
            child,
            lines,
            port: 0,
        };
        let first = serving.line();
        let url = first
            .split("https://")
            .nth(1)
            .unwrap_or_else(|| panic!("{first:?}"));
        let port = url.rsplit(':').next().unwrap();
        serving.port = port
            .trim_matches(|letter: char| !letter.is_ascii_digit())
            .parse()
            .unwrap();
        serving
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    /// The lines to come, for a reader of one's own.
    pub fn take_lines(&mut self) -> Box<dyn BufRead + Send> {
        std::mem::replace(&mut self.lines, Box::new(std::io::empty()))
    }

    pub fn event(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends a signal; the exit code.
    pub fn end(mut self, signal: &str) -> Option<i32> {
        let id = self.id().to_string();
        let sent = std::process::Command::new("kill")
            .args([signal, &id])
            .status()
            .unwrap();
        assert!(sent.success());
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "{signal} does not end it");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn anchors(path: &Path) -> Vec<Certificate> {
    let store = KeyStore::open(path, &Password::new("changeit")).unwrap();
    store.trust_anchors().cloned().collect()
}

fn apm(name: &str) -> String {
    testdata("apm").join(name).display().to_string()
}

#[test]
fn one_line_serves_and_a_line_tells_of_each_handshake() {
    let folder = folder();
    let arguments = ["--write-truststore", "truststore.p12", "--ready-file", "ready"];
    let mut serving = Serving::start(folder.path(), &arguments);
    let ready = folder.path().join("ready");
    let url = std::fs::read_to_string(&ready).unwrap();
    assert_eq!(url, format!("https://127.0.0.1:{}\n", serving.port));

    let roots = anchors(&folder.path().join("truststore.p12"));
    Client {
        roots,
        ..Client::default()
    }
    .get(serving.port, "/")
    .unwrap();
    let line = serving.line();
    assert!(line.starts_with("ok      127.0.0.1:"), "{line}");
    assert!(
        line.ends_with("TLSv1.3 TLS_AES_256_GCM_SHA384, name localhost, no client certificate\n"),
        "{line}"
    );

    let strangers = vec![Certificate::from_pem(&std::fs::read(apm("ca.crt")).unwrap()).unwrap()];
    Client {
        roots: strangers,
        ..Client::default()
    }
    .get(serving.port, "/")
    .unwrap_err();
    let line = serving.line();
    assert!(
        line.contains("the client does not trust this certificate: alert unknown_ca; "),
        "{line}"
    );
    assert_eq!(serving.end("-TERM"), Some(0));
    assert!(!ready.exists());
}

#[test]
fn json_gives_one_event_a_line_with_the_documented_keys() {
    let folder = folder();
    let (cert, key, ca) = (apm("apm-server.crt"), apm("apm-server.key"), apm("ca.crt"));
    let pass = ["--storepass", "pass:secret1"];
    keyjar(
        folder.path(),
        &[&["bundle", "--cert", &cert, "--key", &key][..], &pass].concat(),
    )
    .exits(0);
    keyjar(folder.path(), &["import", &ca, "--truststore", "clients.p12"]).exits(0);
    let stores = [
        "--json",
        "--keystore",
        "keystore.p12",
        "--keystore-pass",
        "pass:secret1",
        "--truststore",
        "clients.p12",
        "--client-auth",
        "required",
    ];
    let mut serving = Serving::start(folder.path(), &stores);
    let der = |name: &str| {
        Certificate::from_pem(&std::fs::read(apm(name)).unwrap())
            .unwrap()
            .as_der()
            .to_vec()
    };
    let private = keyjar::PrivateKey::from_input(&std::fs::read(apm("client.key")).unwrap(), None).unwrap();
    let client = Client::showing((vec![der("client.crt")], private.expose_pkcs8_der().to_vec()));
    client.get(serving.port, "/a?b=c").unwrap();

    let handshake = serving.event();
    let keys: Vec<_> = handshake
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "event",
            "ok",
            "peer",
            "protocol",
            "cipher",
            "sni",
            "client_chain",
            "alert",
            "reason"
        ]
    );
    assert_eq!(
        (&handshake["event"], &handshake["ok"]),
        (&"handshake".into(), &true.into())
    );
    assert_eq!(handshake["client_chain"][0]["subject"], "CN=apm-client");
    assert_eq!(
        (&handshake["alert"], &handshake["reason"]),
        (&Value::Null, &Value::Null)
    );
    let request = serving.event();
    assert_eq!(
        request,
        serde_json::json!({"event": "request", "method": "GET", "path": "/a", "status": 404, "user_agent": null})
    );

    let _ = Client::default().get(serving.port, "/");
    let refused = serving.event();
    assert_eq!(
        (&refused["ok"], &refused["alert"]),
        (&false.into(), &"certificate_required".into())
    );
    assert_eq!(serving.end("-INT"), Some(0));
}

#[test]
fn a_reader_that_stops_reading_stops_nothing() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &["--json"]);
    for _ in 0..400 {
        // Each of these is a line longer than a pipe has room for in the end.
        drop(std::net::TcpStream::connect(("127.0.0.1", serving.port)).unwrap());
    }
    Client::default().get(serving.port, "/").unwrap();
    assert_eq!(serving.end("-TERM"), Some(0));
}

#[test]
fn what_cannot_be_served_is_one_error_with_what_mends_it() {
    let folder = folder();
    let ca = apm("ca.crt");
    keyjar(folder.path(), &["import", &ca, "--truststore", "clients.p12"]).exits(0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (arguments, message, hint) in [
        (
            &["--keystore", "absent.p12", "--keystore-pass", "pass:x"][..],
            "absent.p12",
            "",
        ),
        (
            &["--keystore", "clients.p12", "--keystore-pass", "pass:changeit"],
            "holds no private key",
            "keyjar bundle",
        ),
        (
            &["--keystore", "clients.p12"],
            "no password for the keystore",
            "--keystore-pass",
        ),
        (
            &["--client-auth", "required"],
            "needs a truststore",
            "keyjar import",
        ),
        (&["--listen", "nowhere"], "cannot listen on `nowhere`", "--listen"),
        (&["--listen", &taken], "cannot listen on", "takes a free port"),
        (
            &["--truststore", "clients.p12", "--truststore-pass", "pass:wrong!"],
            "clients.p12",
            "",
        ),
    ] {
        let said = keyjar(folder.path(), &[&["serve"][..], arguments].concat()).exits(2);
        assert!(said.stdout.is_empty(), "{arguments:?}: {}", said.stdout);
        said.talks_of("error: ").talks_of(message).talks_of(hint);
    }
    let note = folder.path().join("notes.txt");
    std::fs::write(&note, "not to be lost").unwrap();
    keyjar(folder.path(), &["serve", "--write-truststore", "notes.txt"])
        .exits(2)
        .talks_of("exists and is no key store");
    assert_eq!(std::fs::read_to_string(note).unwrap(), "not to be lost");
}
