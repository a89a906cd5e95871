//! An X server of one test program, which ends with it however that ends.

#![allow(dead_code, reason = "each test program uses its part of it")]

use samebox_core::{Deadline, ErrorKind, Inbox, Outbox, Result, Transport};
use samebox_window::{Window, WindowInbox, WindowOutbox};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::JoinHandle;
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::Screen;
use x11rb::rust_connection::RustConnection;

/// An X server without a screen.
pub(crate) struct Xvfb {
    /// A shell that ends the X server when its own input ends: when this program does.
    guard: Child,
    pid: String,
    number: String,
}

const GUARD: &str = r#"Xvfb "$@" & echo "pid $!"; read line; kill $!; wait"#;

impl Xvfb {
    /// One on a display that nobody has.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// One on the display of that number.
    pub(crate) fn start_at(number: &str) -> Self {
        Self::start_with(&[&format!(":{number}")])
    }

    fn start_with(display: &[&str]) -> Self {
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "xvfb"]).args(display);
        guard.args(["-displayfd", "1", "-nolisten", "tcp", "-maxclients", "512"]);
        guard.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut guard = guard.spawn().expect("there is a shell");
        let said = BufReader::new(guard.stdout.take().expect("its output is a pipe"));
        let (mut pid, mut number) = (None, None);
        for line in said.lines().map_while(Result::ok) {
            match line.strip_prefix("pid ") {
                Some(text) => pid = Some(text.to_owned()),
                None => number = Some(line.trim().to_owned()),
            }
            if pid.is_some() && number.is_some() {
                break;
            }
        }
        let (pid, number) = pid.zip(number).unwrap_or_else(|| {
            panic!(
                "Xvfb does not start: install it (Debian: apt-get install xvfb), see `./test tools`"
            )
        });
        Self { guard, pid, number }
    }

    /// Its number, without the colon.
    pub(crate) fn number(&self) -> &str {
        &self.number
    }

    /// An endpoint on it, with settings as `a=1&b=2`.
    pub(crate) fn endpoint(&self, title: &str, settings: &str) -> String {
        let more = if settings.is_empty() { "" } else { "&" };
        format!("window:{title}?display=:{}{more}{settings}", self.number)
    }

    /// Has the system do something to its process: `KILL`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([&format!("-{signal}"), &self.pid]).status();
        assert!(done.is_ok_and(|status| status.success()), "kill -{signal} {}", self.pid);
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn crash(mut self) {
        self.signal("KILL");
        drop(self.guard.stdin.take());
        // The shell ends when its child has.
        let _ = self.guard.wait();
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// The X server that most tests of this program share.
pub(crate) fn shared() -> &'static Xvfb {
    static SHARED: LazyLock<Xvfb> = LazyLock::new(Xvfb::start);
    &SHARED
}

/// Long enough for anything that is going to happen.
pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// A deadline by which what does not happen shows.
pub(crate) fn briefly() -> Deadline {
    Deadline::after(Duration::from_millis(200))
}

impl Xvfb {
    pub(crate) fn try_bind(&self, title: &str, settings: &str) -> Result<WindowInbox> {
        Window.bind(&self.endpoint(title, settings).parse()?)
    }

    #[track_caller]
    pub(crate) fn bind(&self, title: &str) -> WindowInbox {
        self.try_bind(title, "").unwrap_or_else(|error| panic!("{error:?}"))
    }

    pub(crate) fn try_connect(&self, title: &str, settings: &str) -> Result<WindowOutbox> {
        Window.connect(&self.endpoint(title, settings).parse()?, Deadline::now())
    }

    #[track_caller]
    pub(crate) fn connect(&self, title: &str) -> WindowOutbox {
        self.try_connect(title, "").unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Has a client send one message on a thread of its own.
    pub(crate) fn sending(&self, title: &str, payload: &[u8]) -> JoinHandle<Result<()>> {
        let (mut client, payload) = (self.connect(title), payload.to_vec());
        std::thread::spawn(move || client.send(payload.as_slice().into(), soon()))
    }

    /// An X client that knows nothing of samebox, and its screen.
    pub(crate) fn stranger(&self) -> (RustConnection, Screen) {
        let (conn, screen) = x11rb::connect(Some(&format!(":{}", self.number))).unwrap();
        let screen = conn.setup().roots[screen].clone();
        (conn, screen)
    }

    /// What `/proc` says of its process, a number of KiB.
    pub(crate) fn status(&self, field: &str) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        line.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()
    }
}

/// The next payload.
#[track_caller]
pub(crate) fn recv(server: &mut WindowInbox) -> Vec<u8> {
    let message = server.recv(soon()).unwrap_or_else(|error| panic!("{error:?}"));
    message.payload().to_vec()
}

/// What kind of error it is.
#[track_caller]
pub(crate) fn kind<T>(outcome: Result<T>) -> ErrorKind {
    outcome.err().expect("it succeeded").kind()
}
