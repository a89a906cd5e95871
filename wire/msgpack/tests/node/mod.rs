//! A structure with members of many kinds.

use samebox_contract_macros::Data;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Data, Debug, Default, PartialEq)]
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
    pub(crate) children: Vec<Option<Box<Node>>>,
    pub(crate) colour: Colour,
    pub(crate) counts: BTreeMap<String, Vec<i64>>,
    #[data(omit_absent)]
    pub(crate) maybe: Option<String>,
    pub(crate) name: String,
    #[data(order = 1)]
    pub(crate) late: f64,
}
