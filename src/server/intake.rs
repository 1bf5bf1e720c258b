//! What an APM agent sends: NDJSON, one event a line, the metadata first
//! ([Elastic APM events intake API](https://www.elastic.co/docs/solutions/observability/apm/elastic-apm-events-intake-api)).

use std::io::{self, Write};

use flate2::write::{GzDecoder, ZlibDecoder};
use serde_json::{Map, Value, json};

/// `max_event_size` of APM Server, in bytes.
const MAX_LINE: usize = 307_200;
/// Most that one request may hold when it is decompressed, in bytes.
const MAX_BODY: usize = 64 << 20;
/// How many errors APM Server tells of in one answer.
const MAX_TOLD: usize = 5;
/// How much of a faulty line is repeated in the answer, in bytes.
const MAX_REPEATED: usize = 1_024;

/// How many events of each kind were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntakeCounts {
    /// Lines that tell of the service, its agent and its host.
    pub metadata: u64,
    /// Transactions.
    pub transactions: u64,
    /// Spans.
    pub spans: u64,
    /// Errors that the agent reports.
    pub errors: u64,
    /// Sets of metrics.
    pub metricsets: u64,
    /// Log lines.
    pub logs: u64,
    /// Lines that are no valid event.
    pub malformed: u64,
}

impl IntakeCounts {
    /// All events but the metadata and the malformed: what APM Server calls accepted.
    #[must_use]
    pub const fn accepted(&self) -> u64 {
        self.transactions + self.spans + self.errors + self.metricsets + self.logs
    }

    pub(super) const fn add(&mut self, other: &Self) {
        self.metadata += other.metadata;
        self.transactions += other.transactions;
        self.spans += other.spans;
        self.errors += other.errors;
        self.metricsets += other.metricsets;
        self.logs += other.logs;
        self.malformed += other.malformed;
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "metadata": self.metadata,
            "transactions": self.transactions,
            "spans": self.spans,
            "errors": self.errors,
            "metricsets": self.metricsets,
            "logs": self.logs,
            "malformed": self.malformed,
        })
    }
}

/// A request's body as it comes in, decompressed and counted on the way.
pub(super) enum Intake {
    Plain(Lines),
    Gzip(GzDecoder<Lines>),
    Deflate(ZlibDecoder<Lines>),
}

impl Intake {
    /// By the Content-Encoding; `None` for one that APM Server does not know either.
    pub(super) fn new(encoding: Option<&str>) -> Option<Self> {
        let lines = Lines::default();
        match encoding.map(str::trim) {
            None | Some("" | "identity") => Some(Self::Plain(lines)),
            Some("gzip") => Some(Self::Gzip(GzDecoder::new(lines))),
            Some("deflate") => Some(Self::Deflate(ZlibDecoder::new(lines))),
            Some(_) => None,
        }
    }

    /// # Errors
    /// The compression is damaged, or the body is too large.
    pub(super) fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(lines) => lines.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
            Self::Deflate(decoder) => decoder.write_all(chunk),
        }
    }

    /// # Errors
    /// As [`push`](Self::push); what was counted before stays counted.
    pub(super) fn finish(self) -> (Lines, io::Result<()>) {
        let (mut lines, outcome) = match self {
            Self::Plain(lines) => (lines, Ok(())),
            Self::Gzip(mut decoder) => {
                let outcome = decoder.try_finish();
                (std::mem::take(decoder.get_mut()), outcome)
            }
            Self::Deflate(mut decoder) => {
                let outcome = decoder.try_finish();
                (std::mem::take(decoder.get_mut()), outcome)
            }
        };
        lines.end();
        (lines, outcome)
    }
}

/// Cuts lines and counts them.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) counts: IntakeCounts,
    problems: Vec<Value>,
    line: Vec<u8>,
    is_line_too_long: bool,
    has_begun: bool,
    has_no_metadata: bool,
    bytes: usize,
}

