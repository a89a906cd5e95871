//! The receiving half: one loop that waits on readiness for all clients.

mod answer;
mod budget;
mod chunk;
mod connection;
mod door;
mod few;
mod hub;
mod link;
mod watch;

use crate::pool::Pool;
use crate::{Listener, Options, Stream, Ticker};
use answer::{StreamAnswer, Terms};
use budget::Budget;
use chunk::{Chunk, Found};
use connection::{Connection, Read};
pub use door::{Door, TurnedAway};
pub use hub::Hub;
use mio::{Events, Poll, Token, Waker};
use samebox_core::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Faults, Inbox, Message, Operation, Result,
    Stopper,
};
use samebox_framing::Kind;
use slab::Slab;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The inbox of a byte-stream transport.
pub struct StreamServer<L: Listener> {
    terms: Arc<Terms>,
    options: Options,
    poll: Poll,
    events: Events,
    hub: Arc<Hub>,
    stopped: Arc<AtomicBool>,
    door: Door<L>,
    connections: Slab<Connection<L::Stream>>,
    /// Clients are registered with the poll, not waited for one by one.
    is_registered: bool,
    /// Waits in a row that brought a stream of messages, and what had come before the last.
    streak: u32,
    received_before: u64,
    /// Clients that may have more to read; news of them do not come again before they are drained.
    ready: VecDeque<usize>,
    /// Clients that wait for room in the budget.
    parked: Vec<usize>,
    /// Clients that have ended their direction while answers to them are still due.
    leaving: VecDeque<usize>,
    /// What the last read brought, being handed out message by message.
    chunk: Option<Chunk>,
    scratch: Vec<u8>,
    budget: Budget,
    pool: Pool,
    reads_since_wait: u32,
    ticker: Ticker,
    counters: Counters,
    faults: Faults,
}

const DOOR: Token = Token(usize::MAX);
const HUB: Token = Token(usize::MAX - 1);
const TICK: Token = Token(usize::MAX - 2);

/// Bytes that one read may bring.
const SCRATCH: usize = 256 << 10;

/// Reads between two looks at the door while clients are busy.
const READS_PER_WAIT: u32 = 32;

/// Waits that a call may make after its deadline: one to see what is there, one to see nothing more.
const OVERTIME: u32 = 2;

impl<L: Listener> StreamServer<L> {
    /// A server behind `listener`.
    ///
    /// # Errors
    /// `Io` when the system gives no means of waiting.
    pub fn new(endpoint: Endpoint, options: Options, mut listener: L) -> Result<Self> {
        let failed = |cause: std::io::Error| {
            let why = "the system gives no means of waiting for clients";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        };
        let poll = Poll::new().map_err(failed)?;
        let waker = Waker::new(poll.registry(), HUB).map_err(failed)?;
        listener.register(poll.registry(), DOOR).map_err(failed)?;
        let ticker = Ticker::new(poll.registry(), TICK).map_err(failed)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            hub: Arc::new(Hub::new(waker)),
            stopped: Arc::default(),
            door: Door::new(listener),
            connections: Slab::new(),
            is_registered: true,
            streak: 0,
            received_before: 0,
            ready: VecDeque::new(),
            parked: Vec::new(),
            leaving: VecDeque::new(),
            chunk: None,
            scratch: Vec::with_capacity(SCRATCH),
            budget: Budget::new(options.capacity),
            pool: Pool::default(),
            reads_since_wait: 0,
            ticker,
            counters: Counters::default(),
            faults: Faults::default(),
            terms: Arc::new(Terms { framing: options.framing, max: options.max, endpoint }),
            options,
        })
    }

    /// The next message out of what has been read already.
    fn next_of_chunk(&mut self) -> Option<Message> {
        let chunk = self.chunk.as_mut()?;
        let connection = &mut self.connections[chunk.connection];
        match connection.next(chunk) {
            Found::Message(kind, payload) => {
                let last = chunk.ended && chunk.is_spent();
                let message = Message::new(payload, connection.peer.clone());
                self.counters.received += 1;
                Some(match answer(connection, kind, last, &self.terms) {
                    Some(answer) => message.with_answer(Box::new(answer)),
                    None => message,
                })
            }
            Found::Nothing => {
                let Chunk { connection: token, ended, .. } = self.chunk.take()?;
                self.connections[token].settle(&mut self.budget);
                self.unpark();
                if ended {
                    self.leave(token);
                }
                None
            }
            Found::Violation(kind, why) => {
                let Chunk { connection: token, .. } = self.chunk.take()?;
                self.cut(token, kind, &why);
                None
            }
        }
    }

    /// Reads once from a client that may have something.
    fn read(&mut self, token: usize) {
        self.reads_since_wait += 1;
        let Some(connection) = self.connections.get_mut(token) else { return };
        connection.queued = false;
        if !connection.reserve(&mut self.budget, &self.pool, self.options.max) {
            connection.parked = true;
            self.parked.push(token);
            return;
        }
        match connection.read(token, &mut self.scratch, &self.pool) {
            Read::Bytes { chunk, drained } => {
                self.chunk = chunk;
                if !drained {
                    self.queue(token);
                }
            }
            Read::Nothing => connection.settle(&mut self.budget),
            Read::Failed(cause) if connection.is_whole() => {
                // Between two messages nothing is lost, and many clients end like this.
                drop(cause);
                self.remove(token);
            }
            Read::Failed(cause) => {
                let why = format!("its connection failed in the middle of a message: {cause}");
                self.cut(token, ErrorKind::Disconnected, &why);
            }
        }
    }

    fn queue(&mut self, token: usize) {
        if let Some(connection) = self.connections.get_mut(token)
            && !connection.queued
        {
            connection.queued = true;
            self.ready.push_back(token);
        }
    }

    fn unpark(&mut self) {
        for token in std::mem::take(&mut self.parked) {
            if let Some(connection) = self.connections.get_mut(token) {
                connection.parked = false;
                // It could not go on, so it is not the one that stalled.
                connection.started = connection.started.map(|_| Instant::now());
            }
            self.queue(token);
        }
    }
}

