use super::record::Part;
use samebox_core::{Bytes, ErrorKind};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};
use x11rb::protocol::xproto::Window;

/// Messages that come in several parts, at most one of each client, within a bound for all.
///
/// Room is taken for all of a message when it begins, so those that have begun can always end. Who
/// finds no room is held: its parts are not confirmed, so it sends no more, until there is.
pub(crate) struct Assembly {
    max: usize,
    partials: HashMap<Window, Partial>,
    held: VecDeque<Window>,
    reserved: usize,
}

struct Partial {
    number: u32,
    total: usize,
    bytes: Vec<u8>,
    is_held: bool,
    moved: Instant,
    /// The request that brought its beginning.
    asked: u64,
}

/// How far a client's message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) client: Window,
    pub(crate) number: u32,
    pub(crate) offset: usize,
}

/// What a client did wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong(pub(crate) ErrorKind, pub(crate) String);

impl Wrong {
    pub(crate) fn malformed(why: &str) -> Self {
        Self(ErrorKind::Malformed, why.into())
    }
}

impl Assembly {
    /// Bytes of unfinished messages, unless a single one is larger.
    const ROOM: usize = 64 << 20;
    /// How many messages may be unfinished.
    const MOST: usize = 256;
    /// What a client sends unconfirmed.
    const UNCONFIRMED: usize = super::delivery::WINDOW;
    /// How long an unfinished message may rest while others find no room.
    const STALL: Duration = Duration::from_secs(30);

    pub(crate) fn new(max: usize) -> Self {
        let (partials, held, reserved) = Default::default();
        Self { max, partials, held, reserved }
    }

    /// Adds a part of a client's message, and gives the message when that was the last.
    ///
    /// # Errors
    /// When it does not belong there; then what came of that client's message is dropped.
    pub(crate) fn add(
        &mut self,
        client: Window,
        asked: u64,
        part: Part,
    ) -> Result<Option<Bytes>, Wrong> {
        if part.offset == 0 {
            // What had come of another was given up.
            self.forget(client);
        }
        if part.total > self.max {
            let why = format!("its message has {} bytes, {} are allowed", part.total, self.max);
            return Err(Wrong(ErrorKind::TooLarge, why));
        }
        if part.is_whole() {
            return Ok(Some(part.bytes));
        }
        if part.offset == 0 {
            self.begin(client, asked, &part)?;
        }
        self.extend(client, &part).inspect_err(|_| self.forget(client))
    }

    fn begin(&mut self, client: Window, asked: u64, part: &Part) -> Result<(), Wrong> {
        if self.partials.len() >= Self::MOST {
            return Err(Wrong(ErrorKind::Full, "too many messages are unfinished".into()));
        }
        let is_held = !self.held.is_empty() || !self.has_room(part.total);
        if is_held {
            self.held.push_back(client);
        } else {
            self.reserved += part.total;
        }
        let (number, total) = (part.number, part.total);
        // Room for all of it is taken already, up to the bound.
        let bytes = Vec::with_capacity(if is_held { 0 } else { part.total.min(Self::ROOM) });
        let moved = Instant::now();
        let partial = Partial { number, total, bytes, is_held, moved, asked };
        self.partials.insert(client, partial);
        Ok(())
    }

    fn has_room(&self, total: usize) -> bool {
        self.reserved == 0 || self.reserved + total <= Self::ROOM
    }

    fn extend(&mut self, client: Window, part: &Part) -> Result<Option<Bytes>, Wrong> {
        let wrong = || Wrong::malformed("it sent a part that continues nothing");
        let partial = self.partials.get_mut(&client).ok_or_else(wrong)?;
        let here = (partial.number, partial.total, partial.bytes.len());
        if here != (part.number, part.total, part.offset) {
            return Err(wrong());
        }
        if partial.is_held && partial.bytes.len() + part.bytes.len() > Self::UNCONFIRMED {
            return Err(Wrong::malformed("it sent more than was confirmed"));
        }
        partial.bytes.extend_from_slice(&part.bytes);
        partial.moved = Instant::now();
        if partial.bytes.len() < partial.total {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut partial.bytes);
        self.forget(client);
        Ok(Some(bytes.into()))
    }

    /// Whether something of that client is unfinished.
    pub(crate) fn is_waiting_for(&self, client: Window) -> bool {
        self.partials.contains_key(&client)
    }

