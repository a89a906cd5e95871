//! Finding the owner of a name, and making sure that it is this user's.

use super::Handler;
use super::wire::{Ends, Wire};
use crate::dbus::bus::{Failed, LARGEST_MESSAGE, PATIENCE, Place, Seat, peer_of, question};
use crate::dbus::driver::Driver;
use crate::dbus::link::Link;
use crate::dbus::names::Names;
use crate::dbus::server::{errors, socket_path};
use samebox_core::{Backoff, Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result, User};
use samebox_sys::unix::account::{self, own_uid};
use samebox_sys::unix::name;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use zbus::MessageStream;
use zbus::connection::Builder;

/// What there is to know to reach an object.
pub(super) struct Reach<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) names: &'a Names,
    pub(super) place: &'a Place,
    pub(super) handler: &'a Option<Arc<dyn Handler>>,
}

impl Reach<'_> {
    /// A connection to the owner of the name, waiting for one until `deadline`.
    pub(super) fn wire(&self, deadline: Deadline) -> Result<Arc<Wire>> {
        let mut backoff = Backoff::until(deadline);
        loop {
            let driver = Driver::new().map_err(|cause| {
                let why = "the system does not give what a client needs";
                self.error(ErrorKind::Io, why).with_source(cause)
            })?;
            let reached = async {
                match self.place {
                    Place::Private => self.private(&driver).await,
                    bus => self.on_bus(bus, &driver).await,
                }
            };
            // Each of its steps has a limit of its own.
            match driver.wait(reached, Deadline::NEVER).expect("it has no deadline") {
                Err(error) if error.kind() == ErrorKind::NotListening && backoff.pause() => {}
                other => return other,
            }
        }
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        self.endpoint.error(kind, Operation::Connect, why)
    }

    async fn on_bus(&self, place: &Place, driver: &Driver) -> Result<Arc<Wire>> {
        let mut seat = Seat::join(place, driver).await.map_err(|cause| {
            let kind = match &cause {
                zbus::Error::Handshake(_) => ErrorKind::Denied,
                _ => ErrorKind::NotListening,
            };
            let advice = "start a session bus (dbus-run-session), or use ?bus=none on both sides";
            self.error(kind, "no bus is there").with_source(cause).with_advice(advice)
        })?;
        let owner = self.owner(&mut seat).await?;
        let asked = seat.ask("GetConnectionCredentials", &owner.as_str()).await;
        let peer = peer_of(&asked.map_err(|failed| self.bus_failed(failed))?);
        self.check(&peer)?;
        self.listen(&mut seat, &owner).await?;
        let Seat { connection, stream, early, .. } = seat;
        let own = connection.unique_name().map(ToString::to_string);
        let ends = Ends { own, owner: Some(owner), peer: Arc::new(peer) };
        let link = Link::new(connection, driver, LARGEST_MESSAGE);
        Ok(Wire::new(link, stream, early, ends, self.handler.clone()))
    }

    /// The unique name of whoever has the name; the bus starts that one, if it knows how.
    async fn owner(&self, seat: &mut Seat) -> Result<String> {
        let name = self.names.bus.as_str();
        let mut asked = seat.ask("GetNameOwner", &name).await;
        if matches!(&asked, Err(Failed::Error(code, _)) if code == errors::NAME_HAS_NO_OWNER) {
            asked = match seat.ask("StartServiceByName", &(name, 0u32)).await {
                Ok(_) => seat.ask("GetNameOwner", &name).await,
                failed => failed,
            };
        }
        let answer = asked.map_err(|failed| self.bus_failed(failed))?;
        let owner = answer.body().deserialize::<&str>().map(String::from);
        owner.map_err(|_| self.error(ErrorKind::Malformed, "the bus names no owner"))
    }

    fn bus_failed(&self, failed: Failed) -> Error {
        let name = &self.names.bus;
        match failed {
            Failed::Lost(cause) => {
                self.error(ErrorKind::NotListening, "the bus went away").with_source(cause)
            }
            Failed::Error(code, why) => match code.as_str() {
                errors::SERVICE_UNKNOWN | errors::NAME_HAS_NO_OWNER => self.error(
                    ErrorKind::NotListening,
                    format!("nobody has the name {name} on the bus"),
                ),
                errors::ACCESS_DENIED => self.error(ErrorKind::Denied, why),
                _ => self.error(
                    ErrorKind::NotListening,
                    format!("the bus cannot start the server of {name}: {why}"),
                ),
            },
        }
    }

    /// Has the bus pass on the signals of the owner.
    async fn listen(&self, seat: &mut Seat, owner: &str) -> Result<()> {
        if self.handler.is_none() {
            return Ok(());
        }
        let rule = format!("type='signal',sender='{owner}',path='{}'", self.names.path);
        let asked = seat.ask("AddMatch", &rule.as_str()).await;
        asked.map(drop).map_err(|failed| self.bus_failed(failed))
    }

    async fn private(&self, driver: &Driver) -> Result<Arc<Wire>> {
        let path = socket_path(self.endpoint, self.names, Operation::Connect)?;
        let failed = |cause: io::Error| self.connect_failed(cause);
        let socket = name::connect(&path, PATIENCE).map_err(failed)?;
        let found = account::peer(&socket).map_err(failed)?;
        let peer = Peer::local(User::Uid(found.uid), found.pid);
        self.check(&peer)?;
        let connecting = driver.of(Builder::unix_stream(socket.into())).p2p().build();
        let connected = driver.runtime().timeout(PATIENCE, connecting).await;
        let connected = connected.map_err(|late| failed(late.into()))?;
        let connection = connected.map_err(|error| failed(io::Error::other(error)))?;
        let stream = MessageStream::from(&connection);
        let link = Link::new(connection, driver, LARGEST_MESSAGE);
        if self.handler.is_none()
            && let Ok(quiet) = question("RemoveMatch", &"type='signal'")
        {
            // Its answer is dropped by whoever reads next.
            let _ = link.send(quiet);
        }
        let ends = Ends { own: None, owner: None, peer: Arc::new(peer) };
        Ok(Wire::new(link, stream, VecDeque::new(), ends, self.handler.clone()))
    }

    fn connect_failed(&self, cause: io::Error) -> Error {
        let (kind, why) = match cause.kind() {
            io::ErrorKind::PermissionDenied => {
                (ErrorKind::Denied, "the server there admits other users only")
            }
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                (ErrorKind::TimedOut, "the server there does not let clients in")
            }
            io::ErrorKind::InvalidData => {
                (ErrorKind::Malformed, "what is there is no D-Bus server")
            }
            // Nobody is there, or whoever was is just leaving.
            _ => (ErrorKind::NotListening, "nobody listens there"),
        };
        self.error(kind, why).with_source(cause)
    }

    fn check(&self, peer: &Peer) -> Result<()> {
        match &peer.user {
            Some(User::Uid(uid)) if *uid == own_uid() => Ok(()),
            _ => {
                let why =
                    format!("the server belongs to another user ({peer}); it was sent nothing");
                Err(self.error(ErrorKind::Denied, why).with_advice("run both sides as one user"))
            }
        }
    }
}
