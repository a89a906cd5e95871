//! Types that bodies are read into.

use chrono::{DateTime, FixedOffset, TimeDelta};
use rust_decimal::Decimal;
use samebox_data::{
    Data, Encode, Enumeration, Error, Member, Reader, Result, Shape, Struct, Timestamp, Variant,
    Writer,
};
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
pub struct Tree {
    blob: Option<Vec<u8>>,
    colour: Colour,
    id: i64,
    inside: Vec<Tree>,
    name: String,
}

/// An enum.
#[derive(Clone, Copy)]
pub enum Colour {
    Red,
    Green,
}

static COLOUR: Enumeration = Enumeration {
    name: "Colour",
    namespace: "urn:x",
    variants: &[Variant { name: "Red", value: 0 }, Variant { name: "Green", value: 5 }],
};

static TREE: Struct = Struct {
    name: "Tree",
    namespace: "urn:x",
    members: &[
        Member { name: "Blob", shape: <Option<Vec<u8>> as Encode>::shape },
        Member { name: "Colour", shape: Colour::shape },
        Member { name: "Id", shape: i64::shape },
        Member { name: "Inside", shape: <Vec<Tree> as Encode>::shape },
        Member { name: "Name", shape: String::shape },
    ],
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

impl Encode for Tree {
    fn shape() -> &'static Shape {
        const { &Shape::Struct(&TREE) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.structure(&TREE)?;
        if !self.blob.is_absent() {
            to.member(0)?;
            self.blob.write(to)?;
        }
        to.member(1)?;
        self.colour.write(to)?;
        to.member(2)?;
        self.id.write(to)?;
        to.member(3)?;
        self.inside.write(to)?;
        to.member(4)?;
        self.name.write(to)?;
        to.end()
    }
}

impl Data for Tree {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let mut tree = Self {
            blob: None,
            colour: Colour::Red,
            id: 0,
            inside: Vec::new(),
            name: String::new(),
        };
        from.structure(&TREE)?;
        while let Some(member) = from.member()? {
            match member {
                0 => tree.blob = Data::read(from)?,
                1 => tree.colour = Data::read(from)?,
                2 => tree.id = Data::read(from)?,
                3 => tree.inside = Data::read(from)?,
                4 => tree.name = Data::read(from)?,
                _ => return Err(Error::Malformed("there is no such member".into())),
            }
        }
        Ok(tree)
    }
}
