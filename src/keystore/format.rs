use std::fmt;

use crate::bcfks::Bcfks;
use crate::bks::{Bks, BksFormat};
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
    /// Bouncy Castle's BKS (`org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi`).
    Bks,
    /// Bouncy Castle's UBER: as BKS, encrypted as a whole.
    Uber,
    /// Bouncy Castle's BCFKS, the store of its FIPS provider.
    Bcfks,
}

impl StoreFormat {
    /// The format the bytes begin like, as Java's dual-format stores find it
    /// (`sun.security.util.KeyStoreDelegator`); a file's name decides nothing.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        match Jks::detect(bytes) {
            Some(JksFormat::Jks) => Some(Self::Jks),
            Some(JksFormat::Jceks) => Some(Self::Jceks),
            _ if Pfx::detect(bytes) => Some(Self::Pkcs12),
            _ if Bcfks::detect(bytes) => Some(Self::Bcfks),
            _ => Bks::detect(bytes).map(|format| match format {
                BksFormat::Bks => Self::Bks,
                BksFormat::Uber => Self::Uber,
            }),
        }
    }

    /// Whether a JVM needs Bouncy Castle's provider for it.
    #[must_use]
    pub const fn needs_bouncy_castle(self) -> bool {
        matches!(self, Self::Bks | Self::Uber | Self::Bcfks)
    }

    /// `pkcs12`, `jks`, `jceks`, `bks`, `uber`, `bcfks`: as `--to` takes it and `--json` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pkcs12 => "pkcs12",
            Self::Jks => "jks",
            Self::Jceks => "jceks",
            Self::Bks => "bks",
            Self::Uber => "uber",
            Self::Bcfks => "bcfks",
        }
    }

    /// `PKCS12`, `JKS`, `JCEKS`, `BKS`, `UBER`, `BCFKS`: as `-Djavax.net.ssl.trustStoreType` takes it.
    #[must_use]
    pub const fn java_name(self) -> &'static str {
        match self {
            Self::Pkcs12 => "PKCS12",
            Self::Jks => "JKS",
            Self::Jceks => "JCEKS",
            Self::Bks => "BKS",
            Self::Uber => "UBER",
            Self::Bcfks => "BCFKS",
        }
    }
}

impl fmt::Display for StoreFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs12 => "PKCS#12",
            other => other.java_name(),
        })
    }
}
