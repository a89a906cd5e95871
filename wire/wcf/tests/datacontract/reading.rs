//! Forms that are read though nobody here writes them, and what is refused.

use crate::model::{Colour, Inner, Node};
use crate::wire::{TEMPURI, decode, document, encode, full, operation, read_document, simple};
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use rust_decimal::Decimal;
use samebox_data::{Data, Encode, Error, Reader, Result};
use samebox_wcf_wire::datacontract::{Decoder, Memory};
use samebox_wcf_wire::dictionary::Received;
use samebox_wcf_wire::nbfx::{Array, Text, Writer};
use samebox_wcf_wire::value::{Guid, TimeSpan};
use std::collections::BTreeMap;
use std::fmt::Debug;
use uuid::Uuid;

const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A body whose argument `v` holds what `content` writes.
fn argument(content: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    arguments(|writer| {
        writer.start("", "v");
        content(writer);
        writer.end();
    })
}

fn arguments(content: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let body = document(None, |writer| {
        writer.start("", "Op");
        writer.xmlns("", TEMPURI);
        content(writer);
        writer.end();
        Ok(())
    });
    body.unwrap()
}

fn read<T: Data>(content: impl FnOnce(&mut Writer<'_>)) -> Result<T> {
    decode(&full::<T>(), &argument(content))
}

/// An element with text.
fn element(writer: &mut Writer<'_>, prefix: &str, name: &str, text: Text<'_>) {
    writer.start(prefix, name);
    writer.text(text);
    writer.end();
}

#[track_caller]
fn from_texts<T: Data + Debug + PartialEq>(expected: T, texts: &[Text<'_>]) {
    for text in texts {
        assert_eq!(read::<T>(|writer| writer.text(*text)).as_ref(), Ok(&expected), "{text:?}");
    }
}

#[test]
fn numbers_are_read_by_value() {
    let three = [Text::Int(3), Text::Double(3.0), Text::Chars("3"), Text::Chars(" 3\n")];
    from_texts(3_i32, &three);
    from_texts(3_u8, &three);
    from_texts(3_u64, &three);
    from_texts(3.0_f64, &three);
    from_texts(3.0_f32, &three);
    from_texts(Decimal::from(3), &three);
    from_texts('A', &[Text::Int(65), Text::Chars("65")]);
    from_texts(true, &[Text::Bool(true), Text::Int(1), Text::Chars("true"), Text::Chars("1")]);
    from_texts("1".to_owned(), &[Text::Int(1), Text::Chars("1")]);
    from_texts(u64::MAX, &[Text::UInt(u64::MAX), Text::Chars("18446744073709551615")]);
    from_texts(f64::INFINITY, &[Text::Chars("INF"), Text::Double(f64::INFINITY)]);
    assert!(read::<f64>(|writer| writer.text("NaN")).unwrap().is_nan());
}

#[test]
fn other_values_are_read_from_records_and_text() {
    let guid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    let record = Text::Guid(Guid::from_u128(guid.as_u128()));
    from_texts(guid, &[record, Text::Chars("00112233-4455-6677-8899-AABBCCDDEEFF")]);
    from_texts(
        TimeDelta::seconds(90),
        &[Text::TimeSpan(TimeSpan(900_000_000)), Text::Chars("PT1M30S")],
    );
    let date: DateTime<Utc> = "2024-02-29T12:34:56.789Z".parse().unwrap();
    let texts =
        [Text::Chars("2024-02-29T12:34:56.789Z"), Text::Chars("2024-02-29T13:34:56.789+01:00")];
    from_texts(date, &texts);
    from_texts(vec![1_u8, 2, 3, 4], &[Text::Bytes(&[1, 2, 3, 4]), Text::Chars("AQIDBA==")]);
    from_texts(Colour::Green, &[Text::Chars("Green"), Text::Chars(" Green ")]);
}

#[test]
fn pieces_of_text_and_of_bytes_belong_together() {
    let text = |writer: &mut Writer<'_>| ["a", " ", "b"].iter().for_each(|it| writer.text(*it));
    assert_eq!(read::<String>(text), Ok("a b".into()));
    let bytes = |writer: &mut Writer<'_>| {
        writer.text(&[1_u8, 2][..]);
        writer.text(&[3_u8][..]);
        writer.text("BA");
        writer.text("==");
    };
    assert_eq!(read::<Vec<u8>>(bytes), Ok(vec![1, 2, 3, 4]));
}

#[test]
fn absent_empty_and_nil_are_three_things() {
    let nothing = arguments(|_| {});
    assert_eq!(decode::<Option<String>>(&full::<Option<String>>(), &nothing), Ok(None));
    assert_eq!(decode::<i32>(&full::<i32>(), &nothing), Ok(0));
    let missing = Error::Missing { name: "v".into() };
    assert_eq!(decode::<String>(&full::<String>(), &nothing), Err(missing));
    assert_eq!(read::<Option<String>>(|_| {}), Ok(Some(String::new())));
    assert_eq!(read::<Option<Vec<u8>>>(|_| {}), Ok(Some(vec![])));
    assert_eq!(read::<Option<Vec<i32>>>(|_| {}), Ok(Some(vec![])));
    let nil = |prefix: &'static str, value: Text<'static>| {
        move |writer: &mut Writer<'_>| {
            writer.attribute(prefix, "nil", value);
            writer.xmlns(prefix, INSTANCE);
        }
    };
    for value in [Text::Bool(true), Text::Int(1), Text::Chars("true")] {
        assert_eq!(read::<Option<String>>(nil("xsi", value)), Ok(None));
    }
    assert_eq!(read::<Option<String>>(nil("i", Text::Bool(false))), Ok(Some(String::new())));
    let null = Error::Null { expected: "a string" };
    assert_eq!(read::<String>(nil("i", Text::Bool(true))), Err(null));
    assert!(matches!(read::<Vec<i32>>(nil("i", Text::Bool(true))), Err(Error::Null { .. })));
    // Another attribute of that name means nothing.
    let other = |writer: &mut Writer<'_>| writer.attribute("", "nil", true);
    assert_eq!(read::<Option<String>>(other), Ok(Some(String::new())));
}

