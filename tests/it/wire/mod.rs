//! Against servers that are not of our making.

mod fetch;
mod from;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::support::{Said, folder, has, keyjar_command, root, run};

/// A root, an intermediate, and a leaf for `localhost` and 127.0.0.1 with an RSA key; made once. `chain.crt` is leaf
/// and intermediate, `full.crt` the root as well.
fn pki() -> Option<&'static Path> {
    static MADE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        if !has("openssl", &["version"]) || !has("python3", &["--version"]) {
            return None;
        }
        let folder = folder().keep();
        run(Command::new("bash")
            .arg(root().join("tests/it/wire/pki.sh"))
            .current_dir(&folder))
        .exits(0);
        Some(folder)
    });
    made.as_deref()
}

fn file(name: &str) -> String {
    pki().unwrap().join(name).display().to_string()
}

/// A server on a port of the system's choosing; ended with the value.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let at = line.strip_prefix("ACCEPT ")?;
            at.rsplit(':').next()?.parse().ok()
        });
        Self {
            child,
            port: port.expect("the server says where it listens"),
        }
    }

    /// One of server.py's.
    fn python(mode: &str) -> Self {
        Self::python_with(mode, "chain.crt")
    }

    fn python_with(mode: &str, chain: &str) -> Self {
        Self::start(
            Command::new("python3")
                .arg(root().join("tests/it/wire/server.py"))
                .arg(mode)
                .args([file(chain), file("leaf.key")]),
        )
    }

    /// `openssl s_server` with the leaf and its intermediate.
    fn openssl(more: &[&str]) -> Self {
        Self::start(
            Command::new("openssl")
                .args(["s_server", "-accept", "127.0.0.1:0", "-cert", &file("leaf.crt")])
                .args(["-key", &file("leaf.key"), "-cert_chain", &file("int.crt")])
                .args(more),
        )
    }

    fn at(&self) -> String {
        format!("localhost:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, without the caller's proxies.
fn wire(folder: &Path, arguments: &[&str]) -> Said {
    run(wire_command(folder).args(arguments))
}

fn wire_command(folder: &Path) -> Command {
    let mut command = keyjar_command(folder);
    for name in ["https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    command
}

/// `keyjar fetch` in no folder of interest.
fn fetch(arguments: &[&str]) -> Said {
    wire(Path::new("/tmp"), &[&["fetch"], arguments].concat())
}

fn pem(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

/// The SHA-256 as openssl prints it.
fn sha256(name: &str) -> String {
    let said =
        run(Command::new("openssl").args(["x509", "-noout", "-fingerprint", "-sha256", "-in", &file(name)]));
    said.exits(0).stdout.trim().rsplit('=').next().unwrap().to_owned()
}
