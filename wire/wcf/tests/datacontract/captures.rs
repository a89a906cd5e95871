//! What the peer program and Microsoft's serializer sent: its values read, its bytes written.

use crate::model::{Colour, Node, tree};
use crate::wire::{TEMPURI, operation};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use samebox_data::{Data, Encode, Operation, Reader, Result, ShapeOf, Writer};
use samebox_wcf_wire::datacontract::{Decoder, Encoder, Memory};
use samebox_wcf_wire::framing::{self, Encoding, Limits, Opening, Record};
use samebox_wcf_wire::soap::{self, Id, Incoming, Outgoing};
use samebox_wcf_wire::value::Guid;
use samebox_wcf_wire::{nbfx, session};
use std::collections::BTreeMap;
use std::fmt::Debug;
use uuid::Uuid;

const VIA: &str = "net.tcp://localhost:9140/peer";
const MANY: usize = 1 << 20;

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("../vectors/", $name, ".bin"))
    };
}

/// The envelopes of one direction.
fn envelopes(mut stream: &[u8]) -> Vec<&[u8]> {
    let limits = Limits { message: MANY, ..Limits::default() };
    let mut envelopes = Vec::new();
    while let Ok((record, taken)) = framing::decode(stream, &limits) {
        if let Record::SizedEnvelope(envelope) = record {
            envelopes.push(envelope);
        }
        stream = &stream[taken..];
    }
    envelopes
}

fn echo<T: Encode + ?Sized>(name: &'static str) -> Operation {
    operation(name, &[("v", T::shape)], T::shape)
}

fn text(name: &'static str, parameter: &'static str, result: ShapeOf) -> Operation {
    operation(name, &[(parameter, <Option<String>>::shape)], result)
}

fn add() -> Operation {
    operation("Add", &[("a", i32::shape), ("b", i32::shape)], i32::shape)
}

/// Reads the members of the body of an envelope, which are all of one type.
fn body<T: Data>(
    decoder: &mut session::Decoder,
    envelope: &[u8],
    operation: &Operation,
    is_answer: bool,
) -> Vec<T> {
    let mut reader = decoder.reader(envelope).unwrap();
    let element = Incoming::read(&mut reader).unwrap().body.unwrap();
    let (from, mut memory) = (&mut reader, Memory::default());
    let begin = if is_answer { Decoder::answer } else { Decoder::arguments };
    let mut decoder = begin(from, &element, operation, TEMPURI, &mut memory).unwrap();
    let mut values = Vec::new();
    while let Some(index) = decoder.member().unwrap() {
        assert_eq!(index, values.len());
        values.push(T::read(&mut decoder).unwrap());
    }
    decoder.finish().unwrap();
    assert_eq!(reader.next().unwrap(), Some(nbfx::Event::End), "the body ends");
    values
}

/// All values that one direction carries, an operation for each message.
fn values<T: Data>(stream: &[u8], operation: &Operation, is_answer: bool) -> Vec<T> {
    let mut decoder = session::Decoder::new(Encoding::BinarySession, nbfx::Limits::default());
    let envelopes = envelopes(stream).into_iter();
    envelopes.flat_map(|envelope| body(&mut decoder, envelope, operation, is_answer)).collect()
}

/// Both directions carry that value.
#[track_caller]
fn echoes<T: Data + Debug + PartialEq>(
    c2s: &[u8],
    s2c: &[u8],
    operation: &Operation,
    values_: &[T],
) {
    assert_eq!(values::<T>(c2s, operation, false), values_, "the request");
    assert_eq!(values::<T>(s2c, operation, true), values_, "the reply");
}

macro_rules! echoes {
    ($name:literal, $operation:expr, $($value:expr),*) => {
        echoes(
            include_bytes!(concat!("../vectors/", $name, ".c2s.bin")),
            include_bytes!(concat!("../vectors/", $name, ".s2c.bin")),
            &$operation,
            &[$($value),*],
        )
    };
}

fn date() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_709_210_096_789).unwrap()
}

fn numbers() -> Vec<u8> {
    (0..1000_u32).map(|number| number as u8).collect()
}

const GUID: Uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);

