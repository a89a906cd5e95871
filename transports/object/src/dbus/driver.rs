//! What moves a connection on: the thread that waits for it, and nobody else where that will do.

use super::own_runtime::OwnRuntime;
use samebox_core::Deadline;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;
use zbus::connection::Builder;
use zruntime::{Shared, SharedRuntime, Task};

/// Moves connections on.
///
/// The one of a server lives on its thread. A client has one of its own for each connection: while
/// nobody waits nothing moves, so that a call wakes no thread but its server's. (zbus's default hands
/// the connection to a helper thread between two calls, which costs two changes of threads per call.)
#[derive(Clone)]
pub(crate) struct Driver {
    runtime: SharedRuntime,
    /// Who moves it now; `None` where zruntime sees to that.
    turns: Option<Arc<Turns>>,
}

/// Which thread moves a connection on, and which wait for that.
#[derive(Default)]
struct Turns(Mutex<State>);

#[derive(Default)]
struct State {
    is_taken: bool,
    waiting: Vec<Thread>,
}

/// The right to move a connection on.
struct Turn<'a>(&'a Turns);

impl Driver {
    /// The one of the thread that is inside `zruntime::block_on`.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn of_this_thread() -> io::Result<Self> {
        Ok(Self { runtime: SharedRuntime::current()?, turns: None })
    }

    /// One that only moves while somebody waits.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn of_whoever_waits() -> io::Result<Self> {
        Ok(Self { runtime: SharedRuntime::new()?, turns: Some(Arc::default()) })
    }

    /// The runtime itself: for timers, tasks and sockets.
    pub(crate) fn runtime(&self) -> &SharedRuntime {
        &self.runtime
    }

    /// Has a connection that is about to be made moved by this one.
    pub(crate) fn of<'a>(&self, builder: Builder<'a>) -> Builder<'a> {
        match self.turns {
            Some(_) => builder.runtime(OwnRuntime(self.runtime.clone())),
            None => builder,
        }
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
        let Some(turns) = &self.turns else { return self.run(future, deadline) };
        loop {
            if let Some(_turn) = turns.take() {
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
            if turns.queue() {
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

    /// Has the last of a connection done, by whoever moves it.
    pub(crate) fn finish(&self, last: impl Future<Output = ()> + Send + 'static) {
        match self.turns {
            Some(_) => drop(self.wait(last, Deadline::after(LAST))),
            None => self.runtime.spawn("samebox end", last).detach(),
        }
    }
}

/// How long the end of a client's connection may take.
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the turn, if nobody has it.
    fn take(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        if state.is_taken {
            return None;
        }
        state.is_taken = true;
        Some(Turn(self))
    }

    /// Has this thread unparked when the turn is free; `false` when it is.
    fn queue(&self) -> bool {
        let mut state = self.state();
        if state.is_taken {
            state.waiting.push(std::thread::current());
        }
        state.is_taken
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_taken = false;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.iter().for_each(Thread::unpark);
    }
}
