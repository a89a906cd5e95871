//! Rounds of calls, taken in turns so that a machine that changes its mind hits all alike.

use crate::subject::{Echo, Outcome, SUBJECTS, Subject};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What is echoed.
const TEXT: &str = "Hello, World! It is 64 bytes that travel there and back again...";

/// What one subject took, in nanoseconds per call: the median of its rounds.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// One call and its answer.
    pub(crate) request: f64,
    /// One call without an answer.
    pub(crate) one_way: Option<f64>,
}

/// A server in a process of its own, killed when it is done with.
struct Server(Child);

impl Server {
    fn start(subject: &Subject, path: &Path) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg(subject.name).arg(path).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("the server has no stdout")?;
        BufReader::new(stdout).read_line(&mut line)?;
        if line.trim() == "ready" {
            Ok(Self(child))
        } else {
            Err("the server did not start".into())
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures every subject in every round, each for `slice`.
pub(crate) fn all(rounds: usize, slice: Duration) -> Outcome<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let mut ends = Vec::new();
    for (number, subject) in SUBJECTS.iter().enumerate() {
        let path = folder.path().join(number.to_string());
        let server = Server::start(subject, &path)?;
        ends.push((server, (subject.connect)(&path)?));
    }
    let mut figures = vec![(Vec::new(), Vec::new()); ends.len()];
    for _ in 0..rounds {
        for ((_, client), (requests, tells)) in ends.iter_mut().zip(&mut figures) {
            requests.push(requests_for(client.as_mut(), slice)?);
            tells.extend(tells_for(client.as_mut(), slice)?);
        }
    }
    let rows = SUBJECTS.iter().zip(figures).map(|(subject, (requests, tells))| Row {
        name: subject.name,
        request: median(requests),
        one_way: (!tells.is_empty()).then(|| median(tells)),
    });
    Ok(rows.collect())
}

fn requests_for(client: &mut dyn Echo, slice: Duration) -> Outcome<f64> {
    let (begin, mut calls) = (Instant::now(), 0.0);
    while begin.elapsed() < slice {
        if client.echo(TEXT)? != TEXT {
            return Err("the echo is another text".into());
        }
        calls += 1.0;
    }
    Ok(begin.elapsed().as_nanos() as f64 / calls)
}

/// One-way calls in runs, each ended by a request, which is answered when all before it were taken.
fn tells_for(client: &mut dyn Echo, slice: Duration) -> Outcome<Option<f64>> {
    const RUN: usize = 64;
    let (begin, mut calls) = (Instant::now(), 0.0);
    while begin.elapsed() < slice {
        for _ in 0..RUN {
            if !client.tell(TEXT)? {
                return Ok(None);
            }
        }
        client.echo(TEXT)?;
        calls += RUN as f64;
    }
    Ok(Some(begin.elapsed().as_nanos() as f64 / calls))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
