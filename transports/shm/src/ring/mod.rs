//! A ring of records from one producer to one consumer, through memory that only the producer writes.
//!
//! Each side has memory of its own: words that say how far it has written and read and whether it
//! sleeps, its ring, and blocks for records that are too large for the ring. The other side can only
//! read that. So nobody's view of its own state can be spoilt, and what is read from a peer is copied
//! once, bounded, then used.
//!
//! Nothing here knows where memory comes from or how a side is woken, so that a model checker can run
//! it: see [`memory`].

mod blocks;
mod consumer;
pub mod memory;
mod producer;
mod record;
mod sleeper;

pub use consumer::{Broken, Consumer, Place, Seen};
pub use producer::{Producer, Refused};
pub use record::Kind;
pub use sleeper::{Sleeper, Way};

/// The sizes of one side's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of the ring: a power of two.
    pub ring: usize,
    /// Bytes of the blocks, which follow the ring.
    pub area: usize,
}

impl Layout {
    /// The smallest ring.
    pub const LEAST: usize = 4 << 10;
    /// The largest ring, and the largest area of blocks.
    pub const MOST: usize = 1 << 31;

    /// How many bytes of memory it takes, without the words.
    pub const fn length(self) -> usize {
        self.ring + self.area
    }

    /// Whether a peer may have memory like this.
    pub const fn is_sound(self) -> bool {
        self.ring.is_power_of_two()
            && self.ring >= Self::LEAST
            && self.ring <= Self::MOST
            && self.area <= Self::MOST
    }

    /// The largest payload that goes into the ring; larger ones take a block.
    const fn inline(self) -> usize {
        self.ring / 16
    }
}
