//! The Unix half.

pub mod account;
pub mod datagram;
pub mod runtime;
