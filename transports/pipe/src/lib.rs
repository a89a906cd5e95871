//! samebox over named pipes, as .NET has them on each system.

#![forbid(unsafe_code)]

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::Pipe;
#[cfg(windows)]
pub use windows::Pipe;
