use super::blocks::{Block, Blocks};
use super::memory::{Memory, Reads, Word, Words, Writes};
use super::record::{self, Kind, LONGEST, Shape};
use super::{Layout, Way};
use samebox_sys::memory::Own;
use std::sync::atomic::{Ordering, compiler_fence};

/// The writing end of a ring.
#[derive(Debug)]
pub struct Producer<M: Memory> {
    own: M::Own,
    words: M::Words,
    /// The other side, once it is there; until then it has read nothing and does not sleep.
    peer: Option<M::Peer>,
    layout: Layout,
    blocks: Blocks,
    /// How far records are written, and how far that is told.
    tail: u64,
    published: u64,
    /// How far the other side has read, as far as is known.
    head: u64,
    lent: Option<Spot>,
    /// The last sleep of the other side that was ended.
    woken: u64,
    /// Records published in a row while the other side was awake.
    calm: u32,
    fenceless: bool,
    always_fences: bool,
}

/// Room that was found for a record.
#[derive(Clone, Copy, Debug)]
struct Spot {
    /// Where the record begins; before that, the rest of the ring is left out.
    start: u64,
    shape: Shape,
    block: Option<Block>,
}

impl Spot {
    const fn end(&self) -> u64 {
        self.start + self.shape.size() as u64
    }
}

/// Why a record was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no room; it is worth trying again when the other side has read up to there.
    Full(u64),
    /// The other side's words cannot be true.
    Broken,
}

/// After so many records in a row the other side is taken to be awake for some time to come.
const CALM: u32 = 64;

impl<M: Memory> Producer<M> {
    /// The producer of memory of that layout, which is zero; `budget` bytes of blocks may be in use.
    pub fn new(own: M::Own, words: M::Words, layout: Layout, budget: usize) -> Self {
        Self {
            own,
            words,
            peer: None,
            layout,
            blocks: Blocks::new(layout.area, budget),
            tail: 0,
            published: 0,
            head: 0,
            lent: None,
            woken: 0,
            calm: 0,
            fenceless: false,
            always_fences: false,
        }
    }

    /// Keeps its fences, for another side that cannot have the system run them.
    pub fn keep_fences(&mut self) {
        self.always_fences = true;
    }

    /// Makes the other side known; gives how it wants to be woken, if it sleeps.
    ///
    /// Until then nobody could be woken for what was published.
    pub fn attach(&mut self, peer: M::Peer) -> Option<Way> {
        self.peer = Some(peer);
        M::fence();
        self.sleeping()
    }

