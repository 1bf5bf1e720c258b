//! The verifiers of other programs on what is issued here.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::words;
use crate::support::{folder, has, jdks, probe, run};

/// A root, an authority below it, and under each a server for `localhost`, of every kind of key.
fn issue(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for kind in ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519"] {
        words(
            folder,
            &format!("ca --out {kind} --subject CN=Root-{kind} --key-type {kind}"),
        )
        .exits(0);
        let below = format!("{kind}/below");
        words(
            folder,
            &format!(
                "ca --out {below} --parent {kind} --subject CN=Issuing-{kind} --key-type {kind} --path-len 0"
            ),
        )
        .exits(0);
        for (ca, out) in [
            (kind.to_owned(), format!("{kind}/leaf")),
            (below.clone(), format!("{kind}/low")),
        ] {
            words(
                folder,
                &format!("cert --name localhost --ca {ca} --out {out} --key-type {kind}"),
            )
            .exits(0);
            all.push((format!("{kind}/ca.crt"), format!("{out}/localhost")));
        }
    }
    all
}

#[test]
fn openssl_verifies_every_kind_strictly() {
    if !has("openssl", &["version"]) {
        return;
    }
    let folder = folder();
    let folder = folder.path();
    for (root, server) in issue(folder) {
        let verify = [
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-verify_hostname",
            "localhost",
        ];
        run(Command::new("openssl")
            .current_dir(folder)
            .args(verify)
            .args(["-CAfile", &root, "-untrusted", &format!("{server}.fullchain.crt")])
            .arg(format!("{server}.crt")))
        .exits(0)
        .says("OK");
    }
    words(folder, "cert --name agent --client --ca ec-p256").exits(0);
    run(Command::new("openssl").current_dir(folder).args([
        "verify",
        "-x509_strict",
        "-purpose",
        "sslclient",
        "-CAfile",
        "ec-p256/ca.crt",
        "agent.crt",
    ]))
    .exits(0);
}

/// A server and a client in one process, over a real socket; client certificates are required.
const PYTHON: &str = r#"
import socket, ssl, sys, threading
failed = 0
for line in sys.stdin.read().split("\n"):
    if not line: continue
    root, server = line.split(" ")
    accept = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accept.load_cert_chain(server + ".fullchain.crt", server + ".key")
    listening = socket.create_server(("127.0.0.1", 0))
    def serve():
        for _ in range(2):
            try:
                with accept.wrap_socket(listening.accept()[0], server_side=True) as peer: peer.send(b"x")
            except OSError: pass
    thread = threading.Thread(target=serve); thread.start()
    connect = ssl.create_default_context(cafile=root)
    connect.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        for name in ["localhost", "127.0.0.1"]:
            with connect.wrap_socket(socket.create_connection(listening.getsockname()), server_hostname=name) as peer:
                assert peer.recv(1) == b"x"
        print("ok", server)
    except Exception as error:
        failed = 1
        print("refused", server, error)
    thread.join()
sys.exit(failed)
"#;

#[test]
fn pythons_strict_verification_takes_every_kind_over_a_handshake() {
    if !has("python3", &["-c", "import ssl"]) {
        return;
    }
    let folder = folder();
    let lines: String = issue(folder.path())
        .iter()
        .map(|(root, server)| format!("{root} {server}\n"))
        .collect();
    std::fs::write(folder.path().join("pairs"), lines).unwrap();
    let said = run(Command::new("sh").current_dir(folder.path()).args([
        "-c",
        "python3 -c \"$1\" < pairs",
        "sh",
        PYTHON,
    ]));
    assert_eq!(
        said.stdout.matches("ok ").count(),
        10,
        "{}{}",
        said.stdout,
        said.stderr
    );
    said.exits(0);
}

const NODE: &str = r#"
const tls = require("tls"), fs = require("fs");
const pairs = fs.readFileSync("pairs", "utf8").trim().split("\n").map(line => line.split(" "));
const next = () => {
  const pair = pairs.shift();
  if (!pair) process.exit(0);
  const [root, server] = pair;
  const serving = tls.createServer({ cert: fs.readFileSync(server + ".fullchain.crt"), key: fs.readFileSync(server + ".key") });
  serving.on("tlsClientError", () => {});
  serving.listen(0, "127.0.0.1", () => {
    const client = tls.connect({ port: serving.address().port, host: "127.0.0.1", servername: "localhost", ca: fs.readFileSync(root) }, () => {
      console.log("ok", server); client.destroy(); serving.close(next);
    });
    client.on("error", error => { console.log("refused", server, error.message); process.exit(1); });
  });
};
next();
"#;

