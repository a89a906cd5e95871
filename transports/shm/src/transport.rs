use crate::options::Options;
use crate::{CAPABILITIES, INFO, Shm, ShmInbox, ShmOutbox, either, system};
use samebox_core::{Capabilities, Deadline, Endpoint, Info, Result, Transport};
use samebox_stream::{NamedConnector, NamedListener};

impl Transport for Shm {
    type Inbox = either::AnyInbox;
    type Outbox = either::AnyOutbox;

    fn info(&self) -> &'static Info {
        &INFO
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<Self::Inbox> {
        either::bind(endpoint, || bind_rings(endpoint))
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Self::Outbox> {
        either::connect(endpoint, deadline, || connect_rings(endpoint, deadline))
    }
}

fn bind_rings(endpoint: &Endpoint) -> Result<ShmInbox> {
    let options = Options::read(endpoint)?;
    let place = system::place(endpoint, &options.allow)?;
    let listener = NamedListener::bind(endpoint, &place, &options.allow)?;
    ShmInbox::new(endpoint, options, listener)
}

fn connect_rings(endpoint: &Endpoint, deadline: Deadline) -> Result<ShmOutbox> {
    let options = Options::read(endpoint)?;
    let place = system::place(endpoint, &options.allow)?;
    let connector = NamedConnector::new(endpoint, place, &options.allow);
    ShmOutbox::connect(endpoint, options, connector, deadline)
}
