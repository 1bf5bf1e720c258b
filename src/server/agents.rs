//! What Elastic's APM agents ask of an APM Server, answered as version 8.19 does.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use hyper::{HeaderMap, Method, Response, StatusCode};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::http::{Body, Incoming as Asked, empty, json_response};
use super::intake::{Intake, IntakeCounts};

/// The version agents see: they leave out what an older server does not take.
const VERSION: &str = "8.19.0";
/// Not a build of Elastic's: the SHA-1 of nothing.
const BUILD_SHA: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
/// The ETag of a configuration without settings, as APM Server has it.
const NO_SETTINGS: &str = "\"-\"";
/// Largest request for a configuration, in bytes.
const MAX_QUERY: usize = 64 << 10;

/// `GET /` of an APM Server.
pub(super) fn build_info(started: jiff::Timestamp) -> Map<String, Value> {
    let fields = [
        ("build_date", json!(started.to_string())),
        ("build_sha", json!(BUILD_SHA)),
        ("publish_ready", json!(true)),
        ("version", json!(VERSION)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// `POST /intake/v2/events`; what was counted is counted whatever the answer.
pub(super) async fn intake(asked: Asked, longest: Duration) -> (Response<Body>, Option<IntakeCounts>) {
    let refuse = |message: String| {
        let body = json!({ "accepted": 0, "errors": [{ "message": message }] });
        (json_response(StatusCode::BAD_REQUEST, &body), None)
    };
    if asked.method != Method::POST {
        return refuse(String::from("only POST requests are supported"));
    }
    let content_type = header(&asked.headers, CONTENT_TYPE).unwrap_or_default();
    if !content_type.is_empty() && !content_type.contains("application/x-ndjson") {
        return refuse(format!("invalid content type: '{content_type}'"));
    }
    let encoding = header(&asked.headers, CONTENT_ENCODING);
    let Some(mut intake) = Intake::new(encoding) else {
        return refuse(format!(
            "unsupported content encoding: '{}'",
            encoding.unwrap_or_default()
        ));
    };
    let broken = receive(asked.body, longest, |chunk| {
        intake.push(chunk).map_err(|error| error.to_string())
    })
    .await;
    let (mut lines, end) = intake.finish();
    if let Some(message) = broken.err().or_else(|| end.err().map(|error| error.to_string())) {
        lines.problem(&message, b"");
    }
    let is_verbose = asked
        .query
        .split('&')
        .any(|part| part.split('=').next() == Some("verbose"));
    let (status, body) = lines.answer(is_verbose);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::ACCEPTED);
    let response = match body {
        Some(body) => json_response(status, &body),
        None => empty(status),
    };
    (response, Some(lines.counts))
}

/// `GET` and `POST /config/v1/agents`: a configuration without settings.
pub(super) async fn configuration(asked: Asked, longest: Duration) -> Response<Body> {
    let refuse = |status, message: &str| json_response(status, &json!({ "error": message }));
    let service = match asked.method {
        Method::GET => query_value(&asked.query, "service.name"),
        Method::POST => {
            let mut bytes = Vec::new();
            let received = receive(asked.body, longest, |chunk| {
                bytes.extend_from_slice(chunk);
                if bytes.len() > MAX_QUERY {
                    return Err(String::from("the request is too large"));
                }
                Ok(())
            })
            .await;
            let query = received.and_then(|()| {
                serde_json::from_slice::<Value>(&bytes).map_err(|error| format!("invalid query: {error}"))
            });
            match query {
                Ok(query) => query
                    .pointer("/service/name")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                Err(message) => return refuse(StatusCode::BAD_REQUEST, &message),
            }
        }
        other => {
            let message = format!("method not supported: {other}");
            return refuse(StatusCode::METHOD_NOT_ALLOWED, &message);
        }
    };
    if service.is_none_or(|name| name.is_empty()) {
        return refuse(StatusCode::BAD_REQUEST, "service.name is required");
    }
    let known = header(&asked.headers, IF_NONE_MATCH).map(|tag| tag.replace('"', ""));
    let known = known.or_else(|| query_value(&asked.query, "ifnonematch"));
    let mut response = if known.as_deref() == Some("-") {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        json_response(StatusCode::OK, &json!({}))
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_static(NO_SETTINGS));
    headers.insert("access-control-expose-headers", HeaderValue::from_static("Etag"));
    headers.insert(
        "cache-control",
        HeaderValue::from_static("max-age=30, must-revalidate"),
    );
    response
}

/// Hands a body on part by part; the error is a sentence.
async fn receive(
    mut body: Incoming,
    longest: Duration,
    mut take: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    loop {
        match timeout(longest, body.frame()).await {
            Err(_) => return Err(String::from("the request's body did not come in time")),
            Ok(None) => return Ok(()),
            Ok(Some(Err(error))) => return Err(format!("the request's body broke off: {error}")),
            Ok(Some(Ok(frame))) => {
                if let Some(chunk) = frame.data_ref() {
                    take(chunk)?;
                }
            }
        }
    }
}

fn header(headers: &HeaderMap, name: hyper::header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// A value of a query; whether it is percent-encoded does not matter to whether it is there.
fn query_value(query: &str, name: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}
