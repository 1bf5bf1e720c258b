//! The key protectors: JKS's (`sun.security.provider.KeyProtector`: the key XOR a stream of SHA-1, and a
//! digest) and JCEKS's (`com.sun.crypto.provider.KeyProtector`: 3DES under iterated MD5).

use zeroize::Zeroizing;

use super::{Error, JksFormat};
use crate::asn1::{Reader, tag, tlv};
use crate::crypto::{self, Cipher, CryptoRng, Digest};
use crate::limits::Limits;
use crate::pkcs8::pbe::{identifier, unsigned};
use crate::pkcs8::{EncryptedPrivateKey, PrivateKey, oid};
use crate::secret::{Password, SecretBytes};

const SALT: usize = 20;
/// What the JDK writes unless `jdk.jceks.iterationCount` says otherwise.
const JCEKS_COUNT: u32 = 200_000;

/// Recovers a key that one of the two protects; nothing where it is protected by neither.
///
/// # Errors
/// A wrong password (or altered bytes: the format cannot tell), damaged parameters, a cap of `limits`.
pub fn recover_key(
    key: &EncryptedPrivateKey,
    password: &Password,
    limits: &Limits,
) -> Option<Result<PrivateKey, Error>> {
    let (algorithm, data) = key.parts().ok()?;
    let mut fields = algorithm.reader();
    let id = fields.oid("key protector").ok()?;
    let plain = match id {
        oid::JKS_PROTECTOR => recover_jks(data, password),
        oid::JCEKS_PROTECTOR => recover_jceks(&mut fields, data, password, limits),
        _ => return None,
    };
    // A wrong key now and then leaves a right padding: what comes out has to be a key.
    Some(plain.and_then(|plain| PrivateKey::from_pkcs8_der(plain).or(Err(Error::WrongPassword))))
}

/// Protects a key as the format does.
#[must_use]
pub fn protect_key(
    key: &PrivateKey,
    format: JksFormat,
    password: &Password,
    iterations: Option<u32>,
    rng: &mut dyn CryptoRng,
) -> EncryptedPrivateKey {
    let plain = key.expose_pkcs8_der();
    match format {
        JksFormat::Jks => {
            let mut salt = [0; SALT];
            rng.fill_bytes(&mut salt);
            let password = password.expose_utf16be();
            let stream = stream(password.expose_bytes(), &salt, plain.len());
            let hidden: Vec<u8> = plain
                .iter()
                .zip(stream.iter())
                .map(|(plain, mask)| plain ^ mask)
                .collect();
            let check = Digest::Sha1.hash(&[password.expose_bytes(), plain]);
            let data = [&salt[..], &hidden, &check].concat();
            EncryptedPrivateKey::from_parts(&identifier(oid::JKS_PROTECTOR, &[tag::NULL, 0]), &data)
        }
        JksFormat::Jceks => {
            let (parameters, data) = seal(plain, password, iterations, rng);
            EncryptedPrivateKey::from_parts(&identifier(oid::JCEKS_PROTECTOR, &parameters), &data)
        }
    }
}

/// Encrypts with JCEKS's PBE; the parameters, and what it makes of the plain octets.
pub(super) fn seal(
    plain: &[u8],
    password: &Password,
    iterations: Option<u32>,
    rng: &mut dyn CryptoRng,
) -> (Vec<u8>, Vec<u8>) {
    let mut salt = [0; 8];
    rng.fill_bytes(&mut salt);
    let count = iterations.unwrap_or(JCEKS_COUNT);
    let (key, iv) = md5_key(password, salt, count);
    let mut data = Vec::with_capacity(plain.len() + 8);
    data.extend_from_slice(plain);
    // The lengths of key and vector are those of the cipher.
    let _ = Cipher::TripleDesCbc.encrypt_in_place(key.expose_bytes(), iv.expose_bytes(), &mut data, 0);
    let parameters = tlv(
        tag::SEQUENCE,
        &[&tlv(tag::OCTET_STRING, &[&salt]), &unsigned(u64::from(count))],
    );
    (parameters, data)
}

