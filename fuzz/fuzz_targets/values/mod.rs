//! Types that bodies are read into.

use chrono::{DateTime, FixedOffset, TimeDelta};
use rust_decimal::Decimal;
use samebox_contract_macros::Data;
use samebox_data::{Data, Timestamp};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is done with one type.
pub trait Try {
    fn with<T: Data>(&self);
}

/// Picks one of the types.
pub fn with_type(choice: u8, attempt: &impl Try) {
    match choice % 16 {
        0 => attempt.with::<Tree>(),
        1 => attempt.with::<Vec<Option<Tree>>>(),
        2 => attempt.with::<BTreeMap<String, Vec<Tree>>>(),
        3 => attempt.with::<BTreeMap<u64, Option<bool>>>(),
        4 => attempt.with::<Vec<Vec<i32>>>(),
        5 => attempt.with::<Vec<f64>>(),
        6 => attempt.with::<Vec<f32>>(),
        7 => attempt.with::<Vec<Timestamp>>(),
        8 => attempt.with::<Vec<Decimal>>(),
        9 => attempt.with::<Vec<DateTime<FixedOffset>>>(),
        10 => attempt.with::<Vec<TimeDelta>>(),
        11 => attempt.with::<Vec<Option<Uuid>>>(),
        12 => attempt.with::<Vec<char>>(),
        13 => attempt.with::<Option<Vec<u8>>>(),
        14 => attempt.with::<Vec<i8>>(),
        _ => attempt.with::<Option<String>>(),
    }
}

/// A structure that holds itself.
#[derive(Data)]
#[data(crate = samebox_data, namespace = "urn:x")]
pub struct Tree {
    #[data(omit_absent)]
    blob: Option<Vec<u8>>,
    colour: Colour,
    id: i64,
    inside: Vec<Tree>,
    name: String,
}

/// An enum.
#[derive(Clone, Copy, Data)]
#[data(crate = samebox_data, namespace = "urn:x")]
pub enum Colour {
    Red,
    Green = 5,
}
