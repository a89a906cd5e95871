//! The Windows half: sections without a name, given to the peer's process; bytes on the life line wake.
//!
//! The rendezvous is a named pipe, and what a client's connection to it stays open for is the life
//! line. One byte on it wakes the other side. An event for each client would be woken through sooner,
//! but a thread of Windows waits on 64 of them at most, and on any number of pipes.
//!
//! A client puts a handle of its memory into the server's process before it says which it is, so it may
//! send and end at once. The server's memory the client takes for itself: a client that has gone before
//! it was let in leaves nothing behind in its process. Both need the right to open the server's process,
//! which only its own user has.

use crate::terms::Terms;
use mio::{Registry, Token};
use samebox_core::{Allow, Deadline, Endpoint, Peer, Result, User};
use samebox_stream::{Channel, ChannelPipe, Place, Stream, StreamPipe};
use samebox_sys::memory::{Own, OwnWords, Theirs};
use samebox_sys::windows::account;
use samebox_sys::windows::pipe::Writer;
use samebox_sys::windows::{barrier, mapping, processor};
use std::io::{self, IoSlice};
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where the rendezvous of an endpoint is.
pub(crate) fn place(endpoint: &Endpoint, _: &Allow) -> Result<Place> {
    Ok(Place::Pipe(format!("samebox-shm-{}", endpoint.plain_name()?)))
}

/// Whether a peer can order what this process publishes without fences.
pub(crate) fn has_barrier() -> bool {
    barrier::is_offered()
}

/// Whether this process can order what peers publish without fences.
pub(crate) fn can_order() -> bool {
    barrier::is_offered()
}

/// Orders what all peers publish without fences; no honest peer leaves them out here.
pub(crate) fn barrier() {
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
pub(crate) type Pass = OwnedHandle;

/// Makes memory of that length, and what is passed on of it.
pub(crate) fn create(length: usize) -> io::Result<(Own, Pass)> {
    mapping::create(length)
}

/// What wakes the other side: any byte does.
const BELL: &[u8] = b"!";

/// A peer's terms, of which not all may have come yet.
#[derive(Debug, Default)]
struct Greeting(Vec<u8>);

impl Greeting {
    /// The terms, once they are whole; takes nothing of what follows them.
    fn read(
        &mut self,
        mut append: impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
    ) -> io::Result<Option<Terms>> {
        while self.0.len() < Terms::LENGTH {
            let mut rest = Vec::with_capacity(Terms::LENGTH - self.0.len());
            match append(&mut rest) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                other => drop(other?),
            }
            self.0.append(&mut rest);
        }
        Terms::decode(&self.0).map(Some).map_err(invalid)
    }
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// Takes in bytes until none is there; `None` when the line has ended, or never does.
fn drain(mut append: impl FnMut(&mut Vec<u8>) -> io::Result<usize>) -> Option<usize> {
    let mut bytes = Vec::with_capacity(256);
    let mut total = 0;
    for _ in 0..64 {
        bytes.clear();
        match append(&mut bytes) {
            Ok(0) => return None,
            Ok(length) => total += length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Some(total),
            Err(_) => return None,
        }
    }
    None
}

/// The life line as a client sees it.
#[derive(Debug)]
pub(crate) struct ClientLine {
    pipe: ChannelPipe,
    greeting: Greeting,
    is_welcome: bool,
}

impl ClientLine {
    pub(crate) const fn new(pipe: ChannelPipe) -> Self {
        Self { pipe, greeting: Greeting(Vec::new()), is_welcome: false }
    }

    /// Tells the server of this client's memory, which is then in the server's process.
    ///
    /// # Errors
    /// `BrokenPipe` when the server has gone, `PermissionDenied` when its process is another user's.
    pub(crate) fn introduce(&mut self, terms: Terms, memory: &Pass) -> io::Result<()> {
        let handle = self.server().and_then(|pid| mapping::give(memory, pid));
        let handle = handle.map_err(|cause| self.why_not_given(cause))?;
        let greeting = Terms { handle, ..terms }.encode();
        // A pipe that nobody has written to has room for it, so it is whole and leaves at once.
        self.pipe.write_now(&[IoSlice::new(&greeting)]).map(drop)
    }

    fn server(&self) -> io::Result<u32> {
        let why = "the system does not say which process the server is";
        self.pipe.peer().pid.ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, why))
    }

    fn why_not_given(&mut self, cause: io::Error) -> io::Error {
        if self.pipe.has_ended() {
            return io::ErrorKind::BrokenPipe.into();
        }
        if cause.kind() == io::ErrorKind::PermissionDenied {
            let why = "the server's process is another user's or has more rights than this one, \
                       and takes no memory from it; use pipe: with such a server";
            return io::Error::new(cause.kind(), why);
        }
        cause
    }

    /// The server's memory, once it has come.
    pub(crate) fn welcome(&mut self) -> io::Result<Option<(Terms, Theirs)>> {
        let Some(terms) = self.greeting.read(|bytes| self.pipe.append_now(bytes))? else {
            return Ok(None);
        };
        let memory = mapping::take(self.server()?, terms.handle)?;
        let theirs = mapping::open(memory, terms.layout.length())?;
        self.is_welcome = true;
        // The server keeps its handle until it hears that it is not needed any more.
        self.ring();
        Ok(Some((terms, theirs)))
    }

    /// Wakes the server.
    pub(crate) fn ring(&mut self) {
        // Where there is no room the server has yet to look at bytes that wake it; a server that has
        // gone shows when the line is looked at.
        let _ = self.pipe.write_now(&[IoSlice::new(BELL)]);
    }

    /// Whether the server has gone; takes in what woke this side, so that it does so only once.
    pub(crate) fn has_ended(&mut self) -> bool {
        if !self.is_welcome {
            return self.pipe.has_ended();
        }
        drain(|bytes| self.pipe.append_now(bytes)).is_none()
    }

    /// What to wait on when there is no welcome yet, or for long: the server's word, or its end.
    ///
    /// # Errors
    /// `TimedOut`.
    pub(crate) fn wait(&mut self, deadline: Deadline) -> io::Result<()> {
        self.pipe.wait_readable(deadline)
    }
}

