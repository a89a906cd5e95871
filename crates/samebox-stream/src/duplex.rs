use crate::{Connector, Listener, Ready};
use samebox_core::{Deadline, Peer};
use std::io::{self, IoSlice};

/// A connection that one thread reads while others write, each waiting for itself.
///
/// For wires whose sessions have a thread of their own. One thread at a time reads, and one at a time
/// writes.
pub trait Duplex: Send + Sync + 'static {
    /// Reads once into the spare capacity of `buffer`, waiting until `deadline`; 0 is the end.
    ///
    /// # Errors
    /// `TimedOut` at the deadline; anything else ends the connection.
    fn read(&self, buffer: &mut Vec<u8>, deadline: Deadline) -> io::Result<usize>;

    /// Writes as much of `parts` as fits without waiting.
    ///
    /// # Errors
    /// `WouldBlock` when nothing fits; anything else ends the connection.
    fn write_now(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Whether bytes that a write accepted have yet to leave this process; there is no room meanwhile.
    ///
    /// The system may give them up when the thread that wrote them ends.
    fn is_writing(&self) -> bool {
        false
    }

    /// Waits until one of what is `wanted` would not wait.
    ///
    /// # Errors
    /// `TimedOut` at the deadline; anything else ends the connection.
    fn wait(&self, wanted: Ready, deadline: Deadline) -> io::Result<Ready>;

    /// Whether the other side has gone; only asked while nobody reads.
    fn has_ended(&self) -> bool;

    /// Ends the direction from the other side, whose reader is woken; writing goes on where it can.
    fn close_read(&self) {
        self.cut();
    }

    /// Ends both directions at once; whoever reads or waits is woken.
    fn cut(&self);
}

/// A [`Listener`] whose clients become connections that threads wait for.
pub trait DuplexListener: Listener {
    /// The connection to a client that came in.
    ///
    /// # Errors
    /// The operating system's.
    fn duplex(client: Self::Stream) -> io::Result<Box<dyn Duplex>>;
}

/// A [`Connector`] whose channels become connections that one thread reads while others write.
pub trait DuplexConnector: Connector {
    /// The connection that a channel is, and who the server is.
    ///
    /// # Errors
    /// The operating system's.
    fn duplex(channel: Self::Channel) -> io::Result<(Box<dyn Duplex>, Peer)>;
}
