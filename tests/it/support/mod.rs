//! What the tests share: the program, the real JDKs, folders.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `testdata/`.
pub fn testdata(name: &str) -> PathBuf {
    root().join("testdata").join(name)
}

/// A folder of its own, under /tmp: the JDKs beside the host's see no other place.
pub fn folder() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("keyjar-it-")
        .tempdir_in("/tmp")
        .unwrap()
}

/// What a run said.
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    whole: String,
}

impl Said {
    fn new(command: &Command, output: &Output) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let whole = format!(
            "{command:?}\n in {:?}\n status {}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
            command.get_current_dir(),
            output.status,
        );
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout,
            stderr,
            whole,
        }
    }

    /// Fails with the whole report unless the exit code is this.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.whole);
        self
    }

    /// Fails with the whole report unless stdout holds this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "stdout lacks {text:?}\n{}",
            self.whole
        );
        self
    }

    /// Fails with the whole report unless stderr holds this.
    #[track_caller]
    pub fn talks_of(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "stderr lacks {text:?}\n{}",
            self.whole
        );
        self
    }
}

/// Runs a command in a folder.
pub fn run(command: &mut Command) -> Said {
    let output = command.stdin(std::process::Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Said::new(command, &output)
}

/// Runs the program in a folder, without the caller's passwords.
pub fn keyjar(folder: &Path, arguments: &[&str]) -> Said {
    run(keyjar_command(folder).args(arguments))
}

/// The program, to be run in a folder.
pub fn keyjar_command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyjar"));
    command.current_dir(folder);
    for name in [
        "KEYJAR_STOREPASS",
        "KEYJAR_TRUSTSTORE_PASS",
        "KEYJAR_KEYSTORE_PASS",
        "KEYJAR_KEYPASS",
    ] {
        command.env_remove(name);
    }
    command
}

/// A JDK: how its tools are started.
pub struct Jdk {
    pub version: String,
    script: Option<PathBuf>,
}

impl Jdk {
    /// A tool of this JDK, run in a folder under /tmp.
    pub fn tool(&self, folder: &Path, tool: &str) -> Command {
        let mut command = match &self.script {
            Some(script) => {
                let mut command = Command::new(script);
                command.arg(&self.version).arg(tool);
                command
            }
            None => Command::new(tool),
        };
        command.current_dir(folder);
        command
    }

    pub fn keytool(&self, folder: &Path, arguments: &[&str]) -> Said {
        run(self.tool(folder, "keytool").args(arguments))
    }

    /// The major version; the host's is asked for it.
    pub fn is_before(&self, major: u32) -> bool {
        self.version.parse::<u32>().is_ok_and(|version| version < major)
    }
}

/// Every JDK at hand: those that `KEYJAR_JDKS` runs, else the host's alone; none where there is none, which is
/// said, and is a failure under `KEYJAR_REQUIRE_JDK`.
pub fn jdks() -> Vec<Jdk> {
    if let Some(script) = std::env::var_os("KEYJAR_JDKS").map(PathBuf::from) {
        let list = Command::new(&script).arg("list").output().unwrap();
        let versions = String::from_utf8(list.stdout).unwrap();
        let jdks: Vec<_> = versions
            .lines()
            .map(|line| Jdk {
                version: line.trim().into(),
                script: Some(script.clone()),
            })
            .collect();
        assert!(!jdks.is_empty(), "{} lists no JDK", script.display());
        return jdks;
    }
    host().into_iter().collect()
}

/// The host's own JDK.
pub fn host() -> Option<Jdk> {
    let found = Command::new("keytool")
        .arg("-help")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        skip("keytool");
        return None;
    }
    Some(Jdk {
        version: String::from("host"),
        script: None,
    })
}

/// Whether a tool is at hand; where not, the test says that it is skipped.
pub fn has(tool: &str, arguments: &[&str]) -> bool {
    let found = Command::new(tool)
        .args(arguments)
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        skip(tool);
    }
    found
}

fn skip(tool: &str) {
    assert!(
        std::env::var_os("KEYJAR_REQUIRE_JDK").is_none(),
        "{tool} is required and missing"
    );
    eprintln!("SKIPPED: there is no {tool}");
}

/// The corpus of stores made by others' software, where it is beside the checkout.
pub fn corpus() -> Option<PathBuf> {
    let found = root()
        .ancestors()
        .map(|folder| folder.join("shared/corpus"))
        .find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: there is no corpus of others' stores beside the checkout");
    }
    found
}

/// A folder under /tmp with the compiled probe, made once; `None` where there is no compiler.
pub fn probe() -> Option<&'static Path> {
    static COMPILED: std::sync::OnceLock<Option<PathBuf>> = std::sync::OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        if !has("javac", &["-version"]) {
            return None;
        }
        let folder = folder().keep();
        let source = root().join("tests/it/interop/java/Probe.java");
        run(Command::new("javac")
            .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d"])
            .arg(&folder)
            .arg(source))
        .exits(0);
        Some(folder)
    });
    compiled.as_deref()
}
