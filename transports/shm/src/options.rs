use samebox_core::{
    ALLOW, Allow, CAPACITY, DEFAULT_MAX, Endpoint, MAX, OVERFLOW, Overflow, Result, Setting, WAIT,
};
use std::time::Duration;

/// What a name may be.
pub(crate) const NAMES: &str =
    "1 to 100 of A-Z a-z 0-9 . _ -, or on Linux an absolute path for the rendezvous";

/// The largest `max`.
pub(crate) const LARGEST: usize = 1 << 30;

/// What may be done when a ring is full.
pub(crate) const OVERFLOWS: &[Overflow] = &[Overflow::Block, Overflow::Reject, Overflow::DropNew];

/// How many bytes wait for each client and direction, unless said otherwise.
const ROOM: usize = 4 << 20;

pub(crate) const SETTINGS: &[Setting] = &[
    MAX,
    WAIT,
    Setting {
        default: "4MiB",
        help: "bytes of each client that may wait before overflow applies; small messages have a 16th of it",
        ..CAPACITY
    },
    Setting { values: "block, reject or drop-new", ..OVERFLOW },
    ALLOW,
];

/// The settings of one endpoint, read.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Largest payload in bytes.
    pub(crate) max: usize,
    /// How long a client waits for its server.
    pub(crate) wait: Duration,
    /// Bytes that may wait in this side's memory.
    pub(crate) capacity: usize,
    /// What happens when they do.
    pub(crate) overflow: Overflow,
    /// Who may be at the other end beside this user.
    pub(crate) allow: Allow,
}

impl Options {
    pub(crate) fn read(endpoint: &Endpoint) -> Result<Self> {
        Ok(Self {
            max: endpoint.size(MAX, DEFAULT_MAX, LARGEST)?,
            wait: endpoint.duration(WAIT, None)?.unwrap_or_default(),
            capacity: endpoint.size(CAPACITY, ROOM, LARGEST)?,
            overflow: endpoint.overflow(OVERFLOWS)?,
            allow: endpoint.allow()?,
        })
    }
}
