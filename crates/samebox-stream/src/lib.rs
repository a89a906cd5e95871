//! What all byte-stream transports of samebox share.
//!
//! A transport brings a [`Listener`] that accepts [`Stream`]s and a [`Connector`] that makes
//! [`Channel`]s. This crate adds the rest: one loop that waits on readiness for all clients of a
//! server, framing, coalesced sending and receiving, answers, limits, retry and healing.

#![forbid(unsafe_code)]

mod client;
mod duplex;
mod mechanism;
mod options;
mod pool;
mod server;
mod tcp;
#[cfg(target_os = "linux")]
mod ticker_linux;
#[cfg(not(target_os = "linux"))]
mod ticker_portable;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

#[cfg(target_os = "linux")]
pub use ticker_linux::Ticker;
#[cfg(not(target_os = "linux"))]
pub use ticker_portable::Ticker;

pub use client::StreamClient;
pub use duplex::{Duplex, DuplexConnector, DuplexListener};
pub use mechanism::{Accepted, Channel, Connector, FEW, Few, Listener, Ready, Stream};
pub use options::{CAPABILITIES, Options, SETTINGS, WAIT};
pub use pool::Pool;
pub use server::{Door, Hub, StreamServer, TurnedAway};
pub use tcp::{TcpDialler, TcpDoor};

#[cfg(unix)]
pub use unix::{ChannelSocket, DuplexSocket, NamedConnector, NamedListener, Place, StreamSocket};
#[cfg(windows)]
pub use windows::{
    ChannelPipe, ChannelSocket, DuplexPipe, DuplexSocket, NamedConnector, NamedListener, Place,
    StreamPipe, StreamSocket, readable_by_clients,
};
