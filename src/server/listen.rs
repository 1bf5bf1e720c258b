//! Accepts connections until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::builder::Limits;
use super::connection;
use super::recorder::Recorder;
use crate::tls::config::ClientAuth;
use crate::x509::Certificate;

/// How long accepting rests when the system has no file descriptor left.
const REST: Duration = Duration::from_millis(50);
/// How long answers that were begun may take when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What every connection needs.
pub(super) struct Shared {
    pub(super) url: String,
    pub(super) address: SocketAddr,
    pub(super) started: Timestamp,
    pub(super) chain: Vec<Certificate>,
    /// The chain's last.
    pub(super) authority: Certificate,
    pub(super) trust_hint: String,
    pub(super) client_auth: ClientAuth,
    pub(super) accepted_issuers: Vec<String>,
    pub(super) tls: Arc<ServerConfig>,
    pub(super) limits: Limits,
    pub(super) recorder: Recorder,
}

/// Serves until `stop` says so; then the port is closed first.
pub(super) async fn listen(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let all = u32::try_from(shared.limits.connections)
        .unwrap_or(u32::MAX)
        .max(1);
    let free = Arc::new(Semaphore::new(usize::try_from(all).unwrap_or(1)));
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&free).acquire_owned() => permit,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        // The semaphore is never closed.
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                tokio::spawn(async move {
                    connection::serve(&shared, stream, peer, stop).await;
                    drop(permit);
                });
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_WORDS, free.acquire_many(all)).await;
}
