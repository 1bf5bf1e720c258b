//! APM Server's own side: `apm-server.ssl.*`, as elastic-agent-libs' `transport/tlscommon` reads it, and the fields of
//! Fleet's APM integration (elastic/integrations `packages/apm/manifest.yml`).

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::render::File;
use super::settings::CertificateFile;
use super::{ApmError, quote};
use crate::pem::{self, What};
use crate::pkcs8::EncryptedPrivateKey;
use crate::pkcs8::pbe::Scheme;
use crate::secret::Password;

/// Whether clients show certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// They are not asked.
    None,
    /// They are asked, and checked where they show one.
    Optional,
    /// Without one they are refused: what `certificate_authorities` alone means.
    Required,
}

impl ClientAuthentication {
    /// The value of `client_authentication`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::None, Self::Optional, Self::Required]
            .into_iter()
            .find(|value| value.name() == name)
    }
}

/// What a key file holds, as far as APM Server cares.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyForm {
    /// PEM, in clear.
    Clear,
    /// `ENCRYPTED PRIVATE KEY` with PBES2, which APM Server decrypts.
    Encrypted,
    /// `ENCRYPTED PRIVATE KEY` with another scheme, which it does not; the scheme's name.
    EncryptedOddly(String),
    /// OpenSSL's own encryption (`Proc-Type: 4,ENCRYPTED`), which it decrypts under protest.
    EncryptedLegacy,
    /// No PEM.
    OtherThanPem(String),
}

impl KeyForm {
    /// Looks at a key file's bytes, without a password.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        if !pem::is_pem(bytes) {
            return Self::OtherThanPem(pem::sniff(bytes).to_string());
        }
        let blocks = pem::read(bytes).unwrap_or_default();
        let key = blocks
            .iter()
            .find(|block| matches!(pem::label(&block.label), What::PrivateKey { .. }));
        let Some(key) = key else {
            return Self::OtherThanPem(pem::sniff(bytes).to_string());
        };
        if key
            .headers
            .iter()
            .any(|(name, value)| name == "Proc-Type" && value.ends_with("ENCRYPTED"))
        {
            return Self::EncryptedLegacy;
        }
        if key.label != "ENCRYPTED PRIVATE KEY" {
            return Self::Clear;
        }
        let encryption =
            EncryptedPrivateKey::from_der(key.der.clone()).and_then(|encrypted| encrypted.encryption());
        match encryption.map(|pbe| (pbe.scheme(), pbe.name())) {
            Ok((Scheme::Pbes2 { .. } | Scheme::Scrypt { .. }, _)) => Self::Encrypted,
            Ok((_, name)) => Self::EncryptedOddly(name),
            Err(_) => Self::EncryptedOddly(String::from("an unknown scheme")),
        }
    }

    /// Whether a passphrase opens it.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        matches!(
            self,
            Self::Encrypted | Self::EncryptedOddly(_) | Self::EncryptedLegacy
        )
    }
}

/// How APM Server gets the key's passphrase.
#[derive(Debug)]
#[non_exhaustive]
pub enum Passphrase {
    /// From a variable of its environment, or an entry of its own keystore: `${NAME}`.
    Variable(String),
    /// From a file, all of whose bytes count.
    File(PathBuf),
    /// It stands in the configuration.
    Text(Password),
}

/// How APM Server's settings are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerForm {
    /// Lines of `apm-server.yml`.
    Yaml,
    /// `-E` arguments of the `apm-server` command.
    Arguments,
    /// The same names for `java.util.Properties`.
    Properties,
    /// The fields of Fleet's APM integration.
    Fleet,
}

/// The TLS settings of APM Server.
#[derive(Debug)]
pub struct ServerSettings<'a> {
    /// The server's certificate, its chain behind it.
    pub certificate: &'a CertificateFile,
    /// The key's file.
    pub key: &'a Path,
    /// The key's passphrase, where it is encrypted.
    pub passphrase: Option<Passphrase>,
    /// The authorities that sign clients' certificates.
    pub client_authorities: Option<&'a CertificateFile>,
    /// Whether clients show certificates. With authorities and without this they must.
    pub client_authentication: Option<ClientAuthentication>,
}

enum Scalar {
    Switch(bool),
    Text(Zeroizing<String>),
    List(String),
}

