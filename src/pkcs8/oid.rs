//! The object identifiers that stores and keys use, and what people call them.

use der::asn1::ObjectIdentifier;

use crate::crypto::{Cipher, Digest};

const fn oid(digits: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(digits)
}

/// PBES2 (RFC 8018 appendix A.4).
pub const PBES2: ObjectIdentifier = oid("1.2.840.113549.1.5.13");
/// PBKDF2 (RFC 8018 appendix A.2).
pub const PBKDF2: ObjectIdentifier = oid("1.2.840.113549.1.5.12");
/// PBMAC1 (RFC 8018 appendix A.5).
pub const PBMAC1: ObjectIdentifier = oid("1.2.840.113549.1.5.14");
/// scrypt (RFC 7914 section 7.1).
pub const SCRYPT: ObjectIdentifier = oid("1.3.6.1.4.1.11591.4.11");
/// JKS's key protector (`sun.security.provider.KeyProtector`).
pub const JKS_PROTECTOR: ObjectIdentifier = oid("1.3.6.1.4.1.42.2.17.1.1");
/// JCEKS's key protector (`com.sun.crypto.provider.KeyProtector`).
pub const JCEKS_PROTECTOR: ObjectIdentifier = oid("1.3.6.1.4.1.42.2.19.1");

const DIGESTS: &[(Digest, ObjectIdentifier)] = &[
    (Digest::Md5, oid("1.2.840.113549.2.5")),
    (Digest::Sha1, oid("1.3.14.3.2.26")),
    (Digest::Sha224, oid("2.16.840.1.101.3.4.2.4")),
    (Digest::Sha256, oid("2.16.840.1.101.3.4.2.1")),
    (Digest::Sha384, oid("2.16.840.1.101.3.4.2.2")),
    (Digest::Sha512, oid("2.16.840.1.101.3.4.2.3")),
    (Digest::Sha512_224, oid("2.16.840.1.101.3.4.2.5")),
    (Digest::Sha512_256, oid("2.16.840.1.101.3.4.2.6")),
    (Digest::Sha3_224, oid("2.16.840.1.101.3.4.2.7")),
    (Digest::Sha3_256, oid("2.16.840.1.101.3.4.2.8")),
    (Digest::Sha3_384, oid("2.16.840.1.101.3.4.2.9")),
    (Digest::Sha3_512, oid("2.16.840.1.101.3.4.2.10")),
];

const HMACS: &[(Digest, ObjectIdentifier)] = &[
    (Digest::Md5, oid("1.2.840.113549.2.6")),
    (Digest::Sha1, oid("1.2.840.113549.2.7")),
    (Digest::Sha224, oid("1.2.840.113549.2.8")),
    (Digest::Sha256, oid("1.2.840.113549.2.9")),
    (Digest::Sha384, oid("1.2.840.113549.2.10")),
    (Digest::Sha512, oid("1.2.840.113549.2.11")),
    (Digest::Sha512_224, oid("1.2.840.113549.2.12")),
    (Digest::Sha512_256, oid("1.2.840.113549.2.13")),
    (Digest::Sha3_224, oid("2.16.840.1.101.3.4.2.13")),
    (Digest::Sha3_256, oid("2.16.840.1.101.3.4.2.14")),
    (Digest::Sha3_384, oid("2.16.840.1.101.3.4.2.15")),
    (Digest::Sha3_512, oid("2.16.840.1.101.3.4.2.16")),
];

/// PBES2's encryption schemes (RFC 8018 appendix B.2); RC2's effective bits stand in its parameters.
pub(super) const CIPHERS: &[(Cipher, ObjectIdentifier)] = &[
    (Cipher::Aes128Cbc, oid("2.16.840.1.101.3.4.1.2")),
    (Cipher::Aes192Cbc, oid("2.16.840.1.101.3.4.1.22")),
    (Cipher::Aes256Cbc, oid("2.16.840.1.101.3.4.1.42")),
    (Cipher::DesCbc, oid("1.3.14.3.2.7")),
    (Cipher::TripleDesCbc, oid("1.2.840.113549.3.7")),
    (Cipher::Rc2Cbc { effective_bits: 0 }, oid("1.2.840.113549.3.2")),
];

/// PKCS#12's schemes, all with SHA-1 (RFC 7292 appendix C).
pub(super) const PKCS12_SCHEMES: &[(Cipher, ObjectIdentifier)] = &[
    (Cipher::Rc4 { key_bits: 128 }, oid("1.2.840.113549.1.12.1.1")),
    (Cipher::Rc4 { key_bits: 40 }, oid("1.2.840.113549.1.12.1.2")),
    (Cipher::TripleDesCbc, oid("1.2.840.113549.1.12.1.3")),
    (Cipher::TripleDes2KeyCbc, oid("1.2.840.113549.1.12.1.4")),
    (
        Cipher::Rc2Cbc { effective_bits: 128 },
        oid("1.2.840.113549.1.12.1.5"),
    ),
    (
        Cipher::Rc2Cbc { effective_bits: 40 },
        oid("1.2.840.113549.1.12.1.6"),
    ),
];

