use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{
    Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser,
    InnerIvInit, KeyInit,
};

use crate::secret::SecretBytes;

/// A cipher as PBES1, PBES2 and PKCS#12 name it: CBC with PKCS#7 padding, or a stream cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the algorithms'")]
pub enum Cipher {
    Aes128Cbc,
    Aes192Cbc,
    Aes256Cbc,
    DesCbc,
    /// Key of 24 octets.
    TripleDesCbc,
    /// Key of 16 octets, the first 8 used again as the third.
    TripleDes2KeyCbc,
    /// Twofish with a key of 256 bits.
    TwofishCbc,
    /// RC2 with this many effective key bits; the key may have any length.
    Rc2Cbc {
        effective_bits: u16,
    },
    /// Key of any length.
    Rc4 {
        key_bits: u16,
    },
}

/// Why a ciphertext could not be decrypted: a length or the padding is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext does not decrypt")]
pub struct CipherError;

/// Runs `$body` with `$cipher` as the block cipher under a key.
macro_rules! with_block_cipher {
    ($self:expr, $key:expr, $cipher:ident => $body:expr) => {
        match $self {
            Cipher::Aes128Cbc => {
                let $cipher = keyed::<aes::Aes128>($key)?;
                $body
            }
            Cipher::Aes192Cbc => {
                let $cipher = keyed::<aes::Aes192>($key)?;
                $body
            }
            Cipher::Aes256Cbc => {
                let $cipher = keyed::<aes::Aes256>($key)?;
                $body
            }
            Cipher::DesCbc => {
                let $cipher = keyed::<des::Des>($key)?;
                $body
            }
            Cipher::TripleDesCbc => {
                let $cipher = keyed::<des::TdesEde3>($key)?;
                $body
            }
            Cipher::TripleDes2KeyCbc => {
                let $cipher = keyed::<des::TdesEde2>($key)?;
                $body
            }
            Cipher::TwofishCbc => {
                let $cipher = keyed::<twofish::Twofish>($key)?;
                $body
            }
            Cipher::Rc2Cbc { effective_bits } => {
                if $key.is_empty() || $key.len() > 128 || !(1..=1024).contains(&effective_bits) {
                    return Err(CipherError);
                }
                let $cipher = rc2::Rc2::new_with_eff_key_len($key, usize::from(effective_bits));
                $body
            }
            Cipher::Rc4 { .. } => return Err(CipherError),
        }
    };
}

impl Cipher {
    /// The usual name: `AES-256-CBC`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128Cbc => "AES-128-CBC",
            Self::Aes192Cbc => "AES-192-CBC",
            Self::Aes256Cbc => "AES-256-CBC",
            Self::DesCbc => "DES-CBC",
            Self::TripleDesCbc => "3DES-CBC",
            Self::TripleDes2KeyCbc => "2-key 3DES-CBC",
            Self::TwofishCbc => "Twofish-256-CBC",
            Self::Rc2Cbc { effective_bits: 40 } => "RC2-40-CBC",
            Self::Rc2Cbc { effective_bits: 64 } => "RC2-64-CBC",
            Self::Rc2Cbc { effective_bits: 128 } => "RC2-128-CBC",
            Self::Rc2Cbc { .. } => "RC2-CBC",
            Self::Rc4 { key_bits: 40 } => "RC4-40",
            Self::Rc4 { .. } => "RC4-128",
        }
    }

    /// Octets of the key, where the cipher itself decides them (RC2: as many as its effective bits).
    #[must_use]
    pub fn key_len(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::TripleDes2KeyCbc => 16,
            Self::Aes192Cbc | Self::TripleDesCbc => 24,
            Self::Aes256Cbc | Self::TwofishCbc => 32,
            Self::DesCbc => 8,
            Self::Rc2Cbc { effective_bits: bits } | Self::Rc4 { key_bits: bits } => {
                usize::from(bits.div_ceil(8))
            }
        }
    }

    /// Octets of the initialisation vector, 0 for a stream cipher.
    #[must_use]
    pub const fn iv_len(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes192Cbc | Self::Aes256Cbc | Self::TwofishCbc => 16,
            Self::DesCbc | Self::TripleDesCbc | Self::TripleDes2KeyCbc | Self::Rc2Cbc { .. } => 8,
            Self::Rc4 { .. } => 0,
        }
    }

    /// Decrypts and takes the padding off.
    ///
    /// # Errors
    /// A key or vector of a wrong length, a length that is no multiple of the block, a wrong padding.
    pub fn decrypt(self, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CipherError> {
        let mut buffer = SecretBytes::new(ciphertext.to_vec());
        if matches!(self, Self::Rc4 { .. }) {
            rc4(key, buffer.expose_bytes_mut());
            return Ok(buffer);
        }
        let length =
            with_block_cipher!(self, key, cipher => decrypt_cbc(cipher, iv, buffer.expose_bytes_mut())?);
        buffer.expose_bytes_mut().truncate(length);
        Ok(buffer)
    }

    /// Pads and encrypts in place what stands in `buffer` from `start` on, so that a store can be encoded and
    /// encrypted in its one output buffer.
    ///
    /// # Errors
    /// A key or vector of a wrong length, or a `start` beyond the buffer.
    pub fn encrypt_in_place(
        self,
        key: &[u8],
        iv: &[u8],
        buffer: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), CipherError> {
        if matches!(self, Self::Rc4 { .. }) {
            rc4(key, buffer.get_mut(start..).ok_or(CipherError)?);
            return Ok(());
        }
        with_block_cipher!(self, key, cipher => encrypt_cbc(cipher, iv, buffer, start))
    }

    /// Octets that `plaintext` octets become.
    #[must_use]
    pub const fn ciphertext_len(self, plaintext: usize) -> usize {
        match self.iv_len() {
            0 => plaintext,
            block => plaintext + block - plaintext % block,
        }
    }
}

