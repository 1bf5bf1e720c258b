//! Key derivations. The two that stores pay for, PBKDF2 and PKCS#12's own, run on the compression functions
//! of SHA-256, SHA-1 and SHA-512 themselves: pads are hashed once and every iteration is one block of known padding.

use hmac::{KeyInit, Mac};
use sha2::Digest as _;
use zeroize::{Zeroize, Zeroizing};

use super::digest::{Digest, with_type};
use crate::secret::SecretBytes;

/// PBKDF2 with HMAC (RFC 8018 section 5.2).
#[must_use]
pub fn pbkdf2(prf: Digest, password: &[u8], salt: &[u8], iterations: u32, length: usize) -> SecretBytes {
    let mut out = Vec::with_capacity(length + prf.output_len());
    for block in 1_u32.. {
        if out.len() >= length {
            break;
        }
        let first = Zeroizing::new(prf.hmac(password, &[salt, &block.to_be_bytes()]));
        match prf {
            Digest::Sha256 => Sha256Hmac::new(password).iterate(&first, iterations, &mut out),
            Digest::Sha1 => Sha1Hmac::new(password).iterate(&first, iterations, &mut out),
            Digest::Sha512 => Sha512Hmac::new(password).iterate(&first, iterations, &mut out),
            _ => iterate(prf, password, &first, iterations, &mut out),
        }
    }
    out.truncate(length);
    SecretBytes::new(out)
}

/// U1 xor U2 xor ... for any digest.
fn iterate(prf: Digest, password: &[u8], first: &[u8], iterations: u32, out: &mut Vec<u8>) {
    let mut last = first.to_vec();
    let mut sum = first.to_vec();
    let hashed = Zeroizing::new(prf.hash(&[password]));
    let key = if password.len() > prf.block_len() {
        &hashed[..]
    } else {
        password
    };
    with_type!(prf, D => {
        let Ok(keyed) = hmac::SimpleHmac::<D>::new_from_slice(key) else { return };
        for _ in 1..iterations {
            let mut mac = keyed.clone();
            mac.update(&last);
            last.copy_from_slice(&mac.finalize().into_bytes());
            sum.iter_mut().zip(&last).for_each(|(sum, octet)| *sum ^= octet);
        }
    });
    out.extend_from_slice(&sum);
    sum.zeroize();
    last.zeroize();
}

/// Declares HMAC over a compression function of blocks of sixteen words, with its pads already hashed.
macro_rules! keyed_hmac {
    ($name:ident, $word:ty, $words:literal, $digest:expr, $initial:expr, $compress:path) => {
        #[derive(Zeroize)]
        #[zeroize(drop)]
        struct $name {
            inner: [$word; $words],
            outer: [$word; $words],
        }

        impl $name {
            /// Octets of a word and of a block.
            const WORD: usize = size_of::<$word>();
            const BLOCK: usize = 16 * Self::WORD;

            fn new(key: &[u8]) -> Self {
                let mut block = [0_u8; Self::BLOCK];
                let hashed;
                let key = if key.len() > Self::BLOCK {
                    hashed = Zeroizing::new($digest.hash(&[key]));
                    hashed.as_slice()
                } else {
                    key
                };
                block
                    .iter_mut()
                    .zip(key)
                    .for_each(|(octet, key)| *octet = *key);
                let mut pads = Self {
                    inner: $initial,
                    outer: $initial,
                };
                let ipad = Zeroizing::new(block.map(|octet| octet ^ 0x36));
                let opad = Zeroizing::new(block.map(|octet| octet ^ 0x5c));
                $compress(&mut pads.inner, std::slice::from_ref(&ipad));
                $compress(&mut pads.outer, std::slice::from_ref(&opad));
                block.zeroize();
                pads
            }

            /// U1 xor U2 xor ..., U1 being given.
            fn iterate(&self, first: &[u8], iterations: u32, out: &mut Vec<u8>) {
                let digest = Self::WORD * $words;
                let mut block = padded_block::<{ Self::BLOCK }>(digest, Self::BLOCK + digest);
                let mut sum: [$word; $words] = [0; $words];
                for (word, octets) in sum.iter_mut().zip(first.chunks_exact(Self::WORD)) {
                    *word = <$word>::from_be_bytes(octets.try_into().unwrap_or_default());
                }
                let mut state = sum;
                for _ in 1..iterations {
                    put_octets(&mut block, state.map(<$word>::to_be_bytes).as_flattened());
                    state = self.inner;
                    $compress(&mut state, std::slice::from_ref(&block));
                    put_octets(&mut block, state.map(<$word>::to_be_bytes).as_flattened());
                    state = self.outer;
                    $compress(&mut state, std::slice::from_ref(&block));
                    sum.iter_mut()
                        .zip(&state)
                        .for_each(|(sum, word)| *sum ^= word);
                }
                out.extend(sum.iter().flat_map(|word| word.to_be_bytes()));
                block.zeroize();
                sum.zeroize();
                state.zeroize();
            }
        }
    };
}

