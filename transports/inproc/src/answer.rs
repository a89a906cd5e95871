//! The way back from a server to the client that asked.

use crate::caller::{Caller, Outcome};
use samebox_core::{Answer, Bytes, CallId, Deadline, Endpoint, ErrorKind, Operation, Result};
use std::sync::Arc;

/// Answers one call; dropped unused, it tells the caller so.
pub(crate) struct InprocAnswer {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) call: CallId,
}

impl InprocAnswer {
    fn finish(&self, size: usize, outcome: Outcome) -> Result<()> {
        if size > self.caller.max() {
            let why = format!("the answer has {size} bytes, {} are allowed", self.caller.max());
            return Err(self.endpoint.error(ErrorKind::TooLarge, Operation::Reply, why));
        }
        self.caller.answer(self.call, outcome).map_err(|kind| {
            let why = match kind {
                ErrorKind::Full => "the caller does not take the answers it has",
                _ => "the caller is gone, or the server that was asked",
            };
            self.endpoint.error(kind, Operation::Reply, why)
        })
    }
}

impl Answer for InprocAnswer {
    fn reply(self: Box<Self>, payload: &[u8], _: Deadline) -> Result<()> {
        self.finish(payload.len(), Ok(Bytes::copy_from_slice(payload)))
    }

    fn fault(self: Box<Self>, reason: &str, _: Deadline) -> Result<()> {
        self.finish(reason.len(), Err((ErrorKind::Fault, reason.into())))
    }
}

impl Drop for InprocAnswer {
    fn drop(&mut self) {
        // Does nothing for a call that has its outcome.
        let why = "the server dropped the call without an answer";
        self.caller.end(self.call, ErrorKind::Fault, why);
    }
}
