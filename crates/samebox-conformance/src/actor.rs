use crate::birth::spawned;
use crate::obey;
use crate::task::{Done, Numbers, Task, done_from_line};
use samebox_core::{DynTransport, Endpoint, ErrorKind};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::Duration;

/// Somebody else, who does as told: a second process, or a thread where no process can be reached.
///
/// Dropping it ends the process by force.
pub(crate) struct Actor {
    body: Body,
    lines: Receiver<String>,
    patience: Duration,
}

enum Body {
    Process { child: Child, tasks: Option<ChildStdin> },
    Thread(Sender<String>),
}

static STARTING: RwLock<()> = RwLock::new(());

/// Holds back new processes for a while.
///
/// Until its own program runs, a new process has a copy of every socket of this one, so a name just
/// given up would be found in use.
pub(crate) fn no_process_starts() -> RwLockReadGuard<'static, ()> {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

impl Actor {
    /// Starts this program again as somebody else.
    pub(crate) fn process(patience: Duration) -> Self {
        let program = std::env::current_exe().expect("a running program has a path");
        let starting = STARTING.write().unwrap_or_else(PoisonError::into_inner);
        let mut command = Command::new(program);
        command.env(obey::PATIENCE, patience.as_secs().max(1).to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = spawned(&mut command).expect("this program can be started again");
        let (tasks, output) = (child.stdin.take(), child.stdout.take());
        let mut output = BufReader::new(output.expect("its output is a pipe"));
        let mut first = String::new();
        let read = output.read_line(&mut first);
        assert!(
            first.trim_end() == obey::READY,
            "the other process begins with {first:?}: {read:?}"
        );
        drop(starting);
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        Self { body: Body::Process { child, tasks }, lines, patience }
    }

    /// Plays somebody else on a thread.
    pub(crate) fn thread(transport: &'static dyn DynTransport, patience: Duration) -> Self {
        let (told, tasks) = mpsc::channel();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            obey::obey(transport, patience, &tasks, |line| drop(sender.send(line)));
        });
        Self { body: Body::Thread(told), lines, patience }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        match &self.body {
            Body::Process { child, .. } => child.id(),
            Body::Thread(_) => std::process::id(),
        }
    }

    /// Tells it to do something, without waiting until it is done.
    #[track_caller]
    pub(crate) fn start(&mut self, task: &Task) {
        let line = task.to_line();
        let told = match &mut self.body {
            Body::Process { tasks, .. } => {
                tasks.as_mut().is_some_and(|tasks| writeln!(tasks, "{line}").is_ok())
            }
            Body::Thread(tasks) => tasks.send(line).is_ok(),
        };
        assert!(told, "the other process ended before it was told: {task:?}");
    }

    /// How the task that was started first ended.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> Result<String, ErrorKind> {
        self.done().map_err(|(kind, _)| kind)
    }

    #[track_caller]
    fn done(&mut self) -> Done {
        // Its own calls have the same patience, and say what they waited for.
        let line = self.lines.recv_timeout(self.patience * 2);
        let line = line.unwrap_or_else(|why| panic!("the other process does not answer: {why}"));
        done_from_line(&line).unwrap_or_else(|| panic!("the other process says {line:?}"))
    }

    /// Tells it to do something that must succeed, and waits until it is done.
    #[track_caller]
    pub(crate) fn act(&mut self, task: &Task) -> String {
        self.start(task);
        self.done().unwrap_or_else(|(kind, text)| panic!("the other process: {kind}: {text}"))
    }

    /// Makes it the server of an endpoint; gives the endpoint as bound.
    #[track_caller]
    pub(crate) fn bind(&mut self, endpoint: &Endpoint) -> Endpoint {
        let bound = self.act(&Task::Bind(endpoint.clone()));
        bound.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    pub(crate) fn connect(&mut self, endpoint: &Endpoint) {
        self.act(&Task::Connect(endpoint.clone()));
    }

    #[track_caller]
    pub(crate) fn send(&mut self, client: u32, first: u32, count: u32, size: usize) {
        self.act(&Task::Send(Numbers { client, first, count, size }));
    }

    /// Ends its process at once, as kill -9 does, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Body::Process { child, .. } = &mut self.body {
            // Only an ended process cannot be killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.end();
    }
}
