use crate::batch::{MOST, Runs};
use crate::calls::{Calls, OUTSTANDING, connected};
use crate::failure::failure;
use crate::{Options, address, datagram};
use samebox_core::{
    Bytes, Call, CallId, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox, Outgoing, Peer,
    Result,
};
use std::io::{self, IoSlice};
use std::net::UdpSocket;

/// The client's half: a connected socket for messages, and more of them for calls.
pub struct UdpOutbox {
    endpoint: Endpoint,
    max: usize,
    peer: Peer,
    socket: UdpSocket,
    runs: Runs,
    calls: Calls,
}

impl UdpOutbox {
    pub(crate) fn connect(endpoint: &Endpoint, options: Options) -> Result<Self> {
        let server = address(endpoint)?;
        if server.port() == 0 {
            return Err(endpoint.invalid("a client needs the server's port, and 0 is none"));
        }
        let socket =
            connected(server).map_err(|cause| failure(endpoint, Operation::Connect, cause))?;
        let runs = Runs::new(options.offload && datagram::can_segment(&socket));
        Ok(Self {
            endpoint: endpoint.clone(),
            max: options.max,
            peer: Peer::at(server.to_string()),
            socket,
            runs,
            calls: Calls::new(server),
        })
    }

    fn check(&self, message: Outgoing<'_>, operation: Operation) -> Result<()> {
        message.check_properties(&self.endpoint, operation, &[])?;
        let size = message.payload.len();
        if size <= self.max { Ok(()) } else { Err(self.too_large("message", size, operation)) }
    }

    fn too_large(&self, what: &str, size: usize, operation: Operation) -> Error {
        let why = format!("the {what} has {size} bytes, {} are allowed", self.max);
        self.endpoint
            .error(ErrorKind::TooLarge, operation, why)
            .with_advice("send less at once, or use tcp: or unix:")
    }
}

/// Sends a run of datagrams; one that is alone goes out as it is.
fn send_run(socket: &UdpSocket, run: &[Outgoing<'_>], deadline: Deadline) -> io::Result<()> {
    let [first, _, ..] = run else {
        return run.iter().try_for_each(|message| transmit(socket, message.payload, deadline));
    };
    let mut parts = [IoSlice::new(&[]); MOST];
    for (part, message) in parts.iter_mut().zip(run) {
        *part = IoSlice::new(message.payload);
    }
    let segment = u16::try_from(first.payload.len()).map_err(|_| io::ErrorKind::Unsupported)?;
    let parts = &parts[..run.len()];
    when_there_is_room(socket, deadline, || datagram::send_segments(socket, parts, segment))
}

#[inline]
fn transmit(socket: &UdpSocket, payload: &[u8], deadline: Deadline) -> io::Result<()> {
    when_there_is_room(socket, deadline, || datagram::send_now(socket, payload))
}

#[inline]
fn when_there_is_room(
    socket: &UdpSocket,
    deadline: Deadline,
    mut send: impl FnMut() -> io::Result<()>,
) -> io::Result<()> {
    loop {
        match send() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if deadline.has_passed() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                datagram::wait_for_room(socket, deadline.remaining())?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

impl Outbox for UdpOutbox {
    /// Sends with one system call.
    ///
    /// # Errors
    /// `NotListening` when an earlier message found no server; then this one was not sent.
    #[inline]
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.check(message, Operation::Send)?;
        transmit(&self.socket, message.payload, deadline)
            .map_err(|cause| failure(&self.endpoint, Operation::Send, cause))
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        let refused = |message: &Outgoing<'_>| self.check(*message, Operation::Send).err();
        let bad = batch.iter().enumerate().find_map(|(at, message)| Some((at, refused(message)?)));
        let good = bad.as_ref().map_or(batch, |(at, _)| &batch[..*at]);
        let Self { endpoint, socket, runs, .. } = self;
        runs.send_all(good, |run| send_run(socket, run, deadline)).map_err(|(sent, cause)| {
            failure(endpoint, Operation::Send, cause).with_completed(sent)
        })?;
        bad.map_or(Ok(()), |(at, error)| Err(error.with_completed(at)))
    }

    /// Tells whether a message found no server; what a server dropped only the server knows.
    fn flush(&mut self, _: Deadline) -> Result<()> {
        datagram::take_failure(&self.socket).map_err(|cause| {
            failure(&self.endpoint, Operation::Call, cause).during(Operation::Send)
        })
    }

    fn peer(&self) -> Option<&Peer> {
        Some(&self.peer)
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }
}

impl Call for UdpOutbox {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        self.check(message, Operation::Call)?;
        if self.calls.outstanding() == OUTSTANDING {
            let why = format!("{OUTSTANDING} calls wait for their answers, and no more may");
            let error = self.endpoint.error(ErrorKind::Full, Operation::Call, why);
            return Err(error.with_advice("take the answers of earlier calls first"));
        }
        let asked = self.calls.open().and_then(|call| {
            transmit(&call.socket, message.payload, deadline)?;
            Ok(self.calls.asked(call))
        });
        asked.map_err(|cause| failure(&self.endpoint, Operation::Call, cause))
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        match self.calls.finish(call, deadline) {
            Ok(answer) if answer.len() > self.max => {
                Err(self.too_large("answer", answer.len(), Operation::Call))
            }
            Ok(answer) => Ok(answer),
            Err(late) if late.kind() == io::ErrorKind::TimedOut => {
                let why = "no answer came in time";
                Err(self.endpoint.error(ErrorKind::TimedOut, Operation::Call, why))
            }
            Err(cause) => Err(failure(&self.endpoint, Operation::Call, cause)),
        }
    }
}
