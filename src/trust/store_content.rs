//! A store's bytes as the JDK's own implementations take them: `PKCS12KeyStore`, `JavaKeyStore`, `JceKeyStore`, and
//! the two that try one after the other (`sun.security.util.KeyStoreDelegator`).

use bytes::Bytes;

use super::store::StoreOptions;
use crate::crypto::Cipher;
use crate::keystore::{KeyStore, KeyStoreError, Readers, StoreFormat};
use crate::pem::sniff;
use crate::pkcs8::pbe::{Pbe, Scheme};
use crate::pkcs12::{self, Mac, Pfx};
use crate::secret::Password;

/// Why a store cannot be loaded.
#[derive(Clone, Debug)]
pub(super) struct StoreFault {
    class: &'static str,
    message: String,
    pub(super) cause: String,
    pub(super) hint: Option<String>,
    /// Whether of two implementations this one's word counts: it is about the password.
    is_about_password: bool,
}

impl StoreFault {
    pub(super) fn new(class: &'static str, message: impl Into<String>, cause: String, hint: &str) -> Self {
        Self {
            class,
            message: message.into(),
            cause,
            hint: Some(hint.to_owned()),
            is_about_password: false,
        }
    }

    fn io(message: impl Into<String>, cause: impl Into<String>, hint: &str) -> Self {
        Self::new("java.io.IOException", message, cause.into(), hint)
    }

    fn password(message: &str, cause: &str) -> Self {
        Self {
            is_about_password: true,
            ..Self::io(
                message,
                cause,
                "give the store's own password: `--truststore-pass env:NAME`, `--keystore-pass env:NAME`",
            )
        }
    }

    /// The exception's text; before 17 a null pointer has none.
    pub(super) fn message(&self, version: u32) -> String {
        if version < 17 && self.message.contains("is null") {
            return String::from("Get Key failed: null");
        }
        self.message.clone()
    }

