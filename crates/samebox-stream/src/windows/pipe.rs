use crate::{FEW, Few, Ready, Stream};
use mio::event::Source;
use mio::windows::NamedPipe;
use mio::{Interest, Poll, Registry, Token};
use samebox_sys::windows::pipe::{self, Content};
use std::io::{self, IoSlice, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A client's pipe as its server sees it.
#[derive(Debug)]
pub struct StreamPipe(Mutex<Option<Open>>);

#[derive(Debug)]
struct Open {
    pipe: NamedPipe,
    content: Content,
    /// What was read before this was made.
    first: Vec<u8>,
    /// How much the read under way may bring: all that the next look can hand out.
    expected: usize,
}

/// Bytes that a read of a client with small messages, or with none, holds room for.
const LEAST: usize = 4 << 10;

/// Bytes that one read may bring, or one write carry: memory that a busy client holds.
const MOST: usize = 64 << 10;

impl StreamPipe {
    pub(super) const fn new(pipe: NamedPipe, content: Content, first: Vec<u8>) -> Self {
        Self(Mutex::new(Some(Open { pipe, content, first, expected: LEAST })))
    }

    /// Takes `pipe` out of the loop once its read that was given up has ended; gives what that brought.
    ///
    /// # Errors
    /// `WouldBlock` until then, with news under `token`; `ConnectionAborted` when the client has ended
    /// without a byte; otherwise the operating system's.
    pub(super) fn leave(
        pipe: &mut NamedPipe,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Vec<u8>> {
        // Once it is not registered, taking the outcome of a read does not begin another one.
        pipe.deregister(registry)?;
        let mut first = vec![0; LEAST];
        match pipe.read(&mut first) {
            Ok(0) => Err(io::ErrorKind::ConnectionAborted.into()),
            Ok(length) => {
                first.truncate(length);
                Ok(first)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                pipe.reregister(registry, token, Interest::READABLE)?;
                Err(error)
            }
            // It was given up, or the next read tells what is wrong.
            Err(_) => Ok(Vec::new()),
        }
    }

    /// The same client for threads that wait for it; only for one that is out of the loop.
    ///
    /// # Errors
    /// `Unsupported` for a pipe of bytes, which stays in its loop; otherwise the operating system's.
    pub(super) fn into_duplex(self) -> io::Result<pipe::Duplex> {
        let open = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Open { pipe, content, first, .. } = open.ok_or_else(closed)?;
        if content == Content::Bytes {
            return Err(io::ErrorKind::Unsupported.into());
        }
        pipe::Duplex::of_server(pipe, content, &first)
    }

    /// What writes to the client whether or not the loop runs that reads it; keeps the pipe open.
    ///
    /// # Errors
    /// The operating system's; `BrokenPipe` once this end has been closed.
    pub fn writer(&self) -> io::Result<pipe::Writer> {
        let open = self.lock();
        pipe::Writer::new(&open.as_ref().ok_or_else(closed)?.pipe)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Reads once; a read under way is as large as the buffer of the look before it.
    fn append(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        if !self.first.is_empty() {
            let room = (buffer.capacity() - buffer.len()).min(self.first.len());
            buffer.extend(self.first.drain(..room));
            return Ok(room);
        }
        let start = buffer.len();
        let room = self.expected.min(buffer.capacity() - start);
        buffer.resize(start + room, 0);
        let outcome = self.pipe.read(&mut buffer[start..]);
        let length = *outcome.as_ref().unwrap_or(&0);
        buffer.truncate(start + length);
        match outcome {
            // Unless it has gone, the client wrote nothing at all, which is no end of a pipe of bytes.
            Ok(0) if self.content == Content::Bytes && !pipe::has_ended(&self.pipe) => {
                return self.pipe.read(&mut []);
            }
            Ok(length) if length == room => self.expected = (4 * room).min(MOST),
            Ok(length) if length < room / 4 => self.expected = (room / 2).max(LEAST),
            _ => {}
        }
        outcome
    }
}

/// Whether nothing of `pipe` is under way, which can be told only once it is not registered: then
/// each call that finds its kind of work done fails in another way.
pub(super) fn is_idle(mut pipe: &NamedPipe) -> bool {
    let outcomes = [pipe.connect(), pipe.read(&mut []).map(drop), pipe.write(&[]).map(drop)];
    let is_under_way = |outcome: &io::Result<()>| {
        outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    };
    !outcomes.iter().any(is_under_way)
}

impl Stream for StreamPipe {
    const SHORT_READ_DRAINS: bool = false;
    // News of completed operations cost the other side nothing.
    const FEW: usize = 0;
    const HALF_CLOSE: bool = false;

    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let open = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut();
        // It is registered already, with the token of the door.
        open.map_or(Ok(()), |open| open.pipe.reregister(registry, token, Interest::READABLE))
    }

    fn watch_writes(&self, _: &Registry, _: Token, _: bool) -> io::Result<()> {
        // News come by themselves when a write is done.
        Ok(())
    }

    fn watch(&self, _: &Registry, _: Token, _: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn wait_few<'a>(
        _: &'a Poll,
        _: impl Iterator<Item = Few<'a, Self>>,
        _: Option<Duration>,
        _: &mut [Ready; FEW],
    ) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn append(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.lock().as_mut().map_or(Err(closed()), |open| open.append(buffer))
    }

    fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut open = self.lock();
        let pipe = &mut open.as_mut().ok_or_else(closed)?.pipe;
        let total: usize = parts.iter().map(|part| part.len()).sum();
        match total {
            // It would be an end in a pipe of messages.
            0 => Ok(0),
            1..=MOST => pipe.write_vectored(parts),
            _ => pipe.write_vectored(&first(parts)),
        }
    }

    fn close_write(&self) {
        // A write under way goes on, and the client can read all of it before it sees the end.
        self.lock().take();
    }

    fn cut(&self) {
        if let Some(open) = self.lock().take() {
            pipe::give_up(&open.pipe);
        }
    }

    fn finish(&self, registry: &Registry, give_up: bool) -> bool {
        let mut open = self.lock();
        let Some(Open { pipe, .. }) = &mut *open else { return true };
        // The second time it is not registered any more, and that is no error.
        let _ = pipe.deregister(registry);
        let is_writing =
            pipe.write(&[]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        if is_writing && !give_up {
            return false;
        }
        pipe::give_up(pipe);
        let is_idle = is_idle(pipe);
        if is_idle {
            // With nothing under way this closes it at once.
            *open = None;
        }
        is_idle
    }
}

/// The first bytes of `parts`, as many as one write carries.
fn first<'a>(parts: &'a [IoSlice<'a>]) -> Vec<IoSlice<'a>> {
    let mut room = MOST;
    let fitting = parts.iter().map(|part| {
        let fits = part.len().min(room);
        room -= fits;
        IoSlice::new(&part[..fits])
    });
    fitting.collect()
}

fn closed() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}
