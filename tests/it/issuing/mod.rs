//! Issuing: the commands, and the verifiers that judge what they issue.

mod bad_input;
mod commands;
mod looking;
mod requests;
mod verifiers;

use std::path::Path;

use crate::support::{Said, keyjar};

/// An authority in `ca` and a server's certificate for `localhost` in `certs`.
pub fn localhost(folder: &Path) {
    keyjar(folder, &["ca", "--out", "ca"]).exits(0);
    keyjar(
        folder,
        &["cert", "--name", "localhost", "--ca", "ca", "--out", "certs"],
    )
    .exits(0);
}

/// `keyjar` with one argument a word.
pub fn words(folder: &Path, line: &str) -> Said {
    keyjar(folder, &line.split(' ').collect::<Vec<_>>())
}

/// The one JSON document of a run.
pub fn json(said: &Said) -> serde_json::Value {
    serde_json::from_str(&said.stdout).unwrap()
}
