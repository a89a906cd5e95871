//! The receiving end of what is measured.

use super::lent::Looker;
use super::order::{Attempt, Taken, Trouble};
use super::tally::Tally;
use samebox::{Client, Deadline, ErrorKind, Loss, Message, Server};
use std::time::Duration;

/// How long nothing comes before it is asked whether all was sent.
pub(crate) const QUIET: Duration = Duration::from_millis(5);

/// Asks whether the sending end has said that it is done.
pub(crate) type Done<'a> = &'a mut dyn FnMut() -> bool;

/// One way of receiving and answering: samebox, or a bare mechanism.
pub(crate) trait Far {
    /// Answers `count` messages of `size` bytes with as many bytes.
    ///
    /// It goes on until `done` holds, when the answers have been read.
    fn echo(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<()>;

    /// Receives `count` messages of `size` bytes.
    ///
    /// A lossy mechanism gives up when nothing comes any more and `done` holds: all was sent.
    fn take(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<Taken>;
}

/// A server of samebox.
pub(crate) struct Ours {
    server: Looker,
    /// Carries the answers where messages go one way only.
    back: Option<Client>,
}

impl Ours {
    pub(crate) fn new(server: Server) -> Self {
        Self { server: Looker(server), back: None }
    }

    pub(crate) fn answer_through(&mut self, back: Client) {
        self.back = Some(back);
    }

    /// The same server, reading messages where they are.
    pub(crate) fn looker(&mut self) -> &mut Looker {
        &mut self.server
    }

    /// Receives one message, as text.
    pub(crate) fn hear(&mut self) -> Attempt<String> {
        let message = self.server.0.recv(Deadline::NEVER)?;
        Ok(String::from_utf8_lossy(message.payload()).into_owned())
    }

    fn expect_silence(&mut self) -> Attempt<()> {
        match self.server.0.recv(Deadline::after(QUIET)) {
            Err(error) if error.kind() == ErrorKind::TimedOut => Ok(()),
            Err(error) => Err(error.into()),
            Ok(message) => expect_size(message.payload().len(), 0),
        }
    }

    fn answer(&mut self, mut message: Message, answer: &[u8]) -> Attempt<()> {
        match &mut self.back {
            Some(back) => {
                // A sender that waits until its message was handled hears no answer before.
                drop(message);
                back.send(answer)?;
            }
            None => message.reply(answer)?,
        }
        Ok(())
    }
}

impl Far for Ours {
    fn echo(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<()> {
        let answer = vec![b'y'; size];
        for _ in 0..count {
            let message = self.server.0.recv(Deadline::NEVER)?;
            expect_size(message.payload().len(), size)?;
            self.answer(message, &answer)?;
        }
        // What is left of a large answer goes out while the server waits for messages.
        while !done() {
            self.expect_silence()?;
        }
        Ok(())
    }

    fn take(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<Taken> {
        let server = &mut self.server.0;
        let lossy = server.capabilities().loss != Loss::Never;
        Taking { count, lossy }
            .run(done, |deadline| expect_size(server.recv(deadline)?.payload().len(), size))
    }
}

/// How to receive many messages.
pub(super) struct Taking {
    pub(super) count: u64,
    /// Messages may be lost on the way, so silence is not waited out.
    pub(super) lossy: bool,
}

impl Taking {
    /// Receives them by `next`, each at its deadline at the latest.
    pub(super) fn run(
        self,
        done: Done<'_>,
        mut next: impl FnMut(Deadline) -> Attempt<()>,
    ) -> Attempt<Taken> {
        let patience = || if self.lossy { Deadline::after(QUIET) } else { Deadline::NEVER };
        let (mut tally, mut deadline, mut last) = (Tally::new(self.count), patience(), false);
        while !tally.is_whole() {
            match next(deadline) {
                Ok(()) => {
                    if tally.add(1) {
                        deadline = patience();
                    }
                }
                Err(trouble) if trouble.kind == ErrorKind::TimedOut && !last => {
                    last = done();
                    deadline = patience();
                }
                Err(trouble) if trouble.kind == ErrorKind::TimedOut => break,
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(tally.taken())
    }
}

pub(super) fn expect_size(length: usize, size: usize) -> Attempt<()> {
    if length == size {
        return Ok(());
    }
    let why = format!("{length} bytes came where {size} were sent; this is a fault");
    Err(Trouble::new(ErrorKind::Malformed, why))
}
