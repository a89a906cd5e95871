//! Typed calls as COM knows them.

use samebox_core::typed::{Dispatch, Hosted, Instances, Invoke, NamedAnswer, NamedCall};
use samebox_core::{Deadline, Endpoint, Missing, Operation, Result};
use samebox_data::Contract;
use std::sync::Arc;

pub(crate) fn connect(
    endpoint: &Endpoint,
    _: &Contract,
    _: Option<Arc<dyn Dispatch>>,
    _: Deadline,
) -> Result<Arc<dyn Invoke>> {
    Missing::refuse(endpoint, Operation::Connect, "pipe:NAME")
}

pub(crate) fn host(
    endpoint: &Endpoint,
    _: &Contract,
    _: Arc<dyn Instances>,
) -> Result<Box<dyn Hosted>> {
    Missing::refuse(endpoint, Operation::Bind, "pipe:NAME")
}

pub(crate) fn call_by_name(endpoint: &Endpoint, _: &NamedCall, _: Deadline) -> Result<NamedAnswer> {
    Missing::refuse(endpoint, Operation::Call, "net.tcp:")
}
