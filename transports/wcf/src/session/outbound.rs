use samebox_core::Deadline;
use samebox_stream::{Duplex, Ready};
use samebox_wcf_wire::dictionary::{SESSION_BYTES, Sent};
use samebox_wcf_wire::framing::{Record, encode_chunk};
use samebox_wcf_wire::session::head;
use std::io::{self, IoSlice};

/// Records that are on their way out, and the strings that the other side has been told.
#[derive(Debug)]
pub(super) struct Outbound {
    /// Records, of which `written` bytes are out, counting the document behind them.
    bytes: Vec<u8>,
    written: usize,
    /// The envelope that is being written, or one that goes out from where it is.
    document: Vec<u8>,
    /// The document follows the records.
    is_apart: bool,
    /// `None` where each envelope stands for itself.
    words: Option<Sent>,
    /// Nothing may follow.
    is_ended: bool,
}

/// Memory that is kept when all is written.
const KEPT: usize = (1 << 20) + (128 << 10);

/// Documents above this size go out from where they are: copying costs more than a second part.
const APART: usize = 16 << 10;

/// Why an envelope did not go out.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// There was no room in time; nothing of it has gone.
    Late,
    /// There was no room in time, and the rest goes out with the next one.
    Begun,
    /// What is yet to go out has as many bytes as may be.
    Full,
    /// It has more bytes than may be.
    TooLarge(usize),
    /// Its values cannot be written.
    Unwritable(samebox_data::Error),
    /// This side has ended the session.
    Ended,
    /// The connection is lost.
    Lost(io::Error),
}

impl Outbound {
    /// Nothing yet; with strings of the session, or each envelope for itself in one chunk.
    pub(super) fn new(with_words: bool) -> Self {
        let words = with_words.then(|| Sent::new(SESSION_BYTES));
        let (bytes, document) = Default::default();
        Self { bytes, written: 0, document, is_apart: false, words, is_ended: false }
    }

    /// Appends an envelope that `write` writes, of at most `max` bytes.
    pub(super) fn envelope(
        &mut self,
        max: usize,
        write: impl FnOnce(&mut Vec<u8>, Option<&mut Sent>) -> samebox_data::Result<()>,
    ) -> Result<(), NotSent> {
        if self.is_ended {
            return Err(NotSent::Ended);
        }
        self.join();
        self.document.clear();
        // Strings that a failed one introduced are told with the next one.
        write(&mut self.document, self.words.as_mut()).map_err(NotSent::Unwritable)?;
        let length = self.document.len();
        if length > max {
            self.document.shrink_to(KEPT);
            return Err(NotSent::TooLarge(length));
        }
        self.frame();
        Ok(())
    }

    /// Puts a document that is apart behind the records.
    fn join(&mut self) {
        if std::mem::take(&mut self.is_apart) {
            self.bytes.extend_from_slice(&self.document);
        }
    }

    /// Appends the record of the document.
    fn frame(&mut self) {
        let Self { bytes, document, words, is_apart, .. } = self;
        head(document.len(), words.as_mut(), bytes);
        if words.is_none() {
            bytes.extend_from_slice(document);
            return encode_chunk(&[], bytes);
        }
        if document.len() > APART {
            *is_apart = true;
        } else {
            bytes.extend_from_slice(document);
        }
    }

    /// Appends the end of this direction, once.
    pub(super) fn end(&mut self) {
        if !self.is_ended {
            self.join();
            self.is_ended = true;
            Record::End.encode(&mut self.bytes);
        }
    }

    /// Appends a fault, behind which nothing may follow.
    pub(super) fn fault(&mut self, uri: &str) {
        if !self.is_ended {
            self.join();
            self.is_ended = true;
            Record::Fault(uri).encode(&mut self.bytes);
        }
    }

    /// Where the last record ends, among those that are not all out.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// How many of the records that end there are out whole.
    pub(super) fn whole(&self, ends: &[usize]) -> usize {
        ends.partition_point(|end| *end <= self.written)
    }

    /// How many bytes are yet to go out.
    pub(super) fn pending(&self) -> usize {
        let apart = if self.is_apart { self.document.len() } else { 0 };
        self.bytes.len() + apart - self.written
    }

    /// Writes what fits now; tells whether all of it has left this process.
    pub(super) fn write_now(&mut self, link: &dyn Duplex) -> Result<bool, NotSent> {
        while self.pending() > 0 {
            let records = self.bytes.get(self.written..).unwrap_or_default();
            let apart = self.written.saturating_sub(self.bytes.len());
            let document = if self.is_apart { &self.document[apart..] } else { &[] };
            let parts = [IoSlice::new(records), IoSlice::new(document)];
            let parts = if document.is_empty() { &parts[..1] } else { &parts[..] };
            match link.write_now(parts) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(NotSent::Lost(error)),
            }
        }
        self.written = 0;
        self.is_apart = false;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.document.clear();
        self.document.shrink_to(KEPT);
        Ok(!link.is_writing())
    }
}

/// Writes all of `bytes`, waiting until `by` for it to have left this process.
pub(crate) fn write_whole(link: &dyn Duplex, mut bytes: &[u8], by: Deadline) -> io::Result<()> {
    let room = Ready { read: false, write: true };
    while !bytes.is_empty() {
        match link.write_now(&[IoSlice::new(bytes)]) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => drop(link.wait(room, by)?),
            Err(error) => return Err(error),
        }
    }
    while link.is_writing() {
        link.wait(room, by)?;
    }
    Ok(())
}
