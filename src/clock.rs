//! The one place that asks the system for the time.
//!
//! Everything that depends on "now" (validity checks, creation dates) takes an instant as a parameter;
//! the program reads it here once.

use jiff::Timestamp;

/// The current instant.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::now()
}
