/// What a server of samebox answers a `WM_COPYDATA`.
///
/// A program that is not samebox learns TRUE or FALSE. A client of samebox asks for the reason by naming
/// the server's own window as the sender's, which no other program has a reason to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Answer {
    /// It is in the mailbox.
    Taken = 1,
    /// There is no room yet.
    Full = 2,
    /// Messages of another `dwData` are taken.
    OtherId = 3,
    /// It is larger than the server's `max`.
    TooLarge = 4,
    /// It is not text in the server's `encoding`.
    Malformed = 5,
    /// The server is going.
    Closed = 6,
    /// There is no room, and this server lets nobody wait for it.
    Rejected = 7,
}

impl Answer {
    const ALL: [Self; 7] = [
        Self::Taken,
        Self::Full,
        Self::OtherId,
        Self::TooLarge,
        Self::Malformed,
        Self::Closed,
        Self::Rejected,
    ];

    /// The number that the sender gets.
    pub(crate) fn number(self, is_samebox: bool) -> usize {
        if is_samebox { self as usize } else { usize::from(self == Self::Taken) }
    }

    /// What the number of a server of samebox means.
    pub(crate) fn of(number: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| *answer as usize == number)
    }
}

/// The name of the mark by which a server's window is known; its value is the server's `max`.
pub(crate) const MARK: &str = "samebox.window";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_learns_whether_it_was_taken_and_a_client_why_not() {
        for answer in Answer::ALL {
            assert_eq!(Answer::of(answer.number(true)), Some(answer));
            assert_eq!(answer.number(false) != 0, answer == Answer::Taken);
        }
        assert_eq!(Answer::of(0), None);
    }
}
