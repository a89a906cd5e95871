//! Every type comes back as it went, and no beginning of its bytes is taken for the whole.

mod node;

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};
use node::{Colour, Node};
use proptest::prelude::*;
use rust_decimal::Decimal;
use samebox_data::{Data, Encode, Error, Result, TimeKind, Timestamp};
use samebox_msgpack::{DEPTH, Decoder, Encoder};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

fn encode<T: Encode + ?Sized>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    value.write(&mut encoder)?;
    encoder.finish()?;
    Ok(bytes)
}

fn decode<T: Data>(bytes: &[u8]) -> Result<T> {
    let mut decoder = Decoder::new(bytes, DEPTH);
    let value = T::read(&mut decoder)?;
    decoder.finish()?;
    Ok(value)
}

#[track_caller]
fn crosses<T: Data + Debug + PartialEq>(value: T) {
    let mut bytes = encode(&value).unwrap();
    assert_eq!(decode::<T>(&bytes).as_ref(), Ok(&value));
    for length in 0..bytes.len() {
        assert_eq!(decode::<T>(&bytes[..length]), Err(Error::Truncated), "{length} bytes");
    }
    bytes.push(0xc0);
    assert_eq!(decode::<T>(&bytes), Err(Error::Malformed("bytes follow the value".into())));
}

#[test]
fn whole_numbers_cross() {
    for value in [0, 1, -1, -32, -33, 127, 128, 255, 256, i64::MIN, i64::MAX] {
        crosses(value);
        crosses(value as i8);
        crosses(value as i16);
        crosses(value as i32);
        crosses(value as u8);
        crosses(value as u16);
        crosses(value as u32);
        crosses(value as u64);
    }
    for power in 0..64 {
        crosses(1_u64 << power);
        crosses(-(1_i64 << power.min(62)));
    }
}

#[test]
fn floats_cross_to_the_bit() {
    for value in [0.0, -0.0, 1.5, f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NAN] {
        let double: f64 = decode(&encode(&value).unwrap()).unwrap();
        assert_eq!(double.to_bits(), value.to_bits());
        let single: f32 = decode(&encode(&(value as f32)).unwrap()).unwrap();
        assert_eq!(single.to_bits(), (value as f32).to_bits());
    }
}

#[test]
fn text_and_bytes_cross_at_every_width_of_their_length() {
    for length in [0, 1, 31, 32, 255, 256, 65_535, 65_536] {
        let text = "x".repeat(length);
        assert_eq!(decode::<String>(&encode(text.as_str()).unwrap()), Ok(text.clone()));
        let bytes = text.into_bytes();
        assert_eq!(decode::<Vec<u8>>(&encode(&bytes).unwrap()), Ok(bytes));
    }
    crosses("h\u{e9}llo \u{65e5}\u{672c} \u{1f600}".to_owned());
    for value in ['\0', 'A', '\u{ffff}', char::MAX] {
        crosses(value);
    }
    crosses(true);
    crosses(false);
}

#[test]
fn moments_and_spans_cross() {
    for kind in [TimeKind::Unspecified, TimeKind::Utc, TimeKind::Local] {
        for ticks in [0, 1, Timestamp::MAX_TICKS] {
            crosses(Timestamp { ticks, kind });
        }
    }
    let moment = DateTime::<Utc>::from_timestamp(1_709_210_096, 789_000_100).unwrap();
    crosses(moment);
    crosses(moment.naive_utc());
    crosses(moment.with_timezone(&FixedOffset::west_opt(210 * 60).unwrap()));
    crosses(SystemTime::UNIX_EPOCH - Duration::new(1, 500));
    crosses(NaiveDateTime::default());
    for ticks in [0, 1, -1, i64::MIN, i64::MAX] {
        crosses(TimeDelta::read(&mut Decoder::new(&encode(&ticks).unwrap(), 1)).unwrap());
    }
    crosses(Duration::new(3, 700));
}

