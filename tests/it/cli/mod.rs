//! The program, as a person or a script sees it.

mod apm;
mod audit;
mod bad_input;
mod bundle;
mod convert;
mod faults;
mod flags;
mod import;
mod list;
mod manage;
