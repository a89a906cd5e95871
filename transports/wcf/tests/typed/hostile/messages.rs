use super::raw::{Raw, echo};
use crate::support::{self, Hosting, host};
use samebox_wcf::NetTcp;
use samebox_wcf_wire::mb;
use samebox_wcf_wire::nbfx::{Name, Writer};

const ECHO: &str = "http://tempuri.org/IOffice/Echo";

fn office() -> Hosting {
    host(&NetTcp, "net.tcp://localhost:0/Office")
}

/// A record of an envelope.
fn record(envelope: &[u8]) -> Vec<u8> {
    let mut bytes = vec![6];
    mb::encode(envelope.len() as u32, &mut bytes);
    bytes.extend_from_slice(envelope);
    bytes
}

#[test]
fn a_message_that_no_operation_takes_is_answered_with_a_fault_and_the_session_goes_on() {
    let office = office();
    let mut raw = Raw::open(office.endpoint());
    raw.ask(1, "http://tempuri.org/IOffice/Nope", |writer| echo(writer, "x"));
    let answer = raw.answer();
    assert_eq!((answer.relates_to, answer.fault.as_deref()), (Some(1), Some("ActionNotSupported")));
    assert_eq!(answer.action, "http://www.w3.org/2005/08/addressing/fault");

    raw.ask_at("net.tcp://localhost/Elsewhere", 2, ECHO, |writer| echo(writer, "x"));
    let answer = raw.answer();
    assert_eq!(answer.fault.as_deref(), Some("DestinationUnreachable"));
    assert!(answer.text.contains("/Elsewhere"), "{answer:?}");

    for (number, body) in [
        (3, (|writer: &mut Writer<'_>| writer.start("", "Other")) as fn(&mut Writer<'_>)),
        (4, |writer| {
            writer.start("", "Echo");
            writer.xmlns("", "http://tempuri.org/");
        }),
    ] {
        raw.ask(number, ECHO, |writer| {
            body(writer);
            writer.end();
        });
        let answer = raw.answer();
        assert_eq!(answer.relates_to, Some(number));
        assert_eq!(answer.fault.as_deref(), Some("DeserializationFailed"), "{answer:?}");
    }
    raw.expect_echo("and it goes on");
}

#[test]
fn hosts_ports_and_case_of_an_address_make_no_difference() {
    let office = office();
    let mut raw = Raw::open(office.endpoint());
    for to in ["net.tcp://elsewhere:1/OFFICE", "net.tcp://localhost/office/"] {
        raw.ask_at(to, 5, ECHO, |writer| echo(writer, to));
        assert_eq!(raw.answer().text, to);
    }
}

/// An envelope with a header of its own, that must be understood or not.
fn with_header(via: &str, must: u8) -> Vec<u8> {
    use samebox_wcf_wire::dictionary::id;
    let mut bytes = vec![0];
    let mut writer = Writer::new(&mut bytes, None);
    writer.start("s", Name::Id(id::ENVELOPE));
    writer.xmlns("s", Name::Id(id::SOAP));
    writer.xmlns("a", Name::Id(id::ADDRESSING));
    writer.start("s", Name::Id(id::HEADER));
    writer.start("h", "Secret");
    writer.attribute("s", Name::Id(id::MUST_UNDERSTAND), i64::from(must));
    writer.xmlns("h", "urn:h");
    writer.end();
    for (name, value) in [(id::ACTION, ECHO), (id::TO, via), (id::MESSAGE_ID, "urn:one")] {
        writer.start("a", Name::Id(name));
        writer.text(value);
        writer.end();
    }
    writer.end();
    writer.start("s", Name::Id(id::BODY));
    echo(&mut writer, "x");
    writer.end();
    writer.end();
    record(&bytes)
}

#[test]
fn a_header_that_must_be_understood_is_told_and_others_are_passed_over() {
    let office = office();
    let mut raw = Raw::open(office.endpoint());
    let message = with_header(&raw.via.clone(), 0);
    raw.write(&message);
    assert_eq!(raw.answer().text, "x");
    let message = with_header(&raw.via.clone(), 1);
    raw.write(&message);
    let answer = raw.answer();
    assert_eq!(answer.fault.as_deref(), Some("MustUnderstand"), "{answer:?}");
    assert!(answer.text.contains("Secret"), "{answer:?}");
}

