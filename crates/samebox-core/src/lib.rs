//! The contract that every samebox transport keeps.
//!
//! This crate moves no bytes. It says what an [`Endpoint`] is, what a [`Message`] carries, what a
//! [`Transport`] must do, what its [`Capabilities`] promise and how an [`Error`] reads. Programs use
//! the `samebox` crate, which re-exports what they need.

#![forbid(unsafe_code)]

mod address;
mod allow;
mod backoff;
mod capabilities;
mod deadline;
mod endpoint;
mod error;
mod mailbox;
mod message;
mod missing;
mod peer;
mod report;
mod settings;
mod stopper;
mod transport;
pub mod typed;

pub use allow::{Allow, Principal};
pub use backoff::Backoff;
pub use bytes::{Buf, Bytes};
pub use capabilities::{
    Acceptance, Access, Capabilities, Durability, FanOut, Identity, Loss, Ordering, Overflow,
    Property,
};
pub use deadline::Deadline;
pub use endpoint::{Endpoint, nearest};
pub use error::{Error, ErrorKind, Operation, Result};
pub use mailbox::{Mailbox, Refused};
pub use message::{Answer, Chunk, Message, Outgoing, Properties, Receipt};
pub use missing::Missing;
pub use peer::{Peer, User};
pub use report::{Counters, Faults};
pub use settings::{ALLOW, CAPACITY, DEFAULT_MAX, FRAMING, MAX, OVERFLOW, STALL, Setting, WAIT};
pub use stopper::Stopper;
pub use transport::{
    Bytewise, Call, CallId, DynTransport, Inbox, Info, Lend, Look, Outbox, Transport,
};
