use super::arrival::{self, Arrival};
use super::state::{Ended, Step};
use super::{Inbound, Session};
use crate::faults;
use samebox_core::Deadline;
use samebox_wcf_wire::soap::Id;
use samebox_wcf_wire::value::Guid;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Takes the calls of a session.
pub(crate) trait Handler: Send + Sync {
    /// Executes a call and answers it, or sees to that being done.
    fn call(&self, session: &Arc<Session>, call: &mut Arrival);
}

/// Why a call has no answer.
pub(crate) enum NoAnswer {
    /// It did not come in time.
    Late,
    /// None will come.
    Ended(Ended),
    /// There is no such call.
    Unknown,
}

/// How long the last messages may take to leave, and the other side's end to come.
const LEAVING: Duration = Duration::from_secs(5);
const FAREWELL: Duration = Duration::from_millis(500);

impl Session {
    /// Says who takes the calls of the other side.
    pub(crate) fn set_handler(&self, handler: Arc<dyn Handler>) {
        // Set once, when the session begins.
        let _ = self.handler.set(handler);
    }

    /// Executes calls until the session is over, then says why that is.
    pub(crate) fn serve(self: &Arc<Self>) -> Ended {
        self.state().be_servant();
        loop {
            let step = self.state().step(None);
            match step {
                Step::Execute(call) => self.execute(call),
                Step::Read => {
                    if self.read(self.idle_by()).is_err() {
                        self.state().end(faults::idle());
                    }
                }
                Step::Ended(ended) => return ended,
                Step::Wait | Step::Answer(_) => thread::park(),
            }
        }
    }

    fn execute(self: &Arc<Self>, mut call: Arrival) {
        if let Some(handler) = self.handler.get() {
            handler.call(self, &mut call);
        }
        self.state().executed(call);
    }

    /// Numbers a call that is about to be made; `None` when too many have no answer yet.
    pub(crate) fn number(&self) -> Option<(u64, Id<'static>)> {
        let number = self.state().call()?;
        Some((number, Guid::from_u128(arrival::id(self.series, number)).into()))
    }

    /// Waits for the answer to a call, executing what the other side calls meanwhile.
    pub(crate) fn wait(
        self: &Arc<Self>,
        number: u64,
        deadline: Deadline,
    ) -> Result<Arrival, NoAnswer> {
        if !self.state().wait_for(number) {
            return Err(NoAnswer::Unknown);
        }
        let none = loop {
            let step = self.state().step(Some(number));
            match step {
                Step::Answer(answer) => {
                    self.state().wake_a_reader();
                    return Ok(answer);
                }
                Step::Execute(call) => self.execute(call),
                Step::Read => {
                    if self.read(deadline).is_err() {
                        break NoAnswer::Late;
                    }
                }
                Step::Ended(ended) => break NoAnswer::Ended(ended),
                Step::Wait => match deadline.remaining() {
                    None => thread::park(),
                    Some(left) if left.is_zero() => break NoAnswer::Late,
                    Some(left) => thread::park_timeout(left),
                },
            }
        };
        self.state().give_up(number);
        Err(none)
    }

    /// Forgets a call whose answer nobody waits for any more.
    pub(crate) fn give_up(&self, number: u64) {
        self.state().give_up(number);
    }

    /// Gives back the memory of a message.
    pub(crate) fn keep(&self, message: Arrival) {
        self.state().keep(message);
    }

    /// Ends the session here; calls without an answer get none.
    pub(crate) fn end(&self, ended: Ended) {
        let mut state = self.state();
        state.drop_calls();
        state.end(ended);
        drop(state);
        self.close_read();
    }

    /// Says the end to the other side and waits a moment for its end; whether the connection can carry
    /// another session, and what came behind this one.
    pub(crate) fn finish(&self, ended: &Ended) -> Option<Inbound> {
        self.say_end(Deadline::after(LEAVING));
        (ended.is_farewell).then(|| self.take_inbound())
    }

    /// As [`finish`](Self::finish), for the side that ends first.
    pub(crate) fn leave(self: &Arc<Self>) {
        if self.ended().is_none() {
            self.say_end(Deadline::after(FAREWELL));
            if let Some((number, _)) = self.number() {
                // A call that was never made waits for nothing but the end, whoever reads it.
                let _ = self.wait(number, Deadline::after(FAREWELL));
            }
        }
        self.state().end(faults::ended_here());
        self.link.cut();
    }
}
