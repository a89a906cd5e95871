use samebox_core::{Bytes, CallId, Deadline, Error, ErrorKind, Outbox, Outgoing};
use std::time::Duration;

/// A client whose calls fail the case, or give the kind of error, after the case's patience.
pub(crate) struct Client {
    pub(crate) outbox: Box<dyn Outbox>,
    pub(crate) patience: Duration,
}

impl Client {
    #[track_caller]
    pub(crate) fn send(&mut self, payload: &[u8]) {
        self.outbox.send(payload.into(), self.soon()).unwrap_or_else(|error| panic!("{error:?}"));
    }

    pub(crate) fn try_send(&mut self, payload: &[u8]) -> Result<(), ErrorKind> {
        self.send_by(payload, self.soon())
    }

    pub(crate) fn send_by(&mut self, payload: &[u8], by: Deadline) -> Result<(), ErrorKind> {
        self.outbox.send(payload.into(), by).map_err(|error| error.kind())
    }

    pub(crate) fn send_many<T: AsRef<[u8]>>(&mut self, payloads: &[T]) -> Result<(), Error> {
        let batch: Vec<Outgoing<'_>> = payloads.iter().map(|one| one.as_ref().into()).collect();
        self.outbox.send_many(&batch, self.soon())
    }

    pub(crate) fn try_flush(&mut self) -> Result<(), ErrorKind> {
        self.outbox.flush(self.soon()).map_err(|error| error.kind())
    }

    /// Sends until it fails, and tells how: a server's end may show only at the second message.
    #[track_caller]
    pub(crate) fn send_until_refused(&mut self, payload: &[u8]) -> ErrorKind {
        let by = self.soon();
        while !by.has_passed() {
            if let Err(kind) = self.try_send(payload) {
                return kind;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("sending to nobody goes on without an error")
    }

    #[track_caller]
    pub(crate) fn request(&mut self, payload: &[u8]) -> CallId {
        let by = self.soon();
        let calls = self.outbox.as_call().expect("a duplex transport has calls");
        calls.request(payload.into(), by).unwrap_or_else(|error| panic!("{error:?}"))
    }

    pub(crate) fn response_by(&mut self, call: CallId, by: Deadline) -> Result<Bytes, Error> {
        self.outbox.as_call().expect("a duplex transport has calls").response(call, by)
    }

    #[track_caller]
    pub(crate) fn response(&mut self, call: CallId) -> Bytes {
        self.response_by(call, self.soon()).unwrap_or_else(|error| panic!("{error:?}"))
    }

    #[track_caller]
    pub(crate) fn call(&mut self, payload: &[u8]) -> Bytes {
        let call = self.request(payload);
        self.response(call)
    }

    fn soon(&self) -> Deadline {
        Deadline::after(self.patience)
    }
}
