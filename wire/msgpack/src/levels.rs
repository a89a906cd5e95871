use samebox_data::{Error, Result};

/// Levels that need no allocation.
const INLINE: usize = 8;

/// What an open level holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    List,
    Map,
    Structure,
}

/// A list, map or structure that has begun and not ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    pub(crate) kind: Kind,
    /// Items, members, or keys and values, that were announced.
    pub(crate) done: usize,
    /// How many there are in all.
    pub(crate) total: usize,
    /// How many members the reader knows.
    pub(crate) known: usize,
}

/// The open levels, outermost first, and the limit of their number.
#[derive(Debug)]
pub(crate) struct Levels {
    inline: [Level; INLINE],
    deeper: Vec<Level>,
    length: usize,
    limit: usize,
}

impl Levels {
    pub(crate) fn new(limit: usize) -> Self {
        let none = Level { kind: Kind::List, done: 0, total: 0, known: 0 };
        Self { inline: [none; INLINE], deeper: Vec::new(), length: 0, limit }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) fn push(&mut self, kind: Kind, total: usize, known: usize) -> Result<()> {
        if self.length >= self.limit {
            return Err(Error::TooDeep { limit: self.limit });
        }
        let level = Level { kind, done: 0, total, known };
        match self.inline.get_mut(self.length) {
            Some(free) => *free = level,
            None => self.deeper.push(level),
        }
        self.length += 1;
        Ok(())
    }

    pub(crate) fn pop(&mut self) {
        if self.length > INLINE {
            self.deeper.pop();
        }
        self.length = self.length.saturating_sub(1);
    }

    /// The innermost level.
    pub(crate) fn top(&mut self) -> Result<&mut Level> {
        let level = match self.length {
            0 => None,
            length @ 1..=INLINE => self.inline.get_mut(length - 1),
            _ => self.deeper.last_mut(),
        };
        level.ok_or(Error::Malformed("no list, map or structure is open".into()))
    }

    /// The innermost level, which must be of that kind.
    pub(crate) fn top_of(&mut self, kind: Kind) -> Result<&mut Level> {
        let level = self.top()?;
        if level.kind != kind {
            return Err(Error::Malformed("parts of another kind of value are open".into()));
        }
        Ok(level)
    }
}
