//! keytool's help, from tables.

use super::options::Command;

const FOOT: &str = "Use \"keytool -?, -h, or --help\" for this help message\n";

type Line = (&'static str, &'static str);

const ALIAS: Line = ("-alias <alias>", "alias name of the entry to process");
const KEYSTORE: Line = ("-keystore <keystore>", "keystore name");
const CACERTS: Line = ("-cacerts", "access the cacerts keystore");
const STOREPASS: Line = ("-storepass <arg>", "keystore password");
const STORETYPE: Line = ("-storetype <type>", "keystore type");
const RFC: Line = ("-rfc", "output in RFC style");
const KEYPASS: Line = ("-keypass <arg>", "key password");
const NEW: Line = ("-new <arg>", "new password");
const VERBOSE: Line = ("-v", "verbose output");
const NOPROMPT: Line = ("-noprompt", "do not prompt");

fn options(command: Command) -> &'static [Line] {
    match command {
        Command::List => &[RFC, ALIAS, KEYSTORE, CACERTS, STOREPASS, STORETYPE, VERBOSE],
        Command::ImportCert => &[
            NOPROMPT,
            ("-trustcacerts", "trust certificates from cacerts"),
            ALIAS,
            ("-file <file>", "input file name"),
            KEYPASS,
            KEYSTORE,
            CACERTS,
            STOREPASS,
            STORETYPE,
            VERBOSE,
        ],
        Command::ExportCert => &[
            RFC,
            ALIAS,
            ("-file <file>", "output file name"),
            KEYSTORE,
            CACERTS,
            STOREPASS,
            STORETYPE,
            VERBOSE,
        ],
        Command::Delete => &[ALIAS, KEYSTORE, CACERTS, STOREPASS, STORETYPE, VERBOSE],
        Command::ChangeAlias => &[
            ALIAS,
            ("-destalias <alias>", "destination alias"),
            KEYPASS,
            KEYSTORE,
            CACERTS,
            STOREPASS,
            STORETYPE,
            VERBOSE,
        ],
        Command::StorePasswd => &[NEW, KEYSTORE, CACERTS, STOREPASS, STORETYPE, VERBOSE],
        Command::KeyPasswd => &[ALIAS, KEYPASS, NEW, KEYSTORE, STOREPASS, STORETYPE, VERBOSE],
        Command::ImportKeyStore => &[
            ("-srckeystore <keystore>", "source keystore name"),
            ("-destkeystore <keystore>", "destination keystore name"),
            ("-srcstoretype <type>", "source keystore type"),
            ("-deststoretype <type>", "destination keystore type"),
            ("-srcstorepass <arg>", "source keystore password"),
            ("-deststorepass <arg>", "destination keystore password"),
            ("-srcalias <alias>", "source alias"),
            ("-destalias <alias>", "destination alias"),
            ("-srckeypass <arg>", "source key password"),
            ("-destkeypass <arg>", "destination key password"),
            NOPROMPT,
            VERBOSE,
        ],
        Command::PrintCert => &[RFC, ("-file <file>", "input file name"), VERBOSE],
        _ => &[],
    }
}

/// The help of a command, or of all.
pub(super) fn text(command: Option<Command>) -> String {
    let Some(command) = command else {
        let mut out = String::from("Key and Certificate Management Tool\n\nCommands:\n\n");
        for (_, name, purpose) in Command::ALL {
            out += &format!(" {name:<20}{purpose}\n");
        }
        return out
            + "\n"
            + FOOT
            + "Use \"keytool -command_name --help\" for usage of command_name.\n\
               Use the -conf <url> option to specify a pre-configured options file.\n";
    };
    let options = options(command);
    let width = options.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 3;
    let mut out = format!(
        "keytool {} [OPTION]...\n\n{}\n\nOptions:\n\n",
        command.name(),
        command.purpose()
    );
    for (name, meaning) in options {
        out += &format!(" {name:<width$}{meaning}\n");
    }
    out + "\n" + FOOT
}
