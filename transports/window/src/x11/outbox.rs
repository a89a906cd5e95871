use super::delivery::{Delivery, Undelivered};
use super::display::Unopened;
use super::options::Options;
use super::station::{Server, Station};
use super::trouble::Trouble;
use super::wire::at_least;
use samebox_core::{
    Backoff, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox, Outgoing, Peer, Result,
};

/// The client's half: holds what it sends in a property of its window until the server takes it.
pub struct WindowOutbox {
    endpoint: Endpoint,
    options: Options,
    station: Option<Station>,
    server: Option<Server>,
    /// The number of the next message.
    number: u32,
}

/// Why there is no server to send to, yet.
enum Absence {
    Display(Unopened),
    Server(String),
}

impl WindowOutbox {
    pub(crate) fn connect(
        endpoint: &Endpoint,
        options: Options,
        deadline: Deadline,
    ) -> Result<Self> {
        let (station, server) = (None, None);
        let mut outbox = Self { endpoint: endpoint.clone(), options, station, server, number: 0 };
        outbox.find(Operation::Connect, deadline)?;
        Ok(outbox)
    }

    /// Finds the server, waiting for it until `deadline`.
    fn find(&mut self, operation: Operation, deadline: Deadline) -> Result<Server> {
        let mut backoff = Backoff::until(deadline);
        loop {
            let absence = match self.look(deadline) {
                Ok(server) => return Ok(*self.server.insert(server)),
                Err(absence) => absence,
            };
            let may_come = match absence {
                Absence::Display(Unopened::NoDisplay(_) | Unopened::Denied(_)) => false,
                Absence::Display(_) | Absence::Server(_) => true,
            };
            if !may_come || !backoff.pause() {
                return Err(self.absent(operation, absence));
            }
        }
    }

    /// Looks for the server once.
    fn look(&mut self, deadline: Deadline) -> Result<Server, Absence> {
        // A look takes a few round trips, which a deadline that has passed must not rule out.
        let deadline = at_least(deadline, Station::LOOKING);
        let station = match self.station.take() {
            Some(station) => station,
            None => Station::open(&self.options, deadline).map_err(Absence::Display)?,
        };
        station.display.wire().wait_until(deadline);
        let found = station.find(&self.options.title);
        let found = found.map_err(|why| Absence::Display(Unopened::Absent(why.words())))?;
        self.station = Some(station);
        found.map_err(Absence::Server)
    }

    fn absent(&self, operation: Operation, absence: Absence) -> Error {
        match absence {
            Absence::Display(why) => {
                why.into_error(&self.endpoint, operation, ErrorKind::NotListening)
            }
            Absence::Server(why) => self.endpoint.error(ErrorKind::NotListening, operation, why),
        }
    }

    /// The server, found anew when the one known is gone.
    fn current(&mut self, deadline: Deadline) -> Result<Server> {
        if let (Some(station), Some(server)) = (&self.station, self.server) {
            match station.has(server) {
                Ok(true) => return Ok(server),
                Ok(false) => {}
                Err(_) => self.station = None,
            }
        }
        self.server = None;
        self.find(Operation::Send, Deadline::after(self.options.wait).earlier(deadline))
    }

    fn check(&self, message: &Outgoing<'_>, max: usize) -> Result<()> {
        message.check_properties(&self.endpoint, Operation::Send, &[])?;
        let length = message.payload.len();
        if length <= max {
            return Ok(());
        }
        let why = format!("the message has {length} bytes, {max} are allowed");
        Err(self.endpoint.error(ErrorKind::TooLarge, Operation::Send, why))
    }

    /// Sends messages until one is refused, here or by the server.
    fn deliver(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        // What the server allows is known only when it is there, so this comes first.
        let Some(first) = batch.first() else { return Ok(()) };
        self.check(first, self.options.max)?;
        let server = self.current(deadline)?;
        let max = self.options.max.min(server.max);
        let checks = batch.iter().map(|message| self.check(message, max));
        let refused = checks.enumerate().find_map(|(at, check)| Some((at, check.err()?)));
        let fine = refused.as_ref().map_or(batch.len(), |(at, _)| *at);
        self.deliver_to(server, &batch[..fine], deadline)?;
        refused.map_or(Ok(()), |(at, error)| Err(error.with_completed(at)))
    }

    fn deliver_to(
        &mut self,
        server: Server,
        batch: &[Outgoing<'_>],
        deadline: Deadline,
    ) -> Result<()> {
        let Some(station) = &self.station else { return Ok(()) };
        let mut delivery = Delivery::new(station, server, batch, self.number);
        let outcome = delivery.run(deadline);
        let completed = delivery.completed;
        self.number = self.number.wrapping_add(batch.len() as u32);
        let Err(undelivered) = outcome else { return Ok(()) };
        let is_lost = matches!(undelivered, Undelivered::Trouble(Trouble::Lost(_)));
        if is_lost || station.display.wire().is_broken() {
            self.station = None;
        }
        let is_refused = matches!(undelivered, Undelivered::Refused);
        if !is_refused && !matches!(undelivered, Undelivered::Trouble(Trouble::Late)) {
            self.server = None;
        }
        Err(self.failed(&undelivered).with_completed(completed))
    }

    fn failed(&self, undelivered: &Undelivered) -> Error {
        let (kind, why) = match undelivered {
            Undelivered::ServerGone => (
                ErrorKind::Disconnected,
                "the server went away before it said that the message was handled".into(),
            ),
            Undelivered::Refused => (
                ErrorKind::Malformed,
                "the server dropped what came, because it was not as agreed".into(),
            ),
            Undelivered::Trouble(Trouble::Late) => {
                (ErrorKind::TimedOut, "the server has not handled the message in time".into())
            }
            Undelivered::Trouble(trouble @ Trouble::Lost(_)) => {
                (ErrorKind::Disconnected, trouble.words())
            }
            Undelivered::Trouble(trouble @ Trouble::Refused(_)) => (ErrorKind::Io, trouble.words()),
        };
        self.endpoint.error(kind, Operation::Send, why)
    }
}

impl Outbox for WindowOutbox {
    /// Returns when the server has handled the message.
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.deliver(&[message], deadline)
    }

    /// Has many messages under way at once, and returns when the server has handled them all.
    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        self.deliver(batch, deadline)
    }

    /// Returns at once: what was sent has been handled.
    fn flush(&mut self, _: Deadline) -> Result<()> {
        Ok(())
    }

    /// Always `None`: an X server vouches for nobody.
    fn peer(&self) -> Option<&Peer> {
        None
    }
}
