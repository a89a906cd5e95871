use super::batch::Batch;
use super::scopes::Scopes;
use samebox_data::{Shape, Struct};

/// What [`Encoder`](super::Encoder) and [`Decoder`](super::Decoder) keep while they work.
///
/// Used again and again, it allocates no more.
#[derive(Debug, Default)]
pub struct Memory {
    /// Names and texts that are made up as they are written.
    pub(super) text: String,
    pub(super) scopes: Scopes,
    pub(super) batch: Batch,
    pub(super) writing: Vec<Writing>,
    pub(super) reading: Vec<Reading>,
    /// Names of maps' entries, which may take a digest to make.
    entries: Vec<(&'static Shape, &'static Shape, String)>,
}

/// How many names of entries are kept.
const KEPT: usize = 32;

/// A container that is being written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Writing {
    /// Parameters or a result, up to that place.
    Parts(usize),
    /// Members, up to that place.
    Structure(&'static Struct, usize),
    /// Items of that shape.
    List(&'static Shape),
    /// Items of that shape which become one record.
    Array(&'static Shape),
    /// Keys and values of these shapes.
    Map { key: &'static Shape, value: &'static Shape, entry: Entry },
}

/// What of a map's entry was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    None,
    Key,
    Value,
}

/// A container that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    /// Parameters or a result, from that place on.
    Parts(usize),
    /// Members, from that place on.
    Structure(&'static Struct, usize),
    /// Items; what was found when it began.
    List(Ahead),
    /// Entries; what was announced.
    Map(Entry),
}

/// What a list's first event was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    /// Nothing was looked at.
    Unknown,
    /// An item has started.
    Item,
    /// The list has ended.
    End,
}

impl Memory {
    /// Makes `text` the name of a map's entries.
    pub(super) fn name_entry(&mut self, key: &'static Shape, value: &'static Shape) {
        self.text.clear();
        let same = |known: &&(&'static Shape, &'static Shape, String)| {
            std::ptr::eq(known.0, key) && std::ptr::eq(known.1, value)
        };
        if let Some((_, _, name)) = self.entries.iter().find(same) {
            self.text.push_str(name);
            return;
        }
        super::names::entry(key, value, &mut self.text);
        if self.entries.len() == KEPT {
            self.entries.clear();
        }
        self.entries.push((key, value, self.text.clone()));
    }

    /// Forgets what was being written.
    pub(super) fn reset(&mut self) {
        self.scopes.reset();
        self.batch.clear();
        self.writing.clear();
    }
}
