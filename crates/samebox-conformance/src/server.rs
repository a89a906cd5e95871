use crate::payload::shown;
use samebox_core::{Counters, Deadline, Endpoint, ErrorKind, Inbox, Message, Stopper};
use std::time::Duration;

/// A server whose calls fail the case after the case's patience.
pub(crate) struct Server {
    pub(crate) inbox: Box<dyn Inbox>,
    pub(crate) patience: Duration,
}

impl Server {
    /// How long it is quiet when nothing more is to come.
    const QUIET: Duration = Duration::from_millis(100);

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.inbox.endpoint().clone()
    }

    pub(crate) fn stopper(&self) -> Stopper {
        self.inbox.stopper()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.inbox.counters()
    }

    pub(crate) fn recv(&mut self, by: Deadline) -> Result<Message, ErrorKind> {
        self.inbox.recv(by).map_err(|error| error.kind())
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Message {
        let message = self.inbox.recv(Deadline::after(self.patience));
        message.unwrap_or_else(|error| panic!("{error:?}; its faults: {:?}", self.faults()))
    }

    /// The next payload must be this one.
    #[track_caller]
    pub(crate) fn expect(&mut self, payload: &[u8]) {
        let received = self.next();
        let whole = received.payload() == payload;
        assert!(whole, "received {}, sent {}", shown(received.payload()), shown(payload));
    }

    /// This payload must come; before it only such as are `fine`.
    #[track_caller]
    pub(crate) fn expect_among(&mut self, payload: &[u8], fine: impl Fn(&[u8]) -> bool) {
        loop {
            let received = self.next();
            if received.payload() == payload {
                return;
            }
            assert!(fine(received.payload()), "received {}", shown(received.payload()));
        }
    }

    /// Nothing may be on its way.
    #[track_caller]
    pub(crate) fn expect_nothing(&mut self) {
        let more = self.recv(Deadline::after(Self::QUIET));
        let more = more.map(|message| shown(message.payload()));
        assert_eq!(more, Err(ErrorKind::TimedOut), "nothing more was to come");
    }

    /// The next `count` payloads.
    #[track_caller]
    pub(crate) fn take(&mut self, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.next().payload().to_vec()).collect()
    }

    /// What comes until it has been quiet for a while.
    pub(crate) fn drain(&mut self) -> Vec<Vec<u8>> {
        let quiet = Self::QUIET * 3;
        std::iter::from_fn(|| self.recv(Deadline::after(quiet)).ok())
            .map(|message| message.payload().to_vec())
            .collect()
    }

    /// Answers the next `count` calls with what they ask.
    #[track_caller]
    pub(crate) fn echo(&mut self, count: usize) {
        for _ in 0..count {
            let mut call = self.next();
            let answer = call.payload().to_vec();
            call.reply(answer).unwrap_or_else(|error| panic!("{error:?}"));
        }
    }

    /// Receives until something else is done; gives how many messages came.
    #[track_caller]
    pub(crate) fn recv_while(&mut self, done: impl Fn() -> bool) -> usize {
        let by = Deadline::after(self.patience);
        let mut received = 0;
        while !done() {
            assert!(!by.has_passed(), "it does not get done");
            received += usize::from(self.recv(Deadline::after(Duration::from_millis(10))).is_ok());
        }
        received
    }

    fn faults(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.inbox.take_fault()).map(|fault| fault.to_string()).collect()
    }
}
