//! The types of the peer program and of the shapes.

use chrono::{DateTime, FixedOffset};
use samebox_contract_macros::Data;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Data, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[data(crate = samebox_data)]
pub(crate) enum Colour {
    #[default]
    Red,
    Green = 5,
}

#[derive(Clone, Data, Debug, Default, PartialEq)]
#[data(crate = samebox_data, namespace = "urn:samebox:peer")]
pub(crate) struct Node {
    pub(crate) blob: Option<Vec<u8>>,
    pub(crate) children: Option<Vec<Option<Box<Node>>>>,
    pub(crate) id: i32,
    #[data(omit_absent)]
    pub(crate) maybe: Option<String>,
    pub(crate) name: Option<String>,
    #[data(order = 1)]
    pub(crate) late: f64,
}

#[derive(Clone, Data, Debug, Default, PartialEq)]
#[data(crate = samebox_data, namespace = "urn:one")]
pub(crate) struct Inner {
    pub(crate) s: Option<String>,
    pub(crate) x: i32,
}

#[derive(Clone, Data, Debug, Default, PartialEq)]
#[data(crate = samebox_data, namespace = "http://tempuri.org/")]
pub(crate) struct Same {
    pub(crate) x: i32,
    pub(crate) y: Option<Inner>,
}

#[derive(Clone, Data, Debug, Default, PartialEq)]
#[data(crate = samebox_data, namespace = "")]
pub(crate) struct Bare {
    pub(crate) x: i32,
    pub(crate) y: Option<Inner>,
    pub(crate) z: Option<Box<Bare>>,
}

#[derive(Clone, Data, Debug, Default, PartialEq)]
#[data(crate = samebox_data, namespace = "urn:two")]
pub(crate) struct Outer {
    pub(crate) a: Option<Inner>,
    pub(crate) b: Option<Vec<Option<Inner>>>,
    pub(crate) c: Option<Vec<i32>>,
    pub(crate) d: Option<Vec<Option<String>>>,
    pub(crate) e: Option<BTreeMap<String, Inner>>,
    pub(crate) f: Option<Inner>,
    pub(crate) g: Colour,
    pub(crate) h: Option<Vec<Colour>>,
    pub(crate) i: DateTime<FixedOffset>,
    pub(crate) j: Option<Vec<Option<i32>>>,
    pub(crate) k: Option<Box<Outer>>,
    pub(crate) l: Option<i32>,
    pub(crate) m: Option<Vec<f64>>,
    pub(crate) n: Option<Vec<Vec<i32>>>,
    pub(crate) o: Option<Vec<u8>>,
    pub(crate) p: Option<BTreeMap<String, Vec<i32>>>,
    pub(crate) q: Option<BTreeMap<Colour, Option<i32>>>,
}

/// The tree that the peer program sends.
pub(crate) fn tree() -> Node {
    let kid = Node {
        name: Some("kid \u{e9}".into()),
        id: -7,
        children: Some(vec![]),
        maybe: Some("set".into()),
        ..Node::default()
    };
    Node {
        name: Some("root".into()),
        id: 1,
        late: 2.5,
        blob: Some(vec![1, 2, 3]),
        children: Some(vec![Some(Box::new(kid)), None]),
        ..Node::default()
    }
}
