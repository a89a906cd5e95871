use crate::settings::{LARGEST, OVERFLOWS};
use samebox_core::{Allow, CAPACITY, DEFAULT_MAX, Endpoint, MAX, Overflow, Result, WAIT};
use std::time::Duration;

/// How many bytes wait for each client and direction, unless said otherwise.
const ROOM: usize = 4 << 20;

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
