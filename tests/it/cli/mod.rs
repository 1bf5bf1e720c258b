//! The program, as a person or a script sees it.

mod apm;
mod audit;
mod bad_input;
mod bounds;
mod bundle;
mod check;
mod convert;
mod faults;
mod flags;
mod import;
mod keytool;
mod list;
mod manage;