fn keyed<C: KeyInit>(key: &[u8]) -> Result<C, CipherError> {
    C::new_from_slice(key).or(Err(CipherError))
}

fn decrypt_cbc<C>(cipher: C, iv: &[u8], buffer: &mut [u8]) -> Result<usize, CipherError>
where
    C: BlockCipherDecrypt + BlockSizeUser,
{
    let iv = Block::<C>::try_from(iv).or(Err(CipherError))?;
    let mode = cbc::Decryptor::<C>::inner_iv_init(cipher, &iv);
    Ok(mode.decrypt_padded::<Pkcs7>(buffer).or(Err(CipherError))?.len())
}

fn encrypt_cbc<C>(cipher: C, iv: &[u8], buffer: &mut Vec<u8>, start: usize) -> Result<(), CipherError>
where
    C: BlockCipherEncrypt + BlockSizeUser,
{
    let iv = Block::<C>::try_from(iv).or(Err(CipherError))?;
    let length = buffer.len().checked_sub(start).ok_or(CipherError)?;
    let block = iv.len();
    buffer.resize(start + length + block - length % block, 0);
    let mode = cbc::Encryptor::<C>::inner_iv_init(cipher, &iv);
    let tail = buffer.get_mut(start..).ok_or(CipherError)?;
    mode.encrypt_padded::<Pkcs7>(tail, length).or(Err(CipherError))?;
    Ok(())
}

/// RC4's key schedule and generator, in place. Some stores of the last century are kept under it.
fn rc4(key: &[u8], data: &mut [u8]) {
    let mut state: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    let mut j = 0_u8;
    for (i, key) in (0..=255_u8).zip(key.iter().cycle()) {
        j = j
            .wrapping_add(state.get(usize::from(i)).copied().unwrap_or_default())
            .wrapping_add(*key);
        state.swap(usize::from(i), usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    for octet in data {
        i = i.wrapping_add(1);
        let a = state.get(usize::from(i)).copied().unwrap_or_default();
        j = j.wrapping_add(a);
        let b = state.get(usize::from(j)).copied().unwrap_or_default();
        state.swap(usize::from(i), usize::from(j));
        *octet ^= state
            .get(usize::from(a.wrapping_add(b)))
            .copied()
            .unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    #[test]
    fn every_block_cipher_decrypts_what_it_encrypted_behind_a_prefix() {
        let ciphers = [
            Cipher::Aes128Cbc,
            Cipher::Aes192Cbc,
            Cipher::Aes256Cbc,
            Cipher::DesCbc,
            Cipher::TripleDesCbc,
            Cipher::TripleDes2KeyCbc,
            Cipher::TwofishCbc,
            Cipher::Rc2Cbc { effective_bits: 40 },
            Cipher::Rc4 { key_bits: 128 },
        ];
        for cipher in ciphers {
            for length in [0, 1, 15, 16, 17] {
                let (key, iv) = (vec![3; cipher.key_len()], vec![4; cipher.iv_len()]);
                let mut buffer = vec![9; 5 + length];
                cipher.encrypt_in_place(&key, &iv, &mut buffer, 5).unwrap();
                assert_eq!(buffer[..5], [9; 5]);
                assert_eq!(buffer.len() - 5, cipher.ciphertext_len(length));
                assert_eq!(
                    cipher.decrypt(&key, &iv, &buffer[5..]).unwrap().expose_bytes(),
                    vec![9; length]
                );
            }
        }
    }

    // RFC 6229, 40-bit key 0x0102030405.
    #[test]
    fn rc4_gives_the_key_stream_of_rfc_6229() {
        let mut data = [0; 16];
        rc4(&hex!("0102030405"), &mut data);
        assert_eq!(data, hex!("b2396305f03dc027ccc3524a0a1118a8"));
    }
}
