use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use keyjar::jvm::Format;
use keyjar::pkcs12::Profile;

use super::password::Source;

/// Trust- and keystores for the JVM, without a JVM.
#[derive(Parser)]
#[command(name = "keyjar", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print one JSON document on stdout instead of text, errors too.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say less: only errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more.
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// When to use colour; `NO_COLOR` and `TERM=dumb` are heeded by `auto`.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    pub(crate) fn write_global(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

const EXIT: &str = "Exit codes: 0 done, 2 could not (usage, file, password, damage).";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Add certificates to a truststore, and print the JVM flags for it.
    #[command(
        after_long_help = "Examples:\n  keyjar import apm-server.crt --alias apm-server-cert --truststore truststore.p12\n  keyjar import /etc/ssl/certs/ca-certificates.crt extra-ca.pem\n  cat ca.pem | keyjar import - --storepass env:STORE_PASS\n  keyjar import --from apm.example.com:8200\n  keyjar import --from db.example.com:5432 --starttls postgres --sha256 AB:CD:...\n  keyjar import company-ca.pem --into-jvm $JAVA_HOME\n  eval \"$(keyjar import /certs --base jvm --truststore /tmp/truststore.p12 --format export)\"\n\nThe last one is for a container's entrypoint: a folder of certificates beside the JVM's own, in a writable place, and the variable that makes every JVM use them. With `--into-jvm` stdout names the store; no option is needed then.\n\nExit codes: 0 done, 1 the answer at the prompt was no (nothing was written), 2 could not (usage, file, password, damage, server, fingerprint)."
    )]
    #[command(after_long_help = format!("Examples:\n  keyjar import apm-server.crt --alias apm-server-cert --truststore truststore.p12\n  keyjar import /etc/ssl/certs/ca-certificates.crt extra-ca.pem\n  keyjar import other.jks --other-storepass env:OTHER_PASS\n  cat ca.pem | keyjar import - --storepass env:STORE_PASS\n\n{EXIT}"))]
    Import(Import),
    /// Put a private key with its certificate and chain into a keystore, and print the JVM flags for it.
    #[command(after_long_help = format!("Examples:\n  keyjar bundle --cert client.crt --key client.key --chain ca.crt --keystore keystore.p12 --storepass env:STORE_PASS\n  keyjar bundle --cert client.crt --key client.key --keypass prompt --storepass file:pass.txt\n\n{EXIT}"))]
    Bundle(Bundle),
    /// Print the options that make a JVM use the stores.
    #[command(after_long_help = format!("Examples:\n  java $(keyjar flags --truststore truststore.p12) -jar app.jar\n  keyjar flags --truststore truststore.p12 --keystore keystore.p12 --format env > app.env\n  keyjar flags --truststore truststore.p12 --format argfile > tls.args && java @tls.args -jar app.jar\n\nThe stores are opened first: a wrong truststore path is no error to Java, it falls back to its own cacerts in silence.\n\n{EXIT}"))]
    Flags(Flags),
    /// List a store's entries.
    #[command(after_long_help = format!("Examples:\n  keyjar list truststore.p12\n  keyjar list keystore.p12 -v --storepass env:STORE_PASS\n  keyjar list truststore.p12 --json | jq -r '.entries[].alias'\n\n{EXIT}"))]
    List(List),
    /// Print an entry's certificates, or its private key.
    #[command(
        after_long_help = "Examples:\n  keyjar export truststore.p12 apm-server-cert > apm-server.crt\n  keyjar export keystore.p12 client --key --out client.key --storepass env:STORE_PASS\n\nExit codes: 0 done, 1 there is no such alias, 2 could not."
    )]
    Export(Export),
    /// Take entries out of a store.
    #[command(
        after_long_help = "Examples:\n  keyjar remove truststore.p12 old-ca\n  keyjar remove keystore.p12 client-2024 client-2025 --storepass env:STORE_PASS\n\nExit codes: 0 done, 1 there is no such alias (nothing was removed), 2 could not."
    )]
    Remove(Remove),
    /// Give an entry another alias.
    #[command(
        after_long_help = "Examples:\n  keyjar rename keystore.p12 1 client --storepass env:STORE_PASS\n\nExit codes: 0 done, 1 there is no such alias, 2 could not."
    )]
    Rename(Rename),
    /// Give a store another password; its keys get the same.
    #[command(
        after_long_help = "Examples:\n  keyjar passwd keystore.p12 --storepass env:OLD --new-storepass env:NEW\n  keyjar passwd keystore.jks --keypass env:KEY_PASS --new-storepass file:new.txt\n\nKeys that had a password of their own (`--keypass`) get the store's: a JVM has one option for both.\n\nExit codes: 0 done, 2 could not."
    )]
    Passwd(Passwd),
    /// Convert a store to another format or other algorithms.
    #[command(
        after_long_help = "Examples:\n  keyjar convert old.jks new.p12 --storepass env:STORE_PASS\n  keyjar convert store.p12 store-for-java8.p12 --profile legacy\n  keyjar convert keystore.p12 keystore.pem --storepass env:STORE_PASS --new-storepass env:PEM_PASS\n  keyjar convert keystore.p12 keystore.bcfks --storepass env:STORE_PASS\n\nWhat the target cannot hold is an error that names it, unless `--skip-unsupported` is given.\n\nExit codes: 0 done, 2 could not."
    )]
    Convert(Convert),
    /// Tell what two stores trust or hold differently.
    #[command(
        after_long_help = "Examples:\n  keyjar diff truststore.p12 /etc/ssl/certs/java/cacerts\n  keyjar diff old.jks new.p12 --storepass env:OLD --other-storepass env:NEW\n\nExit codes: 0 they hold the same, 1 they differ, 2 could not."
    )]
    Diff(Diff),
    /// Look stores over for what fails, will fail, or is weak; mend it with `--fix`.
    #[command(
        after_long_help = "Examples:\n  keyjar audit truststore.p12 keystore.p12 --within 30d\n  keyjar audit from-openssl.p12 --fix\n\nFindings: expired, expiring, not-yet-valid, weak-key, weak-signature, weak-encryption, unreadable, unseen, colliding-alias, duplicate, key-password, key-mismatch, open-to-others. `--fix` mends unseen, colliding-alias, weak-encryption (PKCS#12), key-password (with `--keypass`) and open-to-others.\n\nExit codes: 0 nothing found (or all of it mended), 1 findings, 2 could not."
    )]
    Audit(Audit),
    /// Explain the TLS failures in a log: the true cause, and the command that mends it.
    #[command(after_long_help = super::explain::HELP)]
    Explain(super::explain::Explain),
    /// Make a certificate authority: its certificate and its key.
    #[command(
        after_long_help = "Examples:\n  keyjar ca --out ca\n  keyjar ca --out ca --subject 'CN=Example CA,O=Example' --key-type ec-p384 --keypass env:CA_PASS\n  keyjar ca --out issuing --parent ca --subject 'CN=Example Issuing CA' --path-len 0\n\nWrites ca.crt and ca.key, below another authority ca.fullchain.crt too; stdout: their paths, or with `--truststore` the JVM flags.\n\nExit codes: 0 done, 2 could not (a file is there already, usage, password)."
    )]
    Ca(super::ca::Ca),
    /// Issue certificates for servers and clients.
    #[command(
        after_long_help = "Examples:\n  keyjar cert --name localhost --ca ca --out certs\n  keyjar cert --name es01 --dns es01.example.com,es01 --ip 10.0.0.1 --ca ca --p12 --storepass env:STORE_PASS\n  keyjar cert --name apm-agent --client --ca ca --keystore agent.p12 --truststore trust.p12 --keystore-pass env:KEY_PASS\n  keyjar cert --in instances.yml --ca ca --out certs\n  keyjar cert --renew certs/localhost.crt --ca ca --force\n\nWrites NAME.crt, NAME.key and NAME.fullchain.crt (the certificate and those above it); stdout: their paths, or with stores the JVM flags. A server's names are its `--name` unless `--dns` or `--ip` are given.\n\nExit codes: 0 done, 2 could not (a file is there already, usage, names, password)."
    )]
    Cert(Box<super::cert::Cert>),
    /// Print the TLS settings of Elastic's APM Server and of its agents.
    #[command(after_long_help = super::apm::HELP)]
    Apm(super::apm::Apm),
    /// Show the JVMs installed and running on this machine, and the stores each really uses.
    #[command(after_long_help = super::jvms::HELP)]
    Jvms(super::jvms::Jvms),
    /// Read the chain a server presents, without trusting it: PEM on stdout.
    #[command(
        after_long_help = "Examples:\n  keyjar fetch example.com:443 > chain.pem\n  keyjar fetch mail.example.com --starttls smtp\n  keyjar fetch db.example.com:5432 --starttls postgres --json | jq -r '.chain[0].sha256'\n  keyjar fetch 10.0.0.7:8443 --sni app.example.com --proxy http://proxy.example.com:3128\n\nTLS 1.3 down to 1.0. What answers without TLS is named. Nothing is verified: to trust what a server shows, see `keyjar import --from`.\n\nExit codes: 0 done, 2 could not (nobody there, no TLS, the handshake refused)."
    )]
    Fetch(super::fetch::Fetch),
    /// Make a certificate request, for another authority to sign.
    #[command(
        after_long_help = "Examples:\n  keyjar csr --name es01 --dns es01.example.com --ip 10.0.0.1\n  keyjar csr --name agent --client --key agent.key\n\nWrites NAME.csr and NAME.key; stdout: their paths.\n\nExit codes: 0 done, 2 could not (a file is there already, usage, names, password)."
    )]
    Csr(super::csr::Csr),
    /// Sign certificate requests with an authority.
    #[command(
        after_long_help = "Examples:\n  keyjar sign es01.csr --ca ca --out certs\n  keyjar sign - --ca ca --out - < es01.csr > es01.crt\n\nThe names and the purpose are those of the request unless options say otherwise; its signature is verified first. Writes NAME.crt and NAME.fullchain.crt; stdout: their paths.\n\nExit codes: 0 done, 2 could not (a file is there already, usage, no request, password)."
    )]
    Sign(super::csr::Sign),
    /// Show what a file holds: certificates, requests, keys, chains, stores.
    #[command(
        after_long_help = "Examples:\n  keyjar show certs/localhost.fullchain.crt\n  keyjar show keystore.p12 --storepass env:STORE_PASS\n  keyjar show es01.csr --json | jq -r '.items[].san[]'\n\nExit codes: 0 done, 2 could not (no such file, none of these, damage, password)."
    )]
    Show(super::show::Show),
    /// Tell what Java, Go, Python, Node.js and others would object to in certificates.
    #[command(
        after_long_help = "Examples:\n  keyjar lint certs/localhost.fullchain.crt\n  keyjar lint keystore.p12 --storepass env:STORE_PASS --json\n  keyjar lint agent.crt --for client\n\nFindings: unreadable, expired, not-yet-valid, long-validity, weak-key, unsupported-key, explicit-curve, weak-signature, negative-serial, zero-serial, long-serial, no-basic-constraints, constraints-not-critical, no-key-usage, no-key-cert-sign, key-cert-sign-of-leaf, no-digital-signature, no-subject-key-id, no-authority-key-id, no-purpose, wrong-purpose, no-alternative-names, address-as-name, odd-name, names-not-critical, no-issuer, extensions-without-version-3.\n\nExit codes: 0 nobody objects, 1 somebody does, 2 could not."
    )]
    Lint(super::show::Lint),
    /// Serve HTTPS with the stores, and tell of each handshake how it went and why it failed.
    #[command(
        after_long_help = "Examples:\n  keyjar serve --write-truststore truststore.p12\n  keyjar serve --keystore keystore.p12 --keystore-pass env:STORE_PASS --listen 127.0.0.1:8443\n  keyjar serve --keystore keystore.p12 --truststore clients.p12 --client-auth required --json\n\nThe first line is `listening on https://ADDRESS:PORT`, then one line for each handshake; with --json one event a line: listening, handshake, request. Clients' certificates are verified as a Java server does. `/` is a page for browsers and JSON for programs; Elastic's APM agents find an APM Server.\n\nExit codes: 0 ended by SIGTERM or ctrl-c, 2 could not."
    )]
    Serve(super::serve::Serve),
    /// Run a command whose JVMs use the stores, the password on no command line.
    #[command(
        after_long_help = "Examples:\n  keyjar exec --truststore truststore.p12 -- java -jar app.jar\n  keyjar exec --truststore truststore.p12 --keystore keystore.p12 --keystore-pass file:pass.txt -- ./gradlew run\n\nThe stores are opened first, as by `keyjar flags`. JAVA_TOOL_OPTIONS is appended to, and JDK_JAVA_OPTIONS where it has properties of javax.net.ssl.* of its own. Signals are handed on.\n\nExit codes: those of COMMAND, 128 and the number of the signal that ended it, 127 there is no such command, 126 it cannot be run, 2 could not (usage, file, password, damage)."
    )]
    Exec(super::exec::Exec),
    /// elasticsearch-certutil's own command line: ca, cert, csr and http.
    #[command(
        after_long_help = "Examples:\n  keyjar certutil ca --out elastic-stack-ca.p12 --pass ''\n  keyjar certutil cert --ca elastic-stack-ca.p12 --ca-pass '' --name es01 --dns es01.example.com --pass secret\n  keyjar certutil cert --ca-cert ca.crt --ca-key ca.key --in instances.yml -pem --out certs.zip\n  keyjar certutil http --dns es.example.com --ip 10.0.0.1 --pass secret --out http.zip\n\nOptions, questions, file names, aliases and exit codes are elasticsearch-certutil's. Certificates get what clients need besides (alternative names, key usage, purposes), unless `--strict-compat` is given. `http` asks its questions unless options answer them.\n\nExit codes: 0 done, 1 no answers on stdin, 64 usage, 65 unusable input, 66 no such input, 73 cannot create, 74 the output file is there already, 78 invalid details or password."
    )]
    Certutil(super::certutil::Certutil),
    /// Do what the JDK's keytool does with stores, by its command line and with its output.
    #[command(after_long_help = super::keytool::HELP)]
    Keytool {
        /// keytool's command and options.
        #[arg(value_name = "ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Tell whether a JVM with these stores would accept a server, and the server that client; in that JDK's words, with the cause and the remedy.
    #[command(
        after_long_help = "Examples:\n  keyjar check localhost:8443 --truststore truststore.p12\n  keyjar check https://apm.example.com:8200 --truststore truststore.p12 --keystore keystore.p12 --keystore-pass env:STORE_PASS\n  keyjar check fullchain.pem --truststore truststore.p12 --host www.example.com --jdk 17\n  keyjar check fullchain.pem --java-home /usr/lib/jvm/java-21-openjdk-amd64 --json | jq -r .java_exception\n\nA truststore that is not there is no error to a JVM: it falls back to its own cacerts in silence, and so does the verdict.\n\nExit codes: 0 it would be accepted, 1 it would be refused, 2 could not tell (usage, file, password, server not reached, an algorithm unknown here)."
    )]
    Check(super::check::Check),
    /// Print a completion script for a shell.
    #[command(
        after_long_help = "Examples:\n  keyjar completions bash > /etc/bash_completion.d/keyjar\n\nExit codes: 0 done, 2 could not."
    )]
    Completions {
        /// The shell.
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder.
    #[command(
        after_long_help = "Examples:\n  keyjar man /usr/local/share/man/man1\n\nExit codes: 0 done, 2 could not."
    )]
    Man {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Import {
    /// Certificates: PEM, DER, PKCS#7, a store, a folder, or `-` for stdin.
    #[arg(value_name = "INPUT", required_unless_present_any = ["base", "from"])]
    pub(crate) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) from: super::from::From,
    /// The truststore; created where there is none.
    #[arg(long, value_name = "PATH", default_value = "truststore.p12")]
    pub(crate) truststore: PathBuf,
    /// The alias, for one certificate; else aliases are made from the subjects.
    #[arg(long, value_name = "NAME")]
    pub(crate) alias: Option<String>,
    /// Start from another store, from `system` (the CAs of this machine), from `jvm` (the cacerts of JAVA_HOME,
    /// else of the java on the PATH), or from the JVM whose home folder this is.
    #[arg(long, value_name = "BASE")]
    pub(crate) base: Option<PathBuf>,
    /// The password of INPUTs and BASE that are stores, where it is not the truststore's.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) other_storepass: Option<Source>,
    /// Add to the store of a JVM's own trust anchors instead: the JVM of this home folder, of this running process,
    /// or all that are installed. A backup is kept beside it, and its format and mode are kept.
    #[arg(long, value_name = "HOME|PID|ALL", conflicts_with_all = ["truststore", "base", "profile"])]
    pub(crate) into_jvm: Option<String>,
    /// Leave expired certificates out.
    #[arg(long)]
    pub(crate) skip_expired: bool,
    /// Leave out what is neither an authority's certificate nor self-signed.
    #[arg(long)]
    pub(crate) skip_non_ca: bool,
    /// Leave out certificates that no JVM can read, instead of refusing.
    #[arg(long)]
    pub(crate) skip_unreadable: bool,
    /// Put the certificate in the place of another one of the same alias.
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

#[derive(Args)]
pub(crate) struct Bundle {
    /// The certificate; it may come with its chain.
    #[arg(long, value_name = "INPUT", required = true)]
    pub(crate) cert: Vec<PathBuf>,
    /// The private key: PKCS#8, PKCS#1, SEC 1, encrypted or not, PEM or DER.
    #[arg(long, value_name = "INPUT")]
    pub(crate) key: PathBuf,
    /// Certificates the chain is completed from, in any order.
    #[arg(long, value_name = "INPUT")]
    pub(crate) chain: Vec<PathBuf>,
    /// The keystore; created where there is none.
    #[arg(long, value_name = "PATH", default_value = "keystore.p12")]
    pub(crate) keystore: PathBuf,
    /// The alias; the subject's common name unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) alias: Option<String>,
    /// The password of an encrypted key.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) keypass: Option<Source>,
    /// Leave out chain certificates that no JVM can read, instead of refusing.
    #[arg(long)]
    pub(crate) skip_unreadable: bool,
    /// Put the key in the place of another entry of the same alias.
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// What the commands share that write a store.
#[derive(Args)]
pub(crate) struct Writing {
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
    /// Algorithms and counts: an existing store keeps its own unless this is given.
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(Profile::ALL.iter().map(|p| p.name)))]
    pub(crate) profile: Option<String>,
    /// Write with a password that some readers cannot take.
    #[arg(long)]
    pub(crate) allow_odd_password: bool,
    /// The form the flags are printed in.
    #[arg(long, value_name = "FORMAT", default_value = "shell", value_parser = PossibleValuesParser::new(Format::ALL.iter().map(|f| f.name())))]
    pub(crate) format: String,
}

