//! The JVMs that are installed on a machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Home;
use crate::fsio;

/// Where JVMs are looked for: the environment's words about it, and the folder that holds the usual places.
#[derive(Clone, Debug)]
pub struct Surroundings {
    variables: BTreeMap<OsString, OsString>,
    root: PathBuf,
}

/// A JVM that is installed.
#[derive(Clone, Debug)]
pub struct Installation {
    /// Its home folder, links resolved.
    pub home: Home,
    /// How it was found: `JAVA_HOME`, `PATH`, a usual folder's name.
    pub found_by: Vec<String>,
    /// The other paths it has.
    pub other_paths: Vec<PathBuf>,
}

/// Folders of this system that hold JVMs, each a folder below; `*` is any folder.
#[cfg(target_os = "macos")]
const PLACES: &[&str] = &[
    "Library/Java/JavaVirtualMachines/*",
    "System/Library/Java/JavaVirtualMachines/*",
    "opt/homebrew/opt/openjdk*/libexec/openjdk.jdk",
    "usr/local/opt/openjdk*/libexec/openjdk.jdk",
    "opt/homebrew/Cellar/openjdk*/*/libexec/openjdk.jdk",
    "usr/local/Cellar/openjdk*/*/libexec/openjdk.jdk",
    "Library/Internet Plug-Ins/JavaAppletPlugin.plugin",
];
#[cfg(not(any(target_os = "macos", windows)))]
const PLACES: &[&str] = &[
    "usr/lib/jvm/*",
    "usr/lib64/jvm/*",
    "usr/lib32/jvm/*",
    "usr/java/*",
    "usr/local/*",
    "usr/local/java/*",
    "usr/local/lib/jvm/*",
    "opt/*",
    "opt/*/*",
    "usr/share/*/jdk",
    "home/linuxbrew/.linuxbrew/opt/openjdk*/libexec",
    "snap/*/current/usr/lib/jvm/*",
    "var/lib/flatpak/runtime/org.freedesktop.Sdk.Extension.openjdk*/*/*/active/files/jvm/*",
    "layers/*/jre",
    "layers/*/jdk",
];
#[cfg(windows)]
const PLACES: &[&str] = &[];

/// Debian's alternatives and their like: links to launchers.
const LAUNCHERS: &[&str] = &["etc/alternatives/java", "usr/bin/java", "usr/local/bin/java"];

/// Below the user's home.
const IN_HOME: &[(&str, &str)] = &[
    (".jdks/*", "IntelliJ"),
    (".gradle/jdks/*", "Gradle"),
    (".gradle/jdks/*/*", "Gradle"),
    (".jabba/jdk/*", "jabba"),
    (".jbang/cache/jdks/*", "JBang"),
    (".m2/jdks/*", "Maven"),
    (".vscode/extensions/redhat.java-*/jre/*", "VS Code"),
    (".cache/coursier/arc/*/*/*/*/*/*/*", "Coursier"),
    (".local/share/JetBrains/Toolbox/apps/*/jbr", "JetBrains Toolbox"),
    ("Library/Java/JavaVirtualMachines/*", "~/Library"),
    ("Library/Caches/Coursier/jvm/*", "Coursier"),
    ("scoop/apps/*/current", "Scoop"),
];

