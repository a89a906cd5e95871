use crate::commands::peer::{self, Attempt, Done, Taken, Tally};
use std::io::{self, Read, Write};

/// A byte stream with blocking reads and writes, and no framing at all.
pub(super) struct Floor<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: Read + Write> Floor<S> {
    /// As many bytes as are there are read at once, up to this many.
    const BUFFER: usize = 64 << 10;

    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: vec![0; Self::BUFFER] }
    }

    fn read_exact(&mut self, size: usize) -> Attempt<()> {
        self.buffer.resize(size.max(Self::BUFFER), 0);
        Ok(self.stream.read_exact(&mut self.buffer[..size])?)
    }
}

impl<S: Read + Write> peer::Near for Floor<S> {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        self.stream.write_all(payload)?;
        self.read_exact(payload.len())
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        Ok(self.stream.write_all(payload)?)
    }
}

impl<S: Read + Write> peer::Far for Floor<S> {
    fn echo(&mut self, count: u64, size: usize, _: Done<'_>) -> Attempt<()> {
        for _ in 0..count {
            self.read_exact(size)?;
            self.stream.write_all(&self.buffer[..size])?;
        }
        Ok(())
    }

    fn take(&mut self, count: u64, size: usize, _: Done<'_>) -> Attempt<Taken> {
        let mut tally = Tally::new(count);
        let mut part = 0;
        while !tally.is_whole() {
            if size > Self::BUFFER {
                self.read_exact(size)?;
                tally.add(1);
                continue;
            }
            let length = self.stream.read(&mut self.buffer)?;
            if length == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            part += length;
            tally.add((part / size) as u64);
            part %= size;
        }
        Ok(tally.taken())
    }
}
