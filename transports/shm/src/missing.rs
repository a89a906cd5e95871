//! Where the system has no memory that a peer can be kept from writing.

use crate::{CAPABILITIES, INFO, Shm};
use samebox_core::{Capabilities, Deadline, Endpoint, Info, Missing, Operation, Result, Transport};

/// What to use instead.
const INSTEAD: &str = "pipe:NAME";

impl Transport for Shm {
    type Inbox = Missing;
    type Outbox = Missing;

    fn info(&self) -> &'static Info {
        &INFO
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<Missing> {
        Missing::refuse(endpoint, Operation::Bind, INSTEAD)
    }

    fn connect(&self, endpoint: &Endpoint, _: Deadline) -> Result<Missing> {
        Missing::refuse(endpoint, Operation::Connect, INSTEAD)
    }
}
