use super::*;
use crate::dbus::value::body::Types;
use proptest::prelude::*;
use samebox_data::chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{
    Data, Encode, Enumeration, Error, Member, Reader, Result, Shape, Struct, TimeKind, Timestamp,
    Value, Variant, Writer,
};
use std::collections::BTreeMap;
use zbus::message::Message;
use zbus::wire::Endian;
use zbus::wire::serialized::{self, Context};

/// A structure whose members are written and read in order.
macro_rules! record {
    ($name:ident $of:ident { $($index:literal $member:ident: $type:ty,)* }) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        struct $name { $($member: $type,)* }

        static $of: Struct = Struct {
            name: stringify!($name),
            namespace: "",
            members: &[$(Member { name: stringify!($member), shape: <$type as Encode>::shape },)*],
        };

        impl Encode for $name {
            fn shape() -> &'static Shape {
                const { &Shape::Struct(&$of) }
            }

            fn write(&self, to: &mut dyn Writer) -> Result<()> {
                to.structure(&$of)?;
                $(to.member($index)?; self.$member.write(to)?;)*
                to.end()
            }
        }

        impl Data for $name {
            fn read(from: &mut dyn Reader) -> Result<Self> {
                #[allow(unused_mut)]
                let mut read = Self::default();
                from.structure(&$of)?;
                while let Some(member) = from.member()? {
                    match member {
                        $($index => read.$member = Data::read(from)?,)*
                        _ => unreachable!("only members that are known are given"),
                    }
                }
                Ok(read)
            }
        }
    };
}

record!(Numbers NUMBERS {
    0 small: i8, 1 byte: u8, 2 short: i16, 3 word: u16, 4 int: i32, 5 uint: u32, 6 long: i64,
    7 ulong: u64, 8 single: f32, 9 double: f64, 10 flag: bool,
});

record!(Things THINGS {
    0 letter: char, 1 text: String, 2 bytes: Vec<u8>, 3 id: Uuid, 4 price: Decimal,
    5 maybe: Option<String>, 6 list: Vec<Option<i64>>, 7 map: BTreeMap<u8, Vec<Numbers>>,
    8 nested: Option<Vec<Vec<u8>>>, 9 span: TimeDelta, 10 color: Color, 11 empty: Empty,
});

record!(Page PAGE { 0 name: String, 1 next: Option<Box<Page>>, 2 others: Vec<Page>, 3 twin: Twin, });

record!(Twin TWIN { 0 owner: Option<Box<Page>>, 1 own: Option<Box<Twin>>, });

record!(Empty EMPTY {});

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Color {
    #[default]
    Red,
    Blue,
}

static COLOR: Enumeration = Enumeration {
    name: "Color",
    namespace: "",
    variants: &[Variant { name: "Red", value: 1 }, Variant { name: "Blue", value: 7 }],
};

impl Encode for Color {
    fn shape() -> &'static Shape {
        const { &Shape::Enum(&COLOR) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.variant(&COLOR, *self as usize)
    }
}

impl Data for Color {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        Ok([Self::Red, Self::Blue][from.variant(&COLOR)?])
    }
}

/// The body that a value alone becomes.
fn encode<T: Encode>(value: &T) -> Result<(Types, Vec<Node<'static>>)> {
    let types = Types::new(&of_shape(T::shape()).unwrap()).unwrap();
    let mut encoder = Encoder::parts(Expected::Result(T::shape()));
    encoder.member(0)?;
    value.write(&mut encoder)?;
    Ok((types, encoder.finish()?.values))
}

fn message(types: &Types, values: &[Node<'_>], endian: Endian) -> Message {
    Message::method_call("/a", "B").endian(endian).build(&Body { types, values }).unwrap()
}

fn decode<T: Data>(message: &Message) -> Result<T> {
    let body = body_of(message, matches!(T::shape(), Shape::Struct(_)));
    let values = body.values()?;
    let mut decoder = Decoder::new(&values, 1);
    assert_eq!(decoder.member()?, Some(0));
    let value = T::read(&mut decoder)?;
    assert_eq!(decoder.member()?, None);
    Ok(value)
}

/// What comes back of a value in messages of both byte orders, built and read by zbus.
fn round<T: Data + PartialEq + std::fmt::Debug>(value: &T) -> Result<T> {
    let (types, values) = encode(value)?;
    let little = decode::<T>(&message(&types, &values, Endian::Little))?;
    let big = decode(&message(&types, &values, Endian::Big))?;
    assert_eq!(little, big);
    Ok(big)
}

fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.replace('\0', ""))
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let whole = any::<(i8, u8, i16, u16, i32, u32, i64, u64)>();
    (whole, any::<(f32, f64, bool)>()).prop_map(|(whole, (single, double, flag))| {
        let (small, byte, short, word, int, uint, long, ulong) = whole;
        Numbers { small, byte, short, word, int, uint, long, ulong, single, double, flag }
    })
}

