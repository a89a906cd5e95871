//! COM: a local server with one object, and clients that find it by its name.

mod answer;
mod class;
mod clsid;
mod command_line;
mod finding;
mod inbox;
pub(crate) mod install;
mod lane;
mod library;
mod options;
mod outbox;
mod payload;
mod post;
mod registration;
mod trouble;
pub(crate) mod typed;
mod value;
mod workers;

pub use inbox::ObjectInbox;
pub use outbox::ObjectOutbox;

use options::{ENCODING, LARGEST, Options};
use samebox_core::{
    Acceptance, Access, CAPACITY, Capabilities, Deadline, Durability, Endpoint, FanOut, Identity,
    Info, Loss, MAX, Ordering, Overflow, Result, WAIT,
};

pub(crate) const INFO: Info = Info {
    scheme: "object",
    mechanism: "COM object",
    names: "1 to 100 of A-Z a-z 0-9 . _ -, the first a letter",
    example: "object:IpcTest.IpcClientServer",
    settings: &[CAPACITY, clsid::CLSID, ENCODING, MAX, typed::OPERATION, WAIT],
};

pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    ordering: Ordering::PerClient,
    acceptance: Acceptance::Buffered,
    durability: Durability::None,
    loss: Loss::Never,
    fan_out: FanOut::One,
    identity: Identity::UserAndProcess,
    access: Access::ThisUser,
    overflow: &[Overflow::Block],
    properties: &[],
    largest: LARGEST,
    duplex: true,
    faults: true,
    cross_host: false,
    loan: false,
};

pub(crate) fn bind(endpoint: &Endpoint) -> Result<ObjectInbox> {
    ObjectInbox::bind(endpoint, Options::of(endpoint)?)
}

pub(crate) fn connect(endpoint: &Endpoint, deadline: Deadline) -> Result<ObjectOutbox> {
    ObjectOutbox::connect(endpoint, Options::of(endpoint)?, deadline)
}
