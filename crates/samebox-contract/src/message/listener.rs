//! The thread of a client that takes the calls of its service.

use super::answer::{self, Kind as AnswerKind};
use super::client::Terms;
use super::header::Kind;
use super::lane::{Connection, wait};
use super::lock;
use super::respond::Responder;
use samebox_core::typed::{Caller, Dispatch};
use samebox_core::{CallId, Deadline, Error, ErrorKind, Operation, Peer, Result};
use samebox_msgpack::{DEPTH, Decoder};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// How long one `listen` waits; shorter than the time after which a server forgets a session.
const RENEWAL: Duration = Duration::from_secs(240);

/// How many `listen`s are outstanding: see `message`.
const OUTSTANDING: usize = 2;

/// Pauses between attempts to listen, while the server is away: from this one, doubled, to that.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// The thread, as its client sees it.
pub(super) struct Listener {
    control: Arc<Control>,
    thread: ThreadId,
}

#[derive(Default)]
struct Control {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    closing: bool,
    ended: bool,
}

impl Listener {
    /// Begins to listen on a connection of its own.
    pub(super) fn start(
        connection: Connection,
        terms: Arc<Terms>,
        callbacks: Arc<dyn Dispatch>,
    ) -> Result<Self> {
        let control = Arc::<Control>::default();
        let listening = Listening {
            control: Arc::clone(&control),
            peer: connection.outbox.peer().cloned().unwrap_or_default(),
            connection,
            terms: Arc::clone(&terms),
            callbacks,
            last: 0,
            answer: Vec::new(),
        };
        let thread = thread::Builder::new().name("samebox-callbacks".into());
        let thread = thread.spawn(move || listening.run()).map_err(|error| {
            let why = "the operating system gives no thread for calls back";
            terms.error(ErrorKind::Io, Operation::Connect, why).with_source(error)
        })?;
        Ok(Self { control, thread: thread.thread().id() })
    }

    /// Tells the thread to end with what it waits for.
    pub(super) fn close(&self) {
        lock(&self.control.state).closing = true;
        self.control.changed.notify_all();
    }

    /// Waits until the thread has ended; not if the caller is that thread.
    pub(super) fn wait(&self, deadline: Deadline) {
        let mut state = lock(&self.control.state);
        while !state.ended && !deadline.has_passed() && thread::current().id() != self.thread {
            state = wait(&self.control.changed, state, deadline.remaining());
        }
    }
}

impl Control {
    fn is_closing(&self) -> bool {
        lock(&self.state).closing
    }

    /// Waits for a while, or until the client is dropped.
    fn pause(&self, pause: Duration) {
        let deadline = Deadline::after(pause);
        let mut state = lock(&self.state);
        while !state.closing && !deadline.has_passed() {
            state = wait(&self.changed, state, deadline.remaining());
        }
    }
}

/// What the thread works with.
struct Listening {
    control: Arc<Control>,
    peer: Peer,
    connection: Connection,
    terms: Arc<Terms>,
    callbacks: Arc<dyn Dispatch>,
    /// The number of the last callback taken; 0 before the first.
    last: u64,
    /// The answer to it; empty for a one-way one.
    answer: Vec<u8>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        lock(&self.control.state).ended = true;
        self.control.changed.notify_all();
    }
}

impl Listening {
    fn run(mut self) {
        let (first, longest) = PAUSES;
        let mut pause = first;
        while !self.control.is_closing() {
            let mut asked = VecDeque::new();
            let last = self.last;
            let error = self.listen(&mut asked);
            self.forget(asked);
            // What happens as long as all is well needs no pause.
            if error.is_some_and(|error| error.kind() == ErrorKind::TimedOut) || self.last != last {
                pause = first;
            } else {
                self.control.pause(pause);
                pause = (pause * 2).min(longest);
            }
        }
    }

    /// Takes callbacks until one fails to come; gives why, where that is an error.
    fn listen(&mut self, asked: &mut VecDeque<CallId>) -> Option<Error> {
        let deadline = Deadline::after(RENEWAL);
        while !self.control.is_closing() {
            while asked.len() < OUTSTANDING {
                match self.ask(asked.is_empty(), deadline) {
                    Ok(call) => asked.push_back(call),
                    Err(error) => return Some(error),
                }
            }
            let next = asked.pop_front()?;
            match self.connection.outbox.as_call()?.response(next, deadline) {
                Ok(message) if self.take(&message) => {}
                Ok(_) => return None,
                Err(error) => return Some(error),
            }
        }
        None
    }

    /// Asks for a callback, telling how the last one ended.
    fn ask(&mut self, fresh: bool, deadline: Deadline) -> Result<CallId> {
        let Connection { outbox, buffer } = &mut self.connection;
        self.terms.begin(buffer, Kind::Listen, u16::from(!fresh));
        buffer.extend_from_slice(&self.last.to_be_bytes());
        buffer.extend_from_slice(&self.answer);
        let Some(calls) = outbox.as_call() else {
            let why = "the transport gives no answers";
            return Err(self.terms.error(ErrorKind::Unsupported, Operation::Call, why));
        };
        calls.request(buffer.as_slice().into(), deadline).inspect_err(|error| {
            if error.kind() == ErrorKind::TooLarge {
                // An answer that does not fit must not be offered again and again.
                let why = "the answer to the call back is too large";
                answer::write_refused(&mut self.answer, ErrorKind::TooLarge, why);
            }
        })
    }

    /// Gives up what is outstanding, so that the connection keeps nothing for it.
    fn forget(&mut self, asked: VecDeque<CallId>) {
        if let Some(calls) = self.connection.outbox.as_call() {
            for call in asked {
                let _ = calls.response(call, Deadline::past());
            }
        }
    }

    /// Handles what the server said; `false` when that was no callback.
    fn take(&mut self, message: &[u8]) -> bool {
        let one_way = match answer::split(message) {
            Some((AnswerKind::Callback, _)) => false,
            Some((AnswerKind::OneWayCallback, _)) => true,
            Some((AnswerKind::Probe, _)) => return true,
            _ => return false,
        };
        let Some(callback) = Callback::read(&message[2..]) else { return false };
        // What comes again was answered, and that answer did not arrive.
        if callback.number != self.last {
            self.last = callback.number;
            self.execute(&callback, one_way);
        }
        true
    }

    fn execute(&mut self, callback: &Callback<'_>, one_way: bool) {
        let contract = self.terms.contract.callback.expect("only then is there a listener");
        let index = usize::from(callback.operation);
        let known = contract.operations.get(index).filter(|one| one.one_way == one_way);
        let mut respond = Responder::new(&mut self.answer);
        let Some(operation) = known else {
            respond.refuse(ErrorKind::Malformed, "the contract has no such call back");
            return;
        };
        let caller = Caller { peer: &self.peer, back: None };
        let mut arguments = Decoder::new(callback.arguments, DEPTH);
        let begun = arguments.parts(operation.parameters.len());
        respond.run(begun, &operation.name, |respond| {
            self.callbacks.dispatch(index, &caller, &mut arguments, respond)
        });
        if one_way {
            self.answer.clear();
        }
    }
}

/// A call of the service, as it came.
struct Callback<'a> {
    number: u64,
    operation: u16,
    arguments: &'a [u8],
}

impl<'a> Callback<'a> {
    fn read(body: &'a [u8]) -> Option<Self> {
        let (number, rest) = body.split_first_chunk()?;
        let (operation, arguments) = rest.split_first_chunk()?;
        let number = u64::from_be_bytes(*number);
        Some(Self { number, operation: u16::from_be_bytes(*operation), arguments })
    }
}
