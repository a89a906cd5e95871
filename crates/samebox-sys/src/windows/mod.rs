//! The Windows half.

pub mod account;
pub mod barrier;
#[cfg(feature = "com")]
pub mod com;
pub mod datagram;
pub mod event;
pub mod mapping;
pub mod mutex;
pub mod named_memory;
pub mod pipe;
pub mod processor;
pub mod random;
#[cfg(feature = "com")]
pub mod registry;
pub mod runtime;
pub mod security;
pub mod socket;
mod text;
#[cfg(feature = "window")]
pub mod window;
