use crate::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Inbox, Message, Operation, Outbox, Outgoing,
    Peer, Result, Stopper,
};

/// Both halves of a transport that this operating system lacks: there is no value of it.
#[derive(Debug)]
pub enum Missing {}

impl Missing {
    /// The error of a transport that is missing here, naming the scheme that works instead.
    ///
    /// # Errors
    /// Always, with `Unsupported`.
    pub fn refuse<T>(endpoint: &Endpoint, operation: Operation, instead: &str) -> Result<T> {
        let why = format!("{} has no {}: endpoints", std::env::consts::OS, endpoint.scheme());
        let error = endpoint.error(ErrorKind::Unsupported, operation, why);
        Err(error.with_advice(format!("use {instead}, which works here")))
    }
}

impl Inbox for Missing {
    fn recv(&mut self, _: Deadline) -> Result<Message> {
        match *self {}
    }

    fn stopper(&self) -> Stopper {
        match *self {}
    }

    fn endpoint(&self) -> &Endpoint {
        match *self {}
    }

    fn counters(&self) -> Counters {
        match *self {}
    }

    fn take_fault(&mut self) -> Option<Error> {
        match *self {}
    }
}

impl Outbox for Missing {
    fn send(&mut self, _: Outgoing<'_>, _: Deadline) -> Result<()> {
        match *self {}
    }

    fn send_many(&mut self, _: &[Outgoing<'_>], _: Deadline) -> Result<()> {
        match *self {}
    }

    fn flush(&mut self, _: Deadline) -> Result<()> {
        match *self {}
    }

    fn peer(&self) -> Option<&Peer> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_the_system_and_what_works_instead() {
        let endpoint: Endpoint = "window:x".parse().unwrap();
        let error = Missing::refuse::<()>(&endpoint, Operation::Bind, "`pipe:x`").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let text = error.to_string();
        assert!(text.contains(std::env::consts::OS) && text.contains("`pipe:x`"), "{text}");
    }
}
