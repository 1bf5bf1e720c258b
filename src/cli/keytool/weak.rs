//! The algorithms a JDK 17 warns of (`jdk.certpath.disabledAlgorithms`, `jdk.security.legacyAlgorithms` in its
//! java.security).

use keyjar::Certificate;
use keyjar::x509::PublicKeyInfo;

/// How a JDK stands to an algorithm.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    Weak,
    Disabled,
}

impl Standing {
    /// What is put behind its name.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Good => "",
            Self::Weak => " (weak)",
            Self::Disabled => " (disabled)",
        }
    }
}

pub(super) fn signature(name: &str) -> Standing {
    if name.starts_with("MD2") || name.starts_with("MD5") {
        Standing::Disabled
    } else if name.starts_with("SHA1") {
        Standing::Weak
    } else {
        Standing::Good
    }
}

pub(super) fn key(info: &PublicKeyInfo) -> Standing {
    match (info.algorithm.as_str(), info.bits) {
        ("RSA" | "DSA", Some(bits)) if bits < 1024 => Standing::Disabled,
        ("EC", Some(bits)) if bits < 224 => Standing::Disabled,
        ("RSA" | "DSA", Some(bits)) if bits < 2048 => Standing::Weak,
        _ => Standing::Good,
    }
}

/// The key as keytool writes it: `2048-bit RSA key`, `256-bit EC (secp256r1) key`.
pub(super) fn key_name(certificate: &Certificate) -> Option<(String, Standing)> {
    let info = certificate.public_key_info().ok()?;
    let algorithm = match &info.curve {
        Some(curve) => format!("{} ({curve})", info.algorithm),
        None => info.algorithm.clone(),
    };
    let name = match info.bits {
        Some(bits) => format!("{bits}-bit {algorithm} key"),
        None => format!("unknown size {algorithm} key"),
    };
    Some((name, key(&info)))
}

/// The lines keytool prints under `Warning:`. A certificate that is trusted is not held to its signature.
pub(super) fn warnings(label: &str, certificate: &Certificate, is_trusted: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let name = certificate.signature_algorithm();
    match signature(&name) {
        _ if is_trusted => {}
        Standing::Good => {}
        Standing::Weak => lines.push(format!(
            "{label} uses the {name} signature algorithm which is considered a security risk. This algorithm will be disabled in a future update."
        )),
        Standing::Disabled => lines.push(format!(
            "{label} uses the {name} signature algorithm which is considered a security risk and is disabled."
        )),
    }
    match key_name(certificate) {
        Some((name, Standing::Weak)) => lines.push(format!(
            "{label} uses a {name} which is considered a security risk. This key size will be disabled in a future update."
        )),
        Some((name, Standing::Disabled)) => lines.push(format!(
            "{label} uses a {name} which is considered a security risk and is disabled."
        )),
        _ => {}
    }
    lines
}