impl ServerSettings<'_> {
    /// What APM Server makes of these settings: required where authorities are given and nothing else is said.
    #[must_use]
    pub fn effective_client_authentication(&self) -> ClientAuthentication {
        match (self.client_authentication, self.client_authorities) {
            (Some(said), _) => said,
            (None, Some(_)) => ClientAuthentication::Required,
            (None, None) => ClientAuthentication::None,
        }
    }

    /// Writes the settings down.
    ///
    /// # Errors
    /// A value that APM Server's configuration cannot carry; for Fleet an encrypted key or client authentication.
    pub fn render(&self, form: ServerForm) -> Result<File, ApmError> {
        if form == ServerForm::Fleet {
            return self.fleet();
        }
        let holds_password = matches!(self.passphrase, Some(Passphrase::Text(_)));
        let mut out = String::new();
        for (name, value) in self.values()? {
            let line = match (form, &value) {
                (ServerForm::Yaml, Scalar::Switch(on)) => format!("apm-server.ssl.{name}: {on}\n"),
                (ServerForm::Yaml, Scalar::Text(text)) => {
                    format!("apm-server.ssl.{name}: {}\n", quote::json(text))
                }
                (ServerForm::Yaml, Scalar::List(text)) => {
                    format!("apm-server.ssl.{name}: [{}]\n", quote::json(text))
                }
                (ServerForm::Properties, Scalar::Switch(on)) => format!("apm-server.ssl.{name}={on}\n"),
                (ServerForm::Properties, Scalar::Text(text)) => {
                    format!("apm-server.ssl.{name}={}\n", quote::properties(text))
                }
                (ServerForm::Properties, Scalar::List(text)) => {
                    format!("apm-server.ssl.{name}={}\n", quote::properties(text))
                }
                (_, Scalar::Switch(on)) => format!("-E\napm-server.ssl.{name}={on}\n"),
                // The flag's value is read as YAML-like text: JSON's quotes keep it one string.
                (_, Scalar::Text(text)) => format!("-E\napm-server.ssl.{name}={}\n", quote::json(text)),
                (_, Scalar::List(text)) => format!("-E\napm-server.ssl.{name}=[{}]\n", quote::json(text)),
            };
            out += &line;
        }
        let (name, text) = match form {
            ServerForm::Yaml => ("apm-server.yml", out),
            ServerForm::Properties => ("apm-server.properties", out),
            _ => {
                let words: Vec<_> = out.lines().map(quote::shell).collect();
                ("apm-server.args", words.join(" ") + "\n")
            }
        };
        Ok(File::new(name, text, holds_password))
    }

    fn values(&self) -> Result<Vec<(&'static str, Scalar)>, ApmError> {
        let text = |name, path: &Path| {
            let text = path.to_str().ok_or_else(|| ApmError::PathNotUnicode {
                path: path.to_owned(),
            })?;
            Ok::<_, ApmError>(Scalar::Text(literal(name, text)?))
        };
        let mut all = vec![("enabled", Scalar::Switch(true))];
        all.push(("certificate", text("certificate", self.certificate.readable()?)?));
        all.push(("key", text("key", self.key)?));
        match &self.passphrase {
            Some(Passphrase::Variable(name)) => all.push((
                "key_passphrase",
                Scalar::Text(Zeroizing::new(format!("${{{name}}}"))),
            )),
            Some(Passphrase::File(path)) => {
                all.push(("key_passphrase_path", text("key_passphrase_path", path)?));
            }
            Some(Passphrase::Text(password)) => {
                let passphrase = literal("key_passphrase", password.expose_text().unwrap_or_default())?;
                all.push(("key_passphrase", Scalar::Text(passphrase)));
            }
            None => {}
        }
        if let Some(file) = self.client_authorities
            && let Scalar::Text(path) = text("certificate_authorities", file.readable()?)?
        {
            all.push(("certificate_authorities", Scalar::List(path.to_string())));
        }
        if self.client_authorities.is_some() || self.client_authentication.is_some() {
            let name = self.effective_client_authentication().name();
            all.push((
                "client_authentication",
                Scalar::Text(Zeroizing::new(name.to_owned())),
            ));
        }
        Ok(all)
    }

    fn fleet(&self) -> Result<File, ApmError> {
        if self.passphrase.is_some() {
            return Err(ApmError::NotInFleet {
                what: "a passphrase for the key",
                hint: "`--out DIR` writes the key unencrypted there, readable by its owner alone",
            });
        }
        if self.client_authorities.is_some()
            || self
                .client_authentication
                .is_some_and(|said| said != ClientAuthentication::None)
        {
            return Err(ApmError::NotInFleet {
                what: "client authentication (mutual TLS)",
                hint: "run the APM Server binary (leave `--fleet` out), or put a proxy that checks client certificates before it",
            });
        }
        let path = |path: &Path| {
            path.to_str()
                .map(quote::json)
                .ok_or_else(|| ApmError::PathNotUnicode {
                    path: path.to_owned(),
                })
        };
        let text = format!(
            "tls_enabled: true\ntls_certificate: {}\ntls_key: {}\n",
            path(self.certificate.readable()?)?,
            path(self.key)?
        );
        Ok(File::new("apm-integration.yml", text, false))
    }
}

/// go-ucfg expands `${NAME}` in every string and has no escape for it in all its versions; a value that begins with a
/// dash is taken for PEM itself.
fn literal(option: &'static str, text: &str) -> Result<Zeroizing<String>, ApmError> {
    let what = if text.contains("${") {
        "`${`, which APM Server expands"
    } else if text.contains(['\n', '\r', '\0']) {
        "a line break or a NUL"
    } else {
        return Ok(Zeroizing::new(text.to_owned()));
    };
    Err(ApmError::CannotCarry {
        option,
        what,
        form: "apm-server.yml",
    })
}
