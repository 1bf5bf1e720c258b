//! Passwords and private bytes: wiped when dropped, never shown, read only through `expose_*`.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A store's or key's password: none at all, or a text (which may be empty: PKCS#12 tells the two apart).
///
/// Its memory is wiped on drop; `Debug` shows nothing of it.
///
/// ```
/// use keyjar::Password;
/// let password = Password::new("changeit");
/// assert_eq!(password.expose_text(), Some("changeit"));
/// assert_eq!(format!("{password:?}"), "Password(***)");
/// assert!(Password::none().is_none());
/// ```
#[derive(ZeroizeOnDrop)]
pub struct Password(Option<Zeroizing<String>>);

impl Password {
    /// A password of the given text. The given `String` is moved and wiped with the password; a `&str` is
    /// copied.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Some(Zeroizing::new(text.into())))
    }

    /// No password: what `load(stream, null)` is in Java.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Whether there is no password at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The text; `None` where there is no password.
    #[must_use]
    pub fn expose_text(&self) -> Option<&str> {
        self.0.as_ref().map(|text| text.as_str())
    }

    /// The text as bytes of UTF-8, as PBES2 and PBMAC1 take it; empty where there is no password.
    #[must_use]
    pub fn expose_utf8(&self) -> &[u8] {
        self.expose_text().unwrap_or_default().as_bytes()
    }

    /// The text as UTF-16BE with two zero bytes behind it, as PKCS#12's own key derivation takes it
    /// (RFC 7292 appendix B.1); the terminator alone for the empty password, nothing for none.
    #[must_use]
    pub fn expose_bmp_terminated(&self) -> SecretBytes {
        let Some(text) = self.expose_text() else {
            return SecretBytes::default();
        };
        let mut bytes = Vec::with_capacity(2 * text.len() + 2);
        bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        bytes.extend([0, 0]);
        SecretBytes::new(bytes)
    }

    /// The same but nothing for the empty password, as Bouncy Castle takes it
    /// (`org.bouncycastle.crypto.PBEParametersGenerator.PKCS12PasswordToBytes`).
    #[must_use]
    pub fn expose_bmp_unless_empty(&self) -> SecretBytes {
        match self.expose_text() {
            None | Some("") => SecretBytes::default(),
            Some(_) => self.expose_bmp_terminated(),
        }
    }

    /// The text as UTF-16BE without a terminator, as JKS takes it.
    #[must_use]
    pub fn expose_utf16be(&self) -> SecretBytes {
        let text = self.expose_text().unwrap_or_default();
        let mut bytes = Vec::with_capacity(2 * text.len());
        bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        SecretBytes::new(bytes)
    }

    /// A second copy, for another thread or a longer life. Spelt out, because each copy is one more to wipe.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_none() {
            "Password(none)"
        } else {
            "Password(***)"
        })
    }
}

/// Bytes that are wiped when dropped: key material, derived keys, decrypted contents.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes the bytes over; the vector's memory is wiped when this is dropped.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to be changed in place.
    pub fn expose_bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}
