//! Two ends that talk: this process and the other end.

use super::near::{Near, Ours};
use super::order::{Answer, Attempt, Order, Side, Taken, Trouble};
use super::second::Second;
use crate::commands::bench::floor::{self, Mechanism};
use samebox::{Client, Endpoint, ErrorKind, connect, transport};
use std::time::{Duration, Instant};

/// How one-way messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// One call per message.
    Single,
    /// One call for all.
    Batched,
}

/// A client of samebox here and its server at the other end, and the same without samebox.
pub(crate) struct Session {
    // The client goes before its server.
    ours: Ours,
    floor: Option<Box<dyn Near>>,
    second: Second,
}

impl Session {
    /// How long the other end may take to be ready.
    const READY: Duration = Duration::from_secs(5);

    /// Starts the other end as the server of `endpoint` and connects to it.
    ///
    /// # Errors
    /// What either end met; `Unsupported` where this system lacks the mechanism.
    pub(crate) fn open(endpoint: &str) -> Attempt<Self> {
        Self::pinned(endpoint, None)
    }

    /// As [`Session::open`], with the other end kept on one core.
    pub(crate) fn pinned(endpoint: &str, core: Option<usize>) -> Attempt<Self> {
        let parsed: Endpoint = endpoint.parse()?;
        let capabilities = transport(&parsed)?.capabilities();
        let inside = parsed.scheme() == "inproc";
        let mut second = if inside { Second::thread() } else { Second::process() }?;
        if let Some(core) = core {
            second.ask(&Order::Pin { core })?;
        }
        let Answer::Bound { address } = second.ask(&Order::Bind { endpoint: endpoint.into() })?
        else {
            return Err(confused());
        };
        let mut ours = Ours::new(connect(&address)?);
        if !capabilities.duplex {
            let back = parsed.with_name(format!("{}-back", parsed.name()));
            let endpoint = ours.hear_answers_at(&back.to_string())?;
            second.ask(&Order::Return { endpoint })?;
        }
        Ok(Self { ours, floor: None, second })
    }

    /// Connects the two ends by the bare mechanism too, where there is one; tells whether.
    pub(crate) fn with_floor(&mut self, mechanism: Option<Mechanism>) -> Attempt<bool> {
        let Some(mechanism) = mechanism else { return Ok(false) };
        let order = Order::Floor { mechanism: mechanism.clone() };
        let Answer::Bound { address } = self.second.ask(&order)? else {
            return Err(confused());
        };
        self.floor = Some(floor::connect(&mechanism, &address)?);
        self.second.answer(Self::READY)?;
        Ok(true)
    }

    /// Expects pieces of work that take about so long.
    pub(crate) fn expect(&mut self, slice: Duration) {
        self.second.expect(slice);
    }

    /// Where the other end listens.
    pub(crate) fn endpoint(&self) -> String {
        self.ours.endpoint().to_string()
    }

    /// The process at the other end; none where it is a thread.
    pub(crate) fn second_id(&self) -> Option<u32> {
        self.second.id()
    }

    /// Sends one message; tells what the other end says that it received.
    pub(crate) fn say(&mut self, payload: &str) -> Attempt<String> {
        self.begin(&Order::Hear)?;
        let Self { ours, second, .. } = self;
        second.within(|| ours.send(payload.as_bytes()).and_then(|()| ours.flush()))?;
        match second.outcome()? {
            Answer::Heard { payload } => Ok(payload),
            _ => Err(confused()),
        }
    }

    /// Nanoseconds of so many round trips.
    pub(crate) fn round_trips(&mut self, side: Side, size: usize, count: u64) -> Attempt<Vec<u64>> {
        self.begin(&Order::Echo { side, count, size })?;
        let payload = vec![b'x'; size];
        let (second, near) = self.near(side)?;
        near.begin(size);
        let mut samples = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
        let asked = second.within(|| near.round_trips(&payload, count, &mut samples));
        second.closes(asked)?;
        Ok(samples)
    }