#[test]
fn lists_are_read_as_elements_and_as_arrays() {
    let array = |writer: &mut Writer<'_>| {
        let start = |writer: &mut Writer<'_>| {
            writer.start("", "int");
            writer.xmlns("", ARRAYS);
        };
        writer.array(start, Array::I16(&[1, -2]));
    };
    let elements = |writer: &mut Writer<'_>| {
        writer.xmlns("b", ARRAYS);
        writer.text(" ");
        element(writer, "b", "int", Text::Int(1));
        writer.text("\n");
        element(writer, "b", "int", Text::Chars("-2"));
        writer.text(" ");
    };
    assert_eq!(read::<Vec<i32>>(array), Ok(vec![1, -2]));
    assert_eq!(read::<Vec<i32>>(elements), Ok(vec![1, -2]));
    assert_eq!(read::<Vec<Option<f64>>>(elements), Ok(vec![Some(1.0), Some(-2.0)]));
    let bytes = |writer: &mut Writer<'_>| {
        writer.xmlns("b", ARRAYS);
        element(writer, "b", "unsignedByte", Text::Int(1));
        element(writer, "b", "unsignedByte", Text::Int(200));
    };
    assert_eq!(read::<Vec<u8>>(bytes), Ok(vec![1, 200]));
    assert!(read::<Vec<i32>>(|writer| writer.text("1 2")).is_err());
}

#[test]
fn unknown_elements_and_members_out_of_order_are_skipped() {
    let node = |writer: &mut Writer<'_>| {
        writer.attribute("i", "type", "x:Whatever");
        writer.xmlns("i", INSTANCE);
        writer.xmlns("n", "urn:samebox:peer");
        element(writer, "n", "Id", Text::Int(5));
        writer.start("n", "Strange");
        element(writer, "n", "Name", Text::Chars("inside"));
        writer.end();
        element(writer, "", "Name", Text::Chars("of another namespace"));
        element(writer, "n", "Name", Text::Chars("root"));
        element(writer, "n", "Blob", Text::Chars("AQ=="));
        element(writer, "n", "Late", Text::Int(2));
    };
    let expected = Node { id: 5, name: Some("root".into()), late: 2.0, ..Node::default() };
    assert_eq!(read::<Node>(node), Ok(expected));
}

#[test]
fn entries_of_maps_are_read_whatever_their_name() {
    let map = |writer: &mut Writer<'_>| {
        writer.xmlns("b", ARRAYS);
        for (key, value) in [("a", 1), ("b", 2)] {
            writer.start("b", "Entry");
            element(writer, "b", "Key", Text::Chars(key));
            element(writer, "b", "Value", Text::Int(value));
            element(writer, "b", "More", Text::Int(value));
            writer.end();
        }
    };
    let expected = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!(read::<BTreeMap<String, i32>>(map), Ok(expected));
    let bare = |writer: &mut Writer<'_>| element(writer, "", "Entry", Text::Chars(""));
    assert_eq!(read::<BTreeMap<i32, i32>>(bare), Err(Error::Missing { name: "Key".into() }));
}

