use std::io::{self, Write};

use keyjar::ErrorKind;

use super::args::Arguments;

/// The one place that writes to stdout (data) and stderr (talk).
#[derive(Clone)]
pub(crate) struct Printer {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

impl Printer {
    /// For who asked for JSON with arguments that could not be understood.
    pub(crate) const JSON: Self = Self {
        json: true,
        quiet: false,
        verbose: false,
    };

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

    /// The result, written piece by piece: a store of many entries is never held as text.
    pub(crate) fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let _ = write(&mut out).and_then(|()| out.flush());
    }

    pub(crate) fn text(&self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn document(&self, document: &impl serde::Serialize) {
        self.stream(|out| {
            serde_json::to_writer_pretty(&mut *out, document)?;
            out.write_all(b"\n")
        });
    }

    /// An error as `--json` shows it.
    pub(crate) fn failed(&self, kind: ErrorKind, message: &str, causes: &[String], hints: &[String]) {
        self.document(&serde_json::json!({
            "schema": 1,
            "error": { "kind": kind.name(), "message": message, "causes": causes, "hints": hints },
        }));
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

    fn talk(&self, text: &str) {
        let mut out = anstream::stderr().lock();
        let _ = writeln!(out, "{text}");
    }
}

/// A question: on stderr, and the cursor stays behind it.
pub(crate) fn ask(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}
