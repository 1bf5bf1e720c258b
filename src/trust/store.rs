//! Stores as a JVM loads them through `javax.net.ssl.trustStore` and `keyStore`
//! (`sun.security.ssl.TrustStoreManager`, `SSLContextImpl.DefaultManagersHolder`): which file is used at all, which
//! implementation reads it, and with what exception it fails.

use bytes::Bytes;

use super::jdk::Jdk;
use super::store_content::{StoreFault, read_store};
use super::verdict::JavaException;
use crate::error::Hint;
use crate::keystore::{Entry, KeyStore};
use crate::secret::Password;

/// What stands at a path.
#[derive(Clone, Debug)]
pub enum StoreFile {
    /// Nothing.
    Missing,
    /// A folder.
    Folder,
    /// A file that may not be read.
    Unreadable,
    /// A file of these bytes.
    Bytes(Bytes),
}

/// The options that name a store: its type, where one is given, and its password.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions<'a> {
    /// `javax.net.ssl.trustStore` or `keyStore`, as messages quote it.
    pub path: &'a str,
    /// `javax.net.ssl.trustStoreType` or `keyStoreType`.
    pub store_type: Option<&'a str>,
    /// `javax.net.ssl.trustStorePassword` or `keyStorePassword`; an empty one counts as none there.
    pub password: &'a Password,
}

/// What a JVM makes of a store.
#[derive(Debug)]
#[non_exhaustive]
pub enum Loading {
    /// It is loaded.
    Loaded(Box<KeyStore>),
    /// The JVM uses its own `cacerts` in its place, without a word.
    FallsBack {
        /// Why, in one sentence.
        why: &'static str,
    },
    /// Every connection of the JVM fails.
    Fails(StoreFailure),
}

/// Why a store is not loaded, in Java's words and in this library's.
#[derive(Clone, Debug)]
pub struct StoreFailure {
    /// What an application sees at its first connection.
    pub exception: JavaException,
    /// The innermost exception, which JDK 17 and later do not show: `CLASS: MESSAGE`.
    pub innermost: String,
    /// The cause in one sentence.
    pub cause: String,
    /// What mends it.
    pub hints: Vec<Hint>,
}

const HEAD: &str = "java.security.NoSuchAlgorithmException: Error constructing implementation (algorithm: Default, \
    provider: SunJSSE, class: sun.security.ssl.SSLContextImpl$DefaultSSLContext)";

/// What a JVM makes of a truststore.
///
/// ```
/// use keyjar::trust::{Jdk, Loading, StoreFile, StoreOptions, load_truststore};
/// use keyjar::Password;
/// let password = Password::new("changeit");
/// let options = StoreOptions { path: "trust.p12", store_type: None, password: &password };
/// let loading = load_truststore(&StoreFile::Missing, &options, &Jdk::new(17)?);
/// assert!(matches!(loading, Loading::FallsBack { .. }));
/// let loading = load_truststore(&StoreFile::Bytes(b"-----BEGIN CERTIFICATE-----".as_slice().into()), &options, &Jdk::new(17)?);
/// let Loading::Fails(failure) = loading else { panic!() };
/// assert!(failure.exception.as_trace().ends_with("problem accessing trust store"));
/// # Ok::<(), keyjar::trust::JdkError>(())
/// ```
#[must_use]
pub fn load_truststore(file: &StoreFile, options: &StoreOptions<'_>, jdk: &Jdk) -> Loading {
    let bytes = match file {
        StoreFile::Bytes(bytes) => bytes,
        StoreFile::Missing => {
            return Loading::FallsBack {
                why: "there is no such file",
            };
        }
        StoreFile::Folder => {
            return Loading::FallsBack {
                why: "it is a folder",
            };
        }
        StoreFile::Unreadable => {
            return Loading::FallsBack {
                why: "it may not be read",
            };
        }
    };
    match read_store(bytes, options, jdk.version()) {
        Ok(store) => Loading::Loaded(Box::new(store)),
        Err(fault) => Loading::Fails(failure(fault, jdk.version(), true)),
    }
}

/// What a JVM makes of a keystore: all its keys must open with the store's password.
#[must_use]
pub fn load_keystore(file: &StoreFile, options: &StoreOptions<'_>, jdk: &Jdk) -> Loading {
    let version = jdk.version();
    let bytes = match file {
        StoreFile::Bytes(bytes) => bytes,
        other => return Loading::Fails(unreadable(other, options.path, version)),
    };
    let loaded = read_store(bytes, options, version).and_then(|store| {
        open_keys(&store, options.password)?;
        Ok(store)
    });
    match loaded {
        Ok(store) => Loading::Loaded(Box::new(store)),
        Err(fault) => Loading::Fails(failure(fault, version, false)),
    }
}

