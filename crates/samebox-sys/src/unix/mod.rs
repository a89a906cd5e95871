//! The Unix half.

pub mod account;
pub mod datagram;
pub mod few;
pub mod name;
pub mod processor;
pub mod runtime;
pub mod socket;
