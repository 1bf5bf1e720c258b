//! The test server: as a library, as a program, with real clients, and under load.

mod client;
mod clients_trust;
mod library;
mod program;
