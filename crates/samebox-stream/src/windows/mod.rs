//! The Windows half: TCP sockets, named pipes on both sides, and who may connect.

mod access;
mod channel;
mod duplex;
mod duplex_pipe;
mod named;
mod pipe;
mod socket;
pub(crate) mod tcp;

pub use access::readable_by_clients;
pub use channel::ChannelPipe;
pub use duplex::DuplexSocket;
pub use duplex_pipe::DuplexPipe;
pub use named::{NamedConnector, NamedListener, Place};
pub use pipe::StreamPipe;
pub use socket::{ChannelSocket, StreamSocket};