impl Lines {
    /// The answer's status and body, as APM Server words it.
    pub(super) fn answer(&self, is_verbose: bool) -> (u16, Option<Value>) {
        let accepted = self.counts.accepted();
        if self.problems.is_empty() {
            return (202, is_verbose.then(|| json!({ "accepted": accepted })));
        }
        (
            400,
            Some(json!({ "accepted": accepted, "errors": self.problems })),
        )
    }

    pub(super) fn problem(&mut self, message: &str, document: &[u8]) {
        self.counts.malformed += 1;
        if self.problems.len() < MAX_TOLD {
            let repeated = document.get(..MAX_REPEATED).unwrap_or(document);
            let mut problem = json!({ "message": message });
            if let (false, Some(fields)) = (repeated.is_empty(), problem.as_object_mut()) {
                let text = String::from_utf8_lossy(repeated).into_owned();
                fields.insert(String::from("document"), Value::String(text));
            }
            self.problems.push(problem);
        }
    }

    fn end(&mut self) {
        if !self.line.is_empty() || self.is_line_too_long {
            self.end_of_line();
        }
        if !self.has_begun {
            self.problem("EOF while reading metadata", b"");
        }
    }

    fn end_of_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let is_too_long = std::mem::take(&mut self.is_line_too_long);
        // Without its metadata nothing of a stream counts.
        if line.trim_ascii().is_empty() || self.has_no_metadata {
            return;
        }
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        if is_too_long {
            self.problem("event exceeded the permitted size", &line);
            self.has_no_metadata = is_first;
            return;
        }
        match kind_of(&line) {
            Ok(Kind::Metadata) if is_first => self.counts.metadata += 1,
            _ if is_first => {
                self.problem("\"metadata\" or \"m\" required", &line);
                self.has_no_metadata = true;
            }
            Ok(kind) => *self.count(kind) += 1,
            Err(message) => self.problem(&message, &line),
        }
    }

    const fn count(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Metadata => &mut self.counts.metadata,
            Kind::Transaction => &mut self.counts.transactions,
            Kind::Span => &mut self.counts.spans,
            Kind::Error => &mut self.counts.errors,
            Kind::Metricset => &mut self.counts.metricsets,
            Kind::Log => &mut self.counts.logs,
        }
    }
}

impl Write for Lines {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.bytes = self.bytes.saturating_add(chunk.len());
        if self.bytes > MAX_BODY {
            return Err(io::Error::other(format!(
                "the body has more than {MAX_BODY} bytes"
            )));
        }
        let mut rest = chunk;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(at);
            self.push(line);
            self.end_of_line();
            rest = after.get(1..).unwrap_or_default();
        }
        self.push(rest);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn push(&mut self, part: &[u8]) {
        let room = MAX_LINE.saturating_sub(self.line.len());
        self.is_line_too_long |= part.len() > room;
        self.line.extend_from_slice(part.get(..room).unwrap_or(part));
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Metadata,
    Transaction,
    Span,
    Error,
    Metricset,
    Log,
}

