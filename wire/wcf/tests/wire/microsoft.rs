//! The streams in Microsoft's layout, built from nothing with our encoder, byte for byte.

use crate::stream::part_lengths;
use samebox_wcf_wire::Error;
use samebox_wcf_wire::framing::{Encoding, Fault as FramingFault, Opening, Record};
use samebox_wcf_wire::nbfx::{Array, Writer};
use samebox_wcf_wire::session::Encoder;
use samebox_wcf_wire::soap::{self, Fault, Id, Outgoing};
use samebox_wcf_wire::value::{DateTime, Decimal, Guid, Kind};

const VIA: &str = "net.tcp://localhost:9140/peer";
const CONTRACT: &str = "http://tempuri.org/";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The ids that were made up for these vectors count up.
fn id(count: u16) -> Id<'static> {
    Guid::from_u128(0x0000_0000_1111_2222_3333_4444_4444_0000 | u128::from(count)).into()
}

fn assert_same(built: &[u8], vector: &[u8]) {
    let same = built.iter().zip(vector).take_while(|(a, b)| a == b).count();
    let part = part_lengths(vector).into_iter().scan(0, |end, part| {
        *end += part;
        Some(*end)
    });
    let part = part.take_while(|end| *end <= same).count();
    assert!(built == vector, "differs from byte {same} on, in record {part}");
}

struct Stream {
    bytes: Vec<u8>,
    encoder: Encoder,
}

impl Stream {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, encoder: Encoder::new(Encoding::BinarySession, 65_536) }
    }

    fn message(&mut self, headers: &Outgoing<'_>, body: impl FnOnce(&mut Writer<'_>)) {
        let record = self.encoder.message(headers, |writer| {
            body(writer);
            Ok::<(), Error>(())
        });
        self.bytes.extend_from_slice(record.unwrap());
    }

    fn end(mut self) -> Vec<u8> {
        Record::End.encode(&mut self.bytes);
        self.bytes
    }
}

/// An element of the contract.
fn element(writer: &mut Writer<'_>, name: &str, inside: impl FnOnce(&mut Writer<'_>)) {
    writer.start("", name);
    inside(writer);
    writer.end();
}

/// The element around all parameters.
fn wrapper(writer: &mut Writer<'_>, name: &str, inside: impl FnOnce(&mut Writer<'_>)) {
    element(writer, name, |writer| {
        writer.xmlns("", CONTRACT);
        inside(writer);
    });
}

fn nil(writer: &mut Writer<'_>, prefix: &str) {
    writer.attribute(prefix, "nil", true);
    writer.xmlns(prefix, INSTANCE);
}

fn opening() -> Vec<u8> {
    let mut bytes = Vec::new();
    Opening::duplex(VIA).encode(&mut bytes);
    bytes
}

#[test]
fn one_way_messages_are_microsofts() {
    let mut stream = Stream::new(opening());
    for text in ["first", "second"] {
        let action = soap::action(soap::DEFAULT_NAMESPACE, "IPeer", "Send");
        stream.message(&Outgoing::one_way(&action, VIA), |writer| {
            wrapper(writer, "Send", |writer| element(writer, "data", |writer| writer.text(text)));
        });
    }
    assert_same(&stream.end(), include_bytes!("../vectors/ms-oneway2.c2s.bin"));
}

/// One member of a class, written in the class's namespace.
fn member(writer: &mut Writer<'_>, name: &str, inside: impl FnOnce(&mut Writer<'_>)) {
    writer.start("b", name);
    inside(writer);
    writer.end();
}

fn node(writer: &mut Writer<'_>) {
    writer.xmlns("b", "urn:samebox:peer");
    writer.xmlns("i", INSTANCE);
    member(writer, "Blob", |writer| writer.text(&[1, 2, 3][..]));
    member(writer, "Children", |writer| {
        member(writer, "Node", |writer| {
            member(writer, "Blob", |writer| writer.attribute("i", "nil", true));
            member(writer, "Children", |_| {});
            member(writer, "Id", |writer| writer.text(-7));
            member(writer, "Maybe", |writer| writer.text("set"));
            member(writer, "Name", |writer| writer.text("kid é"));
            member(writer, "Late", |writer| writer.text(0.0));
        });
        member(writer, "Node", |writer| writer.attribute("i", "nil", true));
    });
    member(writer, "Id", |writer| writer.text(1));
    member(writer, "Name", |writer| writer.text("root"));
    member(writer, "Late", |writer| writer.text(2.5));
}

fn collection(writer: &mut Writer<'_>) {
    writer.xmlns("b", ARRAYS);
    writer.xmlns("i", INSTANCE);
}

