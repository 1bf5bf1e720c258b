//! Questions and answers: on a terminal, else line by line from the standard input, as elasticsearch-certutil
//! reads them.

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;

use keyjar::Password;
use zeroize::Zeroizing;

use super::exit::{Exit, UNCAUGHT};
use super::options::Options;
use crate::cli::printer::Printer;

/// Where talk goes and answers come from.
pub(super) struct Terminal<'a> {
    printer: &'a Printer,
    silent: bool,
    verbose: bool,
}

impl<'a> Terminal<'a> {
    pub(super) fn new(printer: &'a Printer, options: &Options) -> Self {
        Self {
            printer,
            silent: options.has("silent") || printer.quiet,
            verbose: options.has("verbose") || printer.verbose,
        }
    }

    /// What `--silent` keeps back.
    pub(super) fn say(&self, text: &str) {
        if !self.silent {
            self.always(text);
        }
    }

    /// What only `--verbose` shows.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose {
            self.always(text);
        }
    }

    /// What is said whatever was asked.
    pub(super) fn always(&self, text: &str) {
        self.printer.always(text);
    }

    pub(super) fn hint(&self, text: &str) {
        if !self.silent {
            self.printer.advice(text);
        }
    }

    /// A heading of `http`.
    pub(super) fn heading(&self, text: &str) {
        self.say("");
        self.always(&format!("## {text}"));
        self.say("");
    }

    /// The result: where the file is.
    pub(super) fn result(&self, path: &Path) {
        if self.printer.json {
            self.printer
                .document(&serde_json::json!({ "schema": 1, "path": path }));
        } else {
            self.printer.text(&format!("{}\n", path.display()));
        }
    }

    /// An answer, without its line ending.
    pub(super) fn ask(&self, prompt: &str) -> Result<String, Exit> {
        self.printer.prompt(prompt);
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).unwrap_or(0);
        if read == 0 {
            let message = "unable to read from standard input; is standard input open and a tty attached?";
            return Err(Exit::new(UNCAUGHT, message)
                .hint("options answer the questions: `--out FILE`, `--pass PASSWORD` (`--pass \"\"` for a blank one), `--ca-pass PASSWORD`"));
        }
        let ended = line.trim_end_matches(['\n', '\r']).len();
        line.truncate(ended);
        if !io::stdin().is_terminal() {
            // The answer ends no line of its own here.
            self.printer.always("");
        }
        Ok(line)
    }

    /// A password; what is typed is not shown.
    pub(super) fn ask_secret(&self, prompt: &str) -> Result<Password, Exit> {
        if !io::stdin().is_terminal() {
            return Ok(Password::new(Zeroizing::new(self.ask(prompt)?).as_str()));
        }
        rpassword::prompt_password(prompt)
            .map(Password::new)
            .map_err(|error| Exit::new(UNCAUGHT, error.to_string()))
    }

    /// Yes or no.
    pub(super) fn ask_yes_no(&self, prompt: &str, default: bool) -> Result<bool, Exit> {
        let choices = if default { " [Y/n]" } else { " [y/N]" };
        loop {
            let answer = self.ask(&format!("{prompt}{choices}"))?.to_lowercase();
            match answer.as_str() {
                "" => return Ok(default),
                "y" => return Ok(true),
                "n" => return Ok(false),
                other => self.always(&format!("Did not understand answer '{other}'")),
            }
        }
    }

    /// An answer that is understood, or the default.
    pub(super) fn ask_until<T: Clone>(
        &self,
        prompt: &str,
        shown: &str,
        default: &T,
        mut understand: impl FnMut(&str) -> Result<Option<T>, Exit>,
    ) -> Result<T, Exit> {
        loop {
            let answer = self.ask(&format!("{prompt} [{shown}] "))?;
            if answer.is_empty() {
                return Ok(default.clone());
            }
            if let Some(understood) = understand(&answer)? {
                return Ok(understood);
            }
        }
    }
}
