//! The receiving half: one loop that looks at the rings of all clients, and sleeps until one rings.

mod answer;
mod guest;
mod link;
mod looking;
mod rounds;
mod waiting;

use crate::options::Options;
use crate::ring::{Broken, Kind, Place, Seen};
use crate::spin::Spin;
use answer::ShmAnswer;
use guest::{Client, Guest};
use mio::{Events, Poll, Token, Waker};
use rounds::Rounds;
use samebox_core::{
    Answer, Counters, Deadline, Endpoint, Error, ErrorKind, Faults, Inbox, Look, Message,
    Operation, Result, Stopper,
};
use samebox_stream::{Door, Hub, Listener, NamedListener, Pool, Ticker};
use slab::Slab;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The inbox of `shm:`.
pub struct ShmInbox {
    endpoint: Arc<Endpoint>,
    options: Options,
    poll: Poll,
    events: Events,
    hub: Arc<Hub>,
    stopped: Arc<AtomicBool>,
    door: Door<NamedListener>,
    guests: Slab<Guest>,
    /// Clients that are looked at without being told to.
    rounds: Rounds,
    spin: Spin,
    pool: Pool,
    ticker: Ticker,
    /// How many guests have not said yet what their memory is.
    strangers: usize,
    counters: Counters,
    faults: Faults,
    /// The message that is looked at where it lies.
    looked_at: Option<Found>,
}

/// A message that was found with one client.
#[derive(Clone, Copy, Debug)]
struct Found {
    token: usize,
    seen: Seen,
}

const DOOR: Token = Token(usize::MAX);
const HUB: Token = Token(usize::MAX - 1);
const TICK: Token = Token(usize::MAX - 2);

impl ShmInbox {
    pub(crate) fn new(
        endpoint: &Endpoint,
        options: Options,
        mut listener: NamedListener,
    ) -> Result<Self> {
        let failed = |cause: std::io::Error| {
            let why = "the system gives no means of waiting for clients";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        };
        let poll = Poll::new().map_err(failed)?;
        let waker = Waker::new(poll.registry(), HUB).map_err(failed)?;
        let ticker = Ticker::new(poll.registry(), TICK).map_err(failed)?;
        listener.register(poll.registry(), DOOR).map_err(failed)?;
        Ok(Self {
            endpoint: Arc::new(endpoint.clone()),
            options,
            poll,
            events: Events::with_capacity(256),
            hub: Arc::new(Hub::new(waker)),
            stopped: Arc::default(),
            door: Door::new(listener),
            guests: Slab::new(),
            rounds: Rounds::default(),
            spin: Spin::default(),
            pool: Pool::default(),
            ticker,
            strangers: 0,
            counters: Counters::default(),
            faults: Faults::default(),
            looked_at: None,
        })
    }

    fn client(&mut self, token: usize) -> Option<&mut Client> {
        match self.guests.get_mut(token) {
            Some(Guest::Client(client)) => Some(client),
            _ => None,
        }
    }

    /// The next message of the client whose turn it is.
    #[inline]
    fn find(&mut self, token: usize) -> Option<Found> {
        let Some(Guest::Client(client)) = self.guests.get_mut(token) else {
            self.rounds.pass();
            return None;
        };
        client.release(false);
        let read = client.consumer.read();
        self.judge(token, read)
    }

    /// What a look into a client's ring gave, if that is a message; sees to the rest.
    #[inline]
    fn judge(
        &mut self,
        token: usize,
        read: std::result::Result<Option<Seen>, Broken>,
    ) -> Option<Found> {
        match read {
            Ok(Some(seen)) if matches!(seen.kind, Kind::Message | Kind::Call(_)) => {
                self.counters.received += 1;
                return Some(Found { token, seen });
            }
            Ok(Some(_)) => self.cut(token, ErrorKind::Malformed, "it answered what nobody asked"),
            Ok(None) => self.end_turn(token),
            Err(broken) => self.cut_broken(token, &broken),
        }
        None
    }

    /// The message that was found.
    #[inline]
    fn message(&mut self, Found { token, seen }: Found) -> Option<Message> {
        let Some(Guest::Client(client)) = self.guests.get_mut(token) else { return None };
        let answer: Option<Box<dyn Answer>> = match seen.kind {
            Kind::Call(number) => Some(Box::new(ShmAnswer::new(Arc::clone(&client.link), number))),
            _ => None,
        };
        match seen.place {
            Place::Copied(at, length) => {
                Some(Message::part(client.consumer.run(), at..at + length, answer))
            }
            Place::Theirs(at, length) => {
                let payload = client.consumer.copy_out(at, length, &self.pool);
                // The block is free again.
                client.release(false);
                let message = Message::new(payload, Arc::clone(&client.peer));
                Some(match answer {
                    Some(answer) => message.with_answer(answer),
                    None => message,
                })
            }
        }
    }

    /// Ends the turn of a client that has nothing more.
    fn end_turn(&mut self, token: usize) {
        if let Some(client) = self.client(token) {
            client.release(false);
        }
        self.rounds.pass();
    }

    /// What `take` gives of the next client that has something for it.
    #[inline]
    fn next_of<T>(
        &mut self,
        take: impl Fn(&mut Self, usize) -> Option<T>,
        deadline: Deadline,
    ) -> Result<T> {
        let mut is_over = false;
        loop {
            if let Some(token) = self.rounds.turn() {
                if let Some(taken) = take(self, token) {
                    return Ok(taken);
                }
                continue;
            }
            if self.stopped.load(Ordering::Acquire) {
                let why = "the server was stopped";
                return Err(self.endpoint.error(ErrorKind::Stopped, Operation::Recv, why));
            }
            if self.next_turn() {
                continue;
            }
            if is_over {
                let why = "no message came in time";
                return Err(self.endpoint.error(ErrorKind::TimedOut, Operation::Recv, why));
            }
            is_over = deadline.has_passed();
            self.wait(deadline)?;
        }
    }

    fn cut_broken(&mut self, token: usize, broken: &Broken) {
        match broken {
            Broken::Malformed(why) => self.cut(token, ErrorKind::Malformed, why),
            Broken::TooLarge(length) => {
                let max = self.options.max;
                let why = format!("a message of {length} bytes came and max is {max}");
                self.cut(token, ErrorKind::TooLarge, &why);
            }
        }
    }

    /// Ends a client that broke the rules, and notes why.
    fn cut(&mut self, token: usize, kind: ErrorKind, why: &str) {
        let peer = match self.guests.get(token) {
            Some(Guest::Client(client)) => &client.peer,
            Some(Guest::Stranger { peer, .. }) => peer,
            None => return,
        };
        let why = format!("{why} (client: {peer})");
        self.faults.note(self.endpoint.error(kind, Operation::Recv, why));
        self.counters.cut += 1;
        self.remove(token);
    }

    fn remove(&mut self, token: usize) {
        self.rounds.leave(token);
        match self.guests.remove(token) {
            Guest::Client(mut client) => {
                self.counters.lost = self.counters.lost.saturating_add(client.newly_dropped());
                client.take_leave();
            }
            Guest::Stranger { line, .. } => {
                self.strangers -= 1;
                line.cut();
            }
        }
    }
}

impl Inbox for ShmInbox {
    #[inline]
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        if self.looked_at.is_some() {
            self.done();
        }
        loop {
            let found = self.next_of(Self::find, deadline)?;
            if let Some(message) = self.message(found) {
                return Ok(message);
            }
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
        &self.endpoint
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.faults.take()
    }

    fn as_look(&mut self) -> Option<&mut dyn Look> {
        Some(self)
    }
}
