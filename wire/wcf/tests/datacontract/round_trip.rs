//! Any value comes back, both ways that .NET writes arguments; no prefix of a body does harm.

use crate::model::{Colour, Node, Outer, tree};
use crate::wire::{decode, encode, full, simple};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;
use samebox_data::{Data, TimeKind, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::SystemTime;
use uuid::Uuid;

#[track_caller]
fn comes_back<T: Data + Debug + PartialEq>(value: &T) {
    let operation = full::<T>();
    let bytes = encode(&operation, value).unwrap();
    assert_eq!(decode::<T>(&operation, &bytes).as_ref(), Ok(value));
}

#[track_caller]
fn crosses<T: Data + Debug + PartialEq>(value: T) {
    comes_back(&value);
    for operation in [full::<T>(), simple::<T>()] {
        let bytes = encode(&operation, &value).unwrap();
        assert_eq!(decode::<T>(&operation, &bytes).as_ref(), Ok(&value));
        for length in (0..bytes.len()).rev().take(80) {
            assert!(decode::<T>(&operation, &bytes[..length]).is_err(), "{length} bytes");
        }
    }
}

#[test]
fn scalars_cross() {
    for value in [0, 1, -1, 127, 128, -32_769, i64::MIN, i64::MAX] {
        crosses(value);
        crosses(value as i8);
        crosses(value as i16);
        crosses(value as i32);
        crosses(value as u8);
        crosses(value as u16);
        crosses(value as u32);
        crosses(value as u64);
        crosses(TimeDelta::microseconds(value / 10));
    }
    for value in [0.0, 0.1, -2.5, f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::NEG_INFINITY] {
        crosses(value);
        crosses(value as f32);
    }
    crosses(true);
    crosses('\u{ffff}');
    crosses(Uuid::max());
    for text in ["0", "-0.00", "1.10", "-12345.678", "0.0000000000000000000000000001"] {
        crosses(text.parse::<Decimal>().unwrap());
    }
    crosses(Decimal::MAX);
    for kind in [TimeKind::Unspecified, TimeKind::Utc, TimeKind::Local] {
        crosses(Timestamp { ticks: 0, kind });
        crosses(Timestamp { ticks: Timestamp::MAX_TICKS, kind });
    }
    crosses(SystemTime::UNIX_EPOCH);
}

#[test]
fn texts_and_bytes_cross_whatever_they_hold() {
    for text in ["", "0", "1", "INF", " white ", "日本語日本語", "\u{1f600}", "a\0b", "\r\n"]
    {
        crosses(text.to_owned());
    }
    for length in [1, 84, 86, 255, 256, 300, 513, 70_000] {
        crosses("x".repeat(length));
        crosses("語".repeat(length));
        crosses(vec![7_u8; length]);
    }
}

#[test]
fn containers_cross() {
    crosses(vec![Some(1), None]);
    crosses(vec![vec![1.5_f32], vec![]]);
    crosses(vec![BTreeMap::from([(Colour::Red, vec![Some("a".to_owned()), None])])]);
    crosses(BTreeMap::from([(1_u64, Some(tree())), (2, None)]));
    crosses(Some(vec![DateTime::<Utc>::UNIX_EPOCH; 3]));
    crosses(Some(vec![Decimal::ONE; 3]));
    crosses(vec![true; 3000]);
    crosses(tree());
    crosses(Outer { k: Some(Box::default()), ..Outer::default() });
}

fn nodes() -> impl Strategy<Value = Node> {
    let leaf = (any::<Option<Vec<u8>>>(), any::<Option<String>>(), any::<i32>(), -1e9..1e9)
        .prop_map(|(blob, name, id, late)| Node { blob, name, id, late, ..Node::default() });
    leaf.prop_recursive(4, 30, 4, |inner| {
        let children = prop::collection::vec(prop::option::of(inner.prop_map(Box::new)), 0..4);
        (prop::option::of(children), any::<Option<String>>()).prop_map(|(children, maybe)| Node {
            children,
            maybe,
            ..Node::default()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 100 }))]

    #[test]
    fn any_node_crosses(node in nodes()) {
        let operation = full::<Node>();
        let bytes = encode(&operation, &node).unwrap();
        prop_assert_eq!(decode::<Node>(&operation, &bytes), Ok(node));
        for length in 0..bytes.len().min(200) {
            prop_assert!(decode::<Node>(&operation, &bytes[..length]).is_err());
        }
    }

    #[test]
    fn any_lists_cross(
        longs: Vec<i64>,
        doubles: Vec<f64>,
        texts: Vec<Option<String>>,
        map: BTreeMap<String, Vec<u32>>,
        shorts: Vec<Vec<Option<i16>>>,
    ) {
        comes_back(&longs);
        comes_back(&doubles);
        comes_back(&texts);
        comes_back(&map);
        comes_back(&shorts);
    }

    #[test]
    fn any_decimal_crosses(low: u32, middle: u32, high: u32, negative: bool, scale in 0..=28_u32) {
        comes_back(&Decimal::from_parts(low, middle, high, negative, scale));
    }

    #[test]
    fn changed_bytes_do_no_harm(place: prop::sample::Index, value: u8) {
        let operation = full::<Node>();
        let mut bytes = encode(&operation, &tree()).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = value;
        let _ = decode::<Node>(&operation, &bytes);
    }
}
