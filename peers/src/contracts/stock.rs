//! `Stock` and `Watch` of `wcf/stock_contract.cs`, and services that do the same as those there.
//!
//! What a Rust contract cannot say is left out: `Codes`, a list with a name for its items; `Take`,
//! which gives several values back; `Count` and `Insist`, whose actions are written out in C#. A
//! `Perishable` crosses as the `Item` that it is too: a Rust structure has no base.

use chrono::{DateTime, FixedOffset};
use rust_decimal::Decimal;
use samebox::Fault;
use samebox::data::Timestamp;
use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use uuid::Uuid;

/// An enumeration whose values have other names on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, samebox::Data)]
#[data(name = "Quality", namespace = "urn:example:stock/data")]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub enum Grade {
    #[default]
    #[data(name = "first-class")]
    First,
    #[data(name = "second-class")]
    Second = 5,
    Waste = 9,
}

/// A class with an order of its own.
#[derive(Clone, Debug, Default, PartialEq, samebox::Data)]
#[data(namespace = "urn:example:stock/data")]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub struct Item {
    #[data(order = 2)]
    pub sku: Option<String>,
    #[data(order = 1)]
    pub quantity: i32,
    #[data(name = "unit-price")]
    pub price: Option<Decimal>,
    pub grade: Grade,
    /// `[Flags]`: the names of what is set, with spaces between them.
    pub traits: String,
    #[data(omit_absent)]
    pub remark: Option<String>,
}

/// A class in the namespace of its source.
#[derive(Clone, Debug, Default, PartialEq, samebox::Data)]
#[data(clr = "Warehouse")]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub struct Slot {
    pub row: i32,
    pub items: Option<Vec<Option<Item>>>,
    pub labels: Option<Vec<Option<String>>>,
}

/// Lists of lists.
#[derive(Clone, Debug, Default, PartialEq, samebox::Data)]
#[data(namespace = "urn:example:stock/data")]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub struct Shelf {
    pub id: Uuid,
    pub slots: Option<Vec<Option<Slot>>>,
    pub grid: Option<Vec<Option<Vec<i32>>>>,
}

/// A number of each size.
#[derive(Clone, Debug, PartialEq, samebox::Data)]
#[data(clr = "Warehouse")]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub struct Gauge {
    pub width: u16,
    pub tiny: i8,
    pub small: u8,
    pub medium: i16,
    pub wide: u32,
    pub manual: Option<String>,
    pub checked: Option<Timestamp>,
}

/// The detail of a declared fault.
#[derive(Clone, Debug, PartialEq, samebox::Data)]
#[data(name = "ShortageInfo", namespace = "urn:example:stock/faults")]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub struct Shortage {
    pub sku: Option<String>,
    #[data(order = 1)]
    pub missing: i32,
    #[data(order = 1)]
    pub instead: Option<Vec<Option<Item>>>,
}

/// Items by their names.
pub type Items = BTreeMap<String, Option<Item>>;

/// Lists by numbers.
pub type Labels = BTreeMap<i32, Option<Vec<Option<String>>>>;

/// Goods and where they are.
#[samebox::contract(name = "Stock", namespace = "urn:example:stock")]
#[allow(missing_docs, clippy::missing_errors_doc, reason = "most give back what they are given")]
#[allow(clippy::result_large_err, reason = "the detail is what the contract says")]
pub trait StockKeeping {
    #[one_way]
    fn note(&self, line: Option<String>, urgency: i32);
    fn store(&self, item: Option<Item>) -> Option<Item>;
    fn find(&self, sku: Option<String>) -> Option<Item>;
    fn shelves(&self, shelves: Option<Vec<Option<Shelf>>>) -> Option<Vec<Option<Shelf>>>;
    fn regrade(&self, grade: Grade) -> Grade;
    fn mark(&self, traits: String) -> String;
    fn price(&self, sku: Option<String>) -> Option<Decimal>;
    fn when(&self, at: DateTime<FixedOffset>) -> DateTime<FixedOffset>;
    fn measure(&self, gauge: Option<Gauge>) -> Option<Gauge>;
    fn by_sku(&self, items: Option<Items>) -> Option<Items>;
    fn labels(&self, labels: Option<Labels>) -> Option<Labels>;
    fn reserve(&self, sku: Option<String>, count: i32) -> Result<i32, Fault<Shortage>>;
}

