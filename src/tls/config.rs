//! Stores as rustls configurations: the identity from a keystore's private key entry, the trust in clients from
//! a truststore's anchors.
//!
//! ```
//! use keyjar::tls::config::{ClientAuth, Identity, server_config};
//! use keyjar::{Certificate, PrivateKey};
//!
//! let key = PrivateKey::from_input(include_bytes!("../../testdata/apm/apm-server.key"), None)?;
//! let server = Certificate::from_pem(include_bytes!("../../testdata/apm/apm-server.crt"))?;
//! let clients = Certificate::from_pem(include_bytes!("../../testdata/apm/ca.crt"))?;
//! let identity = Identity::new(&key, vec![server])?;
//! let config = server_config(&identity, ClientAuth::Required, [clients])?;
//! # let _: rustls::ServerConfig = config;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use rustls::{ServerConfig, version};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

pub use super::client_path::ClientRefused;
use super::client_verifier::ClientVerifier;
use crate::error::{ErrorKind, Hint};
use crate::keystore::{Alias, Entry, KeyStore, KeyStoreError, PrivateKeyEntry};
use crate::pkcs8::PrivateKey;
use crate::secret::Password;
use crate::x509::Certificate;

/// Whether a server asks its clients for a certificate (`javax.net.ssl.SSLServerSocket`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientAuth {
    /// It does not ask.
    #[default]
    None,
    /// It asks, verifies what it gets, and serves clients without one (`setWantClientAuth`).
    Optional,
    /// It serves only clients whose certificate it trusts (`setNeedClientAuth`).
    Required,
}

