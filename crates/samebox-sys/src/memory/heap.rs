//! Shared memory within one process: what tests, and tools that look for races, can follow.

use super::{HEADER, Own, Pages, Place, Theirs};
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Arc;

/// Zeroed memory of the allocator, aligned as pages are.
#[derive(Debug)]
pub(super) struct Heap {
    base: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the memory belongs to no thread; who may touch which of its bytes is the affair of `Own` and
// `Theirs`.
unsafe impl Send for Heap {}
// SAFETY: as above; `Heap` itself only tells where the memory is.
unsafe impl Sync for Heap {}

impl Heap {
    fn new(length: usize) -> Self {
        let layout =
            Layout::from_size_align(HEADER + length, HEADER).expect("less than the memory");
        // SAFETY: the layout is not empty: the header is in it.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) });
        let base = base.unwrap_or_else(|| handle_alloc_error(layout));
        Self { base, layout }
    }

    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub(super) fn length(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and nobody has a part of it any more.
        unsafe { dealloc(self.base.as_ptr(), self.layout) };
    }
}

/// Memory of that many bytes after its header, between two threads of one process.
///
/// # Safety
/// Both ends see the same bytes at the same addresses, so nothing but the users' own order of words
/// keeps a view of bytes from meeting a write to them. To find out whether it does is what this is for.
///
/// # Panics
/// When there cannot be so much.
pub unsafe fn on_heap(length: usize) -> (Own, Theirs) {
    let pages = Arc::new(Pages::Heap(Heap::new(length)));
    (Own { place: Place::new(Arc::clone(&pages)) }, Theirs { place: Place::new(pages) })
}
