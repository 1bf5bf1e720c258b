//! The `-Djavax.net.ssl.*` options that make a JVM use a store, in every spelling people need them in.
//!
//! A JVM falls back to its own cacerts in silence where the truststore's path is wrong, and Elastic's Java
//! agent drops the client certificate where `keyStoreType` is unset: paths are absolute here, and types and
//! passwords always there.
//!
//! ```
//! use keyjar::jvm::{Format, StoreReference, SystemProperties};
//! use keyjar::{Password, StoreFormat};
//!
//! let store = StoreReference::new("/etc/apm/trust store.p12", StoreFormat::Pkcs12, Password::new("changeit"));
//! let properties = SystemProperties::new().trust_store(store);
//! assert_eq!(
//!     properties.render(Format::Shell)?.expose_text(),
//!     "'-Djavax.net.ssl.trustStore=/etc/apm/trust store.p12' \
//!      -Djavax.net.ssl.trustStorePassword=changeit -Djavax.net.ssl.trustStoreType=PKCS12\n",
//! );
//! # Ok::<(), keyjar::jvm::FlagsError>(())
//! ```

mod format;
mod home;
mod launch;
mod listing;
mod look;
mod options;
mod perfdata;
mod process;
pub(crate) mod quote;
mod render;
mod root;
mod running;
mod search;

use std::path::PathBuf;

use zeroize::Zeroizing;

pub use format::Format;
pub use home::{Home, OwnStore, Release, major};
pub use launch::{Launch, Launcher, Origin, Setting, StartOption, Started};
pub use listing::{Listed, parse_powershell, parse_ps};
pub use look::{Declared, Look, StoreProblem, StoreUse, look_at};
pub use options::{UnmatchedQuote, split_argument_file, split_variable, split_windows};
pub use process::{Environment, Process, ProcessError};
pub use root::Root;
pub use running::{KeystoreInUse, RunningJvm, StoreInUse, TruststoreInUse, TruststoreReason};
pub use search::{Installation, Surroundings};

use crate::error::{ErrorKind, Hint};
use crate::keystore::StoreFormat;
use crate::secret::Password;

/// A store as a JVM is told of it.
#[derive(Debug)]
pub struct StoreReference {
    path: PathBuf,
    format: StoreFormat,
    password: Password,
}

impl StoreReference {
    /// A store at an absolute path. With [`Password::none`] no password option is printed: a passwordless
    /// PKCS#12 needs none.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, format: StoreFormat, password: Password) -> Self {
        Self {
            path: path.into(),
            format,
            password,
        }
    }
}

/// The system properties of a truststore, a keystore, or both.
#[derive(Debug, Default)]
pub struct SystemProperties {
    trust_store: Option<StoreReference>,
    key_store: Option<StoreReference>,
    jdk: Option<u32>,
    redacted: bool,
}

/// A rendering; it holds the passwords, and is wiped when dropped.
pub struct Rendered(Zeroizing<String>);

impl Rendered {
    /// The text, with a line break at its end.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rendered(***)")
    }
}

/// A property: its name and its value.
pub(crate) struct Property {
    /// `javax.net.ssl.trustStore`
    pub(crate) name: &'static str,
    pub(crate) value: Zeroizing<String>,
}

impl SystemProperties {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this truststore.
    #[must_use]
    pub fn trust_store(mut self, store: StoreReference) -> Self {
        self.trust_store = Some(store);
        self
    }

    /// With this keystore.
    #[must_use]
    pub fn key_store(mut self, store: StoreReference) -> Self {
        self.key_store = Some(store);
        self
    }

    /// Whether there is a truststore.
    #[must_use]
    pub const fn has_trust_store(&self) -> bool {
        self.trust_store.is_some()
    }

    /// Whether there is a keystore.
    #[must_use]
    pub const fn has_key_store(&self) -> bool {
        self.key_store.is_some()
    }

    /// For this version of the JDK (8, 11, ...): what it does not understand is refused.
    #[must_use]
    pub const fn jdk(mut self, version: u32) -> Self {
        self.jdk = Some(version);
        self
    }

    /// With `***` in the place of each password.
    #[must_use]
    pub const fn redacted(mut self) -> Self {
        self.redacted = true;
        self
    }

    /// Renders the options.
    ///
    /// # Errors
    /// A value that the format cannot carry, or a format that the JDK does not understand.
    pub fn render(&self, format: Format) -> Result<Rendered, FlagsError> {
        if let (Some(jdk @ ..=8), Format::Argfile | Format::JdkJavaOptions) = (self.jdk, format) {
            return Err(FlagsError::NotInJdk { format, jdk });
        }
        render::render(self, format).map(|text| Rendered(Zeroizing::new(text)))
    }

    fn properties(&self) -> Result<Vec<Property>, FlagsError> {
        let mut all = Vec::new();
        let stores = [
            (
                &self.trust_store,
                [
                    "javax.net.ssl.trustStore",
                    "javax.net.ssl.trustStorePassword",
                    "javax.net.ssl.trustStoreType",
                ],
            ),
            (
                &self.key_store,
                [
                    "javax.net.ssl.keyStore",
                    "javax.net.ssl.keyStorePassword",
                    "javax.net.ssl.keyStoreType",
                ],
            ),
        ];
        for (store, [path, password, kind]) in stores {
            let Some(store) = store else { continue };
            let text = store.path.to_str().ok_or_else(|| FlagsError::PathNotUnicode {
                path: store.path.clone(),
            })?;
            all.push(Property {
                name: path,
                value: Zeroizing::new(text.to_owned()),
            });
            if let Some(text) = store.password.expose_text() {
                if self.jdk.is_some_and(|jdk| jdk < 25)
                    && store.format == StoreFormat::Pkcs12
                    && !text.bytes().all(|octet| (0x20..=0x7e).contains(&octet))
                {
                    return Err(FlagsError::PasswordNotAscii { property: password });
                }
                let text = if self.redacted { "***" } else { text };
                all.push(Property {
                    name: password,
                    value: Zeroizing::new(text.to_owned()),
                });
            }
            all.push(Property {
                name: kind,
                value: Zeroizing::new(store.format.java_name().to_owned()),
            });
        }
        Ok(all)
    }
}

/// Why options cannot be printed in a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum FlagsError {
    #[error("the value of `{property}` holds {what}, which the form `{format}` cannot carry")]
    CannotCarry {
        property: &'static str,
        what: &'static str,
        format: Format,
    },
    #[error("JDK {jdk} does not understand the form `{format}`")]
    NotInJdk { format: Format, jdk: u32 },
    #[error("the path `{}` is not Unicode", path.display())]
    PathNotUnicode { path: PathBuf },
    #[error(
        "the value of `{property}` has a character outside 0x20-0x7E: no JDK before 25 opens a PKCS#12 store with it"
    )]
    PasswordNotAscii { property: &'static str },
}

impl FlagsError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Unsupported
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::CannotCarry {
                what: "a line break" | "a NUL",
                ..
            } => "no form carries it; rename the file, or change the password with `keyjar passwd`",
            Self::CannotCarry {
                format: Format::Maven,
                ..
            } => "`--format java-tool-options` carries it: Maven's JVM reads JAVA_TOOL_OPTIONS",
            Self::CannotCarry { .. } => "`--format argfile` carries it (`java @FILE`, JDK 9 and later)",
            Self::NotInJdk { .. } => "`--format java-tool-options` is understood by every JDK",
            Self::PathNotUnicode { .. } => "rename the file",
            Self::PasswordNotAscii { .. } => "`keyjar passwd` changes the password",
        };
        vec![Hint::new(text)]
    }
}