    /// Writes a record, to be published; gives up memory that was reserved.
    ///
    /// # Errors
    /// When there is no room, or the other side lies.
    #[inline]
    pub fn push(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Refused> {
        self.take_back();
        let spot = self.place(!matches!(kind, Kind::Message), payload.len())?;
        let at = self.payload_of(&spot);
        self.own.write(at, payload);
        self.write(kind, spot);
        Ok(())
    }

    /// Tells the other side of all that was written; gives how it wants to be woken, if it sleeps.
    #[inline]
    pub fn publish(&mut self) -> Option<Way> {
        if self.published == self.tail {
            return None;
        }
        self.published = self.tail;
        self.words.store(Word::Tail, self.tail);
        if self.fenceless {
            // The system's barrier keeps the processor from looking first; the compiler is kept here.
            compiler_fence(Ordering::SeqCst);
        } else {
            M::fence();
        }
        self.sleeping()
    }

    /// How many bytes of records the other side has not read.
    pub fn unread(&mut self) -> u64 {
        // One that lies hurts itself.
        let _ = self.refresh();
        self.published - self.head
    }

    /// Whether the other side has read up to there, or lies, which the next push will show.
    pub fn has_read(&mut self, position: u64) -> bool {
        self.refresh().is_err() || self.head >= position
    }

    /// Reserves memory for a payload; the next [`Producer::commit`] sends it.
    ///
    /// # Errors
    /// As [`Producer::push`].
    pub fn lend(&mut self, length: usize) -> Result<(), Refused> {
        self.take_back();
        self.lent = Some(self.place(true, length)?);
        Ok(())
    }

    /// Gives up the memory that was reserved.
    pub fn take_back(&mut self) {
        if let Some(block) = self.lent.take().and_then(|spot| spot.block) {
            self.blocks.give_back(block);
        }
    }

    /// Makes what was written to the reserved memory a record, to be published; `false` when none is.
    #[must_use]
    pub fn commit(&mut self, kind: Kind) -> bool {
        let Some(spot) = self.lent.take() else { return false };
        self.write(kind, spot);
        true
    }

    fn sleeping(&mut self) -> Option<Way> {
        let asleep = self.peer.as_ref()?.load(Word::Asleep);
        let way = Way::of(asleep).filter(|_| asleep != self.woken);
        if way.is_some() {
            self.woken = asleep;
            self.calm = 0;
            if std::mem::take(&mut self.fenceless) {
                self.words.store(Word::Fenceless, 0);
            }
            return way;
        }
        if !self.fenceless {
            return self.calm_down();
        }
        None
    }

    /// Leaves out fences after a while in which the other side was awake.
    fn calm_down(&mut self) -> Option<Way> {
        self.calm = CALM.min(self.calm + 1);
        if self.calm < CALM || self.always_fences || !M::has_barrier() {
            return None;
        }
        self.fenceless = true;
        self.words.store(Word::Fenceless, 1);
        // It may be falling asleep just now, without having seen that.
        M::fence();
        self.sleeping()
    }

    /// Finds room for a record.
    #[inline]
    fn place(&mut self, wide: bool, length: usize) -> Result<Spot, Refused> {
        let shape = Shape { wide, block: length > self.layout.inline(), length };
        let start = self.room(shape.size())?;
        let block = if shape.block { Some(self.block(length)?) } else { None };
        Ok(Spot { start, shape, block })
    }

    /// Where a record of `size` bytes may begin.
    #[inline]
    fn room(&mut self, size: usize) -> Result<u64, Refused> {
        let (ring, size) = (self.layout.ring as u64, size as u64);
        let rest = ring - (self.tail & (ring - 1));
        let start = if rest < size { self.tail + rest } else { self.tail };
        if start + size - self.head <= ring {
            return Ok(start);
        }
        self.refresh()?;
        if start + size - self.head <= ring {
            return Ok(start);
        }
        // Worth waking for when half of the ring is free.
        Err(Refused::Full((start + size - ring).max(self.tail.saturating_sub(ring / 2))))
    }

    fn block(&mut self, length: usize) -> Result<Block, Refused> {
        if let Some(block) = self.blocks.take(length) {
            return Ok(block);
        }
        self.refresh()?;
        let block = self.blocks.take(length);
        block.ok_or_else(|| Refused::Full(self.blocks.half().unwrap_or(self.tail)))
    }

    /// Looks how far the other side has read.
    fn refresh(&mut self) -> Result<(), Refused> {
        let Some(peer) = &self.peer else { return Ok(()) };
        let head = peer.load(Word::Head);
        if head < self.head || head > self.published {
            return Err(Refused::Broken);
        }
        self.head = head;
        self.blocks.reclaim(head);
        Ok(())
    }

    /// Where in this side's bytes the payload of a record goes.
    fn payload_of(&self, spot: &Spot) -> usize {
        match spot.block {
            Some(block) => self.layout.ring + block.start,
            None => self.offset(spot.start) + spot.shape.header(),
        }
    }

    const fn offset(&self, position: u64) -> usize {
        position as usize & (self.layout.ring - 1)
    }

    /// Writes the header, before which the payload is in its place.
    #[inline]
    fn write(&mut self, kind: Kind, spot: Spot) {
        if spot.start != self.tail {
            let at = self.offset(self.tail);
            self.own.write(at, &record::skip());
        }
        let (header, length): ([u8; LONGEST], usize) =
            spot.shape.encode(kind, spot.block.map_or(0, |block| block.start));
        let at = self.offset(spot.start);
        // Lengths that the compiler knows are stores and no calls.
        match length {
            8 => self.own.write(at, &header[..8]),
            16 => self.own.write(at, &header[..16]),
            _ => self.own.write(at, &header[..length]),
        }
        self.tail = spot.end();
        if let Some(block) = spot.block {
            self.blocks.lend(self.tail, block);
        }
    }
}

impl<M: Memory<Own = Own>> Producer<M> {
    /// The memory that was reserved; what is in it is of no meaning.
    pub fn lent(&self) -> &[u8] {
        let Some(spot) = self.lent else { return &[] };
        let at = self.payload_of(&spot);
        self.own.written(at..at + spot.shape.length)
    }

    /// The memory that was reserved, to be written.
    pub fn lent_mut(&mut self) -> &mut [u8] {
        let Some(spot) = self.lent else { return &mut [] };
        let at = self.payload_of(&spot);
        self.own.bytes(at..at + spot.shape.length)
    }
}
