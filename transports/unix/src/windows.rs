//! The Windows half: none, as Windows' own Unix sockets lack what makes them worth having.

use crate::{INFO, Unix};
use samebox_core::{Capabilities, Deadline, Endpoint, Info, Missing, Operation, Result, Transport};
use samebox_stream::CAPABILITIES;

/// What to use instead.
const INSTEAD: &str = "pipe:NAME";

impl Transport for Unix {
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
