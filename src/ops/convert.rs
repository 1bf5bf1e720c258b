use std::fmt::Write as _;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::crypto::{Cipher, Digest};
use crate::error::{ErrorKind, Hint};
use crate::keystore::{Alias, Entry, KeyStore, KeyStoreError, PrivateKeyEntry, StoreFormat};
use crate::pem;
use crate::pkcs8::pbe::{Pbe, Scheme};
use crate::pkcs8::{EncryptedPrivateKey, PrivateKey};
use crate::pkcs12::{Profile, attribute};
use crate::secret::Password;

/// What a store is converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A store of that format.
    Store(StoreFormat),
    /// PEM: each entry's key (PKCS#8) and certificates, its alias in a comment before them.
    Pem,
}

/// How a store is converted.
#[derive(Debug)]
pub struct ConvertOptions<'a> {
    /// To what.
    pub target: Target,
    /// PKCS#12's algorithms and counts; `None`: the default for what the store holds.
    pub profile: Option<Profile>,
    /// The password the store was read with.
    pub old_password: &'a Password,
    /// A password of their own that its keys may have.
    pub key_password: Option<&'a Password>,
    /// The password it is written with. For PEM: the one keys are encrypted with, in the clear with
    /// [`Password::none`].
    pub new_password: &'a Password,
    /// Leave out what the target cannot hold, instead of refusing.
    pub skip_unsupported: bool,
    /// The instant that entries without a date of their own are created at.
    pub now: Timestamp,
}

/// A converted store.
#[derive(Debug)]
pub struct Conversion {
    /// The new file, wiped after use: it may hold keys in the clear.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What the target could not hold, each in words.
    pub lost: Vec<String>,
    /// How many entries it has.
    pub entries: usize,
    /// Whether it holds a key.
    pub has_keys: bool,
}

/// Why a store cannot be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum ConvertError {
    #[error("the target cannot hold {}", lost.join(", "))]
    Unsupported { lost: Vec<String> },
    #[error("`--profile` is PKCS#12's, and the target is another format")]
    ProfileOfOther,
    #[error(transparent)]
    Store {
        #[from]
        source: KeyStoreError,
    },
}

impl ConvertError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::ProfileOfOther => ErrorKind::Usage,
            Self::Store { source } => source.kind(),
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Unsupported { .. } => vec![Hint::new(
                "`--skip-unsupported` leaves it out; `--to pkcs12` holds every kind of entry",
            )],
            Self::ProfileOfOther => vec![Hint::new("leave `--profile` out, or write `--to pkcs12`")],
            Self::Store { source } => source.hints(),
        }
    }
}

/// Converts a store; nothing is dropped in silence: what the target cannot hold is an error that names it, or,
/// with `skip_unsupported`, told in the result.
///
/// ```
/// use keyjar::ops::{ConvertOptions, Target, convert};
/// use keyjar::{KeyStore, Password, StoreFormat, clock};
/// # let mut store = KeyStore::new();
/// # let certificate = keyjar::Certificate::from_pem(include_bytes!("../../testdata/apm/ca.crt"))?;
/// # let entry = keyjar::keystore::TrustedCertificateEntry::new(certificate);
/// # store.insert("ca", keyjar::Entry::TrustedCertificate(entry))?;
/// let password = Password::new("changeit");
/// let options = ConvertOptions {
///     target: Target::Store(StoreFormat::Jks),
///     profile: None,
///     old_password: &password,
///     key_password: None,
///     new_password: &password,
///     skip_unsupported: false,
///     now: clock::now(),
/// };
/// let jks = convert(store, &options)?;
/// assert_eq!(StoreFormat::detect(&jks.bytes), Some(StoreFormat::Jks));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`ConvertError`].
pub fn convert(mut store: KeyStore, options: &ConvertOptions<'_>) -> Result<Conversion, ConvertError> {
    let is_pkcs12 = options.target == Target::Store(StoreFormat::Pkcs12);
    if options.profile.is_some() && !is_pkcs12 {
        return Err(ConvertError::ProfileOfOther);
    }
    let mut lost = if is_pkcs12 { Vec::new() } else { beside(&store) };
    let bytes = loop {
        let (alias, what) = match encode(&store, options) {
            Ok(bytes) => break bytes,
            Err(KeyStoreError::UnsupportedEntry { alias, what, .. }) => (alias, what),
            Err(KeyStoreError::ProfileWithoutKeys { alias, .. }) => (alias, "key"),
            Err(other) => return Err(other.into()),
        };
        lost.push(format!("the {what} `{alias}`"));
        // The encoder names the first alias of the store it cannot take, so this ends.
        if store.remove(&alias).is_none() {
            return Err(ConvertError::Unsupported { lost });
        }
    };
    if !lost.is_empty() && !options.skip_unsupported {
        return Err(ConvertError::Unsupported { lost });
    }
    Ok(Conversion {
        bytes,
        lost,
        entries: store.len(),
        has_keys: store.has_keys(),
    })
}

