//! The one integration test binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::print_stderr,
    unreachable_pub,
    missing_docs,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod cli;
mod explain;
mod formats;
mod interop;
mod issuing;
mod jvms;
mod layers;
mod secrets;
mod server;
mod support;
mod trust;
mod wire;
