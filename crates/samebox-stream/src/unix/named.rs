use super::access::{Access, check_server};
use super::socket::{ChannelSocket, StreamSocket};
use crate::{Accepted, Connector, Listener};
use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use samebox_core::{Allow, Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result, User};
use samebox_sys::unix::account;
use samebox_sys::unix::name::{self, Name, NameState, Refused};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a Unix socket server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A path in the file system.
    Path(PathBuf),
    /// A name in the abstract namespace, which has no files and no permissions.
    Abstract(String),
}

/// How clients reach a Unix socket server.
#[derive(Clone, Debug)]
pub struct NamedConnector {
    endpoint: Endpoint,
    place: Place,
    allow: Allow,
}

impl NamedConnector {
    /// How long a live server may take to let a client in.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// A connector to the server at `place`, which must belong to this user or to one of `allow`.
    pub fn new(endpoint: &Endpoint, place: Place, allow: &Allow) -> Self {
        Self { endpoint: endpoint.clone(), place, allow: allow.clone() }
    }
}

impl Connector for NamedConnector {
    type Channel = ChannelSocket<false>;

    fn connect(&mut self, deadline: Deadline) -> Result<Self::Channel> {
        let patience = deadline.remaining().map_or(Self::PATIENCE, |left| left.max(Self::PATIENCE));
        let socket = match &self.place {
            Place::Path(path) => name::connect(path, patience),
            Place::Abstract(name) => name::connect_abstract(name.as_bytes(), patience),
        };
        let socket = socket.map_err(|cause| connect_failed(&self.endpoint, cause))?;
        let peer = check_server(&self.endpoint, &socket, &self.allow)?;
        Ok(ChannelSocket::new(socket, peer))
    }
}

/// The door of a Unix socket server, and its name in the file system if it has one.
#[derive(Debug)]
pub struct NamedListener {
    socket: OwnedFd,
    name: Option<Name>,
    door: Option<Token>,
    endpoint: Endpoint,
    access: Access,
}

impl NamedListener {
    /// The mode of a socket file that only this user may connect to.
    const PRIVATE: u32 = 0o600;
    /// The mode when others are allowed: the kernel lets all connect and the door turns most away.
    const OPEN: u32 = 0o666;

    /// Becomes the server at `place`.
    ///
    /// # Errors
    /// `AddressInUse`, `Denied` or `InvalidEndpoint` when the name is taken, foreign or no socket;
    /// `Unsupported` for an abstract name where the system has none.
    pub fn bind(endpoint: &Endpoint, place: &Place, allow: &Allow) -> Result<Self> {
        let access = Access::look_up(endpoint, allow)?;
        match place {
            Place::Path(path) => {
                let mode = if access.is_private() { Self::PRIVATE } else { Self::OPEN };
                let (name, socket) = name::claim(path, mode)
                    .map_err(|refused| name_refused(endpoint, path, refused))?;
                Self::new(endpoint, socket, Some(name), access)
            }
            Place::Abstract(name) => {
                let socket = name::listen_abstract(name.as_bytes())
                    .map_err(|cause| abstract_refused(endpoint, cause))?;
                Self::new(endpoint, socket, None, access)
            }
        }
    }

    fn new(
        endpoint: &Endpoint,
        socket: OwnedFd,
        name: Option<Name>,
        access: Access,
    ) -> Result<Self> {
        rustix::io::ioctl_fionbio(&socket, true).map_err(|cause| {
            let why = "the system gives no socket that does not wait";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(io::Error::from(cause))
        })?;
        Ok(Self { socket, name, door: None, endpoint: endpoint.clone(), access })
    }

    fn restore(&mut self, registry: &Registry) -> Result<()> {
        let (Some(name), Some(door)) = (&mut self.name, self.door) else { return Ok(()) };
        let mode = if self.access.is_private() { Self::PRIVATE } else { Self::OPEN };
        let failed = |cause: io::Error| {
            let why = "its name was removed and cannot be restored";
            self.endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        };
        let socket = name.restore(mode).map_err(|refused| match refused {
            Refused::Io(cause) => failed(cause),
            _ => failed(io::Error::other("something else stands there now")),
        })?;
        rustix::io::ioctl_fionbio(&socket, true).map_err(|cause| failed(cause.into()))?;
        SourceFd(&socket.as_raw_fd())
            .register(registry, door, Interest::READABLE)
            .map_err(failed)?;
        // Clients that are still waiting at the old socket see it close, and connect anew.
        self.socket = socket;
        Ok(())
    }
}

