//! Trust- and keystores for the JVM, without a JVM.
//!
//! keyjar reads and writes the stores a Java program takes its certificates and keys from (PKCS#12, JKS,
//! JCEKS), by the rules of the JDK's own implementations, and prints the `-Djavax.net.ssl.*` options that
//! make a JVM use them.
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

pub mod jks;
pub mod pkcs12;

pub mod keystore;

pub mod ops;

pub mod jvm;

pub use error::{ErrorKind, Hint};
pub use keystore::{Alias, Entry, KeyStore, StoreFormat};
pub use limits::Limits;
pub use pkcs8::PrivateKey;
pub use secret::Password;
pub use x509::Certificate;