#[test]
fn texts_of_the_peer_are_read() {
    let send = text("Send", "data", <()>::shape);
    let some = |text: &str| Some(text.to_owned());
    let sent = |stream: &[u8]| values::<Option<String>>(stream, &send, false);
    assert_eq!(sent(vector!("send.c2s")), [some("Hello, World!")]);
    assert_eq!(sent(vector!("send2.c2s")), [some("first"), some("second")]);
    assert_eq!(sent(vector!("ms-oneway2.c2s")), [some("first"), some("second")]);
    assert_eq!(sent(vector!("empty.c2s")), [some("")]);
    assert_eq!(sent(vector!("null.c2s")), [None]);
    assert_eq!(sent(vector!("unicode.c2s")), [some("h\u{e9}llo 日本語 😀")]);
    assert_eq!(sent(vector!("s300.c2s")), [Some("x".repeat(300))]);
    assert_eq!(sent(vector!("s70000.c2s")), [Some("y".repeat(70_000))]);
    let echo = text("Echo", "text", <Option<String>>::shape);
    echoes!("echo", echo, some("ping"));
    echoes!("echo2", echo, some("one"), some("two"));
    echoes!("echonull", echo, None::<String>);
}

#[test]
fn values_of_the_peer_are_read() {
    echoes!("double", echo::<f64>("EchoDouble"), std::f64::consts::PI);
    echoes!("float", echo::<f32>("EchoFloat"), 1.5_f32);
    echoes!("bool", echo::<bool>("EchoBool"), true);
    echoes!("long", echo::<i64>("EchoLong"), 1_i64 << 40);
    echoes!("ulong", echo::<u64>("EchoULong"), u64::MAX);
    echoes!("date", echo::<DateTime<Utc>>("EchoDate"), date());
    let unspecified = "2024-02-29T12:34:56".parse::<NaiveDateTime>().unwrap();
    echoes!("datelocal", echo::<NaiveDateTime>("EchoDate"), unspecified);
    echoes!("guid", echo::<Uuid>("EchoGuid"), GUID);
    echoes!("char", echo::<char>("EchoChar"), 'A');
    echoes!("bytes", echo::<Vec<u8>>("EchoBytes"), numbers());
    echoes!("bytes0", echo::<Vec<u8>>("EchoBytes"), Vec::<u8>::new());
    echoes!("ints", echo::<Vec<i32>>("EchoInts"), vec![1, -2, 300_000]);
    echoes!("node", echo::<Node>("EchoNode"), tree());
    assert_eq!(values::<i32>(vector!("add.c2s"), &add(), false), [2, 40]);
    assert_eq!(values::<i32>(vector!("add.s2c"), &add(), true), [42]);
    assert_eq!(values::<i32>(vector!("addbig.c2s"), &add(), false), [1_000_000, -70_000]);
    assert_eq!(values::<i32>(vector!("addbig.s2c"), &add(), true), [930_000]);
    let nothing = operation("Nothing", &[], <()>::shape);
    assert_eq!(values::<()>(vector!("nothing.c2s"), &nothing, false), []);
    assert_eq!(values::<()>(vector!("nothing.s2c"), &nothing, true), []);
}

/// What writes or reads the members of one message.
type Write<'a> = &'a dyn Fn(&mut dyn Writer) -> Result<()>;

struct Session {
    bytes: Vec<u8>,
    encoder: session::Encoder,
    decoder: session::Decoder,
    memory: Memory,
    count: u16,
}

impl Session {
    fn new(bytes: Vec<u8>) -> Self {
        let decoder = session::Decoder::new(Encoding::BinarySession, nbfx::Limits::default());
        let encoder = session::Encoder::new(Encoding::BinarySession, MANY);
        Self { bytes, encoder, decoder, memory: Memory::default(), count: 0 }
    }

    /// The ids that were made up for these vectors count up.
    fn id(&mut self) -> Id<'static> {
        self.count += 1;
        let counted = u128::from(self.count);
        Guid::from_u128(0x0000_0000_1111_2222_3333_4444_4444_0000 | counted).into()
    }

    fn message(
        &mut self,
        headers: &Outgoing<'_>,
        operation: &Operation,
        answer: bool,
        write: Write<'_>,
    ) {
        let memory = &mut self.memory;
        let record = self.encoder.message(headers, |writer| {
            let begin = if answer { Encoder::answer } else { Encoder::arguments };
            let mut encoder = begin(writer, operation, TEMPURI, memory);
            write(&mut encoder)?;
            encoder.finish()
        });
        self.bytes.extend_from_slice(record.unwrap());
    }

    fn request(&mut self, operation: &Operation, write: Write<'_>) {
        let (action, id) = (soap::action(TEMPURI, "IPeer", &operation.name), self.id());
        self.message(&Outgoing::request(&action, VIA, &id), operation, false, write);
    }

    /// Asks an operation with one parameter; what was written is read again.
    fn ask<T: Data + Debug + PartialEq>(&mut self, operation: &Operation, value: T) {
        let before = self.bytes.len();
        self.request(operation, &|to| {
            to.member(0)?;
            value.write(to)
        });
        let envelope = envelopes(&self.bytes[before..])[0];
        assert_eq!(body::<T>(&mut self.decoder, envelope, operation, false), [value]);
    }

    fn reply(&mut self, operation: &Operation, write: Write<'_>) {
        let (action, id) = (soap::reply_action(TEMPURI, "IPeer", &operation.name), self.id());
        self.message(&Outgoing::reply(&action, &id), operation, true, write);
    }
}

