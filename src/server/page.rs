//! The page at `/`: for people as HTML, for programs as JSON.

use std::fmt::{self, Display, Write as _};
use std::sync::LazyLock;

use hyper::header::HeaderValue;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::agents;
use super::connection::Connection;
use super::event::{Handshake, certificate_json};
use super::listen::Shared;
use crate::clock;
use crate::crypto::Digest;
use crate::x509::{Certificate, Validity};

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// How many connections the page and its JSON list.
const LISTED: usize = 20;
const SECONDS_PER_DAY: i64 = 86_400;

/// Nothing but what the page itself holds may run, style or be fetched.
pub(super) fn security_policy() -> HeaderValue {
    static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
        let hash = |text: &str| {
            let digest = Digest::Sha256.hash(&[text.as_bytes()]);
            base64_simd::STANDARD.encode_to_string(digest)
        };
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            hash(STYLE),
            hash(SCRIPT)
        );
        HeaderValue::from_str(&policy).ok()
    });
    POLICY
        .clone()
        .unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// What programs get: an APM Server's build information, this connection, the chains, the last connections.
pub(super) fn json(shared: &Shared, connection: &Connection) -> Value {
    let handshake = &connection.handshake;
    let totals = shared.recorder.totals();
    let latest = shared.recorder.latest(LISTED);
    let mut fields = agents::build_info(shared.started);
    let more = [
        ("schema", json!(1)),
        (
            "server",
            json!({
                "name": "keyjar",
                "version": env!("CARGO_PKG_VERSION"),
                "url": shared.url,
                "client_auth": shared.client_auth.name(),
                "accepted_issuers": shared.accepted_issuers,
                "chain": shared.chain.iter().map(certificate_json).collect::<Vec<_>>(),
            }),
        ),
        (
            "connection",
            json!({
                "peer": handshake.peer.to_string(),
                "protocol": handshake.protocol,
                "cipher": handshake.cipher_suite,
                "alpn": handshake.alpn,
                "sni": handshake.sni,
                "client_chain": handshake.client_chain.iter().map(certificate_json).collect::<Vec<_>>(),
            }),
        ),
        ("connections", latest.iter().map(|one| one.to_json()).collect()),
        (
            "totals",
            json!({
                "handshakes_ok": totals.handshakes_ok,
                "handshakes_failed": totals.handshakes_failed,
                "requests": totals.requests,
                "intake": totals.intake.to_json(),
            }),
        ),
    ];
    fields.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(fields)
}

/// A line of the list of connections, as the page's script takes it: texts alone.
pub(super) fn row_json(handshake: &Handshake) -> Value {
    let row = Row::new(handshake);
    json!({ "ok": handshake.is_ok(), "at": row.at, "peer": row.peer, "what": row.what })
}

struct Row {
    at: String,
    peer: String,
    what: String,
}

impl Row {
    fn new(handshake: &Handshake) -> Self {
        let what = match &handshake.reason {
            Some(reason) => reason.clone(),
            None => {
                let mut what = agreement(handshake);
                if let Some(leaf) = handshake.client_chain.first() {
                    let _ = write!(what, ", client {}", leaf.subject());
                }
                what
            }
        };
        Self {
            at: second(handshake.at),
            peer: handshake.peer.to_string(),
            what,
        }
    }
}

