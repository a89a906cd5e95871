use super::Handler;
use crate::dbus::link::{Link, NotSent};
use crate::dbus::polling::{next, next_now};
use samebox_core::{Deadline, Peer};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use zbus::message::Type;
use zbus::{Message, MessageStream};

/// One connection to a server, over a bus or straight.
pub(crate) struct Wire {
    link: Arc<Link>,
    pub(super) ends: Ends,
    handler: Option<Arc<dyn Handler>>,
    state: Mutex<State>,
    /// Told when there may be an answer, or nobody reads any more.
    changed: Condvar,
}

/// Who is at the two ends of a connection.
pub(super) struct Ends {
    /// The client's unique name on the bus.
    pub(super) own: Option<String>,
    /// The server's unique name on the bus.
    pub(super) owner: Option<String>,
    /// Who the server is.
    pub(super) peer: Arc<Peer>,
}

struct State {
    /// `None` while somebody reads.
    stream: Option<MessageStream>,
    /// Calls that wait: with the answer, once it is there.
    calls: HashMap<u32, Option<Message>>,
    /// What came unasked, in order.
    events: VecDeque<Message>,
    /// Somebody has the handler take them.
    is_handling: bool,
    /// How many wait for somebody else to read.
    waiting: usize,
    ended: Option<String>,
}

/// A call that waits for its answer; dropped, the answer is not kept.
pub(crate) struct Asked {
    wire: Arc<Wire>,
    message: Message,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// None came in time.
    Late,
    /// The connection is over, in words.
    Ended(String),
}

/// How many calls may wait for their answers, and how much may come unasked.
const MOST: usize = 10_000;

impl Wire {
    pub(super) fn new(
        link: Arc<Link>,
        stream: MessageStream,
        early: VecDeque<Message>,
        ends: Ends,
        handler: Option<Arc<dyn Handler>>,
    ) -> Arc<Self> {
        let is_event = |message: &Message| handler.is_some() && ends.is_of_server(message);
        let state = State {
            stream: Some(stream),
            calls: HashMap::new(),
            events: early.into_iter().filter(is_event).collect(),
            is_handling: false,
            waiting: 0,
            ended: None,
        };
        let (state, changed) = (Mutex::new(state), Condvar::new());
        let wire = Arc::new(Self { link, ends, handler, state, changed });
        if wire.handler.is_some() {
            let reading = wire.clone();
            let thread = std::thread::Builder::new().name("samebox object".into());
            // Without a thread what comes unasked is taken when an answer is waited for.
            let _ = thread.spawn(move || reading.read_for_ever());
        }
        wire
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is over, as far as is known.
    pub(super) fn has_ended(&self) -> bool {
        self.state().ended.is_some() || self.link.is_ended()
    }

    /// Ends it; whoever waits is told.
    pub(super) fn end(&self) {
        self.end_because("the connection is lost");
    }

    fn end_because(&self, why: &str) {
        self.link.cut();
        self.state().ended.get_or_insert_with(|| why.into());
        self.changed.notify_all();
    }

    /// Sends a call whose answer will be waited for.
    pub(super) fn ask(
        self: &Arc<Self>,
        message: Message,
        deadline: Deadline,
    ) -> Result<Asked, NotSent> {
        let serial = message.primary_header().serial_num().get();
        {
            let mut state = self.state();
            if state.calls.len() >= MOST {
                return Err(NotSent::Full);
            }
            state.calls.insert(serial, None);
        }
        let asked = Asked { wire: self.clone(), message: message.clone() };
        self.link.send_by(message, deadline)?;
        Ok(asked)
    }

    /// Sends a call that is not answered.
    pub(super) fn tell(&self, message: Message, deadline: Deadline) -> Result<(), NotSent> {
        self.link.send_by(message, deadline)
    }

    /// Reads for all, or waits until somebody who does has read.
    fn turn<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        deadline: Deadline,
    ) -> MutexGuard<'a, State> {
        let Some(mut stream) = state.stream.take() else {
            state.waiting += 1;
            let mut state = match deadline.remaining() {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
            state.waiting -= 1;
            return state;
        };
        drop(state);
        let mut came = self.receive(&mut stream, deadline);
        let mut state = self.state();
        while let Poll::Ready(message) = came {
            let sorted = match message {
                Some(message) => state.sort(message, &self.ends, self.handler.is_some()),
                None => Err("the other side has closed the connection"),
            };
            if let Err(why) = sorted {
                state.ended.get_or_insert(why.into());
                break;
            }
            came = next_now(&mut stream);
        }
        state.stream = Some(stream);
        if state.waiting > 0 {
            self.changed.notify_all();
        }
        self.handle(state)
    }

