use std::fmt;

/// The result of a samebox call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is, and the program's exit code for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system failed in a way that no other kind describes.
    Io,
    /// The endpoint, one of its settings or a setting's value is wrong.
    InvalidEndpoint,
    /// This transport, or this machine, cannot do it.
    Unsupported,
    /// No server is at the endpoint.
    NotListening,
    /// The deadline passed first.
    TimedOut,
    /// Rights or identity forbid it.
    Denied,
    /// The two sides disagree on contract, version or codec.
    Mismatch,
    /// The message is larger than the transport or the endpoint's `max` allows.
    TooLarge,
    /// The bytes are not what the framing or the wire prescribes.
    Malformed,
    /// The peer went away.
    Disconnected,
    /// A bounded buffer is full and the overflow policy is to refuse.
    Full,
    /// Messages were lost, and the mechanism told so.
    Lost,
    /// A live server owns the name.
    AddressInUse,
    /// The peer answered with a fault.
    Fault,
    /// The server was stopped by its own program.
    Stopped,
}

impl ErrorKind {
    /// Every kind, in the order of the exit codes.
    pub const ALL: [Self; 15] = [
        Self::Io,
        Self::InvalidEndpoint,
        Self::Unsupported,
        Self::NotListening,
        Self::TimedOut,
        Self::Denied,
        Self::Mismatch,
        Self::TooLarge,
        Self::Malformed,
        Self::Disconnected,
        Self::Full,
        Self::Lost,
        Self::AddressInUse,
        Self::Fault,
        Self::Stopped,
    ];

    /// The exit code of the `samebox` program for this kind.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Io => 1,
            Self::InvalidEndpoint | Self::Unsupported => 2,
            Self::NotListening => 3,
            Self::TimedOut => 4,
            Self::Denied => 5,
            Self::Mismatch => 6,
            Self::TooLarge | Self::Malformed => 7,
            Self::Disconnected => 8,
            Self::Full => 9,
            Self::Lost => 10,
            Self::AddressInUse => 11,
            Self::Fault => 64,
            Self::Stopped => 130,
        }
    }

    /// The advice that ends an error's sentence when nothing closer is known.
    const fn advice(self) -> &'static str {
        match self {
            Self::Io => {
                "the operating system's reason is above; `samebox doctor` checks the usual causes"
            }
            Self::InvalidEndpoint => "`samebox transports` shows how endpoints are written",
            Self::Unsupported => "`samebox transports` shows what each transport can do",
            Self::NotListening => "start the server first, or add ?wait=5s to wait for it",
            Self::TimedOut => "allow more time, or check that the other side is receiving",
            Self::Denied => "run both sides as one user, or name the other with ?allow=user:NAME",
            Self::Mismatch => "bring both sides to the same version",
            Self::TooLarge => "send less at once, or raise ?max= on both sides",
            Self::Malformed => "check that both sides use the same ?framing=",
            Self::Disconnected => "check whether the other side crashed, then try again",
            Self::Full => "slow down, or use ?overflow=block",
            Self::Lost => "send more slowly, or use a transport that does not lose messages",
            Self::AddressInUse => "stop the other server, or use another name",
            Self::Fault => "the other side's own words are above",
            Self::Stopped => "nothing is wrong if you stopped it",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What was being done when an [`Error`] came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Reading an endpoint.
    Parse,
    /// A server's first call.
    Bind,
    /// A client's first call.
    Connect,
    /// One message out.
    Send,
    /// One message in.
    Recv,
    /// A question to a server.
    Call,
    /// An answer to a client.
    Reply,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parse => "use",
            Self::Bind => "listen on",
            Self::Connect => "connect to",
            Self::Send => "send to",
            Self::Recv => "receive from",
            Self::Call => "call",
            Self::Reply => "reply to",
        })
    }
}

/// Why a samebox call failed: kind, operation, endpoint, reason and what to do next.
///
/// Its text is one sentence that a person can act on. The cause, where the operating system gave
/// one, stays in [`source`](std::error::Error::source), so a chain printer does not say it twice.
///
/// ```
/// use samebox_core::{Error, ErrorKind, Operation};
///
/// let error = Error::new(ErrorKind::NotListening, Operation::Connect, "pipe:orders", "nobody is there");
/// assert_eq!(
///     error.to_string(),
///     "cannot connect to pipe:orders: nobody is there; start the server first, or add ?wait=5s to wait for it"
/// );
/// assert_eq!(error.kind().exit_code(), 3);
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Operation,
    endpoint: String,
    why: String,
    advice: Option<String>,
    completed: usize,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind` met while doing `operation` on `endpoint`, because of `why`.
    pub fn new(
        kind: ErrorKind,
        operation: Operation,
        endpoint: impl ToString,
        why: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            operation,
            endpoint: endpoint.to_string(),
            why: why.into(),
            advice: None,
            completed: 0,
            source: None,
        }))
    }

    /// The same error with its own advice on what to do next.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    /// The same error with the cause below it.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error, met after `completed` messages of a batch had gone out.
    #[must_use]
    pub fn with_completed(mut self, completed: usize) -> Self {
        self.0.completed = completed;
        self
    }

    /// The same error as met by another operation, for calls made of several.
    #[must_use]
    pub fn during(mut self, operation: Operation) -> Self {
        self.0.operation = operation;
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was being done.
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// The endpoint it happened on, as the user wrote it.
    pub fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// The reason alone, without operation, endpoint and advice.
    pub fn why(&self) -> &str {
        &self.0.why
    }

    /// What to do next.
    pub fn advice(&self) -> &str {
        self.0.advice.as_deref().unwrap_or_else(|| self.0.kind.advice())
    }

    /// How many messages of a `send_many` had gone out whole before this error.
    pub fn completed(&self) -> usize {
        self.0.completed
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, endpoint, why, .. } = &*self.0;
        write!(f, "cannot {operation} {endpoint}: {why}; {}", self.advice())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        self.0.source.as_ref().map_or(Ok(()), |source| write!(f, " ({source})"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn the_cause_is_in_the_chain_and_not_in_the_sentence() {
        let error = Error::new(ErrorKind::Io, Operation::Send, "tcp:h:1", "the write failed")
            .with_source(std::io::Error::other("wire cut"));
        assert!(!error.to_string().contains("wire cut"));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("wire cut"));
    }

    #[test]
    fn every_kind_has_advice_and_a_code() {
        for kind in ErrorKind::ALL {
            let error = Error::new(kind, Operation::Send, "pipe:x", "reason");
            assert!(!error.advice().is_empty());
            assert_ne!(kind.exit_code(), 0);
        }
    }
}
