//! Certificates: a view over their DER, which stays the truth (RFC 5280).
//!
//! Nothing is decoded before it is asked for, and what is odd does not stand in the way of what is asked:
//! a certificate whose extensions are malformed still has a subject. Whether Java takes a certificate is a
//! question of its own, [`Certificate::java_readability`].

mod algorithm;
mod certificate;
mod extension;
mod fingerprint;
mod input;
mod java;
mod java_name;
mod key_info;
mod name;
mod oid;
#[cfg(feature = "trust")]
mod parts;
mod pkcs7;
mod time;

#[cfg(feature = "pki")]
pub(crate) use algorithm::signature_name;
pub use certificate::Certificate;
pub use extension::{Extension, Extensions, KeyPurpose, KeyUsage, SubjectAltName};
pub use fingerprint::Fingerprint;
pub use input::{CertificateInput, InputError, read_certificates};
pub use java::Unreadable;
pub use key_info::PublicKeyInfo;
pub use name::Name;
pub use oid::Oid;
#[cfg(feature = "trust")]
pub(crate) use parts::spki_parts;
pub use pkcs7::encode_pkcs7;
pub use time::Validity;
pub(crate) use time::read as read_time;
