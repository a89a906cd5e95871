//! A receiver as a transport has one: a buffer that grows by pieces, and a decoder looking into it.

use samebox_framing::{Decoder, Error, Framing, Kind};

/// What a receiver has taken from one connection.
#[derive(Debug, PartialEq)]
pub(crate) struct Received {
    pub(crate) frames: Vec<(Kind, Vec<u8>)>,
    /// Why it stopped before the connection ended, or could not end well.
    pub(crate) error: Option<Error>,
}

impl Received {
    /// The same with the length left out that a `TooLarge` tells: it depends on the pieces.
    pub(crate) fn without_length(mut self) -> Self {
        if let Some(Error::TooLarge { length, .. }) = &mut self.error {
            *length = 0;
        }
        self
    }
}

/// When a receiver asks its decoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asks {
    /// After every piece.
    Always,
    /// Not before as many bytes are there as the decoder said it needs.
    WhenNeeded,
}

/// Receives the pieces of one connection, then its end, and checks all that a decoder promises.
pub(crate) fn receive<'a>(
    framing: Framing,
    max: usize,
    asks: Asks,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Received {
    let mut decoder = Decoder::new(framing, max);
    let mut received = Received { frames: Vec::new(), error: None };
    let mut buffer = Vec::new();
    let mut needed = 0;
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if asks == Asks::WhenNeeded && buffer.len() < needed {
            continue;
        }
        match drain(&mut decoder, max, &mut buffer, &mut received.frames) {
            Error::Incomplete { needed: more } => needed = more,
            error => return Received { error: Some(error), ..received },
        }
    }
    match decoder.at_end(&buffer) {
        Ok(None) => assert!(buffer.is_empty(), "{} bytes were dropped", buffer.len()),
        Ok(Some(last)) => {
            assert_eq!((&last.payload, last.consumed), (&(0..buffer.len()), buffer.len()));
            received.frames.push((last.kind, buffer));
        }
        Err(error) => received.error = Some(error),
    }
    received
}

/// Takes all whole frames out of `buffer` and tells why there are no more.
fn drain(
    decoder: &mut Decoder,
    max: usize,
    buffer: &mut Vec<u8>,
    frames: &mut Vec<(Kind, Vec<u8>)>,
) -> Error {
    loop {
        let frame = match decoder.next(buffer) {
            Ok(frame) => frame,
            Err(Error::Incomplete { needed }) => {
                assert!(needed > buffer.len(), "{needed} of {} bytes", buffer.len());
                return Error::Incomplete { needed };
            }
            Err(error) => {
                assert_eq!(decoder.next(buffer), Err(error.clone()), "an error does not go away");
                return error;
            }
        };
        assert!(frame.consumed > 0, "a frame of no bytes would be found for ever");
        assert!(frame.consumed <= buffer.len(), "{frame:?} of {} bytes", buffer.len());
        assert!(frame.payload.start <= frame.payload.end, "{frame:?}");
        assert!(frame.payload.end <= frame.consumed, "{frame:?}");
        assert!(frame.payload.len() <= max, "{frame:?} is over {max} bytes");
        frames.push((frame.kind, buffer[frame.payload].to_vec()));
        buffer.drain(..frame.consumed);
    }
}
