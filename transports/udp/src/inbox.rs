use crate::answer::{Bound, UdpAnswer};
use crate::chunk::Chunk;
use crate::failure::failure;
use crate::losses::Losses;
use crate::patience::Patience;
use crate::senders::Senders;
use crate::{BUFFER, Options, address, datagram};
use samebox_core::{
    Bytes, Counters, Deadline, Endpoint, Error, ErrorKind, Faults, Inbox, Message, Operation, Peer,
    Result, Stopper,
};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The server's half: one socket that hears every client.
pub struct UdpInbox {
    bound: Arc<Bound>,
    stopped: Arc<AtomicBool>,
    patience: Patience,
    buffer: Box<[u8]>,
    chunk: Chunk,
    /// Who sent the chunk.
    from: SocketAddr,
    peer: Arc<Peer>,
    senders: Senders,
    counters: Counters,
    losses: Losses,
    faults: Faults,
}

impl UdpInbox {
    /// How many receives may bring nothing but messages that are refused before time is looked at.
    const FORBEARANCE: usize = 64;

    pub(crate) fn bind(endpoint: &Endpoint, options: Options) -> Result<Self> {
        let (socket, chosen) = open(address(endpoint)?, options)
            .map_err(|cause| failure(endpoint, Operation::Bind, cause))?;
        let endpoint = endpoint.with_name(chosen.to_string());
        Ok(Self {
            bound: Arc::new(Bound { endpoint, socket, max: options.max }),
            stopped: Arc::default(),
            patience: Patience::default(),
            buffer: vec![0; BUFFER].into(),
            chunk: Chunk::default(),
            from: (Ipv4Addr::UNSPECIFIED, 0).into(),
            peer: Arc::new(Peer::UNKNOWN),
            senders: Senders::default(),
            counters: Counters::default(),
            losses: Losses::default(),
            faults: Faults::default(),
        })
    }

    /// The next message that was received and is not too large.
    #[inline]
    fn next(&mut self) -> Option<Message> {
        loop {
            let payload = self.chunk.next()?;
            if payload.len() <= self.bound.max {
                self.counters.received += 1;
                let answer = UdpAnswer { bound: Arc::downgrade(&self.bound), to: self.from };
                let message = Message::new(payload, Arc::clone(&self.peer));
                return Some(message.with_answer(Box::new(answer)));
            }
            self.refuse(&format!("{} bytes", payload.len()));
        }
    }

    /// Receives once: a datagram, or a run of them.
    fn receive(&mut self, deadline: Deadline) -> io::Result<()> {
        let Self { bound, patience, buffer, stopped, .. } = self;
        let received = patience.by(&bound.socket, deadline, |timeout| {
            // Looked at each time round: what the stopper woke may look like a timeout.
            match stopped.load(Ordering::Acquire) {
                true => Err(io::ErrorKind::ConnectionAborted.into()),
                false => datagram::receive(&bound.socket, buffer, timeout),
            }
        })?;
        let bytes = Bytes::copy_from_slice(&self.buffer[..received.length]);
        let chunk = Chunk::new(bytes, received.segment);
        self.losses.note(received.drops, chunk.left());
        self.from = received.from;
        if received.truncated {
            self.refuse("more bytes than a datagram may have");
            return Ok(());
        }
        self.peer = self.senders.peer(received.from);
        self.chunk = chunk;
        Ok(())
    }

    fn refuse(&mut self, size: &str) {
        self.counters.cut += 1;
        let Bound { endpoint, max, .. } = &*self.bound;
        let why = format!("{} sent {size}, {max} are allowed", self.from);
        self.faults.note(endpoint.error(ErrorKind::TooLarge, Operation::Recv, why));
    }

    #[inline]
    fn check_stopped(&self) -> Result<()> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(self.error(ErrorKind::Stopped, "the server was stopped"));
        }
        Ok(())
    }

    fn late(&self) -> Error {
        self.error(ErrorKind::TimedOut, "no message came in time")
    }

    fn error(&self, kind: ErrorKind, why: &str) -> Error {
        self.bound.endpoint.error(kind, Operation::Recv, why)
    }
}

/// Opens the socket of a server and tells the address it got.
fn open(address: SocketAddr, options: Options) -> io::Result<(UdpSocket, SocketAddr)> {
    let socket = datagram::bind(address)?;
    // Each of these makes it better where the system has it, and none is needed.
    let _ = datagram::set_receive_buffer(&socket, options.capacity);
    let _ = datagram::count_drops(&socket);
    if options.offload {
        let _ = datagram::coalesce(&socket);
    }
    let chosen = socket.local_addr()?;
    Ok((socket, chosen))
}

impl Inbox for UdpInbox {
    #[inline]
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        self.check_stopped()?;
        if let Some(message) = self.next() {
            return Ok(message);
        }
        let mut fruitless = 0;
        loop {
            let outcome = self.receive(deadline);
            self.check_stopped()?;
            match outcome {
                Ok(()) => {
                    if let Some(message) = self.next() {
                        return Ok(message);
                    }
                }
                // Windows says so when an answer found nobody: no concern of this call.
                Err(reset) if reset.kind() == io::ErrorKind::ConnectionReset => {}
                Err(late) if late.kind() == io::ErrorKind::TimedOut => return Err(self.late()),
                Err(cause) => return Err(failure(&self.bound.endpoint, Operation::Recv, cause)),
            }
            fruitless += 1;
            if fruitless > Self::FORBEARANCE && deadline.has_passed() {
                return Err(self.late());
            }
        }
    }

    fn stopper(&self) -> Stopper {
        // Weak, so that a stopper that is kept does not keep the port.
        let (stopped, bound) = (Arc::clone(&self.stopped), Arc::downgrade(&self.bound));
        Stopper::new(move || {
            stopped.store(true, Ordering::Release);
            if let Some(bound) = bound.upgrade() {
                datagram::end_receiving(&bound.socket);
            }
        })
    }

    fn endpoint(&self) -> &Endpoint {
        &self.bound.endpoint
    }

    fn counters(&self) -> Counters {
        let drops = datagram::drops(&self.bound.socket).unwrap_or(self.losses.seen());
        let mut counters = self.counters;
        counters.lost = self.losses.total(drops);
        counters
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.faults.take()
    }
}
