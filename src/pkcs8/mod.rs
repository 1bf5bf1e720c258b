//! Private keys in every form people have them, and the password-based encryption they share with stores.

mod encrypted;
mod input;
pub mod oid;
pub mod pbe;
mod public;

use std::fmt;

pub use encrypted::EncryptedPrivateKey;
pub(crate) use public::identity as key_identity;

use crate::asn1::{self, ObjectIdentifier, Reader, tag, tlv};
use crate::error::{ErrorKind, Hint};
use crate::limits::Limits;
use crate::pem::{self, What};
use crate::secret::{Password, SecretBytes};

/// A private key, held as PKCS#8 PrivateKeyInfo (RFC 5208, RFC 5958), wiped on drop.
///
/// ```
/// use keyjar::PrivateKey;
/// let key = PrivateKey::from_input(include_bytes!("../../testdata/apm/client.key"), None)?;
/// assert_eq!(key.algorithm(), "EC");
/// assert_eq!(format!("{key:?}"), "PrivateKey(***)");
/// # Ok::<(), keyjar::pkcs8::KeyError>(())
/// ```
pub struct PrivateKey {
    pkcs8: SecretBytes,
}

impl PrivateKey {
    /// Takes a PKCS#8 PrivateKeyInfo; only its frame is checked, the algorithm may be any (the JDK too passes
    /// on what it does not know).
    ///
    /// # Errors
    /// The bytes are no PrivateKeyInfo.
    pub fn from_pkcs8_der(der: SecretBytes) -> Result<Self, KeyError> {
        Info::read(der.expose_bytes())?;
        Ok(Self { pkcs8: der })
    }

    /// Reads a key from PEM or DER in any of the usual forms, found by content: PKCS#8, encrypted PKCS#8,
    /// PKCS#1, SEC 1, OpenSSL's DSA, OpenSSL's `Proc-Type: 4,ENCRYPTED`. Certificates beside it are passed
    /// over.
    ///
    /// # Errors
    /// [`ErrorKind::PasswordRequired`] for an encrypted key without a password, [`ErrorKind::WrongPassword`],
    /// [`ErrorKind::WrongInput`] for something else than a key, which the message names.
    pub fn from_input(bytes: &[u8], password: Option<&Password>) -> Result<Self, KeyError> {
        input::read(bytes, password, &Limits::DEFAULT)
    }

    /// The PKCS#8 PrivateKeyInfo, in clear.
    #[must_use]
    pub fn expose_pkcs8_der(&self) -> &[u8] {
        self.pkcs8.expose_bytes()
    }

    /// `RSA`, `EC`, `Ed25519`, ... as Java's `Key.getAlgorithm` names it; the OID in digits where it has no
    /// name here.
    #[must_use]
    pub fn algorithm(&self) -> String {
        self.info().map_or_else(
            |_| String::from("unknown"),
            |info| public::algorithm_name(&info.algorithm),
        )
    }

    /// Bits of the modulus, the curve's field or the key; `None` where that is not known.
    #[must_use]
    pub fn bits(&self) -> Option<u32> {
        self.info().ok().and_then(|info| public::bits(&info))
    }

    /// The SubjectPublicKeyInfo's DER of its public half, as the key carries it or as it is computed: RSA, DSA, EC
    /// on the prime fields' curves a JDK knows, Ed25519, Ed448, X25519, X448. `None` for binary curves without their
    /// public point and for algorithms that are only passed through.
    #[must_use]
    pub fn public_key_der(&self) -> Option<Vec<u8>> {
        self.info().ok().and_then(|info| public::public_key(&info))
    }

    /// Whether this is the key of that SubjectPublicKeyInfo; `None` where that cannot be told. Keys of
    /// different algorithms never match.
    #[must_use]
    pub fn matches_public_key(&self, public_key_der: &[u8]) -> Option<bool> {
        self.info()
            .ok()
            .and_then(|info| public::matches(&info, public_key_der))
    }

    /// The same key without the attributes its PrivateKeyInfo may carry (Windows writes a keyUsage): what
    /// `Key.getEncoded` of a JVM gives back (`sun.security.pkcs.PKCS8Key`).
    #[must_use]
    pub fn without_attributes(&self) -> Self {
        let bare = self.info().ok().filter(|info| info.has_attributes).map(|info| {
            let public = info.public.map(|octets| tlv(tag::context(1), &[&[0], octets]));
            let version = [tag::INTEGER, 1, u8::from(public.is_some())];
            let key = SecretBytes::new(tlv(tag::OCTET_STRING, &[info.key]));
            let fields = [
                &version,
                info.identifier,
                key.expose_bytes(),
                public.as_deref().unwrap_or_default(),
            ];
            SecretBytes::new(tlv(tag::SEQUENCE, &fields))
        });
        bare.map_or_else(|| self.duplicate(), |pkcs8| Self { pkcs8 })
    }

    /// The key as PEM, unencrypted.
    #[must_use]
    pub fn expose_pem(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(pem::encode("PRIVATE KEY", self.expose_pkcs8_der()))
    }

