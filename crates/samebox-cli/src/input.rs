use crate::exit::Failure;
use clap::ValueEnum;
use samebox::ErrorKind;
use std::ffi::OsString;
use std::io::{self, Read, StdinLock};

/// The payloads of `send` and `call`: one argument, or stdin.
#[derive(clap::Args)]
pub(crate) struct Payloads {
    /// The payload; stdin when it is `-` or absent
    #[arg(allow_negative_numbers = true)]
    pub(crate) data: Option<OsString>,
    /// How stdin is cut into messages
    #[arg(long, value_enum, default_value_t = Split::Eof, value_name = "WHERE")]
    pub(crate) split: Split,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Split {
    /// All of stdin is one message
    Eof,
    /// Each line is a message, without its line break
    Line,
    /// Each NUL byte ends a message
    Nul,
}

/// Where the payloads come from, a batch at a time.
pub(crate) struct Input {
    source: Source,
    limit: usize,
}

enum Source {
    Data(Option<Vec<u8>>),
    Whole(Option<StdinLock<'static>>),
    Parts(Parts<StdinLock<'static>>),
}

impl Input {
    /// The payloads that the user chose; one from stdin has at most `limit` bytes.
    pub(crate) fn new(chosen: &Payloads, limit: usize) -> Result<Self, Failure> {
        let data = chosen.data.as_deref().filter(|data| *data != "-");
        let source = match (data, chosen.split) {
            (Some(data), Split::Eof) => Source::Data(Some(data.as_encoded_bytes().into())),
            (Some(_), _) => {
                let why = "--split cuts stdin; leave DATA out, or leave --split out";
                return Err(Failure::usage(why));
            }
            (None, Split::Eof) => Source::Whole(Some(io::stdin().lock())),
            (None, Split::Line) => Source::Parts(Parts::new(io::stdin().lock(), b'\n', limit)),
            (None, Split::Nul) => Source::Parts(Parts::new(io::stdin().lock(), 0, limit)),
        };
        Ok(Self { source, limit })
    }

    /// The payloads that are there now, waiting for at least one; none at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Vec<Payload<'_>>, Failure> {
        match &mut self.source {
            Source::Data(data) => Ok(data.take().into_iter().map(Payload::Whole).collect()),
            Source::Whole(stdin) => {
                let whole = stdin.take().map(|stdin| read_whole(stdin, self.limit)).transpose()?;
                Ok(whole.into_iter().map(Payload::Whole).collect())
            }
            Source::Parts(parts) => parts.next_batch(),
        }
    }
}

/// One payload, owned or still in the input's buffer.
pub(crate) enum Payload<'a> {
    Whole(Vec<u8>),
    Part(&'a [u8]),
}

impl AsRef<[u8]> for Payload<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Whole(whole) => whole,
            Self::Part(part) => part,
        }
    }
}

fn read_whole(stdin: impl Read, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut whole = Vec::new();
    // One byte more tells too much from just enough.
    let bound = (limit as u64).saturating_add(1);
    stdin.take(bound).read_to_end(&mut whole).map_err(|cause| unreadable(&cause))?;
    if whole.len() > limit { Err(too_large(limit)) } else { Ok(whole) }
}

/// Cuts a stream at each delimiter; never holds much more than `limit` bytes.
struct Parts<R> {
    stream: R,
    delimiter: u8,
    limit: usize,
    buffer: Vec<u8>,
    /// The end of what was handed out; all before it is done with.
    used: usize,
    /// The end of what was read.
    filled: usize,
    ended: bool,
}

impl<R: Read> Parts<R> {
    /// How much is asked of the stream at once: what a pipe holds.
    const CHUNK: usize = 64 * 1024;

    fn new(stream: R, delimiter: u8, limit: usize) -> Self {
        Self { stream, delimiter, limit, buffer: Vec::new(), used: 0, filled: 0, ended: false }
    }

