//! Documents of Microsoft's DataContractSerializer: shapes.tsv, made by shapes.cs with Mono's copy.

use crate::model::{Bare, Colour, Inner, Outer, Same};
use crate::wire::{TEMPURI, document, full, read_document};
use chrono::{DateTime, FixedOffset, Utc};
use rust_decimal::Decimal;
use samebox_data::{Data, Reader, Result, Writer};
use samebox_wcf_wire::datacontract::{Decoder, Encoder, Memory};
use samebox_wcf_wire::dictionary::{Received, SESSION_BYTES, Sent};
use samebox_wcf_wire::mb;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;
use uuid::Uuid;

fn vector(name: &str) -> Vec<u8> {
    let mut lines = include_str!("shapes.tsv").lines().filter_map(|line| line.split_once('\t'));
    let (_, digits) = lines.find(|(found, _)| *found == name).unwrap_or_else(|| panic!("{name}"));
    let byte = |place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// What the other side knows after it was told the session's strings.
fn received(sent: &Sent) -> Received {
    let mut block = Vec::new();
    mb::encode(sent.news().len() as u32, &mut block);
    block.extend_from_slice(sent.news());
    let mut received = Received::new(SESSION_BYTES);
    received.absorb(&block).unwrap();
    received
}

thread_local! {
    static SEEN: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// The value becomes Microsoft's bytes as argument, and comes out of them.
#[track_caller]
fn same<T: Data + Debug + PartialEq>(name: &str, value: T) {
    SEEN.with_borrow_mut(|seen| seen.insert(name.to_owned()));
    let operation = full::<T>();
    let (mut memory, mut sent) = (Memory::default(), Sent::new(SESSION_BYTES));
    let bytes = document(Some(&mut sent), |writer| {
        let mut encoder = Encoder::arguments(writer, &operation, TEMPURI, &mut memory);
        encoder.member(0)?;
        value.write(&mut encoder)?;
        encoder.finish()
    });
    assert_eq!(bytes.unwrap(), vector(name), "{name}");
    let read: Result<T> = read_document(&vector(name), &received(&sent), |reader, element| {
        let mut decoder = Decoder::arguments(reader, element, &operation, TEMPURI, &mut memory)?;
        assert_eq!(decoder.member()?, Some(0));
        let value = T::read(&mut decoder)?;
        decoder.finish()?;
        Ok(value)
    });
    assert_eq!(read, Ok(value), "{name}");
}

/// The same for a value that stands by itself.
#[track_caller]
fn same_root<T: Data + Debug + PartialEq>(name: &str, value: T) {
    SEEN.with_borrow_mut(|seen| seen.insert(name.to_owned()));
    let (mut memory, mut sent) = (Memory::default(), Sent::new(SESSION_BYTES));
    let bytes = document(Some(&mut sent), |writer| {
        writer.start("", "Op");
        writer.xmlns("", TEMPURI);
        let mut encoder = Encoder::detail(writer, T::shape(), &mut memory);
        value.write(&mut encoder)?;
        encoder.finish()?;
        writer.end();
        Ok(())
    });
    assert_eq!(bytes.unwrap(), vector(name), "{name}");
    let read: Result<T> = read_document(&vector(name), &received(&sent), |reader, _| {
        reader.next()?;
        let mut decoder = Decoder::detail(reader, &mut memory);
        let value = T::read(&mut decoder)?;
        decoder.finish()?;
        reader.next()?;
        Ok(value)
    });
    assert_eq!(read, Ok(value), "{name}");
}

fn one() -> Inner {
    Inner { s: Some("s".into()), x: 3 }
}

fn date() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_709_210_096_789).unwrap()
}

fn offset() -> DateTime<FixedOffset> {
    date().with_timezone(&FixedOffset::east_opt(7200).unwrap())
}

fn map<K: Ord, V>(key: K, value: V) -> BTreeMap<K, V> {
    BTreeMap::from([(key, value)])
}

