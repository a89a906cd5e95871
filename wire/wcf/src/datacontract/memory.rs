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
}

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
    /// Forgets what was being written.
    pub(super) fn reset(&mut self) {
        self.scopes.reset();
        self.batch.clear();
        self.writing.clear();
    }
}
