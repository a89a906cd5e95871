//! The calls of one client that have no answer taken yet.

use samebox_core::Bytes;
use std::collections::VecDeque;

/// Calls that one client may have outstanding.
pub(super) const MOST: usize = 4096;

/// The outstanding calls, by number.
#[derive(Debug, Default)]
pub(super) struct Calls {
    last: u64,
    /// The latest calls, one after the other: the number of the last one is `last`.
    outstanding: VecDeque<Outcome>,
}

/// How far a call has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It waits for its answer.
    Pending,
    /// The answer.
    Answer(Bytes),
    /// The server's words on why it failed.
    Fault(String),
    /// The server went away before it answered.
    Lost,
    /// There is no such call.
    Unknown,
}

impl Calls {
    /// The number of the next call; `None` when too many are outstanding.
    pub(super) fn next(&mut self) -> Option<u64> {
        (self.outstanding.len() < MOST).then_some(self.last + 1)
    }

    /// Notes that a question has gone out.
    pub(super) fn asked(&mut self, number: u64) {
        self.last = number;
        self.outstanding.push_back(Outcome::Pending);
    }

    fn get(&mut self, number: u64) -> Option<&mut Outcome> {
        let age = usize::try_from(self.last.checked_sub(number)?).ok()?;
        let at = self.outstanding.len().checked_sub(age + 1)?;
        self.outstanding.get_mut(at)
    }

    /// Takes in an answer; `false` when nobody asked. That to a call given up is dropped.
    pub(super) fn answered(&mut self, number: u64, outcome: Outcome) -> bool {
        if number == 0 || number > self.last {
            return false;
        }
        if let Some(call) = self.get(number)
            && *call == Outcome::Pending
        {
            *call = outcome;
        }
        true
    }

    /// How far a call has come; an answer is given once.
    pub(super) fn take(&mut self, number: u64) -> Outcome {
        match self.get(number) {
            None => Outcome::Unknown,
            Some(Outcome::Pending) => Outcome::Pending,
            Some(call) => std::mem::replace(call, Outcome::Unknown),
        }
    }

    pub(super) fn forget(&mut self, number: u64) {
        if let Some(call) = self.get(number) {
            *call = Outcome::Unknown;
        }
        while self.outstanding.front() == Some(&Outcome::Unknown) {
            self.outstanding.pop_front();
        }
    }

    /// Ends all that wait: their server has gone.
    pub(super) fn abandon(&mut self) {
        for call in self.outstanding.iter_mut().filter(|call| **call == Outcome::Pending) {
            *call = Outcome::Lost;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_is_answered_and_only_once() {
        let mut calls = Calls::default();
        let number = calls.next().unwrap();
        calls.asked(number);
        assert!(!calls.answered(0, Outcome::Lost) && !calls.answered(number + 1, Outcome::Lost));
        assert!(calls.answered(number, Outcome::Fault("first".into())));
        assert!(calls.answered(number, Outcome::Fault("second".into())));
        assert_eq!(calls.take(number), Outcome::Fault("first".into()));
        calls.forget(number);
        assert!(calls.answered(number, Outcome::Lost), "a late answer is dropped");
        assert_eq!(calls.take(number), Outcome::Unknown);
    }

    #[test]
    fn outstanding_calls_are_bounded() {
        let mut calls = Calls::default();
        while let Some(number) = calls.next() {
            calls.asked(number);
        }
        assert_eq!(calls.outstanding.len(), MOST);
    }
}
