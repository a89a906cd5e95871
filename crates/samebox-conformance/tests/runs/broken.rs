use crate::run::MARKS;
use samebox_core::{
    Bytes, Call, CallId, Capabilities, Counters, Deadline, DynTransport, Endpoint, Error,
    ErrorKind, Inbox, Info, Message, Operation, Outbox, Outgoing, Peer, Result, Stopper,
};
use samebox_tcp::Tcp;
use std::fs::OpenOptions;
use std::path::PathBuf;

/// What is wrong with a transport, or with its suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    StaleException,
    NeverReturns,
    Missing,
    MissingInHalf,
    LeavesNames,
    NeverHeals,
    EndsWithTheConnection,
    WaitsForTheDead,
}

impl Flaw {
    const ALL: [Self; 9] = [
        Self::None,
        Self::StaleException,
        Self::NeverReturns,
        Self::Missing,
        Self::MissingInHalf,
        Self::LeavesNames,
        Self::NeverHeals,
        Self::EndsWithTheConnection,
        Self::WaitsForTheDead,
    ];

    pub(crate) fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|flaw| format!("{flaw:?}") == name);
        found.unwrap_or_else(|| panic!("no flaw is called {name}"))
    }
}

/// TCP with a flaw.
pub(crate) struct Broken(pub(crate) Flaw);

impl DynTransport for Broken {
    fn info(&self) -> &'static Info {
        DynTransport::info(&Tcp)
    }

    fn capabilities(&self) -> Capabilities {
        DynTransport::capabilities(&Tcp)
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<Box<dyn Inbox>> {
        if matches!(self.0, Flaw::Missing | Flaw::MissingInHalf) {
            let why = "not on this system";
            return Err(endpoint.error(ErrorKind::Unsupported, Operation::Bind, why));
        }
        let inner = DynTransport::bind(&Tcp, endpoint)?;
        let mark = match self.0 {
            Flaw::LeavesNames => Some(mark(inner.endpoint())?),
            _ => None,
        };
        Ok(Box::new(Receiver { inner, flaw: self.0, mark }))
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Box<dyn Outbox>> {
        if self.0 == Flaw::Missing {
            let why = "not on this system";
            return Err(endpoint.error(ErrorKind::Unsupported, Operation::Connect, why));
        }
        let inner = DynTransport::connect(&Tcp, endpoint, deadline)?;
        Ok(Box::new(Sender { inner, flaw: self.0, endpoint: endpoint.clone(), refused: false }))
    }

    fn as_typed(&self) -> Option<&dyn samebox_core::typed::Typed> {
        None
    }
}

/// Claims a name by a file that only an orderly end removes.
fn mark(endpoint: &Endpoint) -> Result<PathBuf> {
    let folder = std::env::var_os(MARKS).expect("a run is told where its marks are");
    let name = endpoint.name().replace(|c: char| !c.is_ascii_digit(), "-");
    let path = PathBuf::from(folder).join(name);
    let made = OpenOptions::new().write(true).create_new(true).open(&path);
    made.map_err(|_| {
        endpoint.error(ErrorKind::AddressInUse, Operation::Bind, "its mark is there")
    })?;
    Ok(path)
}

struct Receiver {
    inner: Box<dyn Inbox>,
    flaw: Flaw,
    mark: Option<PathBuf>,
}

impl Inbox for Receiver {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        self.inner.recv(if self.flaw == Flaw::NeverReturns { Deadline::NEVER } else { deadline })
    }

    fn stopper(&self) -> Stopper {
        self.inner.stopper()
    }

    fn endpoint(&self) -> &Endpoint {
        self.inner.endpoint()
    }

    fn counters(&self) -> Counters {
        self.inner.counters()
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.inner.take_fault()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.mark.iter().for_each(|path| drop(std::fs::remove_file(path)));
    }
}

struct Sender {
    inner: Box<dyn Outbox>,
    flaw: Flaw,
    endpoint: Endpoint,
    refused: bool,
}

impl Outbox for Sender {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        if self.flaw == Flaw::NeverHeals && self.refused {
            return Err(self.endpoint.error(ErrorKind::Disconnected, Operation::Send, "of a flaw"));
        }
        let sent = self.inner.send(message, deadline);
        self.refused |= sent.is_err();
        sent
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        self.inner.send_many(batch, deadline)
    }

    fn flush(&mut self, deadline: Deadline) -> Result<()> {
        self.inner.flush(deadline)
    }

    fn peer(&self) -> Option<&Peer> {
        self.inner.peer()
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }
}

impl Call for Sender {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        self.inner.as_call().expect("TCP is duplex").request(message, deadline)
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        let response = self.inner.as_call().expect("TCP is duplex").response(call, deadline);
        match response {
            Err(_) if self.flaw == Flaw::WaitsForTheDead => loop {
                std::thread::park();
            },
            response => response,
        }
    }
}
