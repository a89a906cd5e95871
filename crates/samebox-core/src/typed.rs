//! Transports whose wire carries typed calls itself.

use crate::{Deadline, Endpoint, Error, Peer, Result};
use samebox_data::{Contract, Reader, Value, Writer};
use std::fmt;
use std::sync::Arc;

/// A transport whose wire has operations, parameters and faults of its own.
///
/// Where a transport is none, typed contracts travel over it as messages.
pub trait Typed: Send + Sync {
    /// Becomes a client of the service at `endpoint`, waiting for its server until `deadline`.
    ///
    /// The service's calls back go to `callbacks`, on whichever thread reads the connection.
    ///
    /// # Errors
    /// As [`Transport::connect`](crate::Transport::connect).
    fn connect_typed(
        &self,
        endpoint: &Endpoint,
        contract: &Contract,
        callbacks: Option<Arc<dyn Dispatch>>,
        deadline: Deadline,
    ) -> Result<Arc<dyn Invoke>>;

    /// Offers the service at `endpoint` until the host is dropped.
    ///
    /// # Errors
    /// As [`Transport::bind`](crate::Transport::bind).
    fn bind_typed(
        &self,
        endpoint: &Endpoint,
        contract: &Contract,
        instances: Arc<dyn Instances>,
    ) -> Result<Box<dyn Hosted>>;

    /// Calls the operation that the endpoint's settings name, without knowing its contract.
    ///
    /// # Errors
    /// As [`Typed::connect_typed`] and [`Invoke::invoke`]; a fault is no error here.
    fn call_by_name(
        &self,
        endpoint: &Endpoint,
        call: &NamedCall,
        deadline: Deadline,
    ) -> Result<NamedAnswer>;
}

/// A call of an operation whose contract nobody has.
#[derive(Clone, Debug)]
pub struct NamedCall {
    /// The arguments by name, in the order of the operation's parameters.
    pub arguments: Vec<(String, Value)>,
    /// Nothing comes back.
    pub one_way: bool,
}

/// What came back from a call of an operation whose contract nobody has.
#[derive(Clone, Debug)]
pub enum NamedAnswer {
    /// The result; [`Value::Null`] where the operation gives nothing.
    Result(Value),
    /// A fault, and its detail if it has one.
    Fault(Fault, Option<Value>),
}

/// Calls operations at the other end; of a client, or of a service that calls its client back.
pub trait Invoke: Send + Sync {
    /// Calls one operation and waits for its result, or for a one-way call only until it is sent.
    ///
    /// # Errors
    /// `Fault` when the service answered with one, and whatever kept the call or its answer from
    /// crossing.
    fn invoke(&self, call: Invocation<'_>, deadline: Deadline) -> Result<(), Failure>;

    /// Who is at the other end.
    fn peer(&self) -> Option<Peer>;
}

/// Writes members of a structure that the wire begins and ends: arguments, or a result.
pub type WriteParts<'a> = &'a dyn Fn(&mut dyn Writer) -> samebox_data::Result<()>;

/// One call on its way out.
pub struct Invocation<'a> {
    /// Which operation of the contract.
    pub operation: usize,
    /// Writes the arguments, as the members of a structure.
    pub arguments: WriteParts<'a>,
    /// Reads what comes back, as the members of a structure; not called for a one-way call.
    pub answer: ReadAnswer<'a>,
}

/// Takes the parts of an answer.
pub type ReadAnswer<'a> =
    &'a mut dyn FnMut(AnswerPart, &mut dyn Reader) -> samebox_data::Result<()>;

/// What of an answer is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerPart {
    /// The result: the one member of a structure, or none where the operation gives nothing.
    Result,
    /// The detail of a typed fault: one value.
    Detail,
}

/// Why a typed call gave no result.
#[derive(Debug)]
pub enum Failure {
    /// The service answered with a fault; its detail, if it has one, has been read.
    Fault(Fault),
    /// The call or its answer did not cross.
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// What a service says about a call that failed, without its detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whose mistake it was.
    pub origin: Origin,
    /// A name for programs, where the service gives one.
    pub code: Option<Box<FaultCode>>,
    /// Words for people.
    pub reason: String,
}

/// Whose mistake a fault was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The caller's.
    Sender,
    /// The service's.
    Receiver,
}

/// A name for a kind of fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultCode {
    /// Its XML namespace; empty where the wire has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match &self.code {
            Some(code) => write!(f, " ({})", code.name),
            None => Ok(()),
        }
    }
}

/// Takes calls: the methods of one service object, or of a client that is called back.
pub trait Dispatch: Send + Sync {
    /// Executes one call and answers it through `respond`, unless the operation is one-way.
    ///
    /// Everything is read from `arguments` before the method itself runs.
    ///
    /// # Errors
    /// What is wrong with the arguments; then nothing was executed or answered.
    fn dispatch(
        &self,
        operation: usize,
        caller: &Caller<'_>,
        arguments: &mut dyn Reader,
        respond: &mut dyn Respond,
    ) -> samebox_data::Result<()>;
}

/// Who calls, and the way to call back.
pub struct Caller<'a> {
    /// Who it is, as far as the operating system vouches.
    pub peer: &'a Peer,
    /// Calls the operations of the contract's callback at this client.
    pub back: Option<&'a Arc<dyn Invoke>>,
}

/// The way to answer one call; each call is answered at most once.
pub trait Respond {
    /// Answers with a result: the one member of a structure, or none.
    ///
    /// # Errors
    /// What the wire cannot carry; the wire then answers with a fault of its own.
    fn result(&mut self, result: WriteParts<'_>) -> samebox_data::Result<()>;

    /// Answers with a fault, and its detail if it has one: one value.
    ///
    /// # Errors
    /// As [`Respond::result`].
    fn fault(&mut self, fault: &Fault, detail: Option<WriteParts<'_>>) -> samebox_data::Result<()>;
}

/// Gives the object that takes a client's calls.
pub trait Instances: Send + Sync {
    /// Called once per session, when it begins.
    fn begin(&self, peer: &Peer) -> Arc<dyn Dispatch>;
}

/// A service that is being offered; dropping it ends that, and waits until its calls have ended.
pub trait Hosted: Send {
    /// The endpoint as bound, with what the system chose (a port, say) filled in.
    fn endpoint(&self) -> &Endpoint;

    /// Takes the oldest fault of a client that nobody has looked at.
    fn take_fault(&mut self) -> Option<Error>;
}
