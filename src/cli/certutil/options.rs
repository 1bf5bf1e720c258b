//! The command line as jopt-simple reads it: `-pem` is `--pem`, options may be cut short, `--pass` may have a value.

use super::exit::{Exit, USAGE};

/// Whether an option takes a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    MaybeValue,
}

/// Name, value, the modes that have it (a: ca, c: cert, r: csr, h: http), whether it is elasticsearch-certutil's
/// own, what it says in `--help`.
const OPTIONS: &[(&str, Takes, &str, bool, &str)] = {
    use Takes::{MaybeValue, Nothing, Value};
    &[
        ("help", Nothing, "acrh", true, "Show help"),
        ("silent", Nothing, "acrh", true, "Show minimal output"),
        ("verbose", Nothing, "acrh", true, "Show verbose output"),
        (
            "E",
            Value,
            "acrh",
            true,
            "A setting (key=value); read and not used",
        ),
        ("out", Value, "acrh", true, "The output file"),
        (
            "pass",
            MaybeValue,
            "acrh",
            true,
            "Password of the generated private keys; asked for without a value",
        ),
        (
            "keysize",
            Value,
            "acrh",
            true,
            "Bits of the RSA keys: 2048 (default), 3072, 4096 or 8192",
        ),
        ("pem", Nothing, "ac", true, "PEM in a zip instead of PKCS#12"),
        (
            "days",
            Value,
            "ach",
            true,
            "Days the certificates are valid, 1095 unless given",
        ),
        ("ca-dn", Value, "ach", true, "The authority's distinguished name"),
        (
            "keyusage",
            Value,
            "a",
            true,
            "The authority's key usage, separated by commas",
        ),
        ("ca", Value, "ch", true, "An authority in PKCS#12"),
        ("ca-cert", Value, "ch", true, "An authority's certificate in PEM"),
        ("ca-key", Value, "ch", true, "The authority's private key in PEM"),
        (
            "ca-pass",
            MaybeValue,
            "ch",
            true,
            "Password of the authority's key; asked for without a value",
        ),
        (
            "self-signed",
            Nothing,
            "c",
            true,
            "Certificates that sign themselves",
        ),
        ("keep-ca-key", Nothing, "c", true, "Gone since version 8"),
        (
            "multiple",
            Nothing,
            "cr",
            true,
            "Ask for the details of many instances",
        ),
        (
            "name",
            Value,
            "cr",
            true,
            "The certificate's name, `instance` unless given",
        ),
        ("dns", Value, "crh", true, "DNS names, separated by commas"),
        ("ip", Value, "crh", true, "IP addresses, separated by commas"),
        (
            "in",
            Value,
            "crh",
            true,
            "A YAML file with the details of the instances",
        ),
        (
            "csr",
            Nothing,
            "h",
            false,
            "keyjar: certificate requests instead of certificates",
        ),
        (
            "key-type",
            Value,
            "acrh",
            false,
            "keyjar: ec-p256, ... instead of RSA",
        ),
        (
            "pass-from",
            Value,
            "acrh",
            false,
            "keyjar: the password from pass:TEXT, env:NAME, file:PATH, fd:N, stdin",
        ),
        (
            "ca-pass-from",
            Value,
            "ch",
            false,
            "keyjar: the authority's password from such a source",
        ),
        (
            "strict-compat",
            Nothing,
            "acrh",
            false,
            "keyjar: exactly what elasticsearch-certutil would issue",
        ),
    ]
};

/// A mode: `ca`, `cert`, `csr` or `http`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Ca,
    Cert,
    Csr,
    Http,
}

impl Mode {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "ca" => Self::Ca,
            "cert" => Self::Cert,
            "csr" => Self::Csr,
            "http" => Self::Http,
            _ => return None,
        })
    }

    const fn letter(self) -> char {
        match self {
            Self::Ca => 'a',
            Self::Cert => 'c',
            Self::Csr => 'r',
            Self::Http => 'h',
        }
    }
}

