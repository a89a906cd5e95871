//! Values of every type go through the wire and come back, in whatever form they are written.

use proptest::prelude::*;
use samebox_wcf_wire::dictionary::{Received, SESSION_BYTES, Sent};
use samebox_wcf_wire::nbfx::{
    Array, Content, Event, Limits, Memory, Name, Reader, Text, Word, Writer,
};
use samebox_wcf_wire::value::{DateTime, Decimal, Guid, Kind, TimeSpan};
use samebox_wcf_wire::{Error, mb};

/// Writes an element around what `write` writes, at some place in .NET's buffer.
fn document(before: usize, write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, None);
    writer.start("", Name::Inline("n"));
    writer.attribute("", Name::Inline("before"), &*"x".repeat(before));
    write(&mut writer);
    writer.end();
    bytes
}

/// Reads the element's content and makes sure that nothing is left.
fn content<T>(bytes: &[u8], look: impl FnOnce(Content<'_>) -> T) -> T {
    let (words, mut memory) = (Received::new(0), Memory::default());
    let mut reader = Reader::new(bytes, &words, Limits::default(), &mut memory);
    assert!(matches!(reader.next(), Ok(Some(Event::Start(_)))));
    let found = look(reader.content().unwrap());
    assert_eq!(reader.next(), Ok(None));
    found
}

fn through<T>(
    before: usize,
    value: Text<'_>,
    read: impl FnOnce(Text<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    content(&document(before, |writer| writer.text(value)), |content| read(content.text()))
}

/// The same as plain text, which every reader of .NET takes too.
fn as_text<T>(
    value: Text<'_>,
    read: impl FnOnce(Text<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let shown = format!(" {}\n", value.to_str());
    through(0, Text::Chars(&shown), read)
}

fn decimals() -> impl Strategy<Value = Decimal> {
    (any::<u128>(), 0..=28_u8, any::<bool>(), 32..128_u32).prop_map(
        |(digits, scale, negative, shift)| Decimal::new(digits >> shift, scale, negative).unwrap(),
    )
}

fn moments() -> impl Strategy<Value = DateTime> {
    let kinds = [Kind::Unspecified, Kind::Utc, Kind::Local];
    (0..=3_155_378_975_999_999_999_u64, 0..3_usize)
        .prop_map(move |(ticks, kind)| DateTime::new(ticks, kinds[kind]).unwrap())
}

/// Text of ASCII, of one, two and three bytes a character, and beyond the first plane.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,400}",
        "[a-zé日本😀]{0,200}",
        "[日本語]{0,700}",
        "\\PC{0,100}",
        Just("0".to_owned()),
        Just("1".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 400 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whole_numbers_come_back(value: i64, shift in 0..63_u32, before in 0..600_usize) {
        let value = value >> shift;
        prop_assert_eq!(through(before, value.into(), |text| text.to_i64()), Ok(value));
        prop_assert_eq!(as_text(value.into(), |text| text.to_i64()), Ok(value));
        let decimal = through(0, value.into(), |text| text.to_decimal()).unwrap();
        prop_assert_eq!(decimal.to_i128(), Some(i128::from(value)));
        let unsigned = value as u64;
        prop_assert_eq!(through(before, unsigned.into(), |text| text.to_u64()), Ok(unsigned));
        prop_assert_eq!(as_text(unsigned.into(), |text| text.to_u64()), Ok(unsigned));
    }

    #[test]
    fn numbers_with_a_point_come_back(bits: u64, whole: i32, before in 0..600_usize) {
        for value in [f64::from_bits(bits), f64::from(whole), f64::from(whole) * 0.5] {
            // -0.0 is written as 0, as .NET does.
            let same = |read: f64| read == value || read.is_nan() && value.is_nan();
            prop_assert!(same(through(before, value.into(), |text| text.to_f64()).unwrap()));
            prop_assert!(same(as_text(value.into(), |text| text.to_f64()).unwrap()), "{value}");
        }
        let value = f32::from_bits(bits as u32);
        let same = |read: f32| read == value || read.is_nan() && value.is_nan();
        prop_assert!(same(through(before, value.into(), |text| text.to_f32()).unwrap()));
        prop_assert!(same(as_text(value.into(), |text| text.to_f32()).unwrap()), "{value}");
    }

    #[test]
    fn decimals_come_back(value in decimals(), before in 0..600_usize) {
        prop_assert_eq!(through(before, value.into(), |text| text.to_decimal()), Ok(value));
        prop_assert_eq!(as_text(value.into(), |text| text.to_decimal()), Ok(value));
    }

    #[test]
    fn moments_and_durations_come_back(moment in moments(), ticks: i64, before in 0..600_usize) {
        prop_assert_eq!(through(before, moment.into(), |text| text.to_date_time()), Ok(moment));
        // As text a local moment is one of UTC.
        let read = as_text(moment.into(), |text| text.to_date_time()).unwrap();
        prop_assert_eq!(read.ticks(), moment.ticks());
        let span = TimeSpan(ticks);
        prop_assert_eq!(through(before, span.into(), |text| text.to_time_span()), Ok(span));
        prop_assert_eq!(as_text(span.into(), |text| text.to_time_span()), Ok(span));
    }

    #[test]
    fn ids_come_back(value: u128, before in 0..600_usize) {
        let guid = Guid::from_u128(value);
        for text in [Text::Guid(guid), Text::UniqueId(guid)] {
            prop_assert_eq!(through(before, text, |text| text.to_guid()), Ok(guid));
            prop_assert_eq!(as_text(text, |text| text.to_guid()), Ok(guid));
        }
    }

    #[test]
    fn texts_come_back(text in texts(), more in texts(), before in 0..600_usize) {
        let read = through(before, Text::Chars(&text), |text| Ok(text.to_str().into_owned()));
        prop_assert_eq!(read, Ok(text.clone()));
        // Two in a row are one.
        let both = document(before, |writer| {
            writer.text(&*text);
            writer.text(&*more);
        });
        prop_assert_eq!(content(&both, |read| read.into_str().into_owned()), text + &more);
    }

    #[test]
    fn bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..2000), before in 0..600_usize) {
        let wire = document(before, |writer| writer.text(&*bytes));
        let read = content(&wire, |content| content.into_bytes().map(|read| read.into_owned()));
        prop_assert_eq!(read, Ok(bytes.clone()));
        let read = as_text(Text::Bytes(&bytes), |text| text.to_bytes().map(|read| read.into_owned()));
        prop_assert_eq!(read, Ok(bytes));
    }

    #[test]
    fn arrays_come_back_as_elements(values in proptest::collection::vec(any::<i64>(), 1..200), before in 0..600_usize) {
        let wire = document(before, |writer| {
            writer.array(|writer| writer.start("", Name::Inline("long")), Array::I64(&values));
        });
        let (words, mut memory) = (Received::new(0), Memory::default());
        let mut reader = Reader::new(&wire, &words, Limits::default(), &mut memory);
        reader.next().unwrap();
        for (place, value) in values.iter().enumerate() {
            let Ok(Some(Event::Start(item))) = reader.next() else { panic!("an item") };
            prop_assert!(item.is("", "long"));
            prop_assert_eq!(reader.items_left(), values.len() - place - 1);
            prop_assert_eq!(reader.content().unwrap().text().to_i64(), Ok(*value));
            prop_assert_eq!(reader.items_left(), values.len() - place - 1);
        }
        prop_assert_eq!(reader.next(), Ok(Some(Event::End)));
        prop_assert_eq!(reader.next(), Ok(None));
    }

    #[test]
    fn names_come_back_by_id_or_not(names in proptest::collection::vec("[a-zé]{0,60}", 1..80), prefix in "[a-z]{0,3}") {
        let (mut sent, mut received) = (Sent::new(SESSION_BYTES), Received::new(SESSION_BYTES));
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, Some(&mut sent));
        writer.start("", "root");
        for name in &names {
            writer.start(&prefix, &**name);
            writer.xmlns(&prefix, &**name);
            writer.word(&**name);
            writer.end();
        }
        writer.end();
        let mut envelope = Vec::new();
        mb::encode(sent.news().len() as u32, &mut envelope);
        envelope.extend_from_slice(sent.news());
        envelope.extend(bytes);
        let document = received.absorb(&envelope).unwrap();
        let mut memory = Memory::default();
        let mut reader = Reader::new(document, &received, Limits::default(), &mut memory);
        reader.next().unwrap();
        for name in &names {
            let Ok(Some(Event::Start(element))) = reader.next() else { panic!("an element") };
            prop_assert!(element.is(name, name));
            prop_assert_eq!(element.prefix, &*prefix);
            prop_assert_eq!(&*reader.content().unwrap().into_str(), &**name);
        }
    }
}