/// The iterations of a key under JCEKS's protector.
#[must_use]
pub(crate) fn iterations(key: &EncryptedPrivateKey) -> Option<u32> {
    let (algorithm, _) = key.parts().ok()?;
    let mut fields = algorithm.reader();
    if fields.oid("key protector").ok()? != oid::JCEKS_PROTECTOR {
        return None;
    }
    let mut parameters = fields.sequence("parameters").ok()?;
    parameters.octet_string("salt").ok()?;
    u32::try_from(parameters.unsigned("count").ok()?).ok()
}

fn recover_jks(data: &[u8], password: &Password) -> Result<SecretBytes, Error> {
    let short = || Error::Truncated {
        what: "the protected key",
        position: 0,
    };
    let (salt, rest) = data.split_first_chunk::<SALT>().ok_or_else(short)?;
    let (hidden, check) = rest.split_last_chunk::<SALT>().ok_or_else(short)?;
    let password = password.expose_utf16be();
    let stream = stream(password.expose_bytes(), salt, hidden.len());
    let plain = SecretBytes::new(
        hidden
            .iter()
            .zip(stream.iter())
            .map(|(hidden, mask)| hidden ^ mask)
            .collect(),
    );
    let digest = Digest::Sha1.hash(&[password.expose_bytes(), plain.expose_bytes()]);
    if crypto::constant_time_eq(&digest, check) {
        Ok(plain)
    } else {
        Err(Error::WrongPassword)
    }
}

/// SHA-1 (password, salt), SHA-1 (password, the block before), ...
fn stream(password: &[u8], salt: &[u8; SALT], length: usize) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(length + SALT));
    let mut block = salt.to_vec();
    while out.len() < length {
        block = Digest::Sha1.hash(&[password, &block]);
        out.extend_from_slice(&block);
    }
    out
}

fn recover_jceks(
    fields: &mut Reader<'_>,
    data: &[u8],
    password: &Password,
    limits: &Limits,
) -> Result<SecretBytes, Error> {
    let (key, iv) = open_parameters(fields, password, limits)?;
    Cipher::TripleDesCbc
        .decrypt(key.expose_bytes(), iv.expose_bytes(), data)
        .or(Err(Error::WrongPassword))
}

/// Key and vector by the parameters that come next.
pub(super) fn open_parameters(
    fields: &mut Reader<'_>,
    password: &Password,
    limits: &Limits,
) -> Result<(SecretBytes, SecretBytes), Error> {
    let mut read = || {
        let mut parameters = fields.sequence("JCEKS protector's parameters")?;
        let position = parameters.position();
        let salt = parameters.octet_string("JCEKS protector's salt")?;
        let reason = "it has not 8 octets";
        let salt = <[u8; 8]>::try_from(salt).or(Err(crate::asn1::Error::Invalid {
            what: "JCEKS protector's salt",
            position,
            reason,
        }))?;
        Ok((salt, parameters.unsigned("JCEKS protector's count")?))
    };
    let (salt, count) = read().map_err(|source| Error::Protector { source })?;
    let limit = limits.iterations;
    let count = u32::try_from(count)
        .ok()
        .filter(|count| (1..=limit).contains(count))
        .ok_or(Error::Iterations {
            iterations: count,
            limit,
        })?;
    Ok(md5_key(password, salt, count))
}

/// For each half of the salt: MD5 (the half, password), MD5 (the block before, password), ...; the first half
/// reversed where the two are equal (`com.sun.crypto.provider.PBES1Core`). 24 octets of key, 8 of vector.
fn md5_key(password: &Password, mut salt: [u8; 8], count: u32) -> (SecretBytes, SecretBytes) {
    let (first, second) = salt.split_at_mut(4);
    if first == second {
        // The JDK means to reverse it and, by an old slip that files depend on, ends with this order.
        if let [a, b, c, d] = first {
            (*a, *b, *c, *d) = (*d, *a, *b, *d);
        }
    }
    let mut out = Vec::with_capacity(32);
    for half in salt.chunks(4) {
        let mut block = half.to_vec();
        for _ in 0..count {
            block = Digest::Md5.hash(&[&block, password.expose_utf8()]);
        }
        out.extend_from_slice(&block);
    }
    let iv = out.split_off(24);
    (SecretBytes::new(out), SecretBytes::new(iv))
}
