//! The Unix half.

pub mod account;
#[cfg(target_os = "linux")]
pub mod barrier;
pub mod datagram;
#[cfg(target_os = "linux")]
pub mod descriptor;
pub mod few;
#[cfg(target_os = "linux")]
pub mod futex;
#[cfg(target_os = "linux")]
pub mod mapping;
pub mod name;
pub mod processor;
pub mod runtime;
pub mod socket;
