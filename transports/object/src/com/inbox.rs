//! The receiving half: the object's server.

use super::finding;
use super::options::Options;
use super::post::{Post, Shared};
use super::{class, install, library, trouble, workers};
use samebox_core::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Inbox, Message, Operation, Result, Stopper,
};
use samebox_data::uuid::Uuid;
use samebox_sys::windows::com::typelib::Library;
use samebox_sys::windows::com::{Faces, Guid, Server, Types};
use samebox_sys::windows::mutex::Claim;
use samebox_sys::windows::security::Descriptor;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long another server may take to show that it is alive; one that hangs is.
const PATIENCE: Duration = Duration::from_secs(5);

/// A COM object whose calls are messages.
pub struct ObjectInbox {
    post: Arc<Post>,
    server: Option<Server>,
    /// Given up after the object is.
    claim: Option<Claim>,
    /// Dropped at the very end: their callers have been told by then.
    unread: VecDeque<Message>,
}

impl ObjectInbox {
    pub(super) fn bind(endpoint: &Endpoint, options: Options) -> Result<Self> {
        let mut identity = options.identity.clone();
        let class = class::class(endpoint, Guid::from_u128(identity.class.as_u128()));
        identity.class = Uuid::from_u128(class.to_u128());
        let claim = claim(endpoint, &class)?;
        let library = library::plain(&identity);
        let types = look_around(endpoint, class, library.clone())?;
        install::refresh(&identity, &library);
        let faces = Faces {
            dual: Some(Guid::from_u128(identity.messages.as_u128())),
            events: Some(Guid::from_u128(identity.events.as_u128())),
            types,
            ..Faces::default()
        };
        let post = Arc::new(Post::new(endpoint, options));
        let server = Server::start(class, Arc::new(Shared(post.clone())), faces);
        let server =
            server.map_err(|failure| trouble::error(endpoint, Operation::Bind, failure))?;
        post.announce_by(server.events().clone());
        let (server, claim) = (Some(server), Some(claim));
        Ok(Self { post, server, claim, unread: VecDeque::new() })
    }
}

/// Takes the name of the class among the servers of samebox: COM would let several have it.
pub(super) fn claim(endpoint: &Endpoint, class: &Guid) -> Result<Claim> {
    let failed = |cause: std::io::Error| {
        let why = "cannot make the mutex that stands for the object";
        endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
    };
    let name = format!(r"Local\samebox-object-{class:?}");
    let rights = Descriptor::private(&[]).map_err(failed)?;
    Claim::take(&name, &rights).map_err(failed)?.ok_or_else(|| in_use(endpoint))
}

fn in_use(endpoint: &Endpoint) -> Error {
    let why = "another server has this object";
    endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why)
}

/// Refuses when a server that is not samebox has the object; gives the descriptions of ours, without
/// which it can be called as well.
pub(super) fn look_around(
    endpoint: &Endpoint,
    class: Guid,
    library: Library,
) -> Result<Option<Types>> {
    let (tell, told) = channel();
    let look = move |apartment: &_| {
        let seen = match finding::is_active(apartment, &class) {
            true => None,
            false => Some(library.types(apartment).ok()),
        };
        // Nobody waits for a late answer.
        let _ = tell.send(seen);
    };
    workers::run(Box::new(look))
        .map_err(|cause| trouble::no_thread(endpoint, Operation::Bind, cause))?;
    // One that does not answer is alive as well.
    told.recv_timeout(PATIENCE).ok().flatten().ok_or_else(|| in_use(endpoint))
}

impl Inbox for ObjectInbox {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        self.post.mailbox.recv(self.endpoint(), deadline)
    }

    fn stopper(&self) -> Stopper {
        self.post.mailbox.stopper()
    }

    fn endpoint(&self) -> &Endpoint {
        &self.post.endpoint
    }

    fn counters(&self) -> Counters {
        self.post.mailbox.counters()
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.post.mailbox.take_fault()
    }
}

impl Drop for ObjectInbox {
    fn drop(&mut self) {
        // First of all, so that calls under way end as disconnected and not with an exception.
        self.server.iter().for_each(Server::close);
        self.unread = self.post.mailbox.close();
        self.post.close();
        self.server = None;
        self.claim = None;
    }
}
