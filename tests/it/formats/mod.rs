//! Formats, against what others made.

mod corpus;
mod pkcs12;
mod pkcs12_corpus;
