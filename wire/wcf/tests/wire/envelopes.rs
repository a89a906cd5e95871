//! Envelopes as .NET and Mono write them, and stranger ones, read into headers, faults and trees.

use crate::stream::{Part, parts};
use samebox_data::Value;
use samebox_wcf_wire::framing::{Encoding, Record};
use samebox_wcf_wire::nbfx::{self, Event, Memory, Name, Reader, Writer};
use samebox_wcf_wire::session::{Decoder, Encoder};
use samebox_wcf_wire::soap::{self, Code, Fault, Id, Incoming, Outgoing, QName};
use samebox_wcf_wire::untyped::{self, read_members};
use samebox_wcf_wire::value::Guid;
use samebox_wcf_wire::{Error, Limited, dictionary};
use std::borrow::Cow;

/// Runs `look` over every envelope of a stream, its headers read.
fn envelopes(stream: &[u8], mut look: impl FnMut(usize, Incoming<'_>, &mut Reader<'_, '_>)) {
    let mut sized = Decoder::new(Encoding::BinarySession, nbfx::Limits::default());
    let mut whole = Decoder::new(Encoding::Binary, nbfx::Limits::default());
    let mut count = 0;
    for part in parts(stream).0 {
        let (decoder, bytes) = match part {
            Part::Plain(_) => continue,
            Part::Sized(envelope) => (&mut sized, envelope),
            Part::Unsized(chunks) => (&mut whole, chunks.concat()),
        };
        let mut reader = decoder.reader(&bytes).unwrap();
        let incoming = Incoming::read(&mut reader).unwrap();
        look(count, incoming, &mut reader);
        count += 1;
    }
}

fn body_text(reader: &mut Reader<'_, '_>) -> String {
    loop {
        match reader.next().unwrap().unwrap() {
            Event::Start(_) => {}
            Event::Text(text) => return text.to_str().into_owned(),
            Event::End => return String::new(),
        }
    }
}

#[test]
fn a_request_and_its_reply_of_mono_belong_together() {
    let mut asked = Vec::new();
    envelopes(include_bytes!("../vectors/echo2.c2s.bin"), |_, incoming, reader| {
        assert_eq!(incoming.action.as_deref(), Some("http://tempuri.org/IPeer/Echo"));
        assert_eq!(incoming.to.as_deref(), Some("net.tcp://localhost:9140/peer"));
        assert_eq!(incoming.reply_to.as_deref(), Some(soap::ANONYMOUS));
        assert_eq!((incoming.relates_to, incoming.not_understood), (None, None));
        assert!(incoming.body.unwrap().is("http://tempuri.org/", "Echo"));
        asked.push((incoming.message_id.unwrap().into_owned(), body_text(reader)));
    });
    assert_eq!(asked.len(), 2);
    envelopes(include_bytes!("../vectors/echo2.s2c.bin"), |count, incoming, reader| {
        assert_eq!(incoming.relates_to.as_ref(), Some(&asked[count].0));
        assert_eq!((incoming.to.as_ref(), incoming.is_fault()), (None, false));
        assert!(incoming.body.unwrap().is("http://tempuri.org/", "EchoResponse"));
        assert_eq!(body_text(reader), asked[count].1);
    });
}

#[test]
fn a_streamed_envelope_reads_like_any_other() {
    let mut count = 0;
    envelopes(include_bytes!("../vectors/streamed-echo.c2s.bin"), |_, incoming, reader| {
        assert_eq!(incoming.action.as_deref(), Some("http://tempuri.org/IPeer/Echo"));
        assert_eq!(body_text(reader), "ping");
        count += 1;
    });
    assert_eq!(count, 1);
}

fn fault_of(stream: &[u8], number: usize) -> Fault<'static> {
    let mut found = None;
    envelopes(stream, |count, incoming, reader| {
        if count == number {
            assert!(incoming.is_fault());
            let (fault, detail) = Fault::read(reader).unwrap();
            assert_eq!(detail, None);
            found = Some(owned(&fault));
        }
    });
    found.unwrap()
}

