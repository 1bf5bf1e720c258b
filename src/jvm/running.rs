//! The JVMs that are running, and the stores they use.

use std::path::{Path, PathBuf};

use super::launch::{Launch, Setting, StartOption, Started};
use super::look::{Declared, Look, StoreUse, look_at};
use super::process::{Process, ProcessError};
use super::{Home, Release, Root, major};
use crate::fsio;
use crate::limits::Limits;
use crate::secret::Password;

/// A JVM that is running.
#[derive(Debug)]
pub struct RunningJvm {
    /// Its process.
    pub process: Process,
    /// Its home folder, as it names it.
    pub home: Option<PathBuf>,
    /// Version and vendor.
    pub release: Release,
    /// Its main class, jar or module.
    pub main: Option<String>,
    /// The options it was started with.
    pub options: Vec<StartOption>,
    /// The truststore in use.
    pub truststore: TruststoreInUse,
    /// The keystore in use; `None` where there is none: no client certificate is shown.
    pub keystore: Option<KeystoreInUse>,
    /// What is odd about the way it was started.
    pub notes: Vec<String>,
}

/// Which file a JVM takes its trust anchors from, and why (`sun.security.ssl.TrustStoreManager`).
#[derive(Debug)]
pub struct TruststoreInUse {
    /// What `javax.net.ssl.trustStore` asks for.
    pub asked: Option<Setting>,
    /// Why this file.
    pub reason: TruststoreReason,
    /// The store, as the process names it; `None` where it is no file, or the JVM has none.
    pub store: Option<StoreInUse>,
}

/// Why a JVM uses a truststore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruststoreReason {
    /// `javax.net.ssl.trustStore` names it.
    Property,
    /// It is `NONE`: no file.
    None,
    /// `jssecacerts` is there, and nothing else is asked for.
    Jssecacerts,
    /// Nothing else is asked for.
    Cacerts,
    /// What is asked for is no file that can be read: a JVM falls back to cacerts without a word.
    FallenBack,
}

impl TruststoreReason {
    /// A name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Property => "property",
            Self::None => "none",
            Self::Jssecacerts => "jssecacerts",
            Self::Cacerts => "cacerts",
            Self::FallenBack => "fallback",
        }
    }
}

/// The file of `javax.net.ssl.keyStore`.
#[derive(Debug)]
pub struct KeystoreInUse {
    /// What was asked for.
    pub asked: Setting,
    /// The file.
    pub store: StoreInUse,
}

/// A store in use, and what the JVM finds in it.
#[derive(Debug)]
pub struct StoreInUse {
    /// Its absolute path, as the process names it.
    pub path: PathBuf,
    /// Where it is found from here.
    pub here: PathBuf,
    /// The password's setting, if there is one.
    pub password: Option<Setting>,
    /// The type's setting, if there is one.
    pub store_type: Option<Setting>,
    /// What is in it.
    pub look: Look,
}

impl RunningJvm {
    /// The JVM of that process.
    ///
    /// # Errors
    /// A process that is gone, another user's, or no JVM.
    pub fn find(pid: u32) -> Result<Self, ProcessError> {
        let process = Process::find(pid)?;
        if process.environment.is_none() && cfg!(target_os = "linux") {
            let uid = process.uid;
            return Err(ProcessError::NotOurs { pid, uid });
        }
        Ok(Self::of(process))
    }

    /// Every running JVM that can be seen, and those that cannot be looked into.
    ///
    /// # Errors
    /// A system whose processes cannot be listed.
    pub fn all() -> Result<(Vec<Self>, Vec<ProcessError>), ProcessError> {
        let (found, mut hidden) = Process::all()?;
        let mut running = Vec::new();
        for process in found {
            if process.environment.is_none() && cfg!(target_os = "linux") {
                let (pid, uid) = (process.pid, process.uid);
                hidden.push(ProcessError::NotOurs { pid, uid });
            } else {
                running.push(Self::of(process));
            }
        }
        Ok((running, hidden))
    }

    fn of(process: Process) -> Self {
        let published = |name: &str| process.published.get(name).cloned();
        let named = published("java.property.java.home").map(PathBuf::from);
        let home = named
            .as_deref()
            .map(|path| path.join("lib/x"))
            .into_iter()
            .chain(process.library.clone())
            .chain(process.executable.clone())
            .find_map(|file| Home::of_file(&file, &process.root));
        let mut release = home.as_ref().map(Home::release).unwrap_or_default();
        if let Some(version) = published("java.property.java.version") {
            release.major = major(&version).or(release.major);
            release.version = Some(version);
        }
        if let Some(vendor) = published("java.property.java.vm.vendor").filter(|_| release.vendor.is_none()) {
            release.vendor = Some(vendor);
        }
        let mut started = started(&process, release.major);
        add_published(&process, &mut started);
        if process.environment.is_none() {
            started.notes.push(String::from(
                "its environment cannot be read: JAVA_TOOL_OPTIONS and its like are not known",
            ));
        }
        if process.is_deleted {
            started.notes.push(String::from(
                "its executable was replaced or removed since it started (an update?): it still runs the old one",
            ));
        }
        let stores = Stores {
            process: &process,
            home: home.as_ref(),
            jdk: release.major,
            properties: started.properties(),
        };
        let truststore = stores.truststore();
        let keystore = stores.keystore();
        let main = started.main.or_else(|| {
            published("sun.rt.javaCommand")?
                .split(' ')
                .next()
                .map(str::to_owned)
        });
        Self {
            home: home.map(|home| home.path().to_owned()),
            release,
            main,
            options: started.options,
            truststore,
            keystore,
            notes: started.notes,
            process,
        }
    }
}

