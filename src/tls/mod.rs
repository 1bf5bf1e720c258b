//! Stores as rustls configurations; reading a server's chain off the wire.

mod client_path;
mod client_verifier;
pub mod config;
mod signature;
