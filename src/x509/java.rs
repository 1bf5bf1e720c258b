//! Which certificates no JVM can parse. One of them makes the whole store unloadable, and Java then says
//! "keystore password was incorrect". The rules are those of `sun.security.x509.X509CertImpl`, measured on
//! JDK 8 to 28.

use std::collections::HashSet;

use super::Certificate;
use super::algorithm;
use super::certificate::Fields;
use super::extension::{BASIC_CONSTRAINTS, KEY_USAGE, SUBJECT_ALT_NAME};
use super::key_info::{Curve, Spki, bit_length};
use crate::asn1::{Reader, tag};

/// Why Java cannot parse a certificate: the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum Unreadable {
    #[error("its issuer is empty")]
    EmptyIssuer,
    #[error("its subject is empty, and its subjectAltName is not critical")]
    EmptySubjectWithUncriticalNames,
    #[error("it has the extension {oid} twice")]
    DuplicateExtension { oid: String },
    #[error("it has extensions, and its version is not 3")]
    ExtensionsInVersion { version: u64 },
    #[error("its version field is {field}; 0, 1 and 2 stand for versions 1 to 3")]
    Version { field: u64 },
    #[error("its critical extension {name} is malformed")]
    MalformedCritical { name: &'static str },
    #[error("its two signature algorithms differ")]
    SignatureAlgorithmMismatch,
    #[error("its RSA key has {bits} bits; Java takes 512 to 16384")]
    RsaSize { bits: u32 },
    #[error("its RSA key's exponent is below 3, or longer than 64 bits with a modulus of more than 3072")]
    RsaExponent,
    #[error("its EC key has explicit curve parameters")]
    ExplicitCurve,
    #[error("its EC key is on the curve {oid}, which Java does not know")]
    UnknownCurve { oid: String },
    #[error("a date of its validity is not one")]
    Date,
    #[error("its serial number has no digits")]
    EmptySerial,
    #[error("its public key is malformed")]
    PublicKey,
}

impl Certificate {
    /// Whether every JVM from JDK 8 to 28 can parse it; not whether it would trust it.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn java_readability(&self) -> Result<(), Unreadable> {
        let fields = self.fields();
        if fields.serial.is_empty() {
            return Err(Unreadable::EmptySerial);
        }
        if oid_of(fields.signature_algorithm) != oid_of(fields.outer_algorithm) {
            return Err(Unreadable::SignatureAlgorithmMismatch);
        }
        if self.issuer().is_empty() {
            return Err(Unreadable::EmptyIssuer);
        }
        if self.not_before().is_none() || self.not_after().is_none() {
            return Err(Unreadable::Date);
        }
        key(&fields)?;
        extensions(self, &fields)
    }
}

fn oid_of(identifier: &[u8]) -> Option<&[u8]> {
    let mut parts = Reader::new(identifier).sequence("algorithm").ok()?;
    parts
        .read(tag::OBJECT_IDENTIFIER, "algorithm")
        .ok()
        .map(|oid| oid.value)
}

/// `sun.security.rsa.RSAKeyFactory.checkKeyLengths`, `sun.security.util.ECParameters`.
fn key(fields: &Fields<'_>) -> Result<(), Unreadable> {
    let spki = Spki::read(&mut Reader::new(fields.public_key)).or(Err(Unreadable::PublicKey))?;
    if spki.algorithm == algorithm::RSA {
        let Some((modulus, exponent)) = spki.rsa() else {
            return Err(Unreadable::PublicKey);
        };
        let bits = bit_length(modulus).unwrap_or_default();
        if !(512..=16384).contains(&bits) {
            return Err(Unreadable::RsaSize { bits });
        }
        let exponent_bits = bit_length(exponent).unwrap_or_default();
        let is_small = exponent_bits < 2 || (exponent_bits == 2 && exponent.last() == Some(&2));
        if is_small || (exponent_bits > 64 && bits > 3072) {
            return Err(Unreadable::RsaExponent);
        }
    }
    if spki.algorithm == algorithm::EC {
        if spki
            .parameters
            .is_some_and(|parameters| parameters.tag == tag::SEQUENCE)
        {
            return Err(Unreadable::ExplicitCurve);
        }
        if let Some(oid) = spki.curve().filter(|oid| Curve::find(*oid).is_none()) {
            return Err(Unreadable::UnknownCurve { oid: oid.to_string() });
        }
    }
    Ok(())
}

fn extensions(certificate: &Certificate, fields: &Fields<'_>) -> Result<(), Unreadable> {
    let field = fields
        .version
        .map_or(Ok(0), |version| version.reader().unsigned("version"))
        .unwrap_or(u64::MAX);
    if field > 2 {
        return Err(Unreadable::Version { field });
    }
    if field < 2 && fields.extensions().is_some() {
        return Err(Unreadable::ExtensionsInVersion { version: field + 1 });
    }
    let mut seen = HashSet::new();
    let mut names_are_critical = None;
    for extension in certificate.extensions() {
        if !seen.insert(extension.oid.as_bytes()) {
            return Err(Unreadable::DuplicateExtension {
                oid: extension.oid.to_string(),
            });
        }
        if extension.oid == SUBJECT_ALT_NAME {
            names_are_critical = Some(extension.critical);
        }
        if !extension.critical {
            continue;
        }
        let malformed = |name| Err(Unreadable::MalformedCritical { name });
        if extension.oid == BASIC_CONSTRAINTS && !is_basic_constraints(extension.value) {
            return malformed("basicConstraints");
        }
        if extension.oid == KEY_USAGE
            && Reader::new(extension.value)
                .read(tag::BIT_STRING, "keyUsage")
                .is_err()
        {
            return malformed("keyUsage");
        }
        if extension.oid == SUBJECT_ALT_NAME && !is_names(extension.value) {
            return malformed("subjectAltName");
        }
    }
    if certificate.subject().is_empty() && names_are_critical == Some(false) {
        return Err(Unreadable::EmptySubjectWithUncriticalNames);
    }
    Ok(())
}

/// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
fn is_basic_constraints(value: &[u8]) -> bool {
    let Ok(mut fields) = Reader::new(value).sequence("basicConstraints") else {
        return false;
    };
    fields.optional(tag::BOOLEAN, "cA").is_ok() && fields.optional(tag::INTEGER, "pathLenConstraint").is_ok()
}

/// GeneralNames ::= SEQUENCE OF GeneralName, each with a context-specific tag.
fn is_names(value: &[u8]) -> bool {
    let Ok(mut names) = Reader::new(value).sequence("subjectAltName") else {
        return false;
    };
    while !names.is_empty() {
        match names.any("subjectAltName") {
            Ok(name) if name.tag & 0xc0 == 0x80 => {}
            _ => return false,
        }
    }
    true
}