const SHA256_INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const SHA512_INITIAL: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];
const SHA1_INITIAL: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

keyed_hmac!(
    Sha256Hmac,
    u32,
    8,
    Digest::Sha256,
    SHA256_INITIAL,
    sha2::block_api::compress256
);
keyed_hmac!(
    Sha1Hmac,
    u32,
    5,
    Digest::Sha1,
    SHA1_INITIAL,
    sha1::block_api::compress
);
keyed_hmac!(
    Sha512Hmac,
    u64,
    8,
    Digest::Sha512,
    SHA512_INITIAL,
    sha2::block_api::compress512
);

/// A block whose first `digest` octets are a digest, padded as the end of a message of `length` octets.
fn padded_block<const BLOCK: usize>(digest: usize, length: usize) -> [u8; BLOCK] {
    let [high, low] = u16::try_from(8 * length).unwrap_or_default().to_be_bytes();
    let mut block = [0; BLOCK];
    for (at, octet) in block.iter_mut().enumerate() {
        *octet = match BLOCK - at {
            1 => low,
            2 => high,
            _ if at == digest => 0x80,
            _ => 0,
        };
    }
    block
}

/// Puts octets at the beginning of a block.
fn put_octets(block: &mut [u8], octets: &[u8]) {
    if let Some(begin) = block.get_mut(..octets.len()) {
        begin.copy_from_slice(octets);
    }
}

/// PBKDF1 (RFC 8018 section 5.1).
#[must_use]
pub fn pbkdf1(digest: Digest, password: &[u8], salt: &[u8], iterations: u32, length: usize) -> SecretBytes {
    let mut out = digest.hash(&[password, salt]);
    for _ in 1..iterations {
        out = digest.hash(&[&out]);
    }
    out.truncate(length);
    SecretBytes::new(out)
}

/// OpenSSL's `EVP_BytesToKey` with MD5 and one iteration: what `DEK-Info` encryption of PEM keys derives with.
#[must_use]
pub fn evp_bytes_to_key(password: &[u8], salt: &[u8], length: usize) -> SecretBytes {
    let mut out = Vec::with_capacity(length + 16);
    let mut last = Vec::new();
    while out.len() < length {
        last = Digest::Md5.hash(&[&last, password, salt]);
        out.extend_from_slice(&last);
    }
    last.zeroize();
    out.truncate(length);
    SecretBytes::new(out)
}

/// scrypt (RFC 7914) with cost 2^`log_n`; `None` for parameters it does not allow.
#[must_use]
pub fn scrypt(password: &[u8], salt: &[u8], log_n: u8, r: u32, p: u32, length: usize) -> Option<SecretBytes> {
    let params = scrypt::Params::new(log_n, r, p).ok()?;
    let mut out = vec![0; length];
    scrypt::scrypt(password, salt, &params, &mut out).ok()?;
    Some(SecretBytes::new(out))
}

/// What PKCS#12's own key derivation makes (the diversifier ID, RFC 7292 appendix B.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// ID 1: an encryption key.
    Key,
    /// ID 2: an initialisation vector.
    Iv,
    /// ID 3: a MAC key.
    Mac,
}

