//! A server on a socket of its own, in this user's runtime directory.

use super::call::Caller;
use super::dispatch::dispatch;
use super::guarded::{Guarded, PATIENCE};
use super::{Shared, like_a_bus};
use crate::dbus::driver::Driver;
use crate::dbus::link::Link;
use crate::dbus::names::Names;
use crate::dbus::polling::{First, first};
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Peer, Result, User};
use samebox_sys::unix::account::{self, own_uid};
use samebox_sys::unix::name::{self, LONGEST_PATH, Name, NameState, Refused};
use samebox_sys::unix::runtime;
use std::fs::DirBuilder;
use std::future::poll_fn;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use zbus::connection::Builder;
use zbus::export::futures_core::Stream;
use zbus::message::Type;
use zbus::{Connection, Guid, Message, MessageStream};
use zruntime::{AsyncIo, Shared as AnyThread};

/// The server's side of its own socket.
pub(super) struct Private {
    shared: Arc<Shared>,
    driver: Driver,
    path: PathBuf,
    name: Name,
    door: AsyncIo<OwnedFd, AnyThread>,
    guid: Guid<'static>,
    guests: Arc<AtomicUsize>,
    /// The name is another's now, and that was told.
    is_taken: bool,
}

/// Only this user may connect.
const MODE: u32 = 0o600;
/// How many clients there may be at once.
const MOST_GUESTS: usize = 500;
/// How many messages of a client may wait in this process.
const MOST_QUEUED: NonZeroUsize = NonZeroUsize::new(8).expect("it is not zero");
/// How long between looks at the name.
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
    pub(super) fn bind(shared: &Arc<Shared>, driver: &Driver) -> Result<Self> {
        let path = socket_path(&shared.endpoint, &shared.names, Operation::Bind)?;
        let claimed = name::claim(&path, MODE);
        let (name, socket) =
            claimed.map_err(|refused| name_refused(&shared.endpoint, &path, refused))?;
        let door = AsyncIo::new(driver.runtime(), socket)
            .map_err(|cause| name_refused(&shared.endpoint, &path, Refused::Io(cause)))?;
        let (shared, driver, guid) = (shared.clone(), driver.clone(), Guid::generate());
        let (guests, is_taken) = Default::default();
        Ok(Self { shared, driver, path, name, door, guid, guests, is_taken })
    }

    /// Lets clients in until told to stop.
    pub(super) async fn run(&mut self) {
        let shared = self.shared.clone();
        while !shared.is_stopping() {
            let accepted = self.door.read_with(|door| name::accept(door));
            let next = first(accepted, self.driver.runtime().sleep(UPKEEP));
            match shared.until_stopped(next).await {
                Some(First::One(Ok(client))) => self.welcome(client),
                // Whatever keeps one out is over with the next look.
                Some(First::One(Err(_))) => self.driver.runtime().sleep(UPKEEP).await,
                Some(First::Other(())) => self.upkeep(),
                None => {}
            }
        }
    }

    fn welcome(&self, client: OwnedFd) {
        let shared = &self.shared;
        let found = match account::peer(&client) {
            Ok(found) if found.uid == own_uid() => found,
            Ok(found) => {
                let peer = Peer::local(User::Uid(found.uid), found.pid);
                let why = format!("a client of another user was turned away ({peer})");
                return shared.refuse(shared.endpoint.error(
                    ErrorKind::Denied,
                    Operation::Recv,
                    why,
                ));
            }
            Err(cause) => return shared.cut(ErrorKind::Io, format!("a client was lost: {cause}")),
        };
        if self.guests.load(Ordering::Relaxed) >= MOST_GUESTS {
            let why = format!("there are {MOST_GUESTS} clients, and no more are let in");
            return shared.cut(ErrorKind::Full, why);
        }
        let seat = Chair::take(&self.guests);
        let guest = Guest {
            shared: shared.clone(),
            driver: self.driver.clone(),
            peer: Peer::local(User::Uid(found.uid), found.pid),
            uid: found.uid,
        };
        let guid = self.guid.clone();
        let serving = async move {
            guest.serve(client, guid).await;
            drop(seat);
        };
        self.driver.spawn("samebox client", serving).detach();
    }

    /// Looks after the name.
    fn upkeep(&mut self) {
        let shared = &self.shared;
        let error = |kind, why: String| shared.endpoint.error(kind, Operation::Recv, why);
        match self.name.state() {
            NameState::Ours => self.is_taken = false,
            NameState::Taken if self.is_taken => {}
            NameState::Taken => {
                self.is_taken = true;
                let why = format!("another program has taken {} over", self.path.display());
                shared.note(error(ErrorKind::AddressInUse, why));
            }
            NameState::Gone => {
                let restored = self.name.restore(MODE).ok();
                let door =
                    restored.and_then(|socket| AsyncIo::new(self.driver.runtime(), socket).ok());
                match door {
                    Some(door) => self.door = door,
                    None => {
                        let why = format!("{} was removed, and stays so", self.path.display());
                        shared.note(error(ErrorKind::Io, why));
                    }
                }
            }
        }
    }
}

