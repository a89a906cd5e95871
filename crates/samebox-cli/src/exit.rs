use crate::escape::one_line;
use samebox::{Endpoint, Error, ErrorKind};
use std::error::Error as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// How a command ends: with success, or with a code and a sentence for the user.
pub(crate) type Outcome = Result<(), Failure>;

/// Why a command ends early: its exit code and, unless nothing is wrong, a sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    sentence: Option<String>,
}

impl Failure {
    /// A failure that was told to the user already, or needs no words.
    pub(crate) fn silent(code: u8) -> Self {
        Self { code, sentence: None }
    }

    /// A failure of `kind` that is about the program's own work, not about an endpoint.
    pub(crate) fn new(kind: ErrorKind, sentence: impl Into<String>) -> Self {
        Self { code: kind.exit_code(), sentence: Some(sentence.into()) }
    }

    /// A command line that the definition allows and that still makes no sense.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidEndpoint, sentence)
    }

    /// What became of writing to stdout; that nobody reads it any more is no failure.
    pub(crate) fn stdout(cause: &io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::BrokenPipe => Self::silent(0),
            _ => Self::new(
                ErrorKind::Io,
                format!("cannot write to stdout: {cause}; check where the output goes"),
            ),
        }
    }

    /// The same failure with a remark at the end of its sentence.
    pub(crate) fn with_note(self, note: &str) -> Self {
        Self { sentence: self.sentence.map(|sentence| format!("{sentence} ({note})")), ..self }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: error.kind().exit_code(), sentence: Some(sentence(&error)) }
    }
}

/// The error's own sentence with the operating system's reason in its place, where it tells more.
pub(crate) fn sentence(error: &Error) -> String {
    let opaque = matches!(error.kind(), ErrorKind::Io | ErrorKind::Denied);
    let cause = error.source().filter(|_| opaque).map(ToString::to_string);
    match cause.filter(|cause| !error.why().contains(cause.as_str())) {
        None => error.to_string(),
        Some(cause) => {
            let (operation, endpoint) = (error.operation(), error.endpoint());
            format!("cannot {operation} {endpoint}: {}: {cause}; {}", error.why(), error.advice())
        }
    }
}

/// Says something to the user on stderr, on one line that cannot drive a terminal.
pub(crate) fn say(sentence: &str) {
    write_stderr(&format!("samebox: {}\n", one_line(sentence)));
}

/// Says on stderr that clients may come; scripts wait for this line.
pub(crate) fn announce(endpoint: &Endpoint) {
    write_stderr(&format!("listening on {}\n", one_line(&endpoint.to_string())));
}

fn write_stderr(line: &str) {
    // A closed stderr leaves nobody to tell.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// The exit code of an outcome; a failure is told on stderr first.
pub(crate) fn code_of(outcome: Outcome) -> ExitCode {
    let Err(failure) = outcome else { return ExitCode::SUCCESS };
    if let Some(sentence) = &failure.sentence {
        say(sentence);
    }
    ExitCode::from(failure.code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox::Operation;

    #[test]
    fn the_systems_reason_stands_in_the_sentence_once() {
        let error = Error::new(ErrorKind::Io, Operation::Send, "tcp:h:1", "the write failed");
        let with = sentence(&error.with_source(io::Error::other("wire cut")));
        assert!(with.starts_with("cannot send to tcp:h:1: the write failed: wire cut; "), "{with}");
        let error = Error::new(ErrorKind::Io, Operation::Send, "tcp:h:1", "wire cut");
        let once = sentence(&error.with_source(io::Error::other("wire cut")));
        assert_eq!(once.matches("wire cut").count(), 1, "{once}");
    }

    #[test]
    fn a_closed_stdout_is_no_failure_and_a_full_disk_is() {
        assert_eq!(Failure::stdout(&io::ErrorKind::BrokenPipe.into()).code(), 0);
        assert_eq!(Failure::stdout(&io::ErrorKind::StorageFull.into()).code(), 1);
    }
}
