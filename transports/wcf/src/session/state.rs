use super::arrival::{Arrival, Spare};
use samebox_core::{Endpoint, Error, ErrorKind, Operation};
use std::collections::VecDeque;
use std::thread::{self, Thread};

/// What the threads of a session agree on: who reads, who executes calls, who waits for what.
///
/// There is no thread that only reads. Whoever waits and finds nobody reading reads for all, so that
/// an answer is mostly read by the thread that asked, and a call by the thread that executes it.
#[derive(Default)]
pub(super) struct State {
    /// Somebody reads.
    is_read: bool,
    /// Who executes a call, and how many within each other.
    executor: Option<Thread>,
    depth: usize,
    /// Calls that came and are yet to be executed, and their bytes.
    calls: VecDeque<Arrival>,
    queued: usize,
    /// The calls made here that have no answer yet, oldest first, and the bytes of answers not taken.
    waiting: Vec<Waiting>,
    answered: usize,
    /// The thread that is there for calls alone.
    servant: Option<Thread>,
    ended: Option<Ended>,
    /// Memory of envelopes, to be used again.
    spare: Vec<Spare>,
    /// The last number given to a call.
    last: u64,
}

/// A call made here.
struct Waiting {
    number: u64,
    /// Who waits for the answer, when somebody does.
    thread: Option<Thread>,
    answer: Option<Arrival>,
}

/// Why a session is over.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) kind: ErrorKind,
    pub(crate) why: String,
    pub(crate) advice: Option<String>,
    /// Nothing is wrong.
    pub(crate) in_order: bool,
    /// The other side has said so, and the connection may carry another session.
    pub(crate) is_farewell: bool,
}

/// What a thread does next.
pub(super) enum Step {
    /// Take the answer that it waits for.
    Answer(Arrival),
    /// Execute this call.
    Execute(Arrival),
    /// Read for all, then tell the state what came.
    Read,
    /// Wait until it is woken.
    Wait,
    /// Stop: nothing more can come.
    Ended(Ended),
}

/// How many calls may wait to be executed, and how many bytes calls or answers may have.
const CALLS: usize = 1024;
const BYTES: usize = 64 << 20;

/// How deep calls are executed within each other before the next one waits.
const DEPTH: usize = 16;

/// How many calls may be without an answer.
const OUTSTANDING: usize = 4096;

/// Memory that is kept: pieces, and bytes of each.
const SPARES: usize = 2;
const SPARE: usize = (1 << 20) + (128 << 10);

impl State {
    /// What the current thread does next, which waits for the answer to `number` if it has one.
    pub(super) fn step(&mut self, number: Option<u64>) -> Step {
        if let Some(answer) = number.and_then(|number| self.take_answer(number)) {
            return Step::Answer(answer);
        }
        if self.may_execute()
            && let Some(call) = self.calls.pop_front()
        {
            self.queued -= call.length();
            self.executor = Some(thread::current());
            self.depth += 1;
            self.wake_a_reader();
            return Step::Execute(call);
        }
        if let Some(ended) = &self.ended {
            return Step::Ended(ended.clone());
        }
        if !self.is_read && self.has_room() {
            self.is_read = true;
            return Step::Read;
        }
        Step::Wait
    }

    fn may_execute(&self) -> bool {
        match &self.executor {
            None => true,
            // It waits for an answer within a call, so that another call is executed meanwhile.
            Some(executor) => self.depth < DEPTH && executor.id() == thread::current().id(),
        }
    }

    /// Whether what comes next can be kept.
    fn has_room(&self) -> bool {
        self.calls.len() < CALLS && self.queued < BYTES && self.answered < BYTES
    }

    /// Takes the right to read, when it is free, without anything else to do.
    pub(super) fn try_read(&mut self) -> bool {
        let free = !self.is_read && self.has_room() && self.ended.is_none();
        self.is_read |= free;
        free
    }

    /// Notes that a call has been executed.
    pub(super) fn executed(&mut self, call: Arrival) {
        self.keep(call);
        self.depth -= 1;
        if self.depth == 0 {
            self.executor = None;
            if !self.calls.is_empty() {
                self.wake_a_reader();
            }
        }
    }

    /// Ends reading.
    pub(super) fn read(&mut self) {
        self.is_read = false;
    }

