//! A place on a bus: joining it, and asking the bus itself.

use super::address::{self, Address};
use super::auth;
use super::incoming::{Broken, Incoming};
use super::link::{Link, NotSent};
use super::settings::{Bus, Options};
use samebox_core::{Deadline, Peer, User};
use samebox_sys::unix::account::{self, Credentials};
use samebox_sys::unix::socket::{self, Ready};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Duration;
use zbus::export::serde::Serialize;
use zbus::message::Type;
use zbus::{DynamicType, Message, OwnedVariant};

/// The bus itself, as a peer.
pub(crate) const BUS: &str = "org.freedesktop.DBus";
pub(crate) const BUS_PATH: &str = "/org/freedesktop/DBus";

/// What the specification lets a message have, bytes.
pub(crate) const LARGEST_MESSAGE: usize = 128 << 20;

/// How long a bus may take for what it does itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a bus that has said hello.
pub(crate) struct Seat {
    pub(crate) link: Link,
    pub(crate) incoming: Incoming,
    /// Messages that came while the bus was asked.
    pub(crate) early: VecDeque<Message>,
    /// Its unique name there.
    pub(crate) name: String,
    /// Who runs the bus.
    pub(crate) bus: Credentials,
}

/// Why the bus gave no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// It answered with an error: its name and its words.
    Error(String, String),
    /// The connection failed.
    Io(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Where the object of an endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the bus that has one of these addresses.
    Bus(Vec<Address>),
    /// On a socket of its own.
    Private,
}

impl Place {
    /// Where it is by the endpoint's settings and, for `auto`, by whether a bus is there now.
    pub(crate) fn of(options: &Options) -> Self {
        match &options.bus {
            Bus::Session => Self::Bus(address::session()),
            Bus::None => Self::Private,
            Bus::At(addresses) => Self::Bus(addresses.clone()),
            Bus::Auto => {
                let session = address::session();
                let is_there = session.iter().any(|address| address.connect().is_ok());
                if is_there { Self::Bus(session) } else { Self::Private }
            }
        }
    }
}

impl Seat {
    /// Joins the first bus of `addresses` that lets clients in.
    ///
    /// On its connection `capacity` bytes may wait to be written.
    ///
    /// # Errors
    /// `NotFound` without addresses; the last failure otherwise.
    pub(crate) fn join(
        addresses: &[Address],
        capacity: usize,
        deadline: Deadline,
    ) -> io::Result<Self> {
        let deadline = deadline.earlier(Deadline::after(PATIENCE));
        let mut last = io::ErrorKind::NotFound.into();
        for address in addresses {
            match Self::join_at(address, capacity, deadline) {
                Ok(seat) => return Ok(seat),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn join_at(address: &Address, capacity: usize, deadline: Deadline) -> io::Result<Self> {
        let socket = address.connect()?;
        let bus = account::peer(&socket)?;
        let link = Link::new(socket, capacity)?;
        auth::introduce(&link, deadline)?;
        let incoming = Incoming::new(LARGEST_MESSAGE);
        let (early, name) = Default::default();
        let mut seat = Self { link, incoming, early, name, bus };
        match seat.ask("Hello", &(), deadline) {
            Ok(answer) => {
                seat.name = answer.body().deserialize().map_err(io::Error::other)?;
                Ok(seat)
            }
            Err(Failed::Io(error)) => Err(error),
            Err(Failed::Error(_, why)) => Err(io::Error::other(why)),
        }
    }

    /// Asks the bus and waits for its answer; what else comes meanwhile is kept.
    ///
    /// # Errors
    /// The bus's own, or the connection's.
    pub(crate) fn ask<B: Serialize + DynamicType>(
        &mut self,
        member: &str,
        body: &B,
        deadline: Deadline,
    ) -> Result<Message, Failed> {
        let question =
            question(member, body).map_err(|error| io::Error::other(error.to_string()))?;
        let serial = question.primary_header().serial_num();
        self.link.send_by(question, deadline).map_err(|failure| match failure {
            NotSent::Late => io::Error::from(io::ErrorKind::TimedOut),
            _ => io::ErrorKind::ConnectionReset.into(),
        })?;
        loop {
            let message = self.receive(deadline)?;
            if message.header().reply_serial() != Some(serial) {
                self.early.push_back(message);
                continue;
            }
            return match message.message_type() {
                Type::Error => {
                    let (name, text) = error_of(&message);
                    Err(Failed::Error(name, text))
                }
                _ => Ok(message),
            };
        }
    }

    fn receive(&mut self, deadline: Deadline) -> io::Result<Message> {
        loop {
            if let Some(message) = self.incoming.next().map_err(io::Error::from)? {
                return Ok(message);
            }
            match self.incoming.read(&self.link) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let wanted = Ready { read: true, write: false };
                    socket::wait(&self.link, wanted, deadline.remaining())?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        let why = match broken {
            Broken::TooLarge(bytes) => format!("a message of {bytes} bytes"),
            Broken::Malformed(why) => why,
        };
        Self::new(io::ErrorKind::InvalidData, why)
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