#[test]
fn parts_that_are_not_read_are_skipped() {
    let operation = operation("Op", &[("v", Node::shape), ("w", i32::shape)], <()>::shape);
    let bytes = arguments(|writer| {
        writer.start("", "v");
        writer.xmlns("n", "urn:samebox:peer");
        element(writer, "n", "Id", Text::Int(5));
        writer.end();
        element(writer, "", "w", Text::Int(7));
        element(writer, "", "x", Text::Int(8));
    });
    for reads in [true, false] {
        let read = read_document(&bytes, &Received::new(0), |reader, element| {
            let mut memory = Memory::default();
            let mut decoder =
                Decoder::arguments(reader, element, &operation, TEMPURI, &mut memory)?;
            assert_eq!(decoder.member(), Ok(Some(0)));
            assert_eq!(decoder.member(), Ok(Some(1)));
            let value = if reads { decoder.int()? } else { 7 };
            decoder.finish()?;
            Ok(value)
        });
        assert_eq!(read, Ok(7));
    }
}

#[test]
fn what_does_not_fit_is_said_in_words() {
    let said = |result: Result<i32>| result.unwrap_err().to_string();
    assert_eq!(said(read(|writer| writer.text("seven"))), "`seven` came for a whole number");
    assert_eq!(said(read(|writer| writer.text(1_i64 << 40))), "a value does not fit an i32");
    let long = read::<Colour>(|writer| writer.text("x".repeat(1000).as_str())).unwrap_err();
    assert_eq!(long.to_string().len(), "Colour has no variant ``".len() + 40);
    assert!(read::<char>(|writer| writer.text(0xD800)).is_err());
    assert!(read::<u8>(|writer| writer.text(-1)).is_err());
    assert!(read::<DateTime<Utc>>(|writer| writer.text("yesterday")).is_err());
    assert!(read::<Vec<u8>>(|writer| writer.text("?")).is_err());
    let other = operation("Other", &[], <()>::shape);
    let wrong = decode::<i32>(&other, &argument(|_| {})).unwrap_err();
    assert_eq!(wrong.to_string(), "`Op` came for the arguments of the operation");
}

#[test]
fn depth_has_the_limit_of_the_reader() {
    let mut node = Node::default();
    for _ in 0..100 {
        node = Node { children: Some(vec![Some(Box::new(node))]), ..Node::default() };
    }
    let bytes = encode(&full::<Node>(), &node).unwrap();
    assert_eq!(decode::<Node>(&full::<Node>(), &bytes), Err(Error::TooDeep { limit: 128 }));
}

#[test]
fn an_encoder_refuses_what_would_break_the_document() {
    assert!(encode(&simple::<char>(), &char::MAX).is_err(), ".NET has no room for it");
    let refused = |write: fn(&mut dyn samebox_data::Writer) -> Result<()>| {
        let operation = full::<Vec<i32>>();
        let result = document(None, |writer| {
            use samebox_wcf_wire::datacontract::Encoder;
            let mut memory = Memory::default();
            let mut encoder = Encoder::arguments(writer, &operation, TEMPURI, &mut memory);
            write(&mut encoder)?;
            encoder.finish()
        });
        assert!(result.is_err());
    };
    refused(|to| to.int(1));
    refused(|to| to.member(1));
    refused(|to| to.end());
    refused(|to| to.item());
    refused(|to| to.member(0).and_then(|()| to.list(i32::shape(), 1)));
    refused(|to| {
        to.member(0)?;
        to.list(i32::shape(), 1)?;
        to.item()?;
        to.text("an array of numbers has no text")
    });
    refused(|to| {
        to.member(0)?;
        to.structure(match Inner::shape() {
            samebox_data::Shape::Struct(of) => of,
            _ => unreachable!(),
        })?;
        to.member(1)?;
        to.member(0)
    });
}

#[test]
fn offsets_are_read_with_text_inside() {
    let offset = |writer: &mut Writer<'_>| {
        writer.xmlns("b", "http://schemas.datacontract.org/2004/07/System");
        element(writer, "b", "DateTime", Text::Chars("2024-02-29T12:34:56Z"));
        element(writer, "b", "OffsetMinutes", Text::Int(120));
    };
    let expected: DateTime<FixedOffset> = "2024-02-29T14:34:56+02:00".parse().unwrap();
    assert_eq!(read::<DateTime<FixedOffset>>(offset), Ok(expected));
}
