//! The two processes of one connection, as the measuring process sees them.

use crate::end::{Task, Word};
use crate::measure::{Measure, Wait};
use crate::subject::{Entry, Outcome};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The cores of the near and of the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cores {
    pub(crate) near: usize,
    pub(crate) far: usize,
}

impl Cores {
    /// Fails where this process may not run on both.
    pub(crate) fn check(self) -> Outcome<()> {
        let allowed = rustix::thread::sched_getaffinity(None)?;
        match [self.near, self.far].into_iter().find(|core| !allowed.is_set(*core)) {
            Some(core) => Err(format!("core {core} is not for this process: see --cores").into()),
            None => Ok(()),
        }
    }
}

/// What one turn came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Nanoseconds of the median round trip, or messages per second.
    pub(crate) figure: f64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) took: Duration,
}

pub(crate) struct Session {
    near: End,
    far: End,
    cores: Cores,
}

impl Session {
    /// Starts both ends and waits until they are connected.
    pub(crate) fn open(entry: &Entry, size: usize, wait: Wait, cores: Cores) -> Outcome<Self> {
        let name = format!("samebox-peers-{}-{}", std::process::id(), next_number());
        let mut far = End::start(entry.name, "far", &name, size, wait)?;
        let Word::At(name) = far.word()? else { return Err(far.odd()) };
        let mut near = End::start(entry.name, "near", &name, size, wait)?;
        for end in [&mut near, &mut far] {
            let Word::Ready = end.word()? else { return Err(end.odd()) };
        }
        Ok(Self { near, far, cores })
    }

    /// Measures once, with `count` messages.
    pub(crate) fn turn(&mut self, measure: Measure, count: u64) -> Outcome<Turn> {
        let Cores { near, far } = self.cores;
        let far = if measure == Measure::BlockingTripOneCore { near } else { far };
        let begin = Instant::now();
        self.far.tell(Task { measure, count, core: far })?;
        let Word::Listening = self.far.word()? else { return Err(self.far.odd()) };
        self.near.tell(Task { measure, count, core: near })?;
        let Word::Asked { median_ns, begin_ns } = self.near.word()? else {
            return Err(self.near.odd());
        };
        let Word::Answered { received, end_ns } = self.far.word()? else {
            return Err(self.far.odd());
        };
        let seconds = end_ns.saturating_sub(begin_ns).max(1) as f64 / 1e9;
        let figure = if measure.is_rate() { received as f64 / seconds } else { median_ns };
        Ok(Turn { figure, sent: count, received, took: begin.elapsed() })
    }
}

/// One end's process.
struct End {
    what: String,
    process: Child,
    tasks: Option<ChildStdin>,
    lines: Receiver<String>,
}

/// How long an end may take for one word. A turn takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long an end may take to clean up.
const FAREWELL: Duration = Duration::from_secs(2);

impl End {
    fn start(subject: &str, side: &str, name: &str, size: usize, wait: Wait) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["end", side, subject, name, &size.to_string(), wait.word()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let tasks = process.stdin.take();
        let out = process.stdout.take().ok_or("a process without output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let all = BufReader::new(out).lines().map_while(Result::ok);
            // Nobody listens any more once the session is over.
            all.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        Ok(Self { what: format!("the {side} end of {subject}"), process, tasks, lines })
    }

    fn tell(&mut self, task: Task) -> Outcome<()> {
        let Some(tasks) = &mut self.tasks else { return Err(self.odd()) };
        writeln!(tasks, "{}", task.line()).map_err(|_| format!("{} has ended", self.what).into())
    }

    fn word(&mut self) -> Outcome<Word> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Word::parse(&line).ok_or_else(|| self.odd()),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("{} said nothing for {PATIENCE:?}", self.what).into())
            }
            Err(RecvTimeoutError::Disconnected) => Err(format!("{} has ended", self.what).into()),
        }
    }

    fn odd(&self) -> Box<dyn std::error::Error> {
        format!("{} said something else than was asked", self.what).into()
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // The end of its input is the end of an end that is not stuck.
        drop(self.tasks.take());
        let begin = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if begin.elapsed() > FAREWELL {
                // Gone already, or about to be: nothing is left to do about either.
                let _ = self.process.kill();
                let _ = self.process.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn next_number() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
