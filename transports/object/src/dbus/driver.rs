//! What moves connections on: the thread that waits for them, and nobody else where that will do.

use super::own_runtime::OwnRuntime;
use super::polling::first;
use samebox_core::Deadline;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;
use zbus::connection::Builder;
use zruntime::{Event, Shared, SharedRuntime, Task};

/// Moves connections on, on the thread that waits for something of them.
///
/// So a call wakes no thread but its server's, and a server that receives no thread of its own either.
/// (zbus's default hands connections to a helper thread between two waits, which costs two changes of
/// threads per call.) Where nobody may be waiting, a keeper moves them: see [`Driver::keep`].
#[derive(Clone)]
pub(crate) struct Driver {
    runtime: SharedRuntime,
    turns: Arc<Turns>,
}

/// Which thread moves connections on, and which wait for that.
#[derive(Default)]
struct Turns {
    state: Mutex<State>,
    /// Told when the keeper has something to look at.
    looked_for: Condvar,
    /// Told when the keeper is to give its turn up.
    wanted: Event,
}

#[derive(Default)]
struct State {
    is_taken: bool,
    /// How many turns others than the keeper have taken.
    turns: u64,
    waiting: Vec<Thread>,
    /// The keeper looks again when it is told to, and not before.
    is_keeper_asleep: bool,
}

/// The right to move connections on.
struct Turn<'a>(&'a Turns);

/// How long nobody has moved a connection on before the keeper does.
///
/// A server that goes on receiving is back by then, so that the two do not take turns at each message.
const GRACE: Duration = Duration::from_millis(2);

impl Driver {
    /// One that moves nothing yet.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { runtime: SharedRuntime::new()?, turns: Arc::default() })
    }

    /// The runtime itself: for timers, tasks and sockets.
    pub(crate) fn runtime(&self) -> &SharedRuntime {
        &self.runtime
    }

    /// Has a connection that is about to be made moved by this one.
    pub(crate) fn of<'a>(&self, builder: Builder<'a>) -> Builder<'a> {
        builder.runtime(OwnRuntime(self.runtime.clone()))
    }

    /// Starts a task, which moves on when the connection does.
    pub(crate) fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Task<(), Shared> {
        self.runtime.spawn(name, task)
    }

    /// Waits for `future` until `deadline`, moving the connection on meanwhile; `None` when it is late.
    pub(crate) fn wait<F: Future>(&self, future: F, deadline: Deadline) -> Option<F::Output> {
        let mut future = pin!(future);
        loop {
            if let Some(_turn) = self.turns.take() {
                return self.run(future, deadline);
            }
            // Another thread moves it, and wakes this one when it has what this one waits for.
            let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Some(done);
            }
            if deadline.has_passed() {
                return None;
            }
            if self.turns.queue() {
                match deadline.remaining() {
                    None => std::thread::park(),
                    Some(left) => std::thread::park_timeout(left),
                }
            }
        }
    }

    fn run<F: Future>(&self, future: Pin<&mut F>, deadline: Deadline) -> Option<F::Output> {
        match deadline.moment() {
            None => Some(self.runtime.block_on(future)),
            Some(moment) => self.runtime.block_on(self.runtime.timeout_at(moment, future)).ok(),
        }
    }

    /// Has the last of a connection done: at once where nobody moves it, else by whoever does.
    pub(crate) fn finish(&self, last: impl Future<Output = ()> + Send + 'static) {
        match self.turns.take() {
            Some(_turn) => drop(self.run(pin!(last), Deadline::after(LAST))),
            None => self.spawn("samebox end", last).detach(),
        }
    }

    /// Moves connections on whenever nobody else does, until `task` is done, on this thread.
    pub(crate) fn keep(&self, mut task: Task<(), Shared>) {
        while !task.is_finished() {
            let Some(_turn) = self.turns.take_over(GRACE) else { continue };
            let wanted = self.turns.wanted.listen();
            if self.turns.is_wanted() {
                continue;
            }
            self.runtime.block_on(first(wanted, &mut task));
        }
    }

    /// Has the keeper look whether it is done.
    pub(crate) fn rouse_keeper(&self) {
        self.turns.rouse(&mut self.turns.state());
        self.turns.wanted.notify(usize::MAX);
    }
}

/// How long the end of a connection may take.
const LAST: Duration = Duration::from_secs(1);

/// Wakes a thread that is parked.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Turns {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the turn, if nobody has it.
    fn take(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        if state.is_taken {
            return None;
        }
        state.is_taken = true;
        state.turns += 1;
        Some(Turn(self))
    }

    /// Takes the turn when nobody has had it for that long; `None` when that did not come about.
    fn take_over(&self, grace: Duration) -> Option<Turn<'_>> {
        let mut state = self.state();
        if state.is_taken {
            state.is_keeper_asleep = true;
            drop(self.looked_for.wait(state).unwrap_or_else(PoisonError::into_inner));
            return None;
        }
        let seen = state.turns;
        if seen > 0 {
            let waited = self.looked_for.wait_timeout(state, grace);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.is_taken || state.turns != seen || !state.waiting.is_empty() {
            return None;
        }
        state.is_taken = true;
        Some(Turn(self))
    }

    /// Has this thread unparked when the turn is free, and the keeper give it up; `false` when it is free.
    fn queue(&self) -> bool {
        let mut state = self.state();
        if state.is_taken {
            state.waiting.push(std::thread::current());
            drop(state);
            self.wanted.notify(usize::MAX);
            return true;
        }
        false
    }

    /// Whether somebody waits for the turn.
    fn is_wanted(&self) -> bool {
        !self.state().waiting.is_empty()
    }

    /// Wakes the keeper, if it sleeps.
    fn rouse(&self, state: &mut State) {
        if std::mem::take(&mut state.is_keeper_asleep) {
            self.looked_for.notify_all();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_taken = false;
        self.0.rouse(&mut state);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.iter().for_each(Thread::unpark);
    }
}
