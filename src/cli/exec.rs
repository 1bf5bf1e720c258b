//! `keyjar exec`: a command whose JVMs use the stores.

mod environment;
mod supervise;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Args, ValueEnum};

use super::Outcome;
use super::args::Flags;
use super::failure::Failure;
use super::flags;
use super::password::Source;
use super::printer::Printer;
use environment::Given;

#[derive(Args)]
pub(crate) struct Exec {
    /// The truststore.
    #[arg(long, value_name = "PATH", required_unless_present = "keystore")]
    pub(crate) truststore: Option<PathBuf>,
    /// The keystore.
    #[arg(long, value_name = "PATH")]
    pub(crate) keystore: Option<PathBuf>,
    /// The truststore's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) truststore_pass: Option<Source>,
    /// The keystore's password.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) keystore_pass: Option<Source>,
    /// Where the JVMs get passwords from: a file that only you can read, or the environment, which each JVM prints on
    /// its stderr. `auto` takes the file where COMMAND is a java of JDK 9 or later.
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    pub(crate) passwords: Passwords,
    /// Do not open the stores.
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// The command, and its arguments.
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    pub(crate) command: Vec<OsString>,
}

/// Where a JVM gets passwords from.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Passwords {
    /// A file where COMMAND is a java of JDK 9 or later, else the environment.
    Auto,
    /// A file (`-XX:VMOptionsFile`; JDK 9 and later, HotSpot).
    File,
    /// The environment.
    Environment,
}

/// `keyjar exec`
pub(crate) fn run(command: &Exec, printer: &Printer) -> Outcome {
    environment::hide_passwords(command);
    let stores = Flags {
        truststore: command.truststore.clone(),
        keystore: command.keystore.clone(),
        truststore_pass: command.truststore_pass.clone(),
        keystore_pass: command.keystore_pass.clone(),
        format: String::new(),
        jdk: None,
        redact: false,
        no_verify: command.no_verify,
    };
    let trust = match &stores.truststore {
        Some(path) => Some(flags::truststore(path, &stores, printer)?),
        None => None,
    };
    let key = match &stores.keystore {
        Some(path) => Some(flags::keystore(path, &stores, printer)?),
        None => None,
    };
    let properties = flags::properties(trust, key)?;
    let Some((program, arguments)) = command.command.split_first() else {
        // clap requires one.
        return Ok(ExitCode::from(2));
    };
    let given = Given::new(&properties, program, arguments, command.passwords, printer)?;
    let mut child = Command::new(program);
    child.args(arguments);
    given.put(&mut child);
    let code = match supervise::run(&mut child) {
        Ok(code) => code,
        Err(error) => {
            let (code, kind, why) = supervise::as_a_shell(&error);
            let message = format!("cannot run `{}`: {why}", program.display());
            Failure::new(kind, message, "").show(printer);
            ExitCode::from(code)
        }
    };
    // Here, after the command: a JVM may start at any time.
    drop(given);
    Ok(code)
}
