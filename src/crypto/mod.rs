//! Digests, MACs, key derivations and ciphers: thin, and knowing no format.

mod aead;
mod cipher;
pub(crate) mod curve;
mod digest;
mod kdf;
#[cfg(feature = "trust")]
pub(crate) mod verify;

pub use aead::{ccm_decrypt, ccm_encrypt, is_ccm_supported, kwp_unwrap, kwp_wrap};
pub use cipher::{Cipher, CipherError};
pub use digest::Digest;
pub use kdf::{Purpose, evp_bytes_to_key, pbkdf1, pbkdf2, pkcs12_kdf, scrypt};
pub use rand_core::CryptoRng;

/// Whether two byte strings are equal, in time that depends on their lengths only.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    a.ct_eq(b).into()
}

/// Runs both at once, the first on a thread of its own: what a key derivation of 10,000 iterations (a
/// millisecond) is worth, and starting a thread (some 30 microseconds) is not the price of.
pub fn join<A: Send, B>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let running = scope.spawn(a);
        let b = b();
        match running.join() {
            Ok(a) => (a, b),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
