//! The Windows half.

pub mod account;
pub mod datagram;
pub mod pipe;
pub mod runtime;
pub mod security;
pub mod socket;
mod text;