/// One of the places for clients.
struct Chair(Arc<AtomicUsize>);

impl Chair {
    fn take(all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all.clone())
    }
}

impl Drop for Chair {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One client.
struct Guest {
    shared: Arc<Shared>,
    driver: Driver,
    peer: Peer,
    uid: u32,
}

impl Guest {
    /// Serves it until it leaves, or is cut off.
    async fn serve(self, client: OwnedFd, guid: Guid<'static>) {
        let shared = self.shared.clone();
        let connected = self.driver.runtime().timeout(PATIENCE, self.connect(client, guid)).await;
        let connection = match connected.map_err(|late| io::Error::from(late).into()) {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) | Err(error) => return self.cut(&error),
        };
        let stream = MessageStream::from(&connection);
        let number = shared.next_number();
        let capacity = largest(&shared).max(UNREAD);
        let link = Link::new(connection, &self.driver, capacity);
        shared.add_link(number, &link);
        let name = format!(":1.{number}");
        let peer = Arc::new(self.peer.clone());
        let caller = Arc::new(Caller { name, peer, link, is_on_bus: false });
        self.attend(&caller, stream).await;
        // When the server ends, its last words go out before.
        if !shared.is_stopping() {
            shared.remove_link(number);
        }
        shared.gone(&caller.name);
    }

    async fn connect(&self, client: OwnedFd, guid: Guid<'static>) -> zbus::Result<Connection> {
        let socket = Guarded::new(client, self.driver.runtime(), self.uid, largest(&self.shared))?;
        let builder = self.driver.of(Builder::socket(socket)).server(guid).p2p();
        builder.max_queued(MOST_QUEUED).build().await
    }

    async fn attend(&self, caller: &Arc<Caller>, mut stream: MessageStream) {
        let mut stopped = pin!(self.shared.stopped.listen());
        while !self.shared.is_stopping() {
            let next = poll_fn(|context| Pin::new(&mut stream).poll_next(context));
            match first(next, &mut stopped).await {
                First::One(Some(Ok(message))) => {
                    if let First::Other(()) = first(self.shared.room(), &mut stopped).await {
                        return;
                    }
                    self.take(caller, message);
                }
                First::One(Some(Err(error))) => return self.cut(&error),
                First::One(None) | First::Other(()) => return,
            }
        }
    }

    fn take(&self, caller: &Arc<Caller>, message: Message) {
        match message.message_type() {
            Type::MethodCall if like_a_bus::is_for_bus(&message) => {
                like_a_bus::answer(&self.shared, caller, message);
            }
            Type::MethodCall => dispatch(&self.shared, caller, message),
            Type::Signal => {}
            _ => self.shared.answered(&caller.name, message),
        }
    }

    /// Notes why a client was cut off, unless it has only left.
    fn cut(&self, error: &zbus::Error) {
        let kind = match error {
            zbus::Error::InputOutput(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => return,
                io::ErrorKind::TimedOut => ErrorKind::TimedOut,
                io::ErrorKind::FileTooLarge => ErrorKind::TooLarge,
                io::ErrorKind::BrokenPipe => ErrorKind::Disconnected,
                _ => ErrorKind::Malformed,
            },
            _ => ErrorKind::Malformed,
        };
        self.shared.cut(kind, format!("a client was cut off: {error}"));
    }
}

fn largest(shared: &Shared) -> usize {
    shared.options.max.saturating_add(AROUND)
}

/// What a refused name means for a user.
fn name_refused(endpoint: &Endpoint, path: &Path, refused: Refused) -> Error {
    let at = path.display();
    let error = |kind, why: String| endpoint.error(kind, Operation::Bind, why);
    match refused {
        Refused::InUse => error(ErrorKind::AddressInUse, format!("a live server has {at}")),
        Refused::Foreign { uid } => {
            error(ErrorKind::Denied, format!("{at} belongs to another user (uid {uid})"))
        }
        Refused::NotASocket => {
            error(ErrorKind::InvalidEndpoint, format!("{at} is not a socket, and is left alone"))
                .with_advice("use another name, or remove what stands there")
        }
        Refused::Io(cause) => {
            error(ErrorKind::Io, format!("the system does not give {at}")).with_source(cause)
        }
    }
}
