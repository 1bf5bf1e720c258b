use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Root;
use super::look::{Declared, Look, StoreUse, look_at};
use crate::fsio;
use crate::limits::Limits;
use crate::secret::Password;
use crate::x509::Validity;

/// What the folders of those that have no `release`, or an old one, are called.
const VENDORS: &[(&str, &str)] = &[
    ("temurin", "Eclipse Adoptium"),
    ("adoptopenjdk", "AdoptOpenJDK"),
    ("corretto", "Amazon.com Inc."),
    ("zulu", "Azul Systems, Inc."),
    ("liberica", "BellSoft"),
    ("bellsoft", "BellSoft"),
    ("graalvm", "GraalVM"),
    ("semeru", "IBM Corporation"),
    ("sapmachine", "SAP SE"),
    ("jbr", "JetBrains s.r.o."),
    ("openjdk", "OpenJDK"),
];

/// What a JVM says of itself in its file `release`, or what its layout tells where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// `17.0.15`, `1.8.0_504`
    pub version: Option<String>,
    /// 8, 11, 17, ...
    pub major: Option<u32>,
    /// `Debian`, `Eclipse Adoptium`, ...
    pub vendor: Option<String>,
}

/// A JVM's home folder: what `java.home` or its parent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    path: PathBuf,
    root: Root,
}

/// A store that a JVM takes its trust anchors from without being told to.
#[derive(Debug)]
pub struct OwnStore {
    /// Where the JVM looks for it.
    pub path: PathBuf,
    /// The file itself, where `path` is a link or leads through one.
    pub real: PathBuf,
    /// Whether `path` itself is a symbolic link (Debian's and Fedora's JVMs share the system's store so).
    pub is_link: bool,
    /// Whether this process could replace the file.
    pub is_writable: bool,
    /// What is in it, opened as a JVM opens it: without a password.
    pub look: Look,
    /// The certificates in it that have expired, by alias.
    pub expired: Vec<(String, Timestamp)>,
}

impl Home {
    /// The home folder that `path` is: it has a `bin/java`, or a runtime without a launcher. macOS' bundles hold
    /// theirs in `Contents/Home`.
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        Self::inside(path, &Root::ours())
    }

    /// The same of a path as a process names it whose `/` may be another folder.
    #[must_use]
    pub fn inside(path: &Path, root: &Root) -> Option<Self> {
        [path.to_owned(), path.join("Contents/Home")]
            .into_iter()
            .map(|path| Self {
                path,
                root: root.clone(),
            })
            .find(Self::is_home)
    }

    /// The home folder that a launcher, a tool or a `libjvm.so` belongs to; that of a JDK 8 holds its runtime's
    /// in `jre`.
    #[must_use]
    pub fn of_file(file: &Path, root: &Root) -> Option<Self> {
        let runtime = file
            .ancestors()
            .skip(1)
            .find_map(|folder| Self::inside(folder, root))?;
        let is_jre = runtime.path.file_name().is_some_and(|name| name == "jre");
        let outer = runtime.path.parent().filter(|_| is_jre);
        Some(outer.and_then(|path| Self::inside(path, root)).unwrap_or(runtime))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has a compiler.
    #[must_use]
    pub fn is_jdk(&self) -> bool {
        self.has("bin/javac") || self.has("bin/javac.exe")
    }

    /// Version and vendor.
    #[must_use]
    pub fn release(&self) -> Release {
        let text = ["release", "../release"].iter().find_map(|name| {
            let bytes = fsio::read_if_exists(&self.file(name), &Limits::DEFAULT)
                .ok()
                .flatten()?;
            String::from_utf8(bytes.to_vec()).ok()
        });
        let mut release = text.map(|text| Release::parse(&text)).unwrap_or_default();
        release.major = release.major.or_else(|| self.major_by_layout());
        release.vendor = release.vendor.or_else(|| self.vendor_by_name());
        release
    }

    /// `lib/security`, or `jre/lib/security` where a JDK 8 has its runtime.
    #[must_use]
    pub fn security_folder(&self) -> PathBuf {
        if self.has("jre/lib/security") {
            return self.path.join("jre/lib/security");
        }
        self.path.join("lib/security")
    }

    /// The store of this JVM's own trust anchors: `jssecacerts` where there is one, else `cacerts`
    /// (`sun.security.ssl.TrustStoreManager`).
    #[must_use]
    pub fn default_store(&self) -> PathBuf {
        let folder = self.security_folder();
        let preferred = folder.join("jssecacerts");
        if fsio::is_file(&self.root.resolve(&preferred)) {
            preferred
        } else {
            folder.join("cacerts")
        }
    }

    /// `cacerts`, as a JVM sees it; `None` where there is none.
    #[must_use]
    pub fn cacerts(&self, now: Timestamp) -> Option<OwnStore> {
        OwnStore::at(&self.security_folder().join("cacerts"), &self.root, now)
    }

    /// `jssecacerts`, which a JVM prefers; `None` where there is none.
    #[must_use]
    pub fn jssecacerts(&self, now: Timestamp) -> Option<OwnStore> {
        OwnStore::at(&self.security_folder().join("jssecacerts"), &self.root, now)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.root.resolve(&self.path.join(name))
    }

    fn has(&self, name: &str) -> bool {
        fsio::exists(&self.file(name))
    }

    fn is_home(&self) -> bool {
        let is_runtime = ["lib/modules", "lib/rt.jar", "jre/lib/rt.jar", "lib/jrt-fs.jar"]
            .iter()
            .any(|name| self.has(name));
        let has_launcher = self.has("bin/java") || self.has("bin/java.exe");
        let has_security = self.has("lib/security") || self.has("jre/lib/security");
        let has_cacerts = self.has("lib/security/cacerts") || self.has("jre/lib/security/cacerts");
        // A folder of shims has a bin/java too, and no libraries.
        has_cacerts
            || (has_launcher && (is_runtime || self.has("release") || has_security))
            || (is_runtime && has_security)
    }

    /// From what is in the folder, else from its name (`java-8-openjdk-amd64`, `jdk-17.0.2`).
    fn major_by_layout(&self) -> Option<u32> {
        if self.has("jre/lib/rt.jar") || self.has("lib/rt.jar") {
            return Some(8);
        }
        let name = self.path.file_name()?.to_str()?;
        let at = name.find(|c: char| c.is_ascii_digit())?;
        major(name.get(at..)?)
    }

    fn vendor_by_name(&self) -> Option<String> {
        let path = self.path.to_str()?.to_ascii_lowercase();
        VENDORS
            .iter()
            .find(|(part, _)| path.contains(part))
            .map(|(_, vendor)| String::from(*vendor))
    }
}

