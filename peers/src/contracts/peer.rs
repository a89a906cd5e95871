//! `IPeer` and `IDuplex` of `wcf/peer.cs`, and services that do the same as those there.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use samebox::Fault;
use samebox::data::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// An enumeration with a gap.
#[derive(Clone, Copy, Debug, PartialEq, samebox::Data)]
pub enum Colour {
    /// The first.
    Red,
    /// The other.
    Green = 5,
}

/// A class that contains itself.
#[derive(Clone, Debug, Default, PartialEq, samebox::Data)]
#[data(namespace = "urn:samebox:peer")]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub struct Node {
    pub name: Option<String>,
    pub id: i32,
    pub children: Option<Vec<Option<Node>>>,
    pub blob: Option<Vec<u8>>,
    #[data(order = 1)]
    pub late: f64,
    #[data(omit_absent)]
    pub maybe: Option<String>,
}

/// The detail of a declared fault.
#[derive(Clone, Debug, PartialEq, samebox::Data)]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub struct Detail {
    pub code: i32,
    pub why: Option<String>,
}

/// An operation for each kind of value.
#[samebox::contract]
#[allow(missing_docs, clippy::missing_errors_doc, reason = "most give back what they are given")]
pub trait Peer {
    #[one_way]
    fn send(&self, data: Option<String>);
    fn echo(&self, text: Option<String>) -> Option<String>;
    fn add(&self, a: i32, b: i32) -> i32;
    fn echo_double(&self, v: f64) -> f64;
    fn echo_float(&self, v: f32) -> f32;
    fn echo_bool(&self, v: bool) -> bool;
    fn echo_long(&self, v: i64) -> i64;
    #[operation(name = "EchoULong")]
    fn echo_ulong(&self, v: u64) -> u64;
    fn echo_decimal(&self, v: Decimal) -> Decimal;
    fn echo_date(&self, v: Timestamp) -> Timestamp;
    fn echo_span(&self, v: TimeDelta) -> TimeDelta;
    fn echo_guid(&self, v: Uuid) -> Uuid;
    fn echo_enum(&self, v: Colour) -> Colour;
    fn echo_char(&self, v: char) -> char;
    fn echo_nullable(&self, v: Option<i32>) -> Option<i32>;
    fn echo_bytes(&self, v: Option<Vec<u8>>) -> Option<Vec<u8>>;
    fn echo_ints(&self, v: Option<Vec<i32>>) -> Option<Vec<i32>>;
    fn echo_strings(&self, v: Option<Vec<Option<String>>>) -> Option<Vec<Option<String>>>;
    fn echo_map(&self, v: Option<BTreeMap<String, i32>>) -> Option<BTreeMap<String, i32>>;
    fn echo_node(&self, v: Option<Node>) -> Option<Node>;
    fn nothing(&self);
    fn fail(&self, why: &str) -> Result<(), Fault>;
    fn fail_typed(&self, code: i32) -> Result<(), Fault<Detail>>;
    fn crash(&self);
}

/// What the duplex service calls at its client.
#[samebox::contract]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub trait Notify {
    #[one_way]
    fn notify(&self, text: &str);
    fn confirm(&self, question: &str) -> String;
}

/// A service that calls back.
#[samebox::contract(callback = Notify)]
pub trait Duplex {
    /// Calls `Notify` twice.
    #[one_way]
    fn subscribe(&self, #[callback] client: &NotifyClient, tag: &str);
    /// Calls `Confirm` before it replies.
    ///
    /// # Errors
    /// When the client does not answer.
    fn ask(&self, #[callback] client: &NotifyClient, text: &str) -> Result<String, Fault>;
}

/// Does what the services of `wcf/peer.cs` do.
#[derive(Clone, Debug, Default)]
pub struct Echoes {
    sent: Arc<Mutex<Vec<Option<String>>>>,
}

impl Echoes {
    /// What `Send` has got so far.
    pub fn sent(&self) -> Vec<Option<String>> {
        self.sent.lock().expect("nobody panics with it").clone()
    }
}

impl Peer for Echoes {
    fn send(&self, data: Option<String>) {
        self.sent.lock().expect("nobody panics with it").push(data);
    }
    fn echo(&self, text: Option<String>) -> Option<String> {
        text
    }
    fn add(&self, a: i32, b: i32) -> i32 {
        a + b
    }
    fn echo_double(&self, v: f64) -> f64 {
        v
    }
    fn echo_float(&self, v: f32) -> f32 {
        v
    }
    fn echo_bool(&self, v: bool) -> bool {
        v
    }
    fn echo_long(&self, v: i64) -> i64 {
        v
    }
    fn echo_ulong(&self, v: u64) -> u64 {
        v
    }
    fn echo_decimal(&self, v: Decimal) -> Decimal {
        v
    }
    fn echo_date(&self, v: Timestamp) -> Timestamp {
        v
    }
    fn echo_span(&self, v: TimeDelta) -> TimeDelta {
        v
    }
    fn echo_guid(&self, v: Uuid) -> Uuid {
        v
    }
    fn echo_enum(&self, v: Colour) -> Colour {
        v
    }
    fn echo_char(&self, v: char) -> char {
        v
    }
    fn echo_nullable(&self, v: Option<i32>) -> Option<i32> {
        v
    }
    fn echo_bytes(&self, v: Option<Vec<u8>>) -> Option<Vec<u8>> {
        v
    }
    fn echo_ints(&self, v: Option<Vec<i32>>) -> Option<Vec<i32>> {
        v
    }
    fn echo_strings(&self, v: Option<Vec<Option<String>>>) -> Option<Vec<Option<String>>> {
        v
    }
    fn echo_map(&self, v: Option<BTreeMap<String, i32>>) -> Option<BTreeMap<String, i32>> {
        v
    }
    fn echo_node(&self, v: Option<Node>) -> Option<Node> {
        v
    }
    fn nothing(&self) {}
    fn fail(&self, why: &str) -> Result<(), Fault> {
        Err(Fault::new(why))
    }
    fn fail_typed(&self, code: i32) -> Result<(), Fault<Detail>> {
        Err(Fault::new("typed fault").with_detail(Detail { code, why: Some("typed".into()) }))
    }
    fn crash(&self) {
        // As a panic, without its words on stderr.
        std::panic::resume_unwind(Box::new("server bug"));
    }
}

impl Duplex for Echoes {
    fn subscribe(&self, client: &NotifyClient, tag: &str) {
        for nth in 1..=2 {
            // A client that has left misses its notices.
            let _ = client.notify(&format!("{tag} {nth}"));
        }
    }

    fn ask(&self, client: &NotifyClient, text: &str) -> Result<String, Fault> {
        let answer = client.confirm(&format!("{text}?"));
        answer.map(|yes| format!("{text}:{yes}")).map_err(|error| Fault::new(error.to_string()))
    }
}
