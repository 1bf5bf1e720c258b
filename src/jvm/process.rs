//! The processes of this machine that have a JVM inside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Root;
use super::launch::Launcher;
use super::perfdata;
use crate::error::{ErrorKind, Hint};
use crate::fsio;
use crate::limits::Limits;

/// Why a process cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum ProcessError {
    #[error("there is no process {pid}")]
    Gone { pid: u32 },
    #[error("the process {pid} is another user's{}: its environment cannot be read", user(*uid))]
    NotOurs { pid: u32, uid: Option<u32> },
    #[error("the process {pid} is no JVM{}", named(name))]
    NoJvm { pid: u32, name: String },
    #[error("the processes of this system cannot be listed: {why}")]
    NoList { why: String },
}

impl ProcessError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Gone { .. } => ErrorKind::NotFound,
            Self::NotOurs { .. } | Self::NoList { .. } => ErrorKind::Io,
            Self::NoJvm { .. } => ErrorKind::WrongInput,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::Gone { .. } | Self::NoJvm { .. } => "`keyjar jvms` lists the JVMs that are running",
            Self::NotOurs { .. } => "run the command as that user, or as root",
            Self::NoList { .. } => return Vec::new(),
        };
        vec![Hint::new(text)]
    }
}

fn user(uid: Option<u32>) -> String {
    uid.map(|uid| format!(" (uid {uid})")).unwrap_or_default()
}

fn named(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!(": it runs `{name}`")
    }
}

/// A process that has a JVM inside, as the system shows it.
#[derive(Debug)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its user's number.
    pub uid: Option<u32>,
    /// Its executable as it names it, and whether that was deleted since (a JDK that was updated).
    pub executable: Option<PathBuf>,
    /// Whether the executable's file was removed or replaced since the start.
    pub is_deleted: bool,
    /// How the JVM was started.
    pub launcher: Launcher,
    /// Its command line, the name left out.
    pub words: Vec<String>,
    /// Its environment at the start; `None` where it cannot be read.
    pub environment: Option<Environment>,
    /// Its folder, as it names it.
    pub folder: Option<PathBuf>,
    /// What it calls `/`.
    pub root: Root,
    /// Its `libjvm.so`, as it names it.
    pub library: Option<PathBuf>,
    /// What its JVM publishes of itself.
    pub published: BTreeMap<String, String>,
}

/// A process's environment. Its values may be secrets: they are never shown by `Debug`.
pub struct Environment(BTreeMap<String, zeroize::Zeroizing<String>>);

impl Environment {
    /// Reads `NAME=VALUE` pairs that end with NUL.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let pairs = bytes.split(|octet| *octet == 0).filter_map(|pair| {
            let pair = zeroize::Zeroizing::new(String::from_utf8_lossy(pair).into_owned());
            let (name, value) = pair.split_once('=')?;
            Some((name.to_owned(), zeroize::Zeroizing::new(value.to_owned())))
        });
        Self(pairs.collect())
    }

    /// A variable's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| value.as_str().to_owned())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

impl Process {
    /// The process of that number.
    ///
    /// # Errors
    /// It is gone, another user's, or has no JVM inside.
    pub fn find(pid: u32) -> Result<Self, ProcessError> {
        if cfg!(target_os = "linux") {
            return Self::in_proc(Path::new("/proc"), pid);
        }
        let all = super::listing::processes()?;
        let listed = all.into_iter().find(|listed| listed.pid == pid);
        let listed = listed.ok_or(ProcessError::Gone { pid })?;
        let name = listed.executable.clone().unwrap_or_default();
        Self::listed(listed).ok_or(ProcessError::NoJvm { pid, name })
    }

    /// Every process with a JVM inside that can be seen, and those that cannot be looked into.
    ///
    /// # Errors
    /// A system whose processes cannot be listed.
    pub fn all() -> Result<(Vec<Self>, Vec<ProcessError>), ProcessError> {
        if !cfg!(target_os = "linux") {
            let all = super::listing::processes()?;
            return Ok((all.into_iter().filter_map(Self::listed).collect(), Vec::new()));
        }
        let proc = Path::new("/proc");
        let names = fsio::names_in(proc).map_err(|error| ProcessError::NoList {
            why: error.to_string(),
        })?;
        let mut pids: Vec<u32> = names
            .iter()
            .filter_map(|name| name.to_str()?.parse().ok())
            .collect();
        pids.sort_unstable();
        let mut found = Vec::new();
        let mut hidden = Vec::new();
        for pid in pids {
            match Self::in_proc(proc, pid) {
                Ok(process) => found.push(process),
                Err(error @ ProcessError::NotOurs { .. }) => hidden.push(error),
                Err(_) => {}
            }
        }
        Ok((found, hidden))
    }