#[track_caller]
fn assert_same(built: &[u8], vector: &[u8]) {
    let same = built.iter().zip(vector).take_while(|(a, b)| a == b).count();
    assert!(built == vector, "differs from byte {same} on");
}

#[test]
fn requests_are_written_as_microsoft_writes_them() {
    let mut bytes = Vec::new();
    Opening::duplex(VIA).encode(&mut bytes);
    let mut session = Session::new(bytes);
    let text = text("Echo", "text", <Option<String>>::shape);
    for value in [Some("ping"), Some(""), None] {
        session.ask(&text, value.map(str::to_owned));
    }
    session.request(&add(), &|to| {
        to.member(0)?;
        2.write(to)?;
        to.member(1)?;
        (-70_000).write(to)
    });
    // Read as well, for the strings that it brought.
    let last = *envelopes(&session.bytes).last().unwrap();
    assert_eq!(body::<i32>(&mut session.decoder, last, &add(), false), [2, -70_000]);
    session.ask(&echo::<f64>("EchoDouble"), std::f64::consts::PI);
    session.ask(&echo::<bool>("EchoBool"), true);
    session.ask(&echo::<DateTime<Utc>>("EchoDate"), date());
    session.ask(&echo::<Vec<u8>>("EchoBytes"), numbers());
    session.ask(&echo::<Vec<i32>>("EchoInts"), vec![1, -2, 300_000]);
    session.ask(&echo::<Decimal>("EchoDecimal"), Decimal::new(-12_345_678, 3));
    session.ask(&echo::<Uuid>("EchoGuid"), GUID);
    session.ask(&echo::<TimeDelta>("EchoSpan"), TimeDelta::milliseconds(93_784_005));
    session.ask(&echo::<u64>("EchoULong"), u64::MAX);
    session.ask(&echo::<Colour>("EchoEnum"), Colour::Green);
    session.ask(&echo::<char>("EchoChar"), 'A');
    let strings = vec![Some("a".to_owned()), None, Some(String::new())];
    session.ask(&echo::<Vec<Option<String>>>("EchoStrings"), strings);
    session.ask(&echo::<BTreeMap<String, i32>>("EchoMap"), BTreeMap::from([("k".to_owned(), 9)]));
    session.ask(&echo::<Option<i32>>("EchoNullable"), None::<i32>);
    session.ask(&echo::<Node>("EchoNode"), tree());
    session.request(&operation("Nothing", &[], <()>::shape), &|_| Ok(()));
    Record::End.encode(&mut session.bytes);
    assert_same(&session.bytes, vector!("ms-requests.c2s"));
}

#[test]
fn replies_are_written_as_microsoft_writes_them() {
    let mut bytes = Vec::new();
    Record::PreambleAck.encode(&mut bytes);
    let mut session = Session::new(bytes);
    let echo = text("Echo", "text", <Option<String>>::shape);
    for value in [Some("ping"), Some(""), None] {
        session.reply(&echo, &|to| {
            to.member(0)?;
            value.write(to)
        });
    }
    session.reply(&add(), &|to| {
        to.member(0)?;
        (-69_998).write(to)
    });
    let all = vector!("ms-replies.s2c");
    // Faults follow.
    assert_same(&session.bytes, &all[..session.bytes.len()]);
    assert_eq!(envelopes(&session.bytes).len(), 4);
}

#[test]
fn a_result_of_nothing_has_no_element() {
    let nothing = operation("Nothing", &[], <()>::shape);
    let mut session = Session::new(Vec::new());
    session.reply(&nothing, &|to| {
        to.member(0)?;
        ().write(to)
    });
    assert_eq!(values::<()>(&session.bytes, &nothing, true), []);
}
