//! One connection: its first octets, its handshake, its requests, its end.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::AlertDescription;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::event::{Closed, Event, Handshake};
use super::http;
use super::listen::Shared;
use super::names;
use super::reason::{self, Context, Failure, Progress};
use super::watched::{Said, Watched};
use crate::clock;
use crate::tls::config::ClientAuth;
use crate::x509::Certificate;

/// The content type of a TLS handshake record (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 0x16;
/// How long a client that speaks no TLS may take to show what it speaks.
const FIRST_WORDS: Duration = Duration::from_millis(300);
/// How long, and how far in octets, a refused client is heard out, so that a reset does not overtake the alert.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_BYTES: u64 = 1 << 18;
/// Longest request header, in octets.
const MAX_HEADER: usize = 64 << 10;
const MAX_HEADER_LIST: u32 = 64 << 10;
const MAX_STREAMS: u32 = 64;

/// A connection whose handshake was good.
pub(super) struct Connection {
    pub(super) handshake: Handshake,
    pub(super) stop: watch::Receiver<bool>,
    requests: AtomicU64,
    open: AtomicU64,
    /// Whether the server ended it for want of a request.
    is_late: AtomicBool,
    /// Counts up with each request that begins or ends: what the idle deadline is held against.
    activity: watch::Sender<u64>,
}

impl Connection {
    pub(super) fn begin_request(self: &Arc<Self>) -> OpenRequest {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        self.activity.send_modify(|count| *count += 1);
        OpenRequest(Arc::clone(self))
    }
}

/// A request that is being answered; the connection is not idle while there is one.
pub(super) struct OpenRequest(Arc<Connection>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.activity.send_modify(|count| *count += 1);
    }
}