#[derive(Args)]
pub(crate) struct Flags {
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
    /// The form the flags are printed in.
    #[arg(long, value_name = "FORMAT", default_value = "shell", value_parser = PossibleValuesParser::new(Format::ALL.iter().map(|f| f.name())))]
    pub(crate) format: String,
    /// The JDK's version (8, 11, ...): refuse what it does not understand.
    #[arg(long, value_name = "N")]
    pub(crate) jdk: Option<u32>,
    /// Print `***` instead of the passwords.
    #[arg(long)]
    pub(crate) redact: bool,
    /// Do not open the stores.
    #[arg(long)]
    pub(crate) no_verify: bool,
}

#[derive(Args)]
pub(crate) struct List {
    /// The store: PKCS#12, JKS, JCEKS, BKS, UBER or BCFKS, found by its bytes.
    #[arg(value_name = "STORE")]
    pub(crate) store: PathBuf,
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
    /// Print the certificates as PEM.
    #[arg(long)]
    pub(crate) pem: bool,
}

#[derive(Args)]
pub(crate) struct Export {
    /// The store.
    #[arg(value_name = "STORE")]
    pub(crate) store: PathBuf,
    /// The entry.
    #[arg(value_name = "ALIAS")]
    pub(crate) alias: String,
    /// The private key (PKCS#8, unencrypted unless `--new-storepass` is given) or the raw secret key, instead of the certificate.
    #[arg(long)]
    pub(crate) key: bool,
    /// The whole chain, leaf first; with `--form der` one certificate after another.
    #[arg(long, conflicts_with = "key")]
    pub(crate) chain: bool,
    /// Where to; stdout unless given.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// The form; p7b is PKCS#7 with all the entry's certificates.
    #[arg(long, value_name = "FORM", default_value = "pem", value_parser = ["pem", "der", "p7b"])]
    pub(crate) form: String,
    /// Encrypt the private key with this password.
    #[arg(long, value_name = "SOURCE", requires = "key")]
    pub(crate) new_storepass: Option<Source>,
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
    /// The password of a key that has one of its own.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) keypass: Option<Source>,
    /// Show a private key on a terminal; write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
pub(crate) struct Remove {
    /// The store.
    #[arg(value_name = "STORE")]
    pub(crate) store: PathBuf,
    /// The entries.
    #[arg(value_name = "ALIAS", required = true)]
    pub(crate) aliases: Vec<String>,
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
}

#[derive(Args)]
pub(crate) struct Rename {
    /// The store.
    #[arg(value_name = "STORE")]
    pub(crate) store: PathBuf,
    /// The entry's alias.
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// Its new alias.
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
}

#[derive(Args)]
pub(crate) struct Passwd {
    /// The store.
    #[arg(value_name = "STORE")]
    pub(crate) store: PathBuf,
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
    /// The password that keys have of their own.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) keypass: Option<Source>,
    /// The new password.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) new_storepass: Option<Source>,
    /// Write with a password that some readers cannot take.
    #[arg(long)]
    pub(crate) allow_odd_password: bool,
}

#[derive(Args)]
pub(crate) struct Convert {
    /// The store: its format is found by its bytes.
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Where to; `-` for stdout.
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// The format; unless given OUT's ending tells it (.jks, .jceks, .pem, .bks, .ubr, .bcfks), else it is pkcs12.
    #[arg(long, value_name = "FORMAT", value_parser = ["pkcs12", "jks", "jceks", "pem", "bks", "uber", "bcfks"])]
    pub(crate) to: Option<String>,
    /// PKCS#12's algorithms and counts.
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(Profile::ALL.iter().map(|p| p.name)))]
    pub(crate) profile: Option<String>,
    /// The store's password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
    /// The password that keys have of their own.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) keypass: Option<Source>,
    /// The new store's password; the old one unless given. PEM keys are encrypted only with this.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) new_storepass: Option<Source>,
    /// Leave out what the target cannot hold.
    #[arg(long)]
    pub(crate) skip_unsupported: bool,
    /// Write over a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// Write with a password that some readers cannot take.
    #[arg(long)]
    pub(crate) allow_odd_password: bool,
}

