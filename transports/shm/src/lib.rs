//! samebox over shared memory: one ring for each client and direction.
//!
//! A server owns a rendezvous, which is a Unix socket or a named pipe. A client connects there, each
//! side checks who the other is, and each passes on memory of its own that the other may read and
//! cannot write. Messages go through that memory; the connection stays as the life line, by which the
//! operating system tells either side at once when the other dies.

#![forbid(unsafe_code)]

#[cfg(any(target_os = "linux", windows))]
mod client;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod missing;
mod options;
#[cfg(any(target_os = "linux", windows))]
pub mod ring;
#[cfg(any(target_os = "linux", windows))]
mod server;
#[cfg(any(target_os = "linux", windows))]
mod spin;
#[cfg(any(target_os = "linux", windows))]
mod terms;
#[cfg(any(target_os = "linux", windows))]
mod transport;
#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "linux", windows))]
pub use client::ShmOutbox;
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(any(target_os = "linux", windows))]
pub use server::ShmInbox;
#[cfg(windows)]
use windows as system;

use samebox_core::{
    Acceptance, Access, Capabilities, Durability, FanOut, Identity, Info, Loss, Ordering,
};

/// The transport `shm:`.
#[derive(Clone, Copy, Debug)]
pub struct Shm;

static INFO: Info = Info {
    scheme: "shm",
    mechanism: "rings in shared memory",
    names: options::NAMES,
    example: "shm:orders",
    settings: options::SETTINGS,
};

const CAPABILITIES: Capabilities = Capabilities {
    ordering: Ordering::PerClient,
    acceptance: Acceptance::Buffered,
    durability: Durability::None,
    loss: Loss::Never,
    fan_out: FanOut::One,
    identity: Identity::UserAndProcess,
    access: Access::ThisUser,
    overflow: options::OVERFLOWS,
    properties: &[],
    largest: options::LARGEST,
    duplex: true,
    faults: true,
    cross_host: false,
    loan: true,
};
