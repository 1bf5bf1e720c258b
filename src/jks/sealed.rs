//! Secret keys of JCEKS: a `javax.crypto.spec.SecretKeySpec` (or a `java.security.KeyRep`), serialised, encrypted
//! and kept in a `com.sun.crypto.provider.SealedObjectForKeyProtector`, serialised again.

use bytes::Bytes;
use zeroize::Zeroizing;

use super::Error;
use super::protector::{open_parameters, seal};
use super::serial::{self, Object, Writer};
use crate::asn1::Reader;
use crate::crypto::{Cipher, CryptoRng};
use crate::limits::Limits;
use crate::secret::{Password, SecretBytes};

const SEALED: &str = "com.sun.crypto.provider.SealedObjectForKeyProtector";
const SEALED_UID: u64 = 0xcd57_ca59_e730_bb53;
const SEALED_PARENT: &str = "javax.crypto.SealedObject";
const SEALED_PARENT_UID: u64 = 0x3e36_3da6_c3b7_5470;
const KEY: &str = "javax.crypto.spec.SecretKeySpec";
const KEY_UID: u64 = 0x5b47_0b66_e230_614d;
const KEY_REP: &str = "java.security.KeyRep";
const ALGORITHM: &str = "PBEWithMD5AndTripleDES";

/// How many bytes of these the sealed object takes.
pub(super) fn length(stream: &[u8]) -> Result<usize, Error> {
    sealed(stream).map(|(_, length)| length)
}

fn sealed(stream: &[u8]) -> Result<(Object, usize), Error> {
    let (object, length) = serial::read(stream).map_err(|source| Error::Sealed { source })?;
    // The JDK refuses every other class, its parent too (`jceks.key.serialFilter`).
    if *object.class == *SEALED {
        return Ok((object, length));
    }
    Err(Error::SealedClass {
        class: object.class.to_string(),
    })
}

/// The iterations of the key derivation.
#[must_use]
pub(crate) fn sealed_iterations(stream: &[u8]) -> Option<u32> {
    let (object, _) = sealed(stream).ok()?;
    let mut parameters = Reader::new(object.bytes("encodedParams", stream)?)
        .sequence("parameters")
        .ok()?;
    parameters.octet_string("salt").ok()?;
    u32::try_from(parameters.unsigned("count").ok()?).ok()
}

/// Opens a sealed secret key: its algorithm by Java's name, and its octets.
///
/// # Errors
/// A wrong password (or altered bytes: the format cannot tell), another class than a key's, a cap of `limits`.
pub fn recover_secret(
    stream: &[u8],
    password: &Password,
    limits: &Limits,
) -> Result<(String, SecretBytes), Error> {
    let (object, _) = sealed(stream)?;
    let missing = || Error::SealedClass {
        class: object.class.to_string(),
    };
    let parameters = object.bytes("encodedParams", stream).ok_or_else(missing)?;
    let content = object.bytes("encryptedContent", stream).ok_or_else(missing)?;
    if let Some(other) = object.text("sealAlg").filter(|name| *name != ALGORITHM) {
        return Err(Error::SealedWith {
            algorithm: other.to_owned(),
        });
    }
    let (key, iv) = open_parameters(&mut Reader::new(parameters), password, limits)?;
    let plain = Cipher::TripleDesCbc
        .decrypt(key.expose_bytes(), iv.expose_bytes(), content)
        .or(Err(Error::WrongPassword))?;
    // A wrong key now and then leaves a right padding: what comes out has to be an object.
    let plain = plain.expose_bytes();
    let (object, _) = serial::read(plain).or(Err(Error::WrongPassword))?;
    let octets = match &*object.class {
        KEY => object.bytes("key", plain),
        KEY_REP => object.bytes("encoded", plain),
        _ => None,
    };
    let class = || Error::SealedClass {
        class: object.class.to_string(),
    };
    let octets = SecretBytes::new(octets.ok_or_else(class)?.to_vec());
    let algorithm = object.text("algorithm").ok_or_else(class)?.to_owned();
    Ok((algorithm, octets))
}

/// Seals a secret key, as every JDK's JCEKS store reads it.
#[must_use]
pub fn seal_secret(
    algorithm: &str,
    octets: &SecretBytes,
    password: &Password,
    iterations: Option<u32>,
    rng: &mut dyn CryptoRng,
) -> Bytes {
    let mut key = Writer::new();
    key.object()
        .class(KEY, KEY_UID, 2)
        .field(b'L', "algorithm", Ok("Ljava/lang/String;"))
        .field(b'[', "key", Ok("[B"))
        .end_of_class()
        .null()
        .string(algorithm)
        .byte_array(None, octets.expose_bytes());
    let plain = Zeroizing::new(key.0);
    let (parameters, content) = seal(&plain, password, iterations, rng);
    // Handles: 0 the class, 1 its parent, 2 "[B", 3 the name of String, 4 the object, 5 byte[]'s class.
    let mut out = Writer::new();
    out.object()
        .class(SEALED, SEALED_UID, 0)
        .end_of_class()
        .class(SEALED_PARENT, SEALED_PARENT_UID, 4)
        .field(b'[', "encodedParams", Ok("[B"))
        .field(b'[', "encryptedContent", Err(2))
        .field(b'L', "paramsAlg", Ok("Ljava/lang/String;"))
        .field(b'L', "sealAlg", Err(3))
        .end_of_class()
        .null()
        .byte_array(None, &parameters)
        .byte_array(Some(5), &content)
        .string(ALGORITHM)
        .string(ALGORITHM);
    Bytes::from(out.0)
}
