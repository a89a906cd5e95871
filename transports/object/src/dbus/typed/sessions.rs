//! The sessions of a service and the threads that execute their calls.
//!
//! The calls of one session are executed one after another, in their order; those of several at once,
//! on as many threads as there is work for, up to a limit.

use super::session::Session;
use crate::dbus::server::{Caller, IncomingCall, errors};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;
use zbus::Message;

/// The most threads of one service.
const THREADS: usize = 128;

/// The most sessions of one service.
const SESSIONS: usize = 4096;

/// How long a thread without work stays.
const IDLE: Duration = Duration::from_secs(5);

/// What a waiting call takes beside its bytes, about.
const OVERHEAD: usize = 512;

/// How many calls, and which part of the room, may wait before one-way calls wait to be taken.
const EARLY_CALLS: usize = 256;
const EARLY_PART: usize = 4;

/// Executes a call of a session: the message, and the way to answer it if one is expected.
type Execute = dyn Fn(&Arc<Session>, Message, Option<IncomingCall>) + Send + Sync;

/// The sessions of one service.
pub(super) struct Sessions {
    execute: Box<Execute>,
    state: Mutex<State>,
    /// Told when there is work.
    work: Condvar,
    /// Told when work has been done.
    ended: Condvar,
    /// Bytes of calls that may wait.
    capacity: usize,
}

#[derive(Default)]
struct State {
    sessions: HashMap<String, Entry>,
    /// Sessions with work that no thread does.
    ready: VecDeque<String>,
    /// Sessions that are over, whose objects are to be dropped where methods run.
    over: Vec<Arc<Session>>,
    /// The threads that execute a call now.
    working: Vec<ThreadId>,
    threads: usize,
    idle: usize,
    /// Bytes of calls that wait.
    waiting: usize,
    is_closed: bool,
}

struct Entry {
    session: Arc<Session>,
    calls: VecDeque<Waiting>,
    is_busy: bool,
    /// Its client has left.
    is_leaving: bool,
}

/// A call that waits, and the way to answer it if that has not been done.
struct Waiting(Message, Option<IncomingCall>);

/// What a thread does next.
enum Work {
    Execute(Arc<Session>, Waiting),
    Drop(Vec<Arc<Session>>),
}

