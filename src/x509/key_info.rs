//! Public keys ([RFC 5280 section 4.1.2.7](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.7)).
//!
//! ```text
//! SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
//! ```

use std::fmt;

use der::asn1::ObjectIdentifier;

use super::algorithm;
use super::oid::Oid;
use crate::asn1::{Error, Reader, Tlv, tag};

/// What a public key is: `EC secp256r1`, `RSA 2048 bit`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicKeyInfo {
    /// The algorithm by Java's name (`RSA`, `EC`, `Ed25519`, ...), else its dotted identifier.
    pub algorithm: String,
    /// The size in bits: of an RSA key's modulus, a DSA or DH key's prime, a curve's field.
    pub bits: Option<u32>,
    /// The named curve of an EC key, by Java's name (`secp256r1`), else its dotted identifier.
    pub curve: Option<String>,
}

impl PublicKeyInfo {
    /// Of a SubjectPublicKeyInfo's DER; what cannot be read in it stays unknown.
    ///
    /// # Errors
    /// The bytes do not begin with a SubjectPublicKeyInfo.
    pub fn from_spki(der: &[u8]) -> Result<Self, Error> {
        let spki = Spki::read(&mut Reader::new(der))?;
        let curve = spki.curve();
        let known = curve.and_then(Curve::find);
        Ok(Self {
            algorithm: algorithm::key_name(spki.algorithm),
            bits: spki.bits(),
            curve: curve.map(|oid| known.map_or_else(|| oid.to_string(), |curve| curve.name.to_owned())),
        })
    }
}

impl fmt::Display for PublicKeyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.algorithm)?;
        match (&self.curve, self.bits) {
            (Some(curve), _) => write!(f, " {curve}"),
            (None, Some(bits)) if !self.algorithm.starts_with(['E', 'X', 'M']) => write!(f, " {bits} bit"),
            _ => Ok(()),
        }
    }
}

/// A SubjectPublicKeyInfo's parts.
pub(crate) struct Spki<'a> {
    pub(crate) algorithm: Oid<'a>,
    pub(crate) parameters: Option<Tlv<'a>>,
    /// The BIT STRING's contents octets, the count of unused bits first.
    pub(crate) key: &'a [u8],
}

impl<'a> Spki<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut fields = reader.sequence("subject public key info")?;
        let mut identifier = fields.sequence("public key algorithm")?;
        let oid = identifier.read(tag::OBJECT_IDENTIFIER, "public key algorithm")?;
        let parameters = match identifier.is_empty() {
            true => None,
            false => Some(identifier.any("public key parameters")?),
        };
        let key = fields.read(tag::BIT_STRING, "subject public key")?;
        Ok(Self {
            algorithm: Oid::new(oid.value),
            parameters,
            key: key.value,
        })
    }

    /// The key's octets, where the BIT STRING is one of octets.
    pub(crate) fn octets(&self) -> Option<&'a [u8]> {
        match self.key {
            [0, octets @ ..] => Some(octets),
            _ => None,
        }
    }

    /// The named curve of an EC key.
    pub(crate) fn curve(&self) -> Option<Oid<'a>> {
        let parameters = self.parameters.filter(|_| self.algorithm == algorithm::EC)?;
        (parameters.tag == tag::OBJECT_IDENTIFIER).then(|| Oid::new(parameters.value))
    }

    /// Modulus and exponent, unsigned, of an RSA key (RFC 8017 appendix A.1.1).
    pub(crate) fn rsa(&self) -> Option<(&'a [u8], &'a [u8])> {
        if self.algorithm != algorithm::RSA && self.algorithm != algorithm::RSASSA_PSS {
            return None;
        }
        let mut fields = Reader::new(self.octets()?).sequence("RSA public key").ok()?;
        let modulus = fields.read(tag::INTEGER, "modulus").ok()?;
        let exponent = fields.read(tag::INTEGER, "public exponent").ok()?;
        Some((modulus.value, exponent.value))
    }

    fn bits(&self) -> Option<u32> {
        if let Some((modulus, _)) = self.rsa() {
            return bit_length(modulus);
        }
        if self.algorithm == algorithm::EC {
            return self.curve().and_then(Curve::find).map(|curve| curve.bits);
        }
        let fixed: &[(ObjectIdentifier, u32)] = &[
            (ObjectIdentifier::new_unwrap("1.3.101.110"), 255),
            (ObjectIdentifier::new_unwrap("1.3.101.111"), 448),
            (ObjectIdentifier::new_unwrap("1.3.101.112"), 255),
            (ObjectIdentifier::new_unwrap("1.3.101.113"), 448),
        ];
        if let Some((_, bits)) = fixed.iter().find(|(oid, _)| self.algorithm == *oid) {
            return Some(*bits);
        }
        // DSA and DH: the parameters begin with the prime
        let parameters = self
            .parameters
            .filter(|parameters| parameters.tag == tag::SEQUENCE)?;
        let prime = parameters.reader().read(tag::INTEGER, "prime").ok()?;
        bit_length(prime.value)
    }
}

