use std::path::{Path, PathBuf};

use super::agent::{Agent, AgentOption, Purpose};
use super::{ApmError, ServerUrl};
use crate::jvm::SystemProperties;
use crate::x509::Certificate;

/// A file of certificates as the agent will find it.
#[derive(Clone, Debug)]
pub struct CertificateFile {
    path: PathBuf,
    certificates: Vec<Certificate>,
    other_than_pem: Option<String>,
}

impl CertificateFile {
    /// A PEM file, at the path it has where the agent runs, in the order of its certificates.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, certificates: Vec<Certificate>) -> Self {
        Self {
            path: path.into(),
            certificates,
            other_than_pem: None,
        }
    }

    /// The same, but the file is no PEM and only says what it is (`a PKCS#12 store`): settings that need its path
    /// are refused.
    #[must_use]
    pub fn other_than_pem(mut self, what: impl Into<String>) -> Self {
        self.other_than_pem = Some(what.into());
        self
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The certificates.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The path, where what lies there is PEM.
    pub(super) fn readable(&self) -> Result<&Path, ApmError> {
        match &self.other_than_pem {
            Some(what) => Err(ApmError::NotPem {
                path: self.path.clone(),
                what: what.clone(),
            }),
            None => Ok(&self.path),
        }
    }

    fn value(&self) -> Result<Value, ApmError> {
        self.readable()?;
        let text = self.path.to_str().ok_or_else(|| ApmError::PathNotUnicode {
            path: self.path.clone(),
        })?;
        Ok(Value::Text(text.to_owned()))
    }
}

/// What an agent is to trust, and what is known of the server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'a> {
    /// Where APM Server is.
    pub server_url: Option<&'a ServerUrl>,
    /// The authority that signed the server's certificate.
    pub roots: Option<&'a CertificateFile>,
    /// The server's certificate, perhaps with its chain behind it.
    pub server_certificate: Option<&'a CertificateFile>,
    /// The JVM's stores, for Java.
    pub jvm: Option<&'a SystemProperties>,
    /// Compare the certificate though the authority is known.
    pub prefer_pin: bool,
    /// Check nothing.
    pub insecure: bool,
}

/// By which means an agent knows the server.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Means<'a> {
    /// It does not: nothing is checked.
    Insecure,
    /// By the authority.
    Roots(&'a CertificateFile),
    /// By the certificate itself.
    Pin(&'a CertificateFile),
    /// By the JVM's truststore.
    Jvm(&'a SystemProperties),
    /// By what the platform trusts: there is no option, or nothing was given for one.
    Platform,
}

impl<'a> Means<'a> {
    /// The authority where the agent has an option for it: name, dates and chain are checked then. Else the pin.
    fn choose(agent: Agent, trust: &Trust<'a>) -> Result<Self, ApmError> {
        if trust.insecure {
            return Ok(Self::Insecure);
        }
        let (roots, certificate) = (trust.roots, trust.server_certificate);
        if agent == Agent::Java {
            return match trust.jvm.filter(|jvm| jvm.has_trust_store()) {
                Some(jvm) => Ok(Self::Jvm(jvm)),
                None if roots.is_none() && certificate.is_none() => Ok(Self::Platform),
                None => Err(ApmError::NoTruststore),
            };
        }
        let takes_roots = agent.option(Purpose::TrustRoots).is_some();
        let pins = agent.pin().is_some();
        match (roots, certificate) {
            _ if !takes_roots && !pins => Ok(Self::Platform),
            (_, Some(file)) if pins && trust.prefer_pin => Ok(Self::Pin(file)),
            (Some(file), _) if takes_roots => Ok(Self::Roots(file)),
            (_, Some(file)) if pins => Ok(Self::Pin(file)),
            // A self-signed certificate is its own authority.
            (Some(file), None) if own_server_certificate(file).is_some() => Ok(Self::Pin(file)),
            (Some(_), None) => Err(ApmError::NoRootsOption { agent }),
            (None, Some(file)) if file.certificates.iter().any(Certificate::seems_self_signed) => {
                Ok(Self::Roots(file))
            }
            (_, Some(file)) => Err(ApmError::NoPinOption {
                agent,
                issuer: file
                    .certificates
                    .last()
                    .map(|last| last.issuer().to_string())
                    .unwrap_or_default(),
            }),
            (None, None) => Ok(Self::Platform),
        }
    }
}

/// A self-signed certificate that names hosts is a server's own, whatever its BasicConstraints say: `openssl req
/// -x509` marks all it makes as authorities.
pub(super) fn own_server_certificate(file: &CertificateFile) -> Option<&Certificate> {
    use crate::x509::SubjectAltName::{Dns, Ip};
    let [only] = file.certificates.as_slice() else {
        return None;
    };
    let names_hosts = only
        .subject_alt_names()
        .iter()
        .any(|name| matches!(name, Dns(_) | Ip(_)));
    (only.seems_self_signed() && names_hosts).then_some(only)
}

/// An option's value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A URL or a path.
    Text(String),
    /// A switch.
    Flag(bool),
}

impl Value {
    /// The value as environment variables carry it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Flag(true) => "true",
            Self::Flag(false) => "false",
        }
    }
}

/// An option with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The option.
    pub option: &'static AgentOption,
    /// The value.
    pub value: Value,
}

/// The settings of one agent.
#[derive(Debug)]
pub struct Settings<'a> {
    agent: Agent,
    values: Vec<Setting>,
    means: Means<'a>,
    jvm: Option<&'a SystemProperties>,
}

impl<'a> Settings<'a> {
    /// Picks, for each option the agent has, the file that belongs there: the certificate itself where it is
    /// compared, the authority where it is a trust root; the latter where the agent has both.
    ///
    /// Whether the files are any good for it is [`examine`](super::examine)'s to say.
    ///
    /// # Errors
    /// Nothing given fits an option of the agent; a file that is no PEM; a path that is not Unicode; a keystore for
    /// an agent that cannot show a certificate.
    pub fn new(agent: Agent, trust: &Trust<'a>) -> Result<Self, ApmError> {
        let jvm = trust.jvm.filter(|_| agent == Agent::Java);
        if agent != Agent::Java && trust.jvm.is_some_and(SystemProperties::has_key_store) {
            return Err(ApmError::NoClientCertificate { agent });
        }
        let means = Means::choose(agent, trust)?;
        let mut values = Vec::new();
        let mut set = |option: Option<&'static AgentOption>, value| {
            if let Some(option) = option {
                values.push(Setting { option, value });
            }
        };
        if let Some(url) = trust.server_url {
            set(agent.option(Purpose::ServerUrl), Value::Text(url.to_string()));
        }
        match means {
            Means::Insecure => set(agent.option(Purpose::Verify), Value::Flag(false)),
            Means::Roots(file) => set(agent.option(Purpose::TrustRoots), file.value()?),
            Means::Pin(file) => set(agent.pin(), file.value()?),
            Means::Jvm(_) | Means::Platform => {}
        }
        Ok(Self {
            agent,
            values,
            means,
            jvm,
        })
    }

    /// The agent.
    #[must_use]
    pub const fn agent(&self) -> Agent {
        self.agent
    }

    /// Options and values, in the order they are written.
    #[must_use]
    pub fn values(&self) -> &[Setting] {
        &self.values
    }

    /// By which means the agent knows the server.
    #[must_use]
    pub const fn means(&self) -> &Means<'a> {
        &self.means
    }

    /// The JVM's options, for Java.
    #[must_use]
    pub const fn jvm(&self) -> Option<&'a SystemProperties> {
        self.jvm
    }
}
