use samebox_core::Bytes;

/// The messages that one receive brought and that are not handed out yet.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    bytes: Bytes,
    segment: usize,
    left: usize,
}

impl Chunk {
    /// Messages of `segment` bytes each, of which the last may have fewer; one may be empty.
    pub(crate) fn new(bytes: Bytes, segment: usize) -> Self {
        let left = if segment == 0 { 1 } else { bytes.len().div_ceil(segment).max(1) };
        Self { bytes, segment, left }
    }

    /// How many messages are left.
    pub(crate) const fn left(&self) -> usize {
        self.left
    }
}

/// The payloads, sharing the memory of the chunk.
impl Iterator for Chunk {
    type Item = Bytes;

    #[inline]
    fn next(&mut self) -> Option<Bytes> {
        self.left = self.left.checked_sub(1)?;
        Some(match self.left {
            0 => std::mem::take(&mut self.bytes),
            _ => self.bytes.split_to(self.segment),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(bytes: &'static [u8], segment: usize) -> Vec<Bytes> {
        Chunk::new(Bytes::from_static(bytes), segment).collect()
    }

    #[test]
    fn a_run_is_cut_into_its_messages() {
        assert_eq!(parts(b"abcdefg", 3), [&b"abc"[..], b"def", b"g"]);
        assert_eq!(parts(b"abcdef", 3), [&b"abc"[..], b"def"]);
    }

    #[test]
    fn a_lone_message_is_whole() {
        for segment in [3, 4, 0, usize::MAX] {
            assert_eq!(parts(b"abc", segment), [&b"abc"[..]]);
        }
    }

    #[test]
    fn an_empty_message_is_one_message() {
        assert_eq!(parts(b"", 0), [&b""[..]]);
        assert_eq!(parts(b"", 5), [&b""[..]]);
        assert_eq!(Chunk::default().next(), None);
    }
}
