//! The `keyjar` program: arguments in, one library call, words and an exit code out.
fn main() {}