fn owned(fault: &Fault<'_>) -> Fault<'static> {
    let name = |name: &QName<'_>| QName {
        namespace: Cow::Owned(name.namespace.to_string()),
        name: Cow::Owned(name.name.to_string()),
    };
    let code = match &fault.code {
        Code::Other(other) => Code::Other(name(other)),
        Code::Sender => Code::Sender,
        _ => Code::Receiver,
    };
    let subcodes = fault.subcodes.iter().map(name).collect();
    let language = fault.language.to_string().into();
    Fault { code, subcodes, reason: fault.reason.to_string().into(), language }
}

#[test]
fn faults_of_microsoft_are_read_with_their_codes() {
    let stream = include_bytes!("../vectors/ms-replies.s2c.bin");
    assert_eq!(fault_of(stream, 4), Fault::sender("because"));
    assert!(fault_of(stream, 5).has_subcode(soap::DISPATCHER, "InternalServiceFault"));
    assert_eq!(fault_of(stream, 6), Fault::action_not_supported("no such action"));
}

#[test]
fn faults_of_mono_are_read_though_they_lack_prefixes() {
    let fault = fault_of(include_bytes!("../vectors/fail.s2c.bin"), 0);
    assert_eq!((fault.code, &*fault.reason, &*fault.language), (Code::Sender, "because", ""));
    let fault = fault_of(include_bytes!("../vectors/crash.s2c.bin"), 0);
    assert!(matches!(fault.code, Code::Other(_)), "{fault:?}");
    assert!(fault.has_subcode(soap::DISPATCHER, "InternalServiceFault"));
    let fault = fault_of(include_bytes!("../vectors/nope.s2c.bin"), 0);
    assert!(fault.has_subcode(soap::ADDRESSING, "ActionNotSupported"), "{fault:?}");
}

/// Encodes a message and hands it to `look` as the peer reads it.
fn through(
    headers: &Outgoing<'_>,
    body: impl FnOnce(&mut Writer<'_>),
    look: impl FnOnce(Incoming<'_>, &mut Reader<'_, '_>),
) {
    let mut encoder = Encoder::new(Encoding::BinarySession, 65_536);
    let record = encoder.message(headers, |writer| {
        body(writer);
        Ok::<(), Error>(())
    });
    let mut look = Some(look);
    envelopes(record.unwrap(), |_, incoming, reader| (look.take().unwrap())(incoming, reader));
    assert!(look.is_none());
}

#[test]
fn a_fault_comes_back_with_its_detail() {
    let mut fault = Fault::sender("no").with_subcode("urn:x", "Taken");
    fault.language = "de".into();
    let detail = |writer: &mut Writer<'_>| {
        writer.start("", "Detail");
        writer.text(42);
        writer.end();
    };
    let id = Id::from_text("any text");
    through(
        &Outgoing::fault(soap::ACTION_FAULT, Some(&id)),
        |writer| fault.write(writer, Some(detail)),
        |incoming, reader| {
            assert_eq!(incoming.relates_to, Some(id.clone()));
            let (read, detail) = Fault::read(reader).unwrap();
            assert_eq!(read, fault);
            assert!(detail.unwrap().is("", "Detail"));
            assert_eq!(reader.content().unwrap().text().to_i64(), Ok(42));
        },
    );
}

#[test]
fn callbacks_and_their_answers_have_their_headers() {
    let (ask, server) = (Id::from(Guid::from_u128(9)), "net.tcp://localhost:9000/s");
    let cases = [
        (Outgoing::callback("a"), None, None, None, soap::ANONYMOUS),
        (
            Outgoing::callback_request("a", &ask, server),
            Some(&ask),
            Some(server),
            None,
            soap::ANONYMOUS,
        ),
        (Outgoing::callback_reply("a", &ask, server), None, None, Some(&ask), server),
    ];
    for (headers, message_id, reply_to, relates_to, to) in cases {
        through(
            &headers,
            |_| {},
            |incoming, _| {
                assert_eq!((incoming.body, incoming.action.as_deref()), (None, Some("a")));
                assert_eq!(incoming.message_id.as_ref(), message_id);
                assert_eq!(incoming.reply_to.as_deref(), reply_to);
                assert_eq!(incoming.relates_to.as_ref(), relates_to);
                assert_eq!(incoming.to.as_deref(), Some(to));
            },
        );
    }
}

/// A document written by hand.
fn document(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Writer::new(&mut bytes, None));
    bytes
}

