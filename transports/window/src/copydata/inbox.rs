use super::answer::{Answer, MARK};
use super::claim;
use super::options::{HANDLE, Options, is_broadcast};
use samebox_core::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Inbox, Mailbox, Message, Operation, Overflow,
    Peer, Refused, Result, Stopper,
};
use samebox_sys::windows::mutex::Claim;
use samebox_sys::windows::window::{Kind, Mark, Plan, Received, Receiver};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The receiving half: a window whose messages go into a mailbox.
#[derive(Debug)]
pub struct WindowInbox {
    endpoint: Endpoint,
    mailbox: Arc<Mailbox>,
    _receiver: Receiver,
    /// Dropped last: the next server finds no window of this one.
    _claim: Claim,
}

impl WindowInbox {
    pub(crate) fn bind(endpoint: &Endpoint, options: Options) -> Result<Self> {
        check(endpoint, &options)?;
        let claim = claim::take(endpoint, &options)?;
        let mailbox = Mailbox::new(options.capacity);
        let class = options.own_class().to_owned();
        let mark = Mark { name: MARK, value: options.max };
        let kind = options.kind;
        let plan = Plan { class: &class, title: endpoint.name(), kind, mark };
        let desk = Desk {
            endpoint: endpoint.clone(),
            mailbox: Arc::clone(&mailbox),
            unknown: Arc::new(Peer::UNKNOWN),
            options,
        };
        let receiver = Receiver::open(plan, move |received| desk.answer(received));
        let receiver = receiver.map_err(|cause| no_window(endpoint, kind, cause))?;
        Ok(Self { endpoint: endpoint.clone(), mailbox, _receiver: receiver, _claim: claim })
    }
}

/// Refuses what only a client can say.
fn check(endpoint: &Endpoint, options: &Options) -> Result<()> {
    if is_broadcast(endpoint) {
        let error = endpoint.invalid("`*` stands for the windows of others");
        return Err(error.with_advice("a server has a title of its own"));
    }
    if let Some(handle) = options.handle {
        let why = format!(
            "`{}={handle}`: a server's window gets its handle from the system",
            HANDLE.name
        );
        return Err(endpoint.invalid(why).with_advice("leave it out; a client may say it"));
    }
    if options.own_class().starts_with('#') {
        let error = endpoint.invalid("a class that starts with `#` is the system's");
        return Err(error.with_advice("use another ?class="));
    }
    Ok(())
}

fn no_window(endpoint: &Endpoint, kind: Kind, cause: io::Error) -> Error {
    let (kind, why, advice) = match (cause.kind(), kind) {
        (io::ErrorKind::AlreadyExists, _) => {
            (ErrorKind::AddressInUse, cause.to_string(), "use another ?class=")
        }
        (_, Kind::TopLevel) => {
            let why = format!("the system makes no window on a screen here: {cause}");
            (ErrorKind::Unsupported, why, "leave out kind=top-level: kind=message needs no screen")
        }
        _ => {
            let why = format!("the system makes no window: {cause}");
            (
                ErrorKind::Io,
                why,
                "a process has room for 10,000 windows; use pipe: where none can be",
            )
        }
    };
    endpoint.error(kind, Operation::Bind, why).with_advice(advice).with_source(cause)
}

impl Inbox for WindowInbox {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        self.mailbox.recv(&self.endpoint, deadline)
    }

    fn stopper(&self) -> Stopper {
        self.mailbox.stopper()
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn counters(&self) -> Counters {
        self.mailbox.counters()
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.mailbox.take_fault()
    }
}

impl Drop for WindowInbox {
    fn drop(&mut self) {
        // The window's thread may be waiting for room.
        self.mailbox.close();
    }
}

/// Takes messages, on the window's thread.
struct Desk {
    endpoint: Endpoint,
    mailbox: Arc<Mailbox>,
    options: Options,
    unknown: Arc<Peer>,
}

impl Desk {
    /// How long a client of samebox is kept waiting for room before it is told to come again. It does
    /// so at once; in between the window answers others.
    const TURN: Duration = Duration::from_millis(50);

    /// How long any other sender is: it gets FALSE then, and will hardly come again. Well below the 5 s
    /// after which the system takes a window for hung.
    const PATIENCE: Duration = Duration::from_secs(1);

    fn answer(&self, received: Received<'_>) -> usize {
        let is_samebox = received.sender == Some(received.window);
        let answer = match self.read(&received) {
            Ok(message) => self.put(message, is_samebox),
            Err(answer) => answer,
        };
        answer.number(is_samebox)
    }

    fn read(&self, received: &Received<'_>) -> Result<Message, Answer> {
        if self.options.id.is_some_and(|id| id != received.id) {
            self.mailbox.count(|counters| counters.refused += 1);
            let why = format!("a message with dwdata={:#x} was refused", received.id);
            self.note(ErrorKind::Mismatch, &why, received);
            return Err(Answer::OtherId);
        }
        let Some(bytes) = received.bytes else {
            let why = "a message that names a length and no data was refused";
            return Err(self.cut(Answer::Malformed, why, received));
        };
        let most = self.options.encoding.most(self.options.max);
        self.measure(bytes.len(), most, received)?;
        let payload = self.options.encoding.decode(bytes).map_err(|why| {
            let why = format!("a message was refused: {why}");
            self.cut(Answer::Malformed, &why, received)
        })?;
        self.measure(payload.len(), self.options.max, received)?;
        Ok(Message::new(payload, self.peer(received)))
    }

    fn measure(&self, length: usize, most: usize, received: &Received<'_>) -> Result<(), Answer> {
        if length <= most {
            return Ok(());
        }
        let max = self.options.max;
        let why = format!("a message of {length} bytes was refused, {max} are allowed");
        Err(self.cut(Answer::TooLarge, &why, received))
    }

    fn put(&self, message: Message, is_samebox: bool) -> Answer {
        let (deadline, full) = match self.options.overflow {
            Overflow::Reject => (Deadline::past(), Answer::Rejected),
            _ if is_samebox => (Deadline::after(Self::TURN), Answer::Full),
            _ => (Deadline::after(Self::PATIENCE), Answer::Full),
        };
        match self.mailbox.put(message, deadline) {
            Ok(()) => Answer::Taken,
            Err(Refused::Full(_)) => full,
            Err(Refused::Closed(_)) => Answer::Closed,
        }
    }

    /// Who sent, which is the sender's word.
    fn peer(&self, received: &Received<'_>) -> Arc<Peer> {
        match received.sender {
            Some(sender) if sender != received.window => {
                Arc::new(Peer::at(format!("window {sender}")))
            }
            _ => Arc::clone(&self.unknown),
        }
    }

    fn cut(&self, answer: Answer, why: &str, received: &Received<'_>) -> Answer {
        self.mailbox.count(|counters| counters.cut += 1);
        let kind = match answer {
            Answer::TooLarge => ErrorKind::TooLarge,
            _ => ErrorKind::Malformed,
        };
        self.note(kind, why, received);
        answer
    }

    fn note(&self, kind: ErrorKind, why: &str, received: &Received<'_>) {
        let why = match received.sender {
            Some(sender) if sender != received.window => {
                format!("{why}; it names window {sender} as its sender")
            }
            _ => why.into(),
        };
        let fault = self.endpoint.error(kind, Operation::Recv, why);
        self.mailbox.note(match kind {
            ErrorKind::Malformed => {
                fault.with_advice("check that both sides use the same ?encoding=")
            }
            ErrorKind::Mismatch => fault.with_advice("check that both sides use the same ?dwdata="),
            _ => fault,
        });
    }
}
