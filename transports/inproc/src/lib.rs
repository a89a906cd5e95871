//! samebox within one process: the definition of right behaviour.
//!
//! Every other transport is held against this one by the conformance suite. It is also useful by
//! itself: as the test double of a program that talks to others by samebox, and between the threads
//! of one program.
//!
//! ```
//! use samebox_core::{Deadline, Inbox, Outbox, Transport};
//! use samebox_inproc::Inproc;
//!
//! let endpoint = "inproc:greetings".parse()?;
//! let mut server = Inproc.bind(&endpoint)?;
//! let mut client = Inproc.connect(&endpoint, Deadline::now())?;
//! client.send(b"Hello, World!"[..].into(), Deadline::NEVER)?;
//! assert_eq!(server.recv(Deadline::NEVER)?.payload(), b"Hello, World!");
//! # Ok::<(), samebox_core::Error>(())
//! ```

#![forbid(unsafe_code)]

mod answer;
mod caller;
mod inbox;
mod names;
mod outbox;
mod queue;
mod waiting;

pub use inbox::InprocInbox;
pub use outbox::InprocOutbox;

use samebox_core::{
    Acceptance, Access, CAPACITY, Capabilities, DEFAULT_MAX, Deadline, Durability, Endpoint,
    FanOut, Identity, Info, Loss, MAX, OVERFLOW, Ordering, Overflow, Peer, Property, Result,
    Transport, WAIT,
};

/// Messages between threads of one process, through a bounded queue in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inproc;

impl Inproc {
    const OVERFLOW: &[Overflow] =
        &[Overflow::Block, Overflow::Reject, Overflow::DropNew, Overflow::DropOld];

    /// The properties it carries along without acting on them.
    const PROPERTIES: &[Property] = &[Property::Label, Property::Level, Property::Event];

    /// The largest `max`: what the length-framed transports can carry, so that switching is safe.
    const LARGEST: usize = 1 << 30;

    const INFO: Info = Info {
        scheme: "inproc",
        mechanism: "a queue in memory",
        names: "1 to 100 of A-Z a-z 0-9 . _ -",
        example: "inproc:orders",
        settings: &[MAX, WAIT, CAPACITY, OVERFLOW],
    };
}

impl Transport for Inproc {
    type Inbox = InprocInbox;
    type Outbox = InprocOutbox;

    fn info(&self) -> &'static Info {
        &Self::INFO
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ordering: Ordering::PerClient,
            acceptance: Acceptance::Buffered,
            durability: Durability::None,
            loss: Loss::Never,
            fan_out: FanOut::One,
            identity: Identity::None,
            access: Access::ThisProcess,
            overflow: Self::OVERFLOW,
            properties: Self::PROPERTIES,
            largest: Self::LARGEST,
            duplex: true,
            faults: true,
            cross_host: false,
            loan: false,
        }
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<InprocInbox> {
        let limits = Limits::of(endpoint)?;
        names::bind(endpoint, limits).map(|queue| InprocInbox::new(endpoint.clone(), queue))
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<InprocOutbox> {
        InprocOutbox::connect(endpoint, Limits::of(endpoint)?, deadline)
    }
}

/// What one side allows the other, read from its endpoint.
#[derive(Clone, Copy, Debug)]
struct Limits {
    max: usize,
    capacity: usize,
    overflow: Overflow,
}

impl Limits {
    const CAPACITY: usize = 64 << 20;

    /// What each message counts beside its bytes, so that empty ones are bounded too.
    const OVERHEAD: usize = 128;

    fn of(endpoint: &Endpoint) -> Result<Self> {
        Ok(Self {
            max: endpoint.size(MAX, DEFAULT_MAX, Inproc::LARGEST)?,
            capacity: endpoint.size(CAPACITY, Self::CAPACITY, usize::MAX)?,
            overflow: endpoint.overflow(Inproc::OVERFLOW)?,
        })
    }

    /// What a message of `size` bytes takes of a capacity.
    const fn cost(size: usize) -> usize {
        size + Self::OVERHEAD
    }

    /// Whether `cost` fits beside `used`; a message larger than all of it fits when it is alone.
    const fn fits(&self, used: usize, cost: usize) -> bool {
        used == 0 || used.saturating_add(cost) <= self.capacity
    }
}

/// The only peer there is.
fn this_process() -> Peer {
    Peer::process(std::process::id())
}
