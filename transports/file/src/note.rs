//! What a server writes into its lock file, for clients and for the server after it.

/// One line: who made the slot's file, and the largest message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Whether samebox made the slot's file, and so removes it again.
    pub(crate) made: bool,
    /// The server's largest message.
    pub(crate) max: usize,
}

impl Note {
    /// How many bytes a note may have.
    pub(crate) const LONGEST: usize = 64;

    pub(crate) fn text(self) -> String {
        format!("{} {}\n", if self.made { "made" } else { "found" }, self.max)
    }

    /// Reads a note; `None` for anything else, such as one that is yet to be written.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
        let (origin, max) = line.split_once(' ')?;
        let made = match origin {
            "made" => true,
            "found" => false,
            _ => return None,
        };
        Some(Self { made, max: max.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_back_the_same_and_no_prefix_of_it_does() {
        for note in [Note { made: true, max: 1 << 30 }, Note { made: false, max: 1 }] {
            let text = note.text();
            assert_eq!(Note::parse(text.as_bytes()), Some(note));
            assert!(text.len() <= Note::LONGEST);
            assert!((0..text.len()).all(|end| Note::parse(&text.as_bytes()[..end]).is_none()));
        }
    }

    #[test]
    fn other_content_is_no_note() {
        for wrong in ["", "\n", "made\n", "lent 1\n", "made x\n", "made -1\n", "made 1 2\n"] {
            assert_eq!(Note::parse(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
