//! The way back to one client, shared by the server's loop and the answers still due.

use crate::ring::memory::Shared;
use crate::ring::{Kind, Producer, Refused, Way};
use crate::system::ServerLine;
use samebox_core::{Bytes, Endpoint};
use samebox_stream::Hub;
use samebox_sys::memory::OwnWords;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the answers to one client go through; behind a lock, as they may come from any thread.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) line: ServerLine,
    words: OwnWords,
    token: usize,
    hub: Arc<Hub>,
    /// The largest payload of an answer.
    pub(super) max: usize,
    pub(super) endpoint: Arc<Endpoint>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    producer: Producer<Shared>,
    /// Answers that found no room in the ring.
    backlog: VecDeque<(Kind, Bytes)>,
    waiting: usize,
    /// Bytes of answers that may wait there.
    limit: usize,
    /// How far the client must read before more of them fits.
    room: u64,
    /// It says to have read what was not written; the server's loop ends it.
    lied: bool,
    gone: bool,
}

/// A client that is to be cut off.
pub(super) struct Lied;

impl Link {
    pub(super) fn new(
        line: ServerLine,
        words: OwnWords,
        producer: Producer<Shared>,
        (token, hub): (usize, Arc<Hub>),
        (max, endpoint): (usize, Arc<Endpoint>),
    ) -> Self {
        const BACKLOG: usize = 1 << 20;
        let limit = BACKLOG.max(max);
        let backlog = VecDeque::new();
        let state =
            State { producer, backlog, waiting: 0, limit, room: 0, lied: false, gone: false };
        Self { line, words, token, hub, max, endpoint, state: Mutex::new(state) }
    }

    /// Sends one answer, keeping it until the client reads when there is no room.
    ///
    /// # Errors
    /// `WouldBlock` when too much is waiting already, `BrokenPipe` when the client is gone.
    pub(super) fn send(&self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        if state.gone {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if state.backlog.is_empty() {
            match state.producer.push(kind, payload) {
                Ok(()) => {
                    let way = state.producer.publish();
                    drop(state);
                    self.wake(way);
                    return Ok(());
                }
                Err(Refused::Broken) => {
                    state.lied = true;
                    self.hub.tell(self.token);
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
                Err(Refused::Full(room)) => state.room = room,
            }
        }
        if state.waiting + payload.len() > state.limit {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        state.waiting += payload.len() + size_of::<(Kind, Bytes)>();
        state.backlog.push_back((kind, Bytes::copy_from_slice(payload)));
        let is_first = state.backlog.len() == 1;
        drop(state);
        if is_first {
            self.hub.tell(self.token);
        }
        Ok(())
    }

    /// Whether answers wait and the client has read enough for more of them.
    pub(super) fn is_roomy(&self) -> bool {
        let mut state = self.lock();
        let room = state.room;
        !state.backlog.is_empty() && state.producer.has_read(room)
    }

    /// Sends what waited, as far as there is room; gives how far the client must read for more.
    ///
    /// # Errors
    /// When it was found to lie.
    pub(super) fn send_on(&self) -> Result<Option<u64>, Lied> {
        let mut state = self.lock();
        let mut refused = None;
        while let Some((kind, payload)) = state.backlog.front().cloned() {
            match state.producer.push(kind, &payload) {
                Ok(()) => {}
                Err(Refused::Full(room)) => {
                    state.room = room;
                    refused = Some(room);
                    break;
                }
                Err(Refused::Broken) => {
                    state.lied = true;
                    break;
                }
            }
            state.waiting -= payload.len() + size_of::<(Kind, Bytes)>();
            state.backlog.pop_front();
        }
        if state.lied {
            return Err(Lied);
        }
        let way = state.producer.publish();
        drop(state);
        self.wake(way);
        Ok(refused)
    }

    /// Wakes the client, if it sleeps.
    pub(super) fn wake(&self, way: Option<Way>) {
        match way {
            None => {}
            Some(Way::Bell) => ServerLine::ring(&self.words),
            Some(Way::Line) => self.line.call(),
        }
    }

    /// Whether answers would be lost if this server ended now.
    pub(super) fn has_backlog(&self) -> bool {
        let mut state = self.lock();
        !state.backlog.is_empty() || (self.line.is_awaited() && state.producer.unread() > 0)
    }

    /// Forgets the client: what is still to be answered fails.
    pub(super) fn leave(&self) {
        self.lock().leave();
        self.line.cut();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and its state is whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn leave(&mut self) {
        self.gone = true;
        self.backlog.clear();
        self.waiting = 0;
    }
}