#[test]
fn broken_messages_end_their_session_and_no_other() {
    let mut office = office();
    let client = office.client();
    let deep: Vec<u8> = [&[0][..], &b"\x40\x01a".repeat(10_000)].concat();
    let strings = vec![b'x'; 3000];
    let mut flood = Vec::new();
    mb::encode(3002, &mut flood);
    mb::encode(3000, &mut flood);
    flood.extend(&strings);
    for envelope in
        [&deep[..], &flood, b"", b"\0", b"\x05", b"\0\x42\xFF\xFF\xFF\xFF\x07", b"\0\xFF"]
    {
        let mut raw = Raw::open(office.endpoint());
        raw.pour(&record(envelope));
        raw.expect_end();
        assert_eq!(support::echo(&*client, "undisturbed").unwrap(), "undisturbed");
    }
    office.expect_fault("does not keep to WCF's wire");
}

#[test]
fn strings_of_a_session_are_bounded_over_all_its_messages() {
    let office = office();
    let mut raw = Raw::open(office.endpoint());
    raw.expect_echo("one");
    let mut ended = false;
    for number in 0..100 {
        // Each message brings strings that it does not use.
        let mut block = Vec::new();
        let text = format!("string {number:093}");
        mb::encode(text.len() as u32, &mut block);
        block.extend_from_slice(text.as_bytes());
        let mut envelope = Vec::new();
        mb::encode(block.len() as u32, &mut envelope);
        envelope.extend_from_slice(&block);
        envelope.extend_from_slice(&with_header(&raw.via.clone(), 0)[4..]);
        raw.pour(&record(&envelope));
        ended = raw.record().is_none_or(|record| record == [7]);
        if ended {
            assert!((10..=21).contains(&number), "it ended after {number}");
            break;
        }
    }
    assert!(ended, "nothing bounds the strings of a session");
}

#[test]
fn a_size_above_the_limit_is_told_before_it_is_read() {
    let mut office = office();
    let client = office.client();
    for size in [(16 << 20) + 1, mb::MAX] {
        let mut raw = Raw::open(office.endpoint());
        let mut head = vec![6];
        mb::encode(size, &mut head);
        raw.write(&head);
        raw.expect_refusal("MaxMessageSizeExceededFault");
        raw.expect_end();
    }
    office.expect_fault("too large");
    assert_eq!(support::echo(&*client, "undisturbed").unwrap(), "undisturbed");
}

#[test]
fn half_a_message_is_waited_for_no_longer_than_stall() {
    let mut office = host(&NetTcp, "net.tcp://localhost:0/Office?stall=100ms");
    let mut raw = Raw::open(office.endpoint());
    raw.write(&[6, 100, 0, 0]);
    raw.expect_end();
    office.expect_fault("half sent");
}

#[test]
fn a_connection_carries_sessions_one_after_the_other() {
    let office = office();
    let mut raw = Raw::open(office.endpoint());
    for _ in 0..3 {
        raw.expect_echo("strings begin anew");
        raw.write(&[7]);
        assert_eq!(raw.record(), Some(vec![7]));
        raw.begin();
    }
    assert_eq!(office.office.sessions.load(std::sync::atomic::Ordering::SeqCst), 4);
}

#[test]
fn answers_to_calls_that_were_not_made_are_dropped() {
    let office = office();
    let mut raw = Raw::open(office.endpoint());
    let id = samebox_wcf_wire::soap::Id::from_text("urn:never");
    let head = samebox_wcf_wire::soap::Outgoing::reply(ECHO, &id);
    for _ in 0..1000 {
        let reply = raw.encoder.message(&head, |_| Ok::<(), samebox_wcf_wire::Error>(()));
        let reply = reply.unwrap().to_vec();
        raw.write(&reply);
    }
    raw.expect_echo("undisturbed");
}