    fn next_batch(&mut self) -> Result<Vec<Payload<'_>>, Failure> {
        self.buffer.copy_within(self.used..self.filled, 0);
        self.filled -= self.used;
        self.used = 0;
        while !self.ended && self.used == 0 {
            if self.filled > self.limit {
                return Err(too_large(self.limit));
            }
            let fresh = self.fill()?;
            let last = memchr::memrchr(self.delimiter, &self.buffer[fresh..self.filled]);
            self.used = last.map_or(0, |at| fresh + at + 1);
        }
        if self.ended {
            return self.last();
        }
        Ok(cut(&self.buffer[..self.used - 1], self.delimiter).collect())
    }

    /// What stands after the last delimiter, once the stream has ended.
    fn last(&mut self) -> Result<Vec<Payload<'_>>, Failure> {
        let rest = self.filled;
        self.filled = 0;
        match rest {
            0 => Ok(Vec::new()),
            _ if rest > self.limit => Err(too_large(self.limit)),
            _ => Ok(vec![Payload::Part(&self.buffer[..rest])]),
        }
    }

    /// Reads once and returns where the fresh bytes start.
    fn fill(&mut self) -> Result<usize, Failure> {
        let fresh = self.filled;
        self.buffer.resize(self.buffer.len().max(fresh + Self::CHUNK), 0);
        let read = loop {
            match self.stream.read(&mut self.buffer[fresh..]) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(|cause| unreadable(&cause))?,
            }
        };
        self.ended = read == 0;
        self.filled += read;
        Ok(fresh)
    }
}

/// The parts of `whole`, lines without the carriage return that Windows puts before the break.
fn cut(whole: &[u8], delimiter: u8) -> impl Iterator<Item = Payload<'_>> {
    let mut rest = Some(whole);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let part = match memchr::memchr(delimiter, text) {
            None => text,
            Some(at) => {
                rest = Some(&text[at + 1..]);
                &text[..at]
            }
        };
        let plain = part.strip_suffix(b"\r").filter(|_| delimiter == b'\n');
        Some(Payload::Part(plain.unwrap_or(part)))
    })
}

fn unreadable(cause: &io::Error) -> Failure {
    let advice = "check where the input comes from";
    Failure::new(ErrorKind::Io, format!("cannot read stdin: {cause}; {advice}"))
}

fn too_large(limit: usize) -> Failure {
    let advice = "raise ?max= on both sides, or cut it with --split line";
    let why = format!("a message of stdin is larger than {limit} bytes; {advice}");
    Failure::new(ErrorKind::TooLarge, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that gives one piece per read, as an interactive producer does.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            into[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    fn batches(pieces: &[&'static [u8]], delimiter: u8) -> Vec<Vec<String>> {
        let mut parts = Parts::new(Pieces(pieces.to_vec()), delimiter, 100);
        let mut batches = Vec::new();
        loop {
            let batch = parts.next_batch().expect("nothing is too large");
            if batch.is_empty() {
                return batches;
            }
            let text = |part: &Payload<'_>| String::from_utf8_lossy(part.as_ref()).into_owned();
            batches.push(batch.iter().map(text).collect());
        }
    }

    #[test]
    fn what_one_read_gives_is_one_batch() {
        assert_eq!(batches(&[b"a\nb\n", b"c\n"], b'\n'), [vec!["a", "b"], vec!["c"]]);
    }

    #[test]
    fn a_line_in_pieces_waits_for_its_end() {
        assert_eq!(batches(&[b"on", b"e\ntw", b"o"], b'\n'), [["one"], ["two"]]);
    }

    #[test]
    fn empty_lines_are_messages_and_an_empty_stream_has_none() {
        assert_eq!(batches(&[b"\n\na\n"], b'\n'), [["", "", "a"]]);
        assert!(batches(&[], b'\n').is_empty());
    }

    #[test]
    fn carriage_returns_belong_to_line_breaks_only() {
        assert_eq!(batches(&[b"a\r\nb\rc\n"], b'\n'), [["a", "b\rc"]]);
        assert_eq!(batches(&[b"a\r\0b\n"], 0), [vec!["a\r"], vec!["b\n"]]);
    }

    #[test]
    fn an_endless_line_is_refused_without_reading_it_all() {
        let mut parts = Parts::new(io::repeat(b'x'), b'\n', 100);
        assert_eq!(parts.next_batch().err().map(|failure| failure.code()), Some(7));
        assert!(parts.buffer.len() <= 2 * Parts::<io::Repeat>::CHUNK);
    }

    #[test]
    fn a_message_of_just_the_limit_is_read() {
        assert_eq!(read_whole(&[7; 100][..], 100).map(|whole| whole.len()).ok(), Some(100));
        assert_eq!(read_whole(io::repeat(7), 100).err().map(|failure| failure.code()), Some(7));
    }
}
