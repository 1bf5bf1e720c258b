//! Stores as rustls configurations, and TLS on the wire: reading the chain that a server presents, without trusting it.
//!
//! ```no_run
//! use keyjar::tls::{Fetch, StartTls, Target};
//!
//! let fetched = Fetch::new(Target::parse("imap.example.com:143")?)
//!     .starttls(StartTls::Imap)
//!     .run()?;
//! for certificate in &fetched.certificates {
//!     println!("{} {:#}", certificate.subject(), certificate.sha256());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alert;
mod client_path;
mod client_verifier;
pub mod config;
mod error;
mod fetch;
mod flight;
mod greeting;
mod handshake;
mod hello;
mod presented;
mod proxy;
mod signature;
mod starttls;
mod target;
mod wire;

pub use alert::Alert;
pub use error::{FetchError, TargetError};
pub use fetch::{CertificateRequest, CipherSuite, Fetch, FetchedChain, ProtocolVersion};
pub use greeting::Speaker;
pub use presented::{Presented, PresentedFinding, Role};
pub use proxy::{NoProxy, Proxy};
pub use starttls::StartTls;
pub use target::Target;