fn structures() {
    same("inner", one());
    same("inner-null", None::<Inner>);
    same("same", Same { x: 1, y: Some(one()) });
    same("bare", Bare { x: 2, y: Some(one()), z: Some(Box::default()) });
    let inside = Outer { i: offset(), c: Some(vec![]), ..Outer::default() };
    let outer = Outer {
        a: Some(one()),
        b: Some(vec![Some(one()), None]),
        c: Some(vec![1, 2]),
        d: Some(vec![Some("a".into()), None]),
        e: Some(map("k".into(), one())),
        f: Some(one()),
        g: Colour::Green,
        h: Some(vec![Colour::Red]),
        i: offset(),
        j: Some(vec![Some(4), None]),
        k: Some(Box::new(inside)),
        l: Some(9),
        m: Some(vec![0.5]),
        n: Some(vec![vec![7]]),
        o: Some(vec![1, 2, 3, 4]),
        p: Some(map("p".into(), vec![1])),
        q: Some(map(Colour::Green, None)),
    };
    same("outer", outer);
    same("offset", offset());
}

fn arrays() {
    same("dates", vec![date(), date()]);
    same("decimals", vec![Decimal::new(15, 1)]);
    same("bools", vec![true, false]);
    same("floats", vec![1.5_f32]);
    same("longs", vec![1_i64 << 40]);
    same("empty-ints", Vec::<i32>::new());
    same("many-ints", vec![0; 200]);
    same("jagged", vec![Some(vec![1, 2]), Some(vec![]), None]);
    same("jagged-twice", vec![vec![vec![1]]]);
}

fn lists() {
    same("list-list-inner", vec![vec![one()]]);
    same("nullable-ints", vec![Some(1), None]);
    same("nullable-dates", vec![Some(date()), None]);
    same("nullable-enums", vec![Some(Colour::Green), None]);
    same("shorts", vec![1_i16]);
    same("sbytes", vec![1_i8]);
    same("ushorts", vec![300_u16]);
    same("uints", vec![1, u32::MAX]);
    same("ulongs", vec![0, 1, 5, u64::MAX]);
    same("chars", vec!['A']);
    same("guids", vec![Uuid::nil()]);
    same("spans", vec![Duration::ZERO, Duration::from_nanos(i64::MAX as u64) * 100]);
    same("strings", vec!["a".to_owned(), String::new(), "1".into()]);
    same("many-strings", vec![None::<String>; 200]);
    same("byte-arrays", vec![vec![1_u8]]);
    same("enums", vec![Colour::Green]);
    same("offsets", vec![offset()]);
}

fn scalars() {
    same("uint", 5_u32);
    same("ulong", 5_u64);
    same("short", -3_i16);
    same("byte", 200_u8);
    same("infinity", f32::NEG_INFINITY);
}

fn maps() {
    same("map-int-string", map(1, "a".to_owned()));
    same("map-string-inner", map("a".to_owned(), one()));
    same("map-string-strings", map("a".to_owned(), vec!["b".to_owned()]));
    same("map-guid-date", map(Uuid::nil(), date()));
    same("map-string-nullable", map("a".to_owned(), None::<i32>));
    same("map-enum-bool", map(Colour::Green, true));
    same("map-map", map("a".to_owned(), map("b".to_owned(), 1)));
    same("list-map", vec![map("b".to_owned(), 1)]);
    same("map-bytes", map("a".to_owned(), vec![1_u8]));
}

fn roots() {
    same_root("root-inner", one());
    same_root("root-string", "x".to_owned());
    same_root("root-int", 5);
    same_root("root-strings", vec!["a".to_owned()]);
    same_root("root-enum", Colour::Green);
    same_root("root-ints", vec![1, 2]);
    same_root("root-map", map("a".to_owned(), 1));
    same_root("root-guid", Uuid::nil());
}

#[test]
fn every_shape_becomes_microsofts_bytes_and_comes_out_of_them() {
    structures();
    arrays();
    lists();
    scalars();
    maps();
    roots();
    SEEN.with_borrow(|seen| {
        let all = include_str!("shapes.tsv").lines().filter_map(|line| line.split('\t').next());
        let left: Vec<_> = all.filter(|name| !seen.contains(*name)).collect();
        assert_eq!(left, ["nan", "list-int", "list-byte"]);
    });
}
