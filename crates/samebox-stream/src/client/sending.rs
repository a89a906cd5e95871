//! Sending: frames put together, written whole, and sent again when a connection is lost under them.

use super::connection::{Connection, READ};
use crate::{Channel, Connector};
use samebox_core::{Deadline, Error, ErrorKind, Operation, Outgoing, Result};
use samebox_framing::{Kind, encode};
use std::io::{self, IoSlice};

/// Why a write did not go through.
enum Failure {
    /// The connection is lost after this many bytes.
    Gone(usize, io::Error),
    /// There was no room in time; this many bytes had gone.
    Late(usize),
    /// There was no room in time even for the rest of an earlier message.
    Busy,
}

/// Frames up to this size are put together in one buffer, which is cheaper than a list of parts.
const TOGETHER: usize = 4 << 10;

/// Bytes of frames that one write of a batch carries.
const BATCH: usize = 128 << 10;

/// Payloads above this size are written from where they are: copying costs more than a system call.
const APART: usize = 16 << 10;

/// How often a message is sent again when connections are lost under it.
const ATTEMPTS: usize = 3;

impl<C: Connector> Connection<C> {
    /// Sends one frame, again over a new connection when the old one is lost under it.
    ///
    /// A server drops a frame that is not whole, so sending it again cannot double it.
    pub(super) fn send_frame(
        &mut self,
        kind: Kind,
        message: Outgoing<'_>,
        operation: Operation,
        deadline: Deadline,
    ) -> Result<()> {
        message.check_properties(&self.endpoint, operation, &[])?;
        let payload = message.payload;
        let framed = encode(self.options.framing, kind, payload, self.options.max);
        let (head, tail) = framed.map_err(|error| self.refused(operation, &error))?;
        let mut outbound = std::mem::take(&mut self.outbound);
        let mut whole = [IoSlice::new(&[]), IoSlice::new(&[]), IoSlice::new(&[])];
        let parts = if payload.len() <= TOGETHER {
            outbound.clear();
            outbound.extend_from_slice(head.as_bytes());
            outbound.extend_from_slice(payload);
            outbound.extend_from_slice(tail);
            whole[0] = IoSlice::new(&outbound);
            &whole[..1]
        } else {
            whole = [head.as_bytes(), payload, tail].map(IoSlice::new);
            &whole[..]
        };
        let outcome = self.send_whole(parts, operation, deadline);
        self.outbound = outbound;
        outcome
    }

