//! A test server of its own for a test: `cargo run --features server --example test_server`.
//!
//! It starts one, lets a client try it that does not trust it, and one that does, and shows what the server saw.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use keyjar::server::TestServer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::{CertificateDer, ServerName};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = TestServer::builder().start()?;
    let stranger = TestServer::builder().start()?;

    // Trusts the authority of another server: the handshake fails.
    let refused = get(&server, stranger.authority().as_der());
    // Trusts this one's.
    let answer = get(&server, server.authority().as_der())?;

    let mut out = io::stdout().lock();
    writeln!(out, "{} answered {:?}", server.url(), answer.lines().next())?;
    writeln!(out, "the stranger got: {:?}", refused.err())?;
    for handshake in server.wait_for_handshakes(2, Duration::from_secs(10)) {
        match handshake.reason {
            None => writeln!(out, "good: {:?} {:?}", handshake.protocol, handshake.cipher_suite)?,
            Some(reason) => writeln!(out, "failed: {reason}")?,
        }
    }
    Ok(())
}

fn get(server: &TestServer, authority: &[u8]) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_slice(authority))
        .map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let session = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(session, TcpStream::connect(server.address())?);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