/// What the duplex service calls at its client.
#[samebox::contract]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub trait Watcher {
    #[one_way]
    fn changed(&self, item: Option<Item>);
    #[operation(name = "MayI")]
    fn approve(&self, sku: Option<String>, sum: Decimal) -> bool;
}

/// A service that calls back.
#[samebox::contract(name = "Watch", namespace = "urn:example:stock/", callback = Watcher)]
pub trait Watching {
    /// Calls `Changed` that many times.
    #[one_way]
    fn follow(&self, #[callback] client: &WatcherClient, sku: Option<String>, times: i32);
    /// Asks `MayI` for each of the items, before it gives the sum of what is approved.
    ///
    /// # Errors
    /// When the client does not answer.
    fn buy(
        &self,
        #[callback] client: &WatcherClient,
        items: Option<Vec<Option<Item>>>,
    ) -> Result<Decimal, Fault>;
}

/// Does what the services of `wcf/stock.cs` do.
#[derive(Clone, Debug)]
pub struct Stock {
    /// Gets what is noted.
    pub notes: Sender<(Option<String>, i32)>,
}

/// What every stock has.
pub fn milk(sku: &str) -> Item {
    Item {
        sku: Some(sku.into()),
        quantity: 2,
        price: None,
        grade: Grade::First,
        traits: "None".into(),
        remark: Some("shake".into()),
    }
}

impl StockKeeping for Stock {
    fn note(&self, line: Option<String>, urgency: i32) {
        // Who looks at the notes may have left.
        let _ = self.notes.send((line, urgency));
    }
    fn store(&self, item: Option<Item>) -> Option<Item> {
        item
    }
    fn find(&self, sku: Option<String>) -> Option<Item> {
        sku.map(|sku| milk(&sku))
    }
    fn shelves(&self, shelves: Option<Vec<Option<Shelf>>>) -> Option<Vec<Option<Shelf>>> {
        shelves
    }
    fn regrade(&self, grade: Grade) -> Grade {
        grade
    }
    fn mark(&self, traits: String) -> String {
        traits
    }
    fn price(&self, sku: Option<String>) -> Option<Decimal> {
        sku.map(|_| Decimal::new(1990, 2))
    }
    fn when(&self, at: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
        at
    }
    fn measure(&self, gauge: Option<Gauge>) -> Option<Gauge> {
        gauge
    }
    fn by_sku(&self, items: Option<Items>) -> Option<Items> {
        items
    }
    fn labels(&self, labels: Option<Labels>) -> Option<Labels> {
        labels
    }
    #[allow(clippy::result_large_err, reason = "as in the contract")]
    fn reserve(&self, sku: Option<String>, count: i32) -> Result<i32, Fault<Shortage>> {
        if count <= 10 {
            return Ok(count);
        }
        let instead = Some(vec![Some(milk("other"))]);
        let shortage = Shortage { sku, missing: count - 10, instead };
        Err(Fault::new("too few of them").with_detail(shortage))
    }
}

impl Watching for Stock {
    fn follow(&self, client: &WatcherClient, sku: Option<String>, times: i32) {
        for quantity in 1..=times {
            let traits = "None".to_owned();
            let item = Item { sku: sku.clone(), quantity, traits, ..Item::default() };
            // A client that has left misses its changes.
            let _ = client.changed(Some(item));
        }
    }

    fn buy(
        &self,
        client: &WatcherClient,
        items: Option<Vec<Option<Item>>>,
    ) -> Result<Decimal, Fault> {
        let mut sum = Decimal::ZERO;
        for item in items.into_iter().flatten().flatten() {
            let part = Decimal::from(item.quantity) * item.price.unwrap_or_default();
            match client.approve(item.sku, part) {
                Ok(true) => sum += part,
                Ok(false) => {}
                Err(error) => return Err(Fault::new(error.to_string())),
            }
        }
        Ok(sum)
    }
}
