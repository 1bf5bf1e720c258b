//! PKCS#12, the raw layer (RFC 7292): what a file says, in its order, with nothing dropped and nothing
//! interpreted. Aliases, chains and Java's rules are the [`keystore`](crate::keystore)'s.
//!
//! A file that was read and not changed is written back byte for byte; one that was changed keeps every
//! content, bag and attribute that was not touched.

pub mod attribute;
mod authenticated_safe;
mod error;
mod mac;
mod pfx;
mod profile;
mod safe_bag;

pub use attribute::{Attribute, Attributes};
pub use authenticated_safe::SafeContents;
pub use error::Error;
pub use mac::Mac;
pub use pfx::Pfx;
pub use profile::{MacProfile, Profile};
pub(crate) use safe_bag::CERT as CERT_BAG;
pub use safe_bag::{BagValue, ClearKey, SafeBag, secret_type};
