//! A place on a bus: joining it, and asking the bus itself.

use super::driver::Driver;
use super::polling::next;
use super::settings::{Bus, Options};
use samebox_core::{Deadline, Peer, User};
use samebox_sys::unix::account::own_uid;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Duration;
use zbus::connection::Builder;
use zbus::export::serde::Serialize;
use zbus::message::Type;
use zbus::{Address, Connection, DynamicType, Message, MessageStream, OwnedVariant};

/// The bus itself, as a peer.
pub(crate) const BUS: &str = "org.freedesktop.DBus";
pub(crate) const BUS_PATH: &str = "/org/freedesktop/DBus";

/// What the specification lets a message have, bytes.
pub(crate) const LARGEST_MESSAGE: usize = 128 << 20;

/// How long a bus, or a server of its own socket, may take for what it does itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a bus.
pub(crate) struct Seat {
    pub(crate) connection: Connection,
    pub(crate) stream: MessageStream,
    /// Messages that came while the bus was asked.
    pub(crate) early: VecDeque<Message>,
    driver: Driver,
}

/// Why the bus gave no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// It answered with an error: its name and its words.
    Error(String, String),
    /// The connection failed.
    Lost(zbus::Error),
}

impl From<zbus::Error> for Failed {
    fn from(error: zbus::Error) -> Self {
        Self::Lost(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.into())
    }
}

/// Where the object of an endpoint is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// On the session bus.
    Session,
    /// On the bus at that address.
    Bus(Address),
    /// On a socket of its own.
    Private,
}

impl Place {
    /// Where it is by the endpoint's settings and, for `auto`, by whether a bus is there now.
    ///
    /// It waits for the bus.
    pub(crate) fn of(options: &Options) -> Self {
        match &options.bus {
            Bus::Session => Self::Session,
            Bus::None => Self::Private,
            Bus::At(address) => Self::Bus(address.clone()),
            Bus::Auto => {
                let Ok(driver) = Driver::new() else { return Self::Private };
                match driver.wait(Seat::join(&Self::Session, &driver), Deadline::NEVER) {
                    Some(Ok(_)) => Self::Session,
                    _ => Self::Private,
                }
            }
        }
    }
}

impl Seat {
    /// Joins the bus of a place, which is not `Private`.
    ///
    /// # Errors
    /// The connection's.
    pub(crate) async fn join(place: &Place, driver: &Driver) -> zbus::Result<Self> {
        let builder = match place {
            Place::Bus(address) => Builder::address(address.clone()),
            _ => Builder::session(),
        };
        let joined = driver.runtime().timeout(PATIENCE, driver.of(builder).build()).await;
        let connection = joined.map_err(|late| zbus::Error::from(io::Error::from(late)))??;
        let stream = MessageStream::from(&connection);
        Ok(Self { connection, stream, early: VecDeque::new(), driver: driver.clone() })
    }

    /// Whether this user runs the bus, which then admits nobody else.
    pub(crate) async fn is_own(&self) -> bool {
        let bus = self.connection.peer_creds().await;
        bus.is_ok_and(|bus| bus.unix_user_id() == Some(own_uid()))
    }

    /// Asks the bus and waits for its answer; what else comes meanwhile is kept.
    ///
    /// # Errors
    /// The bus's own, or the connection's.
    pub(crate) async fn ask<B: Serialize + DynamicType>(
        &mut self,
        member: &str,
        body: &B,
    ) -> Result<Message, Failed> {
        let question = question(member, body)?;
        let serial = question.primary_header().serial_num();
        let runtime = self.driver.runtime().clone();
        let answered = runtime.timeout(PATIENCE, async {
            self.connection.send(&question).await?;
            while let Some(message) = next(&mut self.stream).await {
                if message.header().reply_serial() == Some(serial) {
                    return Ok(message);
                }
                self.early.push_back(message);
            }
            Err(zbus::Error::from(io::Error::from(io::ErrorKind::ConnectionReset)))
        });
        let answer = answered.await.map_err(io::Error::from)??;
        if answer.message_type() == Type::Error {
            let (name, text) = error_of(&answer);
            return Err(Failed::Error(name, text));
        }
        Ok(answer)
    }
}

/// A call of the bus itself.
pub(crate) fn question<B: Serialize + DynamicType>(
    member: &str,
    body: &B,
) -> zbus::Result<Message> {
    Message::method_call(BUS_PATH, member).destination(BUS).interface(BUS).build(body)
}

/// The name of an error message, and its words.
pub(crate) fn error_of(message: &Message) -> (String, String) {
    let header = message.header();
    let name = header.error_name().map(ToString::to_string).unwrap_or_default();
    let body = message.body();
    // Only the first part is words, and there may be none.
    let text = match body.signature().to_string().as_str() {
        "s" => body.deserialize::<&str>().ok().map(String::from),
        _ => body.deserialize::<zbus::Structure<'_>>().ok().and_then(|all| {
            let first = all.fields().first().cloned();
            first.and_then(|first| String::try_from(first).ok())
        }),
    };
    let text = text.filter(|text| !text.is_empty()).unwrap_or_else(|| name.clone());
    (name, text)
}

/// Who has a name on the bus, from the bus's answer to `GetConnectionCredentials`.
pub(crate) fn peer_of(answer: &Message) -> Peer {
    let body = answer.body();
    let found: HashMap<String, OwnedVariant> = body.deserialize().unwrap_or_default();
    let number = |key: &str| found.get(key).and_then(|value| u32::try_from(value.clone()).ok());
    let mut peer = Peer::UNKNOWN;
    peer.user = number("UnixUserID").map(User::Uid);
    peer.pid = number("ProcessID");
    peer
}
