//! The Linux half: memory without a name, passed over a Unix socket; futex and event descriptor.

use crate::ring::memory::Word;
use crate::terms::Terms;
use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use samebox_core::{Allow, Deadline, Endpoint, Peer, Result};
use samebox_stream::{ChannelSocket, Place, Stream, StreamSocket};
use samebox_sys::memory::{Own, OwnWords, Theirs};
use samebox_sys::unix::{barrier, descriptor, futex, mapping, name, processor, runtime, socket};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

/// Where the rendezvous of an endpoint is.
pub(crate) fn place(endpoint: &Endpoint, allow: &Allow) -> Result<Place> {
    let name = endpoint.name();
    let path = if name.starts_with('/') {
        PathBuf::from(name)
    } else {
        let name = endpoint.plain_name()?;
        if !allow.0.is_empty() {
            let why = "a plain name is in a directory that only this user may enter";
            let advice = "with `allow`, write the path of a rendezvous that both can reach: \
                          shm:/run/orders.shm?allow=..";
            return Err(endpoint.invalid(why).with_advice(advice));
        }
        let directory = runtime::runtime_directory().map_err(|cause| {
            endpoint
                .invalid("this user has no private directory for its names")
                .with_advice("write an absolute path, or mend what `samebox doctor` shows")
                .with_source(cause)
        })?;
        directory.join(format!("{name}.shm"))
    };
    let length = path.as_os_str().len();
    if length > name::LONGEST_PATH {
        let why =
            format!("the rendezvous would be at {}, which has {length} bytes", path.display());
        let advice = format!("a path has at most {} bytes: use a shorter name", name::LONGEST_PATH);
        return Err(endpoint.invalid(why).with_advice(advice));
    }
    Ok(Place::Path(path))
}

/// Whether a peer can order what this process publishes without fences.
pub(crate) fn has_barrier() -> bool {
    barrier::is_offered()
}

/// Whether this process can order what peers publish without fences.
pub(crate) fn can_order() -> bool {
    barrier::is_there()
}

/// Orders what all peers publish without fences.
pub(crate) fn barrier() {
    // A peer leaves its fences out only where this works: it is the same system.
    barrier::everywhere();
}

/// The core that this thread runs on.
#[inline]
pub(crate) fn core() -> usize {
    processor::current()
}

/// A clock that is quick to read and moves every few milliseconds.
#[inline]
pub(crate) fn coarse_time() -> u64 {
    processor::coarse_time()
}

/// What is passed on for a peer to map memory.
pub(crate) type Pass = OwnedFd;

/// Makes memory of that length, and what is passed on of it.
pub(crate) fn create(length: usize) -> io::Result<(Own, Pass)> {
    mapping::create(length)
}

/// Receives a peer's terms and its memory, and further descriptors, if they are there.
fn receive(socket: impl AsFd) -> io::Result<Option<(Terms, Theirs, Option<OwnedFd>)>> {
    let refused = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut bytes = [0; Terms::LENGTH + 1];
    let (length, descriptors) = match descriptor::receive(socket, &mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
        // What comes when this process may open no more looks like what is too much.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(descriptor::event().err().unwrap_or(error));
        }
        other => other?,
    };
    if length == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let terms = Terms::decode(&bytes[..length]).map_err(refused)?;
    let mut descriptors = descriptors.into_iter();
    let Some(memory) = descriptors.next() else {
        return Err(refused("no memory came with its first message".into()));
    };
    let theirs = mapping::open(memory, terms.layout.length())?;
    Ok(Some((terms, theirs, descriptors.next())))
}

/// The life line as a client sees it.
#[derive(Debug)]
pub(crate) struct ClientLine {
    socket: ChannelSocket<false>,
    /// What makes the server look at this client's ring; it comes with the server's memory.
    bell: Option<OwnedFd>,
}

impl ClientLine {
    pub(crate) fn new(socket: ChannelSocket<false>) -> Self {
        Self { socket, bell: None }
    }

    /// Tells the server of this client's memory.
    pub(crate) fn introduce(&mut self, terms: Terms, memory: &Pass) -> io::Result<()> {
        descriptor::send(&self.socket, &terms.encode(), &[memory.as_fd()]).map(drop)
    }

