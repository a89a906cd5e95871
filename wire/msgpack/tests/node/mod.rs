//! A structure with members of many kinds, as `#[derive(Data)]` would make it.

use samebox_data::{
    Data, Encode, Enumeration, Member, Reader, Result, Shape, Struct, Variant, Writer,
};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
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

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Node {
    pub(crate) blob: Option<Vec<u8>>,
    pub(crate) children: Vec<Option<Box<Node>>>,
    pub(crate) colour: Colour,
    pub(crate) counts: BTreeMap<String, Vec<i64>>,
    pub(crate) maybe: Option<String>,
    pub(crate) name: String,
    pub(crate) late: f64,
}

static NODE: Struct = Struct {
    name: "Node",
    namespace: "urn:samebox:peer",
    members: &[
        Member { name: "Blob", shape: <Option<Vec<u8>> as Encode>::shape },
        Member { name: "Children", shape: <Vec<Option<Box<Node>>> as Encode>::shape },
        Member { name: "Colour", shape: <Colour as Encode>::shape },
        Member { name: "Counts", shape: <BTreeMap<String, Vec<i64>> as Encode>::shape },
        Member { name: "Maybe", shape: <Option<String> as Encode>::shape },
        Member { name: "Name", shape: <String as Encode>::shape },
        Member { name: "Late", shape: <f64 as Encode>::shape },
    ],
};

impl Encode for Node {
    fn shape() -> &'static Shape {
        const { &Shape::Struct(&NODE) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.structure(&NODE)?;
        to.member(0)?;
        self.blob.write(to)?;
        to.member(1)?;
        self.children.write(to)?;
        to.member(2)?;
        self.colour.write(to)?;
        to.member(3)?;
        self.counts.write(to)?;
        if !self.maybe.is_absent() {
            to.member(4)?;
            self.maybe.write(to)?;
        }
        to.member(5)?;
        self.name.write(to)?;
        to.member(6)?;
        self.late.write(to)?;
        to.end()
    }
}

impl Data for Node {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let mut node = Self::default();
        from.structure(&NODE)?;
        while let Some(member) = from.member()? {
            match member {
                0 => node.blob = Data::read(from)?,
                1 => node.children = Data::read(from)?,
                2 => node.colour = Data::read(from)?,
                3 => node.counts = Data::read(from)?,
                4 => node.maybe = Data::read(from)?,
                5 => node.name = Data::read(from)?,
                _ => node.late = Data::read(from)?,
            }
        }
        Ok(node)
    }
}
