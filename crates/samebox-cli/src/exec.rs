use crate::system;
use samebox::{Message, Peer, User};
use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// A shell command that answers messages: payload on its stdin, answer on its stdout.
pub(crate) struct Exec {
    line: String,
    endpoint: String,
    bounds: Bounds,
    running: Mutex<Running>,
}

/// What one run of a command may cost, and what becomes of its output.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// How long it may take.
    pub(crate) time: Duration,
    /// How many bytes it may print.
    pub(crate) output: usize,
    /// Whether the line break that ends its output is part of the answer.
    pub(crate) raw: bool,
}

/// The process trees that run now, and whether more may start.
#[derive(Default)]
struct Running {
    roots: HashSet<u32>,
    stopping: bool,
}

impl Exec {
    /// A command line that answers for the server of `endpoint`.
    pub(crate) fn new(line: &str, endpoint: String, bounds: Bounds) -> Self {
        Self { line: line.into(), endpoint, bounds, running: Mutex::default() }
    }

    /// Runs the command for one message.
    ///
    /// # Errors
    /// A sentence for the caller: what the command said last, or why it was ended.
    pub(crate) fn answer(&self, message: &Message) -> Result<Vec<u8>, String> {
        let child = self.start(message.peer())?;
        let root = child.id();
        let answer = see_through(child, message.payload(), self.bounds);
        self.running().roots.remove(&root);
        answer
    }

    /// Ends what runs and lets nothing start any more.
    pub(crate) fn stop(&self) {
        let mut running = self.running();
        running.stopping = true;
        running.roots.iter().copied().for_each(system::kill_tree);
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, peer: &Peer) -> Result<Child, String> {
        let mut command = system::shell(&self.line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("SAMEBOX_ENDPOINT", &self.endpoint);
        for (name, value) in identity(peer) {
            match value {
                Some(value) => command.env(name, value),
                // What this program inherited says nothing about the caller.
                None => command.env_remove(name),
            };
        }
        let mut running = self.running();
        if running.stopping {
            return Err("the server is stopping".into());
        }
        let child =
            command.spawn().map_err(|cause| format!("the command cannot start: {cause}"))?;
        running.roots.insert(child.id());
        Ok(child)
    }
}

/// What a command is told of the peer it answers.
fn identity(peer: &Peer) -> [(&'static str, Option<String>); 3] {
    let (uid, sid) = match &peer.user {
        Some(User::Uid(uid)) => (Some(uid.to_string()), None),
        Some(User::Sid(sid)) => (None, Some(sid.clone())),
        None => (None, None),
    };
    let pid = peer.pid.map(|pid| pid.to_string());
    [("SAMEBOX_PEER_UID", uid), ("SAMEBOX_PEER_SID", sid), ("SAMEBOX_PEER_PID", pid)]
}

/// How long a killed command may take to be gone, and a dead one's last words to arrive.
const GRACE: Duration = Duration::from_secs(1);

/// Feeds a child its payload and takes its answer within its bounds.
fn see_through(child: Child, payload: &[u8], bounds: Bounds) -> Result<Vec<u8>, String> {
    let root = child.id();
    let Watched { words, ended } =
        watch(child, payload.to_vec(), bounds.output).map_err(|cause| {
            system::kill_tree(root);
            format!("the system gives no thread: {cause}")
        })?;
    let Ok(ended) = ended.recv_timeout(bounds.time) else {
        system::kill_tree(root);
        let _ = ended.recv_timeout(GRACE);
        let limit = humantime::format_duration(bounds.time);
        return Err(format!("the command took longer than {limit} and was ended"));
    };
    let (status, output) = ended.map_err(|cause| format!("the command was lost: {cause}"))?;
    let output = output.ok_or_else(|| {
        format!("the command printed more than {} bytes and was ended", bounds.output)
    })?;
    if status.success() {
        return Ok(if bounds.raw { output } else { without_break(output) });
    }
    let words = words.recv_timeout(GRACE).unwrap_or_default();
    Err(if words.is_empty() { format!("the command failed: {status}") } else { words })
}

fn without_break(mut output: Vec<u8>) -> Vec<u8> {
    if output.last() == Some(&b'\n') {
        output.pop();
        if output.last() == Some(&b'\r') {
            output.pop();
        }
    }
    output
}

/// A running child whose pipes are served by threads.
struct Watched {
    /// The last line of its stderr, once that is closed.
    words: Receiver<String>,
    /// Its status and output, `None` for too much of it, once it has ended.
    ended: Receiver<io::Result<(ExitStatus, Option<Vec<u8>>)>>,
}

fn watch(mut child: Child, payload: Vec<u8>, max: usize) -> io::Result<Watched> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // A command need not read its input, so a failure to write is none.
    aside(move || stdin.map(|mut stdin| stdin.write_all(&payload)))?;
    let words = aside(move || stderr.map(last_line).unwrap_or_default())?;
    let ended = aside(move || {
        let mut output = Vec::new();
        if let Some(stdout) = stdout {
            // One byte more tells too much from just enough.
            stdout.take((max as u64).saturating_add(1)).read_to_end(&mut output)?;
        }
        let whole = output.len() <= max;
        if !whole {
            system::kill_tree(child.id());
        }
        Ok((child.wait()?, whole.then_some(output)))
    })?;
    Ok(Watched { words, ended })
}

/// Does some work on a thread of its own and hands over what comes of it.
fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<Receiver<T>> {
    let (sender, receiver) = sync_channel(1);
    thread::Builder::new().spawn(move || {
        // Nobody waits any more when the run was given up.
        let _ = sender.send(work());
    })?;
    Ok(receiver)
}

/// The last line that holds something, of whatever length of text; at most [`WORDS`] bytes of it.
fn last_line(mut stderr: ChildStderr) -> String {
    let mut tail = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut chunk) {
        tail.extend_from_slice(&chunk[..read]);
        tail.drain(..tail.len().saturating_sub(WORDS));
    }
    let text = String::from_utf8_lossy(&tail);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().into()
}

