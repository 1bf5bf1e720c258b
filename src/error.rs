//! What every error of this library can be asked, whatever its layer: its kind, and what mends it.

use std::fmt;

/// What went wrong, in the few kinds a program has to tell apart.
///
/// The names are what `keyjar --json` prints as `error.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes break their format's rules, or were altered.
    Damaged,
    /// A password does not open what it was given for. Formats that cannot tell a wrong password from an
    /// altered file say so in the message.
    WrongPassword,
    /// A password is needed and none was given.
    PasswordRequired,
    /// Well formed, but with an algorithm, version or type that is not supported.
    Unsupported,
    /// A cap of [`Limits`](crate::Limits) was exceeded.
    LimitExceeded,
    /// The input is something else than what belongs there (a key for a certificate, an HTML page, ...).
    WrongInput,
    /// What is asked contradicts what is there (an alias that is taken, a key that does not match, ...).
    Conflict,
    /// What was named is not there (an alias, a file).
    NotFound,
    /// The operating system refused a file operation.
    Io,
    /// A server cannot be reached: its name, its address or its port.
    Unreachable,
    /// A server did not answer in time.
    TimedOut,
    /// A server was reached, and refuses.
    Refused,
    /// The call itself makes no sense (the program's usage errors).
    Usage,
}

impl ErrorKind {
    /// The kind's name as printed by `--json`: `wrong-password`, `damaged`, ...
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::WrongPassword => "wrong-password",
            Self::PasswordRequired => "password-required",
            Self::Unsupported => "unsupported",
            Self::LimitExceeded => "limit-exceeded",
            Self::WrongInput => "wrong-input",
            Self::Conflict => "conflict",
            Self::NotFound => "not-found",
            Self::Io => "io",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed-out",
            Self::Refused => "refused",
            Self::Usage => "usage",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Advice that goes with an error: what to do next, naming the command or flag to type.
///
/// An error states a fact; its hints stand beside it and are printed as `hint: ...`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hint(String);

impl Hint {
    /// A piece of advice: lower case, no period, the command in backticks.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
