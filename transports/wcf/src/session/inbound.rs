use samebox_core::Deadline;
use samebox_stream::Duplex;
use samebox_wcf_wire as wire;
use samebox_wcf_wire::framing::{self, Limits};
use std::io;
use std::time::{Duration, Instant};

/// Bytes that came and are yet to be taken, record by record.
#[derive(Debug)]
pub(crate) struct Inbound {
    buffer: Vec<u8>,
    /// How many bytes of the buffer have been taken.
    taken: usize,
    /// Since when there is a record that is not whole.
    unfinished: Option<Instant>,
    /// How long a record may take to become whole.
    stall: Option<Duration>,
    /// The longest record that came whole: room for one like it is made at once.
    proven: usize,
}

/// Room for one read at least.
const READ: usize = 64 << 10;

/// Records above this size leave with the buffer they were read into; smaller ones are copied.
const LARGE: usize = 256 << 10;

/// Why there is no record.
#[derive(Debug)]
pub(crate) enum NoRecord {
    /// None came in time; what has come of it stays.
    Late,
    /// One took too long to become whole.
    Stalled,
    /// The other side has closed, between records.
    Closed,
    /// It has closed within a record.
    Cut,
    /// The connection has failed.
    Failed(io::Error),
    /// The bytes are no record, or one that is too large.
    Wrong(wire::Error),
}

/// Bytes of an envelope, in memory of their own.
#[derive(Debug, Default)]
pub(crate) struct Bytes {
    pub(crate) memory: Vec<u8>,
    /// Where in `memory` the envelope starts; it goes to the end.
    pub(crate) start: usize,
}

impl Inbound {
    pub(crate) fn new(stall: Option<Duration>) -> Self {
        Self { buffer: Vec::new(), taken: 0, unfinished: None, stall, proven: 0 }
    }

    /// How long a record may take to become whole.
    pub(crate) fn stall(&self) -> Option<Duration> {
        self.stall
    }

    /// Bytes that are there.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    /// Waits until a whole record is at the start of [`bytes`](Self::bytes); gives its length.
    pub(crate) fn record(
        &mut self,
        link: &dyn Duplex,
        limits: &Limits,
        by: Deadline,
    ) -> Result<usize, NoRecord> {
        self.whole(link, by, |bytes| framing::decode(bytes, limits).map(|(_, length)| length))
    }

    /// As [`record`](Self::record), for a chunk of an unsized envelope of at most `max` bytes.
    pub(crate) fn chunk(
        &mut self,
        link: &dyn Duplex,
        max: usize,
        by: Deadline,
    ) -> Result<usize, NoRecord> {
        self.whole(link, by, |bytes| framing::chunk(bytes, max).map(|(_, length)| length))
    }

    fn whole(
        &mut self,
        link: &dyn Duplex,
        by: Deadline,
        find: impl Fn(&[u8]) -> Result<usize, wire::Error>,
    ) -> Result<usize, NoRecord> {
        loop {
            let needed = match find(self.bytes()) {
                Ok(length) => {
                    self.proven = self.proven.max(length);
                    self.unfinished = None;
                    return Ok(length);
                }
                Err(wire::Error::Incomplete { needed }) => needed,
                Err(wrong) => return Err(NoRecord::Wrong(wrong)),
            };
            self.read(link, needed, by)?;
        }
    }

