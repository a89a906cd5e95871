//! The Windows half: a message is a `WM_COPYDATA` to the window of a title.
//!
//! A server has a window on a thread of its own, which copies each message into a bounded mailbox and
//! answers. A client finds the window by its title, looks whose it is, and sends; the answer is there
//! when the message is in the mailbox. Windows itself carries the bytes, so any program that sends or
//! takes `WM_COPYDATA` can be the other side.

mod answer;
mod broadcast;
mod claim;
mod inbox;
mod options;
mod outbox;
mod target;
mod text;

pub use inbox::WindowInbox;
pub use outbox::WindowOutbox;

use options::{BROADCAST, CLASS, CONFIRM, DWDATA, ENCODING, HANDLE, KIND, LARGEST, MAX_WINDOW};
use options::{Options, REJECTABLE};
use samebox_core::{
    Acceptance, Access, CAPACITY, Capabilities, Deadline, Durability, Endpoint, FanOut, Identity,
    Info, Loss, Ordering, Overflow, Result, WAIT,
};

pub(crate) const INFO: Info = Info {
    scheme: "window",
    mechanism: "WM_COPYDATA to a window",
    names: "a window's title, 1 to 100 characters; a client's `*` is every window of `class`",
    example: "window:IpcTest",
    settings: &[
        MAX_WINDOW, WAIT, CAPACITY, REJECTABLE, CLASS, KIND, DWDATA, ENCODING, HANDLE, CONFIRM,
        BROADCAST,
    ],
};

pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    ordering: Ordering::PerClient,
    acceptance: Acceptance::Buffered,
    durability: Durability::None,
    loss: Loss::Never,
    fan_out: FanOut::One,
    // The sender's window is the sender's word, and nothing else tells who it is.
    identity: Identity::None,
    access: Access::ThisUser,
    overflow: OVERFLOW,
    properties: &[],
    largest: LARGEST,
    duplex: false,
    faults: false,
    cross_host: false,
    loan: false,
};

/// The first is the default.
const OVERFLOW: &[Overflow] = &[Overflow::Block, Overflow::Reject];

/// Becomes the server of a title.
pub(crate) fn bind(endpoint: &Endpoint) -> Result<WindowInbox> {
    WindowInbox::bind(endpoint, Options::of(endpoint)?)
}

/// Becomes a client of the window of a title.
pub(crate) fn connect(endpoint: &Endpoint, deadline: Deadline) -> Result<WindowOutbox> {
    WindowOutbox::connect(endpoint, Options::of(endpoint)?, deadline)
}
