//! Real JDKs and other readers: what a claim of compatibility is.

mod keytool;
mod readers;
