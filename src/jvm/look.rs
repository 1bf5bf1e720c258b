//! What a JVM finds in a store it is given by `javax.net.ssl` properties.

use std::fmt;
use std::path::Path;

use crate::fsio::{self, FileError};
use crate::keystore::{Entry, KeyStore, StoreFormat};
use crate::limits::Limits;
use crate::pem::sniff;
use crate::secret::Password;
use crate::{ErrorKind, Hint};

/// What a store is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreUse {
    /// `javax.net.ssl.trustStore`
    Trust,
    /// `javax.net.ssl.keyStore`
    Key,
}

/// The type that `javax.net.ssl.trustStoreType` or `keyStoreType` declares, if any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared(pub Option<String>);

/// What a JVM finds in a store.
#[derive(Debug)]
pub struct Look {
    /// The file's format.
    pub format: Option<StoreFormat>,
    /// How many certificates it trusts by it.
    pub anchors: usize,
    /// How many private keys it holds.
    pub keys: usize,
    /// The store, where it opened.
    pub store: Option<KeyStore>,
    /// Why a JVM cannot use it, or finds nothing in it.
    pub problem: Option<StoreProblem>,
}

/// Why a JVM cannot use a store, or finds nothing in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum StoreProblem {
    #[error("there is no such file")]
    Missing,
    #[error("it is a folder")]
    Folder,
    #[error("the file cannot be read: {why}")]
    NotReadable { why: String },
    #[error("the file is empty")]
    Empty,
    #[error("it is no key store: {found}")]
    NotAStore { found: String },
    #[error("the type `{declared}` is unknown to Java")]
    UnknownType { declared: String },
    #[error("it is {actual}, and the declared type is `{declared}`, which does not open it")]
    TypeMismatch { declared: String, actual: StoreFormat },
    #[error("the password is wrong")]
    WrongPassword,
    #[error("its contents are encrypted and no password is set: a JVM skips them without a word")]
    PasswordMissing,
    #[error("no JDK before 25 opens it with a password that has a character outside 0x20-0x7E")]
    PasswordNotAscii,
    #[error("JDK {jdk} cannot open it: {}", reasons.join("; "))]
    NotForJdk { jdk: u32, reasons: Vec<String> },
    #[error("it is damaged: {why}")]
    Damaged { why: String },
    #[error("it uses what is not supported: {why}")]
    Unsupported { why: String },
    #[error("Java sees none of its {count} certificates: they lack the trustedKeyUsage attribute")]
    Unmarked { count: usize },
    #[error("it holds no certificate that is trusted")]
    NoAnchors,
    #[error("it holds no private key")]
    NoKey,
    #[error("the key `{alias}` has another password than the store")]
    KeyPassword { alias: String },
}

impl StoreProblem {
    /// A name for programs: `missing`, `wrong-password`, ...
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Folder => "folder",
            Self::NotReadable { .. } => "not-readable",
            Self::Empty => "empty",
            Self::NotAStore { .. } => "not-a-store",
            Self::UnknownType { .. } => "unknown-type",
            Self::TypeMismatch { .. } => "type-mismatch",
            Self::WrongPassword => "wrong-password",
            Self::PasswordMissing => "password-missing",
            Self::PasswordNotAscii => "password-not-ascii",
            Self::NotForJdk { .. } => "not-for-jdk",
            Self::Damaged { .. } => "damaged",
            Self::Unsupported { .. } => "unsupported",
            Self::Unmarked { .. } => "unmarked",
            Self::NoAnchors => "no-anchors",
            Self::NoKey => "no-key",
            Self::KeyPassword { .. } => "key-password",
        }
    }

    /// The command or change that mends it.
    #[must_use]
    pub fn remedy(&self, path: &Path, used_for: StoreUse) -> Hint {
        let path = path.display();
        let (option, pass) = match used_for {
            StoreUse::Trust => ("trustStore", "--truststore-pass"),
            StoreUse::Key => ("keyStore", "--keystore-pass"),
        };
        let side = option.to_ascii_lowercase();
        let make = match used_for {
            StoreUse::Trust => "`keyjar import CA.pem --truststore truststore.p12`",
            StoreUse::Key => "`keyjar bundle --cert CERT --key KEY --keystore keystore.p12`",
        };
        Hint::new(match self {
            Self::Missing | Self::Folder => {
                format!(
                    "name the file by its absolute path in -Djavax.net.ssl.{option}; {make} makes one and prints the options"
                )
            }
            Self::NotReadable { .. } => format!("let the JVM's user read `{path}`"),
            Self::Empty => format!("{make} makes one and prints the options"),
            Self::NotAStore { .. } if used_for == StoreUse::Trust => {
                format!(
                    "`keyjar import {path} --truststore truststore.p12` makes a truststore of its certificates"
                )
            }
            Self::NotAStore { .. } => format!("{make} makes a keystore of a certificate and its key"),
            Self::UnknownType { .. } | Self::TypeMismatch { .. } => {
                format!("`keyjar flags --{side} {path}` prints the options with its real type")
            }
            Self::WrongPassword | Self::PasswordMissing => format!(
                "`keyjar flags --{side} {path} {pass} prompt` tries a password and prints the options with it"
            ),
            Self::PasswordNotAscii => format!("`keyjar passwd {path}` changes the password"),
            Self::NotForJdk { .. } => format!(
                "`keyjar convert {path} {path}.new --profile modern` rewrites it for every JDK from 8u301 and 11.0.12 on"
            ),
            Self::Damaged { .. } | Self::Unsupported { .. } => {
                format!("`keyjar list {path}` shows what can be read of it; {make} makes a new one")
            }
            Self::Unmarked { .. } => format!("`keyjar audit {path} --fix` adds it"),
            Self::NoAnchors => format!("`keyjar import CA.pem --truststore {path}` adds one"),
            Self::NoKey => format!("{make} makes a keystore; a truststore is no keystore"),
            Self::KeyPassword { .. } => {
                format!("`keyjar passwd {path} --keypass prompt` gives the key the store's password")
            }
        })
    }
}

