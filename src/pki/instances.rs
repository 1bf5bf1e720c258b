//! Many certificates from one file: elasticsearch-certutil's `instances.yml`, and the same as TOML or JSON.

use serde::Deserialize;

use super::{AltName, NameError};
use crate::error::{ErrorKind, Hint};

/// Something that needs a certificate, as the file describes it.
///
/// ```
/// use keyjar::pki::{Instance, InstanceFormat};
/// let text = "instances:\n  - name: es01\n    dns: [ es01.example.com ]\n    ip: [ 10.0.0.1 ]\n";
/// let instances = Instance::read_all(text, InstanceFormat::Yaml)?;
/// assert_eq!(instances[0].alt_names()?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The common name, or a distinguished name where it holds a `=`.
    pub name: String,
    /// What its files are called; the name unless given.
    #[serde(default)]
    pub filename: Option<String>,
    /// IP addresses.
    #[serde(default)]
    pub ip: Vec<String>,
    /// DNS names.
    #[serde(default)]
    pub dns: Vec<String>,
    /// Names for Elasticsearch's transport layer ([`AltName::CommonName`]).
    #[serde(default)]
    pub cn: Vec<String>,
}

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceFormat {
    /// YAML, of which JSON is a part.
    Yaml,
    /// TOML: `[[instances]]`.
    Toml,
    /// JSON.
    Json,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    instances: Vec<Instance>,
}

/// Why a file describes no instances.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct InstancesError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl InstancesError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Damaged
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        vec![Hint::new(
            "an instance has a `name`, and may have a `filename` and the lists `dns`, `ip` and `cn`: `- name: es01`, `  dns: [ es01.example.com ]`",
        )]
    }
}

impl InstanceFormat {
    /// By the file's ending; YAML unless it says otherwise.
    #[must_use]
    pub fn of_path(path: &std::path::Path) -> Self {
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "toml" => Self::Toml,
            "json" => Self::Json,
            _ => Self::Yaml,
        }
    }
}

impl Instance {
    /// Reads a file of instances.
    ///
    /// # Errors
    /// Broken syntax, an unknown or a missing field, a text where a list belongs: with line and column.
    pub fn read_all(text: &str, format: InstanceFormat) -> Result<Vec<Self>, InstancesError> {
        // A byte order mark is what some editors begin a file with, and no part of it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let file: File = match format {
            InstanceFormat::Yaml => serde_saphyr::from_str(text).map_err(|error| of_yaml(&error))?,
            InstanceFormat::Toml => toml::from_str(text).map_err(|error| of_toml(&error, text))?,
            InstanceFormat::Json => serde_json::from_str(text).map_err(|error| of_json(&error))?,
        };
        Ok(file.instances)
    }

    /// Its names, in the order DNS, IP, CN.
    ///
    /// # Errors
    /// One of them is none.
    pub fn alt_names(&self) -> Result<Vec<AltName>, NameError> {
        let dns = self.dns.iter().map(|name| AltName::dns(name));
        let ip = self.ip.iter().map(|address| AltName::ip(address));
        let cn = self.cn.iter().map(|name| Ok(AltName::CommonName(name.clone())));
        dns.chain(ip).chain(cn).collect()
    }
}

fn of_yaml(error: &serde_saphyr::Error) -> InstancesError {
    let place = error.location();
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    InstancesError {
        line: place.map_or(0, |place| number(place.line())),
        column: place.map_or(0, |place| number(place.column())),
        what: error.without_snippet().to_string(),
    }
}

fn of_toml(error: &toml::de::Error, text: &str) -> InstancesError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    InstancesError {
        line: before.matches('\n').count() + 1,
        column: before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1,
        what: error.message().to_owned(),
    }
}

fn of_json(error: &serde_json::Error) -> InstancesError {
    let whole = error.to_string();
    let what = whole
        .rsplit_once(" at line ")
        .map_or(whole.as_str(), |(what, _)| what);
    InstancesError {
        line: error.line(),
        column: error.column(),
        what: what.to_owned(),
    }
}
