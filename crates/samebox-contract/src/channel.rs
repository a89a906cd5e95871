use crate::message;
use crate::{CallError, Fault};
use samebox_core::typed::{AnswerPart, Dispatch, Failure, Invocation, Invoke, WriteParts};
use samebox_core::{Deadline, DynTransport, Endpoint, Peer, Result};
use samebox_data::{Contract, Data};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A client's way to a service, or a service's way back to a client; what generated clients hold.
///
/// Cheap to clone; clones share the connection, which ends with the last of them. Calls may be made
/// from many threads.
#[derive(Clone)]
pub struct Channel {
    invoke: Arc<dyn Invoke>,
    timeout: Duration,
}

/// How long a call may take unless the client says otherwise; .NET's default.
const TIMEOUT: Duration = Duration::from_secs(60);

impl Channel {
    /// Connects to the service of `contract` at `endpoint`.
    ///
    /// # Errors
    /// As [`samebox_core::Transport::connect`]; `Mismatch` when the service has another version of
    /// the contract, as far as the wire can tell; `Unsupported` when the transport cannot carry it.
    pub fn connect(
        transport: &dyn DynTransport,
        endpoint: &Endpoint,
        contract: &'static Contract,
        callbacks: Option<Arc<dyn Dispatch>>,
        deadline: Deadline,
    ) -> Result<Self> {
        let invoke = match transport.as_typed() {
            Some(typed) => {
                endpoint.check_settings(transport.info().settings)?;
                typed.connect_typed(endpoint, contract, callbacks, deadline)?
            }
            None => message::connect(transport, endpoint, contract, callbacks, deadline)?,
        };
        Ok(Self::new(invoke))
    }

    /// The way that `invoke` is.
    pub fn new(invoke: Arc<dyn Invoke>) -> Self {
        Self { invoke, timeout: TIMEOUT }
    }

    /// The same way, whose calls give up after `timeout`.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Calls an operation and waits for its result.
    ///
    /// # Errors
    /// The service's fault; `TimedOut` without an answer in time; whatever kept the call or its
    /// answer from crossing.
    pub fn call<R: Data, D: Data>(
        &self,
        operation: usize,
        arguments: WriteParts<'_>,
    ) -> Result<R, CallError<D>> {
        let (mut result, mut detail) = (None, None);
        let mut answer = |part: AnswerPart, reader: &mut dyn samebox_data::Reader| {
            match part {
                AnswerPart::Result => {
                    result = Some(match reader.member()? {
                        Some(_) => R::read(reader)?,
                        None => R::absent("the result")?,
                    });
                }
                AnswerPart::Detail => detail = Some(D::read(reader)?),
            }
            Ok(())
        };
        let call = Invocation { operation, arguments, answer: &mut answer };
        match self.invoke.invoke(call, Deadline::after(self.timeout)) {
            // A wire that says `Ok` has called `answer` with the result.
            Ok(()) => Ok(result.expect("a result was read")),
            Err(Failure::Fault(head)) => Err(CallError::Fault(Fault::from_parts(head, detail))),
            Err(Failure::Error(error)) => Err(CallError::Error(error)),
        }
    }

    /// Calls a one-way operation; returns once it is sent.
    ///
    /// # Errors
    /// As [`samebox_core::Outbox::send`].
    pub fn one_way(&self, operation: usize, arguments: WriteParts<'_>) -> Result<()> {
        let mut answer = |_: AnswerPart, _: &mut dyn samebox_data::Reader| Ok(());
        let call = Invocation { operation, arguments, answer: &mut answer };
        match self.invoke.invoke(call, Deadline::after(self.timeout)) {
            // Nothing comes back from a one-way call, so no fault does.
            Ok(()) | Err(Failure::Fault(_)) => Ok(()),
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// Who is at the other end, as far as the operating system vouches.
    pub fn peer(&self) -> Option<Peer> {
        self.invoke.peer()
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Channel");
        shown.field("peer", &self.peer()).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
