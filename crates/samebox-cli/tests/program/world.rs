//! One test's own names, and the programs it starts: none outlives it, none may hang.

use samebox_conformance::spawned;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// How long anything may take; far more than it does on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Directories of this test's own for names and files.
pub(crate) struct World {
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a directory can be made") }
    }

    /// How many names of servers there are, with all that belongs to them.
    pub(crate) fn names(&self) -> usize {
        let count = |path: &Path| {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            entries.filter(|entry| !entry.file_type().is_ok_and(|kind| kind.is_dir())).count()
        };
        ["", "samebox", "samebox/objects"].iter().map(|f| count(&self.folder.path().join(f))).sum()
    }

    /// An endpoint of `pipe:` that nobody else has.
    pub(crate) fn pipe(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("pipe:cli-{}-{next}", std::process::id())
    }

    /// The program with these arguments, to be started.
    pub(crate) fn samebox(&self, args: &[&str]) -> Samebox {
        self.program(env!("CARGO_BIN_EXE_samebox"), args)
    }

    /// Another program, to be started with the same directories.
    pub(crate) fn program(&self, name: &str, args: &[&str]) -> Samebox {
        let mut command = Command::new(name);
        command.args(args).env("TMPDIR", self.folder.path());
        command.env("XDG_RUNTIME_DIR", self.folder.path()).env_remove("NO_COLOR");
        // The session's own bus and display are nobody's business here; who needs one starts it.
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("DISPLAY");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Samebox { command, input: Vec::new() }
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Finished {
        self.samebox(args).run()
    }

    /// Starts a server and waits until clients may come; gives its endpoint as bound.
    pub(crate) fn serve(&self, args: &[&str]) -> (Started, String) {
        let mut server = self.samebox(args).start();
        let endpoint = server.listening();
        (server, endpoint)
    }
}

/// A program that is not started yet.
pub(crate) struct Samebox {
    pub(crate) command: Command,
    input: Vec<u8>,
}

impl Samebox {
    pub(crate) fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = input.as_ref().to_vec();
        self
    }

    /// Lets its stdout go elsewhere.
    pub(crate) fn stdout(mut self, target: impl Into<Stdio>) -> Self {
        self.command.stdout(target);
        self
    }

    /// Starts it and leaves its stdin open.
    pub(crate) fn start(mut self) -> Started {
        let mut child = spawned(&mut self.command).expect("the program starts");
        let stdout = lines(child.stdout.take());
        let stderr = lines(child.stderr.take());
        let stdin = child.stdin.take();
        Started { child, stdin, stdout, stderr, said: String::new() }
    }

    /// Runs it to its end with its input.
    pub(crate) fn run(mut self) -> Finished {
        let input = std::mem::take(&mut self.input);
        let mut started = self.start();
        let stdin = started.stdin.take();
        // The program need not read it all.
        thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        started.finish()
    }
}

/// A program that runs.
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
    said: String,
}

/// How a program ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Started {
    /// Waits for `listening on ENDPOINT` and gives the endpoint.
    pub(crate) fn listening(&mut self) -> String {
        loop {
            let line = next(&self.stderr, "it listens").unwrap_or_else(|| {
                panic!("the server ended: {}", self.said);
            });
            let line = String::from_utf8_lossy(&line).into_owned();
            self.said.push_str(&line);
            if let Some(endpoint) = line.trim_end().strip_prefix("listening on ") {
                return endpoint.into();
            }
        }
    }

    /// The next line of stdout, without its break.
    pub(crate) fn line(&mut self) -> String {
        let line = next(&self.stdout, "a line comes").expect("the program goes on");
        String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).into()
    }

    /// The next line of stderr, without its break.
    pub(crate) fn word(&mut self) -> String {
        let line = next(&self.stderr, "a line comes").expect("the program goes on");
        String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).into()
    }

    pub(crate) fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).expect("the program reads");
    }

    /// Closes its stdin and waits for its end.
    pub(crate) fn finish(mut self) -> Finished {
        self.stdin = None;
        let mut stdout = Vec::new();
        while let Some(line) = next(&self.stdout, "stdout closes") {
            stdout.extend(line);
        }
        let mut stderr = std::mem::take(&mut self.said);
        while let Some(line) = next(&self.stderr, "stderr closes") {
            stderr.push_str(&String::from_utf8_lossy(&line));
        }
        let code = self.child.wait().expect("the program can be waited for").code();
        Finished { code, stdout, stderr }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It has ended already unless its test failed or needed it to the last.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout is text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).expect("stdout is JSON")
    }

    /// The stdout of a program that ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.text().into()
    }

    /// The stderr of a program that ended with `code` and printed nothing on stdout.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.text(), "");
        self.stderr
    }
}

/// The lines of a stream as they come; none of one that goes elsewhere.
fn lines(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    let Some(stream) = stream else { return receiver };
    let mut stream = BufReader::new(stream);
    thread::spawn(move || {
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    receiver
}

fn next(lines: &Receiver<Vec<u8>>, awaited: &str) -> Option<Vec<u8>> {
    match lines.recv_timeout(PATIENCE) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => panic!("waited in vain until {awaited}"),
    }
}
