//! An HTTPS server for tests: it shows that stores work before anything real depends on them, and tells of each
//! handshake what the client sent and why it failed.
//!
//! It runs on threads of its own, so that blocking and async tests use it alike, takes a port of the system's
//! choosing, and ends when it is dropped.
//!
//! ```
//! use keyjar::server::TestServer;
//!
//! // A throw-away authority and an identity for localhost, 127.0.0.1 and ::1.
//! let server = TestServer::builder().start()?;
//! assert!(server.url().starts_with("https://127.0.0.1:"));
//!
//! // What a client needs to trust it, as a PKCS#12 truststore for a JVM.
//! let truststore = server.truststore()?.encoder().to_bytes(&keyjar::Password::new("changeit"))?;
//! # let _: Vec<u8> = truststore;
//! assert!(server.handshakes().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With stores of one's own, and clients that must show a certificate:
//!
//! ```
//! use std::time::Duration;
//! use keyjar::server::TestServer;
//! use keyjar::tls::config::{ClientAuth, Identity};
//! use keyjar::{Certificate, PrivateKey};
//!
//! let key = PrivateKey::from_input(include_bytes!("../../testdata/apm/apm-server.key"), None)?;
//! let certificate = Certificate::from_pem(include_bytes!("../../testdata/apm/apm-server.crt"))?;
//! let clients = Certificate::from_pem(include_bytes!("../../testdata/apm/ca.crt"))?;
//! let server = TestServer::builder()
//!     .identity(Identity::new(&key, vec![certificate])?)
//!     .client_trust([clients])
//!     .client_auth(ClientAuth::Required)
//!     .start()?;
//!
//! // A client that speaks no TLS at all is told so, and so are we.
//! use std::io::Write;
//! std::net::TcpStream::connect(("127.0.0.1", server.port()))?.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
//! let handshakes = server.wait_for_handshakes(1, Duration::from_secs(10));
//! assert!(handshakes[0].reason.as_deref().unwrap().starts_with("plain HTTP on a TLS port"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agents;
mod builder;
mod connection;
mod event;
mod http;
mod intake;
mod listen;
mod page;
mod reason;
mod recorder;
mod throwaway;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

pub use builder::{Builder, ServerError};
pub use event::{Closed, Event, Handshake, Request};
pub use intake::IntakeCounts;
pub use recorder::Totals;

use crate::keystore::{Entry, KeyStore, KeyStoreError, TrustedCertificateEntry};
use crate::x509::Certificate;
use listen::Shared;

/// A running HTTPS server; dropped, it stops and frees its port.
///
/// It answers `GET /` with a page for browsers and JSON for programs, and as an Elastic APM Server where agents ask
/// (`/`, `/intake/v2/events`, `/config/v1/agents`). HTTP/1.1 and HTTP/2 by ALPN. It keeps the last 1,000
/// handshakes and the last 1,000 requests.
pub struct TestServer {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Starts from a throw-away identity on 127.0.0.1, a free port, without client authentication.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `https://ADDRESS:PORT`. The throw-away identity fits it; an identity of one's own may be for a host name
    /// only: then it is `format!("https://localhost:{}", server.port())`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.shared.address.port()
    }

    /// The chain it presents, leaf first.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.shared.chain
    }

    /// The last certificate of the chain, which clients are to trust: the throw-away authority's, or whatever one's
    /// own identity ends in.
    #[must_use]
    pub fn authority(&self) -> &Certificate {
        &self.shared.authority
    }

    /// A truststore for clients: it holds the [`authority`](Self::authority).
    ///
    /// # Errors
    /// None for a chain that Java can read; the entry is new.
    pub fn truststore(&self) -> Result<KeyStore, KeyStoreError> {
        let mut store = KeyStore::new();
        let entry = TrustedCertificateEntry::new(self.authority().clone());
        store.insert("keyjar-test-server", Entry::TrustedCertificate(entry))?;
        Ok(store)
    }

    /// The handshakes seen, oldest first; the last 1,000. One is listed when it has ended for the server, which
    /// may be a moment after the client's call returned: [`wait_for_handshakes`](Self::wait_for_handshakes).
    #[must_use]
    pub fn handshakes(&self) -> Vec<Handshake> {
        self.shared.recorder.handshakes()
    }

    /// The requests answered, oldest first; the last 1,000. One is listed before its answer is sent.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.recorder.requests()
    }

    /// Counts since the start.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.shared.recorder.totals()
    }

    /// Blocks until `count` handshakes have been seen since the start, or `longest` has passed; what
    /// [`handshakes`](Self::handshakes) is then.
    #[must_use]
    pub fn wait_for_handshakes(&self, count: u64, longest: Duration) -> Vec<Handshake> {
        self.shared.recorder.wait(count, longest);
        self.handshakes()
    }

    /// The same for async callers, on any executor; it ends with the `count`th handshake and not before.
    pub async fn until_handshakes(&self, count: u64) -> Vec<Handshake> {
        self.shared.recorder.until(count).await;
        self.handshakes()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was its own; the port is free either way.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for TestServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestServer")
            .field("url", &self.shared.url)
            .finish_non_exhaustive()
    }
}
