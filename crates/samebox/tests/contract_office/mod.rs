//! A contract with every type and every kind of operation, its service and its client's own side.

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use samebox::data::Timestamp;
use samebox::{Bytes, Data, Fault, Peer};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Data)]
#[data(clr = "Office")]
pub(crate) enum Urgency {
    Low = 1,
    High = 10,
}

/// A member of every type.
#[derive(Clone, Debug, PartialEq, Data)]
#[data(clr = "Office")]
pub(crate) struct Everything {
    pub(crate) flag: bool,
    pub(crate) signed: Signed,
    pub(crate) unsigned: Unsigned,
    pub(crate) single: f32,
    pub(crate) double: f64,
    pub(crate) letter: char,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) shared: Bytes,
    pub(crate) maybe: Option<String>,
    #[data(omit_absent)]
    pub(crate) omitted: Option<Box<Everything>>,
    pub(crate) numbers: Vec<i32>,
    pub(crate) jagged: Vec<Vec<Option<i64>>>,
    pub(crate) by_name: BTreeMap<String, Urgency>,
    pub(crate) by_number: HashMap<i32, Vec<String>>,
    pub(crate) urgency: Urgency,
    pub(crate) more: Vec<Everything>,
    #[data(order = 1)]
    pub(crate) times: Times,
    pub(crate) id: Uuid,
    pub(crate) price: Decimal,
}

#[derive(Clone, Debug, PartialEq, Data)]
pub(crate) struct Signed {
    pub(crate) i8: i8,
    pub(crate) i16: i16,
    pub(crate) i32: i32,
    pub(crate) i64: i64,
}

#[derive(Clone, Debug, PartialEq, Data)]
pub(crate) struct Unsigned {
    pub(crate) u8: u8,
    pub(crate) u16: u16,
    pub(crate) u32: u32,
    pub(crate) u64: u64,
}

#[derive(Clone, Debug, PartialEq, Data)]
pub(crate) struct Times {
    pub(crate) utc: DateTime<Utc>,
    pub(crate) plain: NaiveDateTime,
    pub(crate) offset: DateTime<FixedOffset>,
    pub(crate) system: SystemTime,
    pub(crate) ticks: Timestamp,
    pub(crate) span: TimeDelta,
    pub(crate) duration: Duration,
}

#[derive(Clone, Debug, PartialEq, Data)]
pub(crate) struct Overdrawn {
    pub(crate) by: i64,
}

/// What the office tells and asks its clients.
#[samebox::contract]
pub(crate) trait Desk {
    #[one_way]
    fn progress(&self, percent: u8);
    fn sign(&self, paper: &str) -> Result<String, Fault<Overdrawn>>;
}

#[samebox::contract(callback = Desk, version = "3")]
pub(crate) trait Office {
    fn copy(&self, all: &Everything) -> Everything;
    fn join(&self, words: &[String], between: &str, raw: &[u8], urgency: Option<Urgency>)
    -> String;
    fn withdraw(&self, amount: i64) -> Result<i64, Fault<Overdrawn>>;
    fn fail(&self, reason: String) -> Result<(), Fault>;
    #[one_way]
    fn remember(&self, word: String);
    fn remembered(&self) -> Vec<String>;
    fn approve(&self, #[callback] desk: &DeskClient, papers: u8) -> Result<String, Fault>;
    #[one_way]
    fn watch(&self, #[callback] desk: DeskClient);
    fn alarm(&self, percent: u8);
    fn caller(&self, #[peer] peer: &Peer) -> Option<u32>;
    fn wait(&self);
    fn release(&self);
}

/// A service that keeps what it was told.
#[derive(Default)]
pub(crate) struct Clerk {
    words: Mutex<Vec<String>>,
    watching: Mutex<Vec<DeskClient>>,
    released: Mutex<bool>,
    changed: Condvar,
}

impl Office for Clerk {
    fn copy(&self, all: &Everything) -> Everything {
        all.clone()
    }

    fn join(
        &self,
        words: &[String],
        between: &str,
        raw: &[u8],
        urgency: Option<Urgency>,
    ) -> String {
        format!("{} {raw:?} {urgency:?}", words.join(between))
    }

    fn withdraw(&self, amount: i64) -> Result<i64, Fault<Overdrawn>> {
        let left = 100 - amount;
        let overdrawn = || Fault::new("overdrawn").with_detail(Overdrawn { by: -left });
        if left < 0 { Err(overdrawn()) } else { Ok(left) }
    }

    fn fail(&self, reason: String) -> Result<(), Fault> {
        Err(Fault::new(reason).with_code("urn:office", "Failed").of_receiver())
    }

    fn remember(&self, word: String) {
        self.words.lock().unwrap().push(word);
    }

    fn remembered(&self) -> Vec<String> {
        self.words.lock().unwrap().clone()
    }

    fn approve(&self, desk: &DeskClient, papers: u8) -> Result<String, Fault> {
        let mut signed = String::new();
        for paper in 0..papers {
            desk.progress(paper).map_err(|error| Fault::new(error.to_string()))?;
            let signature = desk.sign(&format!("paper {paper}"));
            signed += &signature.map_err(|error| match error.fault() {
                Some(Fault { detail: Some(detail), .. }) => Fault::new(format!("{detail:?}")),
                _ => Fault::new(error.to_string()),
            })?;
        }
        Ok(signed)
    }

    fn watch(&self, desk: DeskClient) {
        self.watching.lock().unwrap().push(desk);
        self.changed.notify_all();
    }

    fn alarm(&self, percent: u8) {
        let watching = self.watching.lock().unwrap();
        let watching = self.changed.wait_while(watching, |watching| watching.is_empty()).unwrap();
        for desk in watching.iter() {
            desk.progress(percent).unwrap();
        }
    }

    fn caller(&self, peer: &Peer) -> Option<u32> {
        peer.pid
    }

    fn wait(&self) {
        let released = self.released.lock().unwrap();
        drop(self.changed.wait_while(released, |released| !*released).unwrap());
    }

    fn release(&self) {
        *self.released.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

/// A client's own side: it asks its service while the service asks it.
#[derive(Default)]
pub(crate) struct Colleague {
    pub(crate) seen: Mutex<Vec<String>>,
    pub(crate) changed: Condvar,
    pub(crate) office: Mutex<Option<OfficeClient>>,
    signed: AtomicU32,
}

impl Desk for Colleague {
    fn progress(&self, percent: u8) {
        self.seen.lock().unwrap().push(format!("{percent}%"));
        self.changed.notify_all();
    }

    fn sign(&self, paper: &str) -> Result<String, Fault<Overdrawn>> {
        if self.signed.fetch_add(1, Ordering::Relaxed) == 3 {
            return Err(Fault::new("no ink").with_detail(Overdrawn { by: 3 }));
        }
        self.seen.lock().unwrap().push(paper.to_owned());
        let office = self.office.lock().unwrap().clone();
        let left = office.map(|office| office.withdraw(1).unwrap());
        Ok(format!("[{}]", left.unwrap_or_default()))
    }
}
