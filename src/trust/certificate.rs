//! A certificate decoded once, as `sun.security.x509.X509CertImpl` has it.

use std::collections::{BTreeSet, HashSet};

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use super::general_name::{GeneralName, read_names};
use super::name_constraints::{NameConstraints, email_text};
use super::policy::Policies;
use super::signature::SignatureAlgorithm;
use crate::asn1::{Reader, tag};
use crate::x509::{Certificate, KeyUsage, Name, Oid, PublicKeyInfo, Validity, spki_parts};

pub(super) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(super) const KEY_USAGE: &str = "2.5.29.15";
pub(super) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(super) const SUBJECT_ALT_NAME: &str = "2.5.29.17";
pub(super) const NAME_CONSTRAINTS: &str = "2.5.29.30";
const SUBJECT_KEY_ID: &str = "2.5.29.14";
const AUTHORITY_KEY_ID: &str = "2.5.29.35";
const NETSCAPE_TYPE: &str = "2.16.840.1.113730.1.1";
const CERTIFICATE_POLICIES: &str = "2.5.29.32";
const POLICY_MAPPINGS: &str = "2.5.29.33";
const POLICY_CONSTRAINTS: &str = "2.5.29.36";
const INHIBIT_ANY_POLICY: &str = "2.5.29.54";

/// An extension that Java knows: absent, of sound value, or malformed (and not critical, else the certificate could
/// not be parsed), with Java's text.
#[derive(Clone, Debug)]
pub(super) enum Known<T> {
    Absent,
    Sound(T),
    Malformed(String),
}

impl<T> Known<T> {
    pub(super) const fn sound(&self) -> Option<&T> {
        match self {
            Self::Sound(value) => Some(value),
            _ => None,
        }
    }
}

/// A certificate and all that path validation asks of it.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub(super) certificate: Certificate,
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) key: PublicKey,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Known<Vec<String>>,
    pub(super) names: Known<Vec<GeneralName>>,
    pub(super) name_constraints: Option<NameConstraints>,
    pub(super) policies: Policies,
    /// `X509Certificate.getBasicConstraints`: -1 for none of a CA.
    pub(super) path_length: i64,
    pub(super) critical: BTreeSet<String>,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    pub(super) authority_serial: Option<Vec<u8>>,
    pub(super) netscape_type: Option<u8>,
    names_value: Option<Vec<u8>>,
    subject_rdns: Vec<String>,
    subject_text: String,
    subject_emails: Vec<String>,
    common_name: Option<String>,
    version: u64,
}

impl Parsed {
    /// Decodes a certificate; the error is why a JVM cannot parse it.
    pub(super) fn read(certificate: &Certificate) -> Result<Self, String> {
        certificate
            .java_readability()
            .map_err(|error| error.to_string())?;
        let subject = certificate.subject();
        let key = PublicKey::read(certificate.public_key_der())?;
        let algorithm = SignatureAlgorithm::read(
            certificate.signature_algorithm_der(),
            certificate.signature_algorithm(),
        );
        let mut parsed = Self {
            subject: canonical(&subject),
            issuer: canonical(&certificate.issuer()),
            key,
            algorithm,
            key_usage: None,
            extended_key_usage: Known::Absent,
            names: Known::Absent,
            name_constraints: None,
            policies: Policies::default(),
            path_length: -1,
            critical: BTreeSet::new(),
            subject_key_id: None,
            authority_key_id: None,
            authority_serial: None,
            netscape_type: None,
            names_value: None,
            subject_rdns: canonical_rdns(&subject),
            subject_text: subject.to_java_string(),
            subject_emails: emails(&subject),
            common_name: subject.common_name(),
            version: certificate.version(),
            certificate: certificate.clone(),
        };
        let mut seen = HashSet::new();
        for extension in certificate.extensions() {
            let oid = extension.oid.to_string();
            if let Err(text) = parsed.take(&oid, extension.critical, extension.value) {
                if extension.critical {
                    return Err(text);
                }
                parsed.malformed(&oid, text);
                continue;
            }
            if !seen.insert(oid.clone()) {
                return Err(String::from("Duplicate extensions not allowed"));
            }
            if extension.critical {
                parsed.critical.insert(oid);
            }
        }
        Ok(parsed)
    }

