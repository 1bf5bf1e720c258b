//! keytool's command line: `-name value`, in any case of letters; a password's value may come from `:env` or `:file`.

use std::path::PathBuf;

use keyjar::{Limits, Password, fsio};
use zeroize::Zeroizing;

use super::Problem;

/// keytool's commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    CertReq,
    ChangeAlias,
    Delete,
    ExportCert,
    GenKeyPair,
    GenSecKey,
    GenCert,
    ImportCert,
    ImportPass,
    ImportKeyStore,
    KeyPasswd,
    List,
    PrintCert,
    PrintCertReq,
    PrintCrl,
    StorePasswd,
    ShowInfo,
}

impl Command {
    pub(super) const ALL: [(Self, &'static str, &'static str); 17] = [
        (Self::CertReq, "-certreq", "Generates a certificate request"),
        (Self::ChangeAlias, "-changealias", "Changes an entry's alias"),
        (Self::Delete, "-delete", "Deletes an entry"),
        (Self::ExportCert, "-exportcert", "Exports certificate"),
        (Self::GenKeyPair, "-genkeypair", "Generates a key pair"),
        (Self::GenSecKey, "-genseckey", "Generates a secret key"),
        (
            Self::GenCert,
            "-gencert",
            "Generates certificate from a certificate request",
        ),
        (
            Self::ImportCert,
            "-importcert",
            "Imports a certificate or a certificate chain",
        ),
        (Self::ImportPass, "-importpass", "Imports a password"),
        (
            Self::ImportKeyStore,
            "-importkeystore",
            "Imports one or all entries from another keystore",
        ),
        (
            Self::KeyPasswd,
            "-keypasswd",
            "Changes the key password of an entry",
        ),
        (Self::List, "-list", "Lists entries in a keystore"),
        (
            Self::PrintCert,
            "-printcert",
            "Prints the content of a certificate",
        ),
        (
            Self::PrintCertReq,
            "-printcertreq",
            "Prints the content of a certificate request",
        ),
        (Self::PrintCrl, "-printcrl", "Prints the content of a CRL file"),
        (
            Self::StorePasswd,
            "-storepasswd",
            "Changes the store password of a keystore",
        ),
        (
            Self::ShowInfo,
            "-showinfo",
            "Displays security-related information",
        ),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::row(self).1
    }

    pub(super) fn purpose(self) -> &'static str {
        Self::row(self).2
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        Self::ALL
            .into_iter()
            .find(|(command, ..)| *command == self)
            .unwrap_or((self, "", ""))
    }

    /// By its name, or the one it had before JDK 6.
    fn by_name(name: &str) -> Option<Self> {
        let name = match name.to_ascii_lowercase().as_str() {
            "-import" => String::from("-importcert"),
            "-export" => String::from("-exportcert"),
            "-genkey" => String::from("-genkeypair"),
            other => other.to_owned(),
        };
        Self::ALL
            .into_iter()
            .find(|(_, known, _)| *known == name)
            .map(|(command, ..)| command)
    }
}