pub(super) async fn serve(
    shared: &Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
) {
    // Without it an answer may wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let (mut progress, said) = (Progress::default(), Said::default());
    let deadline = Instant::now() + shared.limits.handshake;
    let outcome = tokio::select! {
        outcome = timeout_at(deadline, shake_hands(shared, stream, &mut progress, &said)) => outcome,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    match outcome {
        Ok(Ok(tls)) => {
            tls.get_ref().0.acknowledge();
            let handshake = agreed(&tls, peer, progress.sni);
            shared.recorder.record(Event::Handshake(handshake.clone()));
            serve_http(shared, tls, handshake, stop).await;
        }
        Ok(Err((failure, stream))) => {
            record_failure(shared, &failure, &progress, &said, peer);
            if let Some(stream) = stream {
                let _ = timeout(LINGER, part(stream, &failure)).await;
            }
        }
        Err(_) => record_failure(shared, &Failure::TimedOut, &progress, &said, peer),
    }
}

fn context<'a>(shared: &'a Shared, progress: &'a Progress) -> Context<'a> {
    Context {
        progress,
        chain: &shared.chain,
        trust_hint: &shared.trust_hint,
        is_asking: shared.client_auth != ClientAuth::None,
        now: clock::now(),
        seconds: shared.limits.handshake.as_secs(),
    }
}

fn record_failure(shared: &Shared, failure: &Failure, progress: &Progress, said: &Said, peer: SocketAddr) {
    let told = reason::tell(failure, &context(shared, progress));
    let (protocol, suite) = said.agreed().unzip();
    shared.recorder.record(Event::Handshake(Handshake {
        at: clock::now(),
        peer,
        protocol: protocol.map(names::protocol_name),
        cipher_suite: suite.as_ref().map(names::suite_name),
        alpn: None,
        sni: progress.sni.clone(),
        client_chain: told.client_chain,
        alert: told.alert,
        reason: Some(told.reason),
    }));
}

/// A failure, and the stream where there still is one to say goodbye on.
type Failed = (Failure, Option<TcpStream>);

async fn shake_hands(
    shared: &Shared,
    mut stream: TcpStream,
    progress: &mut Progress,
    said: &Said,
) -> Result<TlsStream<Watched>, Failed> {
    let mut first = [0; 11];
    let length = match stream.peek(&mut first).await {
        Ok(0) => return Err((Failure::Silent, None)),
        Ok(length) => length,
        Err(error) => return Err((Failure::Tls(error), None)),
    };
    progress.has_sent = true;
    if let (11, [.., major, minor]) = (length, first) {
        progress.legacy_version = Some(u16::from_be_bytes([major, minor]));
    }
    if first.first() != Some(&HANDSHAKE) {
        let octets = first_words(&mut stream).await;
        return Err((Failure::NotTls(octets), Some(stream)));
    }
    let mut acceptor = pin!(LazyConfigAcceptor::new(
        Acceptor::default(),
        Watched::new(stream, said.clone())
    ));
    let start = match acceptor.as_mut().await {
        Ok(start) => start,
        Err(error) => {
            let stream = acceptor.take_io().map(Watched::into_inner);
            return Err((Failure::Tls(error), stream));
        }
    };
    let hello = start.client_hello();
    progress.sni = hello.server_name().map(str::to_owned);
    progress.cipher_suites = hello.cipher_suites().to_vec();
    progress.has_said_hello = true;
    let accept = start.into_stream(Arc::clone(&shared.tls)).into_fallible();
    accept
        .await
        .map_err(|(error, stream)| (Failure::Tls(error), Some(stream.into_inner())))
}

/// What a client that speaks no TLS says first.
async fn first_words(stream: &mut TcpStream) -> Vec<u8> {
    let mut words = Vec::new();
    let mut read = stream.take(1_024);
    let deadline = Instant::now() + FIRST_WORDS;
    while !words.ends_with(b"\r\n\r\n") {
        match timeout_at(deadline, read.read_buf(&mut words)).await {
            Ok(Ok(1..)) => {}
            _ => break,
        }
    }
    words
}

/// Tells a client that speaks plain HTTP what is wrong, and hears any client out, so that what it was told arrives.
async fn part(mut stream: TcpStream, failure: &Failure) -> io::Result<()> {
    if let Failure::NotTls(octets) = failure
        && reason::is_http(octets)
    {
        stream.write_all(http::PLAIN_HTTP.as_bytes()).await?;
    }
    stream.shutdown().await?;
    tokio::io::copy(&mut (&mut stream).take(LINGER_BYTES), &mut tokio::io::sink()).await?;
    Ok(())
}

/// What client and server agreed on.
fn agreed(tls: &TlsStream<Watched>, peer: SocketAddr, sni: Option<String>) -> Handshake {
    let (_, session) = tls.get_ref();
    let protocol = session.protocol_version().map(names::protocol_name);
    let suite = session.negotiated_cipher_suite();
    let chain = session.peer_certificates().unwrap_or_default().iter();
    // What the verifier took is readable.
    let chain = chain.filter_map(|der| Certificate::from_der(der.as_ref().to_vec()).ok());
    Handshake {
        at: clock::now(),
        peer,
        protocol,
        cipher_suite: suite.map(|suite| names::suite_name(&suite.suite())),
        alpn: session
            .alpn_protocol()
            .map(|name| String::from_utf8_lossy(name).into_owned()),
        sni,
        client_chain: chain.collect(),
        alert: None,
        reason: None,
    }
}

async fn serve_http(
    shared: &Arc<Shared>,
    tls: TlsStream<Watched>,
    handshake: Handshake,
    stop: watch::Receiver<bool>,
) {
    let is_h2 = handshake.alpn.as_deref() == Some("h2");
    let connection = Arc::new(Connection {
        handshake,
        stop: stop.clone(),
        requests: AtomicU64::new(0),
        open: AtomicU64::new(0),
        is_late: AtomicBool::new(false),
        activity: watch::Sender::new(0),
    });
    let ended = if is_h2 {
        serve_http2(shared, tls, &connection, stop).await
    } else {
        serve_http1(shared, tls, &connection, stop).await
    };
    let error = ended.err();
    if error.as_ref().is_some_and(hyper::Error::is_timeout) {
        connection.is_late.store(true, Ordering::Relaxed);
    }
    let alert = error.as_ref().and_then(alert_of);
    if alert.is_none() && (connection.requests.load(Ordering::Relaxed) > 0 || *connection.stop.borrow()) {
        return;
    }
    let handshake = &connection.handshake;
    let reason = match alert {
        None if connection.is_late.load(Ordering::Relaxed) => {
            format!("timed out: no request in {} s", shared.limits.header.as_secs())
        }
        Some(alert) => {
            let progress = Progress {
                sni: handshake.sni.clone(),
                ..Progress::default()
            };
            reason::of_alert(alert, &context(shared, &progress))
        }
        None => String::from(
            "the client left after the handshake without a request: some clients (Node.js) hold the certificate against the host name only then; others were only looking",
        ),
    };
    shared.recorder.record(Event::Closed(Closed {
        at: clock::now(),
        peer: handshake.peer,
        alert: alert.map(names::alert_name),
        reason,
    }));
}

async fn serve_http1<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    shared: &Arc<Shared>,
    io: I,
    connection: &Arc<Connection>,
    mut stop: watch::Receiver<bool>,
) -> hyper::Result<()> {
    let service = service_fn(|request| http::answer(Arc::clone(shared), Arc::clone(connection), request));
    let mut served = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(shared.limits.header)
            .max_buf_size(MAX_HEADER)
            .serve_connection(TokioIo::new(io), service)
    );
    tokio::select! {
        ended = served.as_mut() => return ended,
        _ = stop.wait_for(|stop| *stop) => served.as_mut().graceful_shutdown(),
        () = idle(connection, shared.limits.header) => return Ok(()),
    }
    served.await
}

async fn serve_http2<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    shared: &Arc<Shared>,
    io: I,
    connection: &Arc<Connection>,
    mut stop: watch::Receiver<bool>,
) -> hyper::Result<()> {
    let service = service_fn(|request| http::answer(Arc::clone(shared), Arc::clone(connection), request));
    let mut served = pin!(
        http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEADER_LIST)
            .serve_connection(TokioIo::new(io), service)
    );
    tokio::select! {
        ended = served.as_mut() => return ended,
        _ = stop.wait_for(|stop| *stop) => {}
        () = idle(connection, shared.limits.header) => {}
    }
    // Told that it is over, the client ends it; one that does not is left.
    served.as_mut().graceful_shutdown();
    timeout(LINGER, served).await.unwrap_or(Ok(()))
}

/// Ends when no request was open for that long.
async fn idle(connection: &Connection, longest: Duration) {
    let mut activity = connection.activity.subscribe();
    loop {
        let deadline = Instant::now() + longest;
        tokio::select! {
            // The sender lives as long as the connection.
            _ = activity.changed() => {}
            () = sleep_until(deadline) => {
                if connection.open.load(Ordering::Relaxed) == 0 {
                    connection.is_late.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}

/// The fatal alert a client ended the connection with.
fn alert_of(error: &hyper::Error) -> Option<AlertDescription> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && let Some(rustls::Error::AlertReceived(alert)) = reason::tls_error(error)
        {
            return Some(*alert);
        }
        source = error.source();
    }
    None
}
