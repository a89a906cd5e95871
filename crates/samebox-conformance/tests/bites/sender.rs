use crate::flaw::Flaw;
use samebox_core::{
    Bytes, Call, CallId, Deadline, Endpoint, ErrorKind, Operation, Outbox, Outgoing, Peer, Result,
};
use std::collections::VecDeque;
use std::time::Duration;

/// A sending half with a flaw.
pub(crate) struct Sender {
    inner: Box<dyn Outbox>,
    flaw: Flaw,
    endpoint: Endpoint,
    sent: u32,
    held: Option<Vec<u8>>,
    refused: bool,
    outstanding: VecDeque<CallId>,
    late: VecDeque<CallId>,
}

impl Sender {
    pub(crate) fn new(inner: Box<dyn Outbox>, flaw: Flaw, endpoint: Endpoint) -> Self {
        let (outstanding, late) = Default::default();
        Self { inner, flaw, endpoint, sent: 0, held: None, refused: false, outstanding, late }
    }

    fn refuse(&self, kind: ErrorKind) -> Result<()> {
        Err(self.endpoint.error(kind, Operation::Send, "of a flaw"))
    }

    /// Sends the payload as the flaw makes it.
    fn send_changed(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        let mut payload = message.payload.to_vec();
        match self.flaw {
            Flaw::Truncates => payload.truncate(100),
            Flaw::CorruptsAByte => payload.last_mut().into_iter().for_each(|byte| *byte ^= 1),
            Flaw::StripsTheEighthBit => payload.iter_mut().for_each(|byte| *byte &= 0x7F),
            Flaw::TrimsWhiteSpace => payload = payload.trim_ascii().to_vec(),
            _ => {}
        }
        let properties = match self.flaw {
            Flaw::DropsProperties => None,
            _ => message.properties,
        };
        self.inner.send(Outgoing { payload: &payload, properties }, deadline)
    }

    /// Sends the payload as often, and in such order, as the flaw makes it.
    fn send_arranged(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.sent += 1;
        let tenth = self.sent.is_multiple_of(10);
        match self.flaw {
            Flaw::LosesEveryTenth if tenth => return Ok(()),
            Flaw::SwallowsEmpty if message.payload.is_empty() => return Ok(()),
            Flaw::Doubles => self.send_changed(message, deadline)?,
            Flaw::SwapsTwo if tenth => {
                self.held = Some(message.payload.to_vec());
                return Ok(());
            }
            Flaw::LosesTheLast => {
                let Some(last) = self.held.replace(message.payload.to_vec()) else { return Ok(()) };
                return self.send_changed(last.as_slice().into(), deadline);
            }
            _ => {}
        }
        self.send_changed(message, deadline)?;
        match self.held.take() {
            Some(held) => self.send_changed(held.as_slice().into(), deadline),
            None => Ok(()),
        }
    }
}

impl Outbox for Sender {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        let deadline = match self.flaw {
            Flaw::NeverTriesLate if deadline.has_passed() => {
                return self.refuse(ErrorKind::TimedOut);
            }
            Flaw::SendsBeyondDeadline => Deadline::NEVER,
            Flaw::NeverHeals if self.refused => return self.refuse(ErrorKind::Disconnected),
            _ => deadline,
        };
        let sent = self.send_arranged(message, deadline);
        self.refused |= sent.is_err();
        match self.flaw {
            Flaw::SendsToNobody => Ok(()),
            Flaw::RefusesAfterSending if message.payload.len() > 1000 => {
                self.refuse(ErrorKind::TooLarge)
            }
            _ => sent,
        }
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        if self.flaw == Flaw::MergesBatches && !batch.is_empty() {
            let payloads: Vec<_> = batch.iter().map(|message| message.payload).collect();
            return self.send(payloads.concat().as_slice().into(), deadline);
        }
        for (completed, message) in batch.iter().enumerate() {
            let told = if self.flaw == Flaw::MiscountsBatches { 1 } else { completed };
            self.send(*message, deadline).map_err(|error| error.with_completed(told))?;
        }
        Ok(())
    }

    fn flush(&mut self, deadline: Deadline) -> Result<()> {
        let flushed = self.inner.flush(deadline);
        if self.flaw == Flaw::SendsToNobody { Ok(()) } else { flushed }
    }

    fn peer(&self) -> Option<&Peer> {
        self.inner.peer()
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        if self.flaw == Flaw::ClaimsCalls { None } else { Some(self) }
    }
}

impl Sender {
    fn calls(&mut self) -> &mut dyn Call {
        self.inner.as_call().expect("the twin is duplex")
    }

    /// Which call's answer the flaw takes.
    fn mistake(&mut self, call: CallId, deadline: Deadline) -> Option<CallId> {
        match self.flaw {
            Flaw::MixesAnswers => self.outstanding.pop_back(),
            Flaw::KeepsLateAnswers => {
                let brief =
                    deadline.remaining().is_some_and(|left| left < Duration::from_millis(100));
                if brief {
                    self.late.push_back(call);
                    std::thread::sleep(deadline.remaining().unwrap_or_default());
                    return None;
                }
                self.late.pop_front().or(Some(call))
            }
            _ => Some(call),
        }
    }
}

impl Call for Sender {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        let message = match self.flaw {
            Flaw::DropsProperties => Outgoing::from(message.payload),
            _ => message,
        };
        let call = self.calls().request(message, deadline)?;
        self.outstanding.push_back(call);
        Ok(call)
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        let deadline = match self.flaw {
            Flaw::CallsBeyondDeadline => Deadline::NEVER,
            _ => deadline,
        };
        let Some(call) = self.mistake(call, deadline) else {
            return Err(self.endpoint.error(ErrorKind::TimedOut, Operation::Call, "of a flaw"));
        };
        let response = self.calls().response(call, deadline);
        match (self.flaw, response) {
            (Flaw::HidesFaults, Err(error)) if error.kind() == ErrorKind::Fault => {
                Ok(error.why().to_owned().into())
            }
            (Flaw::ForgetsCallers, Err(error)) if error.kind() != ErrorKind::TimedOut => loop {
                std::thread::park();
            },
            (_, response) => response,
        }
    }
}
