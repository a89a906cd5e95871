//! What COM calls: each call becomes a message in the server's mailbox.

use super::answer::ComAnswer;
use super::options::Options;
use super::payload;
use super::trouble::{BUSY, TOO_LARGE, exception};
use samebox_core::{Deadline, Endpoint, Mailbox, Message, Peer, Refused, User};
use samebox_sys::windows::com::{Caller, Events, Exception, Member, Object, Variant, caller};
use std::collections::HashMap;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The numbers of the object's members, and of its event.
const SEND: i32 = 1;
const CALL: i32 = 2;
const RECEIVED: i32 = 1;

/// How long a message waits for room, then its sender is told to come again.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many calls may be under way: each has a thread of COM.
const UNDER_WAY: usize = 512;

/// What a question is answered with.
pub(super) type Outcome = Result<Variant, Exception>;

/// The object that others call.
pub(super) struct Post {
    pub(super) endpoint: Endpoint,
    pub(super) options: Options,
    pub(super) mailbox: Arc<Mailbox>,
    members: Vec<Member>,
    /// Known once the object is.
    events: OnceLock<Events>,
    calls: Mutex<Calls>,
}

/// The calls that are under way.
#[derive(Default)]
struct Calls {
    last: u64,
    count: usize,
    is_closed: bool,
    questions: HashMap<u64, SyncSender<Outcome>>,
}

/// That a call is under way.
struct Turn<'a>(&'a Post);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.calls().count -= 1;
    }
}

impl Post {
    pub(super) fn new(endpoint: &Endpoint, options: Options) -> Self {
        let member = |name: &str, id| {
            let parameters = vec!["data".into()];
            Member { name: name.into(), id, parameters }
        };
        Self {
            endpoint: endpoint.clone(),
            mailbox: Mailbox::new(options.capacity),
            options,
            members: vec![member("Send", SEND), member("Call", CALL)],
            events: OnceLock::new(),
            calls: Mutex::default(),
        }
    }

    /// Tells of what is sent from now on.
    pub(super) fn announce_by(&self, events: Events) {
        let _ = self.events.set(events);
    }

    /// Ends all calls that are under way, and takes no more.
    pub(super) fn close(&self) {
        let mut calls = self.calls();
        calls.is_closed = true;
        let ended = std::mem::take(&mut calls.questions);
        // Whoever wakes finds the lock free.
        drop(calls);
        drop(ended);
    }

    /// Takes what the caller of a question waits on; `None` when it waits no more.
    pub(super) fn take_question(&self, number: u64) -> Option<SyncSender<Outcome>> {
        self.calls().questions.remove(&number)
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exception(&self, code: i32, why: impl Into<String>) -> Exception {
        exception(&self.endpoint, code, why)
    }

    fn closed(&self) -> Exception {
        self.exception(BUSY, "the server ends")
    }

    fn turn(&self) -> Result<Turn<'_>, Exception> {
        let mut calls = self.calls();
        if calls.is_closed {
            return Err(self.closed());
        }
        if calls.count >= UNDER_WAY {
            return Err(self.exception(BUSY, format!("{UNDER_WAY} calls are under way already")));
        }
        calls.count += 1;
        Ok(Turn(self))
    }

    fn send(&self, value: Variant, peer: Arc<Peer>) -> Outcome {
        let events = self.events.get().filter(|events| events.are_wanted());
        let told = events.map(|events| (events, value.clone()));
        self.put(Message::new(self.payload(value)?, peer))?;
        if let Some((events, value)) = told {
            let missed = events.fire(RECEIVED, vec![value]);
            if missed > 0 {
                self.mailbox.count(|counters| counters.lost += missed as u64);
            }
        }
        Ok(Variant::Empty)
    }

    fn call(self: &Arc<Self>, value: Variant, peer: Arc<Peer>) -> Outcome {
        let payload = self.payload(value)?;
        let (answer, answered) = sync_channel(1);
        let number = {
            let mut calls = self.calls();
            if calls.is_closed {
                return Err(self.closed());
            }
            calls.last += 1;
            let number = calls.last;
            calls.questions.insert(number, answer);
            number
        };
        let answer = ComAnswer::new(self.clone(), number);
        self.put(Message::new(payload, peer).with_answer(Box::new(answer)))?;
        answered.recv().unwrap_or_else(|_| Err(self.closed()))
    }

    fn payload(&self, value: Variant) -> Result<samebox_core::Bytes, Exception> {
        let payload = payload::read(value).map_err(|failure| {
            let why = "data is neither text nor bytes nor a simple value";
            self.exception(failure.code, why)
        })?;
        let (length, max) = (payload.len(), self.options.max);
        if length > max {
            self.mailbox.count(|counters| counters.cut += 1);
            let why = format!("the message has {length} bytes and the server takes at most {max}");
            return Err(self.exception(TOO_LARGE, why));
        }
        Ok(payload)
    }

    fn put(&self, message: Message) -> Result<(), Exception> {
        self.mailbox.put(message, Deadline::after(PATIENCE)).map_err(|refused| match refused {
            Refused::Closed(_) => self.closed(),
            Refused::Full(_) => {
                self.exception(BUSY, "the server is full: it does not receive what waits for it")
            }
        })
    }
}

/// The object as COM holds it.
pub(super) struct Shared(pub(super) Arc<Post>);

impl Object for Shared {
    fn members(&self) -> &[Member] {
        &self.0.members
    }

    fn invoke(&self, member: i32, arguments: Vec<Variant>) -> Outcome {
        let post = &self.0;
        let Some(value) = arguments.into_iter().next().filter(|one| *one != Variant::Missing)
        else {
            /// `DISP_E_PARAMNOTOPTIONAL`.
            const NOT_OPTIONAL: i32 = 0x8002_000F_u32 as i32;
            return Err(post.exception(NOT_OPTIONAL, "this method takes the data to send"));
        };
        let _turn = post.turn()?;
        let peer = Arc::new(peer());
        if member == SEND { post.send(value, peer) } else { post.call(value, peer) }
    }
}

/// Who made the call that this thread serves.
pub(super) fn peer() -> Peer {
    let local = |caller: Caller| Peer::local(User::Sid(caller.user.to_string()), caller.process);
    caller().map_or(Peer::UNKNOWN, local)
}
