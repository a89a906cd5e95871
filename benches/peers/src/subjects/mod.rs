//! One file per subject: how its two ends open, ask, answer, send and receive.

mod crossbar;
mod crossbar_bus;
mod iceoryx2;
mod interprocess;
mod ipc_channel;
mod samebox;

use crate::floor::{CacheLine, Futex, Ring};
use crate::subject::Entry;

/// What the subjects are compared with; the first that can do a measure is its floor.
pub(crate) static FLOORS: &[Entry] =
    &[Entry::of::<CacheLine>(), Entry::of::<Futex>(), Entry::of::<Ring>()];

/// What is compared, in the order of the document.
pub(crate) static SUBJECTS: &[Entry] = &[
    Entry::of::<samebox::Samebox>(),
    Entry::of::<iceoryx2::Iceoryx2>(),
    Entry::of::<crossbar::Crossbar>(),
    Entry::of::<crossbar_bus::CrossbarBus>(),
    Entry::of::<ipc_channel::IpcChannel>(),
    Entry::of::<interprocess::Interprocess>(),
];
