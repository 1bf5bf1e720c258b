//! What `keyjar check` answers.

use std::process::ExitCode;

use keyjar::ErrorKind;
use keyjar::tls::FetchedChain;
use keyjar::trust::{Check, Decision, JavaException, Jdk, PassedOver, StoreFailure, Verdict};
use serde_json::json;

use super::Outcome;
use super::check;
use super::failure::Failure;
use super::printer::Printer;

/// The checks made so far, and the first that failed.
pub(super) struct Report {
    jdk: u32,
    checks: Vec<Check>,
    /// Java's first exception.
    exception: Option<JavaException>,
    cause: Option<String>,
    hints: Vec<String>,
    is_refused: bool,
    has_hint_at_top: bool,
    names: Names,
}

/// What stands in the hints' commands, so that they can be pasted.
pub(super) struct Names {
    pub(super) is_live: bool,
    /// The server or the chain file.
    pub(super) what: String,
    pub(super) truststore: Option<String>,
    pub(super) keystore: Option<String>,
}

impl Report {
    pub(super) const fn new(jdk: &Jdk, names: Names) -> Self {
        Self {
            jdk: jdk.version(),
            names,
            checks: Vec::new(),
            exception: None,
            cause: None,
            hints: Vec::new(),
            is_refused: false,
            has_hint_at_top: false,
        }
    }

    pub(super) fn push(&mut self, check: Check) {
        self.checks.push(check);
    }

