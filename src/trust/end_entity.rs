//! What the certificate at a path's end must allow (`sun.security.validator.EndEntityChecker`).

use super::certificate::{Known, Parsed};
use crate::x509::KeyUsage;

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const ANY: &str = "2.5.29.37.0";
/// Server-gated cryptography, Microsoft's and Netscape's: obsolete, and taken for serverAuth.
const STEP_UP: [&str; 2] = ["1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"];

/// What is refused, and Java's exception for it.
#[derive(Clone, Debug)]
pub(super) struct Misuse {
    /// `key-usage`, `extended-key-usage`, `netscape-type`
    pub(super) check: &'static str,
    pub(super) class: &'static str,
    pub(super) message: String,
    pub(super) detail: String,
}

impl Misuse {
    fn new(check: &'static str, message: &str, detail: String) -> Self {
        Self {
            check,
            class: "sun.security.validator.ValidatorException",
            message: message.to_owned(),
            detail,
        }
    }
}

/// digitalSignature is needed by TLS 1.3 and by every ephemeral key exchange of TLS 1.2.
pub(super) fn key_usage(certificate: &Parsed) -> Result<(), Misuse> {
    match certificate.key_usage {
        Some(usage) if !usage.contains(KeyUsage::DIGITAL_SIGNATURE) => Err(Misuse::new(
            "key-usage",
            "KeyUsage does not allow digital signatures",
            format!(
                "the keyUsage of `{}` lacks digitalSignature",
                certificate.subject_text()
            ),
        )),
        _ => Ok(()),
    }
}

/// serverAuth or clientAuth, where there is an extendedKeyUsage.
pub(super) fn extended_key_usage(certificate: &Parsed, is_client: bool, jdk: u32) -> Result<(), Misuse> {
    let purposes = match &certificate.extended_key_usage {
        Known::Absent => return Ok(()),
        Known::Malformed(_) if jdk < MALFORMED_IS_TOLD => return Ok(()),
        Known::Malformed(text) => {
            return Err(Misuse {
                class: "java.security.cert.CertificateParsingException",
                ..Misuse::new(
                    "extended-key-usage",
                    text,
                    format!(
                        "the extendedKeyUsage of `{}` is malformed",
                        certificate.subject_text()
                    ),
                )
            });
        }
        Known::Sound(purposes) => purposes,
    };
    let (wanted, name, text) = if is_client {
        (CLIENT_AUTH, "clientAuth", "client")
    } else {
        (SERVER_AUTH, "serverAuth", "server")
    };
    let has = |purpose: &str| purposes.iter().any(|found| found == purpose);
    if has(wanted) || has(ANY) || (!is_client && STEP_UP.into_iter().any(has)) {
        return Ok(());
    }
    Err(Misuse::new(
        "extended-key-usage",
        &format!("Extended key usage does not permit use for TLS {text} authentication"),
        format!(
            "the extendedKeyUsage of `{}` lacks {name}",
            certificate.subject_text()
        ),
    ))
}

/// From here on `X509CertImpl` throws where a known extension that is not critical cannot be parsed.
pub(super) const MALFORMED_IS_TOLD: u32 = 21;

/// Netscape's certificate type, where there is one.
pub(super) fn netscape_type(certificate: &Parsed, is_client: bool) -> Result<(), Misuse> {
    let (bit, text) = if is_client {
        (0x80, "client")
    } else {
        (0x40, "server")
    };
    match certificate.netscape_type {
        Some(bits) if bits & bit == 0 => Err(Misuse::new(
            "netscape-type",
            &format!("Netscape cert type does not permit use for SSL {text}"),
            format!(
                "Netscape's certificate type of `{}` is not for a TLS {text}",
                certificate.subject_text()
            ),
        )),
        _ => Ok(()),
    }
}
