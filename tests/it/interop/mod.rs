//! Real JDKs and other readers: what a claim of compatibility is.

mod flags;
mod keytool;
mod readability;
mod readers;
mod secret_keys;
pub mod tls;
