//! A server on a bus: its name, who its callers are, and joining again when the bus was restarted.

use super::Shared;
use super::call::{Caller, IncomingCall, errors};
use super::dispatch::dispatch;
use super::watch::{Goes, Watch};
use crate::dbus::address::Address;
use crate::dbus::bus::{BUS, Failed, LARGEST_MESSAGE, PATIENCE, Seat, peer_of, question};
use crate::dbus::link::Link;
use samebox_core::{Deadline, Error, ErrorKind, Operation, Peer, Result, User};
use samebox_sys::unix::account::own_uid;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zbus::Message;
use zbus::message::Type;

/// The server's side of a bus.
pub(super) struct OnBus {
    addresses: Vec<Address>,
    seat: Option<Seated>,
    again: Again,
}

/// When the bus is tried again.
struct Again {
    at: Instant,
    pause: Duration,
}

/// A place on a bus that stands.
struct Seated {
    link: Arc<Link>,
    callers: HashMap<String, Known>,
    /// Questions to the bus about callers: by number.
    questions: HashMap<u32, String>,
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
    pub(super) fn new(addresses: Vec<Address>) -> Self {
        let again = Again { at: Instant::now(), pause: FIRST_PAUSE };
        Self { addresses, seat: None, again }
    }

    /// Joins the bus and becomes the owner of the name.
    pub(super) fn begin(&mut self, watch: &mut Watch) -> Result<()> {
        let endpoint = watch.shared.endpoint.clone();
        let mut seat = Seat::join(&self.addresses, LARGEST_MESSAGE, Deadline::NEVER)
            .map_err(|cause| not_joined(&watch.shared, cause))?;
        let deadline = Deadline::after(PATIENCE);
        let name = watch.shared.names.bus.as_str();
        let owned = seat
            .ask("AddMatch", &DEPARTURES, deadline)
            .and_then(|_| seat.ask("RequestName", &(name, DO_NOT_QUEUE), deadline))
            .map_err(|failed| not_named(&watch.shared, failed))?;
        if owned.body().deserialize::<u32>().ok() != Some(OWNER) {
            let why = format!("a live server has the name {name} on the bus");
            return Err(endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why));
        }
        let Seat { link, incoming, early, bus, .. } = seat;
        let number = watch.add(link, incoming).map_err(|cause| not_joined(&watch.shared, cause))?;
        let link = watch.lines[&number].link.clone();
        let (callers, questions) = Default::default();
        let is_own = bus.uid == own_uid();
        let seated = Seated { link, callers, questions, is_own };
        let seated = self.seat.insert(seated);
        early.into_iter().for_each(|message| seated.take(&watch.shared, message));
        Ok(())
    }

    pub(super) fn arrived(&mut self, watch: &mut Watch, number: usize) -> Goes {
        let Some(seat) = &mut self.seat else { return Goes::Over };
        let Some(line) = watch.lines.get_mut(&number) else { return Goes::Over };
        loop {
            match line.incoming.next() {
                Ok(Some(message)) => seat.take(&watch.shared, message),
                Ok(None) => return Goes::On,
                Err(_) => return Goes::Over,
            }
        }
    }

    /// The bus has gone: all callers with it.
    pub(super) fn over(&mut self, watch: &Watch) {
        let Some(seat) = self.seat.take() else { return };
        seat.callers.keys().for_each(|name| watch.shared.gone(name));
        if !watch.shared.is_stopping() {
            let why = "the bus has gone; this server joins it again when it is back";
            let shared = &watch.shared;
            shared.note(shared.endpoint.error(ErrorKind::Disconnected, Operation::Recv, why));
        }
        self.again = Again { at: Instant::now(), pause: FIRST_PAUSE };
    }

    /// Joins again when it is time to.
    pub(super) fn upkeep(&mut self, watch: &mut Watch) {
        if self.seat.is_some() || Instant::now() < self.again.at {
            return;
        }
        if let Err(error) = self.begin(watch) {
            if error.kind() == ErrorKind::AddressInUse {
                watch.shared.note(error.during(Operation::Recv));
            }
            let pause = self.again.pause;
            self.again =
                Again { at: Instant::now() + pause, pause: (pause * 2).min(LONGEST_PAUSE) };
        }
    }

    /// How long nothing needs to be done here.
    pub(super) fn patience(&self) -> Option<Duration> {
        let is_away = self.seat.is_none();
        is_away.then(|| self.again.at.saturating_duration_since(Instant::now()))
    }

    /// Gives the name up, so that a successor finds it free at once.
    pub(super) fn leave(&mut self, watch: &Watch) {
        let Some(seat) = &self.seat else { return };
        if let Ok(message) = question("ReleaseName", &watch.shared.names.bus.as_str()) {
            // A bus that is gone knows nothing of names.
            let _ = seat.link.send(message);
        }
    }
}

impl Seated {
    fn take(&mut self, shared: &Shared, message: Message) {
        let header = message.header();
        let Some(sender) = header.sender().map(|sender| sender.as_str().to_owned()) else { return };
        match message.message_type() {
            Type::MethodCall => self.called(shared, sender, message),
            Type::Signal if sender == BUS => self.departed(shared, &message),
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

    fn called(&mut self, shared: &Shared, sender: String, message: Message) {
        match self.callers.get_mut(&sender) {
            Some(Known::Caller(caller)) => dispatch(shared, caller, message),
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
        waiting.into_iter().for_each(|message| dispatch(shared, &caller, message));
        if is_gone {
            shared.gone(name);
        } else {
            self.callers.insert(name.into(), Known::Caller(caller));
        }
    }

    fn deny(&self, message: Message) {
        let (link, peer) = (self.link.clone(), Arc::new(Peer::UNKNOWN));
        let caller = Caller { name: String::new(), peer, link, is_on_bus: true };
        let call = IncomingCall::new(message, Arc::new(caller));
        // What is not told is not missed.
        let _ = call.error(errors::ACCESS_DENIED, "this object serves its own user only");
    }

    fn departed(&mut self, shared: &Shared, message: &Message) {
        let body = message.body();
        let Ok((name, _, owner)) = body.deserialize::<(&str, &str, &str)>() else { return };
        let is_known = matches!(self.callers.get(name), Some(Known::Caller(_) | Known::Stranger));
        if owner.is_empty() && is_known {
            self.callers.remove(name);
            shared.gone(name);
        }
    }
}

fn not_joined(shared: &Shared, cause: std::io::Error) -> Error {
    let (kind, why) = match cause.kind() {
        std::io::ErrorKind::PermissionDenied => (ErrorKind::Denied, "the bus admits other users"),
        _ => (ErrorKind::NotListening, "no bus is there"),
    };
    let advice = "start a session bus (dbus-run-session), or use ?bus=none for a socket of its own";
    shared.endpoint.error(kind, Operation::Bind, why).with_source(cause).with_advice(advice)
}

fn not_named(shared: &Shared, failed: Failed) -> Error {
    let name = &shared.names.bus;
    match failed {
        Failed::Io(cause) => not_joined(shared, cause),
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
