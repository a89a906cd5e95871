//! Typed service contracts: proxies and hosts over every duplex transport.
//!
//! The `contract` attribute on a trait makes a client and a host of it. Where a transport's wire
//! carries typed calls itself (WCF, ..) they are that wire's own; everywhere else they travel as
//! messages, encoded as MessagePack. Programs use all of this through the `samebox` crate.

#![forbid(unsafe_code)]

mod channel;
mod fault;
mod host;
mod message;

pub use channel::Channel;
pub use fault::{CallError, Fault, NoDetail};
pub use host::{Host, PerCall, Serving};
pub use samebox_core::typed::{
    AnswerPart, Caller, Dispatch, Failure, FaultCode, Hosted, Instances, Invocation, Invoke,
    NamedAnswer, NamedCall, Origin, ReadAnswer, Respond, Typed, WriteParts,
};
