//! Typed calls over transports that carry messages only.

mod client;
mod server;

pub(crate) use client::connect;
pub(crate) use server::bind;