impl Look {
    const fn none(problem: StoreProblem) -> Self {
        Self {
            format: None,
            anchors: 0,
            keys: 0,
            store: None,
            problem: Some(problem),
        }
    }

    fn not_opened(format: StoreFormat, problem: StoreProblem) -> Self {
        Self {
            format: Some(format),
            ..Self::none(problem)
        }
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(format) = self.format {
            write!(f, "{format}")?;
        }
        if self.store.is_some() {
            write!(f, ", {} trusted", self.anchors)?;
            match self.keys {
                0 => {}
                1 => write!(f, ", 1 key")?,
                count => write!(f, ", {count} keys")?,
            }
        }
        Ok(())
    }
}

/// Looks at a store as a JVM of that version would that is told its type and password by properties: an empty
/// password is none, and without one the contents of an encrypted PKCS#12 are skipped in silence
/// (`sun.security.pkcs12.PKCS12KeyStore.engineLoad`).
#[must_use]
pub fn look_at(
    here: &Path,
    declared: &Declared,
    password: &Password,
    jdk: Option<u32>,
    used_for: StoreUse,
) -> Look {
    if fsio::is_folder(here) {
        return Look::none(StoreProblem::Folder);
    }
    let bytes = match fsio::read(here, &Limits::DEFAULT) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Look::none(StoreProblem::Missing),
        Err(FileError::Io { source, .. }) => {
            return Look::none(StoreProblem::NotReadable {
                why: source.to_string(),
            });
        }
        Err(error) => {
            return Look::none(StoreProblem::NotReadable {
                why: error.to_string(),
            });
        }
    };
    if bytes.is_empty() {
        return Look::none(StoreProblem::Empty);
    }
    let Some(format) = StoreFormat::detect(&bytes) else {
        return Look::none(StoreProblem::NotAStore {
            found: sniff(&bytes).to_string(),
        });
    };
    if let Some(problem) = declared.problem_with(format, jdk) {
        return Look::not_opened(format, problem);
    }
    let is_ascii = |text: &str| text.bytes().all(|octet| (0x20..=0x7e).contains(&octet));
    if format == StoreFormat::Pkcs12
        && jdk.is_some_and(|jdk| jdk < 25)
        && password.expose_text().is_some_and(|text| !is_ascii(text))
    {
        return Look::not_opened(format, StoreProblem::PasswordNotAscii);
    }
    match KeyStore::from_bytes(bytes, password) {
        Ok(store) => opened(store, password, jdk, used_for),
        Err(error) => {
            let problem = match error.kind() {
                ErrorKind::WrongPassword => StoreProblem::WrongPassword,
                ErrorKind::Unsupported => StoreProblem::Unsupported { why: whole(&error) },
                _ => StoreProblem::Damaged { why: whole(&error) },
            };
            Look::not_opened(format, problem)
        }
    }
}

fn opened(store: KeyStore, password: &Password, jdk: Option<u32>, used_for: StoreUse) -> Look {
    let anchors = store.trust_anchors().count();
    let keys = store
        .iter()
        .filter(|(_, entry)| matches!(entry, Entry::PrivateKey(_)))
        .count();
    let problem = refused_by(&store, password, jdk, anchors).or_else(|| match used_for {
        StoreUse::Trust => without_anchors(&store, anchors),
        StoreUse::Key => with_keys(&store, password, keys),
    });
    Look {
        format: Some(store.format()),
        anchors,
        keys,
        store: Some(store),
        problem,
    }
}

