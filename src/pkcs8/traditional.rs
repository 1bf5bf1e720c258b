//! RSA keys as OpenSSL wrote them before PKCS#8, and elasticsearch-certutil still does.

use zeroize::Zeroizing;

use super::{KeyError, PrivateKey};
use crate::crypto::{Cipher, CryptoRng, evp_bytes_to_key};
use crate::pem;
use crate::secret::{Password, SecretBytes};

const LABEL: &str = "RSA PRIVATE KEY";

impl PrivateKey {
    /// The RSAPrivateKey (RFC 8017 appendix A.1.2) as PEM, unencrypted; `None` for keys that are no RSA keys.
    #[must_use]
    pub fn expose_pkcs1_pem(&self) -> Option<Zeroizing<String>> {
        self.pkcs1()
            .map(|key| Zeroizing::new(pem::encode(LABEL, key.expose_bytes())))
    }

    /// The RSAPrivateKey as PEM under OpenSSL's old encryption (`Proc-Type: 4,ENCRYPTED`, AES-128-CBC, one round
    /// of MD5): for readers that know no other. `None` for keys that are no RSA keys.
    ///
    /// # Errors
    /// [`KeyError::PasswordRequired`] without a password.
    pub fn to_dangerous_dek_pem(
        &self,
        password: &Password,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<String>, KeyError> {
        let Some(key) = self.pkcs1() else { return Ok(None) };
        if password.is_none() {
            return Err(KeyError::PasswordRequired);
        }
        let cipher = Cipher::Aes128Cbc;
        let mut iv = vec![0; cipher.iv_len()];
        rng.fill_bytes(&mut iv);
        // PEM_ASN1_write_bio of OpenSSL: the first eight octets of the IV are the salt.
        let salt = iv.get(..8).unwrap_or_default();
        let secret = evp_bytes_to_key(password.expose_utf8(), salt, cipher.key_len());
        let mut buffer = Zeroizing::new(key.expose_bytes().to_vec());
        let failed = |_| KeyError::Encryption {
            name: String::from("AES-128-CBC"),
        };
        cipher
            .encrypt_in_place(secret.expose_bytes(), &iv, &mut buffer, 0)
            .map_err(failed)?;
        let iv: String = iv.iter().map(|octet| format!("{octet:02X}")).collect();
        let begin = format!("-----BEGIN {LABEL}-----\n");
        let headers = format!("{begin}Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{iv}\n\n");
        Ok(Some(pem::encode(LABEL, &buffer).replacen(&begin, &headers, 1)))
    }

    fn pkcs1(&self) -> Option<SecretBytes> {
        let info = self.info().ok()?;
        (info.algorithm == super::public::RSA).then(|| SecretBytes::new(info.key.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use rand_core::UnwrapErr;

    use super::*;

    #[test]
    fn what_is_written_the_old_way_is_read_back() {
        let pem = include_bytes!("../../testdata/apm/rsa.key");
        let key = PrivateKey::from_input(pem, None).unwrap();
        let plain = key.expose_pkcs1_pem().unwrap();
        assert!(plain.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
        let password = Password::new("secret");
        let mut rng = UnwrapErr(getrandom::SysRng);
        let sealed = key.to_dangerous_dek_pem(&password, &mut rng).unwrap().unwrap();
        for (text, password) in [(plain.as_str(), None), (sealed.as_str(), Some(&password))] {
            let read = PrivateKey::from_input(text.as_bytes(), password).unwrap();
            assert_eq!(read.expose_pkcs8_der(), key.expose_pkcs8_der());
        }
    }
}
