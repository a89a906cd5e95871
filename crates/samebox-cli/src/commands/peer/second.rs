//! The other end as the program that started it sees it.

use super::interrupt::{LifeLine, is_interrupted};
use super::lifeline::Stop;
use super::order::{Answer, Attempt, Order, Trouble};
use super::work::work;
use crate::exit::say;
use samebox::ErrorKind;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio, exit};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the other end may take to end, or to answer what takes no time.
const GRACE: Duration = Duration::from_secs(5);

/// How long one piece of work may take unless more is expected.
const PATIENCE: Duration = Duration::from_secs(20);

/// A second process or, for what stays within one process, a second thread.
///
/// Dropping it ends it.
pub(crate) struct Second {
    orders: Option<Orders>,
    answers: Receiver<Answer>,
    watch: Watch,
    child: Option<Shared>,
    id: Option<u32>,
    /// How long one piece of work may take.
    patience: Duration,
}

enum Orders {
    Process(Arc<LifeLine>),
    Thread(Sender<Order>),
}

type Shared = Arc<Mutex<Child>>;

impl Second {
    /// Starts a second process.
    pub(crate) fn process() -> Attempt<Self> {
        let program = std::env::current_exe().map_err(|cause| no_start(&cause))?;
        let mut command = Command::new(program);
        command.arg("peer").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|cause| no_start(&cause))?;
        let orders = Some(Orders::Process(LifeLine::new(child.stdin.take())));
        let out = child.stdout.take();
        let (hand_over, answers) = channel();
        let id = Some(child.id());
        let child = Arc::new(Mutex::new(child));
        let watch = Watch::over(Some(Arc::clone(&child)))?;
        let second = Self { orders, answers, watch, child: Some(child), id, patience: PATIENCE };
        start("answers", move || {
            for line in BufReader::new(out.into_iter().next()?).lines() {
                hand_over.send(serde_json::from_str(&line.ok()?).ok()?).ok()?;
            }
            None
        })?;
        Ok(second)
    }

    /// Starts a second thread.
    pub(crate) fn thread() -> Attempt<Self> {
        let (orders, received) = channel();
        let (hand_over, answers) = channel();
        let second = Self {
            orders: Some(Orders::Thread(orders)),
            answers,
            watch: Watch::over(None)?,
            child: None,
            id: None,
            patience: PATIENCE,
        };
        start("peer", move || {
            work(&received, &Stop::default(), |answer| {
                let copy =
                    serde_json::to_string(answer).and_then(|line| serde_json::from_str(&line));
                hand_over.send(copy?).map_err(std::io::Error::other)
            });
            None
        })?;
        Ok(second)
    }

    /// The number of the process, none of a thread.
    pub(crate) fn id(&self) -> Option<u32> {
        self.id
    }

    /// Gives an order and waits for what comes of it.
    pub(crate) fn ask(&mut self, order: &Order) -> Attempt<Answer> {
        self.tell(order)?;
        self.answer(GRACE)
    }

    /// Gives an order.
    pub(crate) fn tell(&mut self, order: &Order) -> Attempt<()> {
        if is_interrupted() {
            return Err(Trouble::new(ErrorKind::Stopped, "it was interrupted"));
        }
        let line = serde_json::to_string(order).map_err(|cause| no_start(&cause.into()))?;
        let told = match &mut self.orders {
            Some(Orders::Process(line_to)) => {
                line_to.lock().as_mut().is_some_and(|stdin| writeln!(stdin, "{line}").is_ok())
            }
            Some(Orders::Thread(orders)) => {
                serde_json::from_str(&line).is_ok_and(|order| orders.send(order).is_ok())
            }
            None => false,
        };
        // When it has gone, waiting for its answer says so.
        if told { Ok(()) } else { self.answer(GRACE).and(Err(gone())) }
    }

    /// Waits for the next answer.
    pub(crate) fn answer(&mut self, patience: Duration) -> Attempt<Answer> {
        match self.answers.recv_timeout(patience) {
            Ok(answer) => answer.into_attempt(),
            Err(RecvTimeoutError::Disconnected) => Err(gone()),
            Err(RecvTimeoutError::Timeout) => {
                let why = format!("the other end did not answer within {patience:?}");
                Err(Trouble::new(ErrorKind::TimedOut, format!("{why}; try again")))
            }
        }
    }

    /// Expects pieces of work that take about so long.
    pub(crate) fn expect(&mut self, slice: Duration) {
        self.patience = PATIENCE + 4 * slice;
    }

    /// Waits for what comes of a piece of work.
    pub(crate) fn outcome(&mut self) -> Attempt<Answer> {
        self.answer(self.patience)
    }

    /// Whether a piece of work took too long.
    pub(crate) fn is_overdue(&self) -> bool {
        self.watch.overdue.load(Ordering::Relaxed)
    }

    /// Does a piece of work at this end; if it takes too long, the other end is killed.
    pub(crate) fn within<T>(&self, act: impl FnOnce() -> T) -> T {
        // Without a watch there is nothing to end a hang but the user.
        let _ = self.watch.arm.send(Some(self.patience));
        let outcome = act();
        let _ = self.watch.arm.send(None);
        outcome
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.orders = None;
        // Its answers end when it does.
        while self.answers.recv_timeout(GRACE).is_ok() {}
        if let Some(child) = &self.child {
            end(child);
        }
    }
}

fn end(child: &Shared) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    // It may have ended already.
    let _ = child.kill();
    let _ = child.wait();
}

/// Starts a thread; what it returns only lets it leave early.
fn start(name: &str, run: impl FnOnce() -> Option<()> + Send + 'static) -> Attempt<()> {
    let thread = thread::Builder::new().name(name.into()).spawn(run);
    thread.map(drop).map_err(|cause| no_start(&cause))
}

/// Kills the other end, and after that this process, when something takes too long.
struct Watch {
    arm: Sender<Option<Duration>>,
    overdue: Arc<AtomicBool>,
}

impl Watch {
    fn over(child: Option<Shared>) -> Attempt<Self> {
        let (arm, armed) = channel::<Option<Duration>>();
        let overdue = Arc::<AtomicBool>::default();
        let watch = Self { arm, overdue: Arc::clone(&overdue) };
        start("watch", move || {
            loop {
                let Some(patience) = armed.recv().ok()? else { continue };
                if !is_silent(&armed, patience) {
                    continue;
                }
                overdue.store(true, Ordering::Relaxed);
                child.as_ref().inspect(|child| end(child));
                if is_silent(&armed, GRACE) {
                    say("it hangs and was given up; try again, and with another size");
                    exit(ErrorKind::TimedOut.exit_code().into());
                }
            }
        })?;
        Ok(watch)
    }
}

fn is_silent(armed: &Receiver<Option<Duration>>, patience: Duration) -> bool {
    matches!(armed.recv_timeout(patience), Err(RecvTimeoutError::Timeout))
}

fn no_start(cause: &std::io::Error) -> Trouble {
    let why = format!("the other end cannot be started: {cause}; check that the program is there");
    Trouble::new(ErrorKind::Io, why)
}

fn gone() -> Trouble {
    Trouble::new(ErrorKind::Disconnected, "the other end has gone; try again")
}
