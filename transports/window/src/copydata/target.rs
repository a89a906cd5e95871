use super::answer::{Answer, MARK};
use super::options::Options;
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Peer, Result, User};
use samebox_sys::windows::account::Token;
use samebox_sys::windows::window::{Owner, Patience, Unsent, Where, Window, find, program_of};
use std::io;
use std::time::{Duration, Instant};

/// A window that messages may go to: there is one such, and it is this user's.
#[derive(Debug)]
pub(crate) struct Target {
    window: Window,
    owner: Owner,
    /// When the owner was looked at.
    seen: Instant,
    pub(crate) peer: Peer,
    /// The `max` of a server of samebox; `None` for another program.
    pub(crate) max: Option<usize>,
}

/// How a window took a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    Took,
    /// A server of samebox says why not.
    Refused(Answer),
    /// It answered FALSE, which not every program means.
    False,
}

/// How many windows an error lists.
const LISTED: usize = 8;

impl Target {
    /// How long a look at the owner holds: the system gives a handle again only after many others.
    const TRUSTED: Duration = Duration::from_millis(20);

    /// Finds the one window that `endpoint` means; `None` when there is none.
    ///
    /// # Errors
    /// `InvalidEndpoint` when there are several, `Denied` when it is another user's.
    pub(crate) fn find(
        endpoint: &Endpoint,
        options: &Options,
        operation: Operation,
    ) -> Result<Option<Self>> {
        let (class, title) = (options.class.as_deref(), Some(endpoint.name()));
        let places = [Where::TopLevel, Where::MessageOnly].into_iter();
        let mut found: Vec<_> = places.flat_map(|place| find(place, class, title)).collect();
        found.retain(|window| options.handle.is_none_or(|handle| handle == *window));
        match found.as_slice() {
            [] => Ok(None),
            [window] => Self::vet(*window, endpoint, operation),
            several => Err(ambiguous(several, endpoint, operation)),
        }
    }

    /// Takes a window that is this user's; `None` when it is gone.
    ///
    /// # Errors
    /// `Denied` when it is another user's.
    pub(crate) fn vet(
        window: Window,
        endpoint: &Endpoint,
        operation: Operation,
    ) -> Result<Option<Self>> {
        let Some(owner) = window.owner() else { return Ok(None) };
        let denied = |why: &str| {
            let why = format!("window {window} of process {}: {why}", owner.process);
            endpoint.error(ErrorKind::Denied, operation, why)
        };
        let users = || -> io::Result<_> {
            Ok((Token::own()?.user()?, Token::of_process(owner.process)?.user()?))
        };
        match users() {
            _ if window.owner() != Some(owner) => Ok(None),
            Ok((own, user)) if own == user => {
                let user = User::Sid(user.as_str().to_owned());
                let peer = Peer::local(user, Some(owner.process));
                Ok(Some(Self { window, owner, seen: Instant::now(), peer, max: window.mark(MARK) }))
            }
            Ok((_, other)) => {
                Err(denied(&format!("it belongs to {other}"))
                    .with_advice("run both sides as one user"))
            }
            Err(cause) => Err(denied("the system does not say whose it is")
                .with_advice("it is another user's, or runs with more rights: run both alike")
                .with_source(cause)),
        }
    }

    /// Whether it is the same window still, and not another one that got its handle.
    pub(crate) fn is_current(&mut self) -> bool {
        let now = Instant::now();
        if now.duration_since(self.seen) < Self::TRUSTED {
            return true;
        }
        self.seen = now;
        self.window.owner() == Some(self.owner)
    }

    /// Sends a message and waits for the answer.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn send(
        &self,
        id: usize,
        bytes: &[u8],
        patience: Patience,
    ) -> Result<Reaction, Unsent> {
        // See `Answer` for why a server of samebox is named as the sender itself.
        let sender = self.max.map(|_| self.window);
        let number = self.window.copy_data(sender, id, bytes, patience)?;
        Ok(match (self.max, Answer::of(number)) {
            (Some(_), Some(Answer::Taken)) => Reaction::Took,
            (Some(_), Some(refusal)) => Reaction::Refused(refusal),
            (None, _) if number != 0 => Reaction::Took,
            _ => Reaction::False,
        })
    }
}

/// Lists the windows that an endpoint may mean.
fn ambiguous(several: &[Window], endpoint: &Endpoint, operation: Operation) -> Error {
    let listed: Vec<_> = several.iter().take(LISTED).map(|window| describe(*window)).collect();
    let more = match several.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let why = format!("{} windows have this title: {}{more}", several.len(), listed.join(", "));
    let error = endpoint.error(ErrorKind::InvalidEndpoint, operation, why);
    error.with_advice("choose one with ?class= or ?handle=")
}

fn describe(window: Window) -> String {
    let process = window.owner().map_or(0, |owner| owner.process);
    let program = program_of(process);
    let program = program.as_ref().and_then(|path| path.file_name());
    let program = program.map(|name| format!(" {}", name.to_string_lossy())).unwrap_or_default();
    format!("{window} of class {} (process {process}{program})", window.class())
}
