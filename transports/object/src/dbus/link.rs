//! What is written to one connection: whole messages in order, by any thread.

use super::driver::Driver;
use super::polling::poll_once;
use samebox_core::Deadline;
use std::collections::VecDeque;
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use zbus::{Connection, Message};
use zruntime::{Event, Shared, Task};

/// A connection to a bus or to a peer, whose messages any thread may send.
///
/// A message that fits is written by the thread that sends it. What does not fit waits, bounded, for a
/// task of the connection's driver.
pub(crate) struct Link {
    out: Mutex<Out>,
    driver: Driver,
    /// Bytes that may wait to be written.
    capacity: usize,
    /// Told when something that waited was written, or never will be.
    written: Event,
    /// It does not want signals that go to everybody.
    is_quiet: AtomicBool,
    /// This side is about to end it.
    is_leaving: AtomicBool,
}

struct Out {
    /// `None` when it is over.
    connection: Option<Connection>,
    waiting: VecDeque<Message>,
    bytes: usize,
    /// Writes what waits; the first of it is half written.
    writer: Option<Task<(), Shared>>,
}

/// One message being written; it must not be dropped half-way.
type Writing = Pin<Box<dyn Future<Output = zbus::Result<()>> + Send>>;

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The connection is over.
    Ended,
    /// The other side does not read what it has.
    Full,
    /// There was no room in time.
    Late,
}

impl Link {
    /// A connection that `driver` moves on, on which `capacity` bytes may wait.
    pub(crate) fn new(connection: Connection, driver: &Driver, capacity: usize) -> Arc<Self> {
        let (waiting, bytes, writer) = Default::default();
        let out = Mutex::new(Out { connection: Some(connection), waiting, bytes, writer });
        let (written, is_quiet, is_leaving) = Default::default();
        let driver = driver.clone();
        Arc::new(Self { out, driver, capacity, written, is_quiet, is_leaving })
    }

    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What moves it on.
    pub(crate) fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Sends a message without waiting; what does not fit waits, bounded.
    ///
    /// # Errors
    /// `Full` when too much waits, `Ended`.
    pub(crate) fn send(self: &Arc<Self>, message: Message) -> Result<(), NotSent> {
        let mut out = self.out();
        if out.writer.is_some() && out.bytes + message.data().len() > self.capacity {
            return Err(NotSent::Full);
        }
        self.put(&mut out, message)
    }