fn unreadable(file: &StoreFile, path: &str, version: u32) -> StoreFailure {
    let (reason, cause) = match file {
        StoreFile::Folder => ("(Is a directory)", "the keystore is a folder"),
        StoreFile::Unreadable => ("(Permission denied)", "the keystore may not be read"),
        _ => ("(No such file or directory)", "there is no keystore at that path"),
    };
    let fault = StoreFault::new(
        "java.io.FileNotFoundException",
        format!("{path} {reason}"),
        format!("{cause}; unlike a truststore it has nothing to fall back on"),
        "give the path of an existing keystore: `keyjar bundle --cert CERT --key KEY --keystore keystore.p12` makes one",
    );
    let mut failure = failure(fault, version, false);
    match version {
        // The file is opened by privileged code, whose wrapper shows.
        8 | 11 => failure.exception.causes.insert(
            1,
            format!("java.security.PrivilegedActionException: {}", failure.innermost),
        ),
        // These lose the text on the way.
        17 | 21 => {
            failure.exception.causes.pop();
            failure
                .exception
                .causes
                .push(String::from("java.security.KeyManagementException"));
        }
        _ => {}
    }
    failure
}

/// Every key, as `KeyManagerFactory` opens them. One in the clear is none to `PKCS12KeyStore`.
fn open_keys(store: &KeyStore, password: &Password) -> Result<(), StoreFault> {
    let is_none = password.expose_utf8().is_empty();
    let is_pkcs12 = store.pfx().is_some();
    let fault = |message: &str, cause: String, hint: &str| {
        StoreFault::new("java.security.UnrecoverableKeyException", message, cause, hint)
    };
    for (alias, entry) in store.iter() {
        let Entry::PrivateKey(key) = entry else { continue };
        if key.is_clear() {
            continue;
        }
        if is_none {
            // The empty password is tried, and may be the right one.
            if is_pkcs12 && key.key(&Password::new("")).is_ok() {
                continue;
            }
            let message = if is_pkcs12 {
                "Get Key failed: Cannot read the array length because \"password\" is null"
            } else {
                "Password must not be null"
            };
            return Err(fault(
                message,
                format!("the key `{alias}` needs the keystore's password, and none is given"),
                "give it: `--keystore-pass env:NAME`; to the JVM `-Djavax.net.ssl.keyStorePassword`",
            ));
        }
        if let Some(algorithm) = key.key_encryption().map(|encryption| encryption.algorithm)
            && algorithm == TWO_KEY
        {
            return Err(fault(
                "Get Key failed: Cannot find any provider supporting 1.2.840.113549.1.12.1.4",
                format!("the key `{alias}` is encrypted with {algorithm}, which no JVM knows"),
                "`keyjar convert STORE store.p12 --profile modern` writes one that every JDK reads",
            ));
        }
        if key.key(password).is_err() {
            let message = if is_pkcs12 {
                "Get Key failed: Given final block not properly padded. Such issues can arise if a bad key is used \
                 during decryption."
            } else {
                "Cannot recover key"
            };
            return Err(fault(
                message,
                format!(
                    "the key `{alias}` has another password than the store; a JVM has one option for both, and this \
                     key breaks every connection, even to servers that ask for no certificate"
                ),
                "`keyjar passwd STORE --keypass env:KEY_PASS --new-storepass env:STORE_PASS` gives the key the store's \
                 password",
            ));
        }
    }
    Ok(())
}

/// pbeWithSHAAnd2-KeyTripleDES-CBC
const TWO_KEY: &str = "PBE with SHA-1 and 2-key 3DES-CBC";

/// As it surfaces at the first connection: wrapped thrice, and since 17 without its cause.
fn failure(fault: StoreFault, version: u32, is_truststore: bool) -> StoreFailure {
    let innermost = fault.text(version);
    let mut causes = vec![HEAD.to_owned()];
    match (version < 17, is_truststore) {
        (true, true) => {
            causes.push(String::from(
                "java.security.KeyStoreException: problem accessing trust store",
            ));
            causes.push(innermost.clone());
        }
        (true, false) => causes.push(innermost.clone()),
        (false, true) => causes.push(String::from(
            "java.security.KeyManagementException: problem accessing trust store",
        )),
        (false, false) => causes.push(format!(
            "java.security.KeyManagementException: {}",
            fault.message(version)
        )),
    }
    StoreFailure {
        exception: JavaException {
            class: "java.net.SocketException",
            message: HEAD.to_owned(),
            alert: None,
            jdk: version,
            causes,
        },
        innermost,
        cause: fault.cause,
        hints: fault.hint.into_iter().map(Hint::new).collect(),
    }
}
