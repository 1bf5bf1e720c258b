//! A JDK as far as its trust decisions go: its version and the security properties it runs with.

use super::constraints::{Constraints, ConstraintsError};
use super::security_properties::SecurityProperties;

/// The JDKs whose decisions are known, measured on their current updates.
pub const JDKS: [u32; 7] = [8, 11, 17, 21, 25, 26, 28];

/// The newest long-term version, which a check stands for unless told otherwise.
pub const DEFAULT_JDK: u32 = 25;

/// Which JVM's decision is asked for.
///
/// ```
/// use keyjar::trust::Jdk;
/// assert_eq!(Jdk::new(17)?.version(), 17);
/// assert!(Jdk::new(12).is_err());
/// # Ok::<(), keyjar::trust::JdkError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Jdk {
    version: u32,
    /// `jdk.certpath.disabledAlgorithms`
    pub(super) certpath: Constraints,
    /// `jdk.tls.disabledAlgorithms`
    pub(super) tls: Constraints,
}

/// Why there is no such JDK.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JdkError {
    /// The version is none whose decisions are known.
    #[error("the decisions of JDK {version} are not known")]
    Unknown {
        /// The version.
        version: u32,
    },
    /// A value of its security properties that no JVM takes either.
    #[error("{property} has a constraint no JVM takes")]
    Property {
        /// The property's name.
        property: &'static str,
        /// What is wrong with it.
        source: ConstraintsError,
    },
}

impl JdkError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> crate::ErrorKind {
        match self {
            Self::Unknown { .. } => crate::ErrorKind::Unsupported,
            Self::Property { .. } => crate::ErrorKind::Damaged,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<crate::Hint> {
        match self {
            Self::Unknown { version } => {
                let near = JDKS.iter().min_by_key(|known| known.abs_diff(*version));
                let near = near.copied().unwrap_or(DEFAULT_JDK);
                vec![crate::Hint::new(format!(
                    "known are 8, 11, 17, 21, 25, 26 and 28; `--jdk {near}` is nearest"
                ))]
            }
            Self::Property { .. } => Vec::new(),
        }
    }
}

const CERTPATH: &str = "jdk.certpath.disabledAlgorithms";
const TLS: &str = "jdk.tls.disabledAlgorithms";

impl Jdk {
    /// A JDK with the security properties it comes with.
    ///
    /// # Errors
    /// [`JdkError::Unknown`] for a version that is not one of [`JDKS`].
    pub fn new(version: u32) -> Result<Self, JdkError> {
        let properties = SecurityProperties::of_jdk(version).ok_or(JdkError::Unknown { version })?;
        Self::with_properties(version, &properties)
    }

    /// A JDK with security properties of its own: those of a `java.security` file.
    ///
    /// # Errors
    /// [`JdkError::Unknown`], [`JdkError::Property`].
    pub fn with_properties(version: u32, properties: &SecurityProperties) -> Result<Self, JdkError> {
        if !JDKS.contains(&version) {
            return Err(JdkError::Unknown { version });
        }
        let read = |property: &'static str| {
            Constraints::read(property, properties).map_err(|source| JdkError::Property { property, source })
        };
        Ok(Self {
            version,
            certpath: read(CERTPATH)?,
            tls: read(TLS)?,
        })
    }

    /// Its version: 8, 11, ...
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The longest chain it looks at (`jdk.tls.maxCertificateChainLength`; since 25 one of its own for clients').
    pub(super) const fn longest_chain(&self, is_client: bool) -> usize {
        if is_client && self.version >= 25 { 8 } else { 10 }
    }
}
