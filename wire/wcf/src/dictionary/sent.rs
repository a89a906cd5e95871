use super::hash;
use crate::mb;
use std::ops::Range;

/// The session dictionary of the direction that this side writes.
///
/// A string gets its id when it is first written, and goes to the peer in the block before the next
/// envelope. Envelopes must reach the peer in the order in which their blocks were taken. When the
/// limit is reached, new strings are written inline.
#[derive(Clone, Debug)]
pub struct Sent {
    max: usize,
    /// All strings as the block has them: length and bytes, one after the other.
    block: Vec<u8>,
    /// How much of `block` is with the peer already.
    announced: usize,
    entries: Vec<Entry>,
    /// Places in `entries`, plus one, by hash; zero is free, a taken slot sends on to the next.
    slots: Vec<u16>,
}

#[derive(Clone, Debug)]
struct Entry {
    hash: u32,
    text: Range<u32>,
}

impl Sent {
    /// An empty dictionary for at most `max` bytes of strings; .NET takes
    /// [`SESSION_BYTES`](super::SESSION_BYTES).
    ///
    /// No `max` above 32 KiB makes a difference.
    pub fn new(max: usize) -> Self {
        let max = max.min(1 << 15);
        Self { max, block: Vec::new(), announced: 0, entries: Vec::new(), slots: Vec::new() }
    }

    /// Forgets everything, for a new session; keeps its memory.
    pub fn clear(&mut self) {
        self.block.clear();
        self.announced = 0;
        self.entries.clear();
        self.slots.fill(0);
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The id of `text`, which enters the dictionary if there is room.
    ///
    /// The static dictionary is not asked: .NET uses that for the names of SOAP alone, and gives an
    /// operation that is called like one of them an id of the session.
    #[inline]
    pub fn id(&mut self, text: &str) -> Option<u32> {
        let hash = hash(text);
        self.find(text, hash).or_else(|| self.add(text, hash))
    }

    /// What the peer has not been told yet, as it stands before an envelope without its length.
    pub fn news(&self) -> &[u8] {
        &self.block[self.announced..]
    }

    /// Takes note that [`news`](Self::news) goes out.
    pub fn announced(&mut self) {
        self.announced = self.block.len();
    }

    fn find(&self, text: &str, hash: u32) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = hash as usize % self.slots.len();
        while let Some(place) = usize::from(self.slots[slot]).checked_sub(1) {
            let entry = &self.entries[place];
            let range = entry.text.start as usize..entry.text.end as usize;
            if entry.hash == hash && &self.block[range] == text.as_bytes() {
                return Some(2 * place as u32 + 1);
            }
            slot = (slot + 1) % self.slots.len();
        }
        None
    }

    fn add(&mut self, text: &str, hash: u32) -> Option<u32> {
        if text.len() + mb::length(text.len() as u32) > self.max - self.block.len() {
            return None;
        }
        mb::encode(text.len() as u32, &mut self.block);
        let start = self.block.len() as u32;
        self.block.extend_from_slice(text.as_bytes());
        self.entries.push(Entry { hash, text: start..self.block.len() as u32 });
        if 2 * self.entries.len() > self.slots.len() {
            self.slots = vec![0; (4 * self.entries.len()).next_power_of_two().max(64)];
            (0..self.entries.len()).for_each(|place| self.take_slot(place));
        } else {
            self.take_slot(self.entries.len() - 1);
        }
        Some(2 * (self.entries.len() as u32 - 1) + 1)
    }

    fn take_slot(&mut self, place: usize) {
        let mut slot = self.entries[place].hash as usize % self.slots.len();
        while self.slots[slot] != 0 {
            slot = (slot + 1) % self.slots.len();
        }
        self.slots[slot] = place as u16 + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_get_odd_ids_in_order_and_are_told_once() {
        let mut sent = Sent::new(2048);
        assert_eq!(
            (sent.id("Send"), sent.id("data"), sent.id("Send")),
            (Some(1), Some(3), Some(1))
        );
        assert_eq!(sent.news(), b"\x04Send\x04data");
        sent.announced();
        assert_eq!(sent.news(), b"");
        assert_eq!((sent.id("x"), sent.len()), (Some(5), 3));
        sent.clear();
        assert!(sent.is_empty());
        assert_eq!((sent.id("data"), sent.news()), (Some(1), &b"\x04data"[..]));
    }

    #[test]
    fn a_full_dictionary_takes_nothing_more_and_keeps_what_it_has() {
        let mut sent = Sent::new(2048);
        let names: Vec<_> = (0..1000).map(|n| format!("{n:03}")).collect();
        let ids: Vec<_> = names.iter().map(|name| sent.id(name)).collect();
        assert_eq!((ids[0], ids[511], ids[512]), (Some(1), Some(1023), None));
        assert_eq!(sent.news().len(), 2048);
        assert_eq!(sent.id("511"), Some(1023));
    }
}