    /// Whether an unfinished message of that client had begun before that request was answered.
    pub(crate) fn had_begun(&self, client: Window, sequence: u64) -> bool {
        self.partials.get(&client).is_some_and(|partial| partial.asked <= sequence)
    }

    /// How far the unfinished message of a client has come, unless it is held.
    pub(crate) fn progress(&self, client: Window) -> Option<Progress> {
        let partial = self.partials.get(&client).filter(|partial| !partial.is_held)?;
        Some(Progress { client, number: partial.number, offset: partial.bytes.len() })
    }

    /// Drops what has come of a client's unfinished message.
    pub(crate) fn forget(&mut self, client: Window) {
        let Some(partial) = self.partials.remove(&client) else { return };
        if partial.is_held {
            self.held.retain(|held| *held != client);
        } else {
            self.reserved -= partial.total;
        }
    }

    /// Takes the next that was held and now finds room.
    pub(crate) fn admit(&mut self) -> Option<Progress> {
        let client = *self.held.front()?;
        let total = self.partials.get(&client)?.total;
        if !self.has_room(total) {
            return None;
        }
        self.held.pop_front();
        self.reserved += total;
        self.partials.get_mut(&client)?.is_held = false;
        self.progress(client)
    }

    /// When somebody will have stalled for too long, and who; only while others find no room.
    pub(crate) fn next_stall(&self) -> Option<(Instant, Window)> {
        self.held.front()?;
        let running = self.partials.iter().filter(|(_, partial)| !partial.is_held);
        running.map(|(client, partial)| (partial.moved + Self::STALL, *client)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(total: usize, offset: usize, bytes: &'static [u8]) -> Part {
        Part { number: 1, total, offset, bytes: Bytes::from_static(bytes) }
    }

    #[test]
    fn parts_become_a_message() {
        let mut assembly = Assembly::new(100);
        assert_eq!(assembly.add(5, 0, part(4, 0, b"ab")), Ok(None));
        let half = Progress { client: 5, number: 1, offset: 2 };
        assert_eq!(assembly.progress(5), Some(half));
        assert_eq!(assembly.add(5, 0, part(4, 2, b"cd")), Ok(Some("abcd".into())));
        assert!(!assembly.is_waiting_for(5) && assembly.reserved == 0);
    }

    #[test]
    fn a_new_message_takes_the_place_of_one_given_up() {
        let mut assembly = Assembly::new(100);
        assembly.add(5, 0, part(4, 0, b"ab")).unwrap();
        assembly.add(5, 0, part(9, 0, b"12")).unwrap();
        assert_eq!(assembly.reserved, 9);
        assert_eq!(assembly.add(5, 0, part(2, 0, b"xy")), Ok(Some("xy".into())));
        assert_eq!(assembly.reserved, 0);
    }

    #[test]
    fn what_continues_nothing_is_refused_and_dropped() {
        let mut assembly = Assembly::new(100);
        assert!(assembly.add(5, 0, part(4, 2, b"cd")).is_err());
        assembly.add(5, 0, part(4, 0, b"a")).unwrap();
        assert!(assembly.add(5, 0, part(4, 2, b"cd")).is_err());
        assert!(!assembly.is_waiting_for(5));
        let large = assembly.add(5, 0, part(101, 0, b"a")).unwrap_err();
        assert_eq!(large.0, ErrorKind::TooLarge);
    }

    #[test]
    fn without_room_a_message_is_held_until_another_ends() {
        let mut assembly = Assembly::new(usize::MAX);
        assembly.add(1, 0, part(Assembly::ROOM, 0, b"a")).unwrap();
        assembly.add(2, 0, part(2, 0, b"c")).unwrap();
        assert_eq!((assembly.progress(2), assembly.admit()), (None, None));
        assert_eq!(assembly.next_stall().map(|(_, client)| client), Some(1));
        assembly.forget(1);
        assert_eq!(assembly.admit(), Some(Progress { client: 2, number: 1, offset: 1 }));
        assert_eq!(assembly.add(2, 0, part(2, 1, b"d")), Ok(Some("cd".into())));
        assert!(assembly.next_stall().is_none());
    }

    #[test]
    fn many_that_never_end_are_bounded() {
        let mut assembly = Assembly::new(usize::MAX);
        let begun = (0..2000).filter(|client| assembly.add(*client, 0, part(9, 0, b"a")).is_ok());
        assert_eq!(begun.count(), Assembly::MOST);
    }
}
