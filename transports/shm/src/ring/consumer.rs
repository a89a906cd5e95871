use super::memory::{Memory, Reads, Word, Words};
use super::record::{self, ALIGNMENT, Header, Kind, LONGEST, Shape};
use super::{Layout, Way};
use samebox_core::{Chunk, Peer};
use std::sync::Arc;

/// The reading end of a ring.
///
/// Records are copied out of the ring in runs, and found in the copy: what a peer changes afterwards
/// changes nothing here.
#[derive(Debug)]
pub struct Consumer<M: Memory> {
    words: M::Words,
    peer: M::Peer,
    layout: Layout,
    /// The largest payload.
    max: usize,
    /// The next record, and how far the other side knows that its ring is free again.
    at: u64,
    released: u64,
    /// Where a record of the run begins that is looked at: it is not given back before it is done with.
    held: Option<u64>,
    /// A run that was copied out, and how far it has been used up.
    run: Arc<Chunk>,
    used: usize,
    /// The room that was last said to be there.
    told: u64,
    /// A block has been read, which is worth giving back at once.
    heavy: bool,
}

/// A record that was found.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// What it is.
    pub kind: Kind,
    /// Where its payload is.
    pub place: Place,
    end: u64,
}

/// Where a payload is.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In the run that was copied out, at that place and of that length.
    Copied(usize, usize),
    /// In the other side's memory, at that place and of that length.
    Theirs(usize, usize),
}

/// What a look at a peer's ring found that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Words or records that nobody writes.
    Malformed(&'static str),
    /// A payload of that length, which is above the limit.
    TooLarge(usize),
}

/// The most bytes that are copied at once.
const RUN: usize = 64 << 10;

impl<M: Memory> Consumer<M> {
    /// The consumer of a peer's memory of that layout, of payloads up to `max`.
    pub fn new(words: M::Words, peer: M::Peer, layout: Layout, max: usize) -> Self {
        Self {
            words,
            peer,
            layout,
            max,
            at: 0,
            released: 0,
            held: None,
            run: Arc::new(Chunk::new(Arc::new(Peer::UNKNOWN))),
            used: 0,
            told: 0,
            heavy: false,
        }
    }

    /// The same consumer, of records that `peer` sends.
    #[must_use]
    pub fn of(mut self, peer: Arc<Peer>) -> Self {
        self.run = Arc::new(Chunk::new(peer));
        self
    }

    /// The other side.
    pub fn peer(&self) -> &M::Peer {
        &self.peer
    }

    /// Whether a run that was copied out has records left.
    pub fn has_run(&self) -> bool {
        self.used < self.run.bytes().len()
    }

    /// Whether there is something to read.
    #[inline]
    pub fn is_ready(&self) -> bool {
        self.has_run() || self.peer.load(Word::Tail) != self.at
    }

    /// The next record, copying a run of them out first when none is left.
    ///
    /// # Errors
    /// When the other side breaks the rules.
    #[inline]
    pub fn read(&mut self) -> Result<Option<Seen>, Broken> {
        self.held = None;
        if !self.has_run() && !self.fetch()? {
            return Ok(None);
        }
        let rest = &self.run.bytes()[self.used..];
        let Some(header) = record::decode(rest) else { return self.cut_short() };
        let Header::Record { kind, shape, block } = header else {
            self.skip()?;
            return self.read();
        };
        self.check(shape)?;
        if shape.size() > rest.len() {
            return self.cut_short();
        }
        let place = match shape.block {
            true => self.block(block, shape.length)?,
            false => Place::Copied(self.used + shape.header(), shape.length),
        };
        self.used += shape.size();
        self.at += shape.size() as u64;
        Ok(Some(Seen { kind, place, end: self.at }))
    }

    /// The payload of the record that was read last, if that was copied out.
    pub fn copied(&self, start: usize, length: usize) -> &[u8] {
        &self.run.bytes()[start..start + length]
    }

    /// The run that was copied out last, which messages may share.
    #[inline]
    pub fn run(&self) -> &Arc<Chunk> {
        &self.run
    }

    /// The next record where it lies; [`Consumer::done`] goes on to the one after it.
    ///
    /// # Errors
    /// When the other side breaks the rules.
    pub fn look(&mut self) -> Result<Option<Seen>, Broken> {
        if self.has_run() {
            let begin = self.at;
            let seen = self.read()?;
            self.held = seen.is_some().then_some(begin);
            return Ok(seen);
        }
        let Some(waiting) = self.waiting()? else { return Ok(None) };
        let mut header = [0; LONGEST];
        let header = &mut header[..waiting.min(LONGEST)];
        let offset = self.offset();
        if !self.peer.copy(offset, header) {
            return Err(Broken::Malformed("its ring is not all there"));
        }
        match record::decode(header) {
            None => Err(Broken::Malformed("a record has no meaning")),
            Some(Header::Skip) => {
                self.skip()?;
                self.look()
            }
            Some(Header::Record { kind, shape, block }) => {
                self.check(shape)?;
                if shape.size() > waiting {
                    return Err(Broken::Malformed("a record goes on beyond the end"));
                }
                let place = match shape.block {
                    true => self.block(block, shape.length)?,
                    false => Place::Theirs(offset + shape.header(), shape.length),
                };
                Ok(Some(Seen { kind, place, end: self.at + shape.size() as u64 }))
            }
        }
    }