/// PKCS#5's schemes of PBES1 (RFC 8018 appendix A.3).
pub(super) const PBES1_SCHEMES: &[(Digest, Cipher, ObjectIdentifier)] = &[
    (Digest::Md5, Cipher::DesCbc, oid("1.2.840.113549.1.5.3")),
    (
        Digest::Md5,
        Cipher::Rc2Cbc { effective_bits: 64 },
        oid("1.2.840.113549.1.5.6"),
    ),
    (Digest::Sha1, Cipher::DesCbc, oid("1.2.840.113549.1.5.10")),
    (
        Digest::Sha1,
        Cipher::Rc2Cbc { effective_bits: 64 },
        oid("1.2.840.113549.1.5.11"),
    ),
];

/// Names for messages, beside those of the tables above.
const NAMES: &[(&str, ObjectIdentifier)] = &[
    ("PBES2", PBES2),
    ("PBKDF2", PBKDF2),
    ("PBMAC1", PBMAC1),
    ("scrypt", SCRYPT),
    ("JKS key protector", JKS_PROTECTOR),
    ("PBEWithMD5AndTripleDES (JCEKS key protector)", JCEKS_PROTECTOR),
    ("PBE with MD2 and DES-CBC", oid("1.2.840.113549.1.5.1")),
    ("PBE with MD2 and RC2-CBC", oid("1.2.840.113549.1.5.4")),
    ("AES-128-GCM", oid("2.16.840.1.101.3.4.1.6")),
    ("AES-256-GCM", oid("2.16.840.1.101.3.4.1.46")),
    ("MD2", oid("1.2.840.113549.2.2")),
    ("MD4", oid("1.2.840.113549.2.4")),
    ("RIPEMD-160", oid("1.3.36.3.2.1")),
    ("SM3", oid("1.2.156.10197.1.401")),
    ("GOST R 34.11-94", oid("1.2.643.2.2.9")),
    ("GOST R 34.11-2012", oid("1.2.643.7.1.1.2.2")),
    ("data", oid("1.2.840.113549.1.7.1")),
    ("signedData", oid("1.2.840.113549.1.7.2")),
    ("envelopedData", oid("1.2.840.113549.1.7.3")),
    ("encryptedData", oid("1.2.840.113549.1.7.6")),
    ("keyBag", oid("1.2.840.113549.1.12.10.1.1")),
    ("pkcs8ShroudedKeyBag", oid("1.2.840.113549.1.12.10.1.2")),
    ("certBag", oid("1.2.840.113549.1.12.10.1.3")),
    ("crlBag", oid("1.2.840.113549.1.12.10.1.4")),
    ("secretBag", oid("1.2.840.113549.1.12.10.1.5")),
    ("safeContentsBag", oid("1.2.840.113549.1.12.10.1.6")),
    ("sdsiCertificate", oid("1.2.840.113549.1.9.22.2")),
];

/// The digest of this OID.
#[must_use]
pub fn digest_from_oid(id: &ObjectIdentifier) -> Option<Digest> {
    DIGESTS
        .iter()
        .find(|(_, known)| known == id)
        .map(|(digest, _)| *digest)
}

/// The digest's OID.
#[must_use]
pub fn digest_oid(digest: Digest) -> ObjectIdentifier {
    DIGESTS
        .iter()
        .find(|(known, _)| *known == digest)
        .map_or(PBES2, |(_, id)| *id)
}

/// The digest of the HMAC of this OID.
#[must_use]
pub fn hmac_from_oid(id: &ObjectIdentifier) -> Option<Digest> {
    HMACS
        .iter()
        .find(|(_, known)| known == id)
        .map(|(digest, _)| *digest)
}

/// The OID of HMAC with this digest.
#[must_use]
pub fn hmac_oid(digest: Digest) -> ObjectIdentifier {
    HMACS
        .iter()
        .find(|(known, _)| *known == digest)
        .map_or(PBES2, |(_, id)| *id)
}

/// What people call the algorithm or type of this OID, for messages.
#[must_use]
pub fn name_of_oid(id: &ObjectIdentifier) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(_, known)| known == id)
        .map(|(name, _)| *name)
        .or_else(|| digest_from_oid(id).map(Digest::name))
        .or_else(|| {
            CIPHERS
                .iter()
                .find(|(_, known)| known == id)
                .map(|(cipher, _)| cipher.name())
        })
}

/// The name and the digits: `RIPEMD-160 (1.3.36.3.2.1)`; the digits alone where there is no name.
#[must_use]
pub fn describe(id: &ObjectIdentifier) -> String {
    name_of_oid(id).map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
}
