use samebox_core::typed::{Hosted, Instances};
use samebox_core::{DynTransport, Endpoint, ErrorKind, Operation, Result};
use samebox_data::Contract;
use std::sync::Arc;

/// Offers a service whose calls travel as messages.
pub(crate) fn bind(
    _transport: &dyn DynTransport,
    endpoint: &Endpoint,
    _contract: &'static Contract,
    _instances: Arc<dyn Instances>,
    _threads: usize,
) -> Result<Box<dyn Hosted>> {
    let why = "it carries no typed calls";
    Err(endpoint.error(ErrorKind::Unsupported, Operation::Bind, why))
}
