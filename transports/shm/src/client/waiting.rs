//! Waiting for the server: for its answers, for room in the ring, for its welcome, for its end.

use super::calls::Calls;
use super::connection::Connection;
use crate::ring::memory::{Shared, Word};
use crate::ring::{Sleeper, Way};
use crate::system::Hearing;
use samebox_core::Deadline;
use std::io;

impl Connection {
    /// Waits until answers have come, and takes them in.
    ///
    /// # Errors
    /// `TimedOut`, `InvalidData` when the server breaks the rules, another kind when it is gone.
    pub(super) fn wait_for_answer(
        &mut self,
        calls: &mut Calls,
        deadline: Deadline,
    ) -> io::Result<()> {
        loop {
            if self.take_in(calls)? {
                return Ok(());
            }
            self.wait(None, deadline)?;
        }
    }

    /// Waits until the server has read up to there, taking in answers meanwhile.
    ///
    /// # Errors
    /// As [`Connection::wait_for_answer`].
    pub(super) fn wait_for_room(
        &mut self,
        room: u64,
        calls: &mut Calls,
        deadline: Deadline,
    ) -> io::Result<()> {
        // A server that cannot get rid of its answers may stop reading.
        while !self.producer.has_read(room) {
            self.take_in(calls)?;
            self.wait(Some(room), deadline)?;
        }
        Ok(())
    }

    /// Waits until something may have come.
    fn wait(&mut self, room: Option<u64>, deadline: Deadline) -> io::Result<()> {
        if self.server.is_none() {
            return self.wait_for_welcome(deadline);
        }
        if self.tell_core() && !deadline.has_passed() && self.spin(room) {
            return Ok(());
        }
        self.release();
        let slept = self.sleep(room, deadline);
        self.sleeper.wake();
        // What came before an end, or just in time, counts.
        match slept {
            Err(error) if !self.has_come(room) => Err(error),
            _ => Ok(()),
        }
    }

    fn wait_for_welcome(&mut self, deadline: Deadline) -> io::Result<()> {
        if !self.is_refused {
            self.line.wait(deadline)?;
        }
        if !self.is_alive() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }

    fn spin(&mut self, room: Option<u64>) -> bool {
        let Self { spin, server, .. } = self;
        let Some(server) = server else { return false };
        let peer = server.consumer.peer();
        spin.until(|| {
            server.consumer.is_ready()
                || room.is_some_and(|room| peer.word(Word::Head as usize).load() >= room)
        })
    }

    /// Whether what is waited for is there.
    fn has_come(&mut self, room: Option<u64>) -> bool {
        self.server.as_ref().is_some_and(|server| server.consumer.is_ready())
            || room.is_some_and(|room| self.producer.has_read(room))
    }

    /// Sleeps for a moment on the bell, then at the life line.
    fn sleep(&mut self, room: Option<u64>, deadline: Deadline) -> io::Result<()> {
        let Some(server) = &self.server else { return Ok(()) };
        let peer = server.consumer.peer().clone();
        if let Some(hearing) = Hearing::new(&peer) {
            self.announce(Way::Bell, room);
            if self.has_come(room) || !hearing.wait(&peer, deadline) {
                return Ok(());
            }
        }
        if deadline.has_passed() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.announce(Way::Line, room);
        if self.has_come(room) {
            return Ok(());
        }
        let waited = self.line.wait(deadline);
        if self.line.has_ended() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        waited
    }

    fn announce(&mut self, way: Way, room: Option<u64>) {
        self.sleeper.announce(way, room);
        let peer = self.server.as_ref().map(|server| server.consumer.peer());
        Sleeper::<Shared>::settle(peer);
    }
}
