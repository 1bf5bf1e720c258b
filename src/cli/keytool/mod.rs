//! `keyjar keytool`: the JDK's keytool on the command line, for what it does with stores. Options, output, exit codes
//! and the streams they go to are those of JDK 17.

mod certificate;
mod chain;
mod console;
mod export;
mod extension;
mod help;
mod import;
mod import_keystore;
mod list;
mod manage;
mod options;
mod store;
mod weak;

use std::process::ExitCode;

use keyjar::error::Hint;

use console::Console;
use options::{Command, Options};

pub(crate) const HELP: &str = "Examples:
  keyjar keytool -importcert -alias apm-server-cert -file apm-server.crt -keystore truststore.p12 -storepass changeit -noprompt
  keyjar keytool -list -v -keystore keystore.p12 -storepass:env STORE_PASS
  keyjar keytool -importkeystore -srckeystore old.jks -destkeystore new.p12 -srcstorepass:env OLD -deststorepass:env NEW
  ln -s keyjar keytool && ./keytool -list -keystore truststore.p12 -storepass changeit

Commands: -list, -importcert (-import), -exportcert (-export), -delete, -changealias, -storepasswd, -keypasswd, -importkeystore, -printcert; `keyjar keytool -help` lists them, `keyjar keytool -COMMAND -help` a command's options. Where the program is called `keytool` it is keytool. Dates are shown in UTC. The others (-genkeypair, -certreq, -gencert ...) are keyjar's own: `keyjar ca`, `keyjar cert`, `keyjar csr`, `keyjar sign`.

Different from keytool, on purpose: a key always gets its store's password (a JVM has one option for both); a bundle of which only the first certificate is taken is told on stderr.

Exit codes: keytool's own: 0 done (also for `not added` and too many wrong passwords), 1 error.";

/// Why a command does not end well.
enum Problem {
    /// What keytool prints as `keytool error: CLASS: MESSAGE`, on stdout.
    Java {
        class: &'static str,
        message: String,
        hint: Option<String>,
    },
    /// What keytool prints on stderr, with the command's help behind it.
    Usage {
        message: String,
        command: Option<Command>,
    },
    /// What this keytool has not, and who has it.
    NotHere { message: String, hint: &'static str },
    /// keytool gives up with a message, and 0.
    GaveUp(&'static str),
}

impl Problem {
    pub(super) fn exception(message: impl Into<String>) -> Self {
        Self::java("java.lang.Exception", message)
    }

    pub(super) fn java(class: &'static str, message: impl Into<String>) -> Self {
        Self::Java {
            class,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hinted(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Java { class, message, .. } => Self::Java {
                class,
                message,
                hint: Some(hint.into()),
            },
            other => other,
        }
    }

    fn show(&self, console: &Console) -> ExitCode {
        match self {
            Self::Java { class, message, hint } => {
                console.out(&format!("keytool error: {class}: {message}\n"));
                if let Some(hint) = hint {
                    console.hint(hint);
                }
            }
            Self::Usage { message, command } => {
                console.err(&format!("{message}\n"));
                console.err(&help::text(*command));
            }
            Self::NotHere { message, hint } => {
                console.err(&format!("{message}\n"));
                console.hint(hint);
            }
            Self::GaveUp(message) => {
                console.err(&format!("{message}\n"));
                return ExitCode::SUCCESS;
            }
        }
        ExitCode::from(1)
    }
}

macro_rules! from {
    ($($error:ty),*) => {$(
        impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                let hint = error.hints().first().map(Hint::to_string);
                let mut message = error.to_string();
                let mut cause = std::error::Error::source(&error);
                while let Some(error) = cause {
                    let text = error.to_string();
                    if !message.ends_with(&text) {
                        message = format!("{message}: {text}");
                    }
                    cause = error.source();
                }
                Self::Java { class: "java.io.IOException", message, hint }
            }
        }
    )*};
}

from!(keyjar::fsio::FileError, keyjar::keystore::KeyStoreError);

type Done = Result<(), Problem>;

/// Runs keytool's command line.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let console = Console::new();
    match command(arguments, &console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.show(&console),
    }
}

fn command(arguments: &[String], console: &Console) -> Done {
    let options = Options::parse(arguments)?;
    let Some(command) = options.command else {
        // keytool alone tells how to use it.
        console.err(&help::text(None));
        return Ok(());
    };
    if options.help {
        console.err(&help::text(Some(command)));
        return Ok(());
    }
    match command {
        Command::List => list::run(&options, console),
        Command::ImportCert => import::run(&options, console),
        Command::ExportCert => export::export(&options, console),
        Command::PrintCert => export::print(&options, console),
        Command::Delete => manage::delete(&options, console),
        Command::ChangeAlias => manage::change_alias(&options, console),
        Command::StorePasswd => manage::store_password(&options, console),
        Command::KeyPasswd => manage::key_password(&options, console),
        Command::ImportKeyStore => import_keystore::run(&options, console),
        other => Err(not_here(other)),
    }
}

fn not_here(command: Command) -> Problem {
    let hint = match command {
        Command::GenKeyPair => {
            "`keyjar cert --name NAME --self-signed --keystore keystore.p12` makes a key with its certificate, `keyjar ca` an authority"
        }
        Command::CertReq => "`keyjar csr --name NAME` makes a key and a request",
        Command::GenCert => "`keyjar sign REQUEST --ca DIR` answers a request",
        Command::PrintCertReq | Command::PrintCrl => "`keyjar show FILE` prints it",
        Command::ImportPass | Command::GenSecKey => {
            "no keyjar command makes secret keys: a JVM's keytool does, and `keyjar convert` keeps them"
        }
        _ => "`keyjar list STORE -v` tells a store's algorithms and who reads it",
    };
    Problem::NotHere {
        message: format!("keyjar's keytool has no {}", command.name()),
        hint,
    }
}
