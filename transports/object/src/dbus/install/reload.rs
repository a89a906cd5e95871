//! Telling a bus that runs of new service files.

use crate::dbus::address::{self, Address};
use crate::dbus::bus::{LARGEST_MESSAGE, Seat};
use crate::dbus::settings::{Bus, Options};
use samebox_core::{Deadline, Endpoint};
use std::time::Duration;

/// How long a bus may take to read its files.
const PATIENCE: Duration = Duration::from_secs(2);

/// Has the bus of `endpoint` read its service files again, where one runs.
///
/// Most buses notice by themselves, but not that a directory is new. Without a bus there is nobody to
/// tell, and the next one reads them all.
pub(crate) fn reload(endpoint: &Endpoint) {
    let deadline = Deadline::after(PATIENCE);
    if let Ok(mut seat) = Seat::join(&addresses(endpoint), LARGEST_MESSAGE, deadline) {
        // A bus that cannot do it keeps the file, and reads it when it starts again.
        let _ = seat.ask("ReloadConfig", &(), deadline);
    }
}

/// Where the bus is: the one that the endpoint names, or this session's.
fn addresses(endpoint: &Endpoint) -> Vec<Address> {
    match Options::read(endpoint).map(|options| options.bus) {
        Ok(Bus::At(addresses)) => addresses,
        Ok(Bus::Auto | Bus::Session) => address::session(),
        Ok(Bus::None) | Err(_) => Vec::new(),
    }
}
