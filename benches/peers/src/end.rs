//! One process of a pair: it does what the measuring process tells it on its standard input.

use crate::measure::{Measure, Pattern};
use crate::statistics::median;
use crate::subject::{Far, Link, Near, Outcome};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use std::io::{BufRead, Write};
use std::time::Instant;

/// What an end is told: one line of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Task {
    pub(crate) measure: Measure,
    pub(crate) count: u64,
    pub(crate) core: usize,
}

/// What an end tells: one line of text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// The far end can be connected to, under this name.
    At(String),
    /// The connection stands.
    Ready,
    /// The far end is about to receive.
    Listening,
    /// The near end is done: the median of its round trips, and when it began.
    Asked { median_ns: f64, begin_ns: u64 },
    /// The far end is done: how many messages came, and when the last one did.
    Answered { received: u64, end_ns: u64 },
}

impl Task {
    pub(crate) fn line(self) -> String {
        let place = Measure::ALL.iter().position(|measure| *measure == self.measure);
        format!("{} {} {}", place.unwrap_or_default(), self.count, self.core)
    }

    fn parse(line: &str) -> Outcome<Self> {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let mut next = || numbers.next().ok_or("a task has three numbers")?.map_err(Box::from);
        let measure = next().map(|place| Measure::ALL.get(place as usize).copied());
        let measure = measure.map_err(|error: Box<dyn std::error::Error>| error)?;
        let count = next()?;
        Ok(Self { measure: measure.ok_or("no such measure")?, count, core: next()? as usize })
    }
}

impl Word {
    fn line(&self) -> String {
        match self {
            Self::At(name) => format!("at {name}"),
            Self::Ready => "ready".into(),
            Self::Listening => "listening".into(),
            Self::Asked { median_ns, begin_ns } => format!("asked {median_ns} {begin_ns}"),
            Self::Answered { received, end_ns } => format!("answered {received} {end_ns}"),
        }
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let pair = || rest.split_once(' ');
        Some(match word {
            "at" => Self::At(rest.into()),
            "ready" => Self::Ready,
            "listening" => Self::Listening,
            "asked" => {
                let (median_ns, begin_ns) = pair()?;
                Self::Asked { median_ns: median_ns.parse().ok()?, begin_ns: begin_ns.parse().ok()? }
            }
            "answered" => {
                let (received, end_ns) = pair()?;
                Self::Answered { received: received.parse().ok()?, end_ns: end_ns.parse().ok()? }
            }
            _ => return None,
        })
    }
}

/// Runs the near end until its standard input ends.
pub(crate) fn near<N: Near>(link: &Link) -> Outcome<()> {
    let mut end = N::open(link)?;
    // Written all over, as pages that are not are all the same one of zeroes.
    let mut payload = vec![b'x'; link.size];
    tell(&Word::Ready)?;
    for_each_task(|task| {
        let begin_ns = now_ns();
        let median_ns = match task.measure.pattern() {
            Pattern::Trips => time_trips(task.count, |number| {
                payload[..8].copy_from_slice(&number.to_le_bytes());
                end.ask(&payload)
            })?,
            Pattern::LoanTrips => time_trips(task.count, |number| end.ask_by_loan(number))?,
            Pattern::OneWay => {
                stream(&mut end, &mut payload, task.count)?;
                0.0
            }
        };
        tell(&Word::Asked { median_ns, begin_ns })
    })
}

/// Runs the far end until its standard input ends.
pub(crate) fn far<F: Far>(link: &Link) -> Outcome<()> {
    let mut end = F::open(link, &mut |name| tell(&Word::At(name.into())))?;
    tell(&Word::Ready)?;
    for_each_task(|task| {
        tell(&Word::Listening)?;
        let received = match task.measure.pattern() {
            Pattern::Trips => {
                (0..task.count).try_for_each(|_| end.answer()).map(|()| task.count)?
            }
            Pattern::LoanTrips => {
                (0..task.count).try_for_each(|_| end.answer_by_loan()).map(|()| task.count)?
            }
            Pattern::OneWay => receive(&mut end, task.count)?,
        };
        tell(&Word::Answered { received, end_ns: now_ns() })
    })
}

/// The median of `count` round trips, each timed from the end of the one before it.
fn time_trips(count: u64, mut ask: impl FnMut(u64) -> Outcome<u64>) -> Outcome<f64> {
    let mut samples = Vec::with_capacity(count as usize);
    let mut last = Instant::now();
    for number in 1..=count {
        let answer = ask(number)?;
        if answer != number {
            return Err(format!("the answer to message {number} was {answer}").into());
        }
        let now = Instant::now();
        samples.push((now - last).as_nanos() as f64);
        last = now;
    }
    median(&samples).ok_or_else(|| "no round trips".into())
}

fn stream(end: &mut impl Near, payload: &mut [u8], count: u64) -> Outcome<()> {
    for number in 1..=count {
        payload[..8].copy_from_slice(&number.to_le_bytes());
        end.send(payload)?;
    }
    Ok(())
}

/// Counts the messages up to the one with the number `last`, or until no more come.
fn receive(end: &mut impl Far, last: u64) -> Outcome<u64> {
    let mut received = 0;
    let mut before = 0;
    while let Some(number) = end.take()? {
        if number <= before || number > last {
            return Err(format!("message {number} came after message {before} of {last}").into());
        }
        before = number;
        received += 1;
        if number == last {
            break;
        }
    }
    Ok(received)
}

fn for_each_task(mut work: impl FnMut(Task) -> Outcome<()>) -> Outcome<()> {
    for line in std::io::stdin().lock().lines() {
        let task = Task::parse(&line?)?;
        pin(task.core)?;
        work(task)?;
    }
    Ok(())
}

fn tell(word: &Word) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", word.line())?;
    Ok(out.flush()?)
}

fn pin(core: usize) -> Outcome<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}

/// A clock that all processes share.
fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_and_words_survive_the_way_as_text() {
        for measure in Measure::ALL {
            let task = Task { measure, count: 7, core: 1 };
            assert_eq!(Task::parse(&task.line()).unwrap(), task);
        }
        let words = [
            Word::At("a b".into()),
            Word::Ready,
            Word::Listening,
            Word::Asked { median_ns: 1.5, begin_ns: 2 },
            Word::Answered { received: 3, end_ns: 4 },
        ];
        for word in words {
            assert_eq!(Word::parse(&word.line()), Some(word));
        }
        assert!(Task::parse("99 1 0").is_err() && Task::parse("1 1").is_err());
        assert_eq!(Word::parse("asked"), None);
    }

    #[test]
    fn an_answer_to_another_question_is_an_error() {
        assert!(time_trips(3, Ok).is_ok());
        assert!(time_trips(3, |_| Ok(1)).is_err());
    }
}
