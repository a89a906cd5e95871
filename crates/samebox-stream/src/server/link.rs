use super::hub::Hub;
use crate::Stream;
use crate::pool::Pool;
use mio::{Registry, Token};
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The way back to one client, shared by its connection and the answers still due.
///
/// Answers may come from any thread, so this is behind a lock; it is held for one write that does
/// not wait, and answers to different clients do not meet in it.
pub(super) struct Link<S: Stream> {
    stream: S,
    token: usize,
    hub: Arc<Hub>,
    backlog: Mutex<Backlog>,
    pool: Pool,
    limit: usize,
}

/// What the client has yet to read of its answers.
#[derive(Default)]
struct Backlog {
    bytes: Vec<u8>,
    /// How many of `bytes` are written.
    written: usize,
    close_when_written: bool,
    broken: bool,
}

/// Bytes of answers that may wait for a client that does not read, unless `max` is larger.
const BACKLOG: usize = 1 << 20;

impl<S: Stream> Link<S> {
    pub(super) fn new(stream: S, token: usize, hub: Arc<Hub>, pool: Pool, max: usize) -> Self {
        Self { stream, token, hub, backlog: Mutex::default(), pool, limit: BACKLOG.max(max) }
    }

    pub(super) const fn stream(&self) -> &S {
        &self.stream
    }

    pub(super) fn watch(&self, registry: &Registry, token: Token, on: bool) -> io::Result<()> {
        self.stream.watch(registry, token, on)
    }

    pub(super) fn append(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.stream.append(buffer)
    }

    /// Writes one whole frame, keeping what does not fit until the client reads.
    ///
    /// # Errors
    /// `WouldBlock` when too much is waiting already, and nothing of this frame was taken.
    pub(super) fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<()> {
        let mut backlog = self.lock();
        if backlog.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if backlog.waiting() > self.limit {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let was_idle = backlog.waiting() == 0;
        let mut skip = 0;
        if was_idle {
            skip = self.write_now(parts).inspect_err(|_| backlog.broken = true)?;
        }
        let total: usize = parts.iter().map(|part| part.len()).sum();
        if was_idle && skip < total {
            backlog.bytes = self.pool.take(total - skip);
        }
        for part in parts {
            let taken = skip.min(part.len());
            skip -= taken;
            backlog.bytes.extend_from_slice(&part[taken..]);
        }
        if was_idle && backlog.waiting() > 0 {
            self.hub.tell(self.token);
        }
        Ok(())
    }

    fn write_now(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match self.stream.write(parts) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    /// Writes more of what waits, and asks for news of room as long as something does.
    pub(super) fn flush(&self, registry: &Registry, token: Token) {
        let mut backlog = self.lock();
        while backlog.waiting() > 0 {
            match self.write_now(&[IoSlice::new(&backlog.bytes[backlog.written..])]) {
                Ok(0) => {
                    // Failing that, the answer waits until the client goes away.
                    let _ = self.stream.watch_writes(registry, token, true);
                    return;
                }
                Ok(written) => backlog.written += written,
                Err(_) => {
                    backlog.broken = true;
                    backlog.clear(&self.pool);
                }
            }
        }
        backlog.clear(&self.pool);
        let _ = self.stream.watch_writes(registry, token, false);
        if backlog.close_when_written {
            self.stream.close_write();
        }
    }

    /// Ends the direction to the client as soon as it has been sent everything.
    pub(super) fn close_write(&self) {
        let mut backlog = self.lock();
        backlog.close_when_written = true;
        if backlog.waiting() == 0 {
            self.stream.close_write();
        }
    }

    pub(super) fn cut(&self) {
        let mut backlog = self.lock();
        backlog.broken = true;
        backlog.clear(&self.pool);
        self.stream.cut();
    }

    /// Ends both directions when the server ends; see [`Stream::finish`].
    pub(super) fn finish(&self, registry: &Registry, give_up: bool) -> bool {
        let mut backlog = self.lock();
        backlog.broken = true;
        backlog.clear(&self.pool);
        self.stream.finish(registry, give_up)
    }

    /// Whether answers wait for the client to read.
    pub(super) fn has_backlog(&self) -> bool {
        self.lock().waiting() > 0
    }

    /// Whether no answer is due or on its way; the caller's own share of the link does not count.
    pub(super) fn is_done(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1 && !self.has_backlog()
    }

    fn lock(&self) -> MutexGuard<'_, Backlog> {
        // Nothing panics while it is held, and its state is whole between any two statements.
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backlog {
    const fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }

    fn clear(&mut self, pool: &Pool) {
        // A large answer's memory is not kept for a client that may never need it again.
        pool.give_back(std::mem::take(&mut self.bytes));
        self.written = 0;
    }
}