/// `TLSv1.3, TLS_AES_256_GCM_SHA384, for localhost`
fn agreement(handshake: &Handshake) -> String {
    let sni = handshake.sni.as_ref().map(|name| format!("for {name}"));
    let parts = [handshake.protocol.clone(), handshake.cipher_suite.clone(), sni];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The page. Whatever a client or a certificate brought in is escaped where it is put in.
pub(super) fn html(shared: &Shared, connection: &Connection) -> String {
    let (now, handshake) = (clock::now(), &connection.handshake);
    let totals = shared.recorder.totals();
    let latest = shared.recorder.latest(LISTED);
    let rows = latest.iter().fold(String::new(), |mut out, one| {
        let row = Row::new(one);
        let _ = write!(
            out,
            "<li class=\"{}\"><span class=\"mark\">{}</span> <time>{}</time> <span class=\"peer\">{}</span> <span class=\"what\">{}</span></li>",
            if one.is_ok() { "ok" } else { "failed" },
            if one.is_ok() { "connected" } else { "failed" },
            Escaped(&row.at),
            Escaped(&row.peer),
            Escaped(&row.what)
        );
        out
    });
    let client = if handshake.client_chain.is_empty() {
        let why = match shared.client_auth.name() {
            "none" => "This server does not ask for one (<code>--client-auth none</code>).",
            _ => "This client sent none; the server asked for one.",
        };
        format!("<p>{why}</p>")
    } else {
        chain(&handshake.client_chain, now)
    };
    let values = [
        ("{{style}}", STYLE.to_owned()),
        ("{{script}}", SCRIPT.to_owned()),
        ("{{url}}", Escaped(&shared.url).to_string()),
        ("{{facts}}", facts(handshake)),
        ("{{chain}}", chain(&shared.chain, now)),
        ("{{client}}", client),
        ("{{rows}}", rows),
        ("{{good}}", totals.handshakes_ok.to_string()),
        ("{{failed}}", totals.handshakes_failed.to_string()),
        ("{{version}}", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    fill(FRAME, &values)
}

/// Puts values in their places in one pass, so that a value that looks like a place is left alone.
fn fill(frame: &str, values: &[(&str, String)]) -> String {
    let mut out =
        String::with_capacity(frame.len() + values.iter().map(|(_, value)| value.len()).sum::<usize>());
    let mut rest = frame;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        match values.iter().find(|(place, _)| after.starts_with(place)) {
            Some((place, value)) => {
                out.push_str(value);
                rest = after.strip_prefix(place).unwrap_or_default();
            }
            None => {
                out.push_str("{{");
                rest = after.strip_prefix("{{").unwrap_or_default();
            }
        }
    }
    out + rest
}

fn facts(handshake: &Handshake) -> String {
    let none = || String::from("none");
    let name = handshake
        .sni
        .clone()
        .unwrap_or_else(|| String::from("none: the client connected to an address"));
    let facts = [
        ("Protocol", handshake.protocol.clone().unwrap_or_else(none)),
        (
            "Cipher suite",
            handshake.cipher_suite.clone().unwrap_or_else(none),
        ),
        ("Name asked for (SNI)", name),
        (
            "Application protocol",
            handshake.alpn.clone().unwrap_or_else(none),
        ),
        ("Your address", handshake.peer.to_string()),
    ];
    facts.iter().fold(String::new(), |mut out, (name, value)| {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", Escaped(value));
        out
    })
}

/// The chain as a picture: a card for each certificate, leaf first, each with its time on one common scale.
fn chain(certificates: &[Certificate], now: Timestamp) -> String {
    let scale = Scale::of(certificates, now);
    let mut out = String::from("<ol class=\"chain\">");
    let last = certificates.len().saturating_sub(1);
    for (at, certificate) in certificates.iter().enumerate() {
        let role = match (at, certificate.is_self_issued()) {
            (0, true) => "self-signed",
            (0, false) => "leaf",
            (_, true) => "root",
            _ if at == last => "authority; its issuer is not sent",
            _ => "intermediate authority",
        };
        let names = certificate.subject_alt_names();
        let names = names
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        let (class, standing) = standing(certificate, now);
        let key = certificate
            .public_key_info()
            .map_or_else(|_| String::from("unknown"), |info| info.to_string());
        let _ = write!(
            out,
            "<li class=\"{class}\"><h3>{}</h3><p class=\"role\">{role}</p>{}<p class=\"standing\">{}</p><dl>",
            Escaped(&certificate.subject().to_string()),
            scale.bar(certificate, &standing),
            Escaped(&standing)
        );
        for (name, value) in [
            ("Names", names),
            ("Issuer", certificate.issuer().to_string()),
            ("Key", key),
            ("Signature", certificate.signature_algorithm()),
            ("SHA-256", format!("{:#}", certificate.sha256())),
        ] {
            if !value.is_empty() {
                let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", Escaped(&value));
            }
        }
        out.push_str("</dl></li>");
    }
    out.push_str("</ol>");
    out
}

fn standing(certificate: &Certificate, now: Timestamp) -> (&'static str, String) {
    let until = |when: Timestamp| (when.as_second() - now.as_second()) / SECONDS_PER_DAY;
    let dates = match (certificate.not_before(), certificate.not_after()) {
        (Some(from), Some(to)) => format!("{} to {}", day(from), day(to)),
        _ => String::from("dates that cannot be read"),
    };
    match certificate.validity_at(now) {
        Validity::Valid => {
            let left = certificate.not_after().map_or(0, until);
            let class = if left < 30 { "soon" } else { "good" };
            (class, format!("valid, {left} days left ({dates})"))
        }
        Validity::Expired { at } => ("bad", format!("expired {} days ago ({dates})", -until(at))),
        Validity::NotYetValid { from } => ("bad", format!("valid only in {} days ({dates})", until(from))),
        Validity::Unreadable => ("bad", dates),
    }
}

/// The time that all certificates of a chain and the present lie in.
struct Scale {
    from: i64,
    to: i64,
    now: i64,
}

/// The picture's width in its own units.
const WIDTH: i64 = 600;

impl Scale {
    fn of(certificates: &[Certificate], now: Timestamp) -> Self {
        let now = now.as_second();
        let dates = certificates
            .iter()
            .flat_map(|certificate| [certificate.not_before(), certificate.not_after()])
            .flatten()
            .map(Timestamp::as_second);
        let (from, to) = dates.fold((now, now), |(from, to), date| (from.min(date), to.max(date)));
        Self { from, to, now }
    }

    fn place(&self, at: i64) -> i64 {
        let span = i128::from((self.to - self.from).max(1));
        let along = i128::from(at - self.from) * i128::from(WIDTH) / span;
        i64::try_from(along).unwrap_or(WIDTH).clamp(0, WIDTH)
    }

    fn bar(&self, certificate: &Certificate, label: &str) -> String {
        let (Some(from), Some(to)) = (certificate.not_before(), certificate.not_after()) else {
            return String::new();
        };
        let (start, end) = (self.place(from.as_second()), self.place(to.as_second()));
        let now = self.place(self.now);
        format!(
            "<svg viewBox=\"0 0 {WIDTH} 16\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\"><rect class=\"track\" width=\"{WIDTH}\" height=\"16\" rx=\"4\"/><rect class=\"span\" x=\"{start}\" y=\"3\" width=\"{}\" height=\"10\" rx=\"3\"/><rect class=\"now\" x=\"{}\" width=\"3\" height=\"16\"/></svg>",
            Escaped(label),
            (end - start).max(3),
            now.min(WIDTH - 3)
        )
    }
}

fn day(when: Timestamp) -> String {
    when.to_string().chars().take(10).collect()
}

/// `2026-11-25 10:30:00 UTC`
fn second(when: Timestamp) -> String {
    let text: String = when.to_string().chars().take(19).collect();
    text.replace('T', " ") + " UTC"
}

/// Text within HTML.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            other => f.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_cannot_become_markup() {
        assert_eq!(
            Escaped("<a href='x'>&\"").to_string(),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"
        );
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_left_alone() {
        let values = [
            ("{{a}}", String::from("{{b}}")),
            ("{{b}}", String::from("secret")),
        ];
        assert_eq!(fill("<{{a}}|{{b}}|{{c}}>", &values), "<{{b}}|secret|{{c}}>");
    }

    #[test]
    fn bars_stay_within_the_picture_whatever_the_dates() {
        let scale = Scale {
            from: i64::MIN / 4,
            to: i64::MAX / 4,
            now: 0,
        };
        assert_eq!(scale.place(i64::MIN / 4), 0);
        assert_eq!(scale.place(i64::MAX / 4), WIDTH);
        assert_eq!(
            Scale {
                from: 5,
                to: 5,
                now: 5
            }
            .place(5),
            0
        );
    }
}
