use super::Client;
use crate::faults;
use crate::session::{Inbound, NoRecord, Session, Terms, write_whole};
use samebox_core::{Backoff, Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use samebox_stream::{Duplex, DuplexConnector};
use samebox_wcf_wire as wire;
use samebox_wcf_wire::framing::{Limits, Opening, Record, UPGRADE_UNIX_POSIX, decode};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Connects to a server, in one attempt.
pub(crate) type Dial = Box<dyn Fn(Deadline) -> Result<(Box<dyn Duplex>, Peer)> + Send + Sync>;

/// How long a live server may take to agree to a session at least.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a connector does, whatever the mechanism.
pub(crate) fn dial<C: DuplexConnector + Sync>(endpoint: &Endpoint, connector: C) -> Dial {
    let endpoint = endpoint.clone();
    Box::new(move |deadline| {
        let channel = connector.clone().connect(deadline)?;
        C::duplex(channel).map_err(|cause| {
            let why = "the system does not give what the connection needs";
            endpoint.error(ErrorKind::Io, Operation::Connect, why).with_source(cause)
        })
    })
}

impl Client {
    /// Opens a session, waiting for the server until `deadline`.
    pub(super) fn open(&self, deadline: Deadline) -> Result<Arc<Session>> {
        let mut backoff = Backoff::until(deadline);
        let mut was_closed = false;
        loop {
            match self.open_once(deadline) {
                // A server that is just ending lets nobody know, and the next attempt tells.
                Err(error) if error.kind() == ErrorKind::Disconnected && !was_closed => {
                    was_closed = true;
                }
                Err(error) if error.kind() == ErrorKind::NotListening && backoff.pause() => {}
                other => return other,
            }
        }
    }

    fn open_once(&self, deadline: Deadline) -> Result<Arc<Session>> {
        let (link, peer) = (self.dial)(deadline)?;
        let link: Arc<dyn Duplex> = link.into();
        let patience = deadline.remaining().map_or(PATIENCE, |left| left.max(PATIENCE));
        let by = Deadline::after(patience);
        let mut inbound = Inbound::new(self.options.stall);
        if let Err(error) = self.agree(&*link, &mut inbound, by) {
            link.cut();
            return Err(error);
        }
        let terms = Terms { endpoint: &self.endpoint, uri: &self.uri, max: self.max, idle: None };
        let session = Arc::new(Session::of_client(&terms, link, peer, inbound));
        match &self.callbacks {
            None => session.set_handler(self.stranger.clone()),
            Some(callbacks) => {
                session.set_handler(callbacks.clone());
                self.serve(&session)?;
            }
        }
        Ok(session)
    }

    /// Has a thread take the service's calls for as long as the session lasts.
    fn serve(&self, session: &Arc<Session>) -> Result<()> {
        let session = session.clone();
        let thread = std::thread::Builder::new().name("samebox-wcf-callbacks".into());
        let started = thread.spawn(move || drop(session.serve()));
        started.map(drop).map_err(|cause| {
            let why = "the system gives no thread for the service's calls";
            self.endpoint.error(ErrorKind::Io, Operation::Connect, why).with_source(cause)
        })
    }

    /// Asks for a session and waits for the server's consent.
    fn agree(&self, link: &dyn Duplex, inbound: &mut Inbound, by: Deadline) -> Result<()> {
        let mut opening = Opening::duplex(&*self.uri);
        if self.options.unix_posix {
            opening = opening.with_upgrade(UPGRADE_UNIX_POSIX);
        }
        let mut bytes = Vec::new();
        opening.encode(&mut bytes);
        self.ask(link, inbound, &bytes, opening.upgrade.is_some(), by)?;
        if opening.upgrade.is_some() {
            bytes.clear();
            Record::PreambleEnd.encode(&mut bytes);
            self.ask(link, inbound, &bytes, false, by)?;
        }
        Ok(())
    }

    /// Writes a part of the opening and waits for what allows to go on.
    fn ask(
        &self,
        link: &dyn Duplex,
        inbound: &mut Inbound,
        bytes: &[u8],
        upgrades: bool,
        by: Deadline,
    ) -> Result<()> {
        // A server that closes without reading may have said why before.
        let written = write_whole(link, bytes, by);
        let limits = Limits::default();
        let length = inbound.record(link, &limits, by).map_err(|none| match (none, written) {
            (NoRecord::Failed(cause), _) | (_, Err(cause)) => self.lost(cause),
            (none, Ok(())) => faults::not_opened(none, &self.endpoint),
        })?;
        let wrong = |cause| faults::not_opened(NoRecord::Wrong(cause), &self.endpoint);
        match decode(inbound.bytes(), &limits).map_err(wrong)?.0 {
            Record::PreambleAck if !upgrades => {}
            Record::UpgradeResponse if upgrades => {}
            Record::Fault(uri) => return Err(faults::of_opening(uri, &self.endpoint)),
            _ => {
                let why = "a record that does not belong into an opening";
                return Err(wrong(wire::Error::Violation { at: 0, why }));
            }
        }
        inbound.pass(length);
        Ok(())
    }

    fn lost(&self, cause: io::Error) -> Error {
        match cause.kind() {
            io::ErrorKind::TimedOut => faults::not_opened(NoRecord::Late, &self.endpoint),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                faults::aborted(&self.endpoint).with_source(cause)
            }
            _ => faults::not_opened(NoRecord::Failed(cause), &self.endpoint),
        }
    }
}
