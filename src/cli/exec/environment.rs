//! What the command's environment is given, and what stays out of it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use keyjar::fsio::{self, SecretFile};
use keyjar::jvm::{Format, SystemProperties};
use keyjar::{ErrorKind, Limits};
use zeroize::Zeroizing;

use super::super::failure::Failure;
use super::super::password::Source;
use super::super::printer::Printer;
use super::{Exec, Passwords};

const TOOL: &str = "JAVA_TOOL_OPTIONS";
const LAUNCHER: &str = "JDK_JAVA_OPTIONS";
/// HotSpot's last word, which wins over all others.
const LAST: &str = "_JAVA_OPTIONS";
/// Properties that are ours.
const PREFIX: &str = "javax.net.ssl.";
const OPTIONS_FILE: &str = "-XX:VMOptionsFile";
/// Programs of a JDK, whose JVM is the one they lie beside.
const LAUNCHERS: &[&str] = &[
    "java",
    "javac",
    "javaw",
    "jshell",
    "keytool",
    "jrunscript",
    "jwebserver",
];
/// Where passwords given as `pass:` are between two executions of this program.
const HIDDEN: [&str; 2] = ["KEYJAR_EXEC_TRUSTSTORE_PASS", "KEYJAR_EXEC_KEYSTORE_PASS"];

/// The variables, and the files that they name.
pub(super) struct Given {
    variables: Vec<(&'static str, Zeroizing<String>)>,
    _files: Vec<SecretFile>,
}

impl Given {
    pub(super) fn new(
        properties: &SystemProperties,
        program: &OsStr,
        arguments: &[OsString],
        passwords: Passwords,
        printer: &Printer,
    ) -> Result<Self, Failure> {
        let before = variable(TOOL)?;
        let split = properties.split(Format::JavaToolOptions)?;
        let takes_file = !before.contains(OPTIONS_FILE);
        let mut in_file = match passwords {
            Passwords::Environment => false,
            Passwords::Auto => takes_file && is_hotspot_9(program),
            Passwords::File if takes_file => true,
            Passwords::File => {
                let message = format!("{TOOL} names a {OPTIONS_FILE} already, and a JVM takes one");
                return Err(Failure::new(
                    ErrorKind::Conflict,
                    message,
                    "`--passwords environment` needs none",
                ));
            }
        };
        let mut given = Self {
            variables: Vec::new(),
            _files: Vec::new(),
        };
        let mut ours = Zeroizing::new(split.open.expose_text().to_owned());
        if let Some(secret) = &split.secret {
            let file = in_file.then(|| given.file(secret.expose_text(), &format!("{OPTIONS_FILE}=")));
            let more = match file {
                Some(Err(failure)) if passwords == Passwords::File => return Err(failure),
                Some(Ok(option)) => option,
                // A container may have no folder that can be written to.
                _ => {
                    in_file = false;
                    if passwords == Passwords::Auto {
                        printer.warning(&format!(
                            "the password is in {TOOL}, which each JVM prints on its stderr; where all of them are JDK 9 or later, `--passwords file` keeps it out of there"
                        ));
                    }
                    Zeroizing::new(secret.expose_text().to_owned())
                }
            };
            *ours += " ";
            *ours += &more;
        }
        given.append(TOOL, &before, &ours);
        if printer.verbose {
            let and = match (&split.secret, in_file) {
                (None, _) => "",
                (Some(_), true) => ", and the password in a file",
                (Some(_), false) => ", and the password",
            };
            printer.note(&format!("{TOOL} gets {}{and}", split.open.expose_text()));
        }
        given.win(properties, in_file)?;
        warn_of_others(arguments, printer);
        Ok(given)
    }

    pub(super) fn put(&self, command: &mut Command) {
        for name in HIDDEN {
            command.env_remove(name);
        }
        for (name, value) in &self.variables {
            command.env(name, value.as_str());
        }
    }

    /// The launcher's variable comes after the JVM's: where it has such properties they would win, and ours have to
    /// stand behind them.
    fn win(&mut self, properties: &SystemProperties, in_file: bool) -> Result<(), Failure> {
        let before = variable(LAUNCHER)?;
        if !before.contains(PREFIX) {
            return Ok(());
        }
        let mut ours = Zeroizing::new(
            properties
                .split(Format::JdkJavaOptions)?
                .open
                .expose_text()
                .to_owned(),
        );
        let format = if in_file {
            Format::Argfile
        } else {
            Format::JdkJavaOptions
        };
        if let Some(secret) = properties.split(format)?.secret {
            let more = if in_file {
                self.file(secret.expose_text(), "@")?
            } else {
                Zeroizing::new(secret.expose_text().to_owned())
            };
            *ours += " ";
            *ours += &more;
        }
        self.append(LAUNCHER, &before, &ours);
        Ok(())
    }

