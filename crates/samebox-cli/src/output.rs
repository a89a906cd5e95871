use crate::escape;
use crate::exit::{Failure, Outcome};
use serde::Serialize;
use std::io::{self, BufWriter, IsTerminal, Write};

/// Stdout for data: buffered, safe on a terminal, quiet when nobody reads it any more.
pub(crate) struct Output {
    out: BufWriter<io::StdoutLock<'static>>,
    terminal: bool,
}

impl Output {
    /// How many bytes are gathered before they are written.
    const BUFFER: usize = 64 * 1024;

    /// Takes stdout.
    pub(crate) fn stdout() -> Self {
        let out = io::stdout().lock();
        let terminal = out.is_terminal();
        Self { out: BufWriter::with_capacity(Self::BUFFER, out), terminal }
    }

    /// Writes bytes that a peer chose; a terminal gets them with control characters written out.
    pub(crate) fn foreign(&mut self, bytes: &[u8]) -> Outcome {
        match self.terminal {
            true => self.write(escape::for_terminal(bytes).as_bytes()),
            false => self.write(bytes),
        }
    }

    /// Writes one JSON value on one line.
    pub(crate) fn json_line(&mut self, value: &impl Serialize) -> Outcome {
        let json = serde_json::to_string(value).map_err(|cause| Failure::stdout(&cause.into()))?;
        self.json(&json)
    }

    /// Writes one JSON value over several lines.
    pub(crate) fn json_pretty(&mut self, value: &impl Serialize) -> Outcome {
        let json =
            serde_json::to_string_pretty(value).map_err(|cause| Failure::stdout(&cause.into()))?;
        self.json(&json)
    }

    fn json(&mut self, json: &str) -> Outcome {
        match self.terminal {
            true => self.write(escape::json_for_terminal(json).as_bytes())?,
            false => self.write(json.as_bytes())?,
        }
        self.write(b"\n")
    }

    /// Writes the program's own bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Outcome {
        self.out.write_all(bytes).map_err(|cause| Failure::stdout(&cause))
    }

    /// Hands over what was gathered.
    pub(crate) fn flush(&mut self) -> Outcome {
        self.out.flush().map_err(|cause| Failure::stdout(&cause))
    }
}

/// Writes the program's own text to stdout, whole.
pub(crate) fn print(text: &str) -> Outcome {
    let mut output = Output::stdout();
    output.write(text.as_bytes())?;
    output.flush()
}

/// Writes text that holds names which others chose to stdout, whole.
pub(crate) fn print_foreign(text: &str) -> Outcome {
    let mut output = Output::stdout();
    output.foreign(text.as_bytes())?;
    output.flush()
}

/// Writes styled text to stdout; the styles are left out off a terminal and under `NO_COLOR`.
pub(crate) fn print_styled(text: &str) -> Outcome {
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| Failure::stdout(&e))
}

/// Writes one JSON value to stdout over several lines.
pub(crate) fn print_json(value: &impl Serialize) -> Outcome {
    let mut output = Output::stdout();
    output.json_pretty(value)?;
    output.flush()
}
