//! A memory barrier for all processes that asked for it, paid for by the one that needs it.

use rustix::thread::{MembarrierCommand, MembarrierQuery, membarrier, membarrier_query};
use std::sync::OnceLock;

/// Whether other processes can order the memory accesses of this one from now on.
///
/// Asking registers the process. Where the system refuses, every access that needs ordering takes a
/// fence of its own.
pub fn is_offered() -> bool {
    static OFFERED: OnceLock<bool> = OnceLock::new();
    *OFFERED.get_or_init(|| {
        let needed = MembarrierQuery::GLOBAL_EXPEDITED | MembarrierQuery::REGISTER_GLOBAL_EXPEDITED;
        membarrier_query().contains(needed)
            && membarrier(MembarrierCommand::RegisterGlobalExpedited).is_ok()
    })
}

/// Whether this process may ask for it; that takes no registration.
pub fn is_there() -> bool {
    membarrier_query().contains(MembarrierQuery::GLOBAL_EXPEDITED)
}

/// Has every running thread of the registered processes go through a full barrier; tells whether it did.
pub fn everywhere() -> bool {
    membarrier(MembarrierCommand::GlobalExpedited).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_offers_it_can_ask_for_it() {
        assert!(!is_offered() || everywhere());
    }
}
