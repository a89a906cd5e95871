use samebox_core::typed::{Dispatch, Invoke};
use samebox_core::{Deadline, DynTransport, Endpoint, ErrorKind, Operation, Result};
use samebox_data::Contract;
use std::sync::Arc;

/// Connects to a service whose calls travel as messages.
pub(crate) fn connect(
    _transport: &dyn DynTransport,
    endpoint: &Endpoint,
    _contract: &'static Contract,
    _callbacks: Option<Arc<dyn Dispatch>>,
    _deadline: Deadline,
) -> Result<Arc<dyn Invoke>> {
    let why = "it carries no typed calls";
    Err(endpoint.error(ErrorKind::Unsupported, Operation::Connect, why))
}