    /// A process of Linux's `/proc` (proc(5)).
    fn in_proc(proc: &Path, pid: u32) -> Result<Self, ProcessError> {
        let folder = proc.join(pid.to_string());
        let read = |name: &str| fsio::read(&folder.join(name), &Limits::DEFAULT);
        let status = read("status").or(Err(ProcessError::Gone { pid }))?;
        let status = String::from_utf8_lossy(&status).into_owned();
        let command = read("cmdline").or(Err(ProcessError::Gone { pid }))?;
        let words: Vec<_> = command
            .strip_suffix(b"\0")
            .unwrap_or(&command)
            .split(|octet| *octet == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        let name = words.first().cloned().unwrap_or_default();
        let uid = field(&status, "Uid:").and_then(|text| text.parse().ok());
        let executable = folder.join("exe").read_link();
        let library = read("maps").map(|maps| library(&maps));
        let (executable, library) = match (executable, library) {
            (Ok(executable), Ok(library)) => (executable, library),
            // A kernel thread has no executable, and no command line.
            (Err(_), _) if command.is_empty() => return Err(ProcessError::NoJvm { pid, name }),
            _ if is_java(Path::new(&name)) => return Err(ProcessError::NotOurs { pid, uid }),
            _ => return Err(ProcessError::NoJvm { pid, name }),
        };
        let text = executable.to_string_lossy().into_owned();
        let (text, is_deleted) = match text.strip_suffix(" (deleted)") {
            Some(text) => (text.to_owned(), true),
            None => (text, false),
        };
        let executable = PathBuf::from(text);
        if library.is_none() && !is_java(&executable) {
            return Err(ProcessError::NoJvm { pid, name });
        }
        let environment = read("environ").ok().map(|bytes| Environment::parse(&bytes));
        let root = root(proc, &folder);
        let inside = |path: PathBuf| root.inside(&path);
        let cwd = folder.join("cwd").read_link().ok().map(inside);
        let own_pid = field(&status, "NSpid:")
            .and_then(|text| text.split_whitespace().next_back()?.parse().ok())
            .unwrap_or(pid);
        Ok(Self {
            pid,
            uid,
            launcher: launcher(&executable, library.is_some()),
            executable: Some(inside(executable)),
            is_deleted,
            words: words.into_iter().skip(1).collect(),
            environment,
            folder: cwd,
            library: library.map(inside),
            published: published(&root, own_pid, uid),
            root,
        })
    }

    /// A process of a list: its environment and folder are not told.
    fn listed(listed: super::listing::Listed) -> Option<Self> {
        let executable = PathBuf::from(listed.executable?);
        let name = PathBuf::from(executable.file_stem()?);
        (is_java(&name)).then(|| Self {
            pid: listed.pid,
            uid: None,
            launcher: Launcher::Java,
            executable: Some(executable),
            is_deleted: false,
            words: listed.words.into_iter().skip(1).collect(),
            environment: None,
            folder: None,
            root: Root::ours(),
            library: None,
            published: BTreeMap::new(),
        })
    }
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    if name == "NSpid:" {
        return Some(line.trim());
    }
    line.split_whitespace().next()
}

fn is_java(executable: &Path) -> bool {
    executable
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| matches!(name.trim_end_matches(".exe"), "java" | "javaw"))
}

fn launcher(executable: &Path, has_library: bool) -> Launcher {
    if is_java(executable) {
        return Launcher::Java;
    }
    let is_tool = has_library
        && super::Home::of_file(executable, &Root::ours()).is_some()
        && executable.parent().is_some_and(|folder| folder.ends_with("bin"));
    if is_tool {
        Launcher::Tool
    } else {
        Launcher::Embedding
    }
}

/// The path of `libjvm.so` among the files that a process has mapped.
fn library(maps: &[u8]) -> Option<PathBuf> {
    let maps = String::from_utf8_lossy(maps);
    let line = maps
        .lines()
        .find(|line| line.contains("/libjvm.so") || line.contains("/libj9vm"))?;
    let path = line.find('/').and_then(|at| line.get(at..))?;
    Some(PathBuf::from(path.trim_end_matches(" (deleted)")))
}

/// A process's `/`: ours where it is the same folder of the same mounts.
fn root(proc: &Path, folder: &Path) -> Root {
    let link = folder.join("root");
    let same_mounts = match (
        folder.join("ns/mnt").read_link(),
        proc.join("self/ns/mnt").read_link(),
    ) {
        (Ok(its), Ok(ours)) => its == ours,
        _ => true,
    };
    match link.read_link() {
        Ok(path) if same_mounts && path == Path::new("/") => Root::ours(),
        Ok(path) if same_mounts => Root::at(path),
        Ok(_) => Root::at(link),
        Err(_) => Root::ours(),
    }
}

/// The JVM's own words about itself. Anyone may write to /tmp: only what the process's user owns counts.
fn published(root: &Root, pid: u32, uid: Option<u32>) -> BTreeMap<String, String> {
    let tmp = root.resolve(Path::new("/tmp"));
    let names = fsio::names_in(&tmp).unwrap_or_default();
    let folders = names
        .iter()
        .filter(|name| name.to_string_lossy().starts_with("hsperfdata_"));
    folders
        .map(|name| tmp.join(name).join(pid.to_string()))
        .filter(|file| !file.is_symlink() && fsio::is_file(file) && fsio::owner(file) == uid)
        .find_map(|file| fsio::read(&file, &Limits::DEFAULT).ok())
        .map(|bytes| perfdata::strings(&bytes))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environments_values_are_not_shown() {
        let environment = Environment::parse(b"A=secret99\0B=x=y\0\0junk\0");
        assert_eq!(environment.get("B").as_deref(), Some("x=y"));
        assert!(!format!("{environment:?}").contains("secret99"));
    }

    #[test]
    fn the_library_is_found_among_the_maps() {
        let maps = b"7f00-7f01 r--p 00000000 fe:00 1 /lib/ld.so\n7f02-7f03 r--p 00000000 fe:00 3   /jdk x/lib/server/libjvm.so (deleted)\n";
        assert_eq!(
            library(maps).as_deref(),
            Some(Path::new("/jdk x/lib/server/libjvm.so"))
        );
    }
}
