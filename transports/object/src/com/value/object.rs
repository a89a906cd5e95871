//! Values with names as objects, whose members programs read by name.

use super::Node;
use samebox_sys::windows::com::{Apartment, Exception, Failure, Member, Object, Remote, Variant};
use std::sync::Arc;

/// The member that gives all others at once, by value: pairs of name and value.
///
/// A program that knows it is spared a call for each member.
pub(super) const WHOLE: &str = "samebox_members";
const WHOLE_ID: i32 = 0x7FFF_0000;

/// A record for other processes to look into.
#[derive(Debug)]
struct Record {
    members: Vec<Member>,
    entries: Vec<(String, Node)>,
}

/// A value as scripts can use it: what has names is an object.
///
/// # Errors
/// The system's.
pub(crate) fn to_variant(apartment: &Apartment, node: &Node) -> Result<Variant, Failure> {
    match node {
        Node::Scalar(value) => Ok(value.clone()),
        Node::List(items) => {
            let items = items.iter().map(|item| to_variant(apartment, item));
            Ok(Variant::List(items.collect::<Result<_, _>>()?))
        }
        Node::Record(entries) => {
            let record = Arc::new(Record::new(entries.clone()));
            Ok(Variant::Object(Some(Remote::local(apartment, record)?)))
        }
    }
}

/// A value in one piece: what has names is pairs.
fn by_value(node: &Node) -> Variant {
    match node {
        Node::Scalar(value) => value.clone(),
        Node::List(items) => Variant::List(items.iter().map(by_value).collect()),
        Node::Record(entries) => whole(entries),
    }
}

fn whole(entries: &[(String, Node)]) -> Variant {
    let pair = |(name, value): &(String, Node)| {
        Variant::List(vec![Variant::Text(name.clone()), by_value(value)])
    };
    Variant::List(entries.iter().map(pair).collect())
}

/// The names and values of what [`WHOLE`] gives; `None` for another list.
pub(super) fn pairs(items: &[Variant]) -> Option<Vec<(String, Variant)>> {
    let pair = |item: &Variant| match item {
        Variant::List(pair) => match pair.as_slice() {
            [Variant::Text(name), value] => Some((name.clone(), value.clone())),
            _ => None,
        },
        _ => None,
    };
    items.iter().map(pair).collect()
}

impl Record {
    fn new(entries: Vec<(String, Node)>) -> Self {
        let member = |name: &str, id| Member { name: name.into(), id, parameters: Vec::new() };
        let mut members: Vec<Member> =
            (1..).zip(&entries).map(|(id, (name, _))| member(name, id)).collect();
        members.push(member(WHOLE, WHOLE_ID));
        Self { members, entries }
    }
}

impl Object for Record {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn invoke(&self, member: i32, _: Vec<Variant>) -> Result<Variant, Exception> {
        if member == WHOLE_ID {
            return Ok(whole(&self.entries));
        }
        let place = usize::try_from(member - 1).unwrap_or(usize::MAX);
        let Some((_, node)) = self.entries.get(place) else { return Ok(Variant::Empty) };
        let made = Apartment::enter().and_then(|apartment| to_variant(&apartment, node));
        made.map_err(|failure| Exception {
            code: failure.code,
            description: failure.to_string(),
            ..Exception::default()
        })
    }
}
