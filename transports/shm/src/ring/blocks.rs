//! Who has which block of a side's memory: known to that side alone.

use std::collections::VecDeque;

/// Blocks begin at multiples of this: a line of the cache.
const GRAIN: usize = 64;

/// The blocks of one producer, given back in the order in which their records are read.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Free stretches, by place: the lowest is taken first, so the same memory is used again.
    free: Vec<Block>,
    /// Blocks that the consumer may be reading, each with the position where its record ends.
    busy: VecDeque<(u64, Block)>,
    used: usize,
    /// How many bytes may be in use, unless there is only one block.
    budget: usize,
}

/// A stretch of the area for blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) start: usize,
    pub(super) length: usize,
}

impl Block {
    const fn end(self) -> usize {
        self.start + self.length
    }
}

impl Blocks {
    pub(super) fn new(area: usize, budget: usize) -> Self {
        let free = if area == 0 { Vec::new() } else { vec![Block { start: 0, length: area }] };
        Self { free, busy: VecDeque::new(), used: 0, budget }
    }

    /// A block of at least `length` bytes, if there is one.
    pub(super) fn take(&mut self, length: usize) -> Option<Block> {
        let length = length.next_multiple_of(GRAIN);
        if self.used > 0 && self.used + length > self.budget {
            return None;
        }
        let at = self.free.iter().position(|free| free.length >= length)?;
        let free = &mut self.free[at];
        let block = Block { start: free.start, length };
        *free = Block { start: block.end(), length: free.length - length };
        if free.length == 0 {
            self.free.remove(at);
        }
        self.used += length;
        Some(block)
    }

    /// Gives back a block that no record has.
    pub(super) fn give_back(&mut self, block: Block) {
        self.used -= block.length;
        let at = self.free.partition_point(|free| free.start < block.start);
        self.free.insert(at, block);
        // With the stretch behind it, then with the one before it.
        for left in [Some(at), at.checked_sub(1)].into_iter().flatten() {
            if let Some(&right) = self.free.get(left + 1)
                && self.free[left].end() == right.start
            {
                self.free[left].length += right.length;
                self.free.remove(left + 1);
            }
        }
    }

    /// Notes that the record which ends at `position` has this block.
    pub(super) fn lend(&mut self, position: u64, block: Block) {
        self.busy.push_back((position, block));
    }

    /// Takes back what records before `head` had.
    pub(super) fn reclaim(&mut self, head: u64) {
        while let Some(&(position, block)) = self.busy.front()
            && position <= head
        {
            self.busy.pop_front();
            self.give_back(block);
        }
    }

    /// The head at which half of the blocks in use will have come back; `None` when none is in use.
    pub(super) fn half(&self) -> Option<u64> {
        self.busy.get(self.busy.len() / 2).map(|(position, _)| *position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_back_in_order_and_join() {
        let mut blocks = Blocks::new(1024, usize::MAX);
        let taken: Vec<_> = (0..16).map(|_| blocks.take(1).unwrap()).collect();
        assert!(blocks.take(1).is_none());
        for (position, block) in (1..).zip(&taken) {
            blocks.lend(position, *block);
        }
        assert_eq!(blocks.half(), Some(9));
        blocks.reclaim(4);
        assert_eq!(blocks.take(256).unwrap().start, 0);
        blocks.give_back(Block { start: 0, length: 256 });
        blocks.reclaim(16);
        assert_eq!(
            (blocks.free.as_slice(), blocks.used),
            (&[Block { start: 0, length: 1024 }][..], 0)
        );
    }

    #[test]
    fn a_block_over_the_budget_fits_when_it_is_alone() {
        let mut blocks = Blocks::new(1024, 128);
        let large = blocks.take(1000).unwrap();
        assert!(blocks.take(1).is_none());
        blocks.give_back(large);
        assert!(
            blocks.take(64).is_some() && blocks.take(64).is_some() && blocks.take(64).is_none()
        );
    }

    #[test]
    fn stretches_join_whatever_the_order() {
        let mut blocks = Blocks::new(320, usize::MAX);
        let taken: Vec<_> = (0..5).map(|_| blocks.take(64).unwrap()).collect();
        for index in [1, 3, 2, 4, 0] {
            blocks.give_back(taken[index]);
        }
        assert_eq!(blocks.free, [Block { start: 0, length: 320 }]);
    }
}
