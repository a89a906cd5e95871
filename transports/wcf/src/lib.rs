//! WCF endpoints: `net.tcp`, `net.uds` and `net.pipe`.
//!
//! Clients and services of .NET, CoreWCF and Mono are at the other end: binary SOAP over a stream, in
//! sessions, without security of the wire's own. A session has a thread at each side; `session` says
//! how threads share the reading.

#![forbid(unsafe_code)]

mod address;
mod calls;
mod client;
mod faults;
mod pipe;
mod pipe_name;
mod plain;
mod server;
mod session;
mod settings;
mod tcp;
mod transport;
mod typed;

#[cfg(unix)]
mod pipe_socket;
#[cfg(unix)]
mod uds_unix;
#[cfg(windows)]
mod uds_windows;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use uds_unix as uds;
#[cfg(windows)]
use uds_windows as uds;

pub use pipe_name::{PipeName, Scope};
#[cfg(unix)]
pub use pipe_socket::{PipeDialler, PipeDoor, open_pipe};
pub use plain::{WcfInbox, WcfOutbox};
pub use transport::{NetPipe, NetTcp, NetUds};
#[cfg(windows)]
pub use windows::{PipeDialler, PipeDoor, open_pipe};
