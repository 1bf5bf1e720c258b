//! The options that a JVM was started with, and which of several with one name counts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::options::{split_argument_file, split_variable};

/// Argument files are read one level deep, and so many of them.
const MOST_FILES: usize = 64;

/// Where an option of a JVM comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The command line.
    CommandLine,
    /// An argument file on the command line, or in `JDK_JAVA_OPTIONS`.
    ArgumentFile(PathBuf),
    /// `JAVA_TOOL_OPTIONS`, `JDK_JAVA_OPTIONS` or `_JAVA_OPTIONS`.
    Variable(&'static str),
    /// The file of `-XX:VMOptionsFile`.
    VmOptionsFile(PathBuf),
    /// The file of `-XX:Flags`.
    FlagsFile(PathBuf),
    /// What the JVM itself published in its hsperfdata.
    PerformanceData,
}

impl Origin {
    /// A name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CommandLine => "command-line",
            Self::ArgumentFile(_) => "argument-file",
            Self::Variable(name) => name,
            Self::VmOptionsFile(_) => "-XX:VMOptionsFile",
            Self::FlagsFile(_) => "-XX:Flags",
            Self::PerformanceData => "hsperfdata",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("the command line"),
            Self::ArgumentFile(path) => write!(f, "the argument file @{}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::VmOptionsFile(path) => write!(f, "-XX:VMOptionsFile={}", path.display()),
            Self::FlagsFile(path) => write!(f, "-XX:Flags={}", path.display()),
            Self::PerformanceData => f.write_str("the JVM's own hsperfdata"),
        }
    }
}

/// An option, with its secrets.
#[derive(Clone)]
pub struct StartOption {
    text: Zeroizing<String>,
    /// Where it comes from.
    pub origin: Origin,
}

impl StartOption {
    pub(super) fn new(text: impl Into<String>, origin: Origin) -> Self {
        Self {
            text: Zeroizing::new(text.into()),
            origin,
        }
    }

    /// The text as it is.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        &self.text
    }

    /// The text with `***` for what may be a secret: values of properties that are called so, and what agents
    /// are told.
    #[must_use]
    pub fn redacted(&self) -> String {
        redact(&self.text)
    }
}

impl fmt::Debug for StartOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartOption")
            .field("text", &self.redacted())
            .field("origin", &self.origin)
            .finish()
    }
}

/// A property's value, and where it was set.
#[derive(Clone)]
pub struct Setting {
    value: Zeroizing<String>,
    /// Where.
    pub origin: Origin,
}

impl Setting {
    /// The value.
    #[must_use]
    pub fn expose_value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setting(*** from {})", self.origin)
    }
}

/// Which kind of program started the JVM: it decides which words of the command line are the JVM's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launcher {
    /// `java`: everything before the main class.
    Java,
    /// A tool of the JDK (keytool, javac, ...): what has `-J` before it.
    Tool,
    /// A program that has a JVM inside: what looks like one of its options.
    Embedding,
}

/// What a JVM was started with.
pub struct Launch<'a> {
    /// By what.
    pub launcher: Launcher,
    /// The JDK's version; 8 knows neither argument files nor `JDK_JAVA_OPTIONS`.
    pub jdk: u32,
    /// The words of the command line, the program's own name left out.
    pub words: &'a [String],
    /// The environment's variable of that name.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The text of a file that is named relative to the JVM's folder; why not, otherwise.
    pub file: &'a dyn Fn(&Path) -> Result<String, String>,
}

/// The options, the last of a name counting, and what is to be said of them.
#[derive(Debug, Default)]
pub struct Started {
    /// In the order a JVM takes them in.
    pub options: Vec<StartOption>,
    /// The main class, jar or module.
    pub main: Option<String>,
    /// Options that stand where no JVM reads them, files that cannot be read, quotes that do not match.
    pub notes: Vec<String>,
}

