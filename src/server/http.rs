//! Requests and their answers.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use hyper::body::Frame;
use hyper::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::connection::{Connection, OpenRequest};
use super::event::{Event, Request as Seen};
use super::listen::Shared;
use super::{agents, page};
use crate::clock;

/// Whole, or event after event.
pub(super) type Body = Either<Full<Bytes>, Channel<Bytes>>;

/// What a client that speaks plain HTTP gets.
pub(super) const PLAIN_HTTP: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 61\r\nConnection: close\r\n\r\nThis port speaks HTTPS: write https:// in front of its name.\n";

/// How long a reader of the live list may leave an event lying.
const SLOWEST_READER: Duration = Duration::from_secs(10);
/// How often the live list gives a sign of life, which finds readers that are gone.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// Longest User-Agent that is kept, in characters.
const MAX_USER_AGENT: usize = 256;
/// Longest path that is kept, in characters.
const MAX_PATH: usize = 1_024;

/// A request taken apart.
pub(super) struct Incoming {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: hyper::body::Incoming,
}

/// Answers a request; it is recorded before the answer is sent.
pub(super) async fn answer(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    request: Request<hyper::body::Incoming>,
) -> Result<Response<Body>, Infallible> {
    let open = connection.begin_request();
    let (parts, body) = request.into_parts();
    let asked = Incoming {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    let user_agent = asked.headers.get(USER_AGENT).map(|agent| {
        let text = String::from_utf8_lossy(agent.as_bytes());
        text.chars().take(MAX_USER_AGENT).collect()
    });
    let mut seen = Seen {
        at: clock::now(),
        peer: connection.handshake.peer,
        method: asked.method.to_string(),
        path: asked.path.chars().take(MAX_PATH).collect(),
        status: 0,
        user_agent,
        intake: None,
    };
    let is_head = asked.method == Method::HEAD;
    let mut response = match asked.path.as_str() {
        "/" => front(&shared, &connection, &asked),
        "/live" if asked.method == Method::GET => live(&shared, &connection, open),
        "/intake/v2/events" => {
            let (response, counts) = agents::intake(asked, shared.limits.body).await;
            seen.intake = counts;
            response
        }
        "/config/v1/agents" => agents::configuration(asked, shared.limits.body).await,
        _ => json_response(
            StatusCode::NOT_FOUND,
            &json!({ "error": "404 page not found", "known": ["/", "/intake/v2/events", "/config/v1/agents"] }),
        ),
    };
    let headers = response.headers_mut();
    headers.insert("server", HeaderValue::from_static("keyjar"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    seen.at = clock::now();
    seen.status = response.status().as_u16();
    shared.recorder.record(Event::Request(seen));
    Ok(if is_head { without_body(response) } else { response })
}

/// HTML where a browser asks, else JSON.
fn front(shared: &Shared, connection: &Connection, asked: &Incoming) -> Response<Body> {
    if asked.method != Method::GET && asked.method != Method::HEAD {
        let mut response = json_response(
            StatusCode::METHOD_NOT_ALLOWED,
            &json!({ "error": "method not allowed" }),
        );
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    if is_browser(&asked.headers) {
        let mut response = whole(
            StatusCode::OK,
            "text/html; charset=utf-8",
            page::html(shared, connection),
        );
        let headers = response.headers_mut();
        headers.insert("content-security-policy", page::security_policy());
        headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
        return response;
    }
    json_response(StatusCode::OK, &page::json(shared, connection))
}

/// Whether the client asks for HTML. Every `HttpURLConnection` seems to, Elastic's Java agent among them, unless told
/// otherwise (`sun.net.www.protocol.http.HttpURLConnection.acceptString`); no browser begins its list that way.
fn is_browser(headers: &HeaderMap) -> bool {
    const JAVA: &str = "text/html, image/gif, image/jpeg, *";
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html") && !accept.starts_with(JAVA))
}

/// Each handshake as it happens, as server-sent events
/// ([HTML, section 9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)).
fn live(shared: &Arc<Shared>, connection: &Arc<Connection>, open: OpenRequest) -> Response<Body> {
    let (mut sender, body) = Channel::new(1);
    let (mut events, mut stop) = (shared.recorder.live(), connection.stop.clone());
    tokio::spawn(async move {
        let _open = open;
        loop {
            let text = tokio::select! {
                event = timeout(SIGN_OF_LIFE, events.recv()) => match event {
                    Ok(Ok(handshake)) => format!("data: {}\n\n", page::row_json(&handshake)),
                    // What was missed is on the page when it is loaded again.
                    Ok(Err(RecvError::Lagged(_))) => continue,
                    Ok(Err(RecvError::Closed)) => return,
                    Err(_) => String::from(":\n\n"),
                },
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let sent = timeout(SLOWEST_READER, sender.send(Frame::data(Bytes::from(text)))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
    });
    let mut response = Response::new(Either::Right(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

pub(super) fn json_response(status: StatusCode, body: &Value) -> Response<Body> {
    // Indented: people read it with curl.
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    whole(status, "application/json", text + "\n")
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

fn whole(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn without_body(response: Response<Body>) -> Response<Body> {
    use hyper::body::Body as _;
    let length = response.body().size_hint().exact();
    let (mut parts, _) = response.into_parts();
    if let Some(length) = length {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Either::Left(Full::default()))
}