    /// Goes on to the record after one that was looked at; what was read since stays read.
    pub fn done(&mut self, seen: &Seen) {
        self.at = self.at.max(seen.end);
        self.held = None;
    }

    /// Tells the other side how far its ring is free again, when that is worth it or it must be now.
    ///
    /// Gives how it wants to be woken, if it sleeps for that.
    #[inline]
    pub fn release(&mut self, now: bool) -> Option<Way> {
        let at = self.held.unwrap_or(self.at);
        let read = at - self.released;
        let is_little = read < self.layout.ring as u64 / 8 && !self.heavy;
        if read == 0 || (is_little && !now) {
            return None;
        }
        self.heavy = false;
        self.released = at;
        self.words.store(Word::Head, at);
        M::fence();
        let room = self.peer.load(Word::Room);
        if room == 0 || room > at + 1 || room == self.told {
            return None;
        }
        self.told = room;
        Way::of(self.peer.load(Word::Asleep))
    }

    /// How many messages the other side says it has dropped.
    pub fn dropped(&self) -> u64 {
        self.peer.load(Word::Dropped)
    }

    const fn offset(&self) -> usize {
        self.at as usize & (self.layout.ring - 1)
    }

    /// How many bytes of records lie in one piece from here on.
    #[inline]
    fn waiting(&self) -> Result<Option<usize>, Broken> {
        let tail = self.peer.load(Word::Tail);
        let waiting = tail.wrapping_sub(self.at);
        if waiting == 0 {
            return Ok(None);
        }
        if waiting > self.layout.ring as u64 || !tail.is_multiple_of(ALIGNMENT as u64) {
            return Err(Broken::Malformed("it says to have written what cannot be"));
        }
        Ok(Some((waiting as usize).min(self.layout.ring - self.offset())))
    }

    /// Copies a run of records out; `false` when there is none.
    fn fetch(&mut self) -> Result<bool, Broken> {
        let Some(waiting) = self.waiting()? else { return Ok(false) };
        let longest = RUN.max(self.layout.inline() + LONGEST + ALIGNMENT);
        let length = waiting.min(longest);
        let offset = self.offset();
        self.used = 0;
        let run = emptied(&mut self.run);
        run.reserve_exact(length);
        if !self.peer.append(offset, length, run) {
            return Err(Broken::Malformed("its ring is not all there"));
        }
        Ok(true)
    }

    /// The run ends within a record: a run that was cut is fetched anew from there.
    fn cut_short(&mut self) -> Result<Option<Seen>, Broken> {
        if self.used == 0 {
            return Err(Broken::Malformed("a record has no meaning, or no end"));
        }
        self.used = self.run.bytes().len();
        self.read()
    }

    /// Goes on at the beginning of the ring.
    fn skip(&mut self) -> Result<(), Broken> {
        if self.offset() == 0 {
            return Err(Broken::Malformed("it leaves out its whole ring"));
        }
        self.at += (self.layout.ring - self.offset()) as u64;
        self.used = self.run.bytes().len();
        Ok(())
    }

    fn check(&self, shape: Shape) -> Result<(), Broken> {
        if shape.length > self.max {
            return Err(Broken::TooLarge(shape.length));
        }
        if !shape.block && shape.length > self.layout.inline() {
            return Err(Broken::Malformed("a record is too long for the ring"));
        }
        Ok(())
    }

    fn block(&mut self, start: u64, length: usize) -> Result<Place, Broken> {
        let fits =
            start.checked_add(length as u64).is_some_and(|end| end <= self.layout.area as u64);
        if !fits {
            return Err(Broken::Malformed("a block is not all there"));
        }
        self.heavy = true;
        Ok(Place::Theirs(self.layout.ring + start as usize, length))
    }
}

/// A run without bytes: the one that was, where no message shares it any more.
fn emptied(run: &mut Arc<Chunk>) -> &mut Vec<u8> {
    // Nobody can come to share it but through this one.
    if Arc::strong_count(run) > 1 {
        *run = Arc::new(Chunk::new(Arc::clone(run.peer())));
    }
    let bytes = Arc::get_mut(run).expect("nobody else has it").bytes_mut();
    bytes.clear();
    bytes
}