/// Bits of an unsigned big-endian number.
pub(crate) fn bit_length(octets: &[u8]) -> Option<u32> {
    let at = octets.iter().position(|octet| *octet != 0)?;
    let (first, rest) = octets.get(at..)?.split_first()?;
    let rest = u32::try_from(rest.len()).ok()?;
    Some(rest.checked_mul(8)? + (8 - first.leading_zeros()))
}

/// A named curve the JDKs know (`sun.security.util.CurveDB`, the same from 8 to 28).
pub(crate) struct Curve {
    oid: ObjectIdentifier,
    pub(crate) name: &'static str,
    /// Of the field.
    pub(crate) bits: u32,
}

impl Curve {
    pub(crate) fn find(oid: Oid<'_>) -> Option<&'static Self> {
        CURVES.iter().find(|curve| oid == curve.oid)
    }
}

const fn curve(oid: &str, name: &'static str, bits: u32) -> Curve {
    Curve {
        oid: ObjectIdentifier::new_unwrap(oid),
        name,
        bits,
    }
}

/// Frequent ones first.
const CURVES: &[Curve] = &[
    curve("1.2.840.10045.3.1.7", "secp256r1", 256),
    curve("1.3.132.0.34", "secp384r1", 384),
    curve("1.3.132.0.35", "secp521r1", 521),
    curve("1.3.132.0.10", "secp256k1", 256),
    curve("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    curve("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    curve("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
    curve("1.3.36.3.3.2.8.1.1.1", "brainpoolP160r1", 160),
    curve("1.3.36.3.3.2.8.1.1.3", "brainpoolP192r1", 192),
    curve("1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1", 224),
    curve("1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1", 320),
    curve("1.3.132.0.6", "secp112r1", 112),
    curve("1.3.132.0.7", "secp112r2", 112),
    curve("1.3.132.0.28", "secp128r1", 128),
    curve("1.3.132.0.29", "secp128r2", 128),
    curve("1.3.132.0.9", "secp160k1", 160),
    curve("1.3.132.0.8", "secp160r1", 160),
    curve("1.3.132.0.30", "secp160r2", 160),
    curve("1.3.132.0.31", "secp192k1", 192),
    curve("1.2.840.10045.3.1.1", "secp192r1", 192),
    curve("1.3.132.0.32", "secp224k1", 224),
    curve("1.3.132.0.33", "secp224r1", 224),
    curve("1.2.840.10045.3.1.2", "X9.62 prime192v2", 192),
    curve("1.2.840.10045.3.1.3", "X9.62 prime192v3", 192),
    curve("1.2.840.10045.3.1.4", "X9.62 prime239v1", 239),
    curve("1.2.840.10045.3.1.5", "X9.62 prime239v2", 239),
    curve("1.2.840.10045.3.1.6", "X9.62 prime239v3", 239),
    curve("1.3.132.0.4", "sect113r1", 113),
    curve("1.3.132.0.5", "sect113r2", 113),
    curve("1.3.132.0.22", "sect131r1", 131),
    curve("1.3.132.0.23", "sect131r2", 131),
    curve("1.3.132.0.1", "sect163k1", 163),
    curve("1.3.132.0.2", "sect163r1", 163),
    curve("1.3.132.0.15", "sect163r2", 163),
    curve("1.3.132.0.24", "sect193r1", 193),
    curve("1.3.132.0.25", "sect193r2", 193),
    curve("1.3.132.0.26", "sect233k1", 233),
    curve("1.3.132.0.27", "sect233r1", 233),
    curve("1.3.132.0.3", "sect239k1", 239),
    curve("1.3.132.0.16", "sect283k1", 283),
    curve("1.3.132.0.17", "sect283r1", 283),
    curve("1.3.132.0.36", "sect409k1", 409),
    curve("1.3.132.0.37", "sect409r1", 409),
    curve("1.3.132.0.38", "sect571k1", 571),
    curve("1.3.132.0.39", "sect571r1", 571),
    curve("1.2.840.10045.3.0.5", "X9.62 c2tnb191v1", 191),
    curve("1.2.840.10045.3.0.6", "X9.62 c2tnb191v2", 191),
    curve("1.2.840.10045.3.0.7", "X9.62 c2tnb191v3", 191),
    curve("1.2.840.10045.3.0.11", "X9.62 c2tnb239v1", 239),
    curve("1.2.840.10045.3.0.12", "X9.62 c2tnb239v2", 239),
    curve("1.2.840.10045.3.0.13", "X9.62 c2tnb239v3", 239),
    curve("1.2.840.10045.3.0.18", "X9.62 c2tnb359v1", 359),
    curve("1.2.840.10045.3.0.20", "X9.62 c2tnb431r1", 431),
];
