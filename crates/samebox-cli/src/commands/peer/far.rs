//! The receiving end of what is measured.

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
    server: Server,
    /// Carries the answers where messages go one way only.
    back: Option<Client>,
}

impl Ours {
    pub(crate) fn new(server: Server) -> Self {
        Self { server, back: None }
    }

    pub(crate) fn answer_through(&mut self, back: Client) {
        self.back = Some(back);
    }

    /// Receives one message, as text.
    pub(crate) fn hear(&mut self) -> Attempt<String> {
        let message = self.server.recv(Deadline::NEVER)?;
        Ok(String::from_utf8_lossy(message.payload()).into_owned())
    }

    fn expect_silence(&mut self) -> Attempt<()> {
        match self.server.recv(Deadline::after(QUIET)) {
            Err(error) if error.kind() == ErrorKind::TimedOut => Ok(()),
            Err(error) => Err(error.into()),
            Ok(message) => expect_size(message.payload(), 0),
        }
    }

    fn answer(&mut self, mut message: Message, answer: &[u8]) -> Attempt<()> {
        match &mut self.back {
            Some(back) => back.send(answer)?,
            None => message.reply(answer)?,
        }
        Ok(())
    }
}

impl Far for Ours {
    fn echo(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<()> {
        let answer = vec![b'y'; size];
        for _ in 0..count {
            let message = self.server.recv(Deadline::NEVER)?;
            expect_size(message.payload(), size)?;
            self.answer(message, &answer)?;
        }
        // What is left of a large answer goes out while the server waits for messages.
        while !done() {
            self.expect_silence()?;
        }
        Ok(())
    }

    fn take(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<Taken> {
        let lossy = self.server.capabilities().loss != Loss::Never;
        let patience = || if lossy { Deadline::after(QUIET) } else { Deadline::NEVER };
        let (mut tally, mut deadline, mut last) = (Tally::new(count), patience(), false);
        while !tally.is_whole() {
            match self.server.recv(deadline) {
                Ok(message) => {
                    expect_size(message.payload(), size)?;
                    if tally.add(1) {
                        deadline = patience();
                    }
                }
                Err(error) if error.kind() == ErrorKind::TimedOut && !last => {
                    last = done();
                    deadline = patience();
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(tally.taken())
    }
}

fn expect_size(payload: &[u8], size: usize) -> Attempt<()> {
    if payload.len() == size {
        return Ok(());
    }
    let why = format!("{} bytes came where {size} were sent; this is a fault", payload.len());
    Err(Trouble::new(ErrorKind::Malformed, why))
}
