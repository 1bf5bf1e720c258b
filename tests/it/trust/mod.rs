//! The trust decision, held against what the JDKs say.

mod cases;
mod constraints;
mod differential;
mod forge;
mod handshakes;
mod hosts;
mod limits;
mod live;
mod policies;
mod random;
mod signatures;
mod stores;