    /// The server's memory, once it has come.
    pub(crate) fn welcome(&mut self) -> io::Result<Option<(Terms, Theirs)>> {
        let Some((terms, theirs, bell)) = receive(&self.socket)? else { return Ok(None) };
        if bell.is_none() {
            let why = "no bell came with its first message";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        self.bell = bell;
        Ok(Some((terms, theirs)))
    }

    /// Wakes the server.
    pub(crate) fn ring(&mut self) {
        if let Some(bell) = &self.bell {
            // It can only fail for a descriptor that is none.
            let _ = descriptor::raise(bell);
        }
    }

    /// Whether the server has gone; takes in what woke this side, so that it does so only once.
    pub(crate) fn has_ended(&mut self) -> bool {
        if self.bell.is_none() {
            return socket::has_ended(&self.socket);
        }
        !is_open(|bytes| socket::append_now(&self.socket, bytes))
    }

    /// What to wait on when there is no welcome yet, or for long: the server's word, or its end.
    ///
    /// # Errors
    /// `TimedOut`.
    pub(crate) fn wait(&mut self, deadline: Deadline) -> io::Result<()> {
        let wanted = socket::Ready { read: true, write: false };
        socket::wait(&self.socket, wanted, deadline.remaining()).map(drop)
    }
}

/// Takes in single bytes until none is there; `false` when the line has ended, or never does.
fn is_open(mut append: impl FnMut(&mut Vec<u8>) -> io::Result<usize>) -> bool {
    let mut bytes = Vec::with_capacity(256);
    for _ in 0..64 {
        bytes.clear();
        match append(&mut bytes) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
    }
    false
}

/// How long a client waits on the bell; an end of the server shows only at the life line.
const BELL: Duration = Duration::from_millis(1);

/// What a client remembers of the server's bell from before it announces its sleep.
pub(crate) struct Hearing(u32);

impl Hearing {
    /// Listens for the bell from now on.
    pub(crate) fn new(server: &Theirs) -> Option<Self> {
        Some(Self(futex::bell(server, Word::Bell as usize)))
    }

    /// Waits for the bell for a moment; tells whether it did not ring.
    pub(crate) fn wait(self, server: &Theirs, deadline: Deadline) -> bool {
        let patience = deadline.remaining().map_or(BELL, |left| left.min(BELL));
        futex::wait(server, Word::Bell as usize, self.0, Some(patience))
    }
}

/// The life line as a server sees it.
#[derive(Debug)]
pub(crate) struct ServerLine {
    socket: StreamSocket,
    bell: OwnedFd,
}

impl ServerLine {
    pub(crate) fn new(socket: StreamSocket) -> io::Result<Self> {
        Ok(Self { socket, bell: descriptor::event()? })
    }

    /// Asks for news of the line and of the bell under a token each.
    pub(crate) fn register(&mut self, registry: &Registry, tokens: [Token; 2]) -> io::Result<()> {
        self.socket.register(registry, tokens[0])?;
        SourceFd(&self.bell.as_raw_fd()).register(registry, tokens[1], Interest::READABLE)
    }

    /// The client's memory, once it has come.
    pub(crate) fn meet(&mut self, _: &Peer) -> io::Result<Option<(Terms, Theirs)>> {
        Ok(receive(&self.socket)?.map(|(terms, theirs, _)| (terms, theirs)))
    }

    /// Tells the client of this server's memory.
    pub(crate) fn welcome(&self, terms: Terms, memory: &Pass) -> io::Result<()> {
        let descriptors = [memory.as_fd(), self.bell.as_fd()];
        descriptor::send(&self.socket, &terms.encode(), &descriptors).map(drop)
    }

    /// Whether the client has yet to take this server's memory: the message holds it, whoever goes.
    pub(crate) const fn is_awaited(&self) -> bool {
        false
    }

    /// Whether the client has gone; takes in what it has no reason to send.
    pub(crate) fn has_ended(&self) -> bool {
        !is_open(|bytes| socket::append_now(&self.socket, bytes))
    }

    /// Wakes a client that waits on the bell.
    pub(crate) fn ring(words: &OwnWords) {
        futex::ring(words, Word::Bell as usize);
    }

    /// Wakes a client that waits at the life line.
    pub(crate) fn call(&self) {
        // One that cannot be told has been told already, or is gone.
        let _ = socket::write_now(&self.socket, &[io::IoSlice::new(b"!")]);
    }

    /// Ends the line.
    pub(crate) fn cut(&self) {
        self.socket.cut();
    }
}
