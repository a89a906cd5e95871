//! A server on a socket of its own, in this user's runtime directory.

use super::call::Caller;
use super::dispatch::dispatch;
use super::like_a_bus;
use super::watch::{DOOR, Goes, Line, Watch};
use crate::dbus::auth::{Newcomer, Step};
use crate::dbus::incoming::{Broken, Incoming};
use crate::dbus::link::Link;
use crate::dbus::names::Names;
use samebox_core::{Allow, Endpoint, ErrorKind, Operation, Peer, Result, User};
use samebox_stream::{Accepted, Listener, NamedListener, Place};
use samebox_sys::unix::{name::LONGEST_PATH, runtime, socket};
use std::collections::HashMap;
use std::fs::DirBuilder;
use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zbus::message::Type;

/// The server's side of its own socket.
pub(super) struct Private {
    door: NamedListener,
    guests: HashMap<usize, Guest>,
    guid: String,
    next_upkeep: Instant,
}

/// One client.
struct Guest {
    /// Until it has said who it is.
    newcomer: Option<Newcomer>,
    caller: Arc<Caller>,
    /// Since when it owes the rest of something.
    owes_since: Option<Instant>,
}

/// How many clients there may be at once.
const MOST_GUESTS: usize = 1000;
/// How long a client may take to say who it is, and to bring the rest of a message.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long between looks at the name and at slow clients.
const UPKEEP: Duration = Duration::from_millis(500);
/// What may stand around a payload in a message, bytes.
const AROUND: usize = 64 << 10;
/// Bytes of answers that may wait for a client that does not read them.
const UNREAD: usize = 4 << 20;

/// Where the socket of an object is; its folder is made.
///
/// # Errors
/// `InvalidEndpoint` when the path is too long, `Denied` when the folder is not this user's alone.
pub(crate) fn socket_path(
    endpoint: &Endpoint,
    names: &Names,
    operation: Operation,
) -> Result<PathBuf> {
    let folder = objects_folder().map_err(|cause| {
        let kind = match cause.kind() {
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Io,
        };
        endpoint.error(kind, operation, cause.to_string())
    })?;
    let path = folder.join(&names.bus);
    if path.as_os_str().len() > LONGEST_PATH {
        let why = format!("its socket {} would have a path too long", path.display());
        return Err(endpoint.invalid(why).with_advice("use a shorter name, or a bus"));
    }
    Ok(path)
}

fn objects_folder() -> io::Result<PathBuf> {
    let folder = runtime::runtime_directory()?.join("objects");
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(folder),
    }
}

impl Private {
    pub(super) fn bind(endpoint: &Endpoint, names: &Names) -> Result<Self> {
        let path = socket_path(endpoint, names, Operation::Bind)?;
        let door = NamedListener::bind(endpoint, &Place::Path(path), &Allow::default())?;
        let guid = zbus::Guid::generate().to_string();
        Ok(Self { door, guests: HashMap::new(), guid, next_upkeep: Instant::now() + UPKEEP })
    }

    pub(super) fn begin(&mut self, watch: &mut Watch) -> Result<()> {
        self.door.register(watch.poll.registry(), DOOR).map_err(|cause| {
            let why = "the system does not watch the socket";
            watch.shared.endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        })
    }

    /// Lets in who is waiting.
    pub(super) fn door(&mut self, watch: &mut Watch) {
        loop {
            match self.door.accept(watch.poll.registry()) {
                Ok(Accepted::Client(..)) if self.guests.len() >= MOST_GUESTS => {
                    let why = format!("there are {MOST_GUESTS} clients, and no more are let in");
                    watch.shared.cut(ErrorKind::Full, why);
                }
                Ok(Accepted::Client(client, peer)) => {
                    if let Err(cause) = self.admit(watch, client.into(), peer) {
                        watch.shared.cut(ErrorKind::Io, format!("a client was lost: {cause}"));
                    }
                }
                Ok(Accepted::Refused(fault)) => watch.shared.refuse(fault),
                // Whatever keeps one out is over with the next look.
                Ok(Accepted::Nobody) | Err(_) => return,
            }
        }
    }