/// The options of a command line, in order.
pub(super) struct Options(Vec<(&'static str, Option<String>)>);

impl Options {
    pub(super) fn parse(mode: Mode, arguments: &[String]) -> Result<Self, Exit> {
        let mut found = Vec::new();
        let mut rest = arguments.iter().peekable();
        while let Some(argument) = rest.next() {
            let Some(text) = option_text(argument) else {
                let message = format!("Positional arguments not allowed, found [{argument}]");
                return Err(Exit::new(USAGE, message));
            };
            let (name, given) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (text, None),
            };
            let (name, takes) = known(mode, name)?;
            let value = match takes {
                Takes::Nothing if given.is_some() => {
                    return Err(Exit::new(
                        USAGE,
                        format!("Option {name} does not take an argument"),
                    ));
                }
                Takes::Nothing => None,
                // An empty value after `=` is none, and the next argument is the value.
                _ => match given.filter(|value| !value.is_empty()) {
                    Some(value) => Some(value),
                    None if takes == Takes::Value => rest.next().cloned(),
                    None => rest.next_if(|next| option_text(next).is_none()).cloned(),
                },
            };
            if takes == Takes::Value && value.is_none() {
                return Err(Exit::new(USAGE, format!("Option {name} requires an argument")));
            }
            found.push((name, value));
        }
        let options = Self(found);
        options.check()?;
        Ok(options)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| *own == name)
    }

    /// The value; of several the last.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().rev().filter(|(own, _)| *own == name);
        values.find_map(|(_, value)| value.as_deref())
    }

    /// Every value, taken apart at its commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(own, _)| *own == name)
            .filter_map(|(_, value)| value.as_deref())
            .flat_map(split)
            .collect()
    }

    fn check(&self) -> Result<(), Exit> {
        for (name, others) in [
            ("ca-cert", &["ca"][..]),
            ("ca-dn", &["ca", "ca-cert"]),
            ("self-signed", &["ca", "ca-cert"]),
            ("keep-ca-key", &["ca", "ca-cert"]),
            ("name", &["multiple"]),
            ("dns", &["multiple"]),
            ("ip", &["multiple"]),
            ("silent", &["verbose"]),
        ] {
            if self.has(name) && others.iter().any(|other| self.has(other)) {
                let message =
                    format!("Option(s) [{name}] are unavailable given other options on the command line");
                return Err(Exit::new(USAGE, message));
            }
        }
        if self.has("ca-cert") != self.has("ca-key") {
            let missing = if self.has("ca-cert") { "ca-key" } else { "ca-cert" };
            return Err(Exit::new(
                USAGE,
                format!("Missing required option(s) [{missing}]"),
            ));
        }
        match self
            .0
            .iter()
            .find(|(name, value)| *name == "E" && !value.as_deref().unwrap_or_default().contains('='))
        {
            Some((_, value)) => Err(Exit::new(
                USAGE,
                format!(
                    "Setting [{}] must be key=value",
                    value.as_deref().unwrap_or_default()
                ),
            )),
            None => Ok(()),
        }
    }
}

/// As Elasticsearch takes lists apart: blanks around are no part of a name, nothing is no name.
pub(super) fn split(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// What follows the dashes; a dash alone and what has none is no option.
fn option_text(argument: &str) -> Option<&str> {
    let text = argument
        .strip_prefix("--")
        .or_else(|| argument.strip_prefix('-'))?;
    (!text.is_empty()).then_some(text)
}

/// The option of that name, or the one name it is an unambiguous beginning of.
fn known(mode: Mode, name: &str) -> Result<(&'static str, Takes), Exit> {
    let of_mode = || {
        OPTIONS
            .iter()
            .filter(|(_, _, modes, ..)| modes.contains(mode.letter()))
    };
    let long = match name {
        "h" => "help",
        "s" => "silent",
        "v" => "verbose",
        other => other,
    };
    let exact = of_mode().find(|(own, ..)| *own == long);
    let mut begun = of_mode().filter(|(own, ..)| own.starts_with(long));
    let only = begun.next().filter(|_| begun.next().is_none());
    match exact.or(only) {
        Some((own, takes, ..)) => Ok((own, *takes)),
        None => Err(Exit::new(USAGE, format!("{name} is not a recognized option"))),
    }
}

/// The options of a mode, a line each.
pub(super) fn help(mode: Mode) -> String {
    OPTIONS
        .iter()
        .filter(|(_, _, modes, ..)| modes.contains(mode.letter()))
        .map(|(name, takes, _, _, about)| {
            let value = match takes {
                Takes::Nothing => "",
                Takes::Value => " <value>",
                Takes::MaybeValue => " [value]",
            };
            let dashes = if name.len() == 1 { "-" } else { "--" };
            format!("  {:<26} {about}\n", format!("{dashes}{name}{value}"))
        })
        .collect()
}

/// The options that this program adds make `http` run without questions, and so do its own of the other modes.
pub(super) const UNATTENDED: [&str; 10] = [
    "csr", "dns", "ip", "in", "ca", "ca-cert", "ca-dn", "days", "out", "pass",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Exit> {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        Options::parse(Mode::Cert, &words)
    }

    #[test]
    fn one_dash_and_cut_options_are_understood() {
        let options = parse("-pem -na es01 --dns a,b -dns=c --self").unwrap();
        assert!(options.has("pem") && options.has("self-signed"));
        assert_eq!(options.value("name"), Some("es01"));
        assert_eq!(options.list("dns"), ["a", "b", "c"]);
    }

    #[test]
    fn a_password_may_have_a_value_be_blank_or_be_asked_for() {
        assert_eq!(parse("--pass secret").unwrap().value("pass"), Some("secret"));
        assert_eq!(parse("--pass=secret").unwrap().value("pass"), Some("secret"));
        assert_eq!(parse("--pass ").unwrap().value("pass"), Some(""));
        let asked = parse("--pass --pem").unwrap();
        assert!(asked.has("pass") && asked.has("pem") && asked.value("pass").is_none());
        assert!(parse("--pass=").unwrap().value("pass").is_none());
    }

    #[test]
    fn what_contradicts_itself_is_a_usage_error() {
        for line in [
            "--ca a --ca-cert b --ca-key c",
            "--ca-cert b",
            "--ca-key b",
            "--self-signed --ca a",
            "--multiple --name a",
            "--nope",
            "--c a",
            "a",
            "--name",
            "--pem=x",
            "-E a",
        ] {
            assert!(parse(line).is_err_and(|exit| exit.code == USAGE), "{line}");
        }
    }
}
