//! A memory barrier for all processes that asked for it: Windows has one for its own process only.

/// Whether other processes can order the memory accesses of this one: never.
pub const fn is_offered() -> bool {
    false
}

/// Has every running thread of other processes go through a full barrier; tells that it did not.
pub const fn everywhere() -> bool {
    false
}