impl Launch<'_> {
    /// Puts the options together as HotSpot and its launcher do: `JAVA_TOOL_OPTIONS`, then `JDK_JAVA_OPTIONS` and
    /// the command line, then `_JAVA_OPTIONS`.
    #[must_use]
    pub fn started(&self) -> Started {
        let mut started = Started::default();
        self.variable_options("JAVA_TOOL_OPTIONS", &mut started);
        match self.launcher {
            Launcher::Java => self.command_line(&mut started),
            Launcher::Tool => {
                for option in self.words.iter().filter_map(|word| word.strip_prefix("-J")) {
                    self.add(option, Origin::CommandLine, &mut started);
                }
            }
            Launcher::Embedding => {
                for word in self.words {
                    let option = word.strip_prefix("-J").unwrap_or(word);
                    if option.starts_with("-D") || option.starts_with("-XX:") {
                        self.add(option, Origin::CommandLine, &mut started);
                    }
                }
            }
        }
        self.variable_options("_JAVA_OPTIONS", &mut started);
        started
    }

    fn variable_options(&self, name: &'static str, started: &mut Started) {
        let Some(text) = (self.variable)(name).map(Zeroizing::new) else {
            return;
        };
        match split_variable(&text) {
            Ok(words) => {
                for word in words {
                    self.add(&word, Origin::Variable(name), started);
                }
            }
            Err(error) => started.notes.push(format!("{name}: {error}")),
        }
    }

    /// The words the launcher gives to the JVM: those before the main class (`java.c`'s `ParseArguments`).
    fn command_line(&self, started: &mut Started) {
        let mut words = Vec::new();
        let reads_files = self.jdk >= 9;
        if reads_files && let Some(text) = (self.variable)("JDK_JAVA_OPTIONS").map(Zeroizing::new) {
            match split_variable(&text) {
                Ok(more) => {
                    let origin = Origin::Variable("JDK_JAVA_OPTIONS");
                    self.expand(&more, &origin, &mut words, started);
                }
                Err(error) => started.notes.push(format!("JDK_JAVA_OPTIONS: {error}")),
            }
        } else if (self.variable)("JDK_JAVA_OPTIONS").is_some() {
            started.notes.push(format!(
                "JDK_JAVA_OPTIONS is set, and JDK {} does not know it",
                self.jdk
            ));
        }
        if reads_files {
            self.expand(self.words, &Origin::CommandLine, &mut words, started);
        } else {
            words.extend(
                self.words
                    .iter()
                    .map(|word| StartOption::new(word.as_str(), Origin::CommandLine)),
            );
        }
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let text = word.expose_text();
            match text {
                "-jar" | "-m" | "--module" => {
                    started.main = words.next().map(|word| word.expose_text().to_owned());
                    break;
                }
                _ if WITH_VALUE.contains(&text) => {
                    let value = words.next();
                    let value = value.as_ref().map(StartOption::expose_text).unwrap_or_default();
                    started
                        .options
                        .push(StartOption::new(format!("{text} {value}"), word.origin));
                }
                _ if text.starts_with("--module=") => {
                    started.main = text.strip_prefix("--module=").map(str::to_owned);
                    break;
                }
                _ if text.starts_with('-') => self.add(text, word.origin.clone(), started),
                _ => {
                    started.main = Some(text.to_owned());
                    break;
                }
            }
        }
        for word in words {
            if let Some((name, _)) = property(word.expose_text())
                && name.starts_with("javax.net.ssl.")
            {
                started.notes.push(format!(
                    "-D{name} stands behind the main class or jar: it is an argument of the program, and the JVM ignores it"
                ));
            }
        }
    }

    /// Puts the words of argument files in their place.
    fn expand(&self, words: &[String], origin: &Origin, out: &mut Vec<StartOption>, started: &mut Started) {
        let mut scan = Scan::default();
        let mut files = 0;
        for word in words {
            let name = word.strip_prefix('@').filter(|name| !name.is_empty());
            let Some(name) = name.filter(|_| !scan.is_over && files < MOST_FILES) else {
                scan.see(word);
                out.push(StartOption::new(word.as_str(), origin.clone()));
                continue;
            };
            if name.starts_with('@') {
                scan.see(name);
                out.push(StartOption::new(name, origin.clone()));
                continue;
            }
            files += 1;
            match (self.file)(Path::new(name)) {
                Ok(text) => {
                    let text = Zeroizing::new(text);
                    let origin = Origin::ArgumentFile(PathBuf::from(name));
                    for word in split_argument_file(&text, self.jdk) {
                        scan.see(&word);
                        out.push(StartOption::new(word, origin.clone()));
                    }
                }
                Err(why) => started
                    .notes
                    .push(format!("the argument file @{name} cannot be read: {why}")),
            }
        }
    }

    /// Adds an option; those of a `-XX:VMOptionsFile` or `-XX:Flags` come in its place.
    fn add(&self, text: &str, origin: Origin, started: &mut Started) {
        let options_file = text.strip_prefix("-XX:VMOptionsFile=").filter(|_| self.jdk >= 9);
        let file = options_file.or_else(|| text.strip_prefix("-XX:Flags="));
        started.options.push(StartOption::new(text, origin));
        let Some(name) = file else { return };
        let path = PathBuf::from(name);
        let text = match (self.file)(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(why) => {
                started
                    .notes
                    .push(format!("the file of `{text}` cannot be read: {why}"));
                return;
            }
        };
        if options_file.is_some() {
            match split_variable(&text) {
                Ok(words) => started.options.extend(
                    words
                        .into_iter()
                        .map(|word| StartOption::new(word, Origin::VmOptionsFile(path.clone()))),
                ),
                Err(error) => started.notes.push(format!("{}: {error}", path.display())),
            }
            return;
        }
        // Flags of the JVM alone: no -D comes this way (`Arguments::process_settings_file`).
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default());
        let flags = lines.flat_map(str::split_whitespace);
        started.options.extend(
            flags.map(|flag| StartOption::new(format!("-XX:{flag}"), Origin::FlagsFile(path.clone()))),
        );
    }
}