    /// Puts a call into the queue.
    pub(super) fn queue(&mut self, call: Arrival) {
        self.queued += call.length();
        self.calls.push_back(call);
        if let Some(executor) = &self.executor {
            executor.unpark();
        }
    }

    /// Hands an answer to whoever waits for it; gives back one that nobody waits for.
    pub(super) fn answer(&mut self, number: Option<u64>, answer: Arrival) -> Option<Arrival> {
        let open = |one: &&mut Waiting| one.answer.is_none();
        let mut waiting = self.waiting.iter_mut().filter(open);
        // Without a number it is for the oldest call: some services do not say.
        let one = waiting.find(|one| number.is_none_or(|number| one.number == number));
        let Some(one) = one else { return Some(answer) };
        self.answered += answer.length();
        one.answer = Some(answer);
        if let Some(thread) = &one.thread {
            thread.unpark();
        }
        None
    }

    /// Wakes somebody who can read, when nobody does.
    pub(super) fn wake_a_reader(&self) {
        if self.is_read {
            return;
        }
        let own = thread::current().id();
        let others = |thread: &&Thread| thread.id() != own;
        let waiting = self.waiting.iter().filter(|one| one.answer.is_none());
        let waiting = waiting.filter_map(|one| one.thread.as_ref());
        if let Some(thread) = waiting.chain(&self.servant).find(others) {
            thread.unpark();
        }
    }

    /// Numbers a call; `None` when too many are without an answer.
    pub(super) fn call(&mut self) -> Option<u64> {
        if self.waiting.len() >= OUTSTANDING {
            return None;
        }
        self.last += 1;
        self.waiting.push(Waiting { number: self.last, thread: None, answer: None });
        Some(self.last)
    }

    /// Has the current thread woken when the call is answered; `false` when there is no such call.
    pub(super) fn wait_for(&mut self, number: u64) -> bool {
        let found = self.waiting.iter_mut().find(|one| one.number == number);
        let known = found.is_some();
        if let Some(one) = found
            && one.thread.is_none()
        {
            one.thread = Some(thread::current());
        }
        known
    }

    fn take_answer(&mut self, number: u64) -> Option<Arrival> {
        let place = self.waiting.iter().position(|one| one.number == number)?;
        let answer = self.waiting[place].answer.take()?;
        self.answered -= answer.length();
        self.waiting.remove(place);
        Some(answer)
    }

    /// Forgets a call, whose answer is dropped when it comes.
    pub(super) fn give_up(&mut self, number: u64) {
        if let Some(place) = self.waiting.iter().position(|one| one.number == number) {
            let gone = self.waiting.remove(place);
            self.answered -= gone.answer.map_or(0, |answer| answer.length());
        }
        self.wake_a_reader();
    }

    /// Makes the current thread the one that is there for calls.
    pub(super) fn be_servant(&mut self) {
        self.servant = Some(thread::current());
    }

    /// Ends the session, unless it has ended; wakes everybody.
    pub(super) fn end(&mut self, ended: Ended) {
        self.ended.get_or_insert(ended);
        let waiting = self.waiting.iter().filter_map(|one| one.thread.as_ref());
        waiting.chain(&self.servant).chain(&self.executor).for_each(Thread::unpark);
    }

    /// Drops the calls that are yet to be executed.
    pub(super) fn drop_calls(&mut self) {
        self.calls.clear();
        self.queued = 0;
    }

    pub(super) fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Memory for an envelope.
    pub(super) fn spare(&mut self) -> Spare {
        self.spare.pop().unwrap_or_default()
    }

    /// Keeps the memory of a message for the next one.
    pub(super) fn keep(&mut self, message: Arrival) {
        let spare = message.into_spare();
        if self.spare.len() < SPARES && spare.bytes.capacity() <= SPARE {
            self.spare.push(spare);
        }
    }
}

impl Ended {
    /// What a call on a session that is over says.
    pub(crate) fn error(&self, endpoint: &Endpoint, operation: Operation) -> Error {
        let error = endpoint.error(self.kind, operation, self.why.as_str());
        match &self.advice {
            Some(advice) => error.with_advice(advice.as_str()),
            None => error,
        }
    }
}