/// What this JDK's updates do not read. Without a password it looks at no MAC.
fn refused_by(
    store: &KeyStore,
    password: &Password,
    jdk: Option<u32>,
    anchors: usize,
) -> Option<StoreProblem> {
    let jdk = jdk?;
    if password.is_none() && anchors > 0 {
        return None;
    }
    let readers = store.readers()?;
    let measured = [28, 26, 25, 21, 17, 11].into_iter().find(|known| *known <= jdk);
    let is_read = readers.jdks.contains(&measured.unwrap_or(8));
    (!is_read).then_some(StoreProblem::NotForJdk {
        jdk,
        reasons: readers.reasons,
    })
}

fn without_anchors(store: &KeyStore, anchors: usize) -> Option<StoreProblem> {
    if anchors > 0 {
        return None;
    }
    if is_locked(store) {
        return Some(StoreProblem::PasswordMissing);
    }
    let unseen = store
        .skipped()
        .iter()
        .filter(|skipped| skipped.certificate.is_some());
    Some(match unseen.count() {
        0 => StoreProblem::NoAnchors,
        count => StoreProblem::Unmarked { count },
    })
}

fn with_keys(store: &KeyStore, password: &Password, keys: usize) -> Option<StoreProblem> {
    if keys == 0 {
        return Some(if is_locked(store) {
            StoreProblem::PasswordMissing
        } else {
            StoreProblem::NoKey
        });
    }
    if password.is_none() {
        return Some(StoreProblem::PasswordMissing);
    }
    let opened = store.private_keys(password);
    let locked = opened.iter().find(|(_, key)| key.is_err());
    locked.map(|(alias, _)| StoreProblem::KeyPassword {
        alias: alias.as_str().to_owned(),
    })
}

fn is_locked(store: &KeyStore) -> bool {
    store
        .pfx()
        .is_some_and(|pfx| pfx.contents.iter().any(|part| part.bags.is_none()))
}

impl Declared {
    /// Which files each type opens (`sun.security.util.KeyStoreDelegator`, `keystore.type.compat`): JKS opens
    /// PKCS#12 everywhere, PKCS12 opens JKS from JDK 9 on, JCEKS opens JKS.
    fn problem_with(&self, actual: StoreFormat, jdk: Option<u32>) -> Option<StoreProblem> {
        let declared = self.0.clone().unwrap_or_else(|| String::from("JKS"));
        let is = |formats: &[StoreFormat]| formats.contains(&actual);
        let opens = match declared.to_ascii_lowercase().as_str() {
            "jks" => is(&[StoreFormat::Jks, StoreFormat::Pkcs12]),
            "pkcs12" => {
                is(&[StoreFormat::Pkcs12]) || (is(&[StoreFormat::Jks]) && jdk.is_none_or(|jdk| jdk >= 9))
            }
            "jceks" => is(&[StoreFormat::Jceks, StoreFormat::Jks]),
            "caseexactjks" => is(&[StoreFormat::Jks]),
            // Bouncy Castle's, where an application installs its provider.
            "bks" => is(&[StoreFormat::Bks]),
            "uber" => is(&[StoreFormat::Uber]),
            "bcfks" => is(&[StoreFormat::Bcfks]),
            "dks" | "pkcs11" | "windows-root" | "windows-my" | "keychainstore" => false,
            _ => return Some(StoreProblem::UnknownType { declared }),
        };
        (!opens).then(|| StoreProblem::TypeMismatch {
            declared: self.0.clone().unwrap_or_else(|| {
                String::from(if jdk.is_some_and(|jdk| jdk < 9) {
                    "JKS (the default)"
                } else {
                    "PKCS12 (the default)"
                })
            }),
            actual,
        })
    }
}

fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jdk_8_opens_no_jks_that_is_called_pkcs12() {
        let declared = Declared(Some(String::from("pkcs12")));
        assert!(declared.problem_with(StoreFormat::Jks, Some(8)).is_some());
        assert!(declared.problem_with(StoreFormat::Jks, Some(17)).is_none());
    }

    #[test]
    fn p12_is_no_type() {
        let declared = Declared(Some(String::from("p12")));
        let problem = declared.problem_with(StoreFormat::Pkcs12, None);
        assert_eq!(problem.map(|problem| problem.name()), Some("unknown-type"));
    }

    #[test]
    fn without_a_type_jceks_is_not_opened() {
        assert!(
            Declared::default()
                .problem_with(StoreFormat::Jceks, Some(21))
                .is_some()
        );
    }
}
