//! WCF endpoints: `net.tcp`, `net.uds` and `net.pipe`.

#![forbid(unsafe_code)]

mod pipe_name;
#[cfg(unix)]
mod pipe_socket;
#[cfg(windows)]
mod windows;

pub use pipe_name::{PipeName, Scope};
#[cfg(unix)]
pub use pipe_socket::{PipeDialler, PipeDoor, open_pipe};
#[cfg(windows)]
pub use windows::{PipeDialler, PipeDoor, open_pipe};
