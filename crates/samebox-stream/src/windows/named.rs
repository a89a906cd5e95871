use super::access::{Access, check_server, peer};
use super::channel::ChannelPipe;
use super::pipe::{StreamPipe, is_idle};
use crate::{Accepted, Connector, Listener};
use mio::event::Source;
use mio::windows::NamedPipe;
use mio::{Interest, Registry, Token};
use samebox_core::{Allow, Deadline, Endpoint, Error, ErrorKind, Operation, Result};
use samebox_sys::windows::pipe::{self, Client, Content, Name, Refused};
use std::io;
use std::time::Duration;

/// Where a named pipe server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A pipe of this machine, by what stands behind `\\.\pipe\`.
    Pipe(String),
    /// The same for a pipe of messages, as WCF has them: bounds mean nothing, but an empty message is
    /// the end of its direction.
    Messages(String),
}

impl Place {
    fn parts(&self) -> (&str, Content) {
        match self {
            Self::Pipe(name) => (name, Content::Bytes),
            Self::Messages(name) => (name, Content::Messages),
        }
    }
}

/// How clients reach a named pipe server.
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
    type Channel = ChannelPipe;

    fn connect(&mut self, deadline: Deadline) -> Result<Self::Channel> {
        let patience = deadline.remaining().map_or(Self::PATIENCE, |left| left.max(Self::PATIENCE));
        let (name, content) = self.place.parts();
        let client = Client::connect(name, content, patience)
            .map_err(|cause| connect_failed(&self.endpoint, cause))?;
        let peer = check_server(&self.endpoint, &client, &self.allow)?;
        Ok(ChannelPipe::new(client, peer))
    }
}

/// The door of a named pipe server: instances that wait for a client each.
#[derive(Debug)]
pub struct NamedListener {
    /// Before the name, which is given up last.
    waiting: Vec<NamedPipe>,
    /// Connected ones whose first read is being given up, so that threads can wait for them.
    coming: Vec<NamedPipe>,
    name: Name,
    content: Content,
    door: Option<Token>,
    endpoint: Endpoint,
    access: Access,
}

impl NamedListener {
    /// Clients that can come in while the server is busy with others; the next ones wait.
    const WAITING: usize = 128;

    /// Becomes the server at `place`.
    ///
    /// # Errors
    /// `AddressInUse` when a live server has the name, `Denied` when what is left of one may not be
    /// taken over.
    pub fn bind(endpoint: &Endpoint, place: &Place, allow: &Allow) -> Result<Self> {
        let access = Access::look_up(endpoint, allow)?;
        let (name, content) = place.parts();
        let descriptor = access.descriptor().map_err(Refused::Io);
        let claimed = descriptor.and_then(|descriptor| Name::claim(name, content, descriptor));
        let (name, first) = claimed.map_err(|refused| name_refused(endpoint, refused))?;
        Ok(Self {
            waiting: vec![first],
            coming: Vec::new(),
            name,
            content,
            door: None,
            endpoint: endpoint.clone(),
            access,
        })
    }

    /// Makes one more instance wait for a client.
    fn wait_for_one_more(&mut self, registry: &Registry) -> io::Result<()> {
        let mut pipe = self.name.another()?;
        self.watch(&mut pipe, registry)?;
        self.waiting.push(pipe);
        Ok(())
    }

