//! The `-Djavax.net.ssl.*` options in every rendering and quoting.