impl Started {
    /// The properties: the last `-D` of a name counts.
    #[must_use]
    pub fn properties(&self) -> BTreeMap<String, Setting> {
        let mut all = BTreeMap::new();
        for option in &self.options {
            if let Some((name, value)) = property(option.expose_text()) {
                let value = Zeroizing::new(value.to_owned());
                let origin = option.origin.clone();
                all.insert(name.to_owned(), Setting { value, origin });
            }
        }
        all
    }
}

/// Options of the launcher whose value is the next word.
const WITH_VALUE: &[&str] = &[
    "-cp",
    "-classpath",
    "--class-path",
    "-p",
    "--module-path",
    "--upgrade-module-path",
    "--add-modules",
    "--enable-native-access",
    "--limit-modules",
    "--add-exports",
    "--add-opens",
    "--add-reads",
    "--patch-module",
    "-d",
    "--describe-module",
    "--source",
];
/// Up to where argument files are expanded (`args.c`'s `checkArg`).
#[derive(Default)]
struct Scan {
    expects_value: bool,
    /// The main class was seen, or `--disable-@files`.
    is_over: bool,
}

impl Scan {
    fn see(&mut self, word: &str) {
        if word.starts_with('-') {
            self.expects_value = WITH_VALUE.contains(&word);
            self.is_over |= word == "--disable-@files" || word.starts_with("--module=");
        } else {
            self.is_over |= !self.expects_value;
            self.expects_value = false;
        }
    }
}

fn property(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("-D")?;
    Some(rest.split_once('=').unwrap_or((rest, "")))
}

/// Parts of names whose values nobody else is to see.
const SECRET: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "privatekey",
];

