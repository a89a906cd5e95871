use crate::measure::{Measure, Wait};
use crate::subject::{Far, Link, Near, Outcome, Subject, number_in, poll, poll_for};
use crossbar::{Channel, Config, Sample};
use std::path::PathBuf;
use std::time::Duration;

/// crossbar's channel: a topic in each direction. A topic overwrites what nobody took in time.
pub(crate) struct Crossbar;

impl Subject for Crossbar {
    const NAME: &'static str = "crossbar";
    const MEASURES: &'static [Measure] = &Measure::ALL;
    const FASTEST: Wait = Wait::Polling;
    type Near = CrossbarEnd;
    type Far = CrossbarEnd;
}

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct CrossbarEnd {
    channel: Channel,
    _lock: Lock,
    wait: Wait,
    buffer: Vec<u8>,
}

impl CrossbarEnd {
    fn new(channel: Channel, link: &Link, side: &str) -> Self {
        let lock = Lock(format!("/dev/shm/crossbar-{}-{side}.lock", link.name).into());
        Self { channel, _lock: lock, wait: link.wait, buffer: vec![0; link.size] }
    }

    fn recv(&self) -> Outcome<Sample<'_>> {
        match self.wait {
            Wait::Polling => poll_for(|| Ok(self.channel.try_recv())),
            Wait::Blocking => Ok(self.channel.recv()?),
        }
    }

    fn lend(&mut self, size: usize, number: u64) -> Outcome<()> {
        let mut loan = self.channel.loan()?;
        loan.as_mut_slice()[..8].copy_from_slice(&number.to_le_bytes());
        loan.set_len(size)?;
        loan.publish();
        Ok(())
    }
}

/// The file that a publisher locks, which crossbar leaves behind.
struct Lock(PathBuf);

impl Drop for Lock {
    fn drop(&mut self) {
        // What cannot be removed does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Room for many small messages, or for some large ones.
fn config(link: &Link) -> Config {
    let ring_depth: u32 = if link.size > 4096 { 8 } else { 1024 };
    Config {
        max_topics: 1,
        ring_depth,
        block_count: ring_depth + 64,
        // A block begins with 8 bytes of its own.
        block_size: (link.size + 8).next_multiple_of(64) as u32,
        // Neither end says anything while others are measured.
        stale_timeout: Duration::from_secs(24 * 3600),
        ..Config::default()
    }
}

impl Near for CrossbarEnd {
    fn open(link: &Link) -> Outcome<Self> {
        Ok(Self::new(Channel::connect(&link.name, config(link), PATIENCE)?, link, "cli"))
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        self.channel.send(payload)?;
        let answer = self.recv()?;
        Ok(number_in(&answer))
    }

    fn send(&mut self, payload: &[u8]) -> Outcome<()> {
        Ok(self.channel.send(payload)?)
    }

    fn ask_by_loan(&mut self, number: u64) -> Outcome<u64> {
        self.lend(self.buffer.len(), number)?;
        let answer = self.recv()?;
        Ok(number_in(&answer))
    }
}

impl Far for CrossbarEnd {
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        announce(&link.name)?;
        Ok(Self::new(Channel::listen(&link.name, config(link), PATIENCE)?, link, "srv"))
    }

    fn answer(&mut self) -> Outcome<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.copy_from_slice(&self.recv()?);
        self.buffer = buffer;
        Ok(self.channel.send(&self.buffer)?)
    }

    fn take(&mut self) -> Outcome<Option<u64>> {
        let Some(sample) = poll(|| Ok(self.channel.try_recv()))? else { return Ok(None) };
        self.buffer.copy_from_slice(&sample);
        Ok(Some(number_in(&self.buffer)))
    }

    fn answer_by_loan(&mut self) -> Outcome<()> {
        let number = number_in(&self.recv()?);
        Ok(self.channel.send(&number.to_le_bytes())?)
    }
}
