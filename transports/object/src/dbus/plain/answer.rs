use super::payload::Payload;
use super::{CALL, FAULT};
use crate::dbus::link::NotSent;
use crate::dbus::server::IncomingCall;
use crate::dbus::settings::Encoding;
use samebox_core::{Answer, Deadline, Endpoint, ErrorKind, Operation, Result};
use std::sync::Arc;

/// The way to answer one question.
pub(super) struct PlainAnswer {
    pub(super) call: IncomingCall,
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) encoding: Encoding,
    pub(super) max: usize,
}

impl PlainAnswer {
    fn check(&self) -> Result<()> {
        if self.call.is_gone() { not_sent(&self.endpoint, NotSent::Ended) } else { Ok(()) }
    }

    /// An answer to bytes is bytes; one to text is text where it can be.
    fn encoding(&self) -> Encoding {
        match self.encoding {
            Encoding::Auto if self.call.member() == CALL[1] => Encoding::Bytes,
            encoding => encoding,
        }
    }
}

fn not_sent(endpoint: &Endpoint, failure: NotSent) -> Result<()> {
    let (kind, why) = match failure {
        NotSent::Ended => (ErrorKind::Disconnected, "the caller has gone"),
        NotSent::Full | NotSent::Late => (ErrorKind::Full, "the caller does not read its answers"),
    };
    Err(endpoint.error(kind, Operation::Reply, why))
}

impl Answer for PlainAnswer {
    fn reply(self: Box<Self>, answer: &[u8], _: Deadline) -> Result<()> {
        self.check()?;
        let error = |kind, why: &str| self.endpoint.error(kind, Operation::Reply, why);
        if answer.len() > self.max {
            let why = format!("the answer has {} bytes and at most {} go", answer.len(), self.max);
            return Err(error(ErrorKind::TooLarge, &why));
        }
        let payload = Payload::new(answer, self.encoding());
        let payload = payload.map_err(|why| error(ErrorKind::Malformed, why))?;
        let Self { call, endpoint, .. } = *self;
        call.reply(&payload).or_else(|failure| not_sent(&endpoint, failure))
    }

    fn fault(self: Box<Self>, reason: &str, _: Deadline) -> Result<()> {
        self.check()?;
        let Self { call, endpoint, .. } = *self;
        call.error(FAULT, reason).or_else(|failure| not_sent(&endpoint, failure))
    }
}
