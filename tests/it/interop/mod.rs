//! Real JDKs and other readers: what a claim of compatibility is.

mod apm_agents;
mod apm_forms;
mod bouncy_castle;
mod flags;
mod forms;
mod keytool;
mod keytool_shim;
mod readability;
mod readers;
mod secret_keys;
pub mod tls;