    /// Sends so many messages one way: what came of it, and how long sending took.
    pub(crate) fn one_way(
        &mut self,
        side: Side,
        way: Way,
        size: usize,
        count: u64,
    ) -> Attempt<(Taken, Duration)> {
        // Batches have a client of their own for a while: what TCP learns from them must not help, or
        // harm, single messages, and the floor knows no batches.
        let mut batches = match way {
            Way::Single => None,
            Way::Batched => Some(Ours::new(connect(&self.endpoint())?)),
        };
        self.begin(&Order::Take { side, count, size })?;
        let payload = vec![b'x'; size];
        let (second, near) = self.near(side)?;
        near.begin(size);
        let near = batches.as_mut().map_or(near, |batches| batches);
        let begin = Instant::now();
        let sent = second.within(|| match way {
            Way::Single => near.send_each(&payload, count),
            Way::Batched => near.send_many(&payload, usize::try_from(count).unwrap_or(usize::MAX)),
        });
        let took = begin.elapsed();
        let sent = sent.and_then(|()| near.flush());
        match second.closes(sent)? {
            Answer::Taken(taken) => Ok((taken, took)),
            _ => Err(confused()),
        }
    }

    /// Bytes of memory of the other end, where its system tells.
    pub(crate) fn memory(&mut self) -> Attempt<Option<u64>> {
        match self.second.ask(&Order::Memory)? {
            Answer::Memory { bytes } => Ok(bytes),
            _ => Err(confused()),
        }
    }

    /// Does something while the other end lets clients in.
    pub(crate) fn while_serving<T>(&mut self, act: impl FnOnce() -> T) -> Attempt<T> {
        self.begin(&Order::Echo { side: Side::Ours, count: 0, size: 0 })?;
        let outcome = self.second.within(act);
        self.second.closes(Ok(()))?;
        Ok(outcome)
    }

    /// Asks once, as `client`, and waits for the answer.
    pub(crate) fn answer_one(&mut self, client: &mut Client, size: usize) -> Attempt<()> {
        self.begin(&Order::Echo { side: Side::Ours, count: 1, size })?;
        let asked = client.call(vec![b'x'; size], Self::READY);
        self.second.closes(asked.map(drop).map_err(Trouble::from)).map(drop)
    }

    /// Does something that sends `count` messages of `size` bytes to the other end.
    pub(crate) fn while_taking(
        &mut self,
        count: u64,
        size: usize,
        act: impl FnOnce() -> Attempt<()>,
    ) -> Attempt<Taken> {
        self.begin(&Order::Take { side: Side::Ours, count, size })?;
        let sent = self.second.within(act);
        match self.second.closes(sent)? {
            Answer::Taken(taken) => Ok(taken),
            _ => Err(confused()),
        }
    }

    fn near(&mut self, side: Side) -> Attempt<(&mut Second, &mut dyn Near)> {
        let near: &mut dyn Near = match side {
            Side::Ours => &mut self.ours,
            Side::Lent => self.ours.lender(),
            Side::Floor => self.floor.as_deref_mut().ok_or_else(confused)?,
        };
        Ok((&mut self.second, near))
    }

    fn begin(&mut self, order: &Order) -> Attempt<()> {
        match self.second.ask(order)? {
            Answer::Ready => Ok(()),
            _ => Err(confused()),
        }
    }
}

impl Second {
    /// Waits for the answer that ends a piece of work, and tells the other end that this one is done.
    fn closes(&mut self, here: Attempt<()>) -> Attempt<Answer> {
        let Err(trouble) = here.and_then(|()| self.tell(&Order::End)) else {
            return self.outcome();
        };
        if self.is_overdue() {
            let why = "the other end hung and was killed; try again, and with another size";
            return Err(Trouble::new(ErrorKind::TimedOut, why));
        }
        // What the other end met says more than what came of it here.
        let there = self
            .answer(Duration::from_millis(200))
            .err()
            .filter(|there| !matches!(there.kind, ErrorKind::TimedOut | ErrorKind::Disconnected));
        Err(there.unwrap_or(trouble))
    }
}

fn confused() -> Trouble {
    Trouble::new(ErrorKind::Mismatch, "the two ends disagree; this is a fault")
}
