//! The documented format byte by byte, what else a reader accepts, and what it refuses.

mod node;

use node::{Colour, Node};
use rust_decimal::Decimal;
use samebox_data::{Data, Encode, Error, Reader, Result, TimeKind, Timestamp, Writer};
use samebox_msgpack::{DEPTH, Decoder, Encoder};
use std::collections::BTreeMap;
use uuid::Uuid;

fn encode<T: Encode + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    value.write(&mut encoder).unwrap();
    encoder.finish().unwrap();
    bytes
}

fn decode<T: Data>(bytes: &[u8]) -> Result<T> {
    let mut decoder = Decoder::new(bytes, DEPTH);
    let value = T::read(&mut decoder)?;
    decoder.finish().map(|()| value)
}

#[test]
fn values_are_written_as_documented() {
    assert_eq!(encode(&'A'), [65]);
    assert_eq!(encode(&Colour::Green), [5]);
    let moment = Timestamp { ticks: 0x0102, kind: TimeKind::Utc };
    assert_eq!(encode(&moment), [0xd7, 1, 0x40, 0, 0, 0, 0, 0, 1, 2]);
    let guid = encode(&Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff));
    assert_eq!(guid[..6], [0xd8, 2, 0x00, 0x11, 0x22, 0x33]);
    assert_eq!(encode(&Decimal::new(-105, 1)), [0xd5, 3, 0x81, 105]);
    assert_eq!(encode(&Decimal::ZERO), [0xd4, 3, 0]);
    assert_eq!(encode(&Decimal::MAX).len(), 3 + 13);
    assert_eq!(encode(&BTreeMap::from([(1, 2)])), [0x81, 1, 2]);
    let node = Node { name: "n".into(), ..Node::default() };
    let written = [0x97, 0xc0, 0x90, 0, 0x80, 0xc0, 0xa1, b'n', 0xcb, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(encode(&node), written);
}

#[test]
fn members_left_out_are_nil_and_a_part_not_written_too() {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.parts(5).unwrap();
    encoder.member(1).unwrap();
    encoder.int(7).unwrap();
    encoder.member(3).unwrap();
    encoder.end().unwrap();
    encoder.finish().unwrap();
    assert_eq!(bytes, [0x95, 0xc0, 7, 0xc0, 0xc0, 0xc0]);
}

#[test]
fn an_encoder_refuses_what_would_break_the_bytes() {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.parts(2).unwrap();
    assert!(encoder.int(1).is_err(), "no member was announced");
    encoder.member(1).unwrap();
    encoder.int(1).unwrap();
    assert!(encoder.member(0).is_err() && encoder.member(2).is_err() && encoder.item().is_err());
    assert!(encoder.finish().is_err());

    let mut encoder = Encoder::new(&mut bytes);
    encoder.list(i32::shape(), 1).unwrap();
    assert!(encoder.end().is_err(), "an item is missing");
    encoder.item().unwrap();
    encoder.int(1).unwrap();
    assert!(encoder.item().is_err());
    encoder.end().unwrap();
    encoder.finish().unwrap();
}

#[test]
fn arrays_of_a_structure_may_end_early_or_late() {
    #[derive(samebox_contract_macros::Data, Debug, PartialEq)]
    #[data(crate = samebox_data)]
    struct Pair {
        a: Option<i32>,
        b: i32,
    }
    assert_eq!(decode::<Pair>(&[0x91, 7]), Ok(Pair { a: Some(7), b: 0 }));
    assert_eq!(decode::<Pair>(&[0x90]), Ok(Pair { a: None, b: 0 }));
    let missing = samebox_data::Error::Missing { name: "Children".into() };
    assert_eq!(decode::<Node>(&[0x91, 0xc4, 1, 9]), Err(missing));
    let mut longer = encode(&Node::default());
    longer[0] = 0x99;
    longer.extend([0x82, 1, 0x91, 2, 3, 0x81, 4, 0xc0, 0xa1, b'x']);
    assert_eq!(decode::<Node>(&longer), Ok(Node::default()));
}

#[test]
fn parts_that_are_not_read_are_skipped() {
    let bytes = encode(&BTreeMap::from([(1, vec!["a", "b"]), (2, vec!["c"])]));
    let mut decoder = Decoder::new(&bytes, DEPTH);
    decoder.map(i32::shape(), Vec::<String>::shape()).unwrap();
    assert!(decoder.key().unwrap());
    assert!(decoder.key().unwrap());
    assert_eq!(decoder.int(), Ok(2));
    assert!(!decoder.key().unwrap());
    decoder.finish().unwrap();
    Decoder::new(&bytes, DEPTH).finish().unwrap();
}

