//! What a TLS or key store failure in a log comes from, and which command mends it.
//!
//! Java hides why TLS fails: five different faults of a truststore print the same line, and the texts differ from
//! JDK to JDK. The tables here tell texts from causes: [`SYMPTOMS`] the texts of JDK 8 to 28, keytool, Go,
//! Python, Node, OpenSSL and their like; [`CAUSES`] what is behind them. Each text of Java's was seen on a real
//! JDK, or is named with the class it is thrown in.
//!
//! ```
//! use keyjar::explain::explain;
//!
//! let log = "javax.net.ssl.SSLHandshakeException: No name matching apm found\n";
//! let found = explain(log);
//! assert_eq!(found.findings[0].cause.id, "host-name");
//! assert_eq!(found.findings[0].sentence(), "the server's certificate is not for `apm`, the name the client connects to");
//! ```

mod actual;
mod causes;
mod log;
mod symptoms;

use std::collections::BTreeMap;

pub use actual::{Actual, Evidence, StoreEvidence, actual};
pub use causes::{About, CAUSES, Cause};
pub use log::decode;
pub use symptoms::{SYMPTOMS, Symptom};

use log::Event;

/// Texts longer than this are cut where they are shown.
const SHOWN: usize = 300;

/// What was found in a log.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The failures that are known, each once, in the log's order.
    pub findings: Vec<Finding>,
    /// Failures that speak of TLS or key stores and are not known.
    pub unknown: Vec<Unknown>,
}

/// A failure that is known.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it comes from.
    pub cause: &'static Cause,
    /// The line that tells it, counted from 1.
    pub line: usize,
    /// The text there.
    pub text: String,
    /// How often it is in the log.
    pub count: usize,
    /// What the text names: `host`, `alias`, `when`, ...
    pub names: BTreeMap<String, String>,
}

/// A failure that speaks of TLS or key stores and is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The line, counted from 1.
    pub line: usize,
    /// The text there.
    pub text: String,
    /// Whether the log ends in it: the cause would have come after.
    pub is_cut: bool,
}

impl Finding {
    /// The cause in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        fill(self.cause.sentence, &self.names)
    }

    /// What it may be where the text does not tell.
    #[must_use]
    pub fn possible(&self) -> Vec<String> {
        self.cause
            .possible
            .iter()
            .map(|text| fill(text, &self.names))
            .collect()
    }

    /// The commands that mend it. What is not known in them is in capitals.
    #[must_use]
    pub fn remedies(&self) -> Vec<String> {
        self.cause
            .remedies
            .iter()
            .map(|text| fill(text, &self.names))
            .collect()
    }
}

/// Finds the TLS and key store failures in a log: stack traces, with whatever the logger puts before each line,
/// cut off or not; single lines; JSON logs. Its time is linear in the log's length.
#[must_use]
pub fn explain(log: &str) -> Explanation {
    let mut explanation = Explanation::default();
    let events = log::events(log);
    let last = events.len().saturating_sub(1);
    let of_interest = |(_, event): &(usize, &Event<'_>)| symptoms::is_of_interest(event);
    for (at, event) in events.iter().enumerate().filter(of_interest) {
        match symptoms::find(event) {
            Some(finding) => add(&mut explanation.findings, finding),
            None => {
                if let Some((line, text)) = symptoms::speaks_of_tls(event) {
                    explanation.unknown.push(Unknown {
                        line,
                        text: shown(text),
                        is_cut: at == last && is_cut(event, log),
                    });
                }
            }
        }
    }
    explanation
}

fn add(findings: &mut Vec<Finding>, finding: Finding) {
    let known = findings
        .iter_mut()
        .find(|known| known.cause.id == finding.cause.id && known.names == finding.names);
    match known {
        Some(known) => known.count += 1,
        None => findings.push(finding),
    }
}

/// Whether a log ends in the middle of an event: no line break at the end, a head without its message, or one
/// whose cause comes below it always.
fn is_cut(event: &Event<'_>, log: &str) -> bool {
    let last = event.last().trim_end();
    !log.ends_with('\n')
        || last.ends_with(':')
        || last.contains("Error constructing implementation")
        || event.has_frames() && !last.ends_with(')') && !last.ends_with("more")
}

fn shown(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// Puts names in: `{host}`; `{host|HOST}` is `HOST` where there is none.
fn fill(template: &str, names: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let (name, otherwise) = name.split_once('|').unwrap_or((name, name));
        out.push_str(names.get(name).map_or(otherwise, String::as_str));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_in_a_command_stands_in_capitals() {
        let mut names = BTreeMap::new();
        assert_eq!(fill("check {host|HOST:PORT} x", &names), "check HOST:PORT x");
        names.insert(String::from("host"), String::from("apm:8200"));
        assert_eq!(fill("check {host|HOST:PORT} x", &names), "check apm:8200 x");
    }

    #[test]
    fn every_cause_that_a_symptom_names_is_there_once_and_every_cause_has_a_symptom() {
        for cause in CAUSES {
            assert_eq!(
                CAUSES.iter().filter(|other| other.id == cause.id).count(),
                1,
                "{}",
                cause.id
            );
            let has_symptom = SYMPTOMS.iter().any(|symptom| symptom.cause == cause.id);
            assert!(has_symptom, "{} has no symptom", cause.id);
            assert!(!cause.remedies.is_empty(), "{}", cause.id);
        }
        for symptom in SYMPTOMS {
            assert!(causes::by_id(symptom.cause).is_some(), "{}", symptom.cause);
        }
    }

    #[test]
    fn the_same_failure_is_told_once_and_counted() {
        let log = "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message\n".repeat(3);
        let found = explain(&log).findings;
        assert_eq!((found.len(), found[0].count), (1, 3));
    }

    #[test]
    fn a_log_that_ends_before_the_cause_is_told_as_cut() {
        let found = explain("x\nException in thread \"main\" javax.net.ssl.SSLHandshakeExc");
        assert!(found.findings.is_empty());
        assert_eq!((found.unknown[0].line, found.unknown[0].is_cut), (2, true));
    }

    #[test]
    fn a_log_without_such_a_failure_gives_nothing() {
        let found = explain("INFO started\njava.lang.NullPointerException\n\tat a.B.c(B.java:1)\n");
        assert!(found.findings.is_empty() && found.unknown.is_empty());
    }
}
