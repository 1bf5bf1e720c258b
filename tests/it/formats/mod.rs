//! Formats, against what others made.

mod bouncy_castle;
mod corpus;
mod keys;
mod pem_corpus;
mod pkcs12;
mod pkcs12_corpus;
mod properties;
mod raw_corpus;
mod regressions;
