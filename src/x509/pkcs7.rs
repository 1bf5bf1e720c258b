//! Certificates in PKCS#7 (RFC 2315 section 9), the form of `.p7b` files.

use der::asn1::ObjectIdentifier;

use super::Certificate;
use crate::asn1::{tag, tlv};

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// The DER of a SignedData that nobody signed and that holds just these certificates, in this order, as
/// `openssl crl2pkcs7 -nocrl` writes it:
///
/// ```text
/// SignedData ::= SEQUENCE { version 1, digestAlgorithms SET {}, contentInfo { data },
///     certificates [0] IMPLICIT SET OF Certificate, signerInfos SET {} }
/// ```
#[must_use]
pub fn encode_pkcs7(certificates: &[Certificate]) -> Vec<u8> {
    let all: Vec<&[u8]> = certificates.iter().map(Certificate::as_der).collect();
    let data = tlv(tag::OBJECT_IDENTIFIER, &[DATA.as_bytes()]);
    let none = [tag::SET, 0];
    let signed = tlv(
        tag::SEQUENCE,
        &[
            &[tag::INTEGER, 1, 1],
            &none,
            &tlv(tag::SEQUENCE, &[&data]),
            &tlv(tag::context_constructed(0), &all),
            &none,
        ],
    );
    let id = tlv(tag::OBJECT_IDENTIFIER, &[SIGNED_DATA.as_bytes()]);
    tlv(
        tag::SEQUENCE,
        &[&id, &tlv(tag::context_constructed(0), &[&signed])],
    )
}
