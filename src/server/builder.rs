use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::TestServer;
use super::event::Event;
use super::listen::{Shared, listen};
use super::recorder::{Observer, Recorder};
use super::throwaway;
use crate::clock;
use crate::error::{ErrorKind, Hint};
use crate::pki::PkiError;
use crate::tls::config::{ClientAuth, ConfigError, Identity, server_config};
use crate::x509::Certificate;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

/// Settings of a [`TestServer`].
pub struct Builder {
    identity: Option<Identity>,
    anchors: Vec<Certificate>,
    client_auth: Option<ClientAuth>,
    address: SocketAddr,
    trust_hint: Option<String>,
    observer: Option<Observer>,
    threads: usize,
    pub(super) limits: Limits,
}

/// Deadlines and caps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From the connection to the end of its handshake.
    pub(super) handshake: Duration,
    /// From the handshake, or the last answer, to the end of the next request's header.
    pub(super) header: Duration,
    /// Between two parts of a request's body.
    pub(super) body: Duration,
    /// Connections at once.
    pub(super) connections: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            identity: None,
            anchors: Vec::new(),
            client_auth: None,
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            trust_hint: None,
            observer: None,
            threads: 1,
            limits: Limits {
                handshake: Duration::from_secs(10),
                header: Duration::from_secs(30),
                body: Duration::from_secs(30),
                connections: 512,
            },
        }
    }
}

impl Builder {
    /// The key and the chain it serves with; without this, a throw-away identity (EC P-256, 90 days) for
    /// `localhost`, 127.0.0.1, ::1 and the address it listens on, below an authority made for this one server.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Whom clients' certificates are held against:
    /// [`KeyStore::trust_anchors`](crate::KeyStore::trust_anchors) of a truststore, or any certificates. With
    /// this, and without [`client_auth`](Self::client_auth), a certificate is required.
    #[must_use]
    pub fn client_trust(mut self, anchors: impl IntoIterator<Item = Certificate>) -> Self {
        self.anchors = anchors.into_iter().collect();
        self
    }

    /// Whether clients are asked for a certificate.
    #[must_use]
    pub const fn client_auth(mut self, client_auth: ClientAuth) -> Self {
        self.client_auth = Some(client_auth);
        self
    }

    /// Where it listens: 127.0.0.1 and a free port unless told otherwise. Any other address than a loopback one
    /// lets the network in.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// What makes a client trust the server, as the end of the sentence "the client does not trust this
    /// certificate: ...": `import ca.crt into its truststore`.
    #[must_use]
    pub fn trust_hint(mut self, hint: impl Into<String>) -> Self {
        self.trust_hint = Some(hint.into());
        self
    }

    /// Called with each event as it happens, on one of the server's threads; it must not block.
    #[must_use]
    pub fn on_event(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Threads that serve; 1 unless told otherwise.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// How long a client may take for its handshake; 10 s unless told otherwise.
    #[must_use]
    pub const fn handshake_timeout(mut self, longest: Duration) -> Self {
        self.limits.handshake = longest;
        self
    }

    /// How long a connection may wait for a request's header; 30 s unless told otherwise.
    #[must_use]
    pub const fn header_timeout(mut self, longest: Duration) -> Self {
        self.limits.header = longest;
        self
    }

    /// Connections at once; 512 unless told otherwise. More wait to be accepted.
    #[must_use]
    pub const fn max_connections(mut self, count: usize) -> Self {
        self.limits.connections = count;
        self
    }

    /// Binds the port and serves. This does not wait on the network and may be called from async code.
    ///
    /// # Errors
    /// The address cannot be listened on; the stores make no configuration; the system gives no thread.
    pub fn start(self) -> Result<TestServer, ServerError> {
        let now = clock::now();
        let identity = match self.identity {
            Some(identity) => identity,
            None => throwaway::identity(self.address.ip(), now)?,
        };
        let client_auth = self.client_auth.unwrap_or(if self.anchors.is_empty() {
            ClientAuth::None
        } else {
            ClientAuth::Required
        });
        let accepted_issuers = self
            .anchors
            .iter()
            .map(|anchor| anchor.subject().to_string())
            .collect();
        let mut tls = server_config(&identity, client_auth, self.anchors)?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(self.threads.max(1))
            .thread_name("keyjar-server")
            .enable_all()
            .build()
            .map_err(|source| ServerError::Thread { source })?;
        let listener = bind(&runtime, self.address).map_err(|source| ServerError::Listen {
            address: self.address,
            source,
        })?;
        let address = listener.local_addr().map_err(|source| ServerError::Listen {
            address: self.address,
            source,
        })?;
        let chain = identity.chain().to_vec();
        let authority = identity.authority().clone();
        let trust_hint = self.trust_hint.unwrap_or_else(|| {
            format!(
                "import the certificate `{}` into its truststore",
                authority.subject()
            )
        });
        let shared = Arc::new(Shared {
            url: format!("https://{address}"),
            address,
            started: now,
            chain,
            authority,
            trust_hint,
            client_auth,
            accepted_issuers,
            tls: Arc::new(tls),
            limits: self.limits,
            recorder: Recorder::new(self.observer),
        });
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::Builder::new()
            .name(String::from("keyjar-server"))
            .spawn({
                let shared = Arc::clone(&shared);
                move || {
                    runtime.block_on(listen(listener, shared, stopped));
                    runtime.shutdown_background();
                }
            })
            .map_err(|source| ServerError::Thread { source })?;
        Ok(TestServer {
            shared,
            stop,
            thread: Some(thread),
        })
    }
}

fn bind(runtime: &Runtime, address: SocketAddr) -> io::Result<TcpListener> {
    let _context = runtime.enter();
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A port of one's own choosing is free again as soon as the last server on it has ended.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum ServerError {
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("{}", .source)]
    Config {
        #[from]
        source: ConfigError,
    },
    #[error("no throw-away identity can be made")]
    ThrowAway { source: PkiError },
    #[error("the system gives no thread to serve on")]
    Thread { source: io::Error },
}

impl ServerError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Config { source } => source.kind(),
            Self::Listen { .. } | Self::Thread { .. } | Self::ThrowAway { .. } => ErrorKind::Io,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::Config { source } => return source.hints(),
            Self::Listen { address, source } => match source.kind() {
                io::ErrorKind::AddrInUse => {
                    format!(
                        "another program listens there; `--listen {}:0` takes a free port",
                        address.ip()
                    )
                }
                io::ErrorKind::PermissionDenied => {
                    String::from("ports below 1024 are the administrator's; take a higher one, or port 0")
                }
                io::ErrorKind::AddrNotAvailable => {
                    String::from("this machine has no such address; 127.0.0.1 is its own")
                }
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        vec![Hint::new(text)]
    }
}
