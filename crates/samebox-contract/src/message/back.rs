//! The service's way back to one client.

use super::answer::{self, FORMAT, Kind};
use super::client::{Outcome, outcome, refused, write_arguments};
use super::lane::wait;
use super::lock;
use super::service::Service;
use samebox_core::typed::{Failure, Invocation, Invoke};
use samebox_core::{Bytes, Deadline, Error, ErrorKind, Message, Operation, Peer, Result};
use samebox_data::Contract;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Calls that may wait for a client, and their bytes.
const WAITING: usize = 1024;
const WAITING_BYTES: usize = 64 << 20;

/// How many `listen`s are kept: one for the next callback, one to look whether the client is there.
const LISTENS: usize = 2;

/// How long a callback may be outstanding before that is looked.
const PROBED: Duration = Duration::from_secs(1);

/// Calls back to the client of one session, one after another, as it asks for them.
pub(super) struct Back {
    service: Arc<Service>,
    contract: &'static Contract,
    peer: Peer,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The number of the next callback.
    next: u64,
    waiting: VecDeque<Callback>,
    bytes: usize,
    /// What was sent, until the client says that it has it.
    outstanding: Option<Outstanding>,
    /// The client's `listen`s that were not answered, oldest first.
    listens: VecDeque<Message>,
    /// How calls ended that somebody waits for; `None` for those that have not.
    outcomes: HashMap<u64, Option<Ended>>,
    /// Why nothing more can be sent.
    away: Option<(ErrorKind, &'static str)>,
    /// That holds for good.
    closed: bool,
}

/// One call on its way to the client.
struct Callback {
    number: u64,
    message: Vec<u8>,
}

/// One call that was sent.
struct Outstanding {
    callback: Callback,
    since: Instant,
    /// It was looked since whether the client is still there.
    probed: bool,
}

/// The client's answer, or why there is none.
type Ended = Result<Bytes, (ErrorKind, String)>;

impl Back {
    pub(super) fn new(service: Arc<Service>, contract: &'static Contract, peer: Peer) -> Self {
        let state = State {
            // A server that was started again must not use a number that a client remembers.
            next: RandomState::new().hash_one(0_u8) | 1,
            waiting: VecDeque::new(),
            bytes: 0,
            outstanding: None,
            listens: VecDeque::new(),
            outcomes: HashMap::new(),
            away: None,
            closed: false,
        };
        Self { service, contract, peer, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Takes a `listen` of the client, whose body tells how the last callback ended.
    ///
    /// With a `fresh` one the client gives up those before, and what it was sent and does not name.
    pub(super) fn listen(&self, listen: Message, fresh: bool, number: u64, answer: &[u8]) {
        let mut state = lock(&self.state);
        if state.closed {
            drop(state);
            end(listen);
            return;
        }
        let old = if fresh { std::mem::take(&mut state.listens) } else { VecDeque::new() };
        state.away = None;
        match state.outstanding.take() {
            Some(sent) if sent.callback.number == number => {
                state.finish(number, Ok(Bytes::copy_from_slice(answer)));
            }
            Some(sent) if fresh => {
                state.bytes += sent.callback.message.len();
                state.waiting.push_front(sent.callback);
            }
            sent => state.outstanding = sent,
        }
        state.listens.push_back(listen);
        let excess = if state.listens.len() > LISTENS { state.listens.pop_front() } else { None };
        self.send_next(&mut state);
        drop(state);
        self.changed.notify_all();
        // Their client has given them up, or must begin anew.
        old.into_iter().chain(excess).for_each(end);
    }

    /// Ends all calls, for good.
    pub(super) fn close(&self, kind: ErrorKind, why: &'static str) {
        let mut state = lock(&self.state);
        state.closed = true;
        state.give_up(kind, why);
        let listens = std::mem::take(&mut state.listens);
        drop(state);
        self.changed.notify_all();
        listens.into_iter().for_each(end);
    }

    /// Sends what waits, if the client listens and has taken what was sent before.
    fn send_next(&self, state: &mut State) {
        while state.outstanding.is_none() && !state.listens.is_empty() {
            let Some(next) = state.waiting.pop_front() else { return };
            let Some(mut listen) = state.listens.pop_front() else { return };
            state.bytes -= next.message.len();
            let Err(error) = listen.reply(&next.message) else {
                let since = Instant::now();
                state.outstanding = Some(Outstanding { callback: next, since, probed: false });
                return;
            };
            let why = error.why().to_owned();
            match error.kind() {
                kind @ (ErrorKind::TooLarge | ErrorKind::Full) => {
                    state.finish(next.number, Err((kind, why)));
                }
                kind => {
                    state.finish(next.number, Err((kind, why)));
                    state.give_up(ErrorKind::Disconnected, GONE);
                }
            }
            self.service.note(error);
        }
    }

    /// Looks whether a client is still there that has not taken what it was sent long ago.
    ///
    /// A connection may take the first bytes after its end without a word.
    fn probe(&self, state: &mut State) {
        let Some(sent) = &mut state.outstanding else { return };
        if sent.probed || sent.since.elapsed() < PROBED {
            return;
        }
        let Some(mut listen) = state.listens.pop_front() else { return };
        sent.probed = true;
        if let Err(error) = listen.reply(Kind::Probe.alone()) {
            state.give_up(ErrorKind::Disconnected, GONE);
            self.service.note(error);
        }
    }

    /// Puts a message among those that wait; gives its number.
    fn put(&self, mut message: Vec<u8>, one_way: bool) -> Result<u64> {
        let mut state = lock(&self.state);
        self.probe(&mut state);
        if let Some((kind, why)) = state.away {
            return Err(self.error(kind, why));
        }
        if state.waiting.len() >= WAITING || state.bytes + message.len() > WAITING_BYTES {
            let why = "the client does not take the calls that wait for it";
            return Err(self.error(ErrorKind::Full, why).with_advice("call the client less often"));
        }
        let number = state.next;
        state.next = state.next.wrapping_add(2);
        message[2..10].copy_from_slice(&number.to_be_bytes());
        if !one_way {
            state.outcomes.insert(number, None);
        }
        state.bytes += message.len();
        state.waiting.push_back(Callback { number, message });
        self.send_next(&mut state);
        Ok(number)
    }

    /// Waits until the client has answered.
    fn wait_for(&self, number: u64, name: &str, deadline: Deadline) -> Result<Bytes> {
        let _waits = self.service.callback_waits();
        let mut probe = Deadline::after(PROBED);
        let mut state = lock(&self.state);
        loop {
            if probe.has_passed() {
                probe = Deadline::NEVER;
                self.probe(&mut state);
            }
            let ended = state.outcomes.get_mut(&number).and_then(Option::take);
            if ended.is_some() || deadline.has_passed() {
                state.forget(number);
                return match ended {
                    Some(ended) => ended.map_err(|(kind, why)| self.error(kind, why)),
                    None => {
                        let why = format!("the client did not answer {name} in time");
                        Err(self.error(ErrorKind::TimedOut, why))
                    }
                };
            }
            state = wait(&self.changed, state, deadline.earlier(probe).remaining());
        }
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        let client = format!("a client of {}", self.service.endpoint);
        refused(Error::new(kind, Operation::Call, client, why))
    }

    fn write(&self, call: &Invocation<'_>, kind: Kind) -> Result<Vec<u8>> {
        let operation = &self.contract.operations[call.operation];
        let mut message = vec![FORMAT, kind as u8, 0, 0, 0, 0, 0, 0, 0, 0];
        let index = u16::try_from(call.operation).map_err(|_| self.unknown())?;
        message.extend_from_slice(&index.to_be_bytes());
        let written = write_arguments(&mut message, operation.parameters.len(), call);
        written.map_err(|error| {
            let why = format!("the arguments of {} cannot be carried: {error}", operation.name);
            self.error(ErrorKind::Unsupported, why)
        })?;
        if message.len() <= self.service.largest {
            return Ok(message);
        }
        let (size, largest) = (message.len(), self.service.largest);
        let why = format!("the call has {size} bytes, {largest} are allowed");
        Err(self.error(ErrorKind::TooLarge, why))
    }

    fn unknown(&self) -> Error {
        let why = format!("{} has no such operation", self.contract.name);
        self.error(ErrorKind::Unsupported, why)
    }
}

const GONE: &str = "the client has gone";

/// Answers a `listen` of a session that has ended.
pub(super) fn end(mut listen: Message) {
    // Whoever is gone need not know.
    let _ = listen.reply(Kind::Ended.alone());
}

impl State {
    /// Notes how a call ended, if somebody still waits for it.
    fn finish(&mut self, number: u64, ended: Ended) {
        if let Some(outcome) = self.outcomes.get_mut(&number) {
            *outcome = Some(ended);
        }
    }

    /// Forgets a call that nobody waits for any more.
    fn forget(&mut self, number: u64) {
        self.outcomes.remove(&number);
        if let Some(at) = self.waiting.iter().position(|one| one.number == number) {
            let callback = self.waiting.remove(at);
            self.bytes -= callback.map_or(0, |callback| callback.message.len());
        }
    }

    /// Ends all calls, until the client listens again.
    fn give_up(&mut self, kind: ErrorKind, why: &'static str) {
        self.away = Some((kind, why));
        self.waiting.clear();
        self.bytes = 0;
        self.outstanding = None;
        for outcome in self.outcomes.values_mut().filter(|outcome| outcome.is_none()) {
            *outcome = Some(Err((kind, why.into())));
        }
    }
}

impl Invoke for Back {
    fn invoke(&self, call: Invocation<'_>, deadline: Deadline) -> Result<(), Failure> {
        let operation =
            self.contract.operations.get(call.operation).ok_or_else(|| self.unknown())?;
        if operation.one_way {
            self.put(self.write(&call, Kind::OneWayCallback)?, true)?;
            return Ok(());
        }
        let number = self.put(self.write(&call, Kind::Callback)?, false)?;
        let answer = self.wait_for(number, &operation.name, deadline)?;
        let name = &operation.name;
        let broken = |what: String| {
            let why =
                format!("the client's answer to {name} is not what the contract says: {what}");
            self.error(ErrorKind::Malformed, why)
        };
        let (kind, body) =
            answer::split(&answer).ok_or_else(|| broken("it is no answer".into()))?;
        match outcome(kind, body, call.answer).map_err(|error| broken(error.to_string()))? {
            Some(Outcome::Done) => Ok(()),
            Some(Outcome::Fault(fault)) => Err(Failure::Fault(fault)),
            Some(Outcome::Refused(kind, why)) => {
                Err(self.error(kind, format!("{name} was refused: {why}")).into())
            }
            None => Err(broken("it is no answer to a call".into()).into()),
        }
    }

    fn peer(&self) -> Option<Peer> {
        Some(self.peer.clone())
    }
}
