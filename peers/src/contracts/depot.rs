//! `org.example.Depot1`, which `python/bus.py` has too, and a service that does the same as there.

use samebox::Fault;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// One thing of which there may be several.
#[derive(Clone, Debug, PartialEq, samebox::Data)]
#[allow(missing_docs, reason = "the names are all there is to them")]
pub struct Item {
    pub name: String,
    pub price: f64,
    pub quantity: i32,
}

/// An operation for each kind of value that D-Bus has.
#[samebox::contract(name = "org.example.Depot1")]
#[allow(missing_docs, clippy::missing_errors_doc, reason = "the tests say what they do")]
pub trait Depot {
    #[one_way]
    fn note(&self, line: &str);
    fn add(&self, a: i32, b: i32) -> i32;
    fn sum(&self, values: Vec<i64>) -> i64;
    fn reverse(&self, bytes: Vec<u8>) -> Vec<u8>;
    fn store(&self, item: Item) -> Item;
    fn items(&self, names: Vec<String>) -> Vec<Item>;
    fn double(&self, stock: BTreeMap<String, i32>) -> BTreeMap<String, i32>;
    fn toggle(&self, open: bool) -> bool;
    fn reserve(&self, name: &str, quantity: i32) -> Result<i32, Fault>;
}

/// Does what the Python of that name does.
#[derive(Clone, Debug, Default)]
pub struct Shelves {
    notes: Arc<Mutex<Vec<String>>>,
}

impl Shelves {
    /// What `Note` has got so far.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().expect("nobody panics with it").clone()
    }
}

impl Depot for Shelves {
    fn note(&self, line: &str) {
        self.notes.lock().expect("nobody panics with it").push(line.to_owned());
    }
    fn add(&self, a: i32, b: i32) -> i32 {
        a + b
    }
    fn sum(&self, values: Vec<i64>) -> i64 {
        values.iter().sum()
    }
    fn reverse(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes.into_iter().rev().collect()
    }
    fn store(&self, item: Item) -> Item {
        Item { quantity: item.quantity + 1, ..item }
    }
    fn items(&self, names: Vec<String>) -> Vec<Item> {
        let item = |name: String| Item { price: 0.5, quantity: name.chars().count() as i32, name };
        names.into_iter().map(item).collect()
    }
    fn double(&self, stock: BTreeMap<String, i32>) -> BTreeMap<String, i32> {
        stock.into_iter().map(|(name, count)| (name, 2 * count)).collect()
    }
    fn toggle(&self, open: bool) -> bool {
        !open
    }
    fn reserve(&self, name: &str, quantity: i32) -> Result<i32, Fault> {
        match quantity {
            ..=10 => Ok(quantity),
            _ => Err(Fault::new(format!("too few of {name}"))),
        }
    }
}

/// Calls every operation of `Depot` and checks what comes back, whoever serves it.
#[track_caller]
pub fn call_every_depot_operation(depot: &DepotClient) {
    depot.note("the door is open").unwrap();
    assert_eq!(depot.add(2, 40).unwrap(), 42);
    assert_eq!(depot.sum(vec![1 << 40, -1]).unwrap(), (1 << 40) - 1);
    assert_eq!(depot.reverse(vec![0, 255, 7]).unwrap(), [7, 255, 0]);
    assert_eq!(depot.reverse(Vec::new()).unwrap(), []);
    let nail = |quantity| Item { name: "Nägel".into(), price: 0.25, quantity };
    assert_eq!(depot.store(nail(7)).unwrap(), nail(8));
    let items = depot.items(vec!["a".into(), "bcd".into()]).unwrap();
    let item = |name: &str, quantity| Item { name: name.into(), price: 0.5, quantity };
    assert_eq!(items, [item("a", 1), item("bcd", 3)]);
    let stock = |a, b| BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
    assert_eq!(depot.double(stock(1, -2)).unwrap(), stock(2, -4));
    assert!(depot.toggle(false).unwrap());
    assert_eq!(depot.reserve("nail", 10).unwrap(), 10);
    let told = depot.reserve("nail", 11).unwrap_err();
    assert_eq!(told.fault().map(|fault| &*fault.reason), Some("too few of nail"));
}
