//! An X server of one test program, which ends with it however that ends.

#![allow(dead_code, reason = "each test program uses its part of it")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

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
