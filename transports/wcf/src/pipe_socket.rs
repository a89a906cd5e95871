//! The Unix half of `net.pipe`: a socket file whose name comes from the service's.

use crate::PipeName;
use samebox_core::{Allow, Deadline, Endpoint, ErrorKind, Operation, Peer, Result};
use samebox_stream::{
    ChannelSocket, Connector, Duplex, DuplexConnector, NamedConnector, NamedListener, Place,
};
use samebox_sys::unix::name::LONGEST_PATH;
use samebox_sys::unix::runtime::runtime_directory;
use std::io;
use std::path::PathBuf;

/// The door of a server: a socket in the directory of this user's names.
pub type PipeDoor = NamedListener;

/// Becomes the server of the service called `name`, for this user and those that `allow` names.
///
/// # Errors
/// `AddressInUse` when a live server has the name, `Io` or `Denied` when this user has no directory for
/// names, `InvalidEndpoint` when its path is too long for a socket.
pub fn open_pipe(endpoint: &Endpoint, name: &PipeName, allow: &Allow) -> Result<PipeDoor> {
    let directory = directory(endpoint, Operation::Bind)?;
    let place = Place::Path(directory.join(name.published_file()));
    NamedListener::bind(endpoint, &place, allow)
}

/// How clients reach a server, at its path or at a shorter one.
#[derive(Clone, Debug)]
pub struct PipeDialler {
    endpoint: Endpoint,
    /// From the service's own path to the shortest.
    connectors: Vec<NamedConnector>,
}

impl PipeDialler {
    /// A dialler of the service called `name`, whose server must belong to this user or to one of
    /// `allow`.
    ///
    /// # Errors
    /// `Io` or `Denied` when this user has no directory for names, `InvalidEndpoint` when its path is
    /// too long for a socket.
    pub fn new(endpoint: &Endpoint, name: &PipeName, allow: &Allow) -> Result<Self> {
        let directory = directory(endpoint, Operation::Connect)?;
        let place = |file| Place::Path(directory.join(file));
        let connector = |file| NamedConnector::new(endpoint, place(file), allow);
        let connectors = name.probed_files().map(connector).collect();
        Ok(Self { endpoint: endpoint.clone(), connectors })
    }
}

impl Connector for PipeDialler {
    type Channel = ChannelSocket<false>;

    fn connect(&mut self, deadline: Deadline) -> Result<Self::Channel> {
        for connector in &mut self.connectors {
            match connector.connect(deadline) {
                Err(error) if error.kind() == ErrorKind::NotListening => {}
                other => return other,
            }
        }
        let why = "nobody listens there";
        Err(self.endpoint.error(ErrorKind::NotListening, Operation::Connect, why))
    }
}

impl DuplexConnector for PipeDialler {
    fn duplex(channel: Self::Channel) -> io::Result<(Box<dyn Duplex>, Peer)> {
        NamedConnector::duplex(channel)
    }
}

/// The directory of this user's names, when its path leaves room for that of a socket.
fn directory(endpoint: &Endpoint, operation: Operation) -> Result<PathBuf> {
    const FILE: usize = "/net.pipe-".len() + 40;
    let directory = runtime_directory().map_err(|cause| {
        let kind = match cause.kind() {
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Io,
        };
        let why = "this user has no directory for its names";
        endpoint.error(kind, operation, why).with_source(cause)
    })?;
    if directory.as_os_str().len() + FILE > LONGEST_PATH {
        let why = format!("the path {} is too long for the socket in it", directory.display());
        let advice = "use a shorter XDG_RUNTIME_DIR, or TMPDIR, on both sides";
        return Err(endpoint.invalid(why).with_advice(advice));
    }
    Ok(directory)
}
