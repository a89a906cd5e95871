use crate::client::Client;
use samebox_core::{CallId, Deadline, ErrorKind, Lend, Operation, Result};
use std::ops::{Deref, DerefMut};

/// Memory of a transport to write one message into, where its receiver reads it.
///
/// What is in it before it is written has no meaning: it may hold what this client sent before.
/// Dropping it gives it back, and nothing is sent.
///
/// ```
/// # if !cfg!(any(target_os = "linux", windows)) { return Ok(()) }
/// # let endpoint = format!("shm:loans-{}", std::process::id());
/// # let endpoint = endpoint.as_str();
/// let mut server = samebox::bind(endpoint)?;
/// let mut client = samebox::connect(endpoint)?;
/// let mut frame = client.loan(5)?;
/// frame.copy_from_slice(b"Hello");
/// frame.send()?;
///
/// let message = server.look(samebox::Deadline::NEVER)?;
/// assert_eq!(message.to_vec(), b"Hello");
/// # Ok::<(), samebox::Error>(())
/// ```
pub struct Loan<'a> {
    memory: &'a mut dyn Lend,
}

impl Client {
    /// Borrows memory for a message of `length` bytes from the transport.
    ///
    /// # Errors
    /// `Unsupported` where the capability `loan` does not hold, and as [`Client::send`].
    pub fn loan(&mut self, length: usize) -> Result<Loan<'_>> {
        self.loan_by(length, Deadline::NEVER)
    }

    /// As [`Client::loan`], giving up at `deadline` while there is no room.
    ///
    /// # Errors
    /// As [`Client::loan`], and `TimedOut`.
    pub fn loan_by(&mut self, length: usize, deadline: impl Into<Deadline>) -> Result<Loan<'_>> {
        let (outbox, endpoint) = self.parts();
        let Some(memory) = outbox.as_lend() else {
            let why = format!("{}: has no memory to lend", endpoint.scheme());
            let error = endpoint.error(ErrorKind::Unsupported, Operation::Send, why);
            return Err(error.with_advice("use `send`, or an endpoint of shm:"));
        };
        memory.lend(length, deadline.into())?;
        Ok(Loan { memory })
    }
}

impl Loan<'_> {
    /// Sends what was written.
    ///
    /// # Errors
    /// `Disconnected` when the server went away since; then what was written is lost.
    pub fn send(self) -> Result<()> {
        self.memory.send_lent()
    }

    /// Asks what was written; [`Client::response`] takes the answer.
    ///
    /// # Errors
    /// As [`Loan::send`]; `Full` when too many calls are outstanding.
    pub fn request(self) -> Result<CallId> {
        self.memory.request_lent()
    }
}

impl Deref for Loan<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.memory.lent()
    }
}

impl DerefMut for Loan<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.memory.lent_mut()
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        // After it was sent there is nothing to give back.
        self.memory.take_back();
    }
}
