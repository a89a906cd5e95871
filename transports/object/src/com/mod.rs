//! COM object

mod clsid;
mod command_line;
pub(crate) mod install;
mod library;
mod registration;

use samebox_core::{
    Acceptance, Access, Capabilities, Deadline, Durability, Endpoint, FanOut, Identity, Info, Loss,
    MAX, Missing, Operation, Ordering, Overflow, Result, WAIT,
};

pub type ObjectInbox = Missing;
pub type ObjectOutbox = Missing;

pub(crate) const INFO: Info = Info {
    scheme: "object",
    mechanism: "COM object",
    names: "1 to 100 of A-Z a-z 0-9 . _ -",
    example: "object:IpcTest.IpcClientServer",
    settings: &[clsid::CLSID, MAX, WAIT],
};

pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    ordering: Ordering::PerClient,
    acceptance: Acceptance::Buffered,
    durability: Durability::None,
    loss: Loss::Never,
    fan_out: FanOut::One,
    identity: Identity::None,
    access: Access::ThisUser,
    overflow: &[Overflow::Block],
    properties: &[],
    largest: 1 << 20,
    duplex: false,
    faults: false,
    cross_host: false,
    loan: false,
};

pub(crate) fn bind(endpoint: &Endpoint) -> Result<Missing> {
    Missing::refuse(endpoint, Operation::Bind, "pipe:NAME")
}

pub(crate) fn connect(endpoint: &Endpoint, _: Deadline) -> Result<Missing> {
    Missing::refuse(endpoint, Operation::Connect, "pipe:NAME")
}
