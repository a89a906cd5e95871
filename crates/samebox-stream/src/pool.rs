use samebox_core::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Large buffers between two uses.
///
/// A fresh large buffer costs a page fault for every 4 KiB that is first written to, more than the
/// copy into it; one that was used before costs nothing. What is kept is bounded.
#[derive(Clone, Debug, Default)]
pub struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

/// Buffers that are kept, and their bytes in all.
const BUFFERS: usize = 8;
const BYTES: usize = 16 << 20;

/// Buffers below this size are the allocator's affair.
const LEAST: usize = 64 << 10;

impl Pool {
    /// An empty buffer with room for `capacity` bytes.
    pub fn take(&self, capacity: usize) -> Vec<u8> {
        if capacity >= LEAST {
            let mut kept = self.kept();
            // One that is much too large is left for who needs it.
            let fits = |kept: &Vec<u8>| (capacity..=4 * capacity).contains(&kept.capacity());
            if let Some(at) = kept.iter().position(fits) {
                return kept.swap_remove(at);
            }
        }
        Vec::with_capacity(capacity)
    }

    /// Keeps a buffer for its next use, if there is room.
    pub fn give_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() < LEAST {
            return;
        }
        let mut kept = self.kept();
        let bytes: usize = kept.iter().map(Vec::capacity).sum();
        if kept.len() < BUFFERS && bytes + buffer.capacity() <= BYTES {
            buffer.clear();
            kept.push(buffer);
        }
    }

    /// Makes a buffer into bytes that come back when the last of them is dropped.
    pub fn lend(&self, buffer: Vec<u8>) -> Bytes {
        if buffer.capacity() < LEAST {
            return Bytes::from(buffer);
        }
        Bytes::from_owner(Lent { buffer, pool: self.clone() })
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lent {
    buffer: Vec<u8>,
    pool: Pool,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_is_used_again_when_its_last_bytes_are_dropped() {
        let pool = Pool::default();
        let mut buffer = pool.take(LEAST);
        buffer.resize(LEAST, 7);
        let place = buffer.as_ptr();
        let bytes = pool.lend(buffer);
        let part = bytes.slice(5..10);
        drop(bytes);
        let other = pool.take(LEAST);
        assert_ne!(other.as_ptr(), place, "a part is still in use");
        drop(part);
        let again = pool.take(LEAST);
        assert_eq!(again.as_ptr(), place);
        assert!(again.is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let pool = Pool::default();
        for _ in 0..100 {
            pool.give_back(Vec::with_capacity(LEAST));
            pool.give_back(Vec::with_capacity(BYTES));
        }
        let kept = pool.kept();
        assert!(kept.len() <= BUFFERS && kept.iter().map(Vec::capacity).sum::<usize>() <= BYTES);
    }
}
