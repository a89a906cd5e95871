use super::{Names, payload};
use crate::calls::{ReplyTo, write_fault};
use crate::client::not_sent;
use crate::session::Session;
use samebox_core::{Answer, Deadline, Endpoint, ErrorKind, Operation, Result};
use samebox_wcf_wire::nbfx::Writer;
use samebox_wcf_wire::soap::{ACTION_FAULT, Fault, Outgoing};
use std::sync::Arc;

/// The way to answer one question.
pub(super) struct PlainAnswer {
    pub(super) session: Arc<Session>,
    /// `None` once it is answered.
    pub(super) reply_to: Option<ReplyTo>,
    pub(super) names: Arc<Names>,
    pub(super) is_call: bool,
    pub(super) max: usize,
}

impl PlainAnswer {
    fn endpoint(&self) -> &Endpoint {
        self.session.endpoint()
    }

    fn check(&self) -> Result<()> {
        match self.session.ended() {
            Some(_) => {
                let why = "the caller has gone";
                Err(self.endpoint().error(ErrorKind::Disconnected, Operation::Reply, why))
            }
            None => Ok(()),
        }
    }

    fn send_fault(&mut self, fault: &Fault<'_>) -> Result<()> {
        self.check()?;
        let Some(reply_to) = self.reply_to.take() else { return Ok(()) };
        self.session
            .send_later(|out, words| {
                write_fault(out, words, &reply_to.id, ACTION_FAULT, fault);
                Ok(())
            })
            .map_err(|failure| not_sent(self.endpoint(), failure, Operation::Reply))
    }
}

impl Answer for PlainAnswer {
    fn reply(mut self: Box<Self>, answer: &[u8], _: Deadline) -> Result<()> {
        self.check()?;
        if answer.len() > self.max {
            let why = format!("the answer has {} bytes and at most {} go", answer.len(), self.max);
            return Err(self.endpoint().error(ErrorKind::TooLarge, Operation::Reply, why));
        }
        let Some(reply_to) = self.reply_to.take() else { return Ok(()) };
        let names = &self.names;
        let operation = if self.is_call { &names.call } else { &names.send };
        let sent = self.session.send_later(|out, words| {
            let mut writer = Writer::new(out, words);
            reply_to.head(&operation.reply_action, &self.session).start(&mut writer);
            let (wrapper, result) = (&operation.response, &operation.result);
            payload::write(&mut writer, &names.namespace, wrapper, result, answer);
            Outgoing::finish(&mut writer);
            Ok(())
        });
        sent.map_err(|failure| not_sent(self.endpoint(), failure, Operation::Reply))
    }

    fn fault(mut self: Box<Self>, reason: &str, _: Deadline) -> Result<()> {
        self.send_fault(&Fault::sender(reason))
    }
}

impl Drop for PlainAnswer {
    fn drop(&mut self) {
        if self.reply_to.is_some() {
            // A caller that is gone needs to know nothing.
            let _ = self.send_fault(&Fault::receiver("the service dropped the call unanswered"));
        }
    }
}
