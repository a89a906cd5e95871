//! Any bytes as the envelopes of a session: headers, faults, values, and never a panic.
//!
//! Headers that were read are written again and read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samebox_wcf_wire::framing::{Encoding, Record, decode};
use samebox_wcf_wire::nbfx::{Limits, Name, Reader, Writer};
use samebox_wcf_wire::session::{Decoder, Encoder};
use samebox_wcf_wire::soap::{Fault, Incoming, Outgoing};
use samebox_wcf_wire::{Error, untyped};

const LIMITS: untyped::Limits = untyped::Limits { nodes: 1000, bytes: 64 << 10 };

fuzz_target!(|stream: &[u8]| {
    let mut decoder = Decoder::new(Encoding::BinarySession, Limits::default());
    let mut encoder = Encoder::new(Encoding::BinarySession, 1 << 20);
    let mut again = Decoder::new(Encoding::BinarySession, Limits::default());
    let mut rest = stream;
    while let Ok((record, taken)) = decode(rest, &Default::default()) {
        rest = &rest[taken..];
        let Record::SizedEnvelope(envelope) = record else { continue };
        let Ok(mut reader) = decoder.reader(envelope) else { return };
        let Ok(incoming) = Incoming::read(&mut reader) else { continue };
        let fault = body(&incoming, &mut reader);
        round_trip(&incoming, fault.as_ref(), &mut encoder, &mut again);
    }
});

/// Reads the body, as a fault if it is one.
fn body<'a>(incoming: &Incoming<'a>, reader: &mut Reader<'a, '_>) -> Option<Fault<'a>> {
    incoming.body?;
    if !incoming.is_fault() {
        let _ = untyped::read_members(reader, LIMITS);
        return None;
    }
    let (fault, detail) = Fault::read(reader).ok()?;
    if detail.is_some() {
        let _ = untyped::read_value(reader, LIMITS);
    }
    Some(fault)
}

fn round_trip(
    incoming: &Incoming<'_>,
    fault: Option<&Fault<'_>>,
    encoder: &mut Encoder,
    decoder: &mut Decoder,
) {
    let headers = Outgoing {
        action: Name::Known(incoming.action.as_deref().unwrap_or_default()),
        relates_to: incoming.relates_to.as_ref(),
        message_id: incoming.message_id.as_ref(),
        reply_to: incoming.reply_to.as_deref().map(Name::Inline),
        to: incoming.to.as_deref().map(Name::Known),
    };
    let record = encoder.message(&headers, |writer| {
        if let Some(fault) = fault {
            fault.write(writer, None::<fn(&mut Writer<'_>)>);
        }
        Ok::<(), Error>(())
    });
    // Twice the headers may be longer than once was allowed.
    let Ok(record) = record else { return };
    let limits = samebox_wcf_wire::framing::Limits { message: 1 << 20, ..Default::default() };
    let Ok((Record::SizedEnvelope(envelope), _)) = decode(record, &limits) else {
        panic!("a message is a sized envelope");
    };
    let mut reader = decoder.reader(envelope).expect("our strings are within the limit");
    let read = Incoming::read(&mut reader).expect("our envelope reads");
    assert_eq!(
        read.action.as_deref().unwrap_or_default(),
        incoming.action.as_deref().unwrap_or_default()
    );
    assert_eq!((&read.relates_to, &read.message_id), (&incoming.relates_to, &incoming.message_id));
    assert_eq!((&read.reply_to, &read.to), (&incoming.reply_to, &incoming.to));
    if let Some(fault) = fault {
        let (again, detail) = Fault::read(&mut reader).expect("our fault reads");
        assert_eq!((again.reason, detail), (fault.reason.clone(), None));
        assert_eq!(again.subcodes.len(), fault.subcodes.len());
    }
}
