//! X11: who owns a title, and messages that travel in properties of their senders' windows.

mod assembly;
mod claim;
mod delivery;
mod display;
mod inbox;
mod options;
mod outbox;
mod packets;
mod pending;

mod record;
mod station;
mod trouble;
mod wire;

pub use inbox::WindowInbox;
pub use outbox::WindowOutbox;

use options::{DISPLAY, Options};
use samebox_core::{
    Acceptance, Access, Capabilities, Deadline, Durability, Endpoint, FanOut, Identity, Info, Loss,
    MAX, Ordering, Overflow, Result, WAIT,
};

pub(crate) const INFO: Info = Info {
    scheme: "window",
    mechanism: "X11 window property",
    names: "a title of 1 to 100 characters, none of them a control character",
    example: "window:IpcTest",
    settings: &[MAX, WAIT, DISPLAY],
};

/// The largest `max`: what the length-framed transports can carry, so that switching is safe.
const LARGEST: usize = 1 << 30;

pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    ordering: Ordering::PerClient,
    acceptance: Acceptance::Handled,
    durability: Durability::None,
    loss: Loss::Never,
    fan_out: FanOut::One,
    identity: Identity::None,
    access: Access::ThisDisplay,
    overflow: &[Overflow::Block],
    properties: &[],
    largest: LARGEST,
    duplex: false,
    faults: false,
    // A display may be that of another machine, or be lent to one.
    cross_host: true,
    loan: false,
};

pub(crate) fn bind(endpoint: &Endpoint) -> Result<WindowInbox> {
    WindowInbox::bind(endpoint, &Options::of(endpoint)?)
}

pub(crate) fn connect(endpoint: &Endpoint, deadline: Deadline) -> Result<WindowOutbox> {
    WindowOutbox::connect(endpoint, Options::of(endpoint)?, deadline)
}