    fn send_whole(
        &mut self,
        parts: &[IoSlice<'_>],
        operation: Operation,
        deadline: Deadline,
    ) -> Result<()> {
        for attempt in 1.. {
            self.reopen(operation, deadline)?;
            match self.write(parts, deadline) {
                Ok(()) => return Ok(()),
                Err(Failure::Gone(_, _)) if attempt < ATTEMPTS => {}
                Err(Failure::Late(written)) if written > 0 => {
                    self.unfinished =
                        parts.iter().flat_map(|part| part.iter()).skip(written).copied().collect();
                    return Err(self.failed(operation, Failure::Late(written)).with_completed(1));
                }
                Err(failure) => return Err(self.failed(operation, failure)),
            }
        }
        Ok(())
    }

    /// Sends messages in order, many to a write.
    pub(super) fn send_batch(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        let mut sent = 0;
        let mut attempt = 0;
        while sent < batch.len() {
            let mut ends = Vec::new();
            let outcome = self.fill(&batch[sent..], &mut ends);
            let count = ends.len();
            if count == 0 {
                outcome.map_err(|error| error.with_completed(sent))?;
                // Too large to be put together with others.
                self.send_frame(Kind::Message, batch[sent], Operation::Send, deadline).map_err(
                    |error| {
                        let completed = sent + error.completed();
                        error.with_completed(completed)
                    },
                )?;
                sent += 1;
                continue;
            }
            let reopened = self.reopen(Operation::Send, deadline);
            reopened.map_err(|error| error.with_completed(sent))?;
            let outbound = std::mem::take(&mut self.outbound);
            let written = self.write(&[IoSlice::new(&outbound)], deadline);
            self.outbound = outbound;
            match written {
                Ok(()) => {
                    sent += count;
                    attempt = 0;
                }
                Err(Failure::Gone(written, _)) if attempt < ATTEMPTS => {
                    sent += ends.iter().filter(|end| **end <= written).count();
                    attempt += 1;
                }
                Err(failure) => {
                    sent += self.count_out(&ends, &failure);
                    return Err(self.failed(Operation::Send, failure).with_completed(sent));
                }
            }
        }
        Ok(())
    }

    /// How many frames of a write that failed are out, keeping the rest of one that has begun.
    fn count_out(&mut self, ends: &[usize], failure: &Failure) -> usize {
        let written = match failure {
            Failure::Gone(written, _) | Failure::Late(written) => *written,
            Failure::Busy => 0,
        };
        let whole = ends.partition_point(|end| *end <= written);
        let start = if whole == 0 { 0 } else { ends[whole - 1] };
        if !matches!(failure, Failure::Late(_)) || written == start {
            return whole;
        }
        self.unfinished = self.outbound[written..ends[whole]].to_vec();
        whole + 1
    }

    /// Puts frames together in the outbound buffer, up to one write's worth, noting where each ends.
    fn fill(&mut self, batch: &[Outgoing<'_>], ends: &mut Vec<usize>) -> Result<()> {
        self.outbound.clear();
        for message in batch {
            if !ends.is_empty() && self.outbound.len() + message.payload.len() > BATCH {
                break;
            }
            message.check_properties(&self.endpoint, Operation::Send, &[])?;
            let framed =
                encode(self.options.framing, Kind::Message, message.payload, self.options.max);
            let (head, tail) = framed.map_err(|error| self.refused(Operation::Send, &error))?;
            if message.payload.len() > APART {
                break;
            }
            self.outbound.extend_from_slice(head.as_bytes());
            self.outbound.extend_from_slice(message.payload);
            self.outbound.extend_from_slice(tail);
            ends.push(self.outbound.len());
        }
        Ok(())
    }

    /// Sees to it that the connection stands, waiting for a server that went away as `wait` says.
    #[inline]
    fn reopen(&mut self, operation: Operation, deadline: Deadline) -> Result<()> {
        if C::Channel::WRITES_BLINDLY {
            self.look_after_a_pause();
        }
        if self.channel.is_some() {
            return Ok(());
        }
        let back_by = self.options.return_deadline().earlier(deadline);
        self.open(back_by).map(drop).map_err(|error| error.during(operation))
    }

    /// Writes the rest of a message whose time ran out when it had begun to leave.
    ///
    /// # Errors
    /// `TimedOut` when it does not fit by `deadline`.
    pub(super) fn finish(&mut self, deadline: Deadline) -> Result<()> {
        self.write_unfinished(deadline).map_err(|failure| self.failed(Operation::Send, failure))
    }

    fn write_unfinished(&mut self, deadline: Deadline) -> Result<(), Failure> {
        if self.unfinished.is_empty() && !self.is_writing() {
            return Ok(());
        }
        let rest = std::mem::take(&mut self.unfinished);
        match self.write_rest(&[IoSlice::new(&rest)], 0, rest.len(), deadline) {
            Err(Failure::Late(written)) => {
                self.unfinished = rest[written..].to_vec();
                Err(Failure::Busy)
            }
            // Its sender was told, and a lost connection takes it along.
            other => other,
        }
    }

    /// Writes all of `parts`, after the rest of what was begun before.
    #[inline]
    fn write(&mut self, parts: &[IoSlice<'_>], deadline: Deadline) -> Result<(), Failure> {
        if !self.unfinished.is_empty() {
            self.write_unfinished(deadline)?;
        }
        let total: usize = parts.iter().map(|part| part.len()).sum();
        let Some(channel) = &mut self.channel else {
            return Err(Failure::Gone(0, io::ErrorKind::NotConnected.into()));
        };
        let patient = deadline == Deadline::NEVER && !self.listens;
        let outcome =
            if patient { channel.write(parts, deadline) } else { channel.write_now(parts) };
        // Nearly always everything fits at once.
        let written = match outcome {
            Ok(written) if written == total && !channel.is_writing() => return Ok(()),
            Ok(written) => written,
            Err(error) if is_passing(&error) => 0,
            Err(error) => {
                self.channel = None;
                return Err(Failure::Gone(0, error));
            }
        };
        self.write_rest(parts, written, total, deadline)
    }

    fn write_rest(
        &mut self,
        parts: &[IoSlice<'_>],
        mut written: usize,
        total: usize,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        while written < total || self.is_writing() {
            let mut rest: Vec<_> = parts.to_vec();
            let mut rest = rest.as_mut_slice();
            IoSlice::advance_slices(&mut rest, written);
            match self.write_step(rest, deadline) {
                Ok(more) => written += more,
                Err(error) if is_passing(&error) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(Failure::Late(written));
                }
                Err(error) => {
                    self.channel = None;
                    return Err(Failure::Gone(written, error));
                }
            }
        }
        Ok(())
    }

    /// Writes more once there is room; with nothing to write, waits until what was written has left.
    fn write_step(&mut self, rest: &[IoSlice<'_>], deadline: Deadline) -> io::Result<usize> {
        if rest.is_empty() || self.listens {
            self.wait_for_room(deadline)?;
        }
        let channel = self.channel.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        if rest.is_empty() {
            Ok(0)
        } else if self.listens {
            channel.write_now(rest)
        } else {
            channel.write(rest, deadline)
        }
    }

    fn is_writing(&mut self) -> bool {
        self.channel.as_mut().is_some_and(Channel::is_writing)
    }

    /// Waits for room to write, taking in meanwhile what the server sends: it may be unable to read
    /// because nobody reads its answers.
    fn wait_for_room(&mut self, deadline: Deadline) -> io::Result<()> {
        let channel = self.channel.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let ready = channel.wait_writable(deadline)?;
        if !ready.read {
            return Ok(());
        }
        if self.inbound.len() > self.options.max + (1 << 20) {
            return Err(io::Error::other("the server sends more than anybody asked for"));
        }
        self.inbound.reserve(READ);
        match channel.append_now(&mut self.inbound) {
            // At 0 the server only says that it will send no more; it may go on reading.
            Ok(_) => Ok(()),
            Err(error) if is_passing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn failed(&self, operation: Operation, failure: Failure) -> Error {
        match failure {
            Failure::Gone(_, cause) => {
                let why = "the server went away";
                self.endpoint.error(ErrorKind::Disconnected, operation, why).with_source(cause)
            }
            Failure::Late(0) | Failure::Busy => {
                let why = "the server does not read, and its buffer is full";
                self.endpoint.error(ErrorKind::TimedOut, operation, why)
            }
            Failure::Late(_) => {
                let why = "the server stopped reading in the middle of the message";
                let advice =
                    "its rest follows with the next send or flush; see that the server reads";
                self.endpoint.error(ErrorKind::TimedOut, operation, why).with_advice(advice)
            }
        }
    }

    fn refused(&self, operation: Operation, error: &samebox_framing::Error) -> Error {
        use samebox_framing::Error as Framing;
        let (kind, advice) = match error {
            Framing::TooLarge { .. } => (ErrorKind::TooLarge, None),
            Framing::LineBreak => (
                ErrorKind::Malformed,
                Some("use ?framing=length on both sides, or send lines one by one"),
            ),
            Framing::Empty => (ErrorKind::Malformed, Some("use ?framing=length on both sides")),
            _ => (ErrorKind::Malformed, None),
        };
        let refused = self.endpoint.error(kind, operation, error.to_string());
        match advice {
            Some(advice) => refused.with_advice(advice),
            None => refused,
        }
    }
}

/// Whether a failed call only says: not now.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