fn things() -> impl Strategy<Value = Things> {
    let texts = (any::<char>().prop_filter("no NUL", |c| *c != '\0'), text(), any::<Vec<u8>>());
    let lists = (
        any::<Vec<Option<i64>>>(),
        prop::collection::btree_map(any::<u8>(), prop::collection::vec(numbers(), 0..3), 0..3),
        any::<Option<Vec<Vec<u8>>>>(),
    );
    let others = (any::<(u128, i64, i32, bool)>(), prop::option::of(text()));
    (texts, lists, others).prop_map(|((letter, text, bytes), (list, map, nested), others)| {
        let ((id, mantissa, span, color), maybe) = others;
        Things {
            letter,
            text,
            bytes,
            id: Uuid::from_u128(id),
            price: Decimal::new(mantissa, 5),
            maybe,
            list,
            map,
            nested,
            span: TimeDelta::nanoseconds(i64::from(span) * 100),
            color: if color { Color::Blue } else { Color::Red },
            empty: Empty {},
        }
    })
}

fn pages() -> impl Strategy<Value = Page> {
    let leaf = text().prop_map(|name| Page { name, ..Page::default() });
    leaf.prop_recursive(4, 12, 3, |inner| {
        let boxed = || prop::option::of(inner.clone().prop_map(Box::new));
        let others = prop::collection::vec(inner.clone(), 0..3);
        (text(), boxed(), others, boxed()).prop_map(|(name, next, others, owner)| {
            let own = owner.clone().map(|owner| Twin { owner: Some(owner), own: None });
            Page { name, next, others, twin: Twin { owner, own: own.map(Box::new) } }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_come_back(value in numbers()) {
        prop_assert_eq!(round(&value), Ok(value));
    }

    #[test]
    fn everything_else_comes_back(value in things()) {
        prop_assert_eq!(round(&value), Ok(value));
    }

    #[test]
    fn structures_within_themselves_come_back(value in pages()) {
        prop_assert_eq!(round(&value), Ok(value));
    }

    #[test]
    fn moments_come_back(ticks in 0..=Timestamp::MAX_TICKS, kind in 0..3) {
        let kind = [TimeKind::Utc, TimeKind::Local, TimeKind::Unspecified][kind as usize];
        let stamp = Timestamp { ticks, kind };
        prop_assert_eq!(text::to_timestamp(&text::of_timestamp(stamp).unwrap()), Ok(stamp));
    }

    #[test]
    fn spoiled_bodies_do_no_harm(value in things(), at in any::<prop::sample::Index>(), to: u8) {
        let (types, values) = encode(&value).unwrap();
        let mut bytes = message(&types, &values, Endian::Little).body().data().bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = to;
        spoil::<Things>(types.as_str(), &bytes);
        spoil::<Things>(types.as_str(), &bytes[..at]);
    }

    #[test]
    fn any_bytes_of_any_type_do_no_harm(
        types in "[ybnqiuxtdsogav(){}]{0,12}",
        bytes in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..200),
    ) {
        if Types::new(&types).is_some() {
            spoil::<Things>(&types, &bytes);
            spoil::<Page>(&types, &bytes);
            spoil::<Vec<String>>(&types, &bytes);
        }
    }

    #[test]
    fn a_signature_is_one_where_zbus_has_one(types in "[ybnqiuxtdsogv]{0,2}[a({sy}v)]{0,9}") {
        prop_assert_eq!(Types::new(&types).is_some(), zbus::Signature::try_from(types.as_str()).is_ok());
    }
}

/// Reads bytes that may be anything in every way.
fn spoil<T: Data>(types: &str, bytes: &[u8]) {
    let of = zbus::Signature::try_from(types).unwrap();
    for endian in [Endian::Little, Endian::Big] {
        let data = serialized::Data::new(bytes, Context::new(endian, 0));
        let Ok(values) = body::values(&data, &of, true) else { continue };
        let mut decoder = Decoder::new(&values, 1);
        let _ = decoder.member().and_then(|_| T::read(&mut decoder)).is_ok();
        let _ = read_values(values).is_ok();
    }
}

#[test]
fn signatures_are_as_documented() {
    assert_eq!(of_shape(Numbers::shape()).unwrap(), "(nynqiuxtddb)");
    assert_eq!(of_shape(Things::shape()).unwrap(), "(ssayssasaaxa{ya(nynqiuxtddb)}aaayxs(y))");
    assert_eq!(of_shape(Page::shape()).unwrap(), "(savav(avav))");
    assert_eq!(of_shape(Twin::shape()).unwrap(), "(a(savavv)av)");
    assert_eq!(of_shape(<()>::shape()).unwrap(), "");
    let deep = of_shape(<BTreeMap<String, Option<i32>>>::shape()).unwrap();
    assert_eq!(deep, "a{sai}");
}

#[test]
fn what_is_a_signature_only_within_parentheses_is_none() {
    assert!(complete_types("n)(s").is_none());
    assert_eq!(complete_types("n(ss)").unwrap().len(), 2);
    assert_eq!(complete_types("(ss)").unwrap().len(), 1);
}

#[test]
fn maps_whose_keys_are_no_simple_values_are_refused_in_words() {
    static SHAPE: Shape = Shape::Map(Numbers::shape, i32::shape);
    let why = of_shape(&SHAPE).unwrap_err();
    assert!(why.contains("Numbers"), "{why}");
}

#[test]
fn moments_are_written_as_rfc_3339_has_them() {
    let moment = DateTime::from_timestamp(1_709_210_096, 789_000_100).unwrap();
    let utc = Timestamp::utc(moment).unwrap();
    let written = |kind| text::of_timestamp(Timestamp { kind, ..utc }).unwrap();
    assert_eq!(written(TimeKind::Utc), "2024-02-29T12:34:56.7890001Z");
    assert_eq!(written(TimeKind::Local), "2024-02-29T12:34:56.7890001-00:00");
    assert_eq!(written(TimeKind::Unspecified), "2024-02-29T12:34:56.7890001");
    let far = text::to_timestamp("2024-02-29T14:34:56.7890001+02:00").unwrap();
    assert_eq!(far, Timestamp { kind: TimeKind::Local, ..utc });
    for wrong in ["", "yesterday", "2024-02-30T00:00:00Z", "2024-02-29", "20240229T123456Z"] {
        assert!(text::to_timestamp(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn dates_of_rust_programs_come_back() {
    let utc = DateTime::<Utc>::from_timestamp(1_700_000_000, 123_456_700).unwrap();
    assert_eq!(round(&utc), Ok(utc));
    assert_eq!(round::<NaiveDateTime>(&utc.naive_utc()), Ok(utc.naive_utc()));
    let offset = utc.with_timezone(&FixedOffset::east_opt(5400).unwrap());
    assert_eq!(round(&offset), Ok(offset));
}

#[test]
fn a_text_with_a_nul_is_refused_by_its_sender() {
    for error in [encode(&"a\0b".to_owned()), encode(&'\0')] {
        assert!(error.unwrap_err().to_string().contains("NUL"));
    }
}

#[test]
fn values_that_are_too_deep_are_refused_by_their_sender() {
    let mut node = Page::default();
    for _ in 0..100 {
        node = Page { next: Some(Box::new(node)), ..Page::default() };
    }
    assert_eq!(encode(&node).unwrap_err(), Error::TooDeep { limit: DEPTH });
}

/// The body of a value as another program sends it.
fn foreign<T: Data>(body: &(impl serde::Serialize + zbus::wire::DynamicType)) -> Result<T> {
    decode(&Message::method_call("/a", "B").build(body).unwrap())
}

#[test]
fn what_means_the_same_is_read() {
    assert_eq!(foreign(&7_u64), Ok(7_i8));
    assert_eq!(foreign::<i8>(&300_i32), Err(Error::OutOfRange { expected: "an i8" }));
    assert_eq!(foreign::<u64>(&-1_i32), Err(Error::OutOfRange { expected: "a u64" }));
    assert_eq!(foreign(&zbus::Variant::new("x")), Ok("x".to_owned()));
    assert_eq!(foreign(&"x"), Ok(Some("x".to_owned())));
    assert_eq!(foreign(&vec!["x"]), Ok(Some("x".to_owned())));
    assert_eq!(foreign::<Option<String>>(&Vec::<&str>::new()), Ok(None));
    assert!(foreign::<Option<String>>(&vec!["x", "y"]).is_err());
    assert_eq!(foreign(&7_u8), Ok(Color::Blue));
    assert!(matches!(foreign::<Color>(&"Green"), Err(Error::UnknownVariant { .. })));
    assert_eq!(foreign(&vec![zbus::Variant::new(1_u8), zbus::Variant::new(2_i64)]), Ok(vec![1, 2]));
    assert_eq!(foreign(&3_i32), Ok(3.0));
    assert_eq!(round(&Some(7_u8)), Ok(Some(7_u8)));
    assert_eq!(round(&vec![Some(0_u8), None]), Ok(vec![Some(0_u8), None]));
}

#[test]
fn structures_may_end_early_or_late() {
    let expected = Page { name: "x".into(), ..Page::default() };
    assert_eq!(foreign(&(("x",),)), Ok(expected.clone()));
    let late = (("x", Vec::<zbus::Variant<'_>>::new(), Vec::<zbus::Variant<'_>>::new()), 5, "more");
    let message = Message::method_call("/a", "B").build(&late).unwrap();
    let body = body_of(&message, false);
    let values = body.values().unwrap();
    let mut decoder = Decoder::new(&values, 1);
    assert_eq!(decoder.member(), Ok(Some(0)));
    assert_eq!(Page::read(&mut decoder), Ok(expected));
    assert_eq!(decoder.member(), Ok(None));
}

#[test]
fn values_of_unknown_types_are_written_by_a_signature_and_read_back() {
    let text = |text: &str| Value::Text(text.into());
    let map = |members: Vec<(&str, Value)>| {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Value::Structure(samebox_data::Structure { members, ..Default::default() })
    };
    let pair = Value::List(vec![Value::Int(5), text("x")]);
    for (types, value, expected) in [
        ("y", text("7"), Value::Int(7)),
        ("b", text("true"), Value::Bool(true)),
        ("t", Value::UInt(u64::MAX), Value::UInt(u64::MAX)),
        ("d", Value::Int(2), Value::Double(2.0)),
        ("o", text("/a/b"), text("/a/b")),
        ("g", text("a{sv}"), text("a{sv}")),
        ("ay", text("hi"), Value::Bytes(b"hi".to_vec())),
        ("ay", Value::List(vec![Value::Int(1)]), Value::Bytes(vec![1])),
        ("(is)", map(vec![("a", Value::Int(5)), ("b", text("x"))]), pair.clone()),
        ("a(is)", Value::List(vec![pair.clone()]), Value::List(vec![pair.clone()])),
        ("a{ii}", map(vec![("1", Value::Int(2))]), map(vec![("1", Value::Int(2))])),
        ("v", map(vec![("@u", Value::Int(2))]), Value::Int(2)),
        ("v", map(vec![("@(is)", pair.clone())]), pair.clone()),
        (
            "v",
            Value::List(vec![Value::Int(1), text("a")]),
            Value::List(vec![Value::Int(1), text("a")]),
        ),
        (
            "a{sv}",
            map(vec![("k", map(vec![("n", Value::Int(1 << 40))]))]),
            map(vec![("k", map(vec![("n", Value::Int(1 << 40))]))]),
        ),
    ] {
        let of = Types::new(types).unwrap();
        let values = write_values(&of, &[&value]).unwrap();
        let message = message(&of, &values, Endian::Big);
        let body = body_of(&message, types.starts_with('('));
        assert_eq!(read_values(body.values().unwrap()), Ok(vec![expected]), "{types}");
    }
}

#[test]
fn values_that_are_not_of_their_type_are_refused_in_words() {
    for (types, value) in [
        ("y", Value::Int(256)),
        ("i", Value::Text("two".into())),
        ("b", Value::Int(1)),
        ("o", Value::Text("no path".into())),
        ("g", Value::Text("a".into())),
        ("as", Value::Text("x".into())),
        ("(ii)", Value::List(vec![Value::Int(1)])),
        ("v", Value::Null),
        ("h", Value::Int(0)),
        ("s", Value::Text("\0".into())),
    ] {
        let of = Types::new(types).unwrap();
        assert!(write_values(&of, &[&value]).is_err(), "{types} {value:?}");
    }
}
