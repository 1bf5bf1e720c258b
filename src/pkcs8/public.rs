//! What a private key tells of its public half.

use der::asn1::ObjectIdentifier;

use super::Info;
use super::pbe::identifier;
use crate::asn1::{Reader, tag, tlv};
use crate::crypto::curve;
use crate::x509::PublicKeyInfo;

const fn oid(digits: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(digits)
}

pub(super) const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
pub(super) const RSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
pub(super) const DSA: ObjectIdentifier = oid("1.2.840.10040.4.1");
pub(super) const EC: ObjectIdentifier = oid("1.2.840.10045.2.1");

const X25519: ObjectIdentifier = oid("1.3.101.110");
const X448: ObjectIdentifier = oid("1.3.101.111");
const ED25519: ObjectIdentifier = oid("1.3.101.112");
const ED448: ObjectIdentifier = oid("1.3.101.113");

/// By Java's names (`Key.getAlgorithm`).
const NAMES: &[(&str, ObjectIdentifier)] = &[
    ("RSA", RSA),
    ("RSASSA-PSS", RSA_PSS),
    ("DSA", DSA),
    ("EC", EC),
    ("DH", oid("1.2.840.113549.1.3.1")),
    ("X25519", X25519),
    ("X448", X448),
    ("Ed25519", ED25519),
    ("Ed448", ED448),
    ("ML-DSA-44", oid("2.16.840.1.101.3.4.3.17")),
    ("ML-DSA-65", oid("2.16.840.1.101.3.4.3.18")),
    ("ML-DSA-87", oid("2.16.840.1.101.3.4.3.19")),
    ("ML-KEM-512", oid("2.16.840.1.101.3.4.4.1")),
    ("ML-KEM-768", oid("2.16.840.1.101.3.4.4.2")),
    ("ML-KEM-1024", oid("2.16.840.1.101.3.4.4.3")),
];

pub(super) fn algorithm_name(id: &ObjectIdentifier) -> String {
    NAMES
        .iter()
        .find(|(_, known)| known == id)
        .map_or_else(|| id.to_string(), |(name, _)| (*name).to_owned())
}

/// Bits by way of a SubjectPublicKeyInfo, which for the curve's alone needs no point.
pub(super) fn bits(info: &Info<'_>) -> Option<u32> {
    let spki = public_key(info).unwrap_or_else(|| spki(info, &[4]));
    PublicKeyInfo::from_spki(&spki).ok()?.bits
}

/// SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING } (RFC 5280 section 4.1).
fn spki(info: &Info<'_>, octets: &[u8]) -> Vec<u8> {
    tlv(
        tag::SEQUENCE,
        &[info.identifier, &tlv(tag::BIT_STRING, &[&[0], octets])],
    )
}

pub(super) fn public_key(info: &Info<'_>) -> Option<Vec<u8>> {
    if let Some(octets) = info.public {
        return Some(spki(info, octets));
    }
    let secret = || Reader::new(info.key).octet_string("CurvePrivateKey").ok();
    match info.algorithm {
        ED25519 => Some(spki(info, &curve::ed25519_public_key(secret()?)?)),
        ED448 => Some(spki(info, &curve::ed448_public_key(secret()?)?)),
        X25519 => Some(spki(info, &curve::x25519_public_key(secret()?)?)),
        X448 => Some(spki(info, &curve::x448_public_key(secret()?)?)),
        DSA => {
            let mut parameters = Reader::new(info.parameters).sequence("DSA parameters").ok()?;
            let mut number = || parameters.read(tag::INTEGER, "DSA parameters").ok();
            let (p, q, g) = (number()?, number()?, number()?);
            let x = Reader::new(info.key).read(tag::INTEGER, "DSA private key").ok()?;
            let y = curve::dsa_public_key(p.value, q.value, g.value, x.value)?;
            Some(spki(info, &positive(&y)))
        }
        RSA | RSA_PSS => {
            let mut fields = Reader::new(info.key).sequence("RSAPrivateKey").ok()?;
            fields.any("version").ok()?;
            let modulus = fields.read(tag::INTEGER, "modulus").ok()?;
            let exponent = fields.read(tag::INTEGER, "publicExponent").ok()?;
            let key = tlv(tag::SEQUENCE, &[modulus.raw, exponent.raw]);
            if info.algorithm == RSA {
                // The parameters are NULL (RFC 3279 section 2.3.1), whatever stands in the private key.
                let identifier = identifier(RSA, &[tag::NULL, 0]);
                let octets = tlv(tag::BIT_STRING, &[&[0], &key]);
                return Some(tlv(tag::SEQUENCE, &[&identifier, &octets]));
            }
            Some(spki(info, &key))
        }
        EC => {
            let mut fields = Reader::new(info.key).sequence("ECPrivateKey").ok()?;
            fields.any("version").ok()?;
            let private = fields.octet_string("privateKey").ok()?;
            while !fields.is_empty() {
                let field = fields.any("ECPrivateKey").ok()?;
                if field.tag == tag::context_constructed(1) {
                    let point = field.reader().read(tag::BIT_STRING, "publicKey").ok()?;
                    return point.value.split_first().map(|(_, octets)| spki(info, octets));
                }
            }
            let name = PublicKeyInfo::from_spki(&spki(info, &[4])).ok()?.curve?;
            Some(spki(info, &curve::ec_public_key(&name, private)?))
        }
        _ => None,
    }
}