#[derive(Args)]
pub(crate) struct Diff {
    /// The first store.
    #[arg(value_name = "A")]
    pub(crate) first: PathBuf,
    /// The second store.
    #[arg(value_name = "B")]
    pub(crate) second: PathBuf,
    /// The first store's password, and the second's unless that has its own option.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
    /// The second store's password.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) other_storepass: Option<Source>,
}

#[derive(Args)]
pub(crate) struct Audit {
    /// The stores.
    #[arg(value_name = "STORE", required = true)]
    pub(crate) stores: Vec<PathBuf>,
    /// The stores' password: pass:TEXT, env:NAME, file:PATH, fd:N, stdin, prompt or none.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) storepass: Option<Source>,
    /// The password that keys have of their own; `--fix` gives them the store's.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) keypass: Option<Source>,
    /// How soon is soon, in days (30d), weeks (4w) or hours (12h).
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = within)]
    pub(crate) within: i64,
    /// Mend what can be mended.
    #[arg(long)]
    pub(crate) fix: bool,
}

/// Hours.
fn within(text: &str) -> Result<i64, String> {
    let (number, hours) = match text.strip_suffix('d') {
        Some(days) => (days, 24),
        None => match (text.strip_suffix('w'), text.strip_suffix('h')) {
            (Some(weeks), _) => (weeks, 24 * 7),
            (_, Some(hours)) => (hours, 1),
            _ => (text, 24),
        },
    };
    let number = number
        .parse::<u32>()
        .or(Err(String::from("write it like 30d, 4w or 12h")))?;
    // A hundred years are soon enough for anyone.
    Ok((i64::from(number) * hours).min(24 * 36_525))
}
