//! Where passwords come from, in openssl's spelling.

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::str::FromStr;

use keyjar::{ErrorKind, Limits, Password};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::printer::Printer;

/// Java's own convention; a truststore holds public certificates.
const CONVENTION: &str = "changeit";
/// No JDK's keytool changes a store with a shorter one.
const SHORTEST: usize = 6;

/// A password source.
#[derive(Clone)]
pub(crate) enum Source {
    Pass(Zeroizing<String>),
    Env(String),
    File(PathBuf),
    Fd(u32),
    Stdin,
    Prompt,
    None,
    /// Something else, not kept: it may be the password itself, and is never repeated.
    Unknown,
}

impl FromStr for Source {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once(':') {
            Some(("pass", text)) => Self::Pass(Zeroizing::new(text.to_owned())),
            Some(("env", name)) => Self::Env(name.to_owned()),
            Some(("file", path)) => Self::File(path.into()),
            Some(("fd", number)) => number.parse().map_or(Self::Unknown, Self::Fd),
            _ => match text {
                "stdin" => Self::Stdin,
                "prompt" => Self::Prompt,
                "none" => Self::None,
                _ => Self::Unknown,
            },
        })
    }
}

/// Which password is asked for, and what stands in where no source was named.
pub(crate) struct Asked {
    /// `store`, `truststore`, `keystore`, `key`
    pub(crate) what: &'static str,
    /// The option that names the source.
    pub(crate) option: &'static str,
    /// The variable that is taken unless the option is there.
    pub(crate) variable: &'static str,
    /// Whether `changeit` stands in.
    pub(crate) convention: bool,
}

impl Asked {
    pub(crate) const STORE: Self = Self {
        what: "store",
        option: "--storepass",
        variable: "KEYJAR_STOREPASS",
        convention: false,
    };
    pub(crate) const TRUSTSTORE: Self = Self {
        what: "truststore",
        convention: true,
        ..Self::STORE
    };
}

/// The password from its source; else from the environment, the convention, a prompt on a terminal.
#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
pub(crate) fn find(asked: &Asked, source: Option<&Source>, printer: &Printer) -> Result<Password, Failure> {
    if let Some(source) = source {
        return read(asked, source, printer);
    }
    if let Ok(text) = std::env::var(asked.variable) {
        return Ok(Password::new(text));
    }
    if asked.convention {
        return Ok(Password::new(CONVENTION));
    }
    if io::stdin().is_terminal() {
        return prompt(asked);
    }
    let hint = format!(
        "give it with `{} env:NAME`, or set {}",
        asked.option, asked.variable
    );
    Err(Failure::new(
        ErrorKind::PasswordRequired,
        format!("no password for the {}", asked.what),
        &hint,
    ))
}

/// Java's own.
pub(crate) fn convention() -> Password {
    Password::new(CONVENTION)
}

/// Whether nothing but the convention or a prompt would give a password.
#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
pub(crate) fn is_given(asked: &Asked, source: Option<&Source>) -> bool {
    source.is_some() || std::env::var_os(asked.variable).is_some()
}

#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
fn read(asked: &Asked, source: &Source, printer: &Printer) -> Result<Password, Failure> {
    match source {
        Source::Pass(text) => Ok(Password::new(text.as_str())),
        Source::Env(name) => std::env::var(name).map(Password::new).map_err(|error| {
            let why = match error {
                std::env::VarError::NotPresent => "is not set",
                std::env::VarError::NotUnicode(_) => "is not Unicode",
            };
            Failure::new(
                ErrorKind::PasswordRequired,
                format!("the variable {name} {why}"),
                "",
            )
        }),
        Source::File(path) => first_line(path, printer),
        Source::Fd(number) => first_line(&PathBuf::from(format!("/dev/fd/{number}")), printer),
        Source::Stdin => {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map_err(Failure::other)?;
            Ok(Password::new(without_ending(line)))
        }
        Source::Prompt => prompt(asked),
        Source::None => Ok(Password::none()),
        Source::Unknown => Err(Failure::new(
            ErrorKind::Usage,
            format!("what `{}` was given is no password source", asked.option),
            "write pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none",
        )),
    }
}

fn first_line(path: &std::path::Path, printer: &Printer) -> Result<Password, Failure> {
    let bytes = keyjar::fsio::read_secret(path, &Limits::DEFAULT)?;
    let not_text = || {
        let message = format!("`{}` is no UTF-8 text", path.display());
        Failure::new(
            ErrorKind::WrongInput,
            message,
            "a password file holds the password in its first line",
        )
    };
    let Ok(text) = std::str::from_utf8(bytes.expose_bytes()) else {
        return Err(not_text());
    };
    let (line, rest) = text
        .split_once('\n')
        .map_or((text, ""), |(line, rest)| (line, rest));
    if !rest.is_empty() {
        printer.warning(&format!(
            "only the first line of `{}` is the password",
            path.display()
        ));
    }
    if line.len() < text.len() {
        printer.note(&format!(
            "the line ending in `{}` is no part of the password",
            path.display()
        ));
    }
    Ok(Password::new(without_ending(line.to_owned())))
}

/// One line ending is no part of the password.
fn without_ending(mut line: String) -> String {
    if line.ends_with('\n') {
        line.pop();
    }
    if line.ends_with('\r') {
        line.pop();
    }
    line
}

fn prompt(asked: &Asked) -> Result<Password, Failure> {
    if !io::stdin().is_terminal() {
        let hint = format!("give it with `{} env:NAME`", asked.option);
        return Err(Failure::new(
            ErrorKind::PasswordRequired,
            "there is no terminal to prompt on",
            &hint,
        ));
    }
    rpassword::prompt_password(format!("Password of the {}: ", asked.what))
        .map(Password::new)
        .map_err(Failure::other)
}

/// Refuses a password to write with that some readers cannot take, unless that was allowed.
pub(crate) fn check_odd(password: &Password, allowed: bool) -> Result<(), Failure> {
    let Some(text) = password.expose_text() else {
        return Ok(());
    };
    if allowed {
        return Ok(());
    }
    let message = if !text.bytes().all(|octet| (0x20..=0x7e).contains(&octet)) {
        "the password has a character outside 0x20-0x7E: no JDK before 25 opens a PKCS#12 store with it"
    } else if text.chars().count() < SHORTEST {
        "the password has fewer than 6 characters: a JVM reads the store, but keytool refuses to change it"
    } else {
        return Ok(());
    };
    Err(Failure::new(
        ErrorKind::Conflict,
        message,
        "`--allow-odd-password` writes it all the same",
    ))
}
