use crate::claim::Claim;
use crate::options::Options;
use crate::os::{Locked, Share};
use crate::pace::Pace;
use crate::refusal::{Refusal, io_error};
use crate::slot::{self, Taken};
use crate::watch::Watch;
use samebox_core::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Faults, Inbox, Message, Operation, Peer,
    Result, Stopper,
};
use std::sync::Arc;
use std::time::Duration;

/// The server's half: holds the name, and empties the slot.
pub struct FileInbox {
    endpoint: Endpoint,
    options: Arc<Options>,
    watch: Watch,
    counters: Counters,
    faults: Faults,
    /// Why the slot could not be opened last time, so that it is told once.
    trouble: Option<String>,
    pace: Pace,
    nobody: Arc<Peer>,
    _claim: Claim,
}

/// What a look at the slot brought.
enum Look {
    Message(Vec<u8>),
    Empty,
    /// To be looked at again after some time and not when it rings: each look rings by itself.
    Later(Duration),
}

impl FileInbox {
    /// How long a slot that cannot be opened is left alone.
    const REST: Duration = Duration::from_secs(1);

    pub(crate) fn bind(endpoint: &Endpoint, options: Options) -> Result<Self> {
        let options = Arc::new(options);
        let claim = Claim::take(endpoint, Arc::clone(&options))?;
        let mut faults = Faults::default();
        let watch = watch(endpoint, &options, &mut faults);
        Ok(Self {
            endpoint: endpoint.clone(),
            options,
            watch,
            counters: Counters::default(),
            faults,
            trouble: None,
            pace: Pace::new(),
            nobody: Arc::new(Peer::UNKNOWN),
            _claim: claim,
        })
    }

    fn look(&mut self) -> Result<Look> {
        let path = &self.options.place.slot;
        let outside = slot::look(path).unwrap_or_default();
        if outside.is_some_and(|outside| outside.length == 0 && !outside.unfinished) {
            return Ok(Look::Empty);
        }
        let slot = match Locked::open(path, true, &self.options.rights) {
            Ok(slot) => slot,
            Err(Refusal::Busy) => return Ok(Look::Later(self.pace.next())),
            Err(refusal) => return Ok(self.note_trouble(refusal)),
        };
        self.pace.quicken();
        self.trouble = None;
        if outside.is_none() {
            // Somebody removed it, so this one was made just now.
            let shared = self.options.rights.share(slot.file(), Share::ReadWrite);
            shared.map_err(|cause| self.failed(cause))?;
        }
        let taken =
            slot::take(slot.file(), self.options.max).map_err(|cause| self.failed(cause))?;
        drop(slot);
        Ok(self.judge(taken))
    }

    fn judge(&mut self, taken: Taken) -> Look {
        let (kind, why) = match taken {
            // A writer that died before its first byte has lost nothing that anybody misses.
            Taken::Nothing | Taken::Unfinished(0) => return Look::Empty,
            Taken::Message(payload) => return Look::Message(payload),
            Taken::TooLarge(length) => {
                let max = self.options.max;
                let why = format!("a message of {length} bytes was dropped, {max} are allowed");
                (ErrorKind::TooLarge, why)
            }
            Taken::Unfinished(length) => {
                let why = format!("a client died after {length} bytes of its message");
                (ErrorKind::Disconnected, why)
            }
        };
        self.counters.cut += 1;
        self.faults.note(self.endpoint.error(kind, Operation::Recv, why));
        Look::Empty
    }

    /// Notes once why the slot cannot be opened; it may be put right while the server waits.
    fn note_trouble(&mut self, refusal: Refusal) -> Look {
        let denied = matches!(refusal, Refusal::Denied(_));
        let slot = &self.options.place.slot;
        let fault = refusal.into_error(&self.endpoint, Operation::Recv, slot);
        if self.trouble.as_deref() != Some(fault.why()) {
            self.trouble = Some(fault.why().into());
            self.counters.refused += u64::from(denied);
            self.faults.note(fault);
        }
        Look::Later(Self::REST)
    }

    fn failed(&self, cause: std::io::Error) -> Error {
        let why = format!("{}: {cause}", self.options.place.slot.display());
        io_error(&self.endpoint, Operation::Recv, &why, cause)
    }

    fn message(&mut self, payload: Vec<u8>) -> Message {
        self.counters.received += 1;
        self.watch.quicken();
        Message::new(payload, Arc::clone(&self.nobody))
    }
}

/// Watches the slot, or polls it where it cannot be watched.
fn watch(endpoint: &Endpoint, options: &Options, faults: &mut Faults) -> Watch {
    if options.poll_only {
        return Watch::polling();
    }
    Watch::on(&options.place).unwrap_or_else(|cause| {
        let directory = options.place.directory.display();
        let why = format!("{directory} cannot be watched, so it is polled: {cause}");
        let fault = endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause);
        faults.note(fault.with_advice("raise the system's limit of watches, or add ?watch=poll"));
        Watch::polling()
    })
}

impl Inbox for FileInbox {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        loop {
            if self.watch.begin() {
                let why = "the server was stopped";
                return Err(self.endpoint.error(ErrorKind::Stopped, Operation::Recv, why));
            }
            let look = self.look()?;
            match look {
                Look::Message(payload) => return Ok(self.message(payload)),
                _ if deadline.has_passed() => {
                    let why = "no message came in time";
                    return Err(self.endpoint.error(ErrorKind::TimedOut, Operation::Recv, why));
                }
                Look::Empty => self.watch.wait(deadline),
                Look::Later(pause) => self.watch.pause(pause, deadline),
            }
        }
    }

    fn stopper(&self) -> Stopper {
        self.watch.stopper()
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.faults.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_watched_is_polled_and_noted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("slot");
        let endpoint: Endpoint = "file:x".parse().unwrap();
        let endpoint = endpoint.with_name(path.to_str().unwrap());
        let mut faults = Faults::default();
        let watch = watch(&endpoint, &Options::of(&endpoint).unwrap(), &mut faults);
        assert!(watch.is_polling());
        let fault = faults.take().unwrap();
        assert!(fault.to_string().contains("watch=poll"), "{fault}");
    }
}
