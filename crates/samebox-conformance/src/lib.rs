//! The suite that every samebox transport passes.
//!
//! A transport runs it from `tests/conformance.rs`, with `harness = false` for that test in its
//! `Cargo.toml`:
//!
//! ```no_run
//! //! The suite over this transport.
//! # use samebox_inproc::Inproc;
//! fn main() {
//!     samebox_conformance::main(&Inproc, |name| format!("inproc:{name}"));
//! }
//! ```
//!
//! The function turns a name that nobody else has into an endpoint; one that leaves the choice to
//! the system, such as `tcp:127.1.2.3:0`, may ignore it. Clients always use what
//! [`Inbox::endpoint`](samebox_core::Inbox::endpoint) says. Endpoints that are paths lie in
//! [`folder`], those that are ports are of [`loopback`].
//!
//! Where one transport has several kinds of endpoints, each is a [`Variant`] with what differs:
//!
//! ```no_run
//! # use samebox_inproc::Inproc as Unix;
//! use samebox_conformance::{Suite, Variant, folder};
//!
//! Suite::new(&Unix)
//!     .variant(Variant::new("path", |name| format!("unix:{}", folder().join(name).display())))
//!     .variant(
//!         Variant::new("line", |name| format!("unix:@{name}?framing=line"))
//!             .without_bytes(b"\n")
//!             .capabilities(|can| can.faults = false),
//!     )
//!     .run();
//! ```
//!
//! A case that a capability rules out shows as ignored, with the reason. What else cannot hold is
//! named with its reason by [`Suite::except`] or [`Variant::except`]; a name that no case has is an
//! error, so exceptions do not outlive their cases.
//!
//! Cases that need somebody else run a second process: the test program itself, started again, doing
//! what the case tells it. For a transport that reaches this process only, it is a thread, and
//! cases that kill it are ignored.
//!
//! A case that hangs fails: a watchdog prints its name and ends the run.

#![forbid(unsafe_code)]

mod actor;
mod birth;
mod cases;
mod client;
mod folder;
mod loopback;
mod obey;
mod payload;
mod server;
mod suite;
mod task;
mod watchdog;
mod world;

pub use birth::spawned;
pub use folder::folder;
pub use loopback::loopback;
pub use suite::{Suite, Variant, Verdict};
pub use watchdog::under_wine;

use samebox_core::DynTransport;

/// Runs the suite over a transport with one kind of endpoint, and ends the program if a case fails.
pub fn main(
    transport: &'static dyn DynTransport,
    endpoint: impl Fn(&str) -> String + Send + Sync + 'static,
) {
    Suite::new(transport).variant(Variant::new("", endpoint)).run();
}