    fn admit(&mut self, watch: &mut Watch, client: OwnedFd, peer: Peer) -> io::Result<()> {
        let largest = watch.shared.options.max.saturating_add(AROUND);
        let capacity = largest.max(UNREAD);
        let number = watch.add(Link::new(client, capacity)?, Incoming::new(largest))?;
        let link = watch.lines[&number].link.clone();
        link.set_signals(false);
        let caller =
            Caller { name: format!(":1.{number}"), peer: Arc::new(peer), link, is_on_bus: false };
        let newcomer = Some(Newcomer::default());
        let owes_since = Some(Instant::now());
        self.guests.insert(number, Guest { newcomer, caller: Arc::new(caller), owes_since });
        Ok(())
    }

    pub(super) fn arrived(&mut self, watch: &mut Watch, number: usize) -> Goes {
        let Some(guest) = self.guests.get_mut(&number) else { return Goes::Over };
        let Some(line) = watch.lines.get_mut(&number) else { return Goes::Over };
        if guest.newcomer.is_some()
            && let Err(why) = guest.greet(line, &self.guid)
        {
            watch.shared.cut(ErrorKind::Malformed, format!("a client was cut off: {why}"));
            return Goes::Over;
        }
        while guest.newcomer.is_none() {
            let message = match line.incoming.next() {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(broken) => {
                    let (kind, why) = match broken {
                        Broken::TooLarge(bytes) => {
                            (ErrorKind::TooLarge, format!("its message has {bytes} bytes"))
                        }
                        Broken::Malformed(why) => (ErrorKind::Malformed, why),
                    };
                    watch.shared.cut(kind, format!("a client was cut off: {why}"));
                    return Goes::Over;
                }
            };
            match message.message_type() {
                Type::MethodCall if like_a_bus::is_for_bus(&message) => {
                    like_a_bus::answer(&watch.shared, &guest.caller, message);
                }
                Type::MethodCall => dispatch(&watch.shared, &guest.caller, message),
                Type::Signal => {}
                _ => watch.shared.answered(&guest.caller.name, message),
            }
        }
        guest.owes_since = match guest.newcomer.is_none() && line.incoming.is_empty() {
            true => None,
            false => guest.owes_since.or_else(|| Some(Instant::now())),
        };
        Goes::On
    }

    pub(super) fn over(&mut self, watch: &Watch, number: usize) {
        if let Some(guest) = self.guests.remove(&number) {
            watch.shared.gone(&guest.caller.name);
        }
    }

    /// Looks after the name, and after clients that take too long.
    pub(super) fn upkeep(&mut self, watch: &mut Watch) {
        let now = Instant::now();
        if now < self.next_upkeep {
            return;
        }
        self.next_upkeep = now + UPKEEP;
        if let Err(fault) = self.door.upkeep(watch.poll.registry()) {
            watch.shared.note(fault);
        }
        self.door(watch);
        let is_late = |guest: &Guest| guest.owes_since.is_some_and(|since| now - since > PATIENCE);
        let late = self.guests.iter().filter(|(_, guest)| is_late(guest));
        let late: Vec<_> = late.map(|(number, _)| *number).collect();
        for number in late {
            let why = format!("a client was cut off: nothing came for {PATIENCE:?}");
            watch.shared.cut(ErrorKind::TimedOut, why);
            watch.remove(number);
            self.over(watch, number);
        }
    }
}

impl Guest {
    /// Takes what a client says before its first message.
    fn greet(&mut self, line: &mut Line, guid: &str) -> Result<(), &'static str> {
        let Some(newcomer) = &mut self.newcomer else { return Ok(()) };
        let Some(User::Uid(uid)) = self.caller.peer.user else { return Err("it is nobody") };
        loop {
            let step = line.incoming.take_front(|bytes| newcomer.take(bytes, uid, guid));
            match step {
                Step::More => return Ok(()),
                Step::Say(said) => {
                    // So few bytes always fit, unless the client reads nothing at all.
                    let written = socket::write_now(&*line.link, &[IoSlice::new(said.as_bytes())]);
                    if written.ok() != Some(said.len()) {
                        return Err("it does not read");
                    }
                }
                Step::Begin => {
                    line.link.set_signals(true);
                    self.newcomer = None;
                    return Ok(());
                }
                Step::Stranger(why) => return Err(why),
            }
        }
    }
}