/// The way back to the sender of a message, where there is one.
fn answer<S: Stream>(
    connection: &Connection<S>,
    kind: Kind,
    last: bool,
    terms: &Arc<Terms>,
) -> Option<StreamAnswer<S>> {
    let number = match kind {
        Kind::Call(number) => Some(number),
        _ if terms.framing.has_kinds() => return None,
        // The end of the stream ended the message, so there is a way back only if that stays open.
        _ if last && !S::HALF_CLOSE => return None,
        _ => None,
    };
    Some(StreamAnswer::new(connection.link.clone(), number, terms.clone()))
}

impl<L: Listener> Inbox for StreamServer<L> {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        let mut overtime = 0;
        loop {
            if self.stopped.load(Ordering::Acquire) {
                let why = "the server was stopped";
                return Err(self.terms.endpoint.error(ErrorKind::Stopped, Operation::Recv, why));
            }
            if self.chunk.is_some() {
                match self.next_of_chunk() {
                    Some(message) => return Ok(message),
                    None => continue,
                }
            }
            if self.reads_since_wait < READS_PER_WAIT
                && let Some(token) = self.ready.pop_front()
            {
                self.read(token);
                continue;
            }
            if deadline.has_passed() {
                overtime += 1;
            }
            if overtime > OVERTIME {
                let why = "no message came in time";
                return Err(self.terms.endpoint.error(ErrorKind::TimedOut, Operation::Recv, why));
            }
            self.wait(deadline)?;
        }
    }

    fn stopper(&self) -> Stopper {
        let (stopped, hub) = (self.stopped.clone(), self.hub.clone());
        Stopper::new(move || {
            stopped.store(true, Ordering::Release);
            hub.wake();
        })
    }

    fn endpoint(&self) -> &Endpoint {
        &self.terms.endpoint
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.faults.take()
    }
}

impl<L: Listener> StreamServer<L> {
    /// Ends what is under way at the door and at the connections, which only this loop can see end.
    ///
    /// Answers that are still due hold their connections; their callers must not wait on.
    fn finish(&mut self, give_up: Deadline) {
        const PAUSE: Duration = Duration::from_millis(10);
        let last = Deadline::after(2 * MOMENT);
        loop {
            let registry = self.poll.registry();
            let mut is_over = self.door.finish(registry);
            for (_, connection) in &self.connections {
                is_over &= connection.link.finish(registry, give_up.has_passed());
            }
            let is_over = is_over || last.has_passed();
            if is_over || self.poll.poll(&mut self.events, Some(PAUSE)).is_err() {
                return;
            }
        }
    }
}

/// How long an ending server waits for its clients to read their last answers.
const MOMENT: Duration = Duration::from_secs(1);

impl<L: Listener> Drop for StreamServer<L> {
    /// The last answers get a moment to leave: a server may answer and end at once.
    fn drop(&mut self) {
        let deadline = Deadline::after(MOMENT);
        while self.connections.iter().any(|(_, connection)| connection.link.has_backlog())
            && !deadline.has_passed()
        {
            if self.await_news(deadline.remaining()).is_err() {
                break;
            }
            self.write_on();
        }
        self.finish(deadline);
    }
}
