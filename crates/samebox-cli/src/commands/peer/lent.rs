//! Both ends of messages that are written where they are read.

use super::far::{Done, Far, QUIET, Taking, expect_size};
use super::near::{Near, PATIENCE};
use super::order::{Attempt, Taken, Trouble};
use samebox::{Client, Deadline, ErrorKind, Looked, Loss, Server};

/// How much of a message is written, read and answered; the rest of it stays as it is.
const TOUCHED: usize = 8;

/// A client of samebox that writes into lent memory.
pub(crate) struct Lender(pub(super) Client);

impl Near for Lender {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        let mut loan = self.0.loan(payload.len())?;
        touch(&mut loan, payload);
        let call = loan.request()?;
        // Whoever measures sees to it that it ends.
        self.0.response(call, Deadline::NEVER)?;
        Ok(())
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        let mut loan = self.0.loan(payload.len())?;
        touch(&mut loan, payload);
        Ok(loan.send()?)
    }

    fn flush(&mut self) -> Attempt<()> {
        Ok(self.0.flush(PATIENCE)?)
    }
}

fn touch(memory: &mut [u8], payload: &[u8]) {
    let touched = payload.len().min(TOUCHED);
    memory[..touched].copy_from_slice(&payload[..touched]);
}

/// A server of samebox that reads messages where they are.
pub(crate) struct Looker(pub(super) Server);

impl Far for Looker {
    fn echo(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<()> {
        for _ in 0..count {
            let mut message = self.0.look(Deadline::NEVER)?;
            message.reply(read(&message, size)?)?;
        }
        while !done() {
            match self.0.look(Deadline::after(QUIET)) {
                Err(error) if error.kind() == ErrorKind::TimedOut => {}
                Err(error) => return Err(error.into()),
                Ok(message) => expect_size(message.len(), 0)?,
            }
        }
        Ok(())
    }

    fn take(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<Taken> {
        let lossy = self.0.capabilities().loss != Loss::Never;
        Taking { count, lossy }.run(done, |deadline| {
            let message = self.0.look(deadline)?;
            read(&message, size).map(drop)
        })
    }
}

/// The part of a message that was written, copied out.
fn read(message: &Looked<'_>, size: usize) -> Attempt<[u8; TOUCHED]> {
    expect_size(message.len(), size)?;
    let mut part = [0; TOUCHED];
    if message.copy_to(0, &mut part[..size.min(TOUCHED)]) {
        return Ok(part);
    }
    let why = "a message is shorter than it says; this is a fault";
    Err(Trouble::new(ErrorKind::Malformed, why))
}
