use samebox_wcf_wire::datacontract::Memory;
use std::cell::RefCell;

thread_local! {
    /// One for each call within another.
    static MEMORY: RefCell<Vec<Memory>> = const { RefCell::new(Vec::new()) };
}

/// How many are kept: calls are seldom within each other.
const KEPT: usize = 4;

/// Does something that needs memory for values, which is used again.
pub(super) fn with_memory<T>(work: impl FnOnce(&mut Memory) -> T) -> T {
    let mut memory = MEMORY.with_borrow_mut(Vec::pop).unwrap_or_default();
    let outcome = work(&mut memory);
    MEMORY.with_borrow_mut(|kept| {
        if kept.len() < KEPT {
            kept.push(memory);
        }
    });
    outcome
}
