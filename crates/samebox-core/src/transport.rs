use crate::typed::Typed;
use crate::{
    Answer, Capabilities, Counters, Deadline, Endpoint, Error, Message, Outgoing, Peer, Result,
    Setting, Stopper,
};
use bytes::Bytes;

/// One mechanism behind the contract: what `bind` and `connect` reach for a scheme.
pub trait Transport: Send + Sync + 'static {
    /// The receiving half.
    type Inbox: Inbox;
    /// The sending half.
    type Outbox: Outbox;

    /// What this transport is called and how its endpoints are written.
    fn info(&self) -> &'static Info;

    /// What it can do on this machine.
    fn capabilities(&self) -> Capabilities;

    /// Becomes the server of `endpoint`.
    ///
    /// # Errors
    /// `InvalidEndpoint`, `AddressInUse` when a live server owns the name, `Denied` when another
    /// user does, `Unsupported` where this machine lacks the mechanism.
    fn bind(&self, endpoint: &Endpoint) -> Result<Self::Inbox>;

    /// Becomes a client of `endpoint`, waiting for its server until `deadline`.
    ///
    /// # Errors
    /// `InvalidEndpoint`, `NotListening` when no server is there by then, `Denied` when the server
    /// belongs to another user, `Unsupported` where this machine lacks the mechanism.
    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Self::Outbox>;

    /// The typed calls of a transport whose wire carries them itself.
    fn as_typed(&self) -> Option<&dyn Typed> {
        None
    }
}

/// The receiving half of a transport: one server that hears all of its clients.
pub trait Inbox: Send + 'static {
    /// The next message of any client.
    ///
    /// A bad client never ends it: what such a client did is counted and noted.
    ///
    /// # Errors
    /// `TimedOut` when none came by `deadline`, `Stopped` after the stopper was used.
    fn recv(&mut self, deadline: Deadline) -> Result<Message>;

    /// What ends a blocked [`Inbox::recv`] from another thread.
    fn stopper(&self) -> Stopper;

    /// The endpoint as bound, with what the system chose (a port, say) filled in.
    fn endpoint(&self) -> &Endpoint;

    /// What has been counted so far.
    fn counters(&self) -> Counters;

    /// Takes the oldest fault of a peer that nobody has looked at.
    fn take_fault(&mut self) -> Option<Error>;

    /// The messages where they lie, of a transport that lends memory.
    fn as_look(&mut self) -> Option<&mut dyn Look> {
        None
    }
}

/// Messages looked at where the sender wrote them, one at a time.
pub trait Look {
    /// Waits for the next message and leaves it where it lies, giving up the one before.
    ///
    /// # Errors
    /// As [`Inbox::recv`].
    fn look(&mut self, deadline: Deadline) -> Result<()>;

    /// The bytes of the message that is looked at; none when there is none.
    fn payload(&self) -> &dyn Bytewise;

    /// Who sent it.
    fn peer(&self) -> &Peer;

    /// Answers it, where it is a question that has no answer yet.
    ///
    /// # Errors
    /// As [`Answer::reply`]; `Unsupported` when the sender does not wait for an answer.
    fn reply(&mut self, payload: &[u8]) -> Result<()>;

    /// Takes the way to answer it later, where it is a question.
    fn take_answer(&mut self) -> Option<Box<dyn Answer>>;

    /// Gives its memory back to the sender.
    fn done(&mut self);
}

/// Bytes that their owner may be changing: read one by one or copied out, never borrowed.
///
/// What a read gives may be torn when the owner writes meanwhile, and that is all that can happen.
pub trait Bytewise {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies bytes from `start` on to all of `into`; `false` when there are not so many.
    #[must_use]
    fn copy_to(&self, start: usize, into: &mut [u8]) -> bool;

    /// Where they are, for code that is sure of the owner; readable while they are borrowed.
    fn as_ptr(&self) -> *const u8;
}