#[test]
fn every_array_reads_as_what_was_written() {
    let (guid, moment) = (Guid::from_u128(5), DateTime::new(7, Kind::Utc).unwrap());
    let decimal = Decimal::parse("1.50").unwrap();
    let cases: [(Array<'_>, Text<'_>); 10] = [
        (Array::Bool(&[true, true]), Text::Bool(true)),
        (Array::I16(&[-2, -2]), Text::Int(-2)),
        (Array::I32(&[7, 7]), Text::Int(7)),
        (Array::I64(&[1 << 40, 1 << 40]), Text::Int(1 << 40)),
        (Array::F32(&[0.5, 0.5]), Text::Float(0.5)),
        (Array::F64(&[0.1, 0.1]), Text::Double(0.1)),
        (Array::Decimal(&[decimal, decimal]), Text::Decimal(decimal)),
        (Array::DateTime(&[moment, moment]), Text::DateTime(moment)),
        (Array::TimeSpan(&[TimeSpan(-3), TimeSpan(-3)]), Text::TimeSpan(TimeSpan(-3))),
        (Array::Guid(&[guid, guid]), Text::Guid(guid)),
    ];
    for (array, expected) in cases {
        let wire = document(0, |writer| {
            writer.array(|writer| writer.start("", Name::Inline("i")), array);
        });
        let (words, mut memory) = (Received::new(0), Memory::default());
        let mut reader = Reader::new(&wire, &words, Limits::default(), &mut memory);
        reader.next().unwrap();
        for _ in 0..2 {
            reader.next().unwrap();
            assert_eq!(reader.next(), Ok(Some(Event::Text(expected))));
            assert_eq!(reader.next(), Ok(Some(Event::End)));
        }
        assert_eq!(reader.next(), Ok(Some(Event::End)));
    }
    assert_eq!(document(0, |writer| writer.array(|_| {}, Array::I32(&[]))), document(0, |_| {}));
}

