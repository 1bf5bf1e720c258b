//! What the server saw: each handshake, each request.

use std::net::SocketAddr;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::intake::IntakeCounts;
use crate::x509::Certificate;

/// Something a server saw.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A handshake ended, well or not.
    Handshake(Handshake),
    /// A request was answered.
    Request(Request),
    /// A connection whose handshake was good ended in a way that tells something.
    Closed(Closed),
}

impl Event {
    /// The event as `keyjar serve --json` prints it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Handshake(handshake) => handshake.to_json(),
            Self::Request(request) => request.to_json(),
            Self::Closed(closed) => closed.to_json(),
        }
    }
}

/// A TLS handshake that a client began, or what came in the place of one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Handshake {
    /// When it ended.
    pub at: Timestamp,
    /// The client's address.
    pub peer: SocketAddr,
    /// `TLSv1.3` or `TLSv1.2`; `None` where none was agreed on.
    pub protocol: Option<String>,
    /// The cipher suite by IANA's name, which is Java's (`TLS_AES_256_GCM_SHA384`).
    pub cipher_suite: Option<String>,
    /// The application protocol by ALPN (`h2`, `http/1.1`), where the client asked for one.
    pub alpn: Option<String>,
    /// The host name the client asked for (RFC 6066 section 3). Clients that connect to an address send none.
    pub sni: Option<String>,
    /// The certificates the client sent, leaf first; those of a refused client too.
    pub client_chain: Vec<Certificate>,
    /// The alert that ended it by its name in RFC 8446 section 6 (`certificate_unknown`), whoever sent it.
    pub alert: Option<String>,
    /// Why it failed, in words a person understands; `None` where it did not.
    pub reason: Option<String>,
}

impl Handshake {
    /// Whether the connection was made.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.reason.is_none()
    }

    /// `{"event":"handshake","ok":..,"peer":..,"protocol":..,"cipher":..,"sni":..,"client_chain":[..],"alert":..,
    /// "reason":..}`
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "event": "handshake",
            "ok": self.is_ok(),
            "peer": self.peer.to_string(),
            "protocol": self.protocol,
            "cipher": self.cipher_suite,
            "sni": self.sni,
            "client_chain": self.client_chain.iter().map(certificate_json).collect::<Vec<_>>(),
            "alert": self.alert,
            "reason": self.reason,
        })
    }

    pub(super) fn certificate_bytes(&self) -> usize {
        self.client_chain
            .iter()
            .map(|certificate| certificate.as_der().len())
            .sum()
    }
}

/// A request and how it was answered. Bodies, queries and credentials are not kept.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// When it was answered.
    pub at: Timestamp,
    /// The client's address.
    pub peer: SocketAddr,
    /// `GET`, `POST`, ...
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The status code of the answer.
    pub status: u16,
    /// The User-Agent header.
    pub user_agent: Option<String>,
    /// What an APM agent sent; `None` for any other request.
    pub intake: Option<IntakeCounts>,
}

impl Request {
    /// `{"event":"request","method":..,"path":..,"status":..,"user_agent":..}`; requests of APM agents with events
    /// have their counts as `intake`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = json!({
            "event": "request",
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "user_agent": self.user_agent,
        });
        if let (Some(intake), Some(fields)) = (&self.intake, json.as_object_mut()) {
            fields.insert(String::from("intake"), intake.to_json());
        }
        json
    }
}

/// How a connection ended after a good handshake, where that tells something: the client left without a request,
/// or sent an alert.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Closed {
    /// When it ended.
    pub at: Timestamp,
    /// The client's address.
    pub peer: SocketAddr,
    /// The client's alert, where it sent one.
    pub alert: Option<String>,
    /// What it may mean.
    pub reason: String,
}

impl Closed {
    fn to_json(&self) -> Value {
        json!({
            "event": "closed",
            "peer": self.peer.to_string(),
            "alert": self.alert,
            "reason": self.reason,
        })
    }
}

/// A certificate as every JSON of keyjar shows it.
pub(super) fn certificate_json(certificate: &Certificate) -> Value {
    let names = certificate.subject_alt_names();
    json!({
        "sha256": certificate.sha256().to_string(),
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "serial": certificate.serial_hex(),
        "not_before": certificate.not_before().map(|when| when.to_string()),
        "not_after": certificate.not_after().map(|when| when.to_string()),
        "san": names.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "ca": certificate.is_ca(),
    })
}
