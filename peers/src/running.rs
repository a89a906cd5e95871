use crate::PATIENCE;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A program that runs. Dropping it ends it by force, as kill -9 does.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    title: String,
    ports: Vec<u16>,
}

/// How often to look whether a program has ended.
const GLANCE: Duration = Duration::from_millis(5);

impl Running {
    pub(crate) fn new(mut child: Child, title: String) -> Self {
        let stdin = child.stdin.take();
        let stdout = lines(child.stdout.take());
        let stderr = lines(child.stderr.take());
        Self { child, stdin, stdout, stderr, title, ports: Vec::new() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until a peer says `ready`.
    #[track_caller]
    pub fn wait_until_ready(&mut self) {
        loop {
            let line = self.line();
            if let Some(port) = line.strip_prefix("port ") {
                self.ports.push(port.parse().expect("a peer prints a port as a number"));
            } else {
                assert_eq!(line, "ready", "{}: this is no server", self.title);
                return;
            }
        }
    }

    /// The port that a peer was given by the system.
    #[track_caller]
    pub fn port(&self) -> u16 {
        *self.ports.first().unwrap_or_else(|| panic!("{} prints no port", self.title))
    }

    /// The ports of a peer that was given several by the system, in their order.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Waits for a line of stderr with `mark` in it and gives what follows that.
    #[track_caller]
    pub fn told(&mut self, mark: &str) -> String {
        loop {
            let line = self.next(&self.stderr).unwrap_or_else(|| self.ended_early());
            if let Some((_, rest)) = line.split_once(mark) {
                return rest.to_owned();
            }
        }
    }

    /// Waits until the program samebox listens and gives the endpoint.
    #[track_caller]
    pub fn listening(&mut self) -> String {
        self.told("listening on ")
    }

    /// The next line that it prints.
    #[track_caller]
    pub fn line(&mut self) -> String {
        self.next(&self.stdout).unwrap_or_else(|| self.ended_early())
    }

    /// The next message that a peer server prints.
    #[track_caller]
    pub fn got(&mut self) -> String {
        let line = self.line();
        let text = line.strip_prefix("got: ");
        text.unwrap_or_else(|| panic!("{} prints {line:?} and no message", self.title)).to_owned()
    }

    /// Writes to its stdin.
    #[track_caller]
    pub fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("it was started with_input");
        stdin.write_all(text.as_bytes()).expect("it reads its input");
    }

    /// Closes its stdin, waits until it has ended well, and gives the lines that nobody has taken.
    #[track_caller]
    pub fn finish(mut self) -> Vec<String> {
        self.stdin = None;
        let lines: Vec<_> = std::iter::from_fn(|| self.next(&self.stdout)).collect();
        let status = self.wait();
        assert!(status.success(), "{} ended with {status}: {}", self.title, self.complaints());
        lines
    }

    /// Waits until it has ended with `code`, and gives what it complained of.
    #[track_caller]
    pub fn fail(mut self, code: i32) -> String {
        let status = self.wait();
        let complaints = self.complaints();
        assert_eq!(status.code(), Some(code), "{}: {complaints}", self.title);
        complaints
    }

    /// Waits until it has ended, however that was: its code, what it printed and what it complained of.
    #[track_caller]
    pub fn end_as(mut self) -> (Option<i32>, Vec<String>, String) {
        self.stdin = None;
        let lines: Vec<_> = std::iter::from_fn(|| self.next(&self.stdout)).collect();
        (self.wait().code(), lines, self.complaints())
    }

    /// As [`Running::finish`], for a peer server: the messages that nobody has taken.
    #[track_caller]
    pub fn rest(self) -> Vec<String> {
        let title = self.title.clone();
        let message = |line: String| match line.strip_prefix("got: ") {
            Some(text) => text.to_owned(),
            None => panic!("{title} prints {line:?} and no message"),
        };
        self.finish().into_iter().map(message).collect()
    }

    /// Ends it by force and waits until it is gone.
    pub fn kill(mut self) {
        self.end();
    }

    #[track_caller]
    fn next(&self, lines: &Receiver<String>) -> Option<String> {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                panic!("{} said nothing for {PATIENCE:?}; it complained: {}", self.title, {
                    self.stderr.try_iter().collect::<String>()
                })
            }
        }
    }

    #[track_caller]
    fn ended_early<T>(&mut self) -> T {
        let status = self.wait();
        panic!("{} ended with {status}: {}", self.title, self.complaints())
    }

    #[track_caller]
    fn wait(&mut self) -> ExitStatus {
        let give_up = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(Instant::now() < give_up, "{} does not end", self.title);
            thread::sleep(GLANCE);
        }
    }

    #[track_caller]
    fn complaints(&self) -> String {
        std::iter::from_fn(|| self.next(&self.stderr)).collect::<Vec<_>>().join("\n")
    }

    fn end(&mut self) {
        // Only one that has ended already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// The lines of a stream as they come.
fn lines(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    let Some(stream) = stream else { return receiver };
    let stream = BufReader::new(stream);
    thread::spawn(move || {
        stream.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    receiver
}