/// The smallest forms, as a .NET writer was seen to choose them.
#[test]
fn values_take_the_form_that_dotnet_gives_them() {
    let cases: [(Text<'_>, &[u8]); 20] = [
        (Text::Int(0), b"\x81"),
        (Text::Int(1), b"\x83"),
        (Text::Int(-128), b"\x89\x80"),
        (Text::Int(128), b"\x8B\x80\0"),
        (Text::Int(-32_769), b"\x8D\xFF\x7F\xFF\xFF"),
        (Text::Int(1 << 31), b"\x8F\0\0\0\x80\0\0\0\0"),
        (Text::UInt(5), b"\x89\x05"),
        (Text::UInt(u64::MAX), b"\xB3\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
        (Text::Double(3.0), b"\x89\x03"),
        (Text::Double(2.5), b"\x91\0\0\x20\x40"),
        (Text::Double(-0.0), b"\x81"),
        (Text::Double(0.1), b"\x93\x9A\x99\x99\x99\x99\x99\xB9\x3F"),
        (Text::Float(9.223372e18), b"\x91\0\0\0\x5F"),
        (Text::Bool(true), b"\x87"),
        (Text::Bool(false), b"\x85"),
        (Text::Chars("0"), b"\x81"),
        (Text::Chars("hi"), b"\x99\x02hi"),
        (Text::Chars("日本"), b"\xB7\x04\xE5\x65\x2C\x67"),
        (Text::Bytes(b"abcd"), b"\x9E\x03abc\x9F\x01d"),
        (Text::Chars(""), b"\x01"),
    ];
    for (text, expected) in cases {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, None);
        writer.start("", Name::Inline("n"));
        writer.text(text);
        writer.end();
        assert_eq!(&bytes[3..], expected, "{text:?}");
    }
}

#[test]
fn what_is_none_is_refused_by_name() {
    let wanted = |result: Result<(), Error>| match result {
        Err(Error::Value { wanted }) => wanted,
        other => panic!("{other:?}"),
    };
    let text = Text::Chars("x!");
    let none = |result: Result<(), Error>| !wanted(result).is_empty();
    assert!(none(text.to_i64().map(drop)) && none(text.to_u64().map(drop)));
    assert!(none(text.to_f64().map(drop)) && none(text.to_f32().map(drop)));
    assert!(none(text.to_bool().map(drop)) && none(text.to_decimal().map(drop)));
    assert!(none(text.to_date_time().map(drop)) && none(text.to_time_span().map(drop)));
    assert!(none(text.to_guid().map(drop)) && none(text.to_bytes().map(drop)));
    assert!(none(Text::Double(0.5).to_i64().map(drop)) && none(Text::Int(-1).to_u64().map(drop)));
    assert!(none(Text::Chars("inf").to_f64().map(drop)) && none(Text::Int(2).to_bool().map(drop)));
    assert_eq!(Text::Chars("-INF").to_f64(), Ok(f64::NEG_INFINITY));
    assert_eq!(Text::Chars(" 3.00 ").to_i64(), Ok(3));
    assert_eq!(Text::Double(3.0).to_i64(), Ok(3));
}

#[test]
fn an_attribute_has_its_whole_value_in_one_record() {
    let long = "é".repeat(70_000);
    for value in [
        Text::Bytes(&[]),
        Text::Bytes(&[7; 1000]),
        Text::Chars(""),
        Text::Chars(&long),
        Text::QName { prefix: "b", name: Word { text: "Node", id: None } },
        Text::Word(Word { text: "", id: None }),
    ] {
        let bytes = document(0, |writer| writer.attribute("", Name::Inline("a"), value));
        let (words, mut memory) = (Received::new(0), Memory::default());
        let mut reader = Reader::new(&bytes, &words, Limits::default(), &mut memory);
        assert!(matches!(reader.next(), Ok(Some(Event::Start(_)))), "{value:?}");
        let read = reader.attribute("", "a").expect("it is there");
        assert_eq!(read.to_str(), value.to_str());
        assert!(matches!(reader.next(), Ok(Some(Event::End))), "{value:?}");
    }
}
