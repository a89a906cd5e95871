//! A second process, which is the same test program started again with a part to play.

use samebox_conformance::spawned;
use samebox_core::Endpoint;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const PART: &str = "SAMEBOX_TEST_PART";
const ENDPOINT: &str = "SAMEBOX_TEST_ENDPOINT";
/// What stands before what a part says, among what the test program says.
const SAYS: &str = "another says ";

/// How long another process may take for what it does, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Another process; dropping it kills it.
pub(crate) struct Another {
    child: Child,
    said: Receiver<String>,
}

impl Another {
    /// Starts a process that plays a part.
    pub(crate) fn start(part: &str, endpoint: &Endpoint) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "another_process", "--quiet", "--nocapture", "--test-threads=1"]);
        command.env(PART, part).env(ENDPOINT, endpoint.to_string());
        let mut child = spawned(command.stdin(Stdio::piped()).stdout(Stdio::piped())).unwrap();
        let (says, said) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, said)) = line.split_once(SAYS) {
                    // Nobody may listen any more.
                    let _ = says.send(said.to_owned());
                }
            }
        });
        Self { child, said }
    }

    /// What it says next.
    #[track_caller]
    pub(crate) fn hear(&self) -> String {
        self.said.recv_timeout(PATIENCE).expect("the other process says something in time")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as kill -9 does; returns when it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself, having played its part well.
    #[track_caller]
    pub(crate) fn finish(mut self) {
        drop(self.child.stdin.take());
        let begun = Instant::now();
        let ended = loop {
            match self.child.try_wait().unwrap() {
                None if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                ended => break ended.expect("the other process ends in time"),
            }
        };
        assert!(ended.success(), "the other process failed");
    }
}

impl Drop for Another {
    fn drop(&mut self) {
        // Only an ended process cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says something to the process that started this one.
pub(crate) fn say(what: &str) {
    // Not by `println`, which would wait for a whole buffer.
    let mut output = std::io::stdout().lock();
    writeln!(output, "\n{SAYS}{what}").and_then(|()| output.flush()).unwrap();
}

/// Waits until the process that started this one wants no more of it.
pub(crate) fn wait() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// What a process can be: a word, and what it does with an endpoint.
pub(crate) type Part = (&'static str, fn(&Endpoint));

/// Plays the part that this process was started for, if it was started for one.
pub(crate) fn play(parts: &[Part]) {
    let Ok(part) = std::env::var(PART) else { return };
    let endpoint = std::env::var(ENDPOINT).unwrap().parse().unwrap();
    let known = parts.iter().find(|(name, _)| *name == part);
    known.expect("it is a part").1(&endpoint);
}