    fn take(&mut self, oid: &str, critical: bool, value: &[u8]) -> Result<(), String> {
        let invalid = |name: &str| format!("Invalid encoding of {name}");
        match oid {
            BASIC_CONSTRAINTS => {
                self.path_length = path_length(value).ok_or_else(|| invalid("BasicConstraints"))?;
            }
            KEY_USAGE => {
                self.key_usage = Some(KeyUsage::read(value).ok_or_else(|| invalid("KeyUsage"))?);
            }
            EXTENDED_KEY_USAGE => {
                self.extended_key_usage = Known::Sound(purposes(value)?);
            }
            SUBJECT_ALT_NAME => {
                self.names = Known::Sound(read_names(value)?);
                self.names_value = Some(value.to_vec());
            }
            NAME_CONSTRAINTS => self.name_constraints = Some(NameConstraints::read(value)?),
            SUBJECT_KEY_ID => {
                let id = Reader::new(value)
                    .octet_string("key identifier")
                    .or(Err(invalid("SubjectKeyIdentifier")))?;
                self.subject_key_id = Some(id.to_vec());
            }
            AUTHORITY_KEY_ID => self
                .take_authority_key(value)
                .ok_or_else(|| invalid("AuthorityKeyIdentifierExtension."))?,
            NETSCAPE_TYPE => {
                let bits = Reader::new(value)
                    .read(tag::BIT_STRING, "type")
                    .or(Err(invalid("NetscapeCertType")))?;
                self.netscape_type = Some(bits.value.get(1).copied().unwrap_or_default());
            }
            CERTIFICATE_POLICIES => self.policies.read_policies(value)?,
            POLICY_MAPPINGS => self.policies.read_mappings(value)?,
            POLICY_CONSTRAINTS => self.policies.read_constraints(value)?,
            INHIBIT_ANY_POLICY => self.policies.read_inhibit_any(critical, value)?,
            _ => {}
        }
        Ok(())
    }

    fn take_authority_key(&mut self, value: &[u8]) -> Option<()> {
        let mut fields = Reader::new(value).sequence("authority key identifier").ok()?;
        while !fields.is_empty() {
            let field = fields.any("authority key identifier").ok()?;
            match field.tag {
                0x80 => self.authority_key_id = Some(field.value.to_vec()),
                0xa1 => {}
                0x82 => self.authority_serial = Some(field.value.to_vec()),
                _ => return None,
            }
        }
        Some(())
    }

    fn malformed(&mut self, oid: &str, text: String) {
        match oid {
            EXTENDED_KEY_USAGE => self.extended_key_usage = Known::Malformed(text),
            SUBJECT_ALT_NAME => self.names = Known::Malformed(text),
            AUTHORITY_KEY_ID => (self.authority_key_id, self.authority_serial) = (None, None),
            _ => {}
        }
    }

    /// The version: 1, 2, 3.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Whether subject and issuer are one name.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// The subject as Java's messages quote it.
    pub(super) fn subject_text(&self) -> &str {
        &self.subject_text
    }

    /// The subject's RDNs in canonical form.
    pub(super) fn subject_rdns(&self) -> &[String] {
        &self.subject_rdns
    }

    /// The subject's email addresses.
    pub(super) fn subject_emails(&self) -> &[String] {
        &self.subject_emails
    }

    /// How many names are held against name constraints.
    pub(super) fn name_count(&self) -> usize {
        let names = self
            .alternative_names()
            .map_or(self.subject_emails.len(), <[_]>::len);
        names.saturating_add(2)
    }

    /// The last common name.
    pub(super) fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// The SubjectAltName's names, where Java can parse them.
    pub(super) fn alternative_names(&self) -> Option<&[GeneralName]> {
        self.names.sound().map(Vec::as_slice)
    }

    /// Whether an instant lies within the validity period.
    pub(super) fn is_valid_at(&self, instant: Timestamp) -> bool {
        self.certificate.validity_at(instant) == Validity::Valid
    }

    /// Whether the path builder takes two certificates for one: equal, or of one subject, key and alternative names.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        self.certificate == other.certificate
            || (self.subject == other.subject
                && self.key == other.key
                && self.names_value == other.names_value)
    }
}

/// `sun.security.x509.BasicConstraintsExtension`: -1 unless cA; without a constraint the largest int.
fn path_length(value: &[u8]) -> Option<i64> {
    let mut fields = Reader::new(value).sequence("basic constraints").ok()?;
    let Ok(Some(ca)) = fields.optional(tag::BOOLEAN, "cA") else {
        return Some(-1);
    };
    if fields.is_empty() {
        return Some(if ca.value == [0] { -1 } else { i64::from(i32::MAX) });
    }
    let length = fields.read(tag::INTEGER, "path length").ok()?;
    let negative = length.value.first()? & 0x80 != 0;
    (length.value.len() <= 4).then_some(())?;
    let length = length
        .value
        .iter()
        .fold(if negative { -1 } else { 0 }, |sum: i64, octet| {
            sum << 8 | i64::from(*octet)
        });
    Some(if ca.value == [0] { -1 } else { length })
}

fn purposes(value: &[u8]) -> Result<Vec<String>, String> {
    let mut list = Reader::new(value)
        .sequence("extended key usage")
        .or(Err(String::from(
            "Invalid encoding for ExtendedKeyUsageExtension.",
        )))?;
    let mut out = Vec::new();
    while !list.is_empty() {
        let id = list.any("purpose").map_err(|error| error.to_string())?;
        if id.tag != tag::OBJECT_IDENTIFIER {
            return Err(format!("DerValue.getOID, not an OID {}", id.tag));
        }
        out.push(Oid::new(id.value).to_string());
    }
    Ok(out)
}

