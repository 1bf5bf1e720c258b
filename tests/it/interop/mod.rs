//! Real JDKs and other readers: what a claim of compatibility is.

mod apm_agents;
mod apm_forms;
mod bouncy_castle;
mod flags;
mod keytool;
mod readability;
mod readers;
mod secret_keys;
mod tls;
