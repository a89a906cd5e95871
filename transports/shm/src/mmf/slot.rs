use samebox_sys::windows::named_memory::NamedMemory;
use std::sync::atomic::{Ordering, fence};

/// The memory: one text, then zeros. Other programs may change it at any moment.
#[derive(Debug)]
pub(super) struct Slot(NamedMemory);

/// What a look at the slot brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// A text that was the same twice; `changed` when it was another one before.
    Whole { text: Vec<u8>, changed: bool },
    /// It was another one each time.
    Restless,
}

impl Slot {
    /// How often a text that changes is read anew.
    const TRIES: usize = 64;

    /// How many bytes are looked at in one go for the zero that ends a text.
    const PART: usize = 1024;

    pub(super) fn new(memory: NamedMemory) -> Self {
        Self(memory)
    }

    /// Whether the slot can be filled: whoever cleared it has done so to the end.
    pub(super) fn is_empty(&self) -> bool {
        let is_empty = self.0.view().get(0) == Some(0);
        fence(Ordering::Acquire);
        is_empty
    }

    /// Reads until two readings in a row are the same.
    pub(super) fn text(&self) -> Text {
        let (mut text, mut changed) = (self.read(), false);
        for _ in 0..Self::TRIES {
            fence(Ordering::Acquire);
            let again = self.read();
            if again == text {
                return Text::Whole { text, changed };
            }
            (text, changed) = (again, true);
            std::thread::yield_now();
        }
        Text::Restless
    }

    /// What stands before the first zero, or everything.
    fn read(&self) -> Vec<u8> {
        let (view, mut text) = (self.0.view(), Vec::new());
        while let Some(part) = view.part(text.len(), Self::PART.min(view.len() - text.len())) {
            let seen = text.len();
            part.append_to(&mut text);
            if let Some(end) = text[seen..].iter().position(|byte| *byte == 0) {
                text.truncate(seen + end);
                break;
            }
            if part.is_empty() {
                break;
            }
        }
        text
    }

    /// Puts a text in; it must be shorter than the slot, and without zeros.
    ///
    /// Its first byte comes last, so whoever looks meanwhile sees an empty slot. What is left of a longer
    /// text goes, for programs that read to the end of the memory.
    pub(super) fn put(&self, text: &[u8]) {
        self.0.put(0, 0);
        for at in 1..self.0.length() {
            self.0.put(at, text.get(at).copied().unwrap_or(0));
        }
        self.0.put(0, text.first().copied().unwrap_or(0));
    }

    /// Takes away a text of that length. Programs that send need not write the zero after theirs.
    pub(super) fn clear(&self, length: usize) {
        for at in (0..length).rev() {
            self.0.put(at, 0);
        }
    }
}