    /// A second copy: one more to wipe.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            pkcs8: SecretBytes::new(self.expose_pkcs8_der().to_vec()),
        }
    }

    fn info(&self) -> Result<Info<'_>, asn1::Error> {
        Info::read(self.expose_pkcs8_der())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(***)")
    }
}

/// The fields of a PrivateKeyInfo:
///
/// ```text
/// OneAsymmetricKey ::= SEQUENCE { version, privateKeyAlgorithm AlgorithmIdentifier,
///     privateKey OCTET STRING, attributes [0] OPTIONAL, publicKey [1] BIT STRING OPTIONAL }
/// ```
///
/// (RFC 5958 section 2)
pub(crate) struct Info<'a> {
    pub(crate) algorithm: ObjectIdentifier,
    /// The AlgorithmIdentifier's DER.
    pub(crate) identifier: &'a [u8],
    /// The parameters' DER; empty where there are none.
    pub(crate) parameters: &'a [u8],
    pub(crate) key: &'a [u8],
    /// publicKey's octets.
    pub(crate) public: Option<&'a [u8]>,
    has_attributes: bool,
}

impl<'a> Info<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, asn1::Error> {
        let mut fields = Reader::new(der).sequence("PrivateKeyInfo")?;
        fields.unsigned("PrivateKeyInfo's version")?;
        let identifier = fields.read(tag::SEQUENCE, "privateKeyAlgorithm")?;
        let mut parts = identifier.reader();
        let algorithm = parts.oid("privateKeyAlgorithm")?;
        let parameters = parts.rest();
        let key = fields.octet_string("privateKey")?;
        let mut public = None;
        let mut has_attributes = false;
        while !fields.is_empty() {
            let field = fields.any("PrivateKeyInfo's attributes")?;
            if field.tag == tag::context(1) {
                public = field.value.split_first().map(|(_, octets)| octets);
            } else {
                has_attributes = true;
            }
        }
        Ok(Self {
            algorithm,
            identifier: identifier.raw,
            parameters,
            key,
            public,
            has_attributes,
        })
    }
}

/// Why a private key cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum KeyError {
    #[error("the key's encoding is damaged")]
    Damaged {
        #[from]
        source: asn1::Error,
    },
    #[error("{source}")]
    Pem {
        #[from]
        source: pem::Error,
    },
    #[error("{source}")]
    Pbe {
        #[from]
        source: pbe::PbeError,
    },
    #[error("this is {what}, where a private key belongs")]
    NotAKey { what: What },
    #[error("there are several private keys, in lines {first} and {second}")]
    Several { first: usize, second: usize },
    #[error("the key is encrypted with {name}, which is not supported")]
    Encryption { name: String },
    #[error("the key is encrypted, and no password was given")]
    PasswordRequired,
    #[error("the EC key has explicit curve parameters, which no JVM reads")]
    ExplicitParameters,
}

impl KeyError {
    /// The error's kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Damaged { source } => source.kind(),
            Self::Pem { source } => source.kind(),
            Self::Pbe { source } => source.kind(),
            Self::NotAKey { .. } | Self::Several { .. } => ErrorKind::WrongInput,
            Self::Encryption { .. } | Self::ExplicitParameters => ErrorKind::Unsupported,
            Self::PasswordRequired => ErrorKind::PasswordRequired,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::NotAKey {
                what: What::OpenSshPrivateKey,
            } => "`ssh-keygen -p -m pkcs8 -f FILE` rewrites it as PKCS#8",
            Self::NotAKey { what: What::PuttyKey } => {
                "`puttygen FILE -O private-openssh -o OUT`, then `ssh-keygen -p -m pkcs8 -f OUT`"
            }
            Self::NotAKey {
                what: What::Certificate | What::Pkcs7,
            } => "the certificate goes to `--cert`, its private key to `--key`",
            Self::NotAKey {
                what: What::CertificateRequest,
            } => "the key is the file that was made together with the request",
            Self::NotAKey {
                what: What::PublicKey | What::SshPublicKey,
            } => "the private key stays with who made the pair; ask there",
            Self::NotAKey {
                what: What::GitLfsPointer,
            } => "`git lfs pull` fetches the file itself",
            Self::NotAKey { .. } => {
                "a private key is PEM (`-----BEGIN PRIVATE KEY-----` and the like) or DER: PKCS#8, PKCS#1 or SEC 1, whole"
            }
            Self::Damaged { .. } | Self::Pem { .. } => {
                "fetch the file again; it was altered or cut short on its way"
            }
            Self::Several { .. } => "leave the one that belongs to the certificate in the file",
            Self::ExplicitParameters => "`openssl pkey -in FILE -ec_param_enc named_curve` names the curve",
            Self::PasswordRequired => {
                "give the key's password with `--keypass env:NAME` or `--keypass prompt`"
            }
            _ if matches!(self.kind(), ErrorKind::WrongPassword) => {
                "give the key's password with `--keypass`"
            }
            _ => return Vec::new(),
        };
        vec![Hint::new(text)]
    }
}
