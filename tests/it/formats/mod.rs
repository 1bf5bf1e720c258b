//! Formats, against what others made.

mod corpus;
mod keys;
mod pkcs12;
mod pkcs12_corpus;
