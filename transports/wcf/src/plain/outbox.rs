use super::{Names, payload};
use crate::calls;
use crate::client::{ATTEMPTS, Client, Target};
use crate::session::{Arrival, Handler, NoAnswer, NotSent, Session};
use crate::settings::{Options, largest_envelope};
use samebox_core::{
    Bytes, Call, CallId, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox, Outgoing, Peer,
    Result,
};
use samebox_wcf_wire as wire;
use samebox_wcf_wire::dictionary::Sent;
use samebox_wcf_wire::nbfx::{Reader, Writer};
use samebox_wcf_wire::soap::{self, Fault, Incoming};
use std::collections::HashMap;
use std::sync::Arc;

/// The sending half: a client that calls one operation for messages, and one for questions.
pub struct WcfOutbox {
    client: Client,
    names: Names,
    peer: Peer,
    calls: HashMap<u64, (Arc<Session>, u64)>,
    last: u64,
    /// Something was sent that may not have been read.
    is_unflushed: bool,
}

/// Messages up to this size go out together, up to so many bytes; each has about this much around it.
const SMALL: usize = 4 << 10;
const TOGETHER: usize = 64 << 10;
const HEAD: usize = 64;

/// Writes the call that a message is.
fn write_message(
    names: &Names,
    uri: &str,
    message: &[u8],
    out: &mut Vec<u8>,
    words: Option<&mut Sent>,
) {
    let mut writer = Writer::new(out, words);
    soap::Outgoing::one_way(&names.send.action, uri).start(&mut writer);
    let Names { namespace, parameter, send, .. } = names;
    payload::write(&mut writer, namespace, &send.name, parameter, message);
    soap::Outgoing::finish(&mut writer);
}

impl WcfOutbox {
    pub(crate) fn connect(
        endpoint: &Endpoint,
        options: Options,
        target: Target,
        deadline: Deadline,
    ) -> Result<Self> {
        let names = Names::new(&options.plain);
        let max = largest_envelope(options.max);
        let handlers: (_, Arc<dyn Handler>) = (None, Arc::new(calls::Stranger));
        let client = Client::connect(endpoint, options, target, max, handlers, deadline)?;
        let peer = client.peer().unwrap_or(Peer::UNKNOWN);
        Ok(Self { client, names, peer, calls: HashMap::new(), last: 0, is_unflushed: false })
    }

    fn check(&self, message: Outgoing<'_>, operation: Operation) -> Result<()> {
        message.check_properties(&self.client.endpoint, operation, &[])?;
        let (length, max) = (message.payload.len(), self.client.options.max);
        if length <= max {
            return Ok(());
        }
        let why = format!("the message has {length} bytes and at most {max} go");
        Err(self.client.endpoint.error(ErrorKind::TooLarge, operation, why))
    }

    /// How many messages at the start of a batch are small enough, and right, to go out at once.
    fn group(&self, batch: &[Outgoing<'_>]) -> usize {
        let mut bytes = 0;
        let fits = |message: &&Outgoing<'_>| {
            let length = message.payload.len();
            bytes += length + HEAD;
            length <= SMALL && bytes <= TOGETHER && self.check(**message, Operation::Send).is_ok()
        };
        batch.iter().take_while(fits).count()
    }

