//! Formats, against what others made.

mod corpus;
