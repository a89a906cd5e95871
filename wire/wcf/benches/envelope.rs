//! A small request, written and read: time and allocations of each.
//!
//! `cargo bench -p samebox-wcf-wire`. The session is warm, as from the second message on: its strings
//! are known to both sides. Then neither side allocates.

use divan::{AllocProfiler, Bencher, black_box};
use samebox_wcf_wire::Error;
use samebox_wcf_wire::framing::{self, Encoding, Limits, Record};
use samebox_wcf_wire::nbfx::{self, Writer};
use samebox_wcf_wire::session::{Decoder, Encoder};
use samebox_wcf_wire::soap::{DEFAULT_NAMESPACE, Id, Incoming, Outgoing};
use samebox_wcf_wire::value::Guid;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const ACTION: &str = "http://tempuri.org/IPeer/Echo";
const TO: &str = "net.tcp://localhost:9140/peer";

fn main() {
    divan::main();
}

fn body(writer: &mut Writer<'_>, text: &str) -> Result<(), Error> {
    writer.start("", "Echo");
    writer.xmlns("", DEFAULT_NAMESPACE);
    writer.start("", "text");
    writer.text(text);
    writer.end();
    writer.end();
    Ok(())
}

/// Writes `Echo("ping")` with a MessageID as one record.
fn encode<'e>(encoder: &'e mut Encoder, id: &Id<'_>, text: &str) -> &'e [u8] {
    let headers = Outgoing::request(black_box(ACTION), black_box(TO), id);
    encoder.message(&headers, |writer| body(writer, text)).expect("within the limit")
}

/// Reads such a record down to the length of the text in it.
fn decode(decoder: &mut Decoder, record: &[u8]) -> Result<usize, Error> {
    let (Record::SizedEnvelope(envelope), _) = framing::decode(record, &Limits::default())? else {
        return Ok(0);
    };
    let mut reader = decoder.reader(envelope)?;
    let incoming = Incoming::read(&mut reader)?;
    assert!(incoming.action.as_deref() == Some(ACTION) && incoming.message_id.is_some());
    assert!(incoming.body.is_some_and(|body| body.is(DEFAULT_NAMESPACE, "Echo")));
    reader.next()?;
    let text = reader.content()?.into_str().len();
    while reader.next()?.is_some() {}
    Ok(text)
}

/// Both sides of a session that has had one message.
fn warm() -> (Encoder, Decoder, Id<'static>) {
    let id = Guid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff).into();
    let mut encoder = Encoder::new(Encoding::BinarySession, 65_536);
    let mut decoder = Decoder::new(Encoding::BinarySession, nbfx::Limits::default());
    let record = encode(&mut encoder, &id, "ping");
    assert_eq!(decode(&mut decoder, record), Ok(4));
    (encoder, decoder, id)
}

#[divan::bench]
fn echo_request_encode(bencher: Bencher<'_, '_>) {
    let (mut encoder, _, id) = warm();
    bencher.bench_local(|| black_box(encode(&mut encoder, &id, black_box("ping"))).len());
}

#[divan::bench]
fn echo_request_decode(bencher: Bencher<'_, '_>) {
    let (mut encoder, mut decoder, id) = warm();
    let record = encode(&mut encoder, &id, "ping").to_vec();
    bencher.bench_local(|| decode(&mut decoder, black_box(&record)));
}

#[divan::bench]
fn text_of_60000_encode(bencher: Bencher<'_, '_>) {
    let (mut encoder, _, id) = warm();
    let headers = Outgoing::request(ACTION, TO, &id);
    let text = "y".repeat(60_000);
    bencher.bench_local(|| {
        encoder
            .message(&headers, |writer| body(writer, black_box(&text)))
            .map(|record| record.len())
    });
}

#[divan::bench]
fn text_of_60000_decode(bencher: Bencher<'_, '_>) {
    let (mut encoder, mut decoder, id) = warm();
    let record = encode(&mut encoder, &id, &"y".repeat(60_000)).to_vec();
    bencher.bench_local(|| decode(&mut decoder, black_box(&record)));
}
