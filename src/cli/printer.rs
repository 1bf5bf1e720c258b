use std::io::{self, Write};

use super::args::Arguments;

/// The one place that writes to stdout (data) and stderr (talk).
pub(crate) struct Printer {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

impl Printer {
    pub(crate) const fn new(arguments: &Arguments) -> Self {
        Self {
            json: arguments.json,
            quiet: arguments.quiet,
            verbose: arguments.verbose,
        }
    }

    /// The result. A reader that closed the pipe has what it wanted: that is no failure.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    pub(crate) fn text(&self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn document(&self, document: &serde_json::Value) {
        let text = serde_json::to_string_pretty(document).unwrap_or_default();
        self.text(&(text + "\n"));
    }

    /// Talk, unless it was asked to be quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.talk(text);
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        if !self.quiet {
            let style = anstyle::AnsiColor::Yellow.on_default().bold();
            self.talk(&format!("{style}warning:{style:#} {text}"));
        }
    }

    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet {
            self.advice(text);
        }
    }

    /// Advice that belongs to an error, shown whatever was asked.
    pub(crate) fn advice(&self, text: &str) {
        let style = anstyle::AnsiColor::Cyan.on_default().bold();
        self.talk(&format!("{style}hint:{style:#} {text}"));
    }

    pub(crate) fn error(&self, text: &str) {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        self.talk(&format!("{style}error:{style:#} {text}"));
    }

    /// Talk that is shown whatever was asked.
    pub(crate) fn always(&self, text: &str) {
        self.talk(text);
    }

    /// A question; its answer goes on the same line.
    pub(crate) fn prompt(&self, text: &str) {
        let mut out = anstream::stderr().lock();
        let _ = write!(out, "{text}").and_then(|()| out.flush());
    }

    fn talk(&self, text: &str) {
        let mut out = anstream::stderr().lock();
        let _ = writeln!(out, "{text}");
    }
}
