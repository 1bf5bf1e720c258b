//! PEM and DER in and out: many objects per file, the mess of real files, and the right name for what is
//! something else.