    pub(super) fn text(&self, version: u32) -> String {
        match self.message(version).as_str() {
            "null" => self.class.to_owned(),
            message => format!("{}: {message}", self.class),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Implementation {
    Pkcs12,
    Jks,
    Jceks,
}

/// Loads a store as a JVM of that version does.
pub(super) fn read_store(
    bytes: &Bytes,
    options: &StoreOptions<'_>,
    jdk: u32,
) -> Result<KeyStore, StoreFault> {
    use Implementation::{Jceks, Jks, Pkcs12};
    let default = if jdk == 8 { "jks" } else { "pkcs12" };
    let name = options.store_type.unwrap_or(default);
    let order: &[Implementation] = match name.to_uppercase().as_str() {
        "JKS" => &[Jks, Pkcs12],
        // On 8 the word is taken literally.
        "PKCS12" if jdk == 8 => &[Pkcs12],
        "PKCS12" => &[Pkcs12, Jks],
        "JCEKS" => &[Jceks],
        "CASEEXACTJKS" => &[Jks],
        _ => {
            return Err(StoreFault::new(
                "java.security.KeyStoreException",
                format!("{name} not found"),
                format!("`{name}` is no store type of a JVM; PKCS12, JKS and JCEKS are"),
                "leave the type away: a JVM finds out by itself whether a store is PKCS12 or JKS",
            ));
        }
    };
    // An empty password counts as none in these options.
    let password = if options.password.expose_utf8().is_empty() {
        Password::none()
    } else {
        options.password.duplicate()
    };
    let mut first: Option<StoreFault> = None;
    for implementation in order {
        match read_as(*implementation, bytes, &password, jdk) {
            Ok(store) => return Ok(store),
            Err(fault) if fault.is_about_password => return Err(fault),
            // The cause that is true is the one of the implementation whose format it is.
            Err(fault) => {
                first = Some(first.map_or(fault.clone(), |first| {
                    prefer(first, fault, *implementation, bytes)
                }))
            }
        }
    }
    first.map_or_else(|| Ok(KeyStore::new()), Err)
}

/// Java tells the first implementation's exception; the cause is the other's, where the format is.
fn prefer(
    first: StoreFault,
    second: StoreFault,
    implementation: Implementation,
    bytes: &Bytes,
) -> StoreFault {
    if format_of(implementation) == StoreFormat::detect(bytes) {
        return StoreFault {
            cause: second.cause,
            hint: second.hint,
            ..first
        };
    }
    first
}

const fn format_of(implementation: Implementation) -> Option<StoreFormat> {
    match implementation {
        Implementation::Pkcs12 => Some(StoreFormat::Pkcs12),
        Implementation::Jks => Some(StoreFormat::Jks),
        Implementation::Jceks => Some(StoreFormat::Jceks),
    }
}

fn read_as(
    implementation: Implementation,
    bytes: &Bytes,
    password: &Password,
    jdk: u32,
) -> Result<KeyStore, StoreFault> {
    let found = StoreFormat::detect(bytes);
    match (implementation, found) {
        (Implementation::Pkcs12, Some(StoreFormat::Pkcs12)) => pkcs12(bytes, password, jdk),
        (Implementation::Jks, Some(StoreFormat::Jks))
        | (Implementation::Jceks, Some(StoreFormat::Jks | StoreFormat::Jceks)) => jks(bytes, password),
        (Implementation::Pkcs12, _) => Err(no_pkcs12(bytes, jdk)),
        (_, _) if bytes.len() < 4 => Err(StoreFault::new(
            "java.io.EOFException",
            "null",
            what_it_is(bytes),
            &remedy(bytes),
        )),
        _ => Err(StoreFault::io(
            "Invalid keystore format",
            what_it_is(bytes),
            &remedy(bytes),
        )),
    }
}

fn what_it_is(bytes: &Bytes) -> String {
    match StoreFormat::detect(bytes) {
        Some(format) => format!("the file is a {format} store, and its type is given as another"),
        None if bytes.is_empty() => String::from("the file is empty"),
        None => format!("the file is no store, but {}", sniff(bytes)),
    }
}

fn remedy(bytes: &Bytes) -> String {
    match StoreFormat::detect(bytes) {
        Some(StoreFormat::Jceks) => {
            String::from("give the type JCEKS, or `keyjar convert STORE store.p12`, which needs none")
        }
        Some(_) => String::from("leave the type away"),
        None => String::from(
            "`keyjar import FILE --truststore truststore.p12` makes a truststore of certificates, `keyjar bundle` a \
             keystore of a key and its certificate",
        ),
    }
}

/// What `sun.security.util.DerValue` says of bytes that are no PFX.
fn no_pkcs12(bytes: &Bytes, jdk: u32) -> StoreFault {
    let message = match (bytes.first(), bytes.get(1)) {
        (None, _) => match jdk {
            8 | 11 => String::from("Short read of DER length"),
            _ => String::from("Tag number over 30 is not supported"),
        },
        (Some(_), Some(length)) if length & 0x80 != 0 && length & 0x7f > 4 => format!(
            "DerInputStream.getLength(): lengthTag={}, too big.",
            length & 0x7f
        ),
        (Some(0x30), _) if jdk >= 17 => String::from("DerValue.getBigIntegerInternal, not expected 48"),
        (Some(0x30), _) => String::from("DER input, Integer tag error"),
        (Some(tag), _) => format!("toDerInputStream rejects tag type {tag}"),
    };
    StoreFault::io(message, what_it_is(bytes), &remedy(bytes))
}

fn jks(bytes: &Bytes, password: &Password) -> Result<KeyStore, StoreFault> {
    KeyStore::from_bytes(bytes.clone(), password).map_err(|error| {
        if error.kind() == crate::ErrorKind::WrongPassword {
            return StoreFault::password(
                "Keystore was tampered with, or password was incorrect",
                "the password is not the store's, or the file was altered",
            );
        }
        other(&error)
    })
}

/// Damage, for which Java has a hundred words.
fn other(error: &KeyStoreError) -> StoreFault {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    StoreFault::io(
        "null",
        text,
        "copy the file again from where it came from, in binary mode",
    )
}

const INCORRECT: &str = "keystore password was incorrect";
const CONVERT: &str = "`keyjar convert STORE store.p12 --profile modern` writes one that every JDK reads";

/// Java decrypts the certificates first and verifies the MAC afterwards; without a password it does neither.
fn pkcs12(bytes: &Bytes, password: &Password, jdk: u32) -> Result<KeyStore, StoreFault> {
    let locked = KeyStore::from_bytes(bytes.clone(), &Password::none()).map_err(|error| other(&error))?;
    let Some(pfx) = locked.pfx() else {
        return Ok(locked);
    };
    if password.is_none() {
        return readable(locked);
    }
    let encryptions: Vec<&Pbe> = pfx
        .contents
        .iter()
        .filter_map(|contents| contents.encryption.as_ref())
        .collect();
    takes_password(pfx, password, !encryptions.is_empty(), jdk)?;
    for pbe in &encryptions {
        knows_encryption(pbe, jdk)?;
    }
    let is_wrong = StoreFault::password(INCORRECT, "the password is not the store's");
    match KeyStore::from_bytes(bytes.clone(), password) {
        Ok(store) => {
            knows_mac(pfx, jdk)?;
            readable(store)
        }
        Err(KeyStoreError::Pkcs12 {
            source: pkcs12::Error::WrongPassword | pkcs12::Error::ContentsPassword { .. },
        }) if !encryptions.is_empty() => Err(is_wrong),
        Err(KeyStoreError::Pkcs12 {
            source: pkcs12::Error::WrongPassword | pkcs12::Error::Altered,
        }) => {
            knows_mac(pfx, jdk)?;
            Err(StoreFault::password(
                "Integrity check failed: java.security.UnrecoverableKeyException: Failed PKCS12 integrity checking",
                "the password is not the store's, or the file was altered: its MAC does not verify",
            ))
        }
        Err(error) if error.kind() == crate::ErrorKind::WrongPassword => Err(is_wrong),
        Err(error) => Err(other(&error)),
    }
}

/// Before 25 a PKCS#12 password is of printable ASCII.
fn takes_password(pfx: &Pfx, password: &Password, is_encrypted: bool, jdk: u32) -> Result<(), StoreFault> {
    let is_ascii = password
        .expose_utf8()
        .iter()
        .all(|octet| (0x20..=0x7e).contains(octet));
    if jdk >= 25 || is_ascii || (!is_encrypted && pfx.mac.is_none()) {
        return Ok(());
    }
    let message = if is_encrypted {
        INCORRECT
    } else {
        "Integrity check failed: java.io.IOException: getSecretKey failed: Password is not ASCII"
    };
    Err(StoreFault::io(
        message,
        "the password has a character outside 0x20-0x7E, which no JDK before 25 takes for PKCS#12",
        "`keyjar passwd STORE --new-storepass env:NEW` gives the store another password",
    ))
}

/// What `com.sun.crypto.provider.PBES2Parameters` says of parameters it does not know.
fn knows_encryption(pbe: &Pbe, jdk: u32) -> Result<(), StoreFault> {
    let readers = Readers::of_encryption(pbe);
    if readers.jdks.contains(&jdk) {
        return Ok(());
    }
    let expected = match pbe.scheme() {
        Scheme::Scrypt { .. } => "PBKDF2",
        Scheme::Pbes2 { cipher, .. } if !matches!(cipher, Cipher::Aes128Cbc | Cipher::Aes256Cbc) => {
            "AES cipher"
        }
        Scheme::Pbes2 { .. } if jdk >= 28 => "a HmacSHA pseudorandom function",
        Scheme::Pbes2 { .. } => "a HmacSHA key derivation function",
        _ => "",
    };
    let message = match (expected, jdk) {
        ("", _) => INCORRECT.to_owned(),
        ("a HmacSHA pseudorandom function", _) => {
            format!("PBKDF2 parameter parsing error: expecting the object identifier for {expected}")
        }
        (_, 21..) => format!("PBE parameter parsing error: expecting the object identifier for {expected}"),
        _ => format!(
            "parseAlgParameters failed: PBE parameter parsing error: expecting the object identifier for {expected}"
        ),
    };
    Err(StoreFault::io(message, readers.reasons.join("; "), CONVERT))
}

fn knows_mac(pfx: &Pfx, jdk: u32) -> Result<(), StoreFault> {
    if jdk >= 25 || !matches!(pfx.mac, Some(Mac::Pbmac1 { .. })) {
        return Ok(());
    }
    Err(StoreFault::io(
        "Integrity check failed: java.security.NoSuchAlgorithmException: Algorithm \
         HmacPBE1.2.840.113549.1.5.14 not available",
        format!("the store's MAC is PBMAC1, which JDK {jdk} does not know; 25.0.5, 26 and later do"),
        CONVERT,
    ))
}

/// One certificate that the JVM cannot parse, and nothing is loaded.
fn readable(store: KeyStore) -> Result<KeyStore, StoreFault> {
    let certificates = store.iter().flat_map(|(_, entry)| entry.certificates());
    for certificate in certificates {
        if let Err(unreadable) = certificate.java_readability() {
            return Err(StoreFault::io(
                INCORRECT,
                format!(
                    "no JVM can parse the certificate `{}`, and one makes the whole store unloadable: {unreadable}",
                    certificate.subject()
                ),
                "`keyjar remove STORE ALIAS` takes it out",
            ));
        }
    }
    Ok(store)
}
