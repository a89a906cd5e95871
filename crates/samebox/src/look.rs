use crate::server::Server;
use samebox_core::{Answer, Bytewise, Deadline, Error, ErrorKind, Look, Operation, Peer, Result};
use std::fmt;

/// A message where its sender wrote it; dropping it gives the memory back.
///
/// There is no `&[u8]` of it: the sender is another process that could change it at any moment, and Rust
/// takes it that what is borrowed does not change. It is read by copying parts of it out; what must not
/// change between a check and its use is copied out in between.
pub struct Looked<'a> {
    inbox: &'a mut dyn Look,
}

impl Server {
    /// The next message of any client, without a copy.
    ///
    /// # Errors
    /// `Unsupported` where the capability `loan` does not hold, and as [`Server::recv`].
    pub fn look(&mut self, deadline: impl Into<Deadline>) -> Result<Looked<'_>> {
        if self.inbox().as_look().is_none() {
            let endpoint = self.endpoint();
            let why = format!("{}: has no memory to look into", endpoint.scheme());
            let error = endpoint.error(ErrorKind::Unsupported, Operation::Recv, why);
            return Err(error.with_advice("use `recv`, or an endpoint of shm:"));
        }
        let inbox = self.inbox().as_look().expect("it was there a moment ago");
        inbox.look(deadline.into())?;
        Ok(Looked { inbox })
    }
}

impl Looked<'_> {
    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.inbox.payload().len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies bytes from `start` on to all of `into`; `false` when there are not so many.
    #[must_use]
    pub fn copy_to(&self, start: usize, into: &mut [u8]) -> bool {
        self.inbox.payload().copy_to(start, into)
    }

    /// A copy of it all.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut copied = vec![0; self.len()];
        let is_whole = self.copy_to(0, &mut copied);
        debug_assert!(is_whole, "there are as many bytes as it has");
        copied
    }

    /// The bytes, for code that works on them where they are.
    pub fn payload(&self) -> &dyn Bytewise {
        self.inbox.payload()
    }

    /// Who sent it.
    pub fn peer(&self) -> &Peer {
        self.inbox.peer()
    }

    /// Answers it; a second time is an error.
    ///
    /// # Errors
    /// As [`Message::reply`](crate::Message::reply).
    pub fn reply(&mut self, payload: impl AsRef<[u8]>) -> Result<()> {
        self.inbox.reply(payload.as_ref())
    }

    /// Answers that the call failed, in words.
    ///
    /// # Errors
    /// As [`Message::fault`](crate::Message::fault).
    pub fn fault(&mut self, reason: &str) -> Result<()> {
        self.take_answer()?.fault(reason, Deadline::past())
    }

    fn take_answer(&mut self) -> Result<Box<dyn Answer>> {
        self.inbox.take_answer().ok_or_else(|| {
            let sender = self.inbox.peer().to_string();
            let why = "the sender does not wait for an answer, or has one already";
            Error::new(ErrorKind::Unsupported, Operation::Reply, sender, why)
                .with_advice("answer only calls, and once")
        })
    }
}

impl fmt::Debug for Looked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (length, peer) = (self.len(), self.peer());
        f.debug_struct("Looked").field("length", &length).field("peer", peer).finish()
    }
}

impl Drop for Looked<'_> {
    fn drop(&mut self) {
        self.inbox.done();
    }
}