fn redact(text: &str) -> String {
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        SECRET.iter().any(|part| name.contains(part))
    };
    if text.starts_with("-javaagent:") || text.starts_with("-agentpath:") {
        return match text.split_once('=') {
            Some((agent, _)) => format!("{agent}=***"),
            None => text.to_owned(),
        };
    }
    let Some((name, value)) = text.split_once('=') else {
        return text.to_owned();
    };
    if is_secret(name) || is_secret(value) {
        return format!("{name}=***");
    }
    match value.split_once("://").and_then(|(scheme, rest)| {
        let (_, host) = rest.split_once('@')?;
        Some(format!("{name}={scheme}://***@{host}"))
    }) {
        Some(without_user) => without_user,
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(jdk: u32, words: &[&str], variables: &[(&str, &str)], files: &[(&str, &str)]) -> Started {
        let words: Vec<_> = words.iter().map(|word| String::from(*word)).collect();
        let find = |of: &[(&str, &str)], name: &str| {
            of.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, text)| String::from(*text))
        };
        Launch {
            launcher: Launcher::Java,
            jdk,
            words: &words,
            variable: &|name| find(variables, name),
            file: &|path| {
                find(files, path.to_str().unwrap_or_default()).ok_or_else(|| String::from("it is not there"))
            },
        }
        .started()
    }

    fn value(started: &Started, name: &str) -> (String, String) {
        let all = started.properties();
        let setting = &all[name];
        (
            setting.expose_value().to_owned(),
            setting.origin.name().to_owned(),
        )
    }

    #[test]
    fn the_command_line_beats_the_variables_but_for_one() {
        let words = ["-Da=line", "-Db=line", "Main"];
        let variables = [
            ("JAVA_TOOL_OPTIONS", "-Da=tool -Db=tool -Dc=tool"),
            ("JDK_JAVA_OPTIONS", "-Da=jdk -Dc=jdk"),
            ("_JAVA_OPTIONS", "-Db=underscore"),
        ];
        let started = started(17, &words, &variables, &[]);
        assert_eq!(value(&started, "a"), ("line".into(), "command-line".into()));
        assert_eq!(
            value(&started, "b"),
            ("underscore".into(), "_JAVA_OPTIONS".into())
        );
        assert_eq!(value(&started, "c"), ("jdk".into(), "JDK_JAVA_OPTIONS".into()));
        assert_eq!(started.main.as_deref(), Some("Main"));
    }

    #[test]
    fn jdk_8_knows_neither_argument_files_nor_their_variable() {
        let started = started(
            8,
            &["@x", "Main"],
            &[("JDK_JAVA_OPTIONS", "-Da=1")],
            &[("x", "-Db=1")],
        );
        assert!(started.properties().is_empty());
        assert_eq!(started.main.as_deref(), Some("@x"));
        assert!(started.notes[0].contains("does not know it"));
    }

    #[test]
    fn an_argument_file_is_expanded_once_and_before_the_main_class_only() {
        let files = [("x", "-Da=1 @y"), ("y", "-Db=1")];
        let started = started(17, &["@x", "-cp", "z", "Main", "@y"], &[], &files);
        assert_eq!(value(&started, "a"), ("1".into(), "argument-file".into()));
        assert!(!started.properties().contains_key("b"));
    }

    #[test]
    fn a_property_behind_the_jar_is_none_and_that_is_said() {
        let words = ["-jar", "app.jar", "-Djavax.net.ssl.trustStore=x"];
        let started = started(17, &words, &[], &[]);
        assert!(started.properties().is_empty());
        assert!(started.notes[0].contains("behind the main class or jar"));
    }

    #[test]
    fn the_file_of_vm_options_carries_properties_and_that_of_flags_does_not() {
        let words = ["-XX:VMOptionsFile=o", "-XX:Flags=f", "Main"];
        let started = started(
            17,
            &words,
            &[],
            &[("o", "-Da='1 2'"), ("f", "+UseSerialGC # x\nMaxHeapSize=1m")],
        );
        assert_eq!(value(&started, "a"), ("1 2".into(), "-XX:VMOptionsFile".into()));
        let texts: Vec<_> = started.options.iter().map(StartOption::expose_text).collect();
        assert!(texts.contains(&"-XX:+UseSerialGC") && texts.contains(&"-XX:MaxHeapSize=1m"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = |text: &str| StartOption::new(text, Origin::CommandLine).redacted();
        assert_eq!(
            shown("-Djavax.net.ssl.trustStorePassword=x1"),
            "-Djavax.net.ssl.trustStorePassword=***"
        );
        assert_eq!(shown("-javaagent:a.jar=secret_token=x1"), "-javaagent:a.jar=***");
        assert_eq!(
            shown("-Dhttp.url=https://me:x1@host/"),
            "-Dhttp.url=https://***@host/"
        );
        assert_eq!(
            shown("-Djavax.net.ssl.trustStore=t"),
            "-Djavax.net.ssl.trustStore=t"
        );
    }
}
