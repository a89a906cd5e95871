use super::copy::copy;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, Ordering};

/// A look at bytes that another process may be changing.
///
/// There is no `&[u8]` of them: Rust may take it that such bytes do not change, and a hostile peer
/// would make that false. Reading through a view is defined whatever the peer does; bytes that it
/// changes meanwhile come out as they were before or after, each by itself. Whoever wants to check
/// something first and use it afterwards must copy it out in between.
#[derive(Clone, Copy)]
pub struct View<'a> {
    start: *const u8,
    length: usize,
    bytes: PhantomData<&'a [AtomicU8]>,
}

// SAFETY: a view reads by atomic loads only, which every thread may do.
unsafe impl Send for View<'_> {}
// SAFETY: as above.
unsafe impl Sync for View<'_> {}

impl<'a> View<'a> {
    /// # Safety
    /// The bytes are readable for as long as `'a`, and this process accesses them atomically only,
    /// unless the accesses are ordered by a release and an acquire.
    pub(crate) unsafe fn new(start: *const u8, length: usize) -> Self {
        Self { start, length, bytes: PhantomData }
    }

    /// How many bytes there are.
    #[inline]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The byte at that place, as it is now.
    #[inline]
    pub fn get(&self, at: usize) -> Option<u8> {
        let byte = (at < self.length).then(|| self.start.wrapping_add(at).cast_mut())?;
        // SAFETY: it lies within the view, whose bytes are readable as long as it lives.
        Some(unsafe { AtomicU8::from_ptr(byte) }.load(Ordering::Relaxed))
    }

    /// The part of it from `start` on that is `length` bytes long; `None` when it is not all there.
    pub fn part(&self, start: usize, length: usize) -> Option<Self> {
        let fits = start.checked_add(length).is_some_and(|end| end <= self.length);
        fits.then(|| Self { start: self.start.wrapping_add(start), length, bytes: PhantomData })
    }

    /// Copies it all to the end of `into`.
    #[inline]
    pub fn append_to(&self, into: &mut Vec<u8>) {
        into.reserve(self.length);
        // SAFETY: the view's bytes are readable, the spare room was just reserved and is not in use;
        // after the copy that many bytes of it are initialised.
        unsafe {
            let spare = into.as_mut_ptr().add(into.len());
            copy(self.start, spare, self.length);
            into.set_len(into.len() + self.length);
        }
    }

    /// Copies it all into `into`, which must be as long.
    ///
    /// # Panics
    /// When it is not.
    pub fn copy_to(&self, into: &mut [u8]) {
        assert_eq!(into.len(), self.length, "as many bytes as the view has");
        // SAFETY: both are that long, and `into` is borrowed exclusively.
        unsafe { copy(self.start, into.as_mut_ptr(), self.length) };
    }

    /// A copy.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut copied = Vec::new();
        self.append_to(&mut copied);
        copied
    }

    /// Where the bytes are, for code of yours that is sure of the peer.
    ///
    /// They are readable while the view lives. To make a slice of them is sound only if the peer does
    /// not write to them meanwhile, and nothing keeps it from that.
    pub const fn as_ptr(&self) -> *const u8 {
        self.start
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_view_gives_its_bytes_and_no_others() {
        // SAFETY: nothing is written to it while it is looked at.
        let (mut own, theirs) = unsafe { crate::memory::on_heap(100) };
        let bytes: Vec<u8> = (0..100).collect();
        own.bytes(0..100).copy_from_slice(&bytes);
        let view = theirs.view(10, 10).unwrap();
        assert_eq!((view.get(0), view.get(9), view.get(10)), (Some(10), Some(19), None));
        assert_eq!(view.part(2, 3).unwrap().to_vec(), [12, 13, 14]);
        assert!(view.part(8, 3).is_none() && view.part(usize::MAX, 1).is_none());
        let mut copied = vec![9];
        view.append_to(&mut copied);
        assert_eq!(copied, (9..20).collect::<Vec<_>>());
    }
}
