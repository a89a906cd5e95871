use super::answer;
use samebox_core::ErrorKind;
use samebox_core::typed::{Fault, FaultCode, Origin, Respond, WriteParts};
use samebox_data::Result;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Takes the answer of one call, as the message that it becomes.
pub(super) struct Responder<'a> {
    out: &'a mut Vec<u8>,
    answered: bool,
}

impl<'a> Responder<'a> {
    /// The answer goes to `out`, in place of what that holds.
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        out.clear();
        Self { out, answered: false }
    }

    /// Runs a method, and sees to it that there is an answer; gives what is worth a note.
    ///
    /// `begun` tells whether the arguments could be begun to be read, and `name` is the method's.
    pub(super) fn run(
        &mut self,
        begun: Result<()>,
        name: &str,
        method: impl FnOnce(&mut dyn Respond) -> Result<()>,
    ) -> Option<Note> {
        let done = match begun {
            Ok(()) => match catch_unwind(AssertUnwindSafe(|| method(self))) {
                Ok(done) => done,
                Err(_) => {
                    self.panicked();
                    return Some(Note::Panic);
                }
            },
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => {
                if !self.answered {
                    self.refuse(ErrorKind::Unsupported, "the service gave no answer");
                }
                None
            }
            Err(error) => {
                let why = format!("its arguments are not those of {name}: {error}");
                if !self.answered {
                    self.refuse(ErrorKind::Malformed, &why);
                }
                Some(Note::Bad(why))
            }
        }
    }

    /// Answers that the call is refused.
    pub(super) fn refuse(&mut self, kind: ErrorKind, why: &str) {
        answer::write_refused(self.out, kind, why);
        self.answered = true;
    }

    /// Answers that the service failed, without its words, which may tell what callers must not know.
    fn panicked(&mut self) {
        let name = "InternalServiceFault".into();
        let code = FaultCode { namespace: FAILED.into(), name };
        let reason = "the service failed while it handled the call".into();
        let fault = Fault { origin: Origin::Receiver, code: Some(Box::new(code)), reason };
        if !self.answered {
            self.answered = true;
            answer::write_fault(self.out, &fault, None).expect("a short fault can be written");
        }
    }

    /// Answers that what the method gave cannot be carried.
    fn not_carried(&mut self, what: &str, written: Result<()>) -> Result<()> {
        written.inspect_err(|error| {
            let why = format!("{what} cannot be carried: {error}");
            self.refuse(ErrorKind::Unsupported, &why);
        })
    }
}

/// Where .NET keeps the names of faults that a service did not mean to give.
const FAILED: &str =
    "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher";

/// What a server tells its own program about a call.
pub(super) enum Note {
    /// The method panicked.
    Panic,
    /// The client sent what it must not.
    Bad(String),
}

impl Respond for Responder<'_> {
    fn result(&mut self, result: WriteParts<'_>) -> Result<()> {
        self.answered = true;
        let written = answer::write_result(self.out, result);
        self.not_carried("the result", written)
    }

    fn fault(&mut self, fault: &Fault, detail: Option<WriteParts<'_>>) -> Result<()> {
        self.answered = true;
        let written = answer::write_fault(self.out, fault, detail);
        self.not_carried("the fault", written)
    }
}