/// The sending half of a transport.
pub trait Outbox: Send + 'static {
    /// Sends one message, at once, blocking while the receiver's buffer is full.
    ///
    /// # Errors
    /// `TooLarge` and, for a property that the transport lacks, `Unsupported` before any byte leaves;
    /// `TimedOut` when there was no room by `deadline`, `Disconnected` when the server went away, `NotListening` when it is not back.
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()>;

    /// Sends a batch with as few system calls as the mechanism allows, in order.
    ///
    /// # Errors
    /// As [`Outbox::send`], with [`Error::completed`] telling how many went out before it.
    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()>;

    /// Waits until all that was sent is as safe as this mechanism can make it.
    ///
    /// Where the mechanism can tell that a server dropped a message unread, it is sent again.
    ///
    /// # Errors
    /// `TimedOut` when that cannot be told by `deadline`, `Disconnected` when it was dropped and the
    /// server is gone.
    fn flush(&mut self, deadline: Deadline) -> Result<()>;

    /// Who the server is, where the kernel vouches for it and a connection stands.
    fn peer(&self) -> Option<&Peer>;

    /// The calls of a duplex transport.
    fn as_call(&mut self) -> Option<&mut dyn Call> {
        None
    }

    /// The memory that a transport lends, so that a message is written where it is read.
    fn as_lend(&mut self) -> Option<&mut dyn Lend> {
        None
    }
}

/// Memory of the transport, one message at a time, that nobody else can write to.
pub trait Lend {
    /// Reserves memory for a message of that many bytes, giving up what was reserved before.
    ///
    /// # Errors
    /// As [`Outbox::send`].
    fn lend(&mut self, length: usize, deadline: Deadline) -> Result<()>;

    /// The memory that is reserved; what is in it before it is written has no meaning.
    fn lent(&self) -> &[u8];

    /// The memory that is reserved, to be written.
    fn lent_mut(&mut self) -> &mut [u8];

    /// Sends what was written to it.
    ///
    /// # Errors
    /// `Disconnected` when the server went away since; then what was written is lost.
    fn send_lent(&mut self) -> Result<()>;

    /// Asks what was written to it.
    ///
    /// # Errors
    /// As [`Lend::send_lent`]; `Full` when too many calls are outstanding.
    fn request_lent(&mut self) -> Result<CallId>;

    /// Gives up what is reserved, unsent.
    fn take_back(&mut self);
}

/// Names one outstanding call of one [`Outbox`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Questions with answers, several outstanding at once, answered in any order.
pub trait Call {
    /// Sends a question and returns at once.
    ///
    /// # Errors
    /// As [`Outbox::send`]; `Full` when too many calls are outstanding.
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId>;

    /// Waits for the answer to `call`, keeping answers to other calls for them.
    ///
    /// Whatever it returns, the call is over: a late answer is dropped when it comes.
    ///
    /// # Errors
    /// `TimedOut` at `deadline`, `Disconnected` when the server went away, `Fault` with the server's
    /// words, `Malformed` when the answer breaks the framing.
    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes>;
}

/// A transport's name, its place in the world and how its endpoints are written.
#[derive(Debug)]
pub struct Info {
    /// What stands before the colon.
    pub scheme: &'static str,
    /// The mechanism on this operating system, in a few words.
    pub mechanism: &'static str,
    /// What a name after the colon may be, as part of a sentence.
    pub names: &'static str,
    /// An endpoint to copy.
    pub example: &'static str,
    /// The settings it takes.
    pub settings: &'static [Setting],
}

/// [`Transport`] without its types, for programs that choose one at run time.
pub trait DynTransport: Send + Sync + 'static {
    /// See [`Transport::info`].
    fn info(&self) -> &'static Info;
    /// See [`Transport::capabilities`].
    fn capabilities(&self) -> Capabilities;
    /// See [`Transport::bind`].
    ///
    /// # Errors
    /// As [`Transport::bind`], and `InvalidEndpoint` for a setting that it does not take.
    fn bind(&self, endpoint: &Endpoint) -> Result<Box<dyn Inbox>>;
    /// See [`Transport::connect`].
    ///
    /// # Errors
    /// As [`Transport::connect`], and `InvalidEndpoint` for a setting that it does not take.
    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Box<dyn Outbox>>;
    /// See [`Transport::as_typed`].
    fn as_typed(&self) -> Option<&dyn Typed>;
}

impl<T: Transport> DynTransport for T {
    fn info(&self) -> &'static Info {
        Transport::info(self)
    }

    fn capabilities(&self) -> Capabilities {
        Transport::capabilities(self)
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<Box<dyn Inbox>> {
        endpoint.check_settings(self.info().settings)?;
        Ok(Box::new(Transport::bind(self, endpoint)?))
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Box<dyn Outbox>> {
        endpoint.check_settings(self.info().settings)?;
        Ok(Box::new(Transport::connect(self, endpoint, deadline)?))
    }

    fn as_typed(&self) -> Option<&dyn Typed> {
        Transport::as_typed(self)
    }
}
