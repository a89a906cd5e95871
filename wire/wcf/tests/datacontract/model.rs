//! The types of the peer program and of the shapes, as `#[derive(Data)]` would make them.

use chrono::{DateTime, FixedOffset};
use samebox_data::{
    Data, Encode, Enumeration, Member, Reader, Result, Shape, Struct, Variant, Writer,
};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Colour {
    #[default]
    Red,
    Green,
}

static COLOUR: Enumeration = Enumeration {
    name: "Colour",
    namespace: Struct::DEFAULT_NAMESPACE,
    variants: &[Variant { name: "Red", value: 0 }, Variant { name: "Green", value: 5 }],
};

impl Encode for Colour {
    fn shape() -> &'static Shape {
        const { &Shape::Enum(&COLOUR) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.variant(&COLOUR, *self as usize)
    }
}

impl Data for Colour {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        Ok(if from.variant(&COLOUR)? == 0 { Self::Red } else { Self::Green })
    }
}

/// A structure whose members stand in the order of the wire; those marked are left out when absent.
macro_rules! structure {
    ($name:ident $wire:literal $namespace:literal
        { $($member:literal $field:ident: $type:ty $(, $omit:ident)?;)* }
    ) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }

        impl $name {
            const STRUCT: &'static Struct = &Struct {
                name: $wire,
                namespace: $namespace,
                members: &[$(Member { name: $member, shape: <$type as Encode>::shape }),*],
            };
        }

        impl Encode for $name {
            fn shape() -> &'static Shape {
                const { &Shape::Struct(Self::STRUCT) }
            }

            fn write(&self, to: &mut dyn Writer) -> Result<()> {
                to.structure(Self::STRUCT)?;
                let mut index = 0;
                $(
                    if !(stringify!($($omit)?) == "omit" && self.$field.is_absent()) {
                        to.member(index)?;
                        self.$field.write(to)?;
                    }
                    index += 1;
                )*
                assert_eq!(index, Self::STRUCT.members.len());
                to.end()
            }
        }

        impl Data for $name {
            fn read(from: &mut dyn Reader) -> Result<Self> {
                from.structure(Self::STRUCT)?;
                let mut value = Self::default();
                while let Some(index) = from.member()? {
                    match Self::STRUCT.members[index].name {
                        $($member => value.$field = Data::read(from)?,)*
                        _ => unreachable!(),
                    }
                }
                Ok(value)
            }
        }
    };
}

structure! { Node "Node" "urn:samebox:peer" {
    "Blob" blob: Option<Vec<u8>>;
    "Children" children: Option<Vec<Option<Box<Node>>>>;
    "Id" id: i32;
    "Maybe" maybe: Option<String>, omit;
    "Name" name: Option<String>;
    "Late" late: f64;
} }

structure! { Inner "Inner" "urn:one" { "S" s: Option<String>; "X" x: i32; } }

structure! { Same "Same" "http://tempuri.org/" { "X" x: i32; "Y" y: Option<Inner>; } }

structure! { Bare "Bare" "" { "X" x: i32; "Y" y: Option<Inner>; "Z" z: Option<Box<Bare>>; } }

structure! { Outer "Outer" "urn:two" {
    "A" a: Option<Inner>;
    "B" b: Option<Vec<Option<Inner>>>;
    "C" c: Option<Vec<i32>>;
    "D" d: Option<Vec<Option<String>>>;
    "E" e: Option<BTreeMap<String, Inner>>;
    "F" f: Option<Inner>;
    "G" g: Colour;
    "H" h: Option<Vec<Colour>>;
    "I" i: DateTime<FixedOffset>;
    "J" j: Option<Vec<Option<i32>>>;
    "K" k: Option<Box<Outer>>;
    "L" l: Option<i32>;
    "M" m: Option<Vec<f64>>;
    "N" n: Option<Vec<Vec<i32>>>;
    "O" o: Option<Vec<u8>>;
    "P" p: Option<BTreeMap<String, Vec<i32>>>;
    "Q" q: Option<BTreeMap<Colour, Option<i32>>>;
} }

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