    pub(super) fn hint(&mut self, text: &str) {
        let quoted = |path: &Option<String>, otherwise: &str| {
            let path = path.as_deref().unwrap_or(otherwise);
            let is_plain = path
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"/._-:@[]".contains(&octet));
            if is_plain {
                path.to_owned()
            } else {
                format!("'{}'", path.replace('\'', "'\\''"))
            }
        };
        let text = text
            .replace(
                "truststore.p12",
                &quoted(&self.names.truststore, "truststore.p12"),
            )
            .replace("keystore.p12", &quoted(&self.names.keystore, "keystore.p12"));
        if !self.hints.contains(&text) {
            self.hints.push(text);
        }
    }

    /// The chain ends in what can be trusted as it is sent.
    pub(super) fn hint_at_top(&mut self, top: &str) {
        self.has_hint_at_top = true;
        let what = &self.names.what;
        let import = if self.names.is_live {
            format!("keyjar import --from {what} --truststore truststore.p12")
        } else {
            format!("keyjar import {what} --truststore truststore.p12")
        };
        self.hint(&format!(
            "if `{top}` is to be trusted: `{import}`; compare its fingerprint first"
        ));
    }

    /// Something a JVM passes over in silence.
    pub(super) fn warn(&mut self, name: &'static str, detail: String, hint: &str) {
        self.cause.get_or_insert_with(|| detail.clone());
        self.checks.push(Check {
            name,
            ok: false,
            detail,
        });
        self.hint(hint);
    }

    fn refuse(&mut self, exception: Option<JavaException>, cause: Option<String>) {
        self.is_refused = true;
        if self.exception.is_none() {
            self.exception = exception;
        }
        if self.cause.is_none() {
            self.cause = cause;
        }
    }

    /// A store that breaks every connection.
    pub(super) fn fails(&mut self, name: &'static str, detail: &str, failure: &StoreFailure) {
        self.refuse(Some(failure.exception.clone()), Some(detail.to_owned()));
        let innermost = if failure.innermost.ends_with(": null") {
            String::new()
        } else {
            format!(" ({})", failure.innermost)
        };
        self.checks.push(Check {
            name,
            ok: false,
            detail: format!("{detail}{innermost}"),
        });
        for hint in &failure.hints {
            self.hint(&hint.to_string());
        }
    }

    /// What was decided on the server.
    pub(super) fn take(&mut self, verdict: Verdict) -> Result<(), Failure> {
        if verdict.decision == Decision::Undecided {
            let cause = verdict.cause.unwrap_or_default();
            return Err(Failure::new(ErrorKind::Unsupported, cause, ""));
        }
        if verdict.decision == Decision::Refused {
            self.refuse(verdict.exception, verdict.cause);
        }
        self.checks.extend(verdict.checks);
        for hint in &verdict.hints {
            let text = hint.to_string();
            // What the server itself sends is told already.
            if !(self.has_hint_at_top && text.starts_with("add the certificate of the CA")) {
                self.hint(&text);
            }
        }
        Ok(())
    }

    /// What a server would decide on the client.
    pub(super) fn take_client(&mut self, verdict: Verdict) -> Result<(), Failure> {
        if verdict.decision == Decision::Undecided {
            let cause = verdict.cause.unwrap_or_default();
            return Err(Failure::new(ErrorKind::Unsupported, cause, ""));
        }
        let ok = verdict.decision == Decision::Accepted;
        let detail = match (&verdict.cause, &verdict.exception) {
            (Some(cause), Some(exception)) if !ok => {
                format!(
                    "a Java server refuses the client: {cause} ({})",
                    exception.in_handshake()
                )
            }
            _ => String::from("a Java server takes the client's certificate"),
        };
        if !ok {
            self.refuse(verdict.exception, Some(detail.clone()));
        }
        self.checks.push(Check {
            name: "client-certificate",
            ok,
            detail,
        });
        verdict.hints.iter().for_each(|hint| self.hint(&hint.to_string()));
        Ok(())
    }

    /// No key of the keystore is sent.
    pub(super) fn no_client_key(&mut self, passed_over: &[PassedOver], fetched: Option<&FetchedChain>) {
        let why: Vec<String> = passed_over
            .iter()
            .map(|key| format!("`{}`: {}", key.alias, key.why))
            .collect();
        let detail = if why.is_empty() {
            String::from("the JVM sends no client certificate: the keystore holds no private key")
        } else {
            format!("the JVM sends no client certificate; {}", why.join("; "))
        };
        self.refuse(
            Some(check::no_certificate(fetched, self.jdk)),
            Some(detail.clone()),
        );
        self.checks.push(Check {
            name: "client-key",
            ok: false,
            detail,
        });
        if passed_over.is_empty() {
            // It may be the truststore, given in the keystore's place.
            self.names.keystore = None;
        }
        self.hint("`keyjar bundle --cert CLIENT.crt --key CLIENT.key --chain CA.crt --keystore keystore.p12` with a certificate \
             of one of the server's authorities, its chain up to that one");
    }

    pub(super) fn show(self, printer: &Printer) -> Outcome {
        let trace = self.exception.as_ref().map(JavaException::as_trace);
        if printer.json {
            let checks: Vec<_> = self
                .checks
                .iter()
                .map(|check| json!({ "name": check.name, "ok": check.ok, "detail": check.detail }))
                .collect();
            printer.document(&json!({
                "schema": 1,
                "accepted": !self.is_refused,
                "jdk": self.jdk,
                "checks": checks,
                "java_exception": trace,
                "cause": self.cause,
                "hints": self.hints,
            }));
        } else {
            printer.text(&self.text(trace.as_deref()));
            self.hints.iter().for_each(|hint| printer.hint(hint));
        }
        Ok(if self.is_refused {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn text(&self, trace: Option<&str>) -> String {
        let what = if self.names.is_live {
            "the server"
        } else {
            "the chain"
        };
        let mut text = match (&self.cause, self.is_refused) {
            (Some(cause), true) => format!("JDK {} refuses: {cause}\n", self.jdk),
            (None, true) => format!("JDK {} refuses {what}\n", self.jdk),
            _ => format!("JDK {} accepts {what}\n", self.jdk),
        };
        if let Some(trace) = trace {
            for line in trace.lines() {
                text.push_str(&format!("  {line}\n"));
            }
        }
        text.push('\n');
        for check in &self.checks {
            let mark = if check.ok { "ok  " } else { "FAIL" };
            text.push_str(&format!("{mark}  {:<19} {}\n", check.name, check.detail));
        }
        text
    }
}
