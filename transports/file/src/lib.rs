//! samebox over a locked file.
//!
//! One file is one slot. A client that finds it empty under an exclusive lock writes one message into
//! it; the server reads it under the same lock and empties it. What stands in the file is the payload,
//! nothing more, so a .NET program takes part with `File.Open(path, .., FileShare.None)`.
//!
//! ```
//! use samebox_core::{Deadline, Inbox, Outbox, Transport};
//! use samebox_file::File;
//!
//! # let name = format!("file:greetings-{}", std::process::id());
//! # /*
//! let name = "file:greetings";
//! # */
//! let endpoint = name.parse()?;
//! let mut server = File.bind(&endpoint)?;
//! let mut client = File.connect(&endpoint, Deadline::now())?;
//! client.send(b"Hello, World!"[..].into(), Deadline::NEVER)?;
//! assert_eq!(server.recv(Deadline::NEVER)?.payload(), b"Hello, World!");
//! # Ok::<(), samebox_core::Error>(())
//! ```

#![forbid(unsafe_code)]

mod claim;
mod inbox;
mod note;
mod options;
mod outbox;
mod pace;
mod place;
mod refusal;
mod sending;
mod slot;
#[cfg(unix)]
mod unix;
mod watch;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as os;
#[cfg(windows)]
use windows as os;

pub use inbox::FileInbox;
pub use options::{EXISTING, OVERWRITE, SERVER, WATCH};
pub use outbox::FileOutbox;

use options::{Options, REJECTABLE};
use samebox_core::{
    ALLOW, Acceptance, Access, Capabilities, Deadline, Durability, Endpoint, FanOut, Identity,
    Info, Loss, MAX, Ordering, Overflow, Result, Transport, WAIT,
};

/// Messages between processes through one locked file.
#[derive(Clone, Copy, Debug, Default)]
pub struct File;

impl File {
    /// The first is the default.
    const OVERFLOW: &[Overflow] = &[Overflow::Block, Overflow::Reject];

    /// The largest `max`: what the length-framed transports can carry, so that switching is safe.
    const LARGEST: usize = 1 << 30;

    const INFO: Info = Info {
        scheme: "file",
        mechanism: "a locked file and change notification",
        names: "1 to 100 of A-Z a-z 0-9 . _ -, or a path that is absolute or starts with `./`",
        example: "file:orders",
        settings: &[MAX, WAIT, ALLOW, REJECTABLE, SERVER, OVERWRITE, EXISTING, WATCH],
    };
}

impl Transport for File {
    type Inbox = FileInbox;
    type Outbox = FileOutbox;

    fn info(&self) -> &'static Info {
        &Self::INFO
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            ordering: Ordering::PerClient,
            acceptance: Acceptance::Buffered,
            durability: Durability::Process,
            loss: Loss::Never,
            fan_out: FanOut::One,
            identity: Identity::None,
            access: Access::ThisUser,
            overflow: Self::OVERFLOW,
            properties: &[],
            largest: Self::LARGEST,
            duplex: false,
            faults: false,
            cross_host: false,
            loan: false,
        }
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<FileInbox> {
        FileInbox::bind(endpoint, Options::of(endpoint)?)
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<FileOutbox> {
        FileOutbox::connect(endpoint, Options::of(endpoint)?, deadline)
    }
}