/// A parsed command line.
#[derive(Default)]
pub(super) struct Options {
    pub(super) command: Option<Command>,
    pub(super) help: bool,
    pub(super) verbose: bool,
    pub(super) rfc: bool,
    pub(super) noprompt: bool,
    pub(super) cacerts: bool,
    pub(super) trustcacerts: bool,
    pub(super) alias: Option<String>,
    pub(super) destalias: Option<String>,
    pub(super) file: Option<PathBuf>,
    pub(super) keystore: Option<String>,
    pub(super) storetype: Option<String>,
    pub(super) storepass: Option<Password>,
    pub(super) keypass: Option<Password>,
    pub(super) new: Option<Password>,
    pub(super) sslserver: Option<String>,
    pub(super) srckeystore: Option<String>,
    pub(super) srcstoretype: Option<String>,
    pub(super) srcstorepass: Option<Password>,
    pub(super) srckeypass: Option<Password>,
    pub(super) srcalias: Option<String>,
    pub(super) destkeypass: Option<Password>,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, Problem> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            options.take(argument, &mut rest)?;
        }
        if options.command.is_none() && !options.help && !arguments.is_empty() {
            return Err(options.usage("Usage error: no command provided"));
        }
        if options.verbose && options.rfc && options.command == Some(Command::List) {
            return Err(options.usage("Must not specify both -v and -rfc with 'list' command"));
        }
        if options.cacerts && (options.keystore.is_some() || options.storetype.is_some()) {
            return Err(
                options.usage("The -cacerts option cannot be used with the -keystore or -storetype option")
            );
        }
        Ok(options)
    }

    pub(super) fn usage(&self, message: impl Into<String>) -> Problem {
        Problem::Usage {
            message: message.into(),
            command: self.command,
        }
    }

    fn take<'a>(
        &mut self,
        argument: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), Problem> {
        if !argument.starts_with('-') {
            return Err(self.usage(format!("Illegal option:  {argument}")));
        }
        let (name, source) = match argument.split_once(':') {
            Some((name, source)) => (name, Some(source)),
            None => (argument, None),
        };
        if let Some(command) = Command::by_name(name) {
            if let Some(earlier) = self.command {
                return Err(Problem::exception(format!(
                    "Only one command is allowed: both {} and {} were specified.",
                    earlier.name(),
                    command.name()
                )));
            }
            self.command = Some(command);
            return Ok(());
        }
        let lower = name.to_ascii_lowercase();
        let flag = match lower.as_str() {
            "-v" => &mut self.verbose,
            "-rfc" => &mut self.rfc,
            "-noprompt" => &mut self.noprompt,
            "-cacerts" => &mut self.cacerts,
            "-trustcacerts" => &mut self.trustcacerts,
            "-help" | "-?" | "-h" | "--help" => &mut self.help,
            // Tokens have no password to give; warnings are few.
            "-protected" | "-srcprotected" | "-destprotected" | "-nowarn" => return Ok(()),
            _ => return self.take_value(argument, &lower, source, rest),
        };
        *flag = true;
        Ok(())
    }

    fn take_value<'a>(
        &mut self,
        argument: &str,
        name: &str,
        source: Option<&str>,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), Problem> {
        enum Slot<'s> {
            Text(&'s mut Option<String>),
            Path(&'s mut Option<PathBuf>),
            Password(&'s mut Option<Password>),
            Nothing,
        }
        let command = self.command;
        let slot = match name {
            "-alias" => Slot::Text(&mut self.alias),
            "-destalias" | "-dest" => Slot::Text(&mut self.destalias),
            "-file" => Slot::Path(&mut self.file),
            "-keystore" | "-destkeystore" => Slot::Text(&mut self.keystore),
            "-storetype" | "-deststoretype" => Slot::Text(&mut self.storetype),
            "-storepass" | "-deststorepass" => Slot::Password(&mut self.storepass),
            "-keypass" => Slot::Password(&mut self.keypass),
            "-new" => Slot::Password(&mut self.new),
            "-sslserver" => Slot::Text(&mut self.sslserver),
            "-srckeystore" => Slot::Text(&mut self.srckeystore),
            "-srcstoretype" => Slot::Text(&mut self.srcstoretype),
            "-srcstorepass" => Slot::Password(&mut self.srcstorepass),
            "-srckeypass" => Slot::Password(&mut self.srckeypass),
            "-srcalias" => Slot::Text(&mut self.srcalias),
            "-destkeypass" => Slot::Password(&mut self.destkeypass),
            // Providers are a JVM's; what a key is made with belongs to commands that are not here.
            "-providername" | "-srcprovidername" | "-destprovidername" | "-addprovider" | "-providerarg"
            | "-providerclass" | "-provider" | "-providerpath" | "-conf" | "-keyalg" | "-keysize"
            | "-groupname" | "-sigalg" | "-dname" | "-startdate" | "-ext" | "-validity" | "-infile"
            | "-outfile" | "-signer" | "-signerkeypass" | "-jarfile" | "-id" => Slot::Nothing,
            _ => {
                return Err(Problem::Usage {
                    message: format!("Illegal option:  {argument}"),
                    command,
                });
            }
        };
        let Some(value) = rest.next() else {
            return Err(Problem::Usage {
                message: format!("Command option {argument} needs an argument."),
                command,
            });
        };
        match slot {
            Slot::Text(slot) => *slot = Some(value.clone()),
            Slot::Path(slot) => *slot = Some(PathBuf::from(value)),
            Slot::Password(slot) => *slot = Some(password(value, source, command)?),
            Slot::Nothing => {}
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the program reads its own environment")]
fn password(value: &str, source: Option<&str>, command: Option<Command>) -> Result<Password, Problem> {
    let usage = |message: String| Problem::Usage { message, command };
    match source.map(str::to_ascii_lowercase).as_deref() {
        None => Ok(Password::new(value)),
        Some("env") => std::env::var(value)
            .map(Password::new)
            .map_err(|_error| usage(format!("Cannot find environment variable: {value}"))),
        Some("file") => {
            let bytes = fsio::read(value.as_ref(), &Limits::DEFAULT)
                .map_err(|_error| usage(format!("Cannot find file: {value}")))?;
            let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
            Ok(Password::new(text.lines().next().unwrap_or_default()))
        }
        Some(_) => Err(usage(format!(
            "Unknown password type: {}",
            source.unwrap_or_default()
        ))),
    }
}
