//! How many connections a second `keyjar serve` takes: `cargo bench --bench handshakes`.
//!
//! One client process on the same machine makes full TLS handshakes (nothing is resumed), sends one request on each
//! connection and closes it; client and server share the cores, so a server alone would do more. The row without
//! TLS is what the machine gives for TCP connections alone, to the same process.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::as_conversions,
    missing_docs,
    reason = "a benchmark prints, and stops at the first thing that is not as it should be"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use keyjar::{KeyStore, Password};
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version};
use rustls_pki_types::{CertificateDer, ServerName};

const CLIENTS: usize = 8;
const LONG: Duration = Duration::from_secs(5);

fn main() {
    let folder = tempfile::Builder::new()
        .prefix("keyjar-bench-")
        .tempdir_in("/tmp")
        .unwrap();
    let store = folder.path().join("truststore.p12");
    let mut server = Command::new(env!("CARGO_BIN_EXE_keyjar"))
        .args(["serve", "-q", "--write-truststore"])
        .arg(&store)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let port = first.trim().rsplit(':').next().unwrap().parse().unwrap();
    // Its lines are read as they come, as by a person's terminal.
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));

    let store = KeyStore::open(&store, &Password::new("changeit")).unwrap();
    let mut roots = RootCertStore::empty();
    for anchor in store.trust_anchors() {
        roots.add(CertificateDer::from(anchor)).unwrap();
    }
    println!(
        "{:<44} {:>12} {:>14} {:>9}",
        "", "connections/s", "server CPU us", "peak MB"
    );
    for (name, version, group) in [
        ("TLS 1.3, X25519", &version::TLS13, kx_group::X25519),
        (
            "TLS 1.3, X25519MLKEM768",
            &version::TLS13,
            kx_group::X25519MLKEM768,
        ),
        ("TLS 1.2, X25519", &version::TLS12, kx_group::X25519),
    ] {
        let config = Arc::new(config(&roots, version, group));
        report(name, &server, || request(&config, port));
    }
    report("no TLS: connect, close", &server, || {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        socket.read_to_end(&mut Vec::new()).unwrap();
    });
    server.kill().unwrap();
    server.wait().unwrap();
}

fn config(
    roots: &RootCertStore,
    version: &'static SupportedProtocolVersion,
    group: &'static dyn rustls::crypto::SupportedKxGroup,
) -> ClientConfig {
    let mut provider = default_provider();
    provider.kx_groups = vec![group];
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth()
}

fn request(config: &Arc<ClientConfig>, port: u16) {
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::clone(config), name).unwrap();
    let mut stream = StreamOwned::new(session, TcpStream::connect(("127.0.0.1", port)).unwrap());
    stream
        .write_all(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

fn report(name: &str, server: &Child, connect: impl Fn() + Sync) {
    let (done, before, begun) = (AtomicU64::new(0), cpu(server), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while begun.elapsed() < LONG {
                    connect();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (count, seconds) = (done.into_inner() as f64, begun.elapsed().as_secs_f64());
    let each = (cpu(server) - before) / count * 1e6;
    println!(
        "{name:<44} {:>12.0} {each:>14.0} {:>9.1}",
        count / seconds,
        peak(server)
    );
}

/// Processor seconds of the server so far; a tick is 10 ms.
fn cpu(server: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = [11, 12]
        .iter()
        .filter_map(|at| fields.get(*at)?.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

fn peak(server: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().split(' ').next().unwrap().parse::<f64>().unwrap() / 1024.0
}
