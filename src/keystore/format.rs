use std::fmt;

use crate::jks::{Jks, JksFormat};
use crate::pkcs12::Pfx;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreFormat {
    /// PKCS#12 (RFC 7292).
    Pkcs12,
    /// JKS (`sun.security.provider.JavaKeyStore`).
    Jks,
    /// JCEKS (`com.sun.crypto.provider.JceKeyStore`).
    Jceks,
}

impl StoreFormat {
    /// The format the bytes begin like, as Java's dual-format stores find it
    /// (`sun.security.util.KeyStoreDelegator`); a file's name decides nothing.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        match Jks::detect(bytes) {
            Some(JksFormat::Jks) => Some(Self::Jks),
            Some(JksFormat::Jceks) => Some(Self::Jceks),
            _ => Pfx::detect(bytes).then_some(Self::Pkcs12),
        }
    }

    /// `pkcs12`, `jks`, `jceks`: as `--to` takes it and `--json` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pkcs12 => "pkcs12",
            Self::Jks => "jks",
            Self::Jceks => "jceks",
        }
    }

    /// `PKCS12`, `JKS`, `JCEKS`: as `-Djavax.net.ssl.trustStoreType` takes it.
    #[must_use]
    pub const fn java_name(self) -> &'static str {
        match self {
            Self::Pkcs12 => "PKCS12",
            Self::Jks => "JKS",
            Self::Jceks => "JCEKS",
        }
    }
}

impl fmt::Display for StoreFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs12 => "PKCS#12",
            Self::Jks => "JKS",
            Self::Jceks => "JCEKS",
        })
    }
}