/// As Java compares names: compatibility characters decomposed (NFKD).
fn decomposed(canonical: &str) -> String {
    icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(canonical)
        .into_owned()
}

/// A name as Java compares it.
pub(super) fn canonical(name: &Name<'_>) -> String {
    decomposed(&name.canonical())
}

/// A name's RDNs as Java compares them.
pub(super) fn canonical_rdns(name: &Name<'_>) -> Vec<String> {
    let rdns = name.canonical_rdns().unwrap_or_default();
    rdns.iter().map(|rdn| decomposed(rdn)).collect()
}

fn emails(subject: &Name<'_>) -> Vec<String> {
    const EMAIL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");
    subject.values_of(EMAIL).iter().map(email_text).collect()
}

/// A SubjectPublicKeyInfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    der: Vec<u8>,
    /// By Java's name of its kind: `RSA`, `EC`, `Ed25519`.
    pub(super) algorithm: String,
    /// `sun.security.util.KeyUtil.getKeySize`: of an EC key the bits of the curve's order.
    pub(super) bits: Option<u32>,
    pub(super) curve: Option<String>,
    octets: Vec<u8>,
    numbers: Vec<Vec<u8>>,
}

impl PublicKey {
    fn read(der: &[u8]) -> Result<Self, String> {
        let unreadable = |error: crate::asn1::Error| error.to_string();
        let info = PublicKeyInfo::from_spki(der).map_err(unreadable)?;
        let parts = spki_parts(der).map_err(unreadable)?;
        let octets = parts.octets.to_vec();
        let numbers = match info.algorithm.as_str() {
            "RSA" | "RSASSA-PSS" => integers(&octets),
            "DSA" => integers(parts.parameters),
            _ => Vec::new(),
        };
        let bits = match info.curve.as_deref() {
            Some(curve) => order_bits(curve).or(info.bits),
            None => info.bits,
        };
        Ok(Self {
            der: der.to_vec(),
            algorithm: info.algorithm,
            bits,
            curve: info.curve,
            octets,
            numbers,
        })
    }

    /// The subjectPublicKey's octets.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Modulus and exponent.
    pub(super) fn rsa(&self) -> Option<(&[u8], &[u8])> {
        match self.numbers.as_slice() {
            [modulus, exponent] => Some((modulus, exponent)),
            _ => None,
        }
    }

    /// p, q and g.
    pub(super) fn dsa_parameters(&self) -> Option<[&[u8]; 3]> {
        match self.numbers.as_slice() {
            [p, q, g] => Some([p, q, g]),
            _ => None,
        }
    }

    /// What `PublicKey.getAlgorithm` answers: `EdDSA` for both of its curves.
    pub(super) fn java_algorithm(&self) -> &str {
        match self.algorithm.as_str() {
            "Ed25519" | "Ed448" => "EdDSA",
            other => other,
        }
    }

    /// Whether that JDK's providers verify with it: since 16 SunEC has three curves only.
    pub(super) fn is_usable(&self, jdk: u32) -> bool {
        match self.curve.as_deref() {
            Some(curve) => jdk < 16 || matches!(curve, "secp256r1" | "secp384r1" | "secp521r1"),
            None => true,
        }
    }
}

/// The INTEGERs of a SEQUENCE, as long as there are some.
fn integers(der: &[u8]) -> Vec<Vec<u8>> {
    let Ok(mut fields) = Reader::new(der).sequence("numbers") else {
        return Vec::new();
    };
    let mut out = Vec::new();
    while let Ok(number) = fields.read(tag::INTEGER, "number") {
        out.push(number.value.to_vec());
    }
    out
}

/// Bits of the order where they are not those of the field.
fn order_bits(curve: &str) -> Option<u32> {
    let bits = match curve {
        "secp112r2" => 110,
        "secp128r2" => 126,
        "secp160k1" | "secp160r1" | "secp160r2" => 161,
        "secp224k1" => 225,
        "sect113r1" | "sect113r2" => 113,
        "sect131r1" | "sect131r2" => 131,
        "sect163k1" | "sect163r1" | "sect163r2" => 163,
        "sect193r1" | "sect193r2" => 193,
        "sect233k1" => 232,
        "sect239k1" => 238,
        "sect283k1" => 281,
        "sect283r1" => 282,
        "sect409k1" => 407,
        "sect571k1" => 570,
        "sect571r1" => 570,
        "X9.62 c2tnb191v1" => 191,
        "X9.62 c2tnb191v2" => 190,
        "X9.62 c2tnb191v3" => 189,
        "X9.62 c2tnb239v1" => 238,
        "X9.62 c2tnb239v2" => 237,
        "X9.62 c2tnb239v3" => 236,
        "X9.62 c2tnb359v1" => 353,
        "X9.62 c2tnb431r1" => 418,
        _ => return None,
    };
    Some(bits)
}
