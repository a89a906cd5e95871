//! Where the system has no memory and no events with names: rings are all there is.

pub(crate) use crate::{ShmInbox as AnyInbox, ShmOutbox as AnyOutbox};

use crate::layout::Layout;
use samebox_core::{Deadline, Endpoint, ErrorKind, Operation, Result};

/// Binds with `rings`, unless the endpoint asks for something else.
pub(crate) fn bind(
    endpoint: &Endpoint,
    rings: impl FnOnce() -> Result<AnyInbox>,
) -> Result<AnyInbox> {
    check(endpoint, Operation::Bind)?;
    rings()
}

/// Connects with `rings`, unless the endpoint asks for something else.
pub(crate) fn connect(
    endpoint: &Endpoint,
    _: Deadline,
    rings: impl FnOnce() -> Result<AnyOutbox>,
) -> Result<AnyOutbox> {
    check(endpoint, Operation::Connect)?;
    rings()
}

fn check(endpoint: &Endpoint, operation: Operation) -> Result<()> {
    if Layout::of(endpoint)? == Layout::Rings {
        return Ok(());
    }
    let why = format!("layout=mmf is there on Windows only, and this is {}", std::env::consts::OS);
    let error = endpoint.error(ErrorKind::Unsupported, operation, why);
    Err(error
        .with_advice("leave layout=mmf away, or use file:, which .NET programs speak here too"))
}

#[cfg(test)]
mod tests {
    use crate::Shm;
    use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Transport};

    fn refusals(endpoint: &str) -> [Error; 2] {
        let endpoint: Endpoint = endpoint.parse().unwrap();
        let bound = Shm.bind(&endpoint).err().expect("it bound");
        let connected = Shm.connect(&endpoint, Deadline::now()).err().expect("it connected");
        [bound, connected]
    }

    #[test]
    fn one_slot_is_refused_with_the_name_of_the_system_that_has_it() {
        for error in refusals("shm:x?layout=mmf") {
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("Windows"), "{error}");
        }
    }

    #[test]
    fn settings_of_one_slot_do_not_go_with_rings() {
        for wrong in ["shm:x?event=y", "shm:x?layout=rings&event=y", "shm:x?layout=slots"] {
            for error in refusals(wrong) {
                assert_eq!(error.kind(), ErrorKind::InvalidEndpoint, "{wrong}");
            }
        }
    }
}
