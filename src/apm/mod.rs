//! The TLS settings of Elastic's APM Server and of its agents, for given certificates.
//!
//! Every agent has its own options: some pin the server's certificate, some take the authority that signed it, Java
//! has neither and uses the JVM's stores, PHP has nothing. [`Agent`] tells which; [`Settings`] picks the right file
//! for the right option; [`examine`] says what would fail with it; [`render()`] writes it down in the agent's form.
//!
//! ```
//! use keyjar::apm::{Agent, CertificateFile, Form, Settings, Trust, render};
//! use keyjar::Certificate;
//!
//! let ca = Certificate::from_pem(include_bytes!("../../testdata/apm/ca.crt"))?;
//! let ca = CertificateFile::new("/etc/apm/ca.crt", vec![ca]);
//! let trust = Trust { roots: Some(&ca), ..Trust::default() };
//! let settings = Settings::new(Agent::Python, &trust)?;
//! assert_eq!(
//!     render(&settings, Form::Env)?[0].expose_text(),
//!     "ELASTIC_APM_SERVER_CA_CERT_FILE=/etc/apm/ca.crt\n",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agent;
mod certificates;
mod error;
mod examine;
mod examine_server;
mod form;
mod kubernetes;
mod quote;
mod render;
mod server;
mod settings;
mod url;

pub use agent::{Agent, AgentOption, Purpose};
pub use error::ApmError;
pub use examine::{Finding, Severity, examine};
pub use examine_server::ServerInputs;
pub use form::Form;
pub use kubernetes::{Attachment, MOUNT_PATH, kubernetes};
pub use render::{File, render};
pub use server::{ClientAuthentication, KeyForm, Passphrase, ServerForm, ServerSettings};
pub use settings::{CertificateFile, Means, Setting, Settings, Trust, Value};
pub use url::{Host, ServerUrl};
