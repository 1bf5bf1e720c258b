//! Trust- and keystores for the JVM, without a JVM.
//!
//! keyjar reads and writes the stores a Java program takes its certificates and keys from (PKCS#12, JKS,
//! JCEKS, Bouncy Castle's BKS, UBER and BCFKS), by the rules of the JDK's own implementations, and prints the
//! `-Djavax.net.ssl.*` options that make a JVM use them.
//!
//! ```
//! use keyjar::keystore::{PrivateKeyEntry, TrustedCertificateEntry};
//! use keyjar::{Certificate, Entry, KeyStore, Password, PrivateKey};
//!
//! let password = Password::new("changeit");
//! let server = Certificate::from_pem(include_bytes!("../testdata/apm/apm-server.crt"))?;
//! let mut truststore = KeyStore::new();
//! truststore.insert("apm-server-cert", Entry::TrustedCertificate(TrustedCertificateEntry::new(server)))?;
//! let truststore: Vec<u8> = truststore.encoder().to_bytes(&password)?;
//!
//! let key = PrivateKey::from_input(include_bytes!("../testdata/apm/client.key"), None)?;
//! let client = Certificate::from_pem(include_bytes!("../testdata/apm/client.crt"))?;
//! let mut keystore = KeyStore::new();
//! keystore.insert("client", Entry::PrivateKey(PrivateKeyEntry::new(key, vec![client])?))?;
//! let keystore: Vec<u8> = keystore.encoder().to_bytes(&password)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Ground floor first; an import may only point up this list (`tests/it/layers.rs` holds the house to it).
pub mod clock;
pub mod error;
pub mod fsio;
pub mod limits;
pub mod secret;

pub mod asn1;
pub mod crypto;
pub mod pem;

pub mod pkcs8;
pub mod x509;

pub mod bcfks;
pub mod bks;
pub mod jks;
pub mod pkcs12;

pub mod keystore;

pub mod ops;
#[cfg(feature = "pki")]
pub mod pki;
#[cfg(feature = "trust")]
pub mod trust;

pub mod apm;
pub mod jvm;

pub mod explain;
#[cfg(feature = "tls")]
pub mod tls;

#[cfg(feature = "server")]
pub mod server;

/// The README's examples are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

pub use error::{ErrorKind, Hint};
pub use keystore::{Alias, Entry, KeyStore, StoreFormat};
pub use limits::Limits;
pub use pkcs8::PrivateKey;
pub use secret::Password;
pub use x509::Certificate;
