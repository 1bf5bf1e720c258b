//! What is done with stores: pure functions on the model. They report as values and never print; reading the
//! inputs is the one thing here that touches files.

mod bundle;
mod import;
mod inputs;

pub use bundle::{Bundle, BundleError, bundle};
pub use import::{Added, ImportError, ImportOptions, ImportReport, Oddity, import_certificates};
pub use inputs::{InputsError, SourcedCertificate, read_input};
