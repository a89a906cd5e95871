use crate::layout::Layout;
use crate::mmf::{self, MmfInbox, MmfOutbox};
use crate::{ShmInbox, ShmOutbox};
use samebox_core::{
    Call, Counters, Deadline, Endpoint, Error, Inbox, Lend, Look, Message, Outbox, Outgoing, Peer,
    Result, Stopper,
};

/// Binds with the layout that the endpoint asks for; `rings` binds with rings.
pub(crate) fn bind(
    endpoint: &Endpoint,
    rings: impl FnOnce() -> Result<ShmInbox>,
) -> Result<AnyInbox> {
    match Layout::of(endpoint)? {
        Layout::Rings => rings().map(AnyInbox::Rings),
        Layout::Mmf => mmf::bind(endpoint).map(AnyInbox::Mmf),
    }
}

/// Connects with the layout that the endpoint asks for; `rings` connects with rings.
pub(crate) fn connect(
    endpoint: &Endpoint,
    deadline: Deadline,
    rings: impl FnOnce() -> Result<ShmOutbox>,
) -> Result<AnyOutbox> {
    match Layout::of(endpoint)? {
        Layout::Rings => rings().map(AnyOutbox::Rings),
        Layout::Mmf => mmf::connect(endpoint, deadline).map(AnyOutbox::Mmf),
    }
}

/// The server's half of either layout.
#[allow(clippy::large_enum_variant, reason = "there is one for each endpoint, moved once")]
pub enum AnyInbox {
    /// One ring for each client and direction.
    Rings(ShmInbox),
    /// One slot for all.
    Mmf(MmfInbox),
}

/// The client's half of either layout.
#[allow(clippy::large_enum_variant, reason = "there is one for each endpoint, moved once")]
pub enum AnyOutbox {
    /// A ring of its own.
    Rings(ShmOutbox),
    /// One slot for all.
    Mmf(MmfOutbox),
}

/// Does the same with either half.
macro_rules! either {
    ($half:expr, $one:ident => $do:expr) => {
        match $half {
            Self::Rings($one) => $do,
            Self::Mmf($one) => $do,
        }
    };
}

impl Inbox for AnyInbox {
    #[inline]
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        either!(self, inbox => inbox.recv(deadline))
    }

    fn stopper(&self) -> Stopper {
        either!(self, inbox => inbox.stopper())
    }

    fn endpoint(&self) -> &Endpoint {
        either!(self, inbox => inbox.endpoint())
    }

    fn counters(&self) -> Counters {
        either!(self, inbox => inbox.counters())
    }

    fn take_fault(&mut self) -> Option<Error> {
        either!(self, inbox => inbox.take_fault())
    }

    fn as_look(&mut self) -> Option<&mut dyn Look> {
        either!(self, inbox => inbox.as_look())
    }
}

impl Outbox for AnyOutbox {
    #[inline]
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        either!(self, outbox => outbox.send(message, deadline))
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        either!(self, outbox => outbox.send_many(batch, deadline))
    }

    fn flush(&mut self, deadline: Deadline) -> Result<()> {
        either!(self, outbox => outbox.flush(deadline))
    }

    fn peer(&self) -> Option<&Peer> {
        either!(self, outbox => outbox.peer())
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        either!(self, outbox => outbox.as_call())
    }

    fn as_lend(&mut self) -> Option<&mut dyn Lend> {
        either!(self, outbox => outbox.as_lend())
    }
}
