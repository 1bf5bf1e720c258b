//! Authenticated encryption with AES-256: CCM (RFC 3610) and key wrap with padding (RFC 5649).

use aes::Aes256;
use aes_kw::KwpAes256;
use ccm::aead::array::Array;
use ccm::consts::{U7, U8, U9, U10, U11, U12, U13, U16};
use ccm::{AeadInOut, Ccm, KeyInit};

use super::CipherError;
use crate::secret::SecretBytes;

/// Runs `$body` with `$ccm` as CCM of that nonce's and tag's length and `$nonce` as the nonce.
macro_rules! with_ccm {
    ($key:expr, $octets:expr, $tag:expr, $ccm:ident, $nonce:ident => $body:expr) => {
        with_ccm!(@nonces $key, $octets, $tag, $ccm, $nonce, $body, [U7 U8 U9 U10 U11 U12 U13])
    };
    (@nonces $key:expr, $octets:expr, $tag:expr, $ccm:ident, $nonce:ident, $body:expr, [$($N:ident)*]) => {{
        $(if let Ok($nonce) = Array::<u8, $N>::try_from($octets) {
            return match $tag {
                8 => with_ccm!(@one $key, U8, $N, $ccm, $body),
                12 => with_ccm!(@one $key, U12, $N, $ccm, $body),
                16 => with_ccm!(@one $key, U16, $N, $ccm, $body),
                _ => Err(CipherError),
            };
        })*
        Err(CipherError)
    }};
    (@one $key:expr, $M:ident, $N:ident, $ccm:ident, $body:expr) => {{
        let $ccm = Ccm::<Aes256, $M, $N>::new_from_slice($key).or(Err(CipherError))?;
        $body
    }};
}

/// Whether [`ccm_encrypt`] and [`ccm_decrypt`] know these lengths: a nonce of 7 to 13 octets, a tag of 8, 12 or 16.
#[must_use]
pub const fn is_ccm_supported(nonce_len: usize, tag_len: usize) -> bool {
    matches!(nonce_len, 7..=13) && matches!(tag_len, 8 | 12 | 16)
}

/// Decrypts and verifies AES-256 in CCM, the tag standing at the end.
///
/// # Errors
/// A tag that does not verify, lengths that are not supported ([`is_ccm_supported`]).
pub fn ccm_decrypt(
    key: &[u8],
    nonce: &[u8],
    tag_len: usize,
    ciphertext: &[u8],
) -> Result<SecretBytes, CipherError> {
    let mut buffer = SecretBytes::new(ciphertext.to_vec());
    with_ccm!(key, nonce, tag_len, ccm, nonce => {
        ccm.decrypt_in_place(&nonce, &[], buffer.expose_bytes_mut()).or(Err(CipherError))?;
        Ok(buffer)
    })
}

/// Encrypts with AES-256 in CCM; the tag stands at the end.
///
/// # Errors
/// Lengths that are not supported ([`is_ccm_supported`]).
pub fn ccm_encrypt(
    key: &[u8],
    nonce: &[u8],
    tag_len: usize,
    plaintext: &[u8],
) -> Result<Vec<u8>, CipherError> {
    let mut buffer = Vec::with_capacity(plaintext.len() + tag_len);
    buffer.extend_from_slice(plaintext);
    with_ccm!(key, nonce, tag_len, ccm, nonce => {
        ccm.encrypt_in_place(&nonce, &[], &mut buffer).or(Err(CipherError))?;
        Ok(buffer)
    })
}

/// Unwraps what AES-256 key wrap with padding made.
///
/// # Errors
/// An integrity check that fails, a length that is no multiple of 8.
pub fn kwp_unwrap(key: &[u8], wrapped: &[u8]) -> Result<SecretBytes, CipherError> {
    let kwp = KwpAes256::new_from_slice(key).or(Err(CipherError))?;
    let length = wrapped.len().checked_sub(8).filter(|length| *length > 0);
    let mut buffer = SecretBytes::new(vec![0; length.ok_or(CipherError)?]);
    let used = kwp
        .unwrap_key(wrapped, buffer.expose_bytes_mut())
        .or(Err(CipherError))?
        .len();
    buffer.expose_bytes_mut().truncate(used);
    Ok(buffer)
}

/// Wraps with AES-256 key wrap with padding.
///
/// # Errors
/// A key of another length than 32 octets.
pub fn kwp_wrap(key: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CipherError> {
    let kwp = KwpAes256::new_from_slice(key).or(Err(CipherError))?;
    let mut out = vec![0; plaintext.len().next_multiple_of(8) + 8];
    kwp.wrap_key(plaintext, &mut out).or(Err(CipherError))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_is_decrypted_and_an_altered_octet_is_seen() {
        let key = [7; 32];
        for nonce in 7..=13 {
            for tag in [8, 12, 16] {
                assert!(is_ccm_supported(nonce, tag));
                let nonce = vec![1; nonce];
                let mut sealed = ccm_encrypt(&key, &nonce, tag, b"plain").unwrap();
                assert_eq!(sealed.len(), 5 + tag);
                assert_eq!(
                    ccm_decrypt(&key, &nonce, tag, &sealed).unwrap().expose_bytes(),
                    b"plain"
                );
                sealed[0] ^= 1;
                assert!(ccm_decrypt(&key, &nonce, tag, &sealed).is_err());
            }
        }
        assert!(ccm_encrypt(&key, &[1; 6], 8, b"").is_err());
        for length in [1, 7, 8, 9, 100] {
            let plain = vec![3; length];
            let mut wrapped = kwp_wrap(&key, &plain).unwrap();
            assert_eq!(kwp_unwrap(&key, &wrapped).unwrap().expose_bytes(), plain);
            wrapped[9] ^= 1;
            assert!(kwp_unwrap(&key, &wrapped).is_err());
        }
        assert!(kwp_unwrap(&key, &[0; 7]).is_err());
    }
}
