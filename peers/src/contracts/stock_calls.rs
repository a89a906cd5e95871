//! What a Rust client asks of the services of [`stock`](super::stock), and what it must hear.

use super::stock::{
    Gauge, Grade, Item, Shelf, Shortage, Slot, StockKeepingClient, Watcher, WatchingClient, milk,
};
use crate::PATIENCE;
use chrono::DateTime;
use rust_decimal::Decimal;
use samebox::CallError;
use samebox::data::{TimeKind, Timestamp};
use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use uuid::Uuid;

fn nail(sku: &str, quantity: i32) -> Item {
    Item {
        sku: Some(sku.into()),
        quantity,
        price: Some(Decimal::new(25, 2)),
        grade: Grade::Second,
        traits: "keep-cold Heavy".into(),
        remark: None,
    }
}

/// Calls every operation of `Stock` that Rust has and checks what comes back, whoever serves it.
#[track_caller]
pub fn call_every_stock_operation(stock: &StockKeepingClient) {
    items_come_back(stock);
    values_come_back(stock);
    collections_come_back(stock);
    shortages_are_told(stock);
}

fn items_come_back(stock: &StockKeepingClient) {
    stock.note(Some("the door is open".into()), 2).unwrap();
    for item in [Some(nail("nail", 7)), None, Some(milk("milk"))] {
        assert_eq!(stock.store(item.clone()).unwrap(), item);
    }
    assert_eq!(stock.find(Some("milk".into())).unwrap(), Some(milk("milk")));
}

fn values_come_back(stock: &StockKeepingClient) {
    for grade in [Grade::First, Grade::Second, Grade::Waste] {
        assert_eq!(stock.regrade(grade).unwrap(), grade);
    }
    for traits in ["None", "Fragile keep-cold", "Heavy"] {
        assert_eq!(stock.mark(traits.into()).unwrap(), traits);
    }
    assert_eq!(stock.price(None).unwrap(), None);
    assert_eq!(stock.price(Some("nail".into())).unwrap(), Some(Decimal::new(1990, 2)));
    let at = DateTime::parse_from_rfc3339("2026-07-01T12:00:00.25+05:30").unwrap();
    let then = stock.when(at).unwrap();
    assert_eq!((then, then.offset()), (at, at.offset()));
    for checked in [None, Some(Timestamp { ticks: 638_448_068_967_890_000, kind: TimeKind::Utc })] {
        let gauge = Some(Gauge {
            width: u16::MAX,
            tiny: i8::MIN,
            small: u8::MAX,
            medium: i16::MIN,
            wide: u32::MAX,
            manual: Some("http://example.org/gauge?a=1&b=%20".into()),
            checked,
        });
        assert_eq!(stock.measure(gauge.clone()).unwrap(), gauge);
    }
}

fn collections_come_back(stock: &StockKeepingClient) {
    let full = Slot {
        row: 1,
        items: Some(vec![Some(nail("nail", 1)), Some(milk("milk")), None]),
        labels: Some(vec![Some("left".into()), Some(String::new()), None]),
    };
    let empty = Slot { row: 2, items: Some(Vec::new()), labels: None };
    let id = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    let first = Shelf { id, slots: Some(vec![Some(full), Some(empty), None]), grid: None };
    let grid = Some(vec![Some(vec![1, 2]), Some(Vec::new()), None]);
    let second = Shelf { grid, ..Shelf::default() };
    for shelves in [None, Some(Vec::new()), Some(vec![Some(first), None, Some(second)])] {
        assert_eq!(stock.shelves(shelves.clone()).unwrap(), shelves);
    }
    let items = [("m", Some(milk("milk"))), ("n", Some(nail("nail", 1))), ("o", None)];
    let items = Some(BTreeMap::from(items.map(|(name, item)| (name.to_owned(), item))));
    assert_eq!(stock.by_sku(items.clone()).unwrap(), items);
    let labels = [(-3, Some(vec![Some("x".to_owned()), None])), (4, None)];
    let labels = Some(BTreeMap::from(labels));
    assert_eq!(stock.labels(labels.clone()).unwrap(), labels);
}

fn shortages_are_told(stock: &StockKeepingClient) {
    assert_eq!(stock.reserve(Some("nail".into()), 10).unwrap(), 10);
    let told = stock.reserve(Some("nail".into()), 52).unwrap_err();
    let CallError::Fault(told) = told else { panic!("{told}") };
    assert_eq!(told.reason, "too few of them");
    let instead = Some(vec![Some(milk("other"))]);
    assert_eq!(told.detail, Some(Shortage { sku: Some("nail".into()), missing: 42, instead }));
}

/// Calls both operations of `Watch` and checks the callbacks, whoever serves them.
#[track_caller]
pub fn call_every_watch_operation(endpoint: &str) {
    let (told, changes) = channel();
    let client = WatchingClient::connect(endpoint, Screen(told)).unwrap();
    let items = [nail("nail", 10), nail("gold", 1000), nail("screw", 20)];
    let sum = client.buy(Some(items.map(Some).into())).unwrap();
    assert_eq!(sum, Decimal::new(750, 2));
    client.follow(Some("nail".into()), 3).unwrap();
    let next = || changes.recv_timeout(PATIENCE).expect("the service calls back");
    assert_eq!([next(), next(), next()], ["nail 2.50", "gold 250.00", "screw 5.00"]);
    assert_eq!([next(), next(), next()], ["nail: 1", "nail: 2", "nail: 3"]);
}

/// Approves what costs less than 100.
struct Screen(Sender<String>);

impl Screen {
    fn show(&self, line: String) {
        // Who waits for it may have failed.
        let _ = self.0.send(line);
    }
}

impl Watcher for Screen {
    fn changed(&self, item: Option<Item>) {
        let item = item.unwrap_or_default();
        self.show(format!("{}: {}", item.sku.unwrap_or_default(), item.quantity));
    }

    fn approve(&self, sku: Option<String>, sum: Decimal) -> bool {
        self.show(format!("{} {sum}", sku.unwrap_or_default()));
        sum < Decimal::ONE_HUNDRED
    }
}
