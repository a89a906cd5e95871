//! samebox over shared memory: one ring for each client and direction.
//!
//! A server owns a rendezvous, which is a Unix socket or a named pipe. A client connects there, each
//! side checks who the other is, and each passes on memory of its own that the other may read and
//! cannot write. Messages go through that memory; the connection stays as the life line, by which the
//! operating system tells either side at once when the other dies.

#![forbid(unsafe_code)]

#[cfg(any(target_os = "linux", windows))]
mod client;
#[cfg(windows)]
mod either;
#[cfg(target_os = "linux")]
#[path = "mmf/missing.rs"]
mod either;
#[cfg(any(target_os = "linux", windows))]
mod layout;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod missing;
#[cfg(windows)]
mod mmf;
#[cfg(any(target_os = "linux", windows))]
mod options;
#[cfg(any(target_os = "linux", windows))]
pub mod ring;
#[cfg(any(target_os = "linux", windows))]
mod server;
mod settings;
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
#[cfg(windows)]
pub use either::{AnyInbox, AnyOutbox};
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(windows)]
pub use mmf::{MmfInbox, MmfOutbox};
#[cfg(any(target_os = "linux", windows))]
pub use server::ShmInbox;
pub use settings::{EVENT, LAYOUT};
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
    names: settings::NAMES,
    example: "shm:orders",
    settings: settings::SETTINGS,
};

const CAPABILITIES: Capabilities = Capabilities {
    ordering: Ordering::PerClient,
    acceptance: Acceptance::Buffered,
    durability: Durability::None,
    loss: Loss::Never,
    fan_out: FanOut::One,
    identity: Identity::UserAndProcess,
    access: Access::ThisUser,
    overflow: settings::OVERFLOWS,
    properties: &[],
    largest: settings::LARGEST,
    duplex: true,
    faults: true,
    cross_host: false,
    loan: true,
};
