//! The JVMs of this machine, held against what they say of themselves.

mod installed;
mod into;
mod running;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::{folder, has, root, run};

/// A folder under /tmp with the compiled class, made once; `None` where there is no compiler.
pub fn classes() -> Option<&'static Path> {
    static COMPILED: std::sync::OnceLock<Option<PathBuf>> = std::sync::OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        if !has("javac", &["-version"]) {
            return None;
        }
        let folder = folder().keep();
        run(Command::new("javac")
            .args(["--release", "8", "-nowarn", "-Xlint:-options", "-d"])
            .arg(&folder)
            .arg(root().join("tests/it/jvms/java/Wait.java")))
        .exits(0);
        Some(folder)
    });
    compiled.as_deref()
}

/// A running JVM and what it says of itself; it ends with the value.
pub struct Waiting {
    child: Child,
    said: Vec<String>,
}

impl Waiting {
    /// Starts `java ARGUMENTS`, which must end with the class `Wait`.
    pub fn start(java: &mut Command) -> Self {
        let mut child = java
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines
            .map_while(Result::ok)
            .take_while(|line| line != "up")
            .collect();
        Self { child, said }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The value of one of its lines `NAME=VALUE`; none where it is `null`.
    pub fn says(&self, name: &str) -> Option<&str> {
        let lines = self.said.iter().filter_map(|line| line.split_once('='));
        let value = lines
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value)
            .next();
        let value = value.unwrap_or_else(|| panic!("it said no {name}: {:?}", self.said));
        (value != "null").then_some(value)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
