use std::io::{self, BufRead, IsTerminal, Write};

/// keytool's streams: results and errors go to stdout, questions and news to stderr.
pub(super) struct Console;

impl Console {
    pub(super) const fn new() -> Self {
        Self
    }

    /// A reader that closed the pipe has what it wanted.
    pub(super) fn out(&self, text: &str) {
        self.out_bytes(text.as_bytes());
    }

    pub(super) fn out_bytes(&self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    pub(super) fn err(&self, text: &str) {
        let mut out = io::stderr().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    pub(super) fn hint(&self, text: &str) {
        self.err(&format!("hint: {text}\n"));
    }

    /// Advice that keytool does not give.
    pub(super) fn warning(&self, text: &str) {
        self.err(&format!("keyjar: warning: {text}\n"));
    }

    /// A line of the standard input, without its end; `None` where there is no more.
    pub(super) fn line(&self) -> Option<String> {
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
        }
    }

    /// Asks for a password; nothing comes of an empty line or the end of the input.
    pub(super) fn password(&self, prompt: &str) -> Option<zeroize::Zeroizing<String>> {
        self.err(prompt);
        let text = if io::stdin().is_terminal() {
            rpassword::read_password().unwrap_or_default()
        } else {
            self.line().unwrap_or_default()
        };
        Some(zeroize::Zeroizing::new(text)).filter(|text| !text.is_empty())
    }

    /// Asks until the answer is yes or no; no answer is no.
    pub(super) fn yes(&self, question: &str) -> bool {
        // keytool gives up after as many.
        for _ in 0..10 {
            self.err(question);
            let answer = self.line().unwrap_or_default().to_lowercase();
            match answer.as_str() {
                "y" | "yes" => return true,
                "" | "n" | "no" => return false,
                _ => self.err("Wrong answer, try again\n"),
            }
        }
        false
    }
}
