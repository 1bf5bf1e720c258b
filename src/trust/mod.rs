//! Java's trust decision: what a given JDK would say of a server's or a client's certificates, in that JDK's words,
//! why, and what mends it.
//!
//! Bytes in, verdict out: nothing here opens a file, a socket or the clock. The rules are those of
//! `sun.security.ssl.X509TrustManagerImpl` with the PKIX validator (`sun.security.validator.PKIXValidator`,
//! `sun.security.provider.certpath`) and `SunX509` key managers, measured on JDK 8 to 28.
//!
//! ```
//! use keyjar::trust::{Anchors, Decision, Jdk, Validation};
//! use keyjar::Certificate;
//!
//! let server = Certificate::from_pem(include_bytes!("../../testdata/apm/apm-server.crt"))?;
//! let ca = Certificate::from_pem(include_bytes!("../../testdata/apm/ca.crt"))?;
//! let jdk = Jdk::new(21)?;
//! let at = "2026-11-25T00:00:00Z".parse()?;
//! let verdict = Validation::new(&jdk, &Anchors::default(), at).check_server(&[server]);
//! assert_eq!(verdict.decision, Decision::Refused);
//! assert!(verdict.exception.unwrap().message.ends_with("the trustAnchors parameter must be non-empty"));
//! # let _ = ca;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod anchors;
mod builder;
mod certificate;
mod checkers;
mod constraints;
mod decide;
mod diagnosis;
mod end_entity;
mod general_name;
mod host_name;
mod jdk;
mod key_manager;
mod name_constraints;
mod path;
mod policy;
mod refusal;
mod security_properties;
mod signature;
mod store;
mod store_content;
mod uri;
mod verdict;
mod work;

pub use anchors::Anchors;
pub use constraints::ConstraintsError;
pub use decide::Validation;
pub use jdk::{DEFAULT_JDK, JDKS, Jdk, JdkError};
pub use key_manager::{KeyChoice, KeyRequest, PassedOver, choose_client_key};
pub use security_properties::SecurityProperties;
pub use store::{Loading, StoreFailure, StoreFile, StoreOptions, load_keystore, load_truststore};
pub use verdict::{Alert, Check, Decision, JavaException, Verdict};