    /// Sends small messages at once; gives how many are out, which is not all when the session was lost
    /// and the rest is to be sent on another.
    fn send_group(
        &mut self,
        group: &[Outgoing<'_>],
        deadline: Deadline,
        attempt: &mut usize,
    ) -> Result<usize, (Error, usize)> {
        let session = self.client.session(Operation::Send, deadline).map_err(|error| (error, 0))?;
        let sent = session.send_all(deadline, group.len(), |place, out, words| {
            write_message(&self.names, &self.client.uri, group[place].payload, out, words);
            Ok(())
        });
        match sent {
            Ok(()) => *attempt = 1,
            Err((NotSent::Lost(_) | NotSent::Ended, whole)) if *attempt < ATTEMPTS => {
                *attempt += 1;
                session.lost();
                return Ok(whole);
            }
            Err((failure, whole)) => {
                return Err((self.client.not_sent(&session, failure, Operation::Send), whole));
            }
        }
        self.note_session(&session);
        Ok(group.len())
    }

    fn note_session(&mut self, session: &Arc<Session>) {
        if self.peer != *session.peer() {
            self.peer = session.peer().clone();
        }
        self.is_unflushed = true;
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        self.client.endpoint.error(kind, Operation::Call, why)
    }

    /// The payload of an answer, or the fault that it is.
    fn read_answer(&self, answer: &mut Arrival) -> Result<Bytes> {
        let read = answer.read(|incoming, reader| self.read_body(&incoming, reader));
        let broken = |error: wire::Error| {
            self.error(ErrorKind::Malformed, format!("the answer is broken: {error}"))
                .with_advice("check that both sides have the same contract")
        };
        let payload = read.map_err(broken)?.map_err(broken)??;
        let max = self.client.options.max;
        if payload.len() > max {
            let why = format!("the answer has {} bytes and at most {max} are taken", payload.len());
            return Err(self.error(ErrorKind::TooLarge, why));
        }
        Ok(payload)
    }

    fn read_body(
        &self,
        incoming: &Incoming<'_>,
        reader: &mut Reader<'_, '_>,
    ) -> Result<Result<Bytes>, wire::Error> {
        if incoming.is_fault() {
            let (fault, _) = Fault::read(reader)?;
            return Ok(Err(self.error(ErrorKind::Fault, fault.reason)));
        }
        match incoming.body {
            Some(_) => payload::read(reader, &self.names.call.result).map(Ok),
            None => Ok(Ok(Bytes::new())),
        }
    }
}

impl Outbox for WcfOutbox {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.check(message, Operation::Send)?;
        let (names, uri) = (&self.names, self.client.uri.as_str());
        let sent = self.client.send(false, Operation::Send, deadline, |_, out, words| {
            write_message(names, uri, message.payload, out, words);
            Ok(())
        });
        let (session, _) = sent?;
        self.note_session(&session);
        Ok(())
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        let (mut sent, mut attempt) = (0, 1);
        while sent < batch.len() {
            let group = self.group(&batch[sent..]);
            let outcome = match group {
                0 | 1 => self.send(batch[sent], deadline).map(|()| 1).map_err(|error| {
                    let completed = error.completed();
                    (error, completed)
                }),
                _ => self.send_group(&batch[sent..sent + group], deadline, &mut attempt),
            };
            match outcome {
                Ok(more) => sent += more,
                Err((error, more)) => return Err(error.with_completed(sent + more)),
            }
        }
        Ok(())
    }

    fn flush(&mut self, deadline: Deadline) -> Result<()> {
        let Some(session) = self.client.last().filter(|_| self.is_unflushed) else {
            return Ok(());
        };
        // What cannot be written shows as the end of the session.
        let late = session.flush(deadline).is_err() && session.ended().is_none();
        session.look();
        self.is_unflushed = late;
        let endpoint = &self.client.endpoint;
        match session.ended() {
            Some(ended) => {
                self.is_unflushed = false;
                let why = format!("{}, and what was sent last may be lost", ended.why);
                let kind = match ended.kind {
                    ErrorKind::TimedOut => ErrorKind::Disconnected,
                    kind => kind,
                };
                Err(endpoint.error(kind, Operation::Send, why))
            }
            None if late => {
                let why = "the service does not take more";
                Err(endpoint.error(ErrorKind::TimedOut, Operation::Send, why))
            }
            None => Ok(()),
        }
    }

    fn peer(&self) -> Option<&Peer> {
        Some(&self.peer)
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }
}

impl Call for WcfOutbox {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        self.check(message, Operation::Call)?;
        let (names, uri) = (&self.names, self.client.uri.as_str());
        let sent = self.client.send(true, Operation::Call, deadline, |id, out, words| {
            let mut writer = Writer::new(out, words);
            let head = soap::Outgoing::one_way(&names.call.action, uri);
            id.map_or(head, |id| soap::Outgoing::request(&names.call.action, uri, id))
                .start(&mut writer);
            let Names { namespace, parameter, call, .. } = names;
            payload::write(&mut writer, namespace, &call.name, parameter, message.payload);
            soap::Outgoing::finish(&mut writer);
            Ok(())
        });
        let (session, number) = sent?;
        self.note_session(&session);
        self.last += 1;
        self.calls.insert(self.last, (session, number));
        Ok(CallId(self.last))
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        let Some((session, number)) = self.calls.remove(&call.0) else {
            let why = "this call has been answered or given up already";
            return Err(self.error(ErrorKind::Unsupported, why));
        };
        match session.wait(number, deadline) {
            Ok(mut answer) => {
                let payload = self.read_answer(&mut answer);
                session.keep(answer);
                payload
            }
            Err(NoAnswer::Late) => Err(self.error(ErrorKind::TimedOut, "no answer came in time")),
            Err(NoAnswer::Ended(ended)) => Err(ended.error(&self.client.endpoint, Operation::Call)),
            Err(NoAnswer::Unknown) => {
                Err(self.error(ErrorKind::Unsupported, "this call was given up already"))
            }
        }
    }
}