#[test]
fn guids_and_decimals_cross_to_the_bit() {
    crosses(Uuid::nil());
    crosses(Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff));
    for text in ["0", "-0.00", "1.10", "-12345.678", "0.0000000000000000000000000001"] {
        let value: Decimal = text.parse().unwrap();
        let back: Decimal = decode(&encode(&value).unwrap()).unwrap();
        assert_eq!(back.serialize(), value.serialize());
    }
    crosses(Decimal::MAX);
    crosses(Decimal::MIN);
}

#[test]
fn containers_cross() {
    crosses(None::<i32>);
    crosses(Some(7));
    crosses(Vec::<String>::new());
    crosses(vec![Some("a".to_owned()), None]);
    crosses(vec![vec![1_i32, 2], vec![]]);
    crosses(vec![0.5_f64; 20]);
    crosses(BTreeMap::from([(1_u64, Colour::Green), (2, Colour::Red)]));
    crosses(HashMap::from([("k".to_owned(), 9)]));
    assert_eq!(decode::<()>(&encode(&()).unwrap()), Ok(()));
    assert_eq!(decode::<Vec<()>>(&encode(&vec![(); 3]).unwrap()).map(|units| units.len()), Ok(3));
}

#[test]
fn structures_cross_with_everything_in_them() {
    let leaf = Node { name: "leaf".into(), maybe: Some("set".into()), ..Node::default() };
    crosses(leaf.clone());
    crosses(Node {
        blob: Some(vec![1, 2, 3]),
        children: vec![Some(Box::new(leaf)), None],
        counts: BTreeMap::from([("a".into(), vec![1, -70_000]), ("b".into(), vec![])]),
        colour: Colour::Green,
        late: 2.5,
        ..Node::default()
    });
}

fn nodes() -> impl Strategy<Value = Node> {
    let leaf = (any::<Option<Vec<u8>>>(), any::<Option<String>>(), any::<String>(), -1e9..1e9)
        .prop_map(|(blob, maybe, name, late)| Node { blob, maybe, name, late, ..Node::default() });
    leaf.prop_recursive(4, 30, 4, |inner| {
        let children = prop::collection::vec(prop::option::of(inner.prop_map(Box::new)), 0..4);
        (children, any::<BTreeMap<String, Vec<i64>>>()).prop_map(|(children, counts)| Node {
            children,
            counts,
            colour: Colour::Green,
            ..Node::default()
        })
    })
}

proptest! {
    #[test]
    fn any_node_crosses(node in nodes()) {
        let bytes = encode(&node).unwrap();
        prop_assert_eq!(decode::<Node>(&bytes), Ok(node));
        for length in 0..bytes.len().min(200) {
            prop_assert_eq!(decode::<Node>(&bytes[..length]), Err(Error::Truncated));
        }
    }

    #[test]
    fn any_numbers_cross(whole: i64, natural: u64, double: f64, single: f32) {
        prop_assert_eq!(decode::<i64>(&encode(&whole).unwrap()), Ok(whole));
        prop_assert_eq!(decode::<u64>(&encode(&natural).unwrap()), Ok(natural));
        prop_assert_eq!(decode::<f64>(&encode(&double).unwrap()), Ok(double));
        prop_assert_eq!(decode::<f32>(&encode(&single).unwrap()), Ok(single));
    }

    #[test]
    fn any_decimal_crosses(low: u32, middle: u32, high: u32, negative: bool, scale in 0..=28_u32) {
        let value = Decimal::from_parts(low, middle, high, negative, scale);
        let back: Decimal = decode(&encode(&value).unwrap()).unwrap();
        prop_assert_eq!(back.serialize(), value.serialize());
    }

    #[test]
    fn no_bytes_are_too_much(bytes: Vec<u8>) {
        let _ = decode::<Node>(&bytes);
        let _ = decode::<Vec<Vec<String>>>(&bytes);
        let _ = decode::<BTreeMap<i64, Decimal>>(&bytes);
    }
}