#[test]
fn node_takes_every_kind_over_a_handshake() {
    if !has("node", &["--version"]) {
        return;
    }
    let folder = folder();
    let lines: String = issue(folder.path())
        .iter()
        .map(|(root, server)| format!("{root} {server}\n"))
        .collect();
    std::fs::write(folder.path().join("pairs"), lines).unwrap();
    let said = run(Command::new("node").current_dir(folder.path()).args(["-e", NODE]));
    assert_eq!(
        said.stdout.matches("ok ").count(),
        10,
        "{}{}",
        said.stdout,
        said.stderr
    );
    said.exits(0);
}

/// Roots as Go's programs read them; every server's chain, by name and by address.
const GO: &str = r#"
package main
import ("crypto/x509"; "encoding/pem"; "fmt"; "os"; "strings")
func main() {
	pairs, _ := os.ReadFile("pairs")
	for _, line := range strings.Split(strings.TrimSpace(string(pairs)), "\n") {
		pair := strings.Split(line, " ")
		roots, below := x509.NewCertPool(), x509.NewCertPool()
		root, _ := os.ReadFile(pair[0]); roots.AppendCertsFromPEM(root)
		chain, _ := os.ReadFile(pair[1] + ".fullchain.crt")
		block, rest := pem.Decode(chain)
		below.AppendCertsFromPEM(rest)
		leaf, err := x509.ParseCertificate(block.Bytes)
		for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
			if err == nil { _, err = leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: below, DNSName: name}) }
		}
		if err != nil { fmt.Println("refused", pair[1], err); os.Exit(1) }
		fmt.Println("ok", pair[1])
	}
}
"#;

#[test]
fn go_takes_every_kind_by_name_and_by_address() {
    // A compiler of 80 MB is not required of every machine.
    if run_quietly("go", &["version"]).is_none() {
        eprintln!("SKIPPED: there is no go");
        return;
    }
    let folder = folder();
    let lines: String = issue(folder.path())
        .iter()
        .map(|(root, server)| format!("{root} {server}\n"))
        .collect();
    std::fs::write(folder.path().join("pairs"), lines).unwrap();
    std::fs::write(folder.path().join("verify.go"), GO).unwrap();
    let said = run(Command::new("go")
        .current_dir(folder.path())
        .env("GO111MODULE", "off")
        .env("GOCACHE", folder.path().join("cache"))
        .args(["run", "verify.go"]));
    assert_eq!(
        said.stdout.matches("ok ").count(),
        10,
        "{}{}",
        said.stdout,
        said.stderr
    );
    said.exits(0);
}

#[test]
fn every_jdk_trusts_the_authority_of_a_server_issued_here() {
    let Some(probe) = probe() else { return };
    if !has("openssl", &["version"]) {
        return;
    }
    let folder = folder();
    let folder = folder.path();
    words(folder, "ca --out ca --truststore trust.p12").exits(0);
    words(folder, "ca --out below --parent ca --subject CN=Below").exits(0);
    words(folder, "cert --name localhost --ca below").exits(0);
    let line = "cert --name agent --client --ca below --keystore agent.p12 --truststore trust.p12 --keystore-pass pass:secret1 --format lines";
    let flags = words(folder, line).exits(0).stdout;
    let server = Server::start(folder);
    for jdk in jdks() {
        run(jdk.tool(probe, "java").args(flags.lines()).args([
            "-cp",
            ".",
            "Probe",
            "get",
            &format!("https://localhost:{}/", server.1),
        ]))
        .exits(0)
        .says("status 200");
    }
}

fn run_quietly(tool: &str, arguments: &[&str]) -> Option<std::process::Output> {
    let output = Command::new(tool).args(arguments).output().ok()?;
    output.status.success().then_some(output)
}

/// `openssl s_server` with the server's chain, asking for a client's certificate; ended with the value.
struct Server(Child, u16);

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new("openssl")
            .current_dir(folder)
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-www",
                "-cert",
                "localhost.crt",
            ])
            .args(["-key", "localhost.key", "-cert_chain", "localhost.fullchain.crt"])
            .args(["-Verify", "3", "-verify_return_error", "-CAfile", "ca/ca.crt"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ACCEPT ")?.rsplit(':').next()?.parse().ok())
            .expect("the server says where it listens");
        Self(child, port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
