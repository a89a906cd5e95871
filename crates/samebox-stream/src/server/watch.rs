//! Waiting for news, and what follows from them.

use super::connection::Connection;
use super::link::Link;
use super::{DOOR, HUB, StreamServer, TICK, TurnedAway};
use crate::{Listener, Stream};
use mio::Token;
use samebox_core::{Deadline, Error, ErrorKind, Operation, Peer, Result};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often stalled clients, the name and leaving clients are looked after.
const SWEEP: Duration = Duration::from_secs(1);

/// Clients let in between two looks at those that are in.
const WELCOMES: usize = 256;

impl<L: Listener> StreamServer<L> {
    /// Waits for news until `deadline`, and sorts them; does not wait while clients are busy.
    pub(super) fn wait(&mut self, deadline: Deadline) -> Result<()> {
        self.reads_since_wait = 0;
        self.choose_way();
        let busy = !self.ready.is_empty() || self.door.is_knocked();
        let timeout = if busy { Some(Duration::ZERO) } else { self.patience(deadline) };
        match self.await_news(timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let why = "waiting for clients failed";
                let error = self
                    .terms
                    .endpoint
                    .error(ErrorKind::Io, Operation::Recv, why)
                    .with_source(error);
                return Err(error);
            }
            _ => {}
        }
        let tick = self.write_on();
        self.let_in();
        self.forget_left(4);
        if self.ticker.is_due(tick, SWEEP) {
            self.sweep();
        }
        Ok(())
    }

    /// How long the next wait may take.
    fn patience(&mut self, deadline: Deadline) -> Option<Duration> {
        let needs_sweeps = self.needs_sweeps();
        self.ticker.turn(needs_sweeps, SWEEP);
        [deadline.remaining(), self.ticker.limit(), self.door.rest()].into_iter().flatten().min()
    }

    fn needs_sweeps(&self) -> bool {
        L::NEEDS_UPKEEP || self.budget.is_used() || !self.leaving.is_empty()
    }

    /// Sorts the news: who may be read, and to whom more can be written; tells of a tick.
    pub(super) fn write_on(&mut self) -> bool {
        let mut roomy = Vec::new();
        let mut tick = false;
        for event in &self.events {
            match event.token() {
                HUB => roomy.extend(self.hub.take_needy()),
                DOOR => self.door.knock(),
                TICK => tick = true,
                Token(token) => {
                    let Some(connection) = self.connections.get_mut(token) else { continue };
                    connection.ending |= event.is_read_closed() || event.is_error();
                    if event.is_writable() {
                        roomy.push(token);
                    }
                    if !connection.queued && (event.is_readable() || connection.ending) {
                        connection.queued = true;
                        self.ready.push_back(token);
                    }
                }
            }
        }
        for token in roomy {
            if let Some(connection) = self.connections.get(token) {
                connection.link.flush(self.poll.registry(), Token(token));
            }
        }
        tick
    }

    fn let_in(&mut self) {
        for _ in 0..WELCOMES {
            match self.door.next(self.poll.registry()) {
                None => return,
                Some(Ok((stream, peer))) => self.welcome(stream, peer),
                Some(Err(TurnedAway::Client(error))) => {
                    self.counters.refused += u64::from(error.kind() == ErrorKind::Denied);
                    self.faults.note(error);
                }
                Some(Err(TurnedAway::Shortage(cause))) => {
                    let why = "no more clients can come in for now";
                    let fault = Error::new(ErrorKind::Io, Operation::Recv, "the next client", why);
                    let advice = "raise the limit of open files (ulimit -n)";
                    self.faults.note(fault.with_advice(advice).with_source(cause));
                }
            }
        }
    }

    fn welcome(&mut self, mut stream: L::Stream, peer: Peer) {
        let entry = self.connections.vacant_entry();
        let token = entry.key();
        if self.is_registered
            && let Err(error) = stream.register(self.poll.registry(), Token(token))
        {
            let why = format!("the system cannot watch one more client ({peer})");
            let error =
                self.terms.endpoint.error(ErrorKind::Io, Operation::Recv, why).with_source(error);
            self.faults.note(error);
            return;
        }
        let link =
            Arc::new(Link::new(stream, token, self.hub.clone(), self.pool.clone(), self.terms.max));
        entry.insert(Connection::new(link, Arc::new(peer), &self.options));
        // What it sent before it was watched may make no news.
        self.queue(token);
    }

    /// Once in a while: restores the name, forgets those that have left, cuts stalled clients.
    fn sweep(&mut self) {
        if L::NEEDS_UPKEEP
            && let Err(error) = self.door.upkeep(self.poll.registry())
        {
            self.faults.note(error);
        }
        self.forget_left(usize::MAX);
        self.cut_stalled(Instant::now());
    }

    fn cut_stalled(&mut self, now: Instant) {
        let Some(stall) = self.options.stall.filter(|_| self.budget.is_used()) else { return };
        let stalled = |connection: &Connection<_>| {
            connection.started.is_some_and(|since| now.duration_since(since) > stall)
        };
        let tokens: Vec<_> =
            self.connections.iter().filter(|(_, c)| stalled(c)).map(|(token, _)| token).collect();
        for token in tokens {
            let why = format!("a message was not whole {stall:?} after it began");
            self.cut(token, ErrorKind::TimedOut, &why);
        }
    }

    /// Ends a client that broke the rules or broke off, and notes why.
    pub(super) fn cut(&mut self, token: usize, kind: ErrorKind, why: &str) {
        let connection = &self.connections[token];
        connection.link.cut();
        let why = format!("{why} (client: {})", connection.peer);
        self.faults.note(self.terms.endpoint.error(kind, Operation::Recv, why));
        self.counters.cut += 1;
        self.remove(token);
    }

    /// A client has ended its direction.
    pub(super) fn leave(&mut self, token: usize) {
        let connection = &mut self.connections[token];
        if !connection.is_whole() {
            let why = "it went away in the middle of a message";
            return self.cut(token, ErrorKind::Disconnected, why);
        }
        connection.left = true;
        if !L::Stream::HALF_CLOSE || connection.link.is_done() {
            self.remove(token);
        } else {
            self.leaving.push_back(token);
        }
    }

    /// Looks at up to `count` clients that have left, and forgets those that got all their answers.
    fn forget_left(&mut self, count: usize) {
        for _ in 0..count.min(self.leaving.len()) {
            let Some(token) = self.leaving.pop_front() else { return };
            match self.connections.get(token) {
                Some(connection) if connection.left && connection.link.is_done() => {
                    self.remove(token)
                }
                Some(connection) if connection.left => self.leaving.push_back(token),
                _ => {}
            }
        }
    }

    pub(super) fn remove(&mut self, token: usize) {
        let mut connection = self.connections.remove(token);
        connection.release(&mut self.budget);
        self.unpark();
    }
}
