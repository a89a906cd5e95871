//! The Unix half: an object on D-Bus.

mod bus;
mod client;
mod driver;
pub(crate) mod install;
mod introspect;
mod link;
mod names;
mod own_runtime;
mod plain;
mod polling;
mod server;
mod settings;
pub(crate) mod typed;
mod value;

use samebox_core::{
    Acceptance, Access, Capabilities, Deadline, Durability, Endpoint, FanOut, Identity, Info, Loss,
    Ordering, Overflow, Result,
};

pub use plain::{ObjectInbox, ObjectOutbox};

pub(crate) const INFO: Info = Info {
    scheme: "object",
    mechanism: "D-Bus object",
    names: "1 to 100 of A-Z a-z 0-9 . _ -",
    example: "object:org.example.Orders",
    settings: settings::SETTINGS,
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
    largest: settings::LARGEST,
    duplex: true,
    faults: true,
    cross_host: false,
    loan: false,
};

pub(crate) fn bind(endpoint: &Endpoint) -> Result<ObjectInbox> {
    ObjectInbox::bind(endpoint)
}

pub(crate) fn connect(endpoint: &Endpoint, deadline: Deadline) -> Result<ObjectOutbox> {
    ObjectOutbox::connect(endpoint, deadline)
}
