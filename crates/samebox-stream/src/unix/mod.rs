//! The Unix half: sockets on both sides, names in the file system, and who may connect.

mod access;
mod duplex;
mod named;
mod socket;
pub(crate) mod tcp;

pub use duplex::DuplexSocket;
pub use named::{NamedConnector, NamedListener, Place};
pub use socket::{ChannelSocket, StreamSocket};
