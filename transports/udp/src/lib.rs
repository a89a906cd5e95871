//! samebox over UDP: one datagram is one message, its payload verbatim.
//!
//! For peers that speak datagrams already: .NET's `UdpClient`, `nc -u`, any language. UDP keeps no
//! connection, so a message can get lost when the server is too slow or not there; the server counts
//! what the kernel drops.
//!
//! ```
//! use samebox_core::{Deadline, Inbox, Outbox, Transport};
//! use samebox_udp::Udp;
//!
//! let mut server = Udp.bind(&"udp:0".parse()?)?; // the system chooses a port
//! let mut client = Udp.connect(server.endpoint(), Deadline::now())?;
//! client.send(b"Hello, World!"[..].into(), Deadline::NEVER)?;
//! assert_eq!(server.recv(Deadline::NEVER)?.payload(), b"Hello, World!");
//! # Ok::<(), samebox_core::Error>(())
//! ```

#![forbid(unsafe_code)]

mod answer;
mod batch;
mod calls;
mod chunk;
mod failure;
mod inbox;
mod losses;
mod outbox;
mod patience;
mod senders;

#[cfg(unix)]
use samebox_sys::unix::datagram;
#[cfg(windows)]
use samebox_sys::windows::datagram;

pub use inbox::UdpInbox;
pub use outbox::UdpOutbox;

use samebox_core::{
    Acceptance, Access, CAPACITY, Capabilities, Deadline, Durability, Endpoint, FanOut, Identity,
    Info, Loss, MAX, OVERFLOW, Ordering, Overflow, Result, Setting, Transport, WAIT,
};
use std::net::SocketAddr;

/// Messages as datagrams, between programs of this machine unless told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Udp;

/// The largest payload of a datagram over IPv4: 65,535 less the headers.
const LARGEST: usize = 65_507;

/// A buffer that any datagram, or any run of datagrams that the kernel puts together, fits into.
const BUFFER: usize = 1 << 16;

/// What becomes of a datagram that finds the server's buffer full.
const POLICIES: &[Overflow] = &[Overflow::DropNew];

/// `offload`: whether runs of datagrams of one size cross the kernel in one piece.
const OFFLOAD: Setting = Setting {
    name: "offload",
    values: "on or off",
    default: "on",
    help: "whether the kernel carries batches in one piece; off counts each loss exactly",
};

impl Udp {
    const INFO: Info = Info {
        scheme: "udp",
        mechanism: "UDP datagrams",
        names: "HOST:PORT, or PORT for this machine alone; port 0 lets the system choose",
        example: "udp:9000",
        settings: &[
            Setting { default: "65507", ..MAX },
            Setting { help: "accepted and without effect: UDP cannot tell who listens", ..WAIT },
            Setting {
                default: "4MiB",
                help: "the server's buffer in the kernel, which counts its own overhead too",
                ..CAPACITY
            },
            Setting { values: "drop-new", default: "drop-new", ..OVERFLOW },
            OFFLOAD,
        ],
    };
}

impl Transport for Udp {
    type Inbox = UdpInbox;
    type Outbox = UdpOutbox;

    fn info(&self) -> &'static Info {
        &Self::INFO
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // The loopback device keeps the order of one socket; a real network need not.
            ordering: Ordering::PerClient,
            acceptance: Acceptance::Sent,
            durability: Durability::None,
            loss: if datagram::COUNTS_DROPS { Loss::Counted } else { Loss::Uncounted },
            fan_out: FanOut::One,
            identity: Identity::Address,
            access: Access::ThisMachine,
            overflow: POLICIES,
            properties: &[],
            largest: LARGEST,
            duplex: true,
            faults: false,
            cross_host: true,
            loan: false,
        }
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<UdpInbox> {
        UdpInbox::bind(endpoint, Options::of(endpoint)?)
    }

    /// Always succeeds for a valid endpoint: UDP cannot tell whether a server is there, so there is
    /// nothing to wait for until `deadline`. The first call or the second send tells.
    fn connect(&self, endpoint: &Endpoint, _: Deadline) -> Result<UdpOutbox> {
        UdpOutbox::connect(endpoint, Options::of(endpoint)?)
    }
}

/// The one address of an endpoint: a datagram cannot be tried on several.
fn address(endpoint: &Endpoint) -> Result<SocketAddr> {
    let addresses = endpoint.socket_addresses()?;
    addresses.first().copied().ok_or_else(|| endpoint.invalid("the host has no address"))
}

/// What an endpoint's settings say.
#[derive(Clone, Copy, Debug)]
struct Options {
    max: usize,
    capacity: usize,
    offload: bool,
}

impl Options {
    const CAPACITY: usize = 4 << 20;
    const LARGEST_CAPACITY: usize = 1 << 30;

    fn of(endpoint: &Endpoint) -> Result<Self> {
        endpoint.overflow(POLICIES)?;
        endpoint.duration(WAIT, None)?;
        Ok(Self {
            max: endpoint.size(MAX, LARGEST, LARGEST)?,
            capacity: endpoint.size(CAPACITY, Self::CAPACITY, Self::LARGEST_CAPACITY)?,
            offload: endpoint.choice(OFFLOAD, &[("on", true), ("off", false)])?,
        })
    }
}