    /// A file with the options, and the option that names it.
    fn file(&mut self, options: &str, option: &str) -> Result<Zeroizing<String>, Failure> {
        let text = Zeroizing::new(format!("{options}\n"));
        let file = SecretFile::new(text.as_bytes())?;
        let path = file
            .path()
            .to_str()
            .filter(|path| !path.contains(['"', '\n', '\r']));
        let Some(path) = path else {
            let message = format!(
                "the folder `{}` has a name that no JVM option can carry",
                file.path().display()
            );
            return Err(Failure::new(
                ErrorKind::Unsupported,
                message,
                "set TMPDIR to another folder",
            ));
        };
        let quoted = Zeroizing::new(format!("\"{option}{path}\""));
        self._files.push(file);
        Ok(quoted)
    }

    fn append(&mut self, name: &'static str, before: &str, ours: &str) {
        let whole = if before.trim().is_empty() {
            ours.to_owned()
        } else {
            format!("{before} {ours}")
        };
        self.variables.push((name, Zeroizing::new(whole)));
    }
}

/// A password that was typed as `pass:TEXT` is on this very command line, where everyone sees it as long as the command
/// runs. The program starts itself anew, in the same process, with the text in its environment instead.
pub(super) fn hide_passwords(command: &Exec) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let typed: Vec<_> = [&command.truststore_pass, &command.keystore_pass]
            .into_iter()
            .zip(HIDDEN)
            .filter_map(|(source, name)| match source {
                Some(Source::Pass(text)) => Some((text, name)),
                _ => None,
            })
            .collect();
        let Some(program) = std::env::current_exe().ok().filter(|_| !typed.is_empty()) else {
            return;
        };
        let mut again = Command::new(program);
        let all: Vec<_> = std::env::args_os().collect();
        // What stands behind is the command's.
        let ours = all.len().saturating_sub(command.command.len());
        for (at, argument) in all.into_iter().enumerate() {
            let hidden = argument.to_str().filter(|_| at < ours).and_then(|argument| {
                typed.iter().find_map(|(text, name)| {
                    let before = argument.strip_suffix(&format!("pass:{}", text.as_str()))?;
                    (before.is_empty() || before.starts_with("--")).then(|| format!("{before}env:{name}"))
                })
            });
            match (at, hidden) {
                (0, _) => again.arg0(argument),
                (_, Some(hidden)) => again.arg(hidden),
                (_, None) => again.arg(argument),
            };
        }
        for (text, name) in typed {
            again.env(name, text.as_str());
        }
        // Where the system refuses, the command line stays as it was typed.
        let _ = again.exec();
    }
    #[cfg(not(unix))]
    let _ = command;
}

/// A variable's value, empty where it is not set.
#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
fn variable(name: &str) -> Result<String, Failure> {
    let value = std::env::var_os(name).unwrap_or_default();
    let Ok(text) = value.into_string() else {
        let message = format!("the variable {name} is not Unicode, and cannot be appended to");
        return Err(Failure::new(ErrorKind::Unsupported, message, ""));
    };
    Ok(text)
}

/// What stands where it wins over ours.
fn warn_of_others(arguments: &[OsString], printer: &Printer) {
    if variable(LAST).is_ok_and(|value| value.contains(PREFIX)) {
        printer.warning(&format!(
            "{LAST} has options of {PREFIX}* too, and a JVM lets those win"
        ));
    }
    let option = format!("-D{PREFIX}");
    if arguments
        .iter()
        .any(|argument| argument.to_string_lossy().starts_with(&option))
    {
        printer.warning(&format!(
            "the command has options of {PREFIX}* itself, and a JVM lets those win"
        ));
    }
}

/// Whether the program is one of a JDK that takes `-XX:VMOptionsFile`: HotSpot, 9 or later (which have `lib/modules`).
fn is_hotspot_9(program: &OsStr) -> bool {
    let home = || {
        let path = found(Path::new(program))?.canonicalize().ok()?;
        let name = path.file_stem()?.to_str()?.to_owned();
        let home = path.parent()?.parent()?.to_owned();
        LAUNCHERS.contains(&name.as_str()).then_some(home)
    };
    home().is_some_and(|home| {
        let release = fsio::read(&home.join("release"), &Limits::DEFAULT).unwrap_or_default();
        let release = String::from_utf8_lossy(&release).to_ascii_lowercase();
        fsio::exists(&home.join("lib/modules")) && !release.contains("j9")
    })
}

/// The program as `execvp` finds it.
#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
fn found(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return Some(program.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
