//! What is done with stores: pure functions on the model. They report as values and never print; reading the
//! inputs is the one thing here that touches files.

mod audit;
mod bundle;
mod convert;
mod diff;
mod import;
mod inputs;

pub use audit::{AuditOptions, Finding, FindingKind, audit};
pub use bundle::{Bundle, BundleError, bundle};
pub use convert::{Conversion, ConvertError, ConvertOptions, Target, convert, encrypt_key};
pub use diff::{Difference, Opened, diff};
pub use import::{Added, ImportError, ImportOptions, ImportReport, Oddity, import_certificates};
pub use inputs::{InputsError, SourcedCertificate, read_input};