    /// Sends a message that may be left out: only where nothing waits.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub(crate) fn send_if_idle(self: &Arc<Self>, message: Message) -> Result<(), NotSent> {
        let mut out = self.out();
        if out.writer.is_some() { Err(NotSent::Full) } else { self.put(&mut out, message) }
    }

    /// Writes a message at once, or has it wait for the writer.
    fn put(self: &Arc<Self>, out: &mut Out, message: Message) -> Result<(), NotSent> {
        let connection = out.connection.clone().ok_or(NotSent::Ended)?;
        if out.writer.is_none() {
            let mut writing = write(connection.clone(), message.clone());
            match poll_once(&mut writing) {
                Poll::Ready(Ok(())) => return Ok(()),
                Poll::Ready(Err(_)) => {
                    out.end();
                    return Err(NotSent::Ended);
                }
                Poll::Pending => {
                    let rest = write_on(Arc::downgrade(self), connection, writing);
                    out.writer = Some(self.driver.spawn("samebox writer", rest));
                }
            }
        }
        out.bytes += message.data().len();
        out.waiting.push_back(message);
        Ok(())
    }

    /// Sends a message, waiting until it is written or `deadline` has come.
    ///
    /// What is half written then is written on, so order holds.
    ///
    /// # Errors
    /// `Late`, `Ended`.
    pub(crate) fn send_by(
        self: &Arc<Self>,
        message: Message,
        deadline: Deadline,
    ) -> Result<(), NotSent> {
        let serial = message.primary_header().serial_num();
        let mut out = self.out();
        self.put(&mut out, message)?;
        if !out.has(serial) {
            return Ok(());
        }
        drop(out);
        let written = async {
            loop {
                let changed = self.written.listen();
                if !self.out().has(serial) {
                    return;
                }
                changed.await;
            }
        };
        // Whether it was in time is seen below.
        let _ = self.driver.wait(written, deadline);
        let mut out = self.out();
        if out.connection.is_none() {
            return Err(NotSent::Ended);
        }
        if !out.has(serial) {
            return Ok(());
        }
        out.take_back(serial);
        Err(NotSent::Late)
    }

    /// Waits until nothing waits to be written.
    pub(crate) async fn flush(&self) {
        loop {
            let changed = self.written.listen();
            if self.out().writer.is_none() {
                return;
            }
            changed.await;
        }
    }

    /// Ends it; whoever waits for it is woken.
    pub(crate) fn cut(&self) {
        let ended = self.out().end();
        self.close(ended);
        self.written.notify(usize::MAX);
    }

    /// Closes what a connection had, so that its readers see the end as well.
    ///
    /// Not with the lock, which what is dropped here may want.
    fn close(&self, ended: Out) {
        // It has the right to write, which closing needs.
        drop(ended.writer);
        let Some(connection) = ended.connection else { return };
        let mut closing = Box::pin(connection.close());
        if poll_once(&mut closing).is_pending() {
            self.driver.finish(async { drop(closing.await) });
        }
    }

    /// Chooses whether it gets the signals that go to everybody.
    pub(crate) fn set_signals(&self, on: bool) {
        self.is_quiet.store(!on, Ordering::Relaxed);
    }

    /// Whether it gets the signals that go to everybody.
    pub(crate) fn wants_signals(&self) -> bool {
        !self.is_quiet.load(Ordering::Relaxed)
    }

    /// Says that this side is about to end it; what was sent still goes out.
    pub(crate) fn leave(&self) {
        self.is_leaving.store(true, Ordering::Relaxed);
    }

    /// Whether this side is about to end it.
    pub(crate) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Relaxed)
    }

    /// Whether nothing can be sent any more.
    pub(crate) fn is_ended(&self) -> bool {
        self.out().connection.as_ref().is_none_or(Connection::is_closed)
    }
}

fn write(connection: Connection, message: Message) -> Writing {
    Box::pin(async move { connection.send(&message).await })
}

/// Writes what waits, beginning with what is half written, until nothing does.
async fn write_on(link: Weak<Link>, connection: Connection, mut writing: Writing) {
    loop {
        let outcome = writing.await;
        let Some(link) = link.upgrade() else { return };
        let mut out = link.out();
        if let Some(done) = out.waiting.pop_front() {
            out.bytes -= done.data().len();
        }
        let ended = outcome.is_err().then(|| out.end());
        let following = out.waiting.front().cloned();
        // The task that ends by itself needs nobody to drop it; detached, it is not dropped here.
        if following.is_none()
            && let Some(writer) = out.writer.take()
        {
            writer.detach();
        }
        drop(out);
        if let Some(ended) = ended {
            link.close(ended);
        }
        link.written.notify(usize::MAX);
        match following {
            Some(message) => writing = write(connection.clone(), message),
            None => return,
        }
    }
}

impl Out {
    fn has(&self, serial: NonZeroU32) -> bool {
        self.waiting.iter().any(|message| message.primary_header().serial_num() == serial)
    }

    /// Takes a message out again that is not half written.
    fn take_back(&mut self, serial: NonZeroU32) {
        let is_it = |message: &Message| message.primary_header().serial_num() == serial;
        let at = self.waiting.iter().position(is_it).filter(|at| *at > 0);
        if let Some(message) = at.and_then(|at| self.waiting.remove(at)) {
            self.bytes -= message.data().len();
        }
    }

    /// Gives up what the connection has; its socket closes when that is dropped.
    fn end(&mut self) -> Self {
        let (connection, waiting, bytes, writer) = Default::default();
        std::mem::replace(self, Self { connection, waiting, bytes, writer })
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("is_ended", &self.is_ended()).finish_non_exhaustive()
    }
}