fn incoming<T>(document: &[u8], look: impl FnOnce(Result<Incoming<'_>, Error>) -> T) -> T {
    let (words, mut memory) = (dictionary::Received::new(0), Memory::default());
    let mut reader = Reader::new(document, &words, nbfx::Limits::default(), &mut memory);
    look(Incoming::read(&mut reader))
}

#[test]
fn strange_headers_are_passed_over_and_the_needed_ones_reported() {
    let bytes = document(|writer| {
        writer.start("q", Name::Inline("Envelope"));
        writer.xmlns("q", Name::Inline(soap::SOAP));
        writer.start("q", Name::Inline("Header"));
        for (must, name) in [("0", "A"), ("true", "B"), ("1", "C")] {
            writer.start("", Name::Inline(name));
            writer.attribute("q", Name::Inline("mustUnderstand"), must);
            writer.xmlns("", Name::Inline("urn:x"));
            writer.start("", Name::Inline("Action"));
            writer.end();
            writer.end();
        }
        for (name, text) in
            [("To", "here"), ("MessageID", " id "), ("Action", "do"), ("Action", "no")]
        {
            writer.start("", Name::Inline(name));
            writer.xmlns("", Name::Inline(soap::ADDRESSING));
            writer.text(text);
            writer.end();
        }
        writer.end();
        writer.start("q", Name::Inline("Body"));
        writer.attribute("", Name::Inline("x"), 7);
        writer.end();
        writer.end();
    });
    incoming(&bytes, |read| {
        let read = read.unwrap();
        assert_eq!(read.not_understood, Some(("urn:x", "B")));
        assert_eq!((read.to.as_deref(), read.action.as_deref()), (Some("here"), Some("do")));
        assert_eq!((read.message_id, read.body), (Some(Id::Text(" id ".into())), None));
    });
}

#[test]
fn an_envelope_may_lack_headers_but_not_its_body_nor_its_version() {
    let envelope = |namespace: &'static str, body: bool| {
        document(|writer| {
            writer.start("", Name::Inline("Envelope"));
            writer.xmlns("", Name::Inline(namespace));
            if body {
                writer.start("", Name::Inline("Body"));
                writer.end();
            }
            writer.end();
        })
    };
    incoming(&envelope(soap::SOAP, true), |read| assert_eq!(read.unwrap().action, None));
    let soap11 = "http://schemas.xmlsoap.org/soap/envelope/";
    for bytes in [envelope(soap::SOAP, false), envelope(soap11, true)] {
        incoming(&bytes, |read| assert!(matches!(read, Err(Error::Violation { .. })), "{read:?}"));
    }
}

#[test]
fn an_unfinished_message_leaves_no_gap_in_the_session() {
    let mut encoder = Encoder::new(Encoding::BinarySession, 200);
    let headers = Outgoing::one_way("act", "to");
    let write = |writer: &mut Writer<'_>, text: &str| {
        writer.start("", "Send");
        writer.text(text);
        writer.end();
        if text == "wrong" { Err(Error::Value { wanted: "another" }) } else { Ok(()) }
    };
    let wrong = encoder.message(&headers, |writer| write(writer, "wrong"));
    assert_eq!(wrong, Err(Error::Value { wanted: "another" }));
    let long = encoder.message(&headers, |writer| write(writer, &"x".repeat(200)));
    assert!(matches!(long, Err(Error::TooLarge { what: Limited::Message, .. })), "{long:?}");
    let mut stream = encoder.message(&headers, |writer| write(writer, "right")).unwrap().to_vec();
    stream.extend_from_slice(encoder.message(&headers, |writer| write(writer, "again")).unwrap());
    let mut texts = Vec::new();
    envelopes(&stream, |_, incoming, reader| {
        assert_eq!(incoming.action.as_deref(), Some("act"));
        texts.push(body_text(reader));
    });
    assert_eq!(texts, ["right", "again"]);
}