impl Listener for NamedListener {
    type Stream = StreamSocket;
    const NEEDS_UPKEEP: bool = true;

    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.door = Some(token);
        SourceFd(&self.socket.as_raw_fd()).register(registry, token, Interest::READABLE)
    }

    fn accept(&mut self, _: &Registry) -> io::Result<Accepted<StreamSocket>> {
        let client = match name::accept(&self.socket) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Accepted::Nobody),
            other => other?,
        };
        let found = account::peer(&client)?;
        let peer = Peer::local(User::Uid(found.uid), found.pid);
        if self.access.admits(&found) {
            return Ok(Accepted::Client(StreamSocket::new(client), peer));
        }
        let why = format!("a client of another user was turned away ({peer})");
        Ok(Accepted::Refused(self.endpoint.error(ErrorKind::Denied, Operation::Recv, why)))
    }

    fn upkeep(&mut self, registry: &Registry) -> Result<()> {
        match self.name.as_ref().map(Name::state) {
            None | Some(NameState::Ours) => Ok(()),
            Some(NameState::Gone) => self.restore(registry),
            Some(NameState::Taken) => {
                let why = "another program has taken the name over and gets its clients";
                let advice = "stop one of the two, or give this one another name";
                Err(self
                    .endpoint
                    .error(ErrorKind::AddressInUse, Operation::Recv, why)
                    .with_advice(advice))
            }
        }
    }
}

/// What a failed connect to a Unix socket means for a user.
fn connect_failed(endpoint: &Endpoint, cause: io::Error) -> Error {
    let (kind, why) = match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            (ErrorKind::NotListening, "nobody listens there")
        }
        io::ErrorKind::PermissionDenied => {
            (ErrorKind::Denied, "the server there admits other users only")
        }
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            (ErrorKind::TimedOut, "the server there does not let clients in")
        }
        _ => (ErrorKind::Io, "the system refused the connection"),
    };
    endpoint.error(kind, Operation::Connect, why).with_source(cause)
}

/// What a refused name means for a user.
fn name_refused(endpoint: &Endpoint, path: &Path, refused: Refused) -> Error {
    let at = path.display();
    let error = |kind, why: String| endpoint.error(kind, Operation::Bind, why);
    match refused {
        Refused::InUse => error(ErrorKind::AddressInUse, format!("a live server has {at}")),
        Refused::Foreign { uid } => {
            error(ErrorKind::Denied, format!("{at} belongs to another user (uid {uid})"))
                .with_advice("use another name, or ask that user to remove it")
        }
        Refused::NotASocket => {
            error(ErrorKind::InvalidEndpoint, format!("{at} is not a socket, and is left alone"))
                .with_advice("choose a path where nothing stands")
        }
        Refused::Io(cause) => match cause.kind() {
            io::ErrorKind::NotFound => {
                error(ErrorKind::InvalidEndpoint, format!("the folder of {at} is missing"))
                    .with_advice("make that folder first, or use a path in one that is there")
            }
            io::ErrorKind::PermissionDenied => {
                error(ErrorKind::Denied, format!("this user may not write at {at}"))
                    .with_advice("use a path in a folder of this user")
            }
            _ => error(ErrorKind::Io, format!("the system does not give {at}")),
        }
        .with_source(cause),
    }
}

/// What a refused abstract name means for a user.
fn abstract_refused(endpoint: &Endpoint, cause: io::Error) -> Error {
    let (kind, why) = match cause.kind() {
        io::ErrorKind::AddrInUse => (ErrorKind::AddressInUse, "a live server has this name"),
        io::ErrorKind::Unsupported => {
            (ErrorKind::Unsupported, "only Linux has abstract names; use a path")
        }
        _ => (ErrorKind::Io, "the system does not give this name"),
    };
    endpoint.error(kind, Operation::Bind, why).with_source(cause)
}
