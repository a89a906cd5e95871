//! What typed service contracts are made of; see [`contract`](macro@crate::contract).

use crate::client::waiting;
use crate::transports::transport;
use samebox_core::{Deadline, Endpoint, Result};
use samebox_data::Contract;
use std::sync::Arc;

pub use samebox_contract::*;

/// Offers a service at `endpoint`, for this user only unless its setting `allow` names others.
///
/// # Errors
/// As [`bind`](crate::bind); `Unsupported` when the transport cannot carry typed calls.
pub fn serve(endpoint: &str, host: Host) -> Result<Serving> {
    let endpoint: Endpoint = endpoint.parse()?;
    host.bind(transport(&endpoint)?, &endpoint)
}

/// Connects to a service; what generated clients call.
///
/// Without a deadline it waits for the server as long as the endpoint's setting `wait` says.
///
/// # Errors
/// As [`connect`](crate::connect); `Mismatch` when the service has another version of the contract,
/// `Unsupported` when the transport cannot carry typed calls.
pub fn connect(
    endpoint: &str,
    contract: &'static Contract,
    callbacks: Option<Arc<dyn Dispatch>>,
    deadline: Option<Deadline>,
) -> Result<Channel> {
    let endpoint: Endpoint = endpoint.parse()?;
    let deadline = deadline.map_or_else(|| waiting(&endpoint), Ok)?;
    Channel::connect(transport(&endpoint)?, &endpoint, contract, callbacks, deadline)
}
