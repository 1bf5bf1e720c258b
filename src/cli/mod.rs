//! The program: it only parses, calls the library, and renders.

mod apm;
mod args;
mod audit;
mod bundle;
mod ca;
mod cert;
mod certutil;
mod check;
mod check_java;
mod check_report;
mod check_stores;
mod connect;
mod convert;
mod csr;
mod exec;
mod explain;
mod failure;
mod fetch;
mod flags;
mod from;
mod import;
mod into_jvm;
mod issuing;
mod jvms;
mod keytool;
mod list;
mod manage;
mod password;
mod printer;
mod renew;
mod serve;
mod show;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
use failure::Failure;
use printer::Printer;

/// What a command ends with.
type Outcome = Result<ExitCode, Failure>;

/// Parses the command line, runs the command, and shows what went wrong.
pub(crate) fn run() -> ExitCode {
    if let Some(arguments) = keytool_arguments() {
        return keytool::run(&arguments);
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    arguments.color.write_global();
    // The server ends itself, and `exec` hands signals on.
    if !matches!(arguments.command, Command::Serve(_) | Command::Exec(_)) {
        clean_up_on_signals();
    }
    let printer = Printer::new(&arguments);
    if let Err(failure) = set_lock_timeout() {
        return failure.show(&printer);
    }
    let outcome = match &arguments.command {
        Command::Import(command) => import::run(command, &printer),
        Command::Bundle(command) => bundle::run(command, &printer),
        Command::Flags(command) => flags::run(command, &printer),
        Command::List(command) => list::run(command, &printer),
        Command::Export(command) => manage::export(command, &printer),
        Command::Remove(command) => manage::remove(command, &printer),
        Command::Rename(command) => manage::rename(command, &printer),
        Command::Passwd(command) => convert::passwd(command, &printer),
        Command::Convert(command) => convert::convert(command, &printer),
        Command::Diff(command) => audit::diff(command, &printer),
        Command::Audit(command) => audit::audit(command, &printer),
        Command::Explain(command) => explain::run(command, &printer),
        Command::Ca(command) => ca::run(command, &printer),
        Command::Cert(command) => cert::run(command, &printer),
        Command::Apm(command) => apm::run(command, &printer),
        Command::Jvms(command) => jvms::run(command, &printer),
        Command::Fetch(command) => fetch::run(command, &printer),
        Command::Csr(command) => csr::csr(command, &printer),
        Command::Sign(command) => csr::sign(command, &printer),
        Command::Show(command) => show::show(command, &printer),
        Command::Lint(command) => show::lint(command, &printer),
        Command::Serve(command) => serve::run(command, &printer),
        Command::Exec(command) => exec::run(command, &printer),
        Command::Certutil(command) => certutil::run(command, &printer),
        Command::Keytool { arguments } => Ok(keytool::run(arguments)),
        Command::Check(command) => check::run(command, &printer),
        Command::Completions { shell } => completions(*shell, &printer),
        Command::Man { folder } => man(folder, &printer),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.show(&printer),
    }
}

/// What stands behind `keyjar keytool`, or behind a link to this program of the name `keytool`: it has options of
/// another kind.
fn keytool_arguments() -> Option<Vec<String>> {
    let mut all = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let program = all.next()?;
    let rest: Vec<String> = all.collect();
    if std::path::Path::new(&program).file_stem()? == "keytool" {
        return Some(rest);
    }
    match rest.as_slice() {
        [command, only] if command == "keytool" && (only == "--help" || only == "-h") => None,
        [command, rest @ ..] if command == "keytool" => Some(rest.to_vec()),
        _ => None,
    }
}

/// Whoever interrupts a write finds the old file, and no temporary one beside it. Without the handler, which is
/// the system's to refuse, the temporary file would be all that stays.
fn clean_up_on_signals() {
    let signals = [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ];
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(signals) {
        std::thread::spawn(move || {
            for signal in signals.forever() {
                keyjar::fsio::abandon();
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
    }
}

/// clap's own errors and `--help`: 0 for what was asked for, 2 for what could not be understood. What could not be
/// understood may have asked for JSON all the same.
/// How long another process' lock is waited for, where `KEYJAR_LOCK_TIMEOUT` says it.
#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
fn set_lock_timeout() -> Result<(), Failure> {
    let Ok(text) = std::env::var("KEYJAR_LOCK_TIMEOUT") else {
        return Ok(());
    };
    let Ok(seconds) = text.parse() else {
        let message = format!("`KEYJAR_LOCK_TIMEOUT` is `{text}`, which is no number of seconds");
        let hint = "a whole number: `KEYJAR_LOCK_TIMEOUT=10`";
        return Err(Failure::new(keyjar::ErrorKind::Usage, message, hint));
    };
    keyjar::fsio::set_lock_timeout(std::time::Duration::from_secs(seconds));
    Ok(())
}

/// clap's own errors and `--help`: 0 for what was asked for, 2 for what could not be understood.
fn usage(error: &clap::Error) -> ExitCode {
    // A pipe that was closed while help was printed is no failure.
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    if std::env::args_os()
        .take_while(|word| word != "--")
        .any(|word| word == "--json")
    {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let message = text.split("\n\n").next().unwrap_or_default().trim();
        Printer::JSON.failed(keyjar::ErrorKind::Usage, message, &[], &[]);
    }
    ExitCode::from(2)
}

fn completions(shell: clap_complete::Shell, printer: &Printer) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "keyjar", &mut script);
    printer.bytes(&script);
    Ok(ExitCode::SUCCESS)
}

fn man(folder: &std::path::Path, printer: &Printer) -> Outcome {
    let command = Arguments::command();
    let mut pages = vec![(String::from("keyjar.1"), command.clone())];
    for part in command.get_subcommands() {
        let name = format!("keyjar-{}", part.get_name());
        for inner in part.get_subcommands() {
            let name = format!("{name}-{}", inner.get_name());
            pages.push((format!("{name}.1"), inner.clone().name(name)));
        }
        pages.push((format!("{name}.1"), part.clone().name(name)));
    }
    for (name, command) in pages {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(Failure::other)?;
        keyjar::fsio::write(&folder.join(&name), &page, false)?;
        printer.note(&format!("wrote {}", folder.join(&name).display()));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> clap::Command {
        let mut command = Arguments::command();
        command.build();
        command
    }

    #[test]
    fn the_command_tree_is_sound() {
        Arguments::command().debug_assert();
    }

    /// The commands, and those within them.
    fn all(command: &clap::Command) -> Vec<&clap::Command> {
        command
            .get_subcommands()
            .filter(|command| command.get_name() != "help")
            .flat_map(|command| std::iter::once(command).chain(all(command)))
            .collect()
    }

    #[test]
    fn every_command_has_an_example_and_tells_its_exit_codes() {
        for command in all(&whole()) {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Examples:"), "{}", command.get_name());
            assert!(help.contains("Exit codes:"), "{}", command.get_name());
        }
    }

    #[test]
    fn value_names_are_upper_case() {
        for command in all(&whole()) {
            for argument in command.get_arguments() {
                for name in argument.get_value_names().unwrap_or_default() {
                    assert_eq!(
                        name.to_uppercase(),
                        name.as_str(),
                        "{} {}",
                        command.get_name(),
                        argument.get_id()
                    );
                }
            }
        }
    }
}
