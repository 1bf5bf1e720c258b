//! The program: it only parses, calls the library, and renders.

mod args;
mod audit;
mod bundle;
mod check;
mod check_java;
mod check_report;
mod check_stores;
mod connect;
mod convert;
mod failure;
mod fetch;
mod flags;
mod from;
mod import;
mod list;
mod manage;
mod password;
mod printer;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
use failure::Failure;
use printer::Printer;

/// What a command ends with.
type Outcome = Result<ExitCode, Failure>;

/// Parses the command line, runs the command, and shows what went wrong.
pub(crate) fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    arguments.color.write_global();
    clean_up_on_signals();
    let printer = Printer::new(&arguments);
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
        Command::Fetch(command) => fetch::run(command, &printer),
        Command::Check(command) => check::run(command, &printer),
        Command::Completions { shell } => completions(*shell, &printer),
        Command::Man { folder } => man(folder, &printer),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.show(&printer),
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

/// clap's own errors and `--help`: 0 for what was asked for, 2 for what could not be understood.
fn usage(error: &clap::Error) -> ExitCode {
    // A pipe that was closed while help was printed is no failure.
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    }
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

    #[test]
    fn every_command_has_an_example_and_tells_its_exit_codes() {
        for command in whole()
            .get_subcommands()
            .filter(|command| command.get_name() != "help")
        {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Examples:"), "{}", command.get_name());
            assert!(help.contains("Exit codes:"), "{}", command.get_name());
        }
    }

    #[test]
    fn value_names_are_upper_case() {
        for command in whole().get_subcommands() {
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
