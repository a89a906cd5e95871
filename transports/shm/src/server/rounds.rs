//! Whose ring is looked at next.

/// The clients that are looked at again and again, and whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    hot: Vec<usize>,
    /// Where in `hot` the next turn begins.
    next: usize,
    /// Whose turn it is, and how many looks are left of it.
    turn: Option<usize>,
    left: u32,
    /// Turns since the system was last asked for news.
    turns: u32,
}

/// Messages of one client in a row, while others may have some.
const MESSAGES: u32 = 256;

/// Turns between two looks at what else there is.
const TURNS: u32 = 64;

impl Rounds {
    /// Whose turn it is.
    #[inline]
    pub(super) fn turn(&mut self) -> Option<usize> {
        let turn = self.turn?;
        if self.left == 0 {
            self.turn = None;
            return None;
        }
        self.left -= 1;
        Some(turn)
    }

    /// Ends a turn before its time.
    pub(super) fn pass(&mut self) {
        self.turn = None;
    }

    /// Gives the turn to the next client that is `ready`; `false` when none is, or news are due.
    pub(super) fn go_on(&mut self, mut ready: impl FnMut(usize) -> bool) -> bool {
        if self.turns >= TURNS {
            return false;
        }
        for step in 0..self.hot.len() {
            let at = (self.next + step) % self.hot.len();
            if ready(self.hot[at]) {
                self.next = at + 1;
                self.give(self.hot[at]);
                return true;
            }
        }
        false
    }

    /// Gives the turn to a client that has something.
    #[inline]
    pub(super) fn give(&mut self, token: usize) {
        self.turn = Some(token);
        self.left = MESSAGES;
        self.turns += 1;
    }

    /// Notes that news were looked at; tells whether that was overdue.
    pub(super) fn restart(&mut self) -> bool {
        std::mem::take(&mut self.turns) >= TURNS
    }

    pub(super) fn join(&mut self, token: usize) {
        self.hot.push(token);
    }

    pub(super) fn leave(&mut self, token: usize) {
        self.hot.retain(|hot| *hot != token);
        if self.turn == Some(token) {
            self.turn = None;
        }
    }

    /// Keeps those for which `stays` holds.
    pub(super) fn retain(&mut self, stays: impl FnMut(&usize) -> bool) {
        self.hot.retain(stays);
    }

    pub(super) fn hot(&self) -> &[usize] {
        &self.hot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_client_does_not_keep_others_from_their_turn() {
        let mut rounds = Rounds::default();
        (1..=3).for_each(|token| rounds.join(token));
        let mut seen = Vec::new();
        for _ in 0..4 {
            assert!(rounds.go_on(|token| token != 2));
            let first = rounds.turn().unwrap();
            assert_eq!((1..MESSAGES).filter(|_| rounds.turn() == Some(first)).count(), 255);
            assert_eq!(rounds.turn(), None);
            seen.push(first);
        }
        assert_eq!(seen, [1, 3, 1, 3]);
    }

    #[test]
    fn news_are_due_after_a_while() {
        let mut rounds = Rounds::default();
        rounds.join(1);
        assert_eq!((0..1000).filter(|_| rounds.go_on(|_| true)).count(), TURNS as usize);
        assert!(rounds.restart() && rounds.go_on(|_| true));
    }
}
