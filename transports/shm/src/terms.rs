//! What the two sides tell each other when they meet: one message each way, over the life line.

use crate::options::Options;
use crate::ring::Layout;

/// What one side tells the other of its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The sizes of its memory.
    pub(crate) layout: Layout,
    /// The largest payload that it takes.
    pub(crate) max: usize,
    /// The number of its memory's handle in the process that is to open it, where handles are numbers.
    pub(crate) handle: u64,
}

/// What these messages, and the rings, look like; a change of either is another version.
const MAGIC: [u8; 7] = *b"sbxshm\0";
const VERSION: u8 = 1;

impl Terms {
    /// The length of a message.
    pub(crate) const LENGTH: usize = 40;

    /// What this side offers.
    pub(crate) fn offer(options: &Options) -> Self {
        let ring = (options.capacity / 16).next_power_of_two().max(Layout::LEAST);
        // One message of the largest size must always find room, or it could never be sent.
        let area = options.capacity.max(options.max).next_multiple_of(4096);
        Self { layout: Layout { ring, area }, max: options.max, handle: 0 }
    }

    pub(crate) fn encode(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..7].copy_from_slice(&MAGIC);
        bytes[7] = VERSION;
        let words =
            [self.layout.ring as u64, self.layout.area as u64, self.max as u64, self.handle];
        for (at, word) in (8..).step_by(8).zip(words) {
            bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Reads what a peer says; the error says what is wrong with it.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let Ok(bytes) = <&[u8; Self::LENGTH]>::try_from(bytes) else {
            return Err("its first message is not that of samebox over shared memory".into());
        };
        if bytes[..7] != MAGIC {
            return Err("its first message is not that of samebox over shared memory".into());
        }
        if bytes[7] != VERSION {
            return Err(format!("it speaks version {} and this is version {VERSION}", bytes[7]));
        }
        let word = |index: usize| {
            let bytes: [u8; 8] = std::array::from_fn(|at| bytes[8 * index + at]);
            usize::try_from(u64::from_le_bytes(bytes)).unwrap_or(usize::MAX)
        };
        let layout = Layout { ring: word(1), area: word(2) };
        if !layout.is_sound() {
            return Err("its memory has an impossible size".into());
        }
        Ok(Self { layout, max: word(3), handle: word(4) as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Terms {
        Terms::offer(&Options::read(&"shm:x".parse().unwrap()).unwrap())
    }

    #[test]
    fn terms_are_read_as_they_were_written() {
        assert_eq!(Terms::decode(&terms().encode()), Ok(terms()));
        assert!((0..Terms::LENGTH).all(|short| Terms::decode(&terms().encode()[..short]).is_err()));
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = terms().encode();
        bytes[7] = 9;
        let why = Terms::decode(&bytes).unwrap_err();
        assert!(why.contains("version 9") && why.contains("version 1"), "{why}");
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for (at, value) in
            [(8, 0u64), (8, 4095), (8, 5000), (8, 1 << 40), (16, 1 << 40), (16, u64::MAX)]
        {
            let mut bytes = terms().encode();
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
            assert!(Terms::decode(&bytes).is_err(), "{value}");
        }
    }

    #[test]
    fn the_largest_message_always_finds_room() {
        let options = Options::read(&"shm:x?max=1GiB&capacity=1".parse().unwrap()).unwrap();
        let offer = Terms::offer(&options);
        assert!(offer.layout.is_sound() && offer.layout.area >= 1 << 30);
    }
}
