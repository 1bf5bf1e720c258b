//! PKCS#12, the raw layer (RFC 7292): what a file says, in its order, with nothing dropped and nothing
//! interpreted. Aliases, chains and Java's rules are the [`keystore`](crate::keystore)'s.
//!
//! A file that was read and not changed is written back byte for byte; one that was changed keeps every
//! content, bag and attribute that was not touched.

use bytes::Bytes;
use der::asn1::ObjectIdentifier;

use crate::crypto::{CryptoRng, Digest};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::pkcs8::pbe::{Pbe, Scheme};
use crate::secret::Password;

/// A whole PKCS#12 file: the AuthenticatedSafe's contents, opened, and the MAC over them.
#[derive(Clone, Debug)]
pub struct Pfx {
    /// The contents, in the file's order.
    pub contents: Vec<SafeContents>,
    /// The MAC's algorithm; `None` where the file has no MAC.
    pub mac: Option<Mac>,
}

/// One ContentInfo of the AuthenticatedSafe (RFC 7292 section 4.1), opened.
#[derive(Clone, Debug)]
pub struct SafeContents {
    /// How it is encrypted in the file (`id-encryptedData`); `None` for `id-data`.
    pub encryption: Option<Pbe>,
    /// Its bags; `None` where it stayed locked, because no password was given.
    pub bags: Option<Vec<SafeBag>>,
}

/// One SafeBag (RFC 7292 section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeBag {
    /// The value, by the bag's type.
    pub value: BagValue,
    /// The attributes, in the file's order, unknown ones included.
    pub attributes: Vec<Attribute>,
}

/// A bag's value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BagValue {
    /// keyBag: a PKCS#8 PrivateKeyInfo in the clear.
    Key(ClearKey),
    /// pkcs8ShroudedKeyBag: an EncryptedPrivateKeyInfo's DER.
    ShroudedKey(Bytes),
    /// certBag of an X.509 certificate: the OCTET STRING's contents.
    X509Certificate(Bytes),
    /// secretBag: its type and the OCTET STRING's contents (for the JDK's: an EncryptedPrivateKeyInfo).
    Secret {
        /// secretTypeId
        type_id: ObjectIdentifier,
        /// secretValue's contents.
        value: Bytes,
    },
    /// safeContentsBag: bags within.
    SafeContents(Vec<SafeBag>),
    /// Anything else (crlBag, sdsiCertificate, private types): the bag's OID and the bytes inside its `[0]`.
    Other {
        /// bagId
        bag_id: ObjectIdentifier,
        /// The value's DER.
        value: Bytes,
    },
}

/// A private key in the clear inside a bag: its `Debug` shows no byte of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClearKey(pub Bytes);

impl std::fmt::Debug for ClearKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClearKey(***)")
    }
}

/// One PKCS12Attribute (RFC 7292 section 4.2): its OID's contents octets and the SET of values, as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The OBJECT IDENTIFIER's contents octets (kept as bytes: files hold OIDs no parser names).
    pub oid: Bytes,
    /// The SET's contents octets: the values' DER one after another.
    pub values: Bytes,
}

/// The OIDs of bag attributes.
pub mod attribute {
    use der::asn1::ObjectIdentifier;
    /// friendlyName (PKCS#9, RFC 2985 section 5.5.1): a BMPString.
    pub const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
    /// localKeyID (PKCS#9, RFC 2985 section 5.5.2): an OCTET STRING.
    pub const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
    /// Oracle's trustedKeyUsage, without which the JDK sees no trusted certificate.
    pub const TRUSTED_KEY_USAGE: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("2.16.840.1.113894.746875.1.1");
}

impl Attribute {
    /// friendlyName of this text.
    #[must_use]
    pub fn friendly_name(text: &str) -> Self {
        let _ = text;
        todo!()
    }
    /// localKeyID of these octets.
    #[must_use]
    pub fn local_key_id(octets: &[u8]) -> Self {
        let _ = octets;
        todo!()
    }
    /// trustedKeyUsage of anyExtendedKeyUsage, as the JDK writes it.
    #[must_use]
    pub fn trusted() -> Self {
        todo!()
    }
    /// Whether this is the attribute of that OID.
    #[must_use]
    pub fn is(&self, oid: &ObjectIdentifier) -> bool {
        self.oid.as_ref() == oid.as_bytes()
    }
}

