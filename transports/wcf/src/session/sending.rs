use super::outbound::{NotSent, Outbound};
use super::{Session, Side, lock};
use crate::faults;
use samebox_core::Deadline;
use samebox_stream::Ready;
use samebox_wcf_wire::dictionary::Sent;
use samebox_wcf_wire::framing::Fault;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How many bytes of answers may wait for a client that does not read them.
const ANSWERS: usize = 16 << 20;

/// How long a client may leave its answers unread.
const UNREAD: Duration = Duration::from_secs(60);

/// How long it is looked for why a connection was lost.
const REASON: Duration = Duration::from_millis(200);

/// Writes an envelope, with the strings that the other side knows if the session has such.
type Result<T, E = NotSent> = std::result::Result<T, E>;

impl Session {
    /// Sends an envelope that `write` writes; returns when all of it has left this process.
    pub(crate) fn send(
        &self,
        deadline: Deadline,
        write: impl FnOnce(&mut Vec<u8>, Option<&mut Sent>) -> samebox_data::Result<()>,
    ) -> Result<()> {
        let mut write = Some(write);
        loop {
            let mut outbound = lock(&self.outbound);
            let mut gone = self.write_now(&mut outbound)?;
            if gone && let Some(write) = write.take() {
                outbound.envelope(self.max, write)?;
                gone = self.write_now(&mut outbound)?;
            }
            drop(outbound);
            if gone {
                return Ok(());
            }
            let late = if write.is_some() { NotSent::Late } else { NotSent::Begun };
            self.wait_for_room(deadline, late)?;
        }
    }

    /// Sends `count` small envelopes with as few writes as they fit in; when that fails, tells how many
    /// have gone whole, or will with the next message.
    pub(crate) fn send_all(
        &self,
        deadline: Deadline,
        count: usize,
        write: impl Fn(usize, &mut Vec<u8>, Option<&mut Sent>) -> samebox_data::Result<()>,
    ) -> Result<(), (NotSent, usize)> {
        let mut ends = Vec::new();
        loop {
            let mut outbound = lock(&self.outbound);
            let mut gone = outbound.write_now(self.link());
            if matches!(gone, Ok(true)) && ends.is_empty() {
                for place in 0..count {
                    let written =
                        |out: &mut Vec<u8>, words: Option<&mut Sent>| write(place, out, words);
                    outbound
                        .envelope(self.max, written)
                        .map_err(|failure| (failure, ends.len()))?;
                    ends.push(outbound.length());
                }
                gone = outbound.write_now(self.link());
            }
            let whole = outbound.whole(&ends);
            drop(outbound);
            let late = if ends.is_empty() { NotSent::Late } else { NotSent::Begun };
            let waited = match gone {
                Ok(true) => return Ok(()),
                Ok(false) => self.wait_for_room(deadline, late),
                Err(failure) => Err(failure),
            };
            waited.map_err(|failure| match failure {
                NotSent::Begun => (failure, count),
                _ => (failure, whole),
            })?;
        }
    }

    /// Sends an envelope without waiting; what the other side does not read at once waits, bounded.
    pub(crate) fn send_later(
        self: &Arc<Self>,
        write: impl FnOnce(&mut Vec<u8>, Option<&mut Sent>) -> samebox_data::Result<()>,
    ) -> Result<()> {
        let mut outbound = lock(&self.outbound);
        if outbound.pending() > ANSWERS {
            return Err(NotSent::Full);
        }
        outbound.envelope(self.max, write)?;
        let gone = self.write_now(&mut outbound)?;
        drop(outbound);
        if !gone && !self.is_drained.swap(true, Ordering::AcqRel) {
            let session = self.clone();
            let thread = std::thread::Builder::new().name("samebox-wcf-write".into());
            // Without a thread the next answer writes on.
            if thread.spawn(move || session.drain()).is_err() {
                self.is_drained.store(false, Ordering::Release);
            }
        }
        Ok(())
    }

    /// Writes what waits, until it is gone or has been waiting too long.
    fn drain(&self) {
        let by = || Deadline::after(UNREAD);
        let mut deadline = by();
        let mut before = usize::MAX;
        loop {
            let mut outbound = lock(&self.outbound);
            match self.write_now(&mut outbound) {
                Ok(false) => {}
                Ok(true) | Err(_) => {
                    // Whoever appends more sees this only with the lock, and begins anew.
                    self.is_drained.store(false, Ordering::Release);
                    return;
                }
            }
            if outbound.pending() < before {
                deadline = by();
            }
            before = outbound.pending();
            drop(outbound);
            let wanted = Ready { read: false, write: true };
            if self.link.wait(wanted, deadline).is_err() {
                return self.link.cut();
            }
        }
    }

    fn write_now(&self, outbound: &mut Outbound) -> Result<bool> {
        outbound.write_now(self.link())
    }

    /// Waits until more can be written. A client reads meanwhile: a server that cannot get rid of its
    /// answers may stop reading.
    fn wait_for_room(&self, deadline: Deadline, late: NotSent) -> Result<()> {
        let reads = self.side == Side::Client && self.state().try_read();
        let outcome = self.link.wait(Ready { read: reads, write: true }, deadline);
        if reads {
            if outcome.as_ref().is_ok_and(|ready| ready.read) {
                self.read_aside(deadline);
            } else {
                let mut state = self.state();
                state.read();
                state.wake_a_reader();
            }
        }
        match outcome {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => Err(late),
            Err(error) => Err(NotSent::Lost(error)),
        }
    }

    /// Whether everything has left this process.
    pub(crate) fn flush(&self, deadline: Deadline) -> Result<()> {
        while !self.write_now(&mut lock(&self.outbound))? {
            self.wait_for_room(deadline, NotSent::Late)?;
        }
        Ok(())
    }

    /// Notes that a write failed; the other side may have said why before it went.
    pub(crate) fn lost(&self) {
        let by = Deadline::after(REASON);
        while self.state().try_read() {
            if self.read(by).is_err() {
                break;
            }
        }
        self.state().end(faults::lost());
    }

    /// Looks without waiting whether the other side has ended the session.
    pub(crate) fn look(&self) {
        if !self.state().try_read() {
            return;
        }
        let wanted = Ready { read: true, write: false };
        if self.link.wait(wanted, Deadline::past()).is_ok() {
            self.read_aside(Deadline::past());
        } else {
            let mut state = self.state();
            state.read();
            state.wake_a_reader();
        }
    }

    /// Reads with the right to, for others.
    fn read_aside(&self, by: Deadline) {
        // What is not whole in time is read on by whoever waits for it.
        let _ = self.read(by);
        self.state().wake_a_reader();
    }

    /// Says that the session is over for this side, if there is room for it.
    pub(super) fn say_end(&self, deadline: Deadline) {
        lock(&self.outbound).end();
        // Whoever does not take it is gone, or will see the connection close.
        let _ = self.flush(deadline);
    }

    /// Says why this side ends the session, if there is room for it.
    pub(super) fn refuse(&self, fault: Fault) {
        let mut outbound = lock(&self.outbound);
        outbound.fault(&fault.uri());
        // The rest can wait for the end, or is lost with the connection.
        let _ = self.write_now(&mut outbound);
    }
}
