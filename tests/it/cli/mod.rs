//! The program, as a person or a script sees it.

mod audit;
mod bad_input;
mod bundle;
mod check;
mod convert;
mod flags;
mod import;
mod list;
mod manage;
