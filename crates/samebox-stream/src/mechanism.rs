//! What a byte-stream mechanism supplies.

use mio::{Poll, Registry, Token};
use samebox_core::{Deadline, Error, Peer, Result};
use std::io::{self, IoSlice};
use std::time::Duration;

/// The door of a server: where clients come in.
pub trait Listener: Send + 'static {
    /// What a client becomes.
    type Stream: Stream;

    /// Asks for news of clients at the door under `token`; called once.
    ///
    /// # Errors
    /// The operating system's.
    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()>;

    /// Lets the next waiting client in, without waiting.
    ///
    /// # Errors
    /// The operating system's; the client concerned, if any, is gone, and the door stands.
    fn accept(&mut self, registry: &Registry) -> io::Result<Accepted<Self::Stream>>;

    /// Sees to the name now and then: restores it when something removed it.
    ///
    /// # Errors
    /// What is wrong with the name, to be noted as a fault; the server goes on.
    fn upkeep(&mut self, registry: &Registry) -> Result<()>;

    /// Closes the door when the server ends; called, while its loop still runs, until it is so.
    fn finish(&mut self, _registry: &Registry) -> bool {
        true
    }

    /// Whether there is a name that needs [`Listener::upkeep`].
    const NEEDS_UPKEEP: bool;
}

/// Who came to the door.
#[derive(Debug)]
pub enum Accepted<S> {
    /// A client that may come in.
    Client(S, Peer),
    /// A client that was turned away, and why.
    Refused(Error),
    /// Nobody.
    Nobody,
}

/// One client as its server sees it; never waits.
pub trait Stream: Send + Sync + 'static {
    /// Asks for news of this client under `token`; called once.
    ///
    /// # Errors
    /// The operating system's.
    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()>;

    /// Asks for news of room to write, or no longer, where [`Stream::register`] did not do so for good.
    ///
    /// # Errors
    /// The operating system's.
    fn watch_writes(&self, registry: &Registry, token: Token, on: bool) -> io::Result<()>;

    /// Reads once into the spare capacity of `buffer`, which is not empty; 0 is the end.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there.
    fn append(&self, buffer: &mut Vec<u8>) -> io::Result<usize>;

    /// Writes as much of `parts` as fits.
    ///
    /// # Errors
    /// `WouldBlock` when nothing fits.
    fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Ends the direction to the client once all that was written has been read; no error can matter.
    fn close_write(&self);

    /// Ends both directions at once.
    fn cut(&self);

    /// Ends both directions when the server ends; called, while its loop still runs, until it is so.
    ///
    /// With `give_up` what was written and has yet to leave this process is dropped.
    fn finish(&self, _registry: &Registry, _give_up: bool) -> bool {
        self.cut();
        true
    }

    /// Starts or ends news of this client under the token it has; only called where [`Stream::FEW`]
    /// is not 0.
    ///
    /// # Errors
    /// The operating system's.
    fn watch(&self, registry: &Registry, token: Token, on: bool) -> io::Result<()>;

    /// Waits for a few clients that are not registered, and for all else that `rest` watches; tells
    /// whether that has news. Only called where [`Stream::FEW`] is not 0.
    ///
    /// # Errors
    /// The operating system's.
    fn wait_few<'a>(
        rest: &'a Poll,
        few: impl Iterator<Item = Few<'a, Self>>,
        patience: Option<Duration>,
        news: &mut [Ready; FEW],
    ) -> io::Result<bool>
    where
        Self: Sized;

    /// Up to how many clients are better waited for one by one than registered: 0 or [`FEW`].
    const FEW: usize;

    /// Whether a read that did not fill the buffer shows that nothing more is there.
    ///
    /// Where it does not, news of this client come again only after a read has said `WouldBlock`.
    const SHORT_READ_DRAINS: bool;

    /// Whether a client can end its own direction and still read.
    const HALF_CLOSE: bool;
}

/// How many clients a few are at most.
pub const FEW: usize = 16;

/// One of a few clients, and what to wait for.
#[derive(Debug)]
pub struct Few<'a, S> {
    /// The client.
    pub stream: &'a S,
    /// What it shall be ready for.
    pub wanted: Ready,
}

/// How a client reaches its server, again and again.
pub trait Connector: Clone + Send + 'static {
    /// What a connection is.
    type Channel: Channel;

    /// Connects, in one attempt; checks who the server is before it returns.
    ///
    /// # Errors
    /// `NotListening` when nobody is there now (the caller may try again), `Denied` when the server
    /// is not who it may be, `TimedOut` when it does not accept by `deadline`.
    fn connect(&mut self, deadline: Deadline) -> Result<Self::Channel>;
}

/// One connection as its client sees it.
pub trait Channel: Send + 'static {
    /// Writes as much of `parts` as fits without waiting.
    ///
    /// # Errors
    /// `WouldBlock` when nothing fits; anything else ends the connection.
    fn write_now(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Writes as much of `parts` as fits once anything does, waiting until `deadline` for that.
    ///
    /// # Errors
    /// `TimedOut` at the deadline with nothing written; anything else ends the connection.
    fn write(&mut self, parts: &[IoSlice<'_>], deadline: Deadline) -> io::Result<usize>;

    /// Whether bytes that a write accepted have yet to leave this process; there is no room meanwhile.
    fn is_writing(&mut self) -> bool {
        false
    }

    /// Reads once without waiting into the spare capacity of `buffer`; 0 is the end.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there; anything else ends the connection.
    fn append_now(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize>;

    /// Reads once into the spare capacity of `buffer`, waiting until `deadline`; 0 is the end.
    ///
    /// # Errors
    /// `TimedOut` at the deadline; anything else ends the connection.
    fn append(&mut self, buffer: &mut Vec<u8>, deadline: Deadline) -> io::Result<usize>;

    /// Waits until a read or a write would not wait.
    ///
    /// # Errors
    /// `TimedOut` at the deadline; that of a write that was accepted and has failed since.
    fn wait_writable(&mut self, deadline: Deadline) -> io::Result<Ready>;

    /// Ends the direction to the server, which then sees the end of the stream.
    ///
    /// # Errors
    /// The operating system's; `Unsupported` where directions do not end one by one.
    fn close_write(&mut self) -> io::Result<()>;

    /// Whether the server has gone, when a write might not notice.
    fn has_ended(&mut self) -> bool;

    /// Whether the connection has failed, not merely ended: then what was written last may never have
    /// been read, while a server that ends in an orderly way has read everything before.
    fn has_failed(&mut self) -> bool;

    /// How many written bytes the server has yet to read, where the system tells.
    fn unread(&mut self) -> Option<usize>;

    /// Who the server is.
    fn peer(&self) -> &Peer;

    /// Whether a write to a server that has gone may seem to succeed, so that it is worth asking
    /// [`Channel::has_ended`] after a pause.
    const WRITES_BLINDLY: bool;
}

/// What a [`Channel`] or a [`Stream`] is ready for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ready {
    /// A read would not wait.
    pub read: bool,
    /// A write would not wait.
    pub write: bool,
}
