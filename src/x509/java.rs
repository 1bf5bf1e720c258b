//! Which certificates no JVM can parse. One of them makes the whole store unloadable, and Java then says
//! "keystore password was incorrect". The rules are those of `sun.security.x509.X509CertImpl`, measured on
//! JDK 8 to 28.

use super::Certificate;
use super::algorithm;
use super::certificate::Fields;
use super::extension::{
    AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, Extension, KEY_USAGE, SUBJECT_ALT_NAME,
    SUBJECT_KEY_IDENTIFIER,
};
use super::key_info::{Curve, Spki, bit_length};
use crate::asn1::{self, Reader, tag};

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
    #[error("its encoding is damaged")]
    Structure { source: asn1::Error },
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
        structure(&fields).map_err(|source| Unreadable::Structure { source })?;
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

/// What Java walks through when it parses a certificate, whatever it makes of it: both names to their values
/// (`sun.security.x509.X500Name`), the algorithms, the extensions to theirs (`sun.security.x509.Extension`).
fn structure(fields: &Fields<'_>) -> Result<(), asn1::Error> {
    for name in [fields.issuer, fields.subject] {
        let mut parts = Reader::new(name).sequence("name")?;
        while !parts.is_empty() {
            let mut part = parts.set("relative distinguished name")?;
            while !part.is_empty() {
                let mut attribute = part.sequence("attribute")?;
                oid(&mut attribute, "attribute's type")?;
                attribute.any("attribute's value")?;
                attribute.finish("attribute")?;
            }
        }
    }
    for identifier in [fields.signature_algorithm, fields.outer_algorithm] {
        algorithm_identifier(&mut Reader::new(identifier))?;
    }
    bits(&mut Reader::new(fields.signature), "signature")?;
    let mut public_key = Reader::new(fields.public_key).sequence("subject public key info")?;
    algorithm_identifier(&mut public_key)?;
    bits(&mut public_key, "subject public key")?;
    public_key.finish("subject public key info")?;
    let mut rest = Reader::new(fields.rest);
    for (number, name) in [
        (1, "issuer's unique identifier"),
        (2, "subject's unique identifier"),
    ] {
        rest.optional(tag::context(number), name)?;
    }
    // Java looks at nothing behind the extensions, nor behind the parts of one.
    let Some(extensions) = rest.optional(tag::context_constructed(3), "extensions")? else {
        return Ok(());
    };
    let mut extensions = extensions.reader().sequence("extensions")?;
    while !extensions.is_empty() {
        let mut extension = extensions.sequence("extension")?;
        oid(&mut extension, "extension's identifier")?;
        if let Some(critical) = extension.optional(tag::BOOLEAN, "extension's criticality")?
            && critical.value.len() != 1
        {
            return Err(invalid(
                "extension's criticality",
                critical.position,
                "it has not one octet",
            ));
        }
        extension.octet_string("extension's value")?;
    }
    Ok(())
}

const fn invalid(what: &'static str, position: usize, reason: &'static str) -> asn1::Error {
    asn1::Error::Invalid {
        what,
        position,
        reason,
    }
}

fn algorithm_identifier(reader: &mut Reader<'_>) -> Result<(), asn1::Error> {
    let mut parts = reader.sequence("algorithm identifier")?;
    oid(&mut parts, "algorithm")?;
    if !parts.is_empty() {
        parts.any("algorithm's parameters")?;
    }
    parts.finish("algorithm identifier")
}

/// Java's own check (`sun.security.util.ObjectIdentifier.check`): the last octet ends an arc, no arc begins with a
/// zero.
fn oid(reader: &mut Reader<'_>, what: &'static str) -> Result<(), asn1::Error> {
    let id = reader.read(tag::OBJECT_IDENTIFIER, what)?;
    let is_ended = id.value.last().is_some_and(|last| last & 0x80 == 0);
    let mut begins = true;
    let has_zero = id.value.iter().any(|octet| {
        let is_zero = begins && *octet == 0x80;
        begins = octet & 0x80 == 0;
        is_zero
    });
    if is_ended && !has_zero {
        return Ok(());
    }
    Err(invalid(what, id.position, "it is no object identifier"))
}

/// A BIT STRING with a right count of unused bits (`sun.security.util.DerValue.getUnalignedBitString`).
fn bits(reader: &mut Reader<'_>, what: &'static str) -> Result<(), asn1::Error> {
    let string = reader.read(tag::BIT_STRING, what)?;
    match string.value.first() {
        Some(0..=7) if string.value.len() > 1 || string.value == [0] => Ok(()),
        _ => Err(invalid(
            what,
            string.position,
            "its count of unused bits is wrong",
        )),
    }
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
            .is_none_or(|parameters| parameters.tag != tag::OBJECT_IDENTIFIER)
        {
            return Err(Unreadable::ExplicitCurve);
        }
        // Java takes the uncompressed form alone, and does not look whether the point is on the curve.
        if let Some(curve) = spki.curve().and_then(Curve::find) {
            let octets = spki.octets().ok_or(Unreadable::PublicKey)?;
            let length = usize::try_from(curve.bits.div_ceil(8)).unwrap_or(usize::MAX);
            if octets.first() != Some(&4) || octets.len().saturating_sub(1) != length.saturating_mul(2) {
                return Err(Unreadable::PublicKey);
            }
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
    let mut seen = Vec::new();
    let mut names_are_critical = None;
    for extension in certificate.extensions() {
        let malformed = known(&extension).and_then(|(name, is_sound)| (!is_sound).then_some(name));
        match malformed {
            Some(name) if extension.critical => return Err(Unreadable::MalformedCritical { name }),
            // Java sets it aside before it looks for a second one of its kind.
            Some(_) => continue,
            None => {}
        }
        seen.push(extension.oid);
        if extension.oid == SUBJECT_ALT_NAME {
            names_are_critical = Some(extension.critical);
        }
    }
    seen.sort_unstable_by_key(|oid| oid.as_bytes());
    if let Some([oid, ..]) = seen
        .windows(2)
        .find(|pair| matches!(pair, [one, next] if one == next))
    {
        return Err(Unreadable::DuplicateExtension { oid: oid.to_string() });
    }
    if certificate.subject().is_empty() && names_are_critical == Some(false) {
        return Err(Unreadable::EmptySubjectWithUncriticalNames);
    }
    Ok(())
}

/// The name of an extension that Java has a class for (`sun.security.x509.OIDMap`), and whether that class takes its
/// value.
fn known(extension: &Extension<'_>) -> Option<(&'static str, bool)> {
    let value = extension.value;
    let known = match extension.oid {
        oid if oid == BASIC_CONSTRAINTS => ("basicConstraints", is_basic_constraints(value)),
        oid if oid == KEY_USAGE => ("keyUsage", bits(&mut Reader::new(value), "keyUsage").is_ok()),
        oid if oid == SUBJECT_ALT_NAME => ("subjectAltName", is_names(value)),
        oid if oid == SUBJECT_KEY_IDENTIFIER => (
            "subjectKeyIdentifier",
            Reader::new(value).octet_string("subjectKeyIdentifier").is_ok(),
        ),
        oid if oid == AUTHORITY_KEY_IDENTIFIER => (
            "authorityKeyIdentifier",
            Reader::new(value).sequence("authorityKeyIdentifier").is_ok(),
        ),
        oid if oid == EXTENDED_KEY_USAGE => (
            "extendedKeyUsage",
            Reader::new(value).sequence("extendedKeyUsage").is_ok(),
        ),
        _ => return None,
    };
    Some(known)
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