/// An INTEGER of these unsigned octets.
fn positive(octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let octets = octets.get(zeros..).unwrap_or_default();
    let sign: &[u8] = if octets.first().is_none_or(|first| *first >= 0x80) {
        &[0]
    } else {
        &[]
    };
    tlv(tag::INTEGER, &[sign, octets])
}

/// Whether the public half is that SubjectPublicKeyInfo's: the same algorithm and the same key octets. The
/// parameters of RSA may differ (NULL or absent, PSS or not); a point may be compressed in one of them.
pub(super) fn matches(info: &Info<'_>, other: &[u8]) -> Option<bool> {
    let (other_algorithm, other_parameters, other_octets) = parts(other)?;
    let is_rsa = |id: &ObjectIdentifier| [RSA, RSA_PSS].contains(id);
    if other_algorithm != info.algorithm && !(is_rsa(&other_algorithm) && is_rsa(&info.algorithm)) {
        return Some(false);
    }
    if info.algorithm == EC && other_parameters != info.parameters {
        return Some(false);
    }
    let own = public_key(info)?;
    let (_, _, octets) = parts(&own)?;
    if info.algorithm == EC && octets.len() != other_octets.len() {
        return Some(compressed(octets) == compressed(other_octets));
    }
    Some(octets == other_octets)
}

/// Octets that are equal where two SubjectPublicKeyInfos are of one key, as [`matches`] compares them.
pub(crate) fn identity(spki: &[u8]) -> Option<Vec<u8>> {
    let (algorithm, parameters, octets) = parts(spki)?;
    let algorithm = if algorithm == RSA_PSS { RSA } else { algorithm };
    let octets = match algorithm {
        EC => [parameters, &compressed(octets)].concat(),
        _ => octets.to_vec(),
    };
    Some([algorithm.as_bytes(), &octets].concat())
}

fn parts(spki: &[u8]) -> Option<(ObjectIdentifier, &[u8], &[u8])> {
    let mut fields = Reader::new(spki).sequence("SubjectPublicKeyInfo").ok()?;
    let mut identifier = fields.sequence("algorithm").ok()?;
    let algorithm = identifier.oid("algorithm").ok()?;
    let octets = fields
        .read(tag::BIT_STRING, "subjectPublicKey")
        .ok()?
        .value
        .split_first()?
        .1;
    Some((algorithm, identifier.rest(), octets))
}

/// The compressed form of a point (SEC 1 section 2.3.3): the abscissa and the parity of the ordinate.
fn compressed(point: &[u8]) -> Vec<u8> {
    match point.split_first() {
        Some((4, coordinates)) => {
            let (x, y) = coordinates.split_at(coordinates.len() / 2);
            let parity = y.last().map_or(0, |last| last & 1);
            [&[2 + parity], x].concat()
        }
        _ => point.to_vec(),
    }
}
