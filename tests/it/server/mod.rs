//! The test server: as a library, as a program, with real clients, and under load.

mod agents;
mod browser;
mod client;
mod clients_trust;
mod endurance;
mod java;
mod library;
mod program;
