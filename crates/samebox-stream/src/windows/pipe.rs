use crate::{FEW, Few, Ready, Stream};
use mio::event::Source;
use mio::windows::NamedPipe;
use mio::{Interest, Poll, Registry, Token};
use samebox_sys::windows::pipe;
use std::io::{self, IoSlice, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A client's pipe as its server sees it.
#[derive(Debug)]
pub struct StreamPipe(Mutex<Option<Open>>);

#[derive(Debug)]
struct Open {
    pipe: NamedPipe,
    /// How much the read under way may bring: all that the next look can hand out.
    expected: usize,
}

/// Bytes that a read of a client with small messages, or with none, holds room for.
const LEAST: usize = 4 << 10;

/// Bytes that one read may bring, or one write carry: memory that a busy client holds.
const MOST: usize = 64 << 10;

impl StreamPipe {
    pub(super) const fn new(pipe: NamedPipe) -> Self {
        Self(Mutex::new(Some(Open { pipe, expected: LEAST })))
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
        let start = buffer.len();
        let room = self.expected.min(buffer.capacity() - start);
        buffer.resize(start + room, 0);
        let outcome = self.pipe.read(&mut buffer[start..]);
        let length = *outcome.as_ref().unwrap_or(&0);
        buffer.truncate(start + length);
        match outcome {
            // Unless it has gone, the client wrote nothing at all, which is no end.
            Ok(0) if !pipe::has_ended(&self.pipe) => return self.pipe.read(&mut []),
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
        if total <= MOST { pipe.write_vectored(parts) } else { pipe.write_vectored(&first(parts)) }
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