    fn watch(&self, pipe: &mut NamedPipe, registry: &Registry) -> io::Result<()> {
        let door = self.door.ok_or(io::ErrorKind::NotConnected)?;
        pipe.register(registry, door, Interest::READABLE)?;
        match pipe.connect() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            // Either way news come, and the client is found then.
            _ => Ok(()),
        }
    }

    /// Finds an instance whose client has come, or that is of no use any more.
    fn connected(&self) -> Option<(usize, io::Result<()>)> {
        let outcomes = self.waiting.iter().map(NamedPipe::connect).enumerate();
        let is_waiting = |outcome: &io::Result<()>| {
            outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        };
        outcomes.into_iter().find(|(_, outcome)| !is_waiting(outcome))
    }

    /// Takes the connected ones out of the loop, and one of them that is out of it.
    fn come(&mut self, registry: &Registry) -> io::Result<Accepted<StreamPipe>> {
        while let Some((at, outcome)) = self.connected() {
            self.wait_for_one_more(registry)?;
            let pipe = self.waiting.swap_remove(at);
            outcome?;
            // The loop reads ahead; what that has brought by now is kept.
            pipe::give_up(&pipe);
            self.coming.push(pipe);
        }
        let door = self.door.ok_or(io::ErrorKind::NotConnected)?;
        for at in 0..self.coming.len() {
            match StreamPipe::leave(&mut self.coming[at], registry, door) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => {
                    let pipe = self.coming.swap_remove(at);
                    return outcome.map(|first| self.admit(pipe, first));
                }
            }
        }
        Ok(Accepted::Nobody)
    }

    fn admit(&self, pipe: NamedPipe, first: Vec<u8>) -> Accepted<StreamPipe> {
        let pid = pipe::client_pid(&pipe);
        // One that ended at once may not say who it was; the pipe's rights have let it in.
        let Ok(client) = pipe::client(&pipe) else {
            return Accepted::Client(StreamPipe::new(pipe, self.content, first), peer(None, pid));
        };
        let peer = peer(client.user().ok(), pid);
        if self.access.admits(&client).unwrap_or(false) {
            return Accepted::Client(StreamPipe::new(pipe, self.content, first), peer);
        }
        pipe::give_up(&pipe);
        let why = format!("a client of another user was turned away ({peer})");
        Accepted::Refused(self.endpoint.error(ErrorKind::Denied, Operation::Recv, why))
    }
}

impl Listener for NamedListener {
    type Stream = StreamPipe;
    const NEEDS_UPKEEP: bool = false;

    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.door = Some(token);
        for mut pipe in std::mem::take(&mut self.waiting) {
            self.watch(&mut pipe, registry)?;
            self.waiting.push(pipe);
        }
        while self.waiting.len() < Self::WAITING {
            self.wait_for_one_more(registry)?;
        }
        Ok(())
    }

    fn accept(&mut self, registry: &Registry) -> io::Result<Accepted<StreamPipe>> {
        if self.content == Content::Messages {
            return self.come(registry);
        }
        let Some((at, outcome)) = self.connected() else { return Ok(Accepted::Nobody) };
        // The next one waits before this one is handed out, so the name never goes away.
        self.wait_for_one_more(registry)?;
        let pipe = self.waiting.swap_remove(at);
        outcome.map(|()| self.admit(pipe, Vec::new()))
    }

    fn upkeep(&mut self, _: &Registry) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self, registry: &Registry) -> bool {
        self.waiting.append(&mut self.coming);
        self.waiting.retain_mut(|pipe| {
            // The second time it is not registered any more, and that is no error.
            let _ = pipe.deregister(registry);
            pipe::give_up(pipe);
            !is_idle(pipe)
        });
        self.waiting.is_empty()
    }
}

/// What a failed connect to a named pipe means for a user.
fn connect_failed(endpoint: &Endpoint, cause: io::Error) -> Error {
    let (kind, why) = match cause.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotListening, "nobody listens there"),
        io::ErrorKind::PermissionDenied => {
            (ErrorKind::Denied, "the server there admits other users only")
        }
        io::ErrorKind::TimedOut => {
            (ErrorKind::TimedOut, "the server there does not let clients in")
        }
        _ => (ErrorKind::Io, "the system refused the connection"),
    };
    endpoint.error(kind, Operation::Connect, why).with_source(cause)
}

/// What a refused name means for a user.
fn name_refused(endpoint: &Endpoint, refused: Refused) -> Error {
    let error = |kind, why| endpoint.error(kind, Operation::Bind, why);
    match refused {
        Refused::InUse => error(ErrorKind::AddressInUse, "a live server has this name"),
        Refused::Foreign => {
            let why = "clients of another user's server, which has ended, still hold its pipe";
            error(ErrorKind::Denied, why).with_advice("end those clients, or use another name")
        }
        Refused::Io(cause) => {
            error(ErrorKind::Io, "the system does not give this name").with_source(cause)
        }
    }
}
