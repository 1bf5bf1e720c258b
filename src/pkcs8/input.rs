//! Keys from whatever people have them in.

use der::asn1::ObjectIdentifier;

use super::pbe::identifier;
use super::public::{DSA, EC, RSA};
use super::{EncryptedPrivateKey, Info, KeyError, PrivateKey};
use crate::asn1::{Reader, tag, tlv};
use crate::crypto::{Cipher, evp_bytes_to_key};
use crate::limits::Limits;
use crate::pem::{self, Block, What, sniff};
use crate::secret::{Password, SecretBytes};

pub(super) fn read(
    bytes: &[u8],
    password: Option<&Password>,
    limits: &Limits,
) -> Result<PrivateKey, KeyError> {
    if !pem::is_pem(bytes) {
        return match der(bytes, password, limits)? {
            Some(key) => Ok(key),
            None => Err(KeyError::NotAKey { what: sniff(bytes) }),
        };
    }
    let blocks = pem::read(bytes)?;
    let mut keys = blocks
        .iter()
        .filter(|block| matches!(pem::label(&block.label), What::PrivateKey { .. }));
    let Some(block) = keys.next() else {
        let what = blocks
            .first()
            .map_or(What::Text, |block| pem::label(&block.label));
        return Err(KeyError::NotAKey { what });
    };
    if let Some(second) = keys.next() {
        return Err(KeyError::Several {
            first: block.line,
            second: second.line,
        });
    }
    let is_encrypted = block
        .headers
        .iter()
        .any(|(name, value)| name == "Proc-Type" && value.ends_with("ENCRYPTED"));
    let octets = if is_encrypted {
        dek(block, password)?
    } else {
        SecretBytes::new(block.der.to_vec())
    };
    let key = der(octets.expose_bytes(), password, limits)?;
    match key {
        Some(key) => Ok(key),
        None if is_encrypted => Err(super::pbe::PbeError::WrongPassword.into()),
        None => Err(KeyError::NotAKey {
            what: sniff(octets.expose_bytes()),
        }),
    }
}

/// A key's DER in any of the forms; nothing where it is none of them.
fn der(bytes: &[u8], password: Option<&Password>, limits: &Limits) -> Result<Option<PrivateKey>, KeyError> {
    let form = match sniff(bytes) {
        What::PrivateKey { form } => form,
        _ => return Ok(None),
    };
    let key = match form {
        "PKCS#8" => PrivateKey::from_pkcs8_der(SecretBytes::new(bytes.to_vec()))?,
        "encrypted PKCS#8" => {
            let encrypted = EncryptedPrivateKey::from_der(bytes.to_vec())?;
            let password = password.ok_or(KeyError::PasswordRequired)?;
            encrypted.decrypt(password, limits)?
        }
        "SEC 1" => sec1(bytes)?,
        _ => pkcs1_or_dsa(bytes)?,
    };
    let info = Info::read(key.expose_pkcs8_der())?;
    if info.algorithm == EC && info.parameters.first() == Some(&tag::SEQUENCE) {
        return Err(KeyError::ExplicitParameters);
    }
    Ok(Some(key))
}

/// `SEQUENCE { version 0, AlgorithmIdentifier, OCTET STRING }` around another form's DER.
fn wrap(algorithm: ObjectIdentifier, parameters: &[u8], key: &[u8]) -> Result<PrivateKey, KeyError> {
    let identifier = identifier(algorithm, parameters);
    let key = SecretBytes::new(tlv(tag::OCTET_STRING, &[key]));
    PrivateKey::from_pkcs8_der(SecretBytes::new(tlv(
        tag::SEQUENCE,
        &[&[2, 1, 0], &identifier, key.expose_bytes()],
    )))
}

/// RSAPrivateKey (RFC 8017 appendix A.1.2) has nine INTEGERs, OpenSSL's DSA form six: version, p, q, g, y, x.
fn pkcs1_or_dsa(bytes: &[u8]) -> Result<PrivateKey, KeyError> {
    let mut fields = Reader::new(bytes).sequence("private key")?;
    let mut integers = Vec::new();
    while fields.peek() == Some(tag::INTEGER) {
        integers.push(fields.any("private key")?.raw);
    }
    if let [_, p, q, g, _, x] = integers.as_slice() {
        return wrap(DSA, &tlv(tag::SEQUENCE, &[p, q, g]), x);
    }
    wrap(RSA, &[tag::NULL, 0], bytes)
}

/// ECPrivateKey (RFC 5915 section 3): its curve goes to the AlgorithmIdentifier, the rest stays.
fn sec1(bytes: &[u8]) -> Result<PrivateKey, KeyError> {
    let mut fields = Reader::new(bytes).sequence("ECPrivateKey")?;
    let version = fields.read(tag::INTEGER, "ECPrivateKey's version")?;
    let key = fields.read(tag::OCTET_STRING, "ECPrivateKey's privateKey")?;
    let position = fields.position();
    let Some(parameters) = fields.optional(tag::context_constructed(0), "ECPrivateKey's parameters")? else {
        let reason = "it names no curve";
        return Err(crate::asn1::Error::Invalid {
            what: "ECPrivateKey",
            position,
            reason,
        }
        .into());
    };
    if parameters.value.first() == Some(&tag::SEQUENCE) {
        return Err(KeyError::ExplicitParameters);
    }
    let inner = SecretBytes::new(tlv(tag::SEQUENCE, &[version.raw, key.raw, fields.rest()]));
    wrap(EC, parameters.value, inner.expose_bytes())
}

/// OpenSSL's own encryption of PEM keys: `DEK-Info: CIPHER,IV`, the key by `EVP_BytesToKey` with MD5 from the
/// password and the vector's first 8 octets.
fn dek(block: &Block, password: Option<&Password>) -> Result<SecretBytes, KeyError> {
    let info = block
        .headers
        .iter()
        .find(|(name, _)| name == "DEK-Info")
        .map(|(_, value)| value.as_str());
    let (name, iv) = info
        .and_then(|value| value.split_once(','))
        .unwrap_or((info.unwrap_or("nothing"), ""));
    let cipher = match name.trim() {
        "AES-128-CBC" => Cipher::Aes128Cbc,
        "AES-192-CBC" => Cipher::Aes192Cbc,
        "AES-256-CBC" => Cipher::Aes256Cbc,
        "DES-CBC" => Cipher::DesCbc,
        "DES-EDE3-CBC" => Cipher::TripleDesCbc,
        "RC2-CBC" => Cipher::Rc2Cbc { effective_bits: 128 },
        "RC2-40-CBC" => Cipher::Rc2Cbc { effective_bits: 40 },
        "RC2-64-CBC" => Cipher::Rc2Cbc { effective_bits: 64 },
        other => {
            return Err(KeyError::Encryption {
                name: other.to_owned(),
            });
        }
    };
    let iv = from_hex(iv.trim()).filter(|iv| iv.len() == cipher.iv_len());
    let Some(iv) = iv else {
        return Err(KeyError::Encryption {
            name: format!("{name} and a damaged vector"),
        });
    };
    let password = password.ok_or(KeyError::PasswordRequired)?;
    let salt = iv.get(..8).unwrap_or_default();
    let key = evp_bytes_to_key(password.expose_utf8(), salt, cipher.key_len());
    cipher
        .decrypt(key.expose_bytes(), &iv, &block.der)
        .or(Err(super::pbe::PbeError::WrongPassword.into()))
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
