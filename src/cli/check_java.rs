//! A JDK's folder, as far as its trust decisions go.

use std::path::{Path, PathBuf};

use keyjar::trust::{Jdk, SecurityProperties};
use keyjar::{ErrorKind, KeyStore, Limits, Password, fsio};

use super::failure::Failure;
use super::import;

/// A JDK or a JRE.
pub(super) struct Home {
    path: PathBuf,
    version: u32,
    properties: Option<SecurityProperties>,
}

impl Home {
    /// Reads its version and its security properties.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let release = fsio::read_if_exists(&path.join("release"), &Limits::DEFAULT)?;
        let version = release
            .as_deref()
            .and_then(|release| version(&String::from_utf8_lossy(release)))
            .or_else(|| of_name(path));
        let Some(version) = version else {
            return Err(Failure::new(
                ErrorKind::WrongInput,
                format!(
                    "`{}` is no JDK: it has no `release` file that tells a JAVA_VERSION",
                    path.display()
                ),
                "name the folder that has `bin/java` in it, or give the version: `--jdk 21`",
            ));
        };
        let mut properties = None;
        for place in ["conf/security", "jre/lib/security", "lib/security"] {
            let file = path.join(place).join("java.security");
            if let Some(bytes) = fsio::read_if_exists(&file, &Limits::DEFAULT)? {
                properties = Some(SecurityProperties::parse(&bytes));
                break;
            }
        }
        Ok(Self {
            path: path.to_owned(),
            version,
            properties,
        })
    }

    pub(super) fn jdk(&self) -> Result<Jdk, Failure> {
        let jdk = match &self.properties {
            Some(properties) => Jdk::with_properties(self.version, properties),
            None => Jdk::new(self.version),
        };
        jdk.map_err(|error| Failure::from(error).context(format!("`{}`", self.path.display())))
    }

    /// Its truststore: jssecacerts, else cacerts.
    pub(super) fn own_truststore(&self) -> Option<PathBuf> {
        self.own("jssecacerts").or_else(|| self.own("cacerts"))
    }

    fn own(&self, name: &str) -> Option<PathBuf> {
        ["lib", "jre/lib"]
            .map(|lib| self.path.join(lib).join("security").join(name))
            .into_iter()
            .find(|path| fsio::exists(path))
    }
}

/// `JAVA_VERSION="17.0.15"`, `JAVA_VERSION="1.8.0_504"`
fn version(release: &str) -> Option<u32> {
    let line = release
        .lines()
        .find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
    major(line.trim().trim_matches('"'))
}

fn major(version: &str) -> Option<u32> {
    let mut parts = version.split(|character: char| !character.is_ascii_digit());
    match parts.next()?.parse().ok()? {
        1 => parts.next()?.parse().ok(),
        major => Some(major),
    }
}

/// `java-17-openjdk-amd64`, where there is no release file.
fn of_name(path: &Path) -> Option<u32> {
    let name = path
        .canonicalize()
        .ok()?
        .file_name()?
        .to_string_lossy()
        .into_owned();
    let digits = name.strip_prefix("java-").or_else(|| name.strip_prefix("jdk-"))?;
    fsio::exists(&path.join("bin/java"))
        .then(|| major(digits))
        .flatten()
}

/// The JVM's own truststore: that of the folder, else of the JVM of this machine.
pub(super) fn own_truststore(home: Option<&Home>) -> Option<PathBuf> {
    match home {
        Some(home) => home.own_truststore(),
        None => import::cacerts().ok(),
    }
}

/// The cacerts whose ` [jdk` aliases tell the JDK's own authorities; read without its password, as the JDK does.
pub(super) fn cacerts(home: Option<&Home>) -> Option<KeyStore> {
    let path = match home {
        Some(home) => home.own("cacerts")?,
        None => return None,
    };
    let bytes = fsio::read(&path, &Limits::DEFAULT).ok()?;
    KeyStore::from_bytes(bytes, &Password::none()).ok()
}