impl ClientAuth {
    /// `none`, `optional` or `required`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

/// A private key that TLS can use, and its chain.
#[derive(Clone)]
pub struct Identity {
    chain: Vec<Certificate>,
    /// The chain's last.
    authority: Certificate,
    key: Arc<dyn SigningKey>,
}

impl Identity {
    /// A key and its chain, leaf first. RSA (2048 to 8192 bit), EC (P-256, P-384, P-521) and Ed25519 keys serve.
    ///
    /// # Errors
    /// No chain; a key that is not the leaf's; a key of another kind.
    pub fn new(key: &PrivateKey, chain: Vec<Certificate>) -> Result<Self, ConfigError> {
        let (leaf, authority) = chain
            .first()
            .zip(chain.last().cloned())
            .ok_or(ConfigError::NoChain)?;
        if key.matches_public_key(leaf.public_key_der()) == Some(false) {
            return Err(ConfigError::KeyMismatch {
                subject: leaf.subject().to_string(),
            });
        }
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.expose_pkcs8_der()));
        let signing = aws_lc_rs::sign::any_supported_type(&der).map_err(|source| {
            let kind = leaf
                .public_key_info()
                .map_or_else(|_| key.algorithm(), |info| info.to_string());
            ConfigError::UnsupportedKey { kind, source }
        })?;
        Ok(Self {
            chain,
            authority,
            key: signing,
        })
    }

    /// The key of that alias; without one the first in the store's order that serves. The password is the key's,
    /// which in most stores is the store's own.
    ///
    /// # Errors
    /// As [`new`](Self::new); no such alias, no private key, a wrong password.
    pub fn from_key_store(
        store: &KeyStore,
        alias: Option<&Alias>,
        password: &Password,
    ) -> Result<(Alias, Self), ConfigError> {
        if let Some(alias) = alias {
            return match store.get(alias) {
                Some(Entry::PrivateKey(entry)) => Self::from_entry(alias, entry, password),
                Some(other) => Err(ConfigError::NotAKey {
                    alias: alias.clone(),
                    kind: other.kind(),
                }),
                None => Err(ConfigError::AliasAbsent { alias: alias.clone() }),
            };
        }
        let mut first_error = None;
        for (alias, entry) in store.iter() {
            let Entry::PrivateKey(entry) = entry else { continue };
            match Self::from_entry(alias, entry, password) {
                Ok(found) => return Ok(found),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or(ConfigError::NoPrivateKey))
    }

    fn from_entry(
        alias: &Alias,
        entry: &PrivateKeyEntry,
        password: &Password,
    ) -> Result<(Alias, Self), ConfigError> {
        let key = entry.key(password).map_err(|source| ConfigError::Key {
            alias: alias.clone(),
            source,
        })?;
        let identity = Self::new(&key, entry.chain().to_vec()).map_err(|source| ConfigError::Entry {
            alias: alias.clone(),
            source: Box::new(source),
        })?;
        Ok((alias.clone(), identity))
    }

    /// The chain, leaf first; never empty.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The last certificate of the chain: what peers are to trust.
    #[must_use]
    pub const fn authority(&self) -> &Certificate {
        &self.authority
    }

    fn certified(&self) -> CertifiedKey {
        let chain = self.chain.iter();
        let chain = chain.map(|certificate| CertificateDer::from(certificate.as_der().to_vec()));
        CertifiedKey::new(chain.collect(), Arc::clone(&self.key))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

/// A server's configuration: TLS 1.2 and 1.3, aws-lc-rs, no resumption (each handshake is a full one, so that
/// each shows what certificates do).
///
/// Clients are verified as a Java server verifies them (`sun.security.validator.PKIXValidator`): a certificate
/// that is itself an anchor is accepted as it is, expired or not; else a path to an anchor is sought. A refusal is
/// the alert `certificate_unknown`, and a [`ClientRefused`] within the [`rustls::Error`].
///
/// # Errors
/// [`ConfigError::NoAnchors`]: client authentication with nobody to trust.
pub fn server_config(
    identity: &Identity,
    client_auth: ClientAuth,
    anchors: impl IntoIterator<Item = Certificate>,
) -> Result<ServerConfig, ConfigError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|source| ConfigError::Rustls { source })?;
    let builder = if client_auth == ClientAuth::None {
        builder.with_no_client_auth()
    } else {
        let anchors: Vec<_> = anchors.into_iter().collect();
        if anchors.is_empty() {
            return Err(ConfigError::NoAnchors);
        }
        let algorithms = provider.signature_verification_algorithms;
        let is_required = client_auth == ClientAuth::Required;
        builder.with_client_cert_verifier(Arc::new(ClientVerifier::new(anchors, is_required, algorithms)))
    };
    let resolver = SingleCertAndKey::from(identity.certified());
    let mut config = builder.with_cert_resolver(Arc::new(resolver));
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Why stores make no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum ConfigError {
    #[error("the keystore holds no private key")]
    NoPrivateKey,
    #[error("the private key has no certificate")]
    NoChain,
    #[error("there is no entry `{alias}`")]
    AliasAbsent { alias: Alias },
    #[error("`{alias}` is a {kind}, no private key")]
    NotAKey { alias: Alias, kind: &'static str },
    #[error("the key of `{alias}` does not open")]
    Key { alias: Alias, source: KeyStoreError },
    #[error("`{alias}` cannot serve")]
    Entry { alias: Alias, source: Box<ConfigError> },
    #[error("the private key is not the key of the certificate `{subject}`")]
    KeyMismatch { subject: String },
    #[error(
        "TLS here takes RSA keys from 2048 bit, EC keys on P-256, P-384 or P-521, and Ed25519 keys; this is {kind}"
    )]
    UnsupportedKey { kind: String, source: rustls::Error },
    #[error("clients are to show certificates, but the truststore holds none to hold them against")]
    NoAnchors,
    #[error("TLS cannot be configured")]
    Rustls { source: rustls::Error },
}

impl ConfigError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoPrivateKey | Self::NoChain | Self::NotAKey { .. } | Self::NoAnchors => {
                ErrorKind::WrongInput
            }
            Self::AliasAbsent { .. } => ErrorKind::NotFound,
            Self::Key { source, .. } => source.kind(),
            Self::Entry { source, .. } => source.kind(),
            Self::KeyMismatch { .. } => ErrorKind::Conflict,
            Self::UnsupportedKey { .. } | Self::Rustls { .. } => ErrorKind::Unsupported,
        }
    }

    /// What mends it, the flag or command named.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let text = match self {
            Self::NoPrivateKey | Self::NoChain => {
                "`keyjar bundle --cert CERT --key KEY --keystore PATH` puts a key and its chain into a keystore"
            }
            Self::AliasAbsent { .. } | Self::NotAKey { .. } => "`keyjar list STORE` shows the aliases",
            Self::Key { source, .. } if source.kind() == ErrorKind::WrongPassword => {
                "a key with a password of its own opens with `--keypass SOURCE`"
            }
            Self::Entry { source, .. } => return source.hints(),
            Self::NoAnchors => {
                "`keyjar import ca.crt --truststore PATH` adds the authority of the clients' certificates"
            }
            _ => return Vec::new(),
        };
        vec![Hint::new(text)]
    }
}
