//! A server on a bus: its name, who its callers are, and joining again when the bus was restarted.

use super::call::{Caller, IncomingCall, errors};
use super::dispatch::dispatch;
use super::{LAST_WORDS, Shared};
use crate::dbus::bus::{BUS, Failed, LARGEST_MESSAGE, Place, Seat, peer_of, question};
use crate::dbus::driver::Driver;
use crate::dbus::link::Link;
use crate::dbus::polling::{First, first, next};
use samebox_core::{Error, ErrorKind, Operation, Peer, Result, User};
use samebox_sys::unix::account::own_uid;
use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use zbus::message::Type;
use zbus::{Message, MessageStream};

/// The server's side of a bus.
pub(super) struct OnBus {
    place: Place,
    shared: Arc<Shared>,
    driver: Driver,
    seat: Option<Seated>,
}

/// A place on a bus that stands.
struct Seated {
    number: u64,
    link: Arc<Link>,
    stream: MessageStream,
    callers: HashMap<String, Known>,
    /// Questions to the bus about callers: by number.
    questions: HashMap<u32, String>,
    /// Callers that have left.
    left: Vec<String>,
    /// Calls of known callers, which wait for room.
    ready: VecDeque<(Arc<Caller>, Message)>,
    /// The bus is this user's own, and so admits nobody else.
    is_own: bool,
}

/// What is known of a name that called.
enum Known {
    /// Who it is.
    Caller(Arc<Caller>),
    /// The bus was asked; its calls wait for the answer.
    Asked(Vec<Message>),
    /// It is another user.
    Stranger,
}

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Do not queue, do not replace; and nobody may replace this one.
const DO_NOT_QUEUE: u32 = 4;
/// Answers to a request for a name: it is ours.
const OWNER: u32 = 1;

const DEPARTURES: &str = "type='signal',sender='org.freedesktop.DBus',\
    interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''";

impl OnBus {
    pub(super) fn new(place: Place, shared: &Arc<Shared>, driver: &Driver) -> Self {
        Self { place, shared: shared.clone(), driver: driver.clone(), seat: None }
    }