impl Kind {
    const ALL: &[(&'static str, Self, &'static [&'static str])] = &[
        ("metadata", Self::Metadata, &["service"]),
        (
            "transaction",
            Self::Transaction,
            &["id", "trace_id", "type", "span_count", "duration"],
        ),
        (
            "span",
            Self::Span,
            &["id", "trace_id", "parent_id", "name", "type", "duration"],
        ),
        ("error", Self::Error, &["id"]),
        ("metricset", Self::Metricset, &["samples"]),
        ("log", Self::Log, &[]),
    ];
}

/// What a line is; the error is worded as APM Server's.
fn kind_of(line: &[u8]) -> Result<Kind, String> {
    let event: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| format!("decode error: data read error: {error}"))?;
    let mut fields = event.iter();
    let (Some((name, value)), None) = (fields.next(), fields.next()) else {
        return Err(String::from("did not recognize object type"));
    };
    let Some((_, kind, required)) = Kind::ALL.iter().find(|(known, ..)| known == name) else {
        return Err(format!("did not recognize object type: {name:?}"));
    };
    let missing = required
        .iter()
        .find(|field| value.get(field).is_none_or(Value::is_null));
    match (value.is_object(), missing) {
        (false, _) => Err(format!("validation error: '{name}' required")),
        (true, Some(field)) => Err(format!("validation error: {name}: '{field}' required")),
        (true, None) => Ok(*kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    const METADATA: &str = r#"{"metadata":{"service":{"name":"x","agent":{"name":"a","version":"1"}}}}"#;
    const TRANSACTION: &str = r#"{"transaction":{"id":"1","trace_id":"2","type":"request","span_count":{"started":0},"duration":1}}"#;

    fn counted(encoding: Option<&str>, body: &[u8]) -> (Lines, io::Result<()>) {
        let mut intake = Intake::new(encoding).unwrap();
        let mut outcome = Ok(());
        for chunk in body.chunks(7) {
            outcome = outcome.and_then(|()| intake.push(chunk));
        }
        let (lines, end) = intake.finish();
        (lines, outcome.and(end))
    }

    fn body() -> String {
        format!("{METADATA}\n{TRANSACTION}\n\n{TRANSACTION}")
    }

    #[test]
    fn events_are_counted_whatever_their_compression() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(body().as_bytes()).unwrap();
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(body().as_bytes()).unwrap();
        for (encoding, bytes) in [
            (None, body().into_bytes()),
            (Some("gzip"), gzip.finish().unwrap()),
            (Some("deflate"), deflate.finish().unwrap()),
        ] {
            let (lines, outcome) = counted(encoding, &bytes);
            outcome.unwrap();
            assert_eq!(
                (lines.counts.metadata, lines.counts.transactions),
                (1, 2),
                "{encoding:?}"
            );
            assert_eq!(lines.answer(false), (202, None));
            assert_eq!(lines.answer(true), (202, Some(json!({ "accepted": 2 }))));
        }
    }

    #[test]
    fn a_faulty_line_is_told_and_the_others_count() {
        let body = format!(
            "{METADATA}\n{TRANSACTION}\nnot json\n{{\"tranaction\":{{}}}}\n{{\"span\":{{\"id\":\"1\"}}}}\n"
        );
        let (lines, _) = counted(None, body.as_bytes());
        let (status, answer) = lines.answer(false);
        let answer = answer.unwrap();
        assert_eq!((status, lines.counts.malformed), (400, 3));
        assert_eq!(answer["accepted"], 1);
        assert_eq!(answer["errors"][0]["document"], "not json");
        assert_eq!(
            answer["errors"][1]["message"],
            "did not recognize object type: \"tranaction\""
        );
        assert_eq!(
            answer["errors"][2]["message"],
            "validation error: span: 'trace_id' required"
        );
    }

    #[test]
    fn a_stream_without_metadata_counts_for_nothing() {
        let (lines, _) = counted(None, format!("{TRANSACTION}\n{TRANSACTION}\n").as_bytes());
        assert_eq!((lines.counts.transactions, lines.counts.malformed), (0, 1));
        let (empty, _) = counted(None, b"");
        assert_eq!(empty.answer(false).0, 400);
    }

    #[test]
    fn a_line_over_the_permitted_size_is_refused_without_being_held() {
        let long = format!(
            "{METADATA}\n{{\"error\":{{\"id\":\"{}\"}}}}\n{TRANSACTION}\n",
            "x".repeat(2 * MAX_LINE)
        );
        let (lines, _) = counted(None, long.as_bytes());
        assert_eq!(
            (
                lines.counts.errors,
                lines.counts.malformed,
                lines.counts.transactions
            ),
            (0, 1, 1)
        );
    }

    #[test]
    fn a_body_that_expands_without_end_is_cut_off() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..(MAX_BODY >> 20) + 1 {
            gzip.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
        let bomb = gzip.finish().unwrap();
        assert!(bomb.len() < MAX_BODY / 500);
        let mut intake = Intake::new(Some("gzip")).unwrap();
        assert!(
            bomb.chunks(16_384)
                .try_for_each(|chunk| intake.push(chunk))
                .is_err()
        );
    }

    #[test]
    fn damaged_compression_is_an_error() {
        assert!(counted(Some("gzip"), b"plainly not gzip").1.is_err());
        assert!(counted(Some("deflate"), b"plainly not zlib").1.is_err());
    }
}