/// What a client remembers of the server's bell: there is none, so nobody ever does.
pub(crate) enum Hearing {}

impl Hearing {
    /// Nothing: a client waits at the life line.
    pub(crate) const fn new(_: &Theirs) -> Option<Self> {
        None
    }

    /// Waits for the bell.
    pub(crate) fn wait(self, _: &Theirs, _: Deadline) -> bool {
        match self {}
    }
}

/// The life line as a server sees it.
#[derive(Debug)]
pub(crate) struct ServerLine {
    pipe: StreamPipe,
    greeting: Greeting,
    /// `None` once it has been cut: it keeps the pipe open.
    back: Mutex<Option<Back>>,
}

/// The way back to the client.
#[derive(Debug)]
struct Back {
    writer: Writer,
    /// This server's memory, until the client has taken it.
    memory: Option<Pass>,
}

impl ServerLine {
    pub(crate) fn new(pipe: StreamPipe) -> io::Result<Self> {
        let back = Back { writer: pipe.writer()?, memory: None };
        Ok(Self { pipe, greeting: Greeting::default(), back: Mutex::new(Some(back)) })
    }

    /// Asks for news of the line under the first token; bells come there too.
    pub(crate) fn register(&mut self, registry: &Registry, tokens: [Token; 2]) -> io::Result<()> {
        self.pipe.register(registry, tokens[0])
    }

    /// The client's memory, once it has come.
    ///
    /// # Errors
    /// `InvalidData` with what is wrong with it or with the client.
    pub(crate) fn meet(&mut self, peer: &Peer) -> io::Result<Option<(Terms, Theirs)>> {
        let Some(terms) = self.greeting.read(|bytes| self.pipe.append(bytes))? else {
            return Ok(None);
        };
        // Who may not open this process cannot have put a handle into it, and names a foreign one.
        if !is_of_this_user(peer)? {
            return Err(invalid("memory is shared with processes of this user only; use pipe:"));
        }
        let theirs = mapping::adopt(terms.handle, terms.layout.length())?;
        Ok(Some((terms, theirs)))
    }

    /// Tells the client of this server's memory, which is there to be taken.
    pub(crate) fn welcome(&self, terms: Terms, memory: &Pass) -> io::Result<()> {
        let memory = memory.try_clone()?;
        let handle = memory.as_raw_handle() as usize as u64;
        let mut back = self.back();
        let Some(back) = &mut *back else { return Err(io::ErrorKind::BrokenPipe.into()) };
        back.memory = Some(memory);
        back.writer.write_now(&Terms { handle, ..terms }.encode())
    }

    /// Whether the client has yet to take this server's memory, which goes when the server does.
    pub(crate) fn is_awaited(&self) -> bool {
        self.back().as_ref().is_some_and(|back| back.memory.is_some())
    }

    /// Whether the client has gone; takes in its bells.
    pub(crate) fn has_ended(&self) -> bool {
        let came = drain(|bytes| self.pipe.append(bytes));
        // It says nothing before it has taken the memory.
        if came.is_some_and(|came| came > 0)
            && let Some(back) = &mut *self.back()
        {
            back.memory = None;
        }
        came.is_none()
    }

    /// Wakes a client that waits on the bell: none does.
    pub(crate) const fn ring(_: &OwnWords) {}

    /// Wakes a client that waits at the life line.
    pub(crate) fn call(&self) {
        if let Some(back) = &mut *self.back() {
            // Where there is no room it has yet to look at bytes that wake it, or it is gone.
            let _ = back.writer.write_now(BELL);
        }
    }

    /// Ends the line.
    pub(crate) fn cut(&self) {
        self.back().take();
        self.pipe.cut();
    }

    fn back(&self) -> MutexGuard<'_, Option<Back>> {
        // Nothing panics while it is held.
        self.back.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_of_this_user(peer: &Peer) -> io::Result<bool> {
    let own = account::Token::own()?.user()?;
    Ok(matches!(&peer.user, Some(User::Sid(user)) if *user == own.as_str()))
}
