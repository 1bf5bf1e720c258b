//! Issuing: certificate authorities, certificates, requests (RFC 5280, RFC 2986).
//!
//! What is issued is what strict verifiers take (OpenSSL's `-x509_strict`, which Python 3.13 turns on, Go,
//! Java, Node.js): version 3, a positive serial number of at most 20 octets, subject and authority key
//! identifiers, critical basicConstraints and keyUsage on authorities, keyUsage, extendedKeyUsage and
//! subjectAltName on leaves.
//!
//! ```
//! use keyjar::pki::{CertificateAuthority, Dates, KeyType, Template};
//!
//! let now = keyjar::clock::now();
//! let ca = CertificateAuthority::generate(
//!     &Template::authority("CN=Example CA".parse()?, Dates::days(now, 3650)?),
//!     KeyType::EcP256,
//! )?;
//! let key = KeyType::EcP256.generate()?;
//! let template = Template::server("localhost", Dates::days(now, 365)?)?;
//! let server = ca.issue(&template, &key)?;
//! assert_eq!(server.issuer().to_string(), "CN=Example CA");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Certificates are put together by x509-cert's builder: rcgen's names hold each attribute type once, so that
//! it can say neither `DC=example,DC=com` nor an existing authority's name to the octet.

mod alt_name;
mod authority;
mod dates;
mod error;
mod instances;
mod key_type;
mod lint;
mod name;
mod request;
mod signer;
mod template;

pub use alt_name::AltName;
pub use authority::{CertificateAuthority, path_len, self_signed};
pub use dates::Dates;
pub use error::{NameError, PkiError};
pub use instances::{Instance, InstanceFormat, InstancesError};
pub use key_type::KeyType;
pub use lint::{Objection, Role, lint};
pub use name::DistinguishedName;
pub use request::CertificateRequest;
pub use template::{Purpose, Style, Template};
