//! The program, as a person or a script sees it.

mod bad_input;
mod bundle;
mod flags;
mod import;
mod list;
mod manage;