    /// Joins the bus and becomes the owner of the name.
    pub(super) async fn begin(&mut self) -> Result<()> {
        let shared = &self.shared;
        let seat = Seat::join(&self.place, &self.driver).await;
        let mut seat = seat.map_err(|cause| not_joined(shared, cause))?;
        let name = shared.names.bus.as_str();
        let failed = |failed| not_named(shared, failed);
        seat.ask("AddMatch", &DEPARTURES).await.map_err(failed)?;
        let owned = seat.ask("RequestName", &(name, DO_NOT_QUEUE)).await.map_err(failed)?;
        if owned.body().deserialize::<u32>().ok() != Some(OWNER) {
            let why = format!("a live server has the name {name} on the bus");
            return Err(shared.endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why));
        }
        let is_own = seat.is_own().await;
        let Seat { connection, stream, early, .. } = seat;
        let link = Link::new(connection, &self.driver, LARGEST_MESSAGE);
        let number = shared.next_number();
        shared.add_link(number, &link);
        let (callers, questions, ready, left) = Default::default();
        let mut seated = Seated { number, link, stream, callers, questions, ready, left, is_own };
        early.into_iter().for_each(|message| seated.take(shared, message));
        self.seat = Some(seated);
        Ok(())
    }

    /// Serves until told to stop, joining again when the bus was gone.
    pub(super) async fn run(&mut self) {
        let shared = self.shared.clone();
        let mut pause = FIRST_PAUSE;
        let mut stopped = pin!(shared.stopped.listen());
        while !shared.is_stopping() {
            if let Some(seat) = &mut self.seat {
                if let First::Other(()) = first(seat.hand_on(&shared), &mut stopped).await {
                    break;
                }
                match first(next(&mut seat.stream), &mut stopped).await {
                    First::One(Some(message)) => seat.take(&shared, message),
                    First::One(None) => self.over(),
                    First::Other(()) => break,
                }
                pause = FIRST_PAUSE;
                continue;
            }
            match self.begin().await {
                Err(error) if error.kind() == ErrorKind::AddressInUse => {
                    shared.note(error.during(Operation::Recv));
                }
                _ => {}
            }
            if self.seat.is_none() {
                // The next turn sees whether it is to stop.
                let _ = shared.until_stopped(self.driver.runtime().sleep(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        self.leave().await;
    }

    /// The bus has gone: all callers with it.
    fn over(&mut self) {
        let Some(seat) = self.seat.take() else { return };
        let shared = &self.shared;
        shared.remove_link(seat.number);
        seat.callers.keys().for_each(|name| shared.gone(name));
        let why = "the bus has gone; this server joins it again when it is back";
        shared.note(shared.endpoint.error(ErrorKind::Disconnected, Operation::Recv, why));
    }

    /// Gives the name up, and sees to it that a successor finds it free at once.
    async fn leave(&mut self) {
        let Some(seat) = &mut self.seat else { return };
        let Ok(message) = question("ReleaseName", &self.shared.names.bus.as_str()) else { return };
        let serial = message.primary_header().serial_num();
        let released = async {
            // A bus that is gone knows nothing of names.
            let is_sent = seat.link.send(message).is_ok();
            while is_sent && let Some(message) = next(&mut seat.stream).await {
                if message.header().reply_serial() == Some(serial) {
                    return;
                }
            }
        };
        let _ = self.driver.runtime().timeout(LAST_WORDS, released).await;
    }
}

impl Seated {
    fn take(&mut self, shared: &Shared, message: Message) {
        let header = message.header();
        let Some(sender) = header.sender().map(|sender| sender.as_str().to_owned()) else { return };
        match message.message_type() {
            Type::MethodCall => self.called(sender, message),
            Type::Signal if sender == BUS => self.departed(&message),
            Type::Signal => {}
            Type::MethodReturn | Type::Error => {
                let number = header.reply_serial().map_or(0, |serial| serial.get());
                match self.questions.remove(&number) {
                    Some(name) if sender == BUS => self.identified(shared, &name, &message),
                    _ => shared.answered(&sender, message),
                }
            }
        }
    }

    /// Hands on what is ready, as there is room.
    async fn hand_on(&mut self, shared: &Shared) {
        while !self.ready.is_empty() {
            shared.room().await;
            if let Some((caller, message)) = self.ready.pop_front() {
                dispatch(shared, &caller, message);
            }
        }
        for name in std::mem::take(&mut self.left) {
            self.callers.remove(&name);
            shared.gone(&name);
        }
    }

    fn called(&mut self, sender: String, message: Message) {
        match self.callers.get_mut(&sender) {
            Some(Known::Caller(caller)) => self.ready.push_back((caller.clone(), message)),
            Some(Known::Asked(waiting)) => waiting.push(message),
            Some(Known::Stranger) => self.deny(message),
            None => {
                let asked = question("GetConnectionCredentials", &sender.as_str());
                let Ok(asked) = asked else { return };
                self.questions.insert(asked.primary_header().serial_num().get(), sender.clone());
                self.callers.insert(sender, Known::Asked(vec![message]));
                // When the bus is gone, its callers are as well.
                let _ = self.link.send(asked);
            }
        }
    }

    /// The bus has said who a caller is.
    fn identified(&mut self, shared: &Shared, name: &str, answer: &Message) {
        let Some(Known::Asked(waiting)) = self.callers.remove(name) else { return };
        let is_gone = answer.message_type() == Type::Error;
        let peer = if is_gone { Peer::UNKNOWN } else { peer_of(answer) };
        let is_this_user = match &peer.user {
            Some(user) => *user == User::Uid(own_uid()),
            // It left at once, as programs do that wait for no answer.
            None => self.is_own,
        };
        if !is_this_user {
            let why = format!("a client of another user was turned away ({peer})");
            shared.refuse(shared.endpoint.error(ErrorKind::Denied, Operation::Recv, why));
            waiting.into_iter().for_each(|message| self.deny(message));
            if !is_gone {
                self.callers.insert(name.into(), Known::Stranger);
            }
            return;
        }
        let (link, peer) = (self.link.clone(), Arc::new(peer));
        let caller = Arc::new(Caller { name: name.into(), peer, link, is_on_bus: true });
        self.ready.extend(waiting.into_iter().map(|message| (caller.clone(), message)));
        // One that has gone is told to have left once its calls were handed on.
        self.callers.insert(name.into(), Known::Caller(caller));
        if is_gone {
            self.left.push(name.into());
        }
    }

    fn deny(&self, message: Message) {
        let (link, peer) = (self.link.clone(), Arc::new(Peer::UNKNOWN));
        let caller = Caller { name: String::new(), peer, link, is_on_bus: true };
        let call = IncomingCall::new(message, Arc::new(caller));
        // What is not told is not missed.
        let _ = call.error(errors::ACCESS_DENIED, "this object serves its own user only");
    }

    fn departed(&mut self, message: &Message) {
        let body = message.body();
        let Ok((name, _, owner)) = body.deserialize::<(&str, &str, &str)>() else { return };
        let is_known = matches!(self.callers.get(name), Some(Known::Caller(_) | Known::Stranger));
        if owner.is_empty() && is_known {
            self.left.push(name.into());
        }
    }
}

fn not_joined(shared: &Shared, cause: zbus::Error) -> Error {
    let (kind, why) = match &cause {
        zbus::Error::Handshake(_) => (ErrorKind::Denied, "the bus does not let this user in"),
        _ => (ErrorKind::NotListening, "no bus is there"),
    };
    let advice = "start a session bus (dbus-run-session), or use ?bus=none for a socket of its own";
    shared.endpoint.error(kind, Operation::Bind, why).with_source(cause).with_advice(advice)
}

fn not_named(shared: &Shared, failed: Failed) -> Error {
    let name = &shared.names.bus;
    match failed {
        Failed::Lost(cause) => not_joined(shared, cause),
        Failed::Error(code, why) => {
            let kind = match code.as_str() {
                errors::ACCESS_DENIED => ErrorKind::Denied,
                _ => ErrorKind::Io,
            };
            let why = format!("the bus does not give the name {name}: {why}");
            shared.endpoint.error(kind, Operation::Bind, why)
        }
    }
}