fn started(process: &Process, jdk: Option<u32>) -> Started {
    let variable = |name: &str| process.environment.as_ref()?.get(name);
    let file = |path: &Path| {
        let path = absolute(process, path);
        let here = process.root.resolve(&path);
        let limits = Limits {
            input_bytes: 1 << 20,
            ..Limits::DEFAULT
        };
        match fsio::read(&here, &limits) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(fsio::FileError::Io { source, .. }) => Err(source.to_string()),
            Err(error) => Err(error.to_string()),
        }
    };
    Launch {
        launcher: process.launcher,
        jdk: jdk.unwrap_or(17),
        words: &process.words,
        variable: &variable,
        file: &file,
    }
    .started()
}

/// What the JVM itself says it was started with, where it says more than the places we know: an embedding
/// program's options, or those of an argument file that is gone. Blanks in them are not told from those between.
fn add_published(process: &Process, started: &mut Started) {
    let Some(text) = process.published.get("java.rt.vmArgs") else {
        return;
    };
    let is_cut = text.len() + 1 >= super::perfdata::LONGEST;
    let known: Vec<_> = started
        .options
        .iter()
        .map(|option| option.expose_text().to_owned())
        .collect();
    let is_known = |word: &str| known.iter().any(|option| option == word || option.contains(word));
    let words: Vec<_> = text.split(' ').collect();
    let last = words.len().saturating_sub(1);
    for (at, word) in words.into_iter().enumerate() {
        let is_whole = !(is_cut && at == last);
        if word.starts_with("-Djavax.net.ssl.") && is_whole && !is_known(word) {
            // Weaker than what is known: that may have come after it.
            started
                .options
                .insert(0, StartOption::new(word, super::Origin::PerformanceData));
        }
    }
}

fn absolute(process: &Process, path: &Path) -> PathBuf {
    match &process.folder {
        Some(folder) => folder.join(path),
        None => path.to_owned(),
    }
}

struct Stores<'a> {
    process: &'a Process,
    home: Option<&'a Home>,
    jdk: Option<u32>,
    properties: std::collections::BTreeMap<String, Setting>,
}

impl Stores<'_> {
    fn truststore(&self) -> TruststoreInUse {
        let asked = self.property("javax.net.ssl.trustStore");
        let (reason, path) = match &asked {
            None => self.default(),
            Some(asked) if asked.expose_value() == "NONE" => (TruststoreReason::None, None),
            Some(asked) => {
                let path = absolute(self.process, Path::new(asked.expose_value()));
                if is_readable_file(&self.process.root, &path) && !asked.expose_value().is_empty() {
                    (TruststoreReason::Property, Some(path))
                } else {
                    let cacerts = self.home.map(|home| home.security_folder().join("cacerts"));
                    (TruststoreReason::FallenBack, cacerts)
                }
            }
        };
        TruststoreInUse {
            store: path.map(|path| self.store(path, "trustStore", StoreUse::Trust)),
            asked,
            reason,
        }
    }

    fn default(&self) -> (TruststoreReason, Option<PathBuf>) {
        let path = self.home.map(Home::default_store);
        let is_preferred = path.as_ref().is_some_and(|path| path.ends_with("jssecacerts"));
        let reason = if is_preferred {
            TruststoreReason::Jssecacerts
        } else {
            TruststoreReason::Cacerts
        };
        (reason, path)
    }

    fn keystore(&self) -> Option<KeystoreInUse> {
        let asked = self.property("javax.net.ssl.keyStore")?;
        if asked.expose_value().is_empty() || asked.expose_value() == "NONE" {
            return None;
        }
        let path = absolute(self.process, Path::new(asked.expose_value()));
        Some(KeystoreInUse {
            store: self.store(path, "keyStore", StoreUse::Key),
            asked,
        })
    }

    fn store(&self, path: PathBuf, property: &str, used_for: StoreUse) -> StoreInUse {
        let here = self.process.root.resolve(&path);
        let password = self.property(&format!("javax.net.ssl.{property}Password"));
        let store_type = self.property(&format!("javax.net.ssl.{property}Type"));
        let given = password.as_ref().map(Setting::expose_value);
        let secret = match given {
            None | Some("") => Password::none(),
            Some(text) => Password::new(text),
        };
        let declared = Declared(
            store_type
                .as_ref()
                .map(|setting| setting.expose_value().to_owned()),
        );
        let look = look_at(&here, &declared, &secret, self.jdk, used_for);
        StoreInUse {
            path,
            here,
            password,
            store_type,
            look,
        }
    }

    fn property(&self, name: &str) -> Option<Setting> {
        self.properties.get(name).cloned()
    }
}

fn is_readable_file(root: &Root, path: &Path) -> bool {
    let here = root.resolve(path);
    fsio::is_file(&here) && fsio::is_readable(&here)
}
