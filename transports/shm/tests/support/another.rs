//! A second process, which is the same test program started again with a role to play.

use super::chance::{Chance, spin_until};
use samebox_core::Endpoint;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const ROLE: &str = "SAMEBOX_TEST_ROLE";
const ENDPOINT: &str = "SAMEBOX_TEST_ENDPOINT";
const READY: &str = "ready";

/// The test that plays a role in the other process; every program with roles has one of this name.
const STAGE: &str = "another_process";

/// Within this time a process is killed that is doomed.
const LIFE: Duration = Duration::from_micros(1500);

/// Another process; dropping it kills it.
pub(crate) struct Another(Child);

impl Another {
    /// Starts a process that plays a role, without waiting for anything.
    pub(crate) fn start(role: &str, endpoint: &Endpoint) -> Self {
        Self(spawn(command(role, endpoint).stdout(Stdio::null())))
    }

    /// Starts a process that plays a role, and waits until it says that it is [`ready`].
    pub(crate) fn ready(role: &str, endpoint: &Endpoint) -> Self {
        Self::ready_by(command(role, endpoint), role)
    }

    /// As [`Another::ready`], of a command that starts this program in a way of its own.
    pub(crate) fn ready_by(mut command: Command, role: &str) -> Self {
        let mut child = spawn(command.stdout(Stdio::piped()));
        let output = BufReader::new(child.stdout.take().unwrap());
        let said = output.lines().map_while(Result::ok).any(|line| line == READY);
        assert!(said, "`{role}` ended before it was ready");
        Self(child)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it as kill -9 does; tells when, and returns when it is gone.
    pub(crate) fn kill(mut self) -> Instant {
        let killed = Instant::now();
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        killed
    }

    /// Kills it at some moment from now; gives when that was, once it is gone.
    pub(crate) fn doom(self, chance: &mut Chance) -> JoinHandle<Instant> {
        let moment = chance.moment(LIFE);
        std::thread::spawn(move || {
            spin_until(moment);
            self.kill()
        })
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Waits until it ends by itself, having played its role well.
    #[track_caller]
    pub(crate) fn finish(mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.ended() {
                return assert!(status.success(), "the other process: {status}");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("the other process does not end");
    }
}

impl Drop for Another {
    fn drop(&mut self) {
        // Only an ended process cannot be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How this program is started again to play a role.
pub(crate) fn command(role: &str, endpoint: &Endpoint) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", STAGE, "--quiet", "--nocapture", "--test-threads=1"]);
    command.env(ROLE, role).env(ENDPOINT, endpoint.to_string());
    command
}

fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).spawn().unwrap()
}

/// Tells the process that started this one that it may go on.
pub(crate) fn ready() {
    // Not by `println`, which would wait for a whole buffer.
    let mut output = std::io::stdout().lock();
    writeln!(output, "{READY}").and_then(|()| output.flush()).unwrap();
}

/// What a process is to be: a word, and what it does with the details that follow and an endpoint.
pub(crate) type Role = (&'static str, fn(&str, &Endpoint));

/// Plays the role that this process was started for, if it was started for one.
pub(crate) fn play(roles: &[Role]) {
    let Ok(role) = std::env::var(ROLE) else { return };
    // A test that is killed leaves nobody behind.
    let signal = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(signal).unwrap();
    let endpoint = std::env::var(ENDPOINT).unwrap().parse().unwrap();
    let (name, details) = role.split_once(' ').unwrap_or((&role, ""));
    let (_, act) = roles.iter().find(|(known, _)| *known == name).expect("a role of this program");
    act(details, &endpoint);
    // The test program would go on to tell of its success to nobody.
    std::process::exit(0);
}