/// How many bytes of a failed command's last words are kept.
const WORDS: usize = 4096;

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const BOUNDS: Bounds = Bounds { time: Duration::from_secs(20), output: 1000, raw: false };

    fn run(line: &str, payload: &'static str, bounds: Bounds) -> Result<String, String> {
        let exec = Exec::new(line, "unix:/tmp/x".into(), bounds);
        let peer = Peer::local(User::Uid(7), Some(12));
        let answer = exec.answer(&Message::new(payload, Arc::new(peer)));
        assert!(exec.running().roots.is_empty());
        answer.map(|answer| String::from_utf8(answer).expect("the answer is text"))
    }

    #[test]
    fn the_payload_goes_in_and_the_output_without_its_break_comes_out() {
        assert_eq!(run("sort", "b\na\n", BOUNDS), Ok("a\nb".into()));
    }

    #[test]
    fn the_environment_tells_where_and_who() {
        let line = "echo $SAMEBOX_ENDPOINT $SAMEBOX_PEER_UID $SAMEBOX_PEER_PID";
        assert_eq!(run(line, "", BOUNDS), Ok("unix:/tmp/x 7 12".into()));
        assert_eq!(run("echo x", "", Bounds { raw: true, ..BOUNDS }), Ok("x\n".into()));
    }

    #[test]
    fn a_failed_command_speaks_with_its_last_line() {
        let line = "echo first >&2; echo last >&2; echo out; exit 3";
        assert_eq!(run(line, "", BOUNDS), Err("last".into()));
        let silent = run("exit 3", "", BOUNDS).expect_err("it failed");
        assert!(silent.contains('3'), "{silent}");
    }

    #[test]
    fn a_slow_command_is_ended_with_all_that_it_started() {
        let bounds = Bounds { time: Duration::from_millis(300), ..BOUNDS };
        let fault = run("sleep 600 | sleep 600", "", bounds).expect_err("it is too slow");
        assert!(fault.contains("300ms"), "{fault}");
    }

    #[test]
    fn an_endless_output_is_cut_off() {
        let fault = run("yes", "", BOUNDS).expect_err("it prints too much");
        assert!(fault.contains("1000 bytes"), "{fault}");
    }

    #[test]
    fn a_command_that_does_not_read_does_not_hang() {
        let payload: &'static str = "x".repeat(1 << 20).leak();
        assert_eq!(run("echo done", payload, BOUNDS), Ok("done".into()));
    }

    #[test]
    fn nothing_starts_once_it_was_stopped() {
        let exec = Exec::new("echo x", "unix:/tmp/x".into(), BOUNDS);
        exec.stop();
        let message = Message::new("", Arc::new(Peer::UNKNOWN));
        assert!(exec.answer(&message).is_err());
    }
}