impl Sessions {
    pub(super) fn new(
        capacity: usize,
        execute: impl Fn(&Arc<Session>, Message, Option<IncomingCall>) + Send + Sync + 'static,
    ) -> Self {
        let (state, work, ended) = Default::default();
        Self { execute: Box::new(execute), state, work, ended, capacity }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a call of a client, in a new session if it has none; refuses what is too much.
    ///
    /// A one-way call is answered once it is taken, and where many wait, when its turn comes: so
    /// clients that send too fast are held up.
    pub(super) fn add(self: &Arc<Self>, call: IncomingCall, is_one_way: bool) {
        let mut state = self.state();
        if let Some((name, why)) = self.refusal(&state, &call) {
            drop(state);
            // A caller that is gone needs no answer.
            let _ = call.error(name, why);
            return;
        }
        let (message, name) = (call.message.clone(), call.caller.name.clone());
        state.waiting += cost(&message);
        let is_roomy = state.waiting < self.capacity / EARLY_PART;
        let entry = state.sessions.entry(name.clone()).or_insert_with(|| Entry::new(&call.caller));
        let is_early = is_one_way && is_roomy && entry.calls.len() < EARLY_CALLS;
        let (early, later) = if is_early { (Some(call), None) } else { (None, Some(call)) };
        entry.calls.push_back(Waiting(message, later));
        if !entry.is_busy && entry.calls.len() == 1 {
            state.ready.push_back(name);
            self.see_to_a_thread(state);
        } else {
            drop(state);
        }
        if let Some(call) = early {
            // As above.
            let _ = call.reply(&());
        }
    }

    fn refusal(&self, state: &State, call: &IncomingCall) -> Option<(&'static str, &'static str)> {
        let cost = cost(&call.message);
        if state.is_closed {
            Some((errors::DISCONNECTED, "the service is ending"))
        } else if state.waiting > 0 && state.waiting + cost > self.capacity {
            Some((errors::LIMITS_EXCEEDED, "too many calls wait for the service"))
        } else if state.sessions.len() >= SESSIONS
            && !state.sessions.contains_key(&call.caller.name)
        {
            Some((errors::LIMITS_EXCEEDED, "the service has too many clients"))
        } else {
            None
        }
    }

    /// Wakes a thread or starts one, where there may be one more.
    fn see_to_a_thread(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let is_enough = state.idle >= state.ready.len() + usize::from(!state.over.is_empty());
        if !is_enough && state.threads < THREADS {
            let sessions = self.clone();
            let thread = thread::Builder::new().name("samebox object call".into());
            // Without a new thread those that are there do the work.
            if thread.spawn(move || sessions.work()).is_ok() {
                state.threads += 1;
            }
        }
        drop(state);
        self.work.notify_one();
    }

    /// Ends the session of a client that has left, once the calls that it has sent are executed.
    pub(super) fn gone(self: &Arc<Self>, name: &str) {
        let mut state = self.state();
        let Some(entry) = state.sessions.get_mut(name) else { return };
        entry.session.end();
        entry.is_leaving = true;
        if entry.is_done() && state.drop_session(name) {
            self.see_to_a_thread(state);
        }
    }

    /// Refuses new calls and waits until those that are executed have ended.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.ready.clear();
        let sessions = std::mem::take(&mut state.sessions);
        state.waiting = 0;
        self.work.notify_all();
        // A service that ends itself from one of its own methods does not wait for that.
        let own = thread::current().id();
        while state.working.iter().any(|thread| *thread != own) {
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        sessions.values().for_each(|entry| entry.session.end());
    }

    /// Does the work of a thread.
    fn work(&self) {
        let own = thread::current().id();
        while let Some(work) = self.next(own) {
            match work {
                Work::Execute(session, Waiting(message, call)) => {
                    (self.execute)(&session, message, call);
                    let client = session.client.clone();
                    // Whoever waits for the end of all calls finds the object dropped as well.
                    drop(session);
                    self.done(own, Some(&client.name));
                }
                Work::Drop(over) => {
                    drop(over);
                    self.done(own, None);
                }
            }
        }
    }

    /// Waits for work; `None` ends the thread.
    fn next(&self, own: ThreadId) -> Option<Work> {
        let mut state = self.state();
        loop {
            if !state.over.is_empty() {
                state.working.push(own);
                return Some(Work::Drop(std::mem::take(&mut state.over)));
            }
            if let Some(name) = state.ready.pop_front()
                && let Some(entry) = state.sessions.get_mut(&name)
                && let Some(call) = entry.calls.pop_front()
            {
                entry.is_busy = true;
                let session = entry.session.clone();
                state.waiting -= cost(&call.0);
                state.working.push(own);
                return Some(Work::Execute(session, call));
            }
            if !state.ready.is_empty() {
                continue;
            }
            if state.is_closed {
                state.threads -= 1;
                return None;
            }
            state.idle += 1;
            let (back, late) =
                self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = back;
            state.idle -= 1;
            if late.timed_out() && state.ready.is_empty() && state.over.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }

    /// Lets the next call of a session be executed.
    fn done(&self, own: ThreadId, session: Option<&str>) {
        let mut state = self.state();
        state.working.retain(|thread| *thread != own);
        if let Some(name) = session
            && let Some(entry) = state.sessions.get_mut(name)
        {
            entry.is_busy = false;
            if !entry.calls.is_empty() {
                // This thread takes it, or another one that is faster.
                state.ready.push_back(name.into());
            } else if entry.is_leaving {
                state.drop_session(name);
            }
        }
        let is_closed = state.is_closed;
        drop(state);
        if is_closed {
            self.ended.notify_all();
        }
    }
}

impl State {
    /// Has a session dropped by whoever works next; whether there was one.
    fn drop_session(&mut self, name: &str) -> bool {
        let entry = self.sessions.remove(name);
        let is_there = entry.is_some();
        self.over.extend(entry.map(|entry| entry.session));
        is_there
    }
}

impl Entry {
    fn new(client: &Arc<Caller>) -> Self {
        let session = Arc::new(Session::new(client.clone()));
        Self { session, calls: VecDeque::new(), is_busy: false, is_leaving: false }
    }

    fn is_done(&self) -> bool {
        !self.is_busy && self.calls.is_empty()
    }
}

fn cost(call: &Message) -> usize {
    call.data().len() + OVERHEAD
}
