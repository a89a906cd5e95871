//! The sending end of what is measured.

use super::lent::Lender;
use super::order::Attempt;
use samebox::{Client, Deadline, Endpoint, Server, bind};
use std::iter::repeat_n;
use std::time::{Duration, Instant};

/// One way of sending and asking: samebox, or a bare mechanism.
pub(crate) trait Near {
    /// Prepares for messages of `size` bytes.
    fn begin(&mut self, _size: usize) {}

    /// Sends a message and waits for an answer of the same size.
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()>;

    /// Asks so many times and adds how many nanoseconds each time took.
    fn round_trips(&mut self, payload: &[u8], count: u64, samples: &mut Vec<u64>) -> Attempt<()> {
        let mut before = Instant::now();
        for _ in 0..count {
            self.round_trip(payload)?;
            let after = Instant::now();
            samples.push(u64::try_from((after - before).as_nanos()).unwrap_or(u64::MAX));
            before = after;
        }
        Ok(())
    }

    /// Sends one message at once.
    fn send(&mut self, payload: &[u8]) -> Attempt<()>;

    /// Sends so many messages, one at a time.
    fn send_each(&mut self, payload: &[u8], count: u64) -> Attempt<()> {
        (0..count).try_for_each(|_| self.send(payload))
    }

    /// Sends many messages; one by one where the mechanism has nothing better.
    fn send_many(&mut self, payload: &[u8], count: usize) -> Attempt<()> {
        (0..count).try_for_each(|_| self.send(payload))
    }

    /// Sees to it that nothing waits to be sent.
    fn flush(&mut self) -> Attempt<()> {
        Ok(())
    }
}

/// How long one answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A client of samebox.
pub(crate) struct Ours {
    client: Lender,
    /// Hears the answers where messages go one way only.
    back: Option<Server>,
}

impl Ours {
    pub(crate) fn new(client: Client) -> Self {
        Self { client: Lender(client), back: None }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.client.0.endpoint()
    }

    /// The same client, writing into lent memory.
    pub(crate) fn lender(&mut self) -> &mut Lender {
        &mut self.client
    }

    /// Becomes the server of the way back; tells where.
    pub(crate) fn hear_answers_at(&mut self, endpoint: &str) -> Attempt<String> {
        let server = bind(endpoint)?;
        let bound = server.endpoint().to_string();
        self.back = Some(server);
        Ok(bound)
    }
}

impl Near for Ours {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        match &mut self.back {
            // Whoever measures sees to it that it ends.
            None => drop(self.client.0.call(payload, Deadline::NEVER)?),
            Some(back) => {
                let deadline = Deadline::after(PATIENCE);
                self.client.0.send_by(payload, deadline)?;
                drop(back.recv(deadline)?);
            }
        }
        Ok(())
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        Ok(self.client.0.send(payload)?)
    }

    fn send_many(&mut self, payload: &[u8], count: usize) -> Attempt<()> {
        self.client.0.send_many(repeat_n(payload, count))?;
        Ok(())
    }

    fn flush(&mut self) -> Attempt<()> {
        Ok(self.client.0.flush(PATIENCE)?)
    }
}