impl SafeBag {
    /// The friendlyName as Java reads it: of several attributes the last, of several values the first;
    /// decoded from UTF-16BE with U+FFFD for what is no character. `None` where there is none.
    ///
    /// # Errors
    /// A value that is no BMPString (the JDK then refuses the whole store).
    pub fn friendly_name(&self) -> Result<Option<String>, Error> {
        todo!()
    }
    /// The localKeyID's octets.
    ///
    /// # Errors
    /// A value that is no OCTET STRING (the JDK then refuses the whole store).
    pub fn local_key_id(&self) -> Result<Option<&[u8]>, Error> {
        todo!()
    }
    /// Whether it carries the trustedKeyUsage attribute, with any value.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.attributes
            .iter()
            .any(|a| a.is(&attribute::TRUSTED_KEY_USAGE))
    }
}

/// The integrity MAC's algorithm (RFC 7292 section 4 MacData; RFC 9579 for PBMAC1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mac {
    /// The classic MAC: HMAC under a key of PKCS#12's own derivation.
    Hmac {
        /// The digest of both.
        digest: Digest,
        /// The derivation's iterations.
        iterations: u32,
        /// The derivation's salt.
        salt: Vec<u8>,
    },
    /// PBMAC1 (RFC 9579).
    Pbmac1 {
        /// PBKDF2's PRF.
        prf: Digest,
        /// The HMAC's digest.
        digest: Digest,
        /// PBKDF2's iterations.
        iterations: u32,
        /// PBKDF2's salt.
        salt: Vec<u8>,
        /// The MAC key's length in octets.
        key_len: usize,
    },
}

/// Which algorithms and counts a new file is written with. A named constant each: see its readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The name `--profile` takes.
    pub name: &'static str,
    /// Certificates' encryption; `None`: an unencrypted SafeContents.
    pub certificates: Option<(Scheme, u32)>,
    /// Keys' and secrets' encryption; `None`: the profile cannot hold keys.
    pub keys: Option<(Scheme, u32)>,
    /// The MAC; `None`: no MAC.
    pub mac: Option<MacProfile>,
}

/// Which MAC a profile writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "as in Mac")]
pub enum MacProfile {
    Hmac { digest: Digest, iterations: u32 },
    Pbmac1 { digest: Digest, iterations: u32 },
}

impl Pfx {
    /// Whether the bytes begin like a PKCS#12 file, by their first octets only.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> bool {
        let _ = bytes;
        todo!()
    }

    /// Opens a file: decrypts its contents and verifies its MAC before returning anything.
    ///
    /// With [`Password::none`] the MAC is not looked at and encrypted contents stay locked (`bags: None`),
    /// as in `KeyStore.load(stream, null)`.
    ///
    /// # Errors
    /// Damage, a wrong password, an unsupported algorithm and an exceeded limit are told apart: [`Error::kind`].
    pub fn from_bytes(bytes: &Bytes, password: &Password, limits: &Limits) -> Result<Self, Error> {
        let _ = (bytes, password, limits);
        todo!()
    }

    /// Writes the file. Contents that were read and not changed are written back as they were (their
    /// ciphertext too, where `password` is the one they were opened with); the others are encrypted afresh.
    /// The unchanged whole comes back byte for byte.
    ///
    /// # Errors
    /// An encryption or a MAC without a password.
    pub fn to_bytes(&self, password: &Password, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, Error> {
        let _ = (password, rng);
        todo!()
    }
}

/// Why a PKCS#12 file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum Error {
    #[error("the PKCS#12 structure is damaged")]
    Damaged {
        #[from]
        source: crate::asn1::Error,
    },
}

impl Error {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        todo!()
    }
}