#[test]
fn both_sides_start_anew_after_an_end() {
    let mut encoder = Encoder::new(Encoding::BinarySession, 65_536);
    let mut decoder = Decoder::new(Encoding::BinarySession, nbfx::Limits::default());
    let message = |encoder: &mut Encoder, decoder: &mut Decoder| {
        let headers = Outgoing::one_way("act", "to");
        let record = encoder.message(&headers, |_| Ok::<(), Error>(())).unwrap();
        let (record, _) = samebox_wcf_wire::framing::decode(record, &Default::default()).unwrap();
        let Record::SizedEnvelope(envelope) = record else { panic!("{record:?}") };
        let mut reader = decoder.reader(envelope).unwrap();
        assert_eq!(Incoming::read(&mut reader).unwrap().action.as_deref(), Some("act"));
        envelope.len()
    };
    let first = message(&mut encoder, &mut decoder);
    assert!(message(&mut encoder, &mut decoder) < first);
    encoder.restart();
    decoder.restart();
    assert_eq!(message(&mut encoder, &mut decoder), first);
}

#[test]
fn a_body_of_unknown_shape_becomes_values() {
    let mut seen = false;
    envelopes(include_bytes!("../vectors/node.s2c.bin"), |_, incoming, reader| {
        assert!(incoming.body.unwrap().is("http://tempuri.org/", "EchoNodeResponse"));
        let members = read_members(reader, untyped::Limits::default()).unwrap();
        let [(name, Value::Structure(node))] = &members[..] else { panic!("{members:?}") };
        assert_eq!(
            (name.as_str(), node.namespace.as_deref()),
            ("EchoNodeResult", Some("urn:samebox:peer"))
        );
        let member = |name| &node.members.iter().find(|member| member.0 == name).unwrap().1;
        assert_eq!((member("Blob"), member("Id")), (&Value::Bytes(vec![1, 2, 3]), &Value::Int(1)));
        let Value::List(children) = member("Children") else { panic!("{members:?}") };
        assert_eq!((children.len(), &children[1]), (2, &Value::Null));
        seen = true;
    });
    assert!(seen);
    envelopes(include_bytes!("../vectors/ints.s2c.bin"), |_, _, reader| {
        let members = read_members(reader, untyped::Limits::default()).unwrap();
        let ints = [1, -2, 300_000].map(Value::Int).to_vec();
        assert_eq!(members, [("EchoIntsResult".to_owned(), Value::List(ints))]);
    });
}

#[test]
fn text_out_of_dictionaries_has_a_limit() {
    let text = [vec![0x40, 1, b'n'], [0xAA, 4].repeat(100), vec![1]].concat();
    let word = dictionary::static_string(4).unwrap().len();
    for (words, fits) in [(100 * word, true), (100 * word - 1, false)] {
        let (received, mut memory) = (dictionary::Received::new(0), Memory::default());
        let limits = nbfx::Limits { words, ..nbfx::Limits::default() };
        let mut reader = Reader::new(&text, &received, limits, &mut memory);
        reader.next().unwrap();
        match reader.content() {
            Ok(content) => assert!(fits && content.into_str().len() == 100 * word),
            Err(Error::TooLarge { what, .. }) => assert!(!fits && what == Limited::Words),
            Err(other) => panic!("{other}"),
        }
    }
}
