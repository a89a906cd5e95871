use std::collections::{HashSet, VecDeque};
use x11rb::protocol::xproto::Window;

/// Windows whose property is to be looked at, in the order they asked, each once.
#[derive(Default)]
pub(crate) struct Pending {
    order: VecDeque<Window>,
    known: HashSet<Window>,
}

impl Pending {
    /// How many may wait; an X server has fewer clients.
    const MOST: usize = 4096;

    /// Puts a window at the end, unless it waits already; `false` when there is no room.
    pub(crate) fn put(&mut self, window: Window) -> bool {
        if self.known.contains(&window) {
            return true;
        }
        if self.order.len() >= Self::MOST {
            return false;
        }
        self.put_surely(window);
        true
    }

    /// As [`Pending::put`], for the few that always find room.
    pub(crate) fn put_surely(&mut self, window: Window) {
        if self.known.insert(window) {
            self.order.push_back(window);
        }
    }

    pub(crate) fn take(&mut self) -> Option<Window> {
        let window = self.order.pop_front()?;
        self.known.remove(&window);
        Some(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_waits_once_and_in_turn() {
        let mut pending = Pending::default();
        assert!([3, 1, 3, 2].into_iter().all(|window| pending.put(window)));
        let taken: Vec<_> = std::iter::from_fn(|| pending.take()).collect();
        assert_eq!(taken, [3, 1, 2]);
        assert!(pending.put(3));
    }

    #[test]
    fn a_flood_of_windows_is_bounded() {
        let mut pending = Pending::default();
        let taken = (0..10_000).filter(|window| pending.put(*window)).count();
        assert_eq!(taken, Pending::MOST);
        (0..2).for_each(|_| pending.put_surely(77_777));
        assert_eq!(pending.order.len(), Pending::MOST + 1);
    }
}
