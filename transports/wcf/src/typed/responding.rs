use super::contract::Wire;
use super::memory::with_memory;
use crate::calls::{ReplyTo, answer_by};
use crate::session::{NotSent, Session};
use samebox_core::typed::{Fault, Origin, Respond, WriteParts};
use samebox_data::Result;
use samebox_wcf_wire::datacontract::Encoder;
use samebox_wcf_wire::nbfx::Writer;
use samebox_wcf_wire::soap::{self, ACTION_FAULT, Outgoing};
use std::sync::Arc;

/// The way to answer one call.
pub(super) struct Responder<'a> {
    pub(super) session: &'a Arc<Session>,
    pub(super) wire: &'a Wire,
    pub(super) place: usize,
    /// `None` when no answer is expected, or it has been given.
    pub(super) reply_to: Option<ReplyTo>,
}

impl Respond for Responder<'_> {
    fn result(&mut self, result: WriteParts<'_>) -> Result<()> {
        let Some((operation, actions)) = self.wire.operation(self.place) else { return Ok(()) };
        let Some(reply_to) = self.reply_to.take() else { return Ok(()) };
        let sent = self.session.send(answer_by(), |out, words| {
            let mut writer = Writer::new(out, words);
            reply_to.head(&actions.reply, self.session).start(&mut writer);
            let namespace = self.wire.namespace();
            with_memory(|memory| {
                let mut encoder = Encoder::answer(&mut writer, operation, namespace, memory);
                result(&mut encoder)?;
                encoder.finish()
            })?;
            Outgoing::finish(&mut writer);
            Ok(())
        });
        self.settle(reply_to, sent)
    }

    fn fault(&mut self, fault: &Fault, detail: Option<WriteParts<'_>>) -> Result<()> {
        let Some((operation, actions)) = self.wire.operation(self.place) else { return Ok(()) };
        let Some(reply_to) = self.reply_to.take() else { return Ok(()) };
        let shape = operation.fault.map(|shape| shape());
        let detail = detail.zip(shape);
        let action = match &actions.fault {
            Some(action) if detail.is_some() => action,
            _ => ACTION_FAULT,
        };
        let fault = soap_fault(fault);
        let sent = self.session.send(answer_by(), |out, words| {
            let mut writer = Writer::new(out, words);
            Outgoing::fault(action, Some(&reply_to.id)).start(&mut writer);
            let mut written = Ok(());
            let detail = detail.map(|(value, shape)| {
                |writer: &mut Writer<'_>| {
                    written = with_memory(|memory| {
                        let mut encoder = Encoder::detail(writer, shape, memory);
                        value(&mut encoder)?;
                        encoder.finish()
                    });
                }
            });
            fault.write(&mut writer, detail);
            Outgoing::finish(&mut writer);
            written
        });
        self.settle(reply_to, sent)
    }
}

impl Responder<'_> {
    /// Tells what cannot be written, so that a fault can go in its place.
    fn settle(&mut self, reply_to: ReplyTo, sent: Result<(), NotSent>) -> Result<()> {
        match sent {
            Err(NotSent::Unwritable(error)) => {
                self.reply_to = Some(reply_to);
                Err(error)
            }
            Err(NotSent::TooLarge(length)) => {
                self.reply_to = Some(reply_to);
                let why = format!("the answer has {length} bytes, more than ?max= allows");
                Err(samebox_data::Error::Malformed(why.into()))
            }
            Err(NotSent::Late | NotSent::Begun | NotSent::Full) => {
                // A client that does not read for so long has hung up or hangs.
                self.session.link().cut();
                Ok(())
            }
            // Whoever reads finds that the client is gone.
            Ok(()) | Err(NotSent::Ended | NotSent::Lost(_)) => Ok(()),
        }
    }
}

fn soap_fault(fault: &Fault) -> soap::Fault<'_> {
    let reason = fault.reason.as_str();
    let written = match fault.origin {
        Origin::Sender => soap::Fault::sender(reason),
        Origin::Receiver => soap::Fault::receiver(reason),
    };
    match &fault.code {
        Some(code) => written.with_subcode(code.namespace.as_str(), code.name.as_str()),
        None => written,
    }
}
