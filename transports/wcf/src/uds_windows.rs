//! The Windows half of `net.uds`: none, as Windows' own Unix sockets do not say who is at the other end.

use crate::client::Target;
use crate::server::Place;
use crate::settings::Options;
use samebox_core::{Endpoint, Missing, Operation, Result};

/// What to use instead.
const INSTEAD: &str = "net.pipe://localhost/NAME";

/// What `net.pipe` runs over here.
pub(crate) const PIPE_MECHANISM: &str = "WCF over a named pipe";

/// Where a service is offered: nowhere.
pub(crate) fn place(endpoint: &Endpoint, _: &Options) -> Result<Place> {
    Missing::refuse(endpoint, Operation::Bind, INSTEAD)
}

/// Where a client finds the service: nowhere.
pub(crate) fn target(endpoint: &Endpoint, _: &Options) -> Result<Target> {
    Missing::refuse(endpoint, Operation::Connect, INSTEAD)
}
