//! Messages between processes on one machine, every mechanism behind one contract.
//!
//! A client sends, a server receives, and the endpoint's scheme picks the mechanism: named pipe, Unix
//! socket, TCP, UDP, shared memory, locked file. Switching is a change of one string.
//!
//! ```
//! use samebox::{bind, connect};
//!
//! # let endpoint = format!("pipe:orders-{}", std::process::id());
//! # let endpoint = endpoint.as_str();
//! # /*
//! let endpoint = "pipe:orders";
//! # */
//! let server = bind(endpoint)?; // this user only, unless told otherwise
//! let running = server.start(|message| println!("{}", message.text().unwrap_or("<binary>")))?;
//!
//! let mut client = connect(endpoint)?;
//! client.send("Hello, World!")?;
//!
//! running.stop()?; // dropping it stops it too
//! # Ok::<(), samebox::Error>(())
//! ```
//!
//! Questions have answers where the transport is duplex:
//!
//! ```
//! # use std::time::Duration;
//! let server = samebox::bind("inproc:sums")?;
//! let running = server.start(|mut message| {
//!     let doubled = format!("{0}{0}", message.text().unwrap_or(""));
//!     message.reply(doubled).expect("the caller is there");
//! })?;
//!
//! let mut client = samebox::connect("inproc:sums")?;
//! let answer = client.call("ab", Duration::from_secs(5))?;
//! assert_eq!(&answer[..], b"abab");
//! # running.stop()?;
//! # Ok::<(), samebox::Error>(())
//! ```

#![forbid(unsafe_code)]

mod client;
#[cfg(feature = "contract")]
pub mod contract;
mod loan;
mod look;
mod server;
mod transports;

pub use client::{Client, connect, connect_by};
#[cfg(feature = "contract")]
pub use contract::{CallError, Fault, Host, Serving, serve};
pub use loan::Loan;
pub use look::Looked;
#[cfg(feature = "contract")]
pub use samebox_contract_macros::{Data, contract};
pub use samebox_core::{
    Acceptance, Access, Bytes, Bytewise, CallId, Capabilities, Counters, DEFAULT_MAX, Deadline,
    Durability, Endpoint, Error, ErrorKind, FanOut, Identity, Info, Loss, MAX, Message, Operation,
    Ordering, Overflow, Peer, Properties, Property, Result, Setting, Stopper, User,
};
#[cfg(feature = "contract")]
pub use samebox_data as data;
#[cfg(feature = "object")]
pub use samebox_object::install as object;
pub use server::{Running, Server, bind};
pub use transports::{TRANSPORTS, transport};
