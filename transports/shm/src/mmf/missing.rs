//! Where the system has no memory and no events with names.

pub use samebox_core::{Missing as MmfInbox, Missing as MmfOutbox};

use samebox_core::{Deadline, Endpoint, ErrorKind, Operation, Result};

pub(crate) fn bind(endpoint: &Endpoint) -> Result<MmfInbox> {
    refuse(endpoint, Operation::Bind)
}

pub(crate) fn connect(endpoint: &Endpoint, _: Deadline) -> Result<MmfOutbox> {
    refuse(endpoint, Operation::Connect)
}

fn refuse<T>(endpoint: &Endpoint, operation: Operation) -> Result<T> {
    let why = format!("{} has no layout=mmf", std::env::consts::OS);
    let error = endpoint.error(ErrorKind::Unsupported, operation, why);
    Err(error
        .with_advice("leave layout=mmf away, or use file:, which .NET programs speak here too"))
}
