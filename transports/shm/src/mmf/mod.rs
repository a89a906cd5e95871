//! `layout=mmf`: one slot of named memory and an event, as .NET programs use them.
//!
//! Such a program makes `MemoryMappedFile.CreateOrOpen(NAME + "File", 1024)` and an auto-reset
//! `EventWaitHandle` called NAME. Who sends puts a text at the start of the memory and sets the event;
//! who is woken reads up to the first zero byte.
//!
//! ```text
//! byte of NAMEFile   0                length         capacity
//!                    | text           | zeros        |
//! ```
//!
//! Nothing in that keeps a sender from writing over a text that nobody has read yet. Between two
//! programs of samebox it cannot happen: the receiver fills what it has read with zeros, and a sender
//! waits for a slot that starts with one. A sender writes over what a foreign program has left only when
//! somebody has been woken for it and has had [`SETTLED`] to read it.

mod inbox;
mod objects;
mod options;
mod outbox;
mod slot;

pub use inbox::MmfInbox;
pub use outbox::MmfOutbox;

use options::Options;
use samebox_core::{Deadline, Endpoint, Result};
use std::time::Duration;

/// How long a program that does not clear the slot gets to read it once it is woken.
const SETTLED: Duration = Duration::from_millis(50);

/// Becomes the receiver.
pub(crate) fn bind(endpoint: &Endpoint) -> Result<MmfInbox> {
    MmfInbox::bind(endpoint, Options::of(endpoint)?)
}

/// Becomes a sender, waiting for a receiver until `deadline`.
pub(crate) fn connect(endpoint: &Endpoint, deadline: Deadline) -> Result<MmfOutbox> {
    MmfOutbox::connect(endpoint, Options::of(endpoint)?, deadline)
}