    /// The next message, waited for until `deadline`.
    fn receive(&self, stream: &mut MessageStream, deadline: Deadline) -> Poll<Option<Message>> {
        let now = next_now(stream);
        if now.is_ready() {
            return now;
        }
        match self.link.driver().wait(next(stream), deadline) {
            Some(message) => Poll::Ready(message),
            None => Poll::Pending,
        }
    }

    /// Has the handler take what came unasked, unless another thread does.
    fn handle<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let Some(handler) = &self.handler else { return state };
        while !state.is_handling
            && let Some(event) = state.events.pop_front()
        {
            state.is_handling = true;
            drop(state);
            if let Some(answer) = handler.take(event) {
                // The end shows where answers are read.
                let _ = self.link.send(answer);
            }
            state = self.state();
            state.is_handling = false;
        }
        state
    }

    fn read_for_ever(&self) {
        let mut state = self.state();
        while state.ended.is_none() {
            state = self.turn(state, Deadline::NEVER);
        }
    }
}

impl Ends {
    /// Whether the server has sent a message.
    fn is_of_server(&self, message: &Message) -> bool {
        let owner = self.owner.as_deref();
        owner.is_none_or(|owner| message.header().sender().is_some_and(|sender| sender == owner))
    }

    /// Whether the server or the bus has.
    fn is_of_bus_or_server(&self, message: &Message) -> bool {
        self.is_of_server(message) || super::is_of_bus(message)
    }
}

impl State {
    /// Puts a message where it is waited for; what strangers on the bus say is not listened to.
    fn sort(
        &mut self,
        message: Message,
        ends: &Ends,
        keeps_events: bool,
    ) -> Result<(), &'static str> {
        match message.message_type() {
            Type::MethodReturn | Type::Error if ends.is_of_bus_or_server(&message) => {
                let serial = message.header().reply_serial();
                let call = serial.and_then(|serial| self.calls.get_mut(&serial.get()));
                if let Some(call) = call {
                    *call = Some(message);
                }
            }
            Type::MethodCall | Type::Signal if keeps_events && ends.is_of_server(&message) => {
                if self.events.len() >= MOST {
                    return Err("the other side sent more than can be taken");
                }
                self.events.push_back(message);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Asked {
    /// The call itself.
    pub(crate) fn message(&self) -> &Message {
        &self.message
    }

    fn serial(&self) -> u32 {
        self.message.primary_header().serial_num().get()
    }

    /// Waits for the answer.
    pub(super) fn wait(&self, deadline: Deadline) -> Result<Message, NoAnswer> {
        let mut state = self.wire.state();
        let mut is_last = false;
        loop {
            if let Some(answer) = state.calls.get_mut(&self.serial()).and_then(Option::take) {
                return Ok(answer);
            }
            if let Some(why) = &state.ended {
                return Err(NoAnswer::Ended(why.clone()));
            }
            if is_last {
                return Err(NoAnswer::Late);
            }
            // What is there at the deadline is still looked at.
            is_last = deadline.has_passed();
            state = self.wire.turn(state, deadline);
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.wire.state().calls.remove(&self.serial());
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("serial", &self.serial()).finish_non_exhaustive()
    }
}
