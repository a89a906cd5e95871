//! SOAP 1.2 envelopes with WS-Addressing 1.0 headers, and their faults.
//!
//! | message | headers that [`Outgoing`] writes, in this order |
//! |---|---|
//! | one-way | Action, To |
//! | request | Action, MessageID, ReplyTo, To |
//! | reply, fault | Action, RelatesTo, To = anonymous |
//! | callback | Action, To = anonymous |
//! | callback that is answered | Action, MessageID, ReplyTo = the server, To = anonymous |
//! | answer to a callback | Action, RelatesTo, To = the server |
//!
//! [`Incoming`] takes them in any order, with others among them and with any of them missing.

mod action;
mod fault;
mod id;
mod incoming;
mod outgoing;

pub use action::{DEFAULT_NAMESPACE, action, fault_action, reply_action};
pub use fault::{
    ACTION_ADDRESSING_FAULT, ACTION_DISPATCHER_FAULT, ACTION_FAULT, Code, DISPATCHER, Fault, QName,
};
pub use id::Id;
pub use incoming::Incoming;
pub use outgoing::Outgoing;

/// The namespace of SOAP 1.2.
pub const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
/// The namespace of WS-Addressing 1.0.
pub const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
/// The address of who is at the other end of the connection.
pub const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";
