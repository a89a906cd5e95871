use samebox::{DEFAULT_MAX, Endpoint, MAX, Result, transport};

/// The largest message that `endpoint` takes: its setting `max`, or what its mechanism can carry.
pub(crate) fn largest_message(endpoint: &Endpoint) -> Result<usize> {
    endpoint.size(MAX, DEFAULT_MAX, transport(endpoint)?.capabilities().largest)
}
