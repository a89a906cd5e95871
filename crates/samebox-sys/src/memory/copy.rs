//! Copying out of memory that another process may be writing to.
//!
//! A plain copy of such bytes would be a data race. What is done here is a row of relaxed atomic loads,
//! which are defined whatever the other process does; what they give may be torn, and that is all.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// From this size on one instruction of the processor copies faster than a loop.
#[cfg(all(target_arch = "x86_64", not(miri)))]
const STRING: usize = 256;

/// Copies `length` bytes.
///
/// # Safety
/// `from` is readable and `to` writable for `length` bytes, they do not overlap, and nobody else uses
/// the bytes at `to` meanwhile. All accesses to those at `from` by this process meanwhile are atomic.
#[inline]
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if length >= STRING {
        // SAFETY: the caller's promise. The instruction is no access that the compiler knows of, so
        // what it reads may change meanwhile; the direction flag is clear by the calling convention.
        unsafe {
            std::arch::asm!(
                "rep movsb",
                inout("rcx") length => _,
                inout("rsi") from => _,
                inout("rdi") to => _,
                options(nostack, preserves_flags)
            );
        }
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { copy_words(from, to, length) }
}

/// Copies by words where `from` is aligned for them, and by bytes elsewhere.
///
/// # Safety
/// As for [`copy`].
#[inline]
unsafe fn copy_words(from: *const u8, to: *mut u8, length: usize) {
    let lead = from.align_offset(size_of::<u64>()).min(length);
    let words = (length - lead) / size_of::<u64>();
    // SAFETY: the three runs lie within the bytes that the caller promised, and the second starts at
    // an aligned address.
    unsafe {
        copy_bytes(from, to, lead);
        for at in (0..words).map(|word| lead + word * size_of::<u64>()) {
            let word = AtomicU64::from_ptr(from.add(at).cast_mut().cast()).load(Ordering::Relaxed);
            to.add(at).cast::<u64>().write_unaligned(word);
        }
        let done = lead + words * size_of::<u64>();
        copy_bytes(from.add(done), to.add(done), length - done);
    }
}

/// # Safety
/// As for [`copy`].
#[inline]
unsafe fn copy_bytes(from: *const u8, to: *mut u8, length: usize) {
    for at in 0..length {
        // SAFETY: the caller's promise; a byte is always aligned.
        unsafe {
            let byte = AtomicU8::from_ptr(from.add(at).cast_mut()).load(Ordering::Relaxed);
            to.add(at).write(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_alignment_is_copied_whole_and_no_further() {
        let mut from: Vec<u8> = (0..600u32).map(|byte| byte as u8).collect();
        for start in 0..9 {
            for length in (0..40).chain(250..262).chain([512, 590]) {
                let mut to = vec![0xEE; length + 8];
                // SAFETY: both vectors are that long and nobody else uses them.
                unsafe { copy(from[start..start + length].as_mut_ptr(), to.as_mut_ptr(), length) };
                assert_eq!(to[..length], from[start..start + length]);
                assert!(to[length..].iter().all(|byte| *byte == 0xEE));
            }
        }
    }
}
