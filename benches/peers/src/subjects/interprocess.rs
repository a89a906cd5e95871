use crate::measure::{Measure, Wait};
use crate::subject::{Far, Link, Near, Outcome, Subject, number_in};
use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{GenericNamespaced, ListenerOptions, Name, Stream};
use std::io::{BufReader, ErrorKind, Read, Write};

/// interprocess's local sockets. They carry bytes, so each message has its length in front.
pub(crate) struct Interprocess;

impl Subject for Interprocess {
    const NAME: &'static str = "interprocess";
    const MEASURES: &'static [Measure] = &[
        Measure::PolledTrip,
        Measure::BlockingTrip,
        Measure::BlockingTripOneCore,
        Measure::Rate,
        Measure::Bandwidth,
    ];
    const FASTEST: Wait = Wait::Blocking;
    type Near = InterprocessEnd;
    type Far = InterprocessEnd;
}

/// Bytes of the length in front of a message.
const LENGTH: usize = 4;

pub(crate) struct InterprocessEnd {
    stream: BufReader<Stream>,
    /// A length and a payload.
    frame: Vec<u8>,
}

impl InterprocessEnd {
    fn new(stream: Stream, link: &Link) -> Outcome<Self> {
        stream.set_nonblocking(link.wait == Wait::Polling)?;
        let stream = BufReader::with_capacity(64 * 1024, stream);
        Ok(Self { stream, frame: Vec::with_capacity(LENGTH + link.size) })
    }

    fn send_frame(&mut self, payload: &[u8]) -> Outcome<()> {
        self.frame.clear();
        self.frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        self.frame.extend_from_slice(payload);
        self.write_frame()
    }

    fn write_frame(&mut self) -> Outcome<()> {
        let mut rest = &self.frame[..];
        while !rest.is_empty() {
            match again(self.stream.get_mut().write(rest))? {
                Some(0) => return Err("the far end is gone".into()),
                Some(written) => rest = &rest[written..],
                None => std::hint::spin_loop(),
            }
        }
        Ok(())
    }

    /// Receives one message into `frame`, with its length in front.
    fn recv_frame(&mut self) -> Outcome<()> {
        let longest = self.frame.capacity();
        self.frame.resize(LENGTH, 0);
        self.fill(0)?;
        let length = self.frame.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        if LENGTH + length as usize > longest {
            return Err(format!("a message of {length} bytes").into());
        }
        self.frame.resize(LENGTH + length as usize, 0);
        self.fill(LENGTH)
    }

    fn fill(&mut self, mut filled: usize) -> Outcome<()> {
        while filled < self.frame.len() {
            match again(self.stream.read(&mut self.frame[filled..]))? {
                Some(0) => return Err("the other end is gone".into()),
                Some(read) => filled += read,
                None => std::hint::spin_loop(),
            }
        }
        Ok(())
    }

    fn recv_number(&mut self) -> Outcome<u64> {
        self.recv_frame()?;
        Ok(number_in(&self.frame[LENGTH..]))
    }
}

/// `None` where the stream would have to wait.
fn again(outcome: std::io::Result<usize>) -> Outcome<Option<usize>> {
    match outcome {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if cause.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(cause) if cause.kind() == ErrorKind::Interrupted => Ok(None),
        Err(cause) => Err(cause.into()),
    }
}

fn name(link: &Link) -> Outcome<Name<'_>> {
    Ok(link.name.as_str().to_ns_name::<GenericNamespaced>()?)
}

impl Near for InterprocessEnd {
    fn open(link: &Link) -> Outcome<Self> {
        Self::new(Stream::connect(name(link)?)?, link)
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        self.send_frame(payload)?;
        self.recv_number()
    }

    fn send(&mut self, payload: &[u8]) -> Outcome<()> {
        self.send_frame(payload)
    }
}

impl Far for InterprocessEnd {
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        let listener = ListenerOptions::new().name(name(link)?).create_sync()?;
        announce(&link.name)?;
        Self::new(listener.accept()?, link)
    }

    fn answer(&mut self) -> Outcome<()> {
        self.recv_frame()?;
        self.write_frame()
    }

    fn take(&mut self) -> Outcome<Option<u64>> {
        self.recv_number().map(Some)
    }
}