    /// Reads once, of a record that has `needed` bytes at least.
    fn read(&mut self, link: &dyn Duplex, needed: usize, by: Deadline) -> Result<(), NoRecord> {
        self.make_room(needed);
        let whole_by = self.whole_by();
        match link.read(&mut self.buffer, by.earlier(whole_by)) {
            Ok(0) if self.bytes().is_empty() => Err(NoRecord::Closed),
            Ok(0) => Err(NoRecord::Cut),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(if whole_by.has_passed() { NoRecord::Stalled } else { NoRecord::Late })
            }
            Err(error) => Err(NoRecord::Failed(error)),
        }
    }

    /// By when the record that has begun must be whole.
    fn whole_by(&mut self) -> Deadline {
        if self.bytes().is_empty() {
            self.unfinished = None;
            return Deadline::NEVER;
        }
        let since = *self.unfinished.get_or_insert_with(Instant::now);
        let end = self.stall.and_then(|stall| since.checked_add(stall));
        end.map_or(Deadline::NEVER, Deadline::at)
    }

    /// Makes room that grows with what has really come, whatever a peer announces.
    fn make_room(&mut self, needed: usize) {
        if self.taken == self.buffer.len() {
            self.buffer.clear();
            self.taken = 0;
        } else if self.buffer.capacity() < self.taken + needed {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        let grown = needed.min((self.buffer.len() * 2).max(self.proven)).max(READ) + self.taken;
        if self.buffer.capacity() < grown || self.buffer.len() == self.buffer.capacity() {
            self.buffer.reserve_exact(grown.max(self.buffer.len() + READ) - self.buffer.len());
        }
    }

    /// Passes over the next `length` bytes.
    pub(crate) fn pass(&mut self, length: usize) {
        self.taken += length;
    }

    /// Takes the next `length` bytes out, into `spare` or with the buffer they are in; the envelope in
    /// them starts after `before` bytes.
    pub(crate) fn take(&mut self, length: usize, before: usize, mut spare: Vec<u8>) -> Bytes {
        let end = self.taken + length;
        spare.clear();
        if length > LARGE {
            spare.extend_from_slice(&self.buffer[end..]);
            let mut memory = std::mem::replace(&mut self.buffer, spare);
            memory.truncate(end);
            let start = std::mem::take(&mut self.taken) + before;
            return Bytes { memory, start };
        }
        spare.extend_from_slice(&self.buffer[self.taken + before..end]);
        self.taken = end;
        Bytes { memory: spare, start: 0 }
    }
}

impl Bytes {
    /// The envelope.
    pub(crate) fn envelope(&self) -> &[u8] {
        &self.memory[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox_stream::Ready;
    use std::io::IoSlice;
    use std::sync::Mutex;

    /// Gives these bytes, so many at a time, and then nothing more in time.
    struct Given(Mutex<Vec<u8>>, usize);

    impl Duplex for Given {
        fn read(&self, buffer: &mut Vec<u8>, _: Deadline) -> io::Result<usize> {
            let mut rest = self.0.lock().unwrap();
            let room = buffer.capacity() - buffer.len();
            let length = self.1.min(rest.len()).min(room);
            if length == 0 {
                return Err(io::ErrorKind::TimedOut.into());
            }
            buffer.extend(rest.drain(..length));
            Ok(length)
        }

        fn write_now(&self, _: &[IoSlice<'_>]) -> io::Result<usize> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn wait(&self, wanted: Ready, _: Deadline) -> io::Result<Ready> {
            Ok(wanted)
        }

        fn has_ended(&self) -> bool {
            false
        }

        fn cut(&self) {}
    }

    fn envelopes(sizes: &[usize]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for size in sizes {
            framing::Record::SizedEnvelope(&vec![*size as u8; *size]).encode(&mut bytes);
        }
        bytes
    }

    #[test]
    fn records_are_found_however_they_come() {
        let sizes = [0, 1, 300, 70_000, 5, 200_000, 16 << 10, 3];
        let limits = Limits { message: 1 << 20, ..Limits::default() };
        for step in [1, 7, 4096, 1 << 20] {
            let link = Given(Mutex::new(envelopes(&sizes)), step);
            let mut inbound = Inbound::new(None);
            for size in sizes {
                let length = inbound.record(&link, &limits, Deadline::NEVER).unwrap();
                let bytes = inbound.take(length, length - size, Vec::new());
                assert!(bytes.envelope() == vec![size as u8; size], "{size} bytes, {step} each");
            }
            let none = inbound.record(&link, &limits, Deadline::NEVER);
            assert!(matches!(none, Err(NoRecord::Late)), "{none:?}");
        }
    }

    #[test]
    fn memory_grows_with_what_has_come_and_not_with_what_is_announced() {
        let limits = Limits { message: 1 << 30, ..Limits::default() };
        let mut bytes = vec![6, 0xFF, 0xFF, 0xFF, 0xFF, 3];
        bytes.extend([0; 100_000]);
        let link = Given(Mutex::new(bytes), 1 << 20);
        let mut inbound = Inbound::new(None);
        assert!(inbound.record(&link, &limits, Deadline::NEVER).is_err());
        assert!(inbound.buffer.capacity() < 500_000, "{} bytes", inbound.buffer.capacity());
    }
}