/// Version managers: the variable that moves them, their place below the user's home, where their JVMs are.
const MANAGERS: &[(&str, &str, &str, &str)] = &[
    ("SDKMAN_CANDIDATES_DIR", ".sdkman/candidates", "java/*", "SDKMAN"),
    ("ASDF_DATA_DIR", ".asdf", "installs/java/*", "asdf"),
    ("JENV_ROOT", ".jenv", "versions/*", "jenv"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/java/*", "mise"),
    ("GRADLE_USER_HOME", ".gradle", "jdks/*", "Gradle"),
];

/// Below `%ProgramFiles%` and its like.
const IN_PROGRAM_FILES: &[&str] = &[
    "Java/*",
    "Eclipse Adoptium/*",
    "AdoptOpenJDK/*",
    "Eclipse Foundation/*",
    "Amazon Corretto/*",
    "Microsoft/*",
    "Zulu/*",
    "BellSoft/*",
    "Semeru/*",
    "RedHat/*",
    "SapMachine/*/*",
    "OpenJDK/*",
    "GraalVM/*",
];

impl Surroundings {
    /// This process's.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
            root: PathBuf::from("/"),
        }
    }

    /// Others: these variables, and the usual places below `root`.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>, root: impl Into<PathBuf>) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            root: root.into(),
        }
    }

    /// The JVMs that a bare `java` would be, likeliest first: JAVA_HOME's, then those of the PATH.
    #[must_use]
    pub fn default_homes(&self) -> Vec<Home> {
        let named = self.java_home().and_then(|path| Home::at(&path));
        named.into_iter().chain(self.on_path()).collect()
    }

    /// Every JVM that is found, each once, however many paths lead to it.
    #[must_use]
    pub fn installed(&self) -> Vec<Installation> {
        let mut found: Vec<Installation> = Vec::new();
        let mut add = |path: &Path, by: &str| {
            if let Some(home) = Home::at(path) {
                note(&mut found, &home, by);
            }
        };
        if let Some(path) = self.java_home() {
            add(&path, "JAVA_HOME");
        }
        for home in self.on_path() {
            add(home.path(), "PATH");
        }
        for launcher in LAUNCHERS {
            if let Some(home) = home_of_launcher(&self.root.join(launcher)) {
                add(home.path(), &format!("/{launcher}"));
            }
        }
        for place in PLACES {
            let by = place.split('*').next().unwrap_or_default().trim_end_matches('/');
            for path in expand(&self.root, place) {
                add(&path, &format!("/{by}"));
            }
        }
        for (variable, below, pattern, by) in MANAGERS {
            let folder = self
                .path_in(variable)
                .or_else(|| self.user_home().map(|home| home.join(below)));
            for path in folder.iter().flat_map(|folder| expand(folder, pattern)) {
                add(&path, by);
            }
        }
        for (pattern, by) in IN_HOME {
            for path in self.user_home().iter().flat_map(|home| expand(home, pattern)) {
                add(&path, by);
            }
        }
        for variable in [
            "ProgramFiles",
            "ProgramW6432",
            "ProgramFiles(x86)",
            "LOCALAPPDATA",
        ] {
            let Some(mut folder) = self.path_in(variable) else {
                continue;
            };
            if variable == "LOCALAPPDATA" {
                folder.push("Programs");
            }
            for path in IN_PROGRAM_FILES
                .iter()
                .flat_map(|pattern| expand(&folder, pattern))
            {
                add(&path, variable);
            }
        }
        found
    }

    fn java_home(&self) -> Option<PathBuf> {
        self.path_in("JAVA_HOME").or_else(|| self.path_in("JDK_HOME"))
    }

    fn on_path(&self) -> Vec<Home> {
        let path = self.variables.get(&OsString::from("PATH"));
        let folders: Vec<_> = path
            .map(|path| std::env::split_paths(path).collect())
            .unwrap_or_default();
        folders
            .iter()
            .flat_map(|folder| [folder.join("java"), folder.join("java.exe")])
            .filter_map(|launcher| home_of_launcher(&launcher))
            .collect()
    }

    fn user_home(&self) -> Option<PathBuf> {
        self.path_in("HOME").or_else(|| self.path_in("USERPROFILE"))
    }

    fn path_in(&self, variable: &str) -> Option<PathBuf> {
        self.variables
            .get(&OsString::from(variable))
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    }
}

/// The JVM a launcher belongs to, links followed.
fn home_of_launcher(launcher: &Path) -> Option<Home> {
    let real = launcher.canonicalize().ok()?;
    Home::of_file(&real, &super::Root::ours())
}

/// Adds one, or another path to one that is known.
fn note(found: &mut Vec<Installation>, home: &Home, by: &str) {
    let path = home.path().to_owned();
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    // A JDK 8 holds its runtime's home inside its own.
    let outer = real
        .parent()
        .filter(|_| real.file_name().is_some_and(|name| name == "jre"));
    let real = outer
        .and_then(Home::at)
        .map_or_else(|| real.clone(), |home| home.path().to_owned());
    let at = found.iter().position(|known| known.home.path() == real);
    let known = match at.and_then(|at| found.get_mut(at)) {
        Some(known) => known,
        None => {
            let Some(home) = Home::at(&real) else { return };
            found.push(Installation {
                home,
                found_by: Vec::new(),
                other_paths: Vec::new(),
            });
            let Some(known) = found.last_mut() else { return };
            known
        }
    };
    if !known.found_by.iter().any(|known| known == by) {
        known.found_by.push(by.to_owned());
    }
    if path != real && !known.other_paths.contains(&path) {
        known.other_paths.push(path);
    }
}

/// The folders that a pattern names below a folder; in a name, a `*` at its end is any rest.
fn expand(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    for part in pattern.split('/') {
        let Some(start) = part.strip_suffix('*') else {
            folders = folders.into_iter().map(|folder| folder.join(part)).collect();
            continue;
        };
        folders = folders
            .iter()
            .flat_map(|folder| {
                let names = fsio::names_in(folder).unwrap_or_default();
                names
                    .into_iter()
                    .filter(|name| name.to_string_lossy().starts_with(start))
                    .map(|name| folder.join(name))
                    .filter(|path| fsio::is_folder(path))
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    folders.retain(|folder| fsio::is_folder(folder));
    folders
}