/// What a PKCS#12 file holds beside its entries, which no other format has a place for.
fn beside(store: &KeyStore) -> Vec<String> {
    let mut lost: Vec<String> = store
        .skipped()
        .iter()
        .map(|skipped| format!("{} ({})", skipped.what, skipped.why))
        .collect();
    let known = [
        attribute::FRIENDLY_NAME,
        attribute::LOCAL_KEY_ID,
        attribute::TRUSTED_KEY_USAGE,
    ];
    let contents = store.pfx().map(|pfx| pfx.contents.as_slice()).unwrap_or_default();
    let unknown = contents
        .iter()
        .filter_map(|contents| contents.bags.as_ref())
        .flatten()
        .flat_map(|bag| bag.attributes.iter())
        .filter(|attribute| !known.iter().any(|oid| attribute.is(oid)))
        .count();
    if unknown > 0 {
        lost.push(format!("{unknown} attributes that only PKCS#12 has"));
    }
    lost
}

fn encode(store: &KeyStore, options: &ConvertOptions<'_>) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
    let Target::Store(format) = options.target else {
        return to_pem(store, options);
    };
    let mut encoder = store
        .encoder()
        .format(format)
        .clock(options.now)
        .old_password(options.old_password);
    if let Some(password) = options.key_password {
        encoder = encoder.key_password(password);
    }
    if format == StoreFormat::Pkcs12 {
        let default = if store.has_keys() {
            Profile::MODERN
        } else {
            Profile::TRUST
        };
        encoder = encoder.profile(options.profile.unwrap_or(default));
    }
    encoder.to_bytes(options.new_password).map(Zeroizing::new)
}

fn to_pem(store: &KeyStore, options: &ConvertOptions<'_>) -> Result<Zeroizing<Vec<u8>>, KeyStoreError> {
    store.check_key_work()?;
    let mut out = Zeroizing::new(String::new());
    for (alias, entry) in store.iter() {
        let _ = writeln!(out, "# {}", alias.as_str().escape_debug());
        match entry {
            Entry::PrivateKey(entry) => {
                let key = open(entry, alias, options)?;
                if options.new_password.is_none() {
                    out.push_str(&key.expose_pem());
                } else {
                    let encrypted = encrypt_key(&key, options.new_password)?;
                    out.push_str(&pem::encode("ENCRYPTED PRIVATE KEY", encrypted.as_der()));
                }
            }
            Entry::TrustedCertificate(_) => {}
            Entry::SecretKey(_) => {
                return Err(KeyStoreError::UnsupportedEntry {
                    format: store.format(),
                    alias: alias.clone(),
                    what: "secret key",
                });
            }
        }
        for certificate in entry.certificates() {
            out.push_str(&pem::encode("CERTIFICATE", certificate.as_der()));
        }
    }
    Ok(Zeroizing::new(out.as_bytes().to_vec()))
}

/// What `openssl pkcs8 -topk8` writes, with a count of today.
const KEY_ENCRYPTION: (Scheme, u32) = (
    Scheme::Pbes2 {
        prf: Digest::Sha256,
        cipher: Cipher::Aes256Cbc,
    },
    600_000,
);

/// Encrypts a key as PEM's `ENCRYPTED PRIVATE KEY` and PKCS#8 files hold it: PBES2 with AES-256 and 600,000
/// iterations of HMAC-SHA-256.
///
/// # Errors
/// No password.
pub fn encrypt_key(key: &PrivateKey, password: &Password) -> Result<EncryptedPrivateKey, KeyStoreError> {
    let (scheme, count) = KEY_ENCRYPTION;
    let pbe = Pbe::generate(scheme, count, &mut rand_core::UnwrapErr(getrandom::SysRng));
    EncryptedPrivateKey::encrypt(key, &pbe, password).map_err(|source| KeyStoreError::Key { source })
}

fn open(
    entry: &PrivateKeyEntry,
    alias: &Alias,
    options: &ConvertOptions<'_>,
) -> Result<PrivateKey, KeyStoreError> {
    let own = options.key_password.map(|password| entry.key(password));
    match own {
        Some(Ok(key)) => Ok(key),
        _ => entry
            .key(options.old_password)
            .map_err(|source| KeyStoreError::KeyOf {
                alias: alias.clone(),
                source: Box::new(source),
            }),
    }
}