/// PKCS#12's own key derivation (RFC 7292 appendix B.2); `password` is UTF-16BE, terminator included.
#[must_use]
pub fn pkcs12_kdf(
    digest: Digest,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> SecretBytes {
    let v = digest.block_len();
    let id = match purpose {
        Purpose::Key => 1,
        Purpose::Iv => 2,
        Purpose::Mac => 3,
    };
    let diversifier = vec![id; v];
    // S || P, each repeated to a multiple of v octets.
    let mut input = Zeroizing::new(Vec::with_capacity(salt.len() + password.len() + 2 * v));
    for part in [salt, password] {
        input.extend(part.iter().cycle().take(part.len().div_ceil(v) * v));
    }
    let mut out = Vec::with_capacity(length + digest.output_len());
    loop {
        let first = Zeroizing::new(digest.hash(&[&diversifier, &input]));
        let block = Zeroizing::new(rehash(digest, &first, iterations));
        out.extend_from_slice(&block);
        if out.len() >= length {
            break;
        }
        // I_j = (I_j + B + 1) mod 2^(8v), B being the block repeated to v octets.
        for chunk in input.chunks_exact_mut(v) {
            let mut carry = 1;
            let addend: Vec<u8> = block.iter().copied().cycle().take(v).collect();
            for (octet, add) in chunk.iter_mut().zip(&addend).rev() {
                let sum = u16::from(*octet) + u16::from(*add) + carry;
                let [high, low] = sum.to_be_bytes();
                *octet = low;
                carry = u16::from(high);
            }
        }
    }
    out.truncate(length);
    SecretBytes::new(out)
}

/// The digest of the digest of ..., `iterations` digests in all with the one given.
fn rehash(digest: Digest, first: &[u8], iterations: u32) -> Vec<u8> {
    match digest {
        Digest::Sha256 => rehash_blocks(first, iterations, SHA256_INITIAL, sha2::block_api::compress256),
        Digest::Sha1 => rehash_blocks(first, iterations, SHA1_INITIAL, sha1::block_api::compress),
        _ => with_type!(digest, D => {
            let mut last = first.to_vec();
            for _ in 1..iterations {
                last = D::digest(&last).to_vec();
            }
            last
        }),
    }
}

fn rehash_blocks<const WORDS: usize>(
    first: &[u8],
    iterations: u32,
    initial: [u32; WORDS],
    compress: impl Fn(&mut [u32; WORDS], &[[u8; 64]]),
) -> Vec<u8> {
    let mut block = padded_block::<64>(4 * WORDS, 4 * WORDS);
    block
        .iter_mut()
        .zip(first)
        .for_each(|(octet, first)| *octet = *first);
    for _ in 1..iterations {
        let mut state = initial;
        compress(&mut state, std::slice::from_ref(&block));
        put_octets(&mut block, state.map(u32::to_be_bytes).as_flattened());
    }
    let out = block.iter().copied().take(4 * WORDS).collect();
    block.zeroize();
    out
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    #[test]
    fn pbkdf2_gives_the_values_of_rfc_6070_and_its_sha_256_counterpart() {
        let sha1 = pbkdf2(Digest::Sha1, b"password", b"salt", 4096, 20);
        assert_eq!(
            sha1.expose_bytes(),
            hex!("4b007901b765489abead49d926f721d065a429c1")
        );
        let long = pbkdf2(
            Digest::Sha1,
            b"passwordPASSWORDpassword",
            b"saltSALTsaltSALTsaltSALTsaltSALTsalt",
            4096,
            25,
        );
        assert_eq!(
            long.expose_bytes(),
            hex!("3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038")
        );
        let sha256 = pbkdf2(Digest::Sha256, b"password", b"salt", 4096, 32);
        assert_eq!(
            sha256.expose_bytes(),
            hex!("c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a")
        );
    }

    #[test]
    fn the_block_way_and_the_plain_way_derive_the_same() {
        for digest in [Digest::Sha1, Digest::Sha256, Digest::Sha512] {
            for password in [
                &b"x"[..],
                &[b'p'; 64],
                &[b'p'; 65],
                &[b'p'; 128],
                &[b'p'; 129],
                &[b'q'; 200],
            ] {
                let first = digest.hmac(password, &[b"salt", &1_u32.to_be_bytes()]);
                let mut plain = Vec::new();
                iterate(digest, password, &first, 7, &mut plain);
                let fast = pbkdf2(digest, password, b"salt", 7, digest.output_len());
                assert_eq!(fast.expose_bytes(), plain);
            }
        }
    }

    #[test]
    fn scrypt_gives_the_value_of_rfc_7914() {
        let key = scrypt(b"password", b"NaCl", 10, 8, 16, 16).unwrap();
        assert_eq!(key.expose_bytes(), hex!("fdbabe1c9d3472007856e7190d01e9fe"));
    }

    // PKCS12_key_gen_utf8 of OpenSSL 3.0 through `openssl kdf -keylen 24 -kdfopt digest:SHA1
    // -kdfopt hexpass:0073006d006500670000 -kdfopt hexsalt:0a58cf64530d823f -kdfopt iter:1 -kdfopt id:1 PKCS12KDF`
    #[test]
    fn pkcs12_key_derivation_gives_openssls_value() {
        let password = hex!("0073006d006500670000");
        let key = pkcs12_kdf(
            Digest::Sha1,
            Purpose::Key,
            &password,
            &hex!("0a58cf64530d823f"),
            1,
            24,
        );
        assert_eq!(
            key.expose_bytes(),
            hex!("8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3")
        );
    }
}