#[test]
fn numbers_are_read_by_value() {
    assert_eq!(decode::<i8>(&[0xd3, 255, 255, 255, 255, 255, 255, 255, 128]), Ok(-128));
    assert_eq!(decode::<u8>(&[0xcf, 0, 0, 0, 0, 0, 0, 0, 200]), Ok(200));
    assert_eq!(decode::<u64>(&[0xd0, 5]), Ok(5));
    assert_eq!(decode::<f64>(&[3]), Ok(3.0));
    assert_eq!(decode::<f32>(&encode(&0.5_f64)), Ok(0.5));
    let out_of_range = |expected| Error::OutOfRange { expected };
    assert_eq!(decode::<i8>(&encode(&128)), Err(out_of_range("an i8")));
    assert_eq!(decode::<i64>(&encode(&u64::MAX)), Err(out_of_range("an i64")));
    assert_eq!(decode::<u64>(&encode(&-1)), Err(out_of_range("a u64")));
    assert_eq!(decode::<f32>(&encode(&0.1_f64)), Err(out_of_range("an f32")));
    assert_eq!(decode::<f64>(&encode(&i64::MAX)), Err(out_of_range("an f64")));
    assert_eq!(decode::<char>(&encode(&0xd800)), Err(out_of_range("a char")));
}

#[test]
fn other_values_are_refused_by_name() {
    let found = decode::<i32>(&encode("7")).unwrap_err();
    assert_eq!(found.to_string(), "a string came for an integer");
    let null = decode::<String>(&[0xc0]).unwrap_err();
    assert_eq!(null.to_string(), "null came for a string, which is not optional");
    let variant = decode::<Colour>(&[4]).unwrap_err();
    assert_eq!(variant.to_string(), "Colour has no variant `4`");
    assert!(decode::<Uuid>(&[0xd6, 2, 0, 0, 0, 0]).is_err(), "too short");
    assert!(decode::<Timestamp>(&[0xd7, 1, 255, 0, 0, 0, 0, 0, 0, 0]).is_err(), "no such clock");
    assert!(decode::<Timestamp>(&[0xd7, 1, 63, 0, 0, 0, 0, 0, 0, 0]).is_err(), "after 9999");
    assert!(decode::<Decimal>(&[0xd4, 3, 29]).is_err(), "too many digits");
    assert!(decode::<Decimal>(&[0xc7, 0, 3]).is_err(), "no bytes");
    assert!(decode::<String>(&[0xa1, 0xff]).is_err(), "not UTF-8");
    assert!(decode::<()>(&[0xc1]).is_err(), "no such code");
}

#[test]
fn announced_lengths_cost_nothing_before_the_bytes_are_there() {
    for head in [[0xdd, 255, 255, 255, 255], [0xdf, 255, 255, 255, 255], [0xdb, 255, 255, 255, 255]]
    {
        assert_eq!(Decoder::new(&head, DEPTH).finish(), Err(Error::Truncated));
        assert!(decode::<Vec<Vec<u64>>>(&head).is_err());
        assert!(decode::<BTreeMap<u64, u64>>(&head).is_err());
        assert!(decode::<Node>(&head).is_err());
        assert!(decode::<String>(&head).is_err());
    }
}

#[test]
fn depth_has_a_limit_at_both_ends() {
    let mut node = Node::default();
    for _ in 0..40 {
        node = Node { children: vec![Some(Box::new(node))], ..Node::default() };
    }
    let mut bytes = Vec::new();
    let too_deep = Err(Error::TooDeep { limit: DEPTH });
    assert_eq!(node.write(&mut Encoder::new(&mut bytes)), too_deep);
    bytes.clear();
    node.write(&mut Encoder::with_depth(&mut bytes, 100)).unwrap();
    assert_eq!(Node::read(&mut Decoder::new(&bytes, DEPTH)).map(drop), too_deep);
    assert_eq!(Node::read(&mut Decoder::new(&bytes, 100)), Ok(node));
    // What is skipped is never nested in the reader.
    let deep = [vec![0x91; 100_000], vec![0xc0]].concat();
    Decoder::new(&deep, DEPTH).finish().unwrap();
}