impl Release {
    /// Reads the lines `NAME="VALUE"` of a file `release`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let value = |name: &str| {
            text.lines().find_map(|line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
            })
        };
        let version = value("JAVA_VERSION").filter(|text| !text.is_empty());
        Self {
            major: version.as_deref().and_then(major),
            version,
            vendor: value("IMPLEMENTOR").filter(|text| !text.is_empty() && text != "N/A"),
        }
    }
}

impl OwnStore {
    /// The store at a path as a process names it whose `/` may be another folder; `None` where there is none.
    #[must_use]
    pub fn at(path: &Path, root: &Root, now: Timestamp) -> Option<Self> {
        let here = root.resolve(path.parent()?).join(path.file_name()?);
        if here.symlink_metadata().is_err() {
            return None;
        }
        let real = root.resolve(path);
        let look = look_at(
            &real,
            &Declared::default(),
            &Password::none(),
            None,
            StoreUse::Trust,
        );
        let expired = look.store.iter().flat_map(|store| store.iter());
        let expired = expired
            .filter_map(
                |(alias, entry)| match entry.certificates().first()?.validity_at(now) {
                    Validity::Expired { at } => Some((alias.as_str().to_owned(), at)),
                    _ => None,
                },
            )
            .collect();
        Some(Self {
            is_link: here.is_symlink(),
            is_writable: fsio::is_replaceable(&real),
            path: path.to_owned(),
            real,
            look,
            expired,
        })
    }
}

/// The feature release of a version: 8 of `1.8.0_504`, 17 of `17.0.15+6`.
#[must_use]
pub fn major(version: &str) -> Option<u32> {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    match (numbers.next()?.ok()?, numbers.next()) {
        (1, Some(Ok(second))) => Some(second),
        (first, _) => Some(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_before_nine_begins_with_one() {
        assert_eq!(major("1.8.0_504"), Some(8));
        assert_eq!(major("17.0.15+6"), Some(17));
        assert_eq!(major("28-ea"), Some(28));
        assert_eq!(major("ea"), None);
    }

    #[test]
    fn vendor_and_version_come_from_release() {
        let release = Release::parse("IMPLEMENTOR=\"Eclipse Adoptium\"\nJAVA_VERSION=\"1.8.0_432\"\n");
        assert_eq!(release.major, Some(8));
        assert_eq!(release.vendor.as_deref(), Some("Eclipse Adoptium"));
    }
}
