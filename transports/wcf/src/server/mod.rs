//! The server's side: one thread per door lets clients in, and each client has a thread of its own.

mod connection;
mod entrance;
mod opening;
mod port;
mod registry;
mod service;

pub(crate) use connection::Opened;
pub(crate) use entrance::entrance;
pub(crate) use registry::{Made, Offer, Place, offer};
pub(crate) use service::{Begin, settled};