type Body = fn(&mut Writer<'_>);

/// Every request: the operation and what is inside its wrapper.
const REQUESTS: [(&str, Body); 20] = [
    ("Echo", |w| element(w, "text", |w| w.text("ping"))),
    ("Echo", |w| element(w, "text", |w| w.text(""))),
    ("Echo", |w| element(w, "text", |w| nil(w, "b"))),
    ("Add", |w| {
        element(w, "a", |w| w.text(2));
        element(w, "b", |w| w.text(-70_000));
    }),
    ("EchoDouble", |w| element(w, "v", |w| w.text(std::f64::consts::PI))),
    ("EchoBool", |w| element(w, "v", |w| w.text(true))),
    ("EchoDate", |w| {
        let date = DateTime::parse("2024-02-29T12:34:56.789Z").unwrap();
        assert_eq!(date.kind(), Kind::Utc);
        element(w, "v", |w| w.text(date));
    }),
    ("EchoBytes", |w| {
        let bytes: Vec<_> = (0..1000).map(|n| n as u8).collect();
        element(w, "v", |w| w.text(&bytes[..]));
    }),
    ("EchoInts", |w| {
        element(w, "v", |w| {
            let start = |w: &mut Writer<'_>| {
                w.start("", "int");
                w.xmlns("", ARRAYS);
            };
            w.array(start, Array::I32(&[1, -2, 300_000]));
        });
    }),
    ("EchoDecimal", |w| element(w, "v", |w| w.text(Decimal::parse("-12345.678").unwrap()))),
    ("EchoGuid", |w| element(w, "v", |w| w.text("00112233-4455-6677-8899-aabbccddeeff"))),
    ("EchoSpan", |w| element(w, "v", |w| w.text("P1DT2H3M4.005S"))),
    ("EchoULong", |w| element(w, "v", |w| w.text("18446744073709551615"))),
    ("EchoEnum", |w| element(w, "v", |w| w.text("Green"))),
    ("EchoChar", |w| element(w, "v", |w| w.text(65))),
    ("EchoStrings", |w| {
        element(w, "v", |w| {
            collection(w);
            member(w, "string", |w| w.text("a"));
            member(w, "string", |w| w.attribute("i", "nil", true));
            member(w, "string", |w| w.text(""));
        });
    }),
    ("EchoMap", |w| {
        element(w, "v", |w| {
            collection(w);
            member(w, "KeyValueOfstringint", |w| {
                member(w, "Key", |w| w.text("k"));
                member(w, "Value", |w| w.text(9));
            });
        });
    }),
    ("EchoNullable", |w| element(w, "v", |w| nil(w, "i"))),
    ("EchoNode", |w| element(w, "v", node)),
    ("Nothing", |_| {}),
];

#[test]
fn requests_with_every_kind_of_value_are_microsofts() {
    let mut stream = Stream::new(opening());
    for (count, (operation, body)) in (1..).zip(REQUESTS) {
        let action = soap::action(soap::DEFAULT_NAMESPACE, "IPeer", operation);
        stream.message(&Outgoing::request(&action, VIA, &id(count)), |writer| {
            wrapper(writer, operation, body);
        });
    }
    assert_same(&stream.end(), include_bytes!("../vectors/ms-requests.c2s.bin"));
}

const REPLIES: [(&str, &str, Body); 4] = [
    ("Echo", "EchoResult", |w| w.text("ping")),
    ("Echo", "EchoResult", |w| w.text("")),
    ("Echo", "EchoResult", |w| nil(w, "b")),
    ("Add", "AddResult", |w| w.text(-69_998)),
];

#[test]
fn replies_and_faults_are_microsofts() {
    let mut ack = Vec::new();
    Record::PreambleAck.encode(&mut ack);
    let mut stream = Stream::new(ack);
    for (count, (operation, result, body)) in (1..).zip(REPLIES) {
        let action = soap::reply_action(soap::DEFAULT_NAMESPACE, "IPeer", operation);
        stream.message(&Outgoing::reply(&action, &id(count)), |writer| {
            wrapper(writer, &format!("{operation}Response"), |writer| {
                element(writer, result, body)
            });
        });
    }
    let internal = "The server was unable to process the request due to an internal error.";
    let faults = [
        (soap::ACTION_FAULT, Fault::sender("because")),
        (soap::ACTION_DISPATCHER_FAULT, Fault::internal(internal)),
        (soap::ACTION_ADDRESSING_FAULT, Fault::action_not_supported("no such action")),
    ];
    for (count, (action, fault)) in (0x14..).zip(faults) {
        let id = id(count);
        stream.message(&Outgoing::fault(action, Some(&id)), |writer| {
            fault.write(writer, None::<fn(&mut Writer<'_>)>);
        });
    }
    assert_same(&stream.end(), include_bytes!("../vectors/ms-replies.s2c.bin"));
}

#[test]
fn openings_and_their_refusals_are_microsofts() {
    let opening =
        Opening::duplex("net.uds:/tmp/samebox.sock").with_upgrade("application/unixposix");
    let mut bytes = Vec::new();
    opening.encode(&mut bytes);
    Record::PreambleEnd.encode(&mut bytes);
    let vector = include_bytes!("../vectors/ms-uds-posix.c2s.bin");
    assert_eq!(bytes.len(), vector.len());
    assert_same(&bytes, vector);
    let mut bytes = Vec::new();
    FramingFault::EndpointNotFound.encode(&mut bytes);
    assert_same(&bytes, include_bytes!("../vectors/ms-endpoint-notfound.s2c.bin"));
}
