use super::value::{from_decimal, to_date_time};
use crate::nbfx::{Array, Writer};
use crate::value::{DateTime, Decimal};
use samebox_data::{Error, Result, Shape, Timestamp};

/// Items of a list, collected for one Array record.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bools: Vec<bool>,
    ints: Vec<i32>,
    longs: Vec<i64>,
    floats: Vec<f32>,
    doubles: Vec<f64>,
    moments: Vec<DateTime>,
    decimals: Vec<Decimal>,
}

/// One item.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Bool(bool),
    Int(i64),
    Float(f32),
    Double(f64),
    Moment(Timestamp),
    Decimal(rust_decimal::Decimal),
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.bools.clear();
        self.ints.clear();
        self.longs.clear();
        self.floats.clear();
        self.doubles.clear();
        self.moments.clear();
        self.decimals.clear();
    }

    /// Adds an item of a list of that shape.
    pub(super) fn push(&mut self, shape: &Shape, item: Item) -> Result<()> {
        match (shape, item) {
            (Shape::Bool, Item::Bool(value)) => self.bools.push(value),
            (Shape::I32, Item::Int(value)) => self
                .ints
                .push(value.try_into().map_err(|_| Error::OutOfRange { expected: shape.name() })?),
            (Shape::I64, Item::Int(value)) => self.longs.push(value),
            (Shape::F32, Item::Float(value)) => self.floats.push(value),
            (Shape::F64, Item::Double(value)) => self.doubles.push(value),
            (Shape::Timestamp, Item::Moment(value)) => self.moments.push(to_date_time(value)?),
            (Shape::Decimal, Item::Decimal(value)) => self.decimals.push(from_decimal(value)?),
            _ => return Err(Error::Malformed("an item is not of its list's shape".into())),
        }
        Ok(())
    }

    /// Writes all of them; `start` starts the element of each.
    pub(super) fn write(
        &self,
        shape: &Shape,
        to: &mut Writer<'_>,
        start: impl FnOnce(&mut Writer<'_>),
    ) {
        let values = match shape {
            Shape::Bool => Array::Bool(&self.bools),
            Shape::I32 => Array::I32(&self.ints),
            Shape::I64 => Array::I64(&self.longs),
            Shape::F32 => Array::F32(&self.floats),
            Shape::F64 => Array::F64(&self.doubles),
            Shape::Timestamp => Array::DateTime(&self.moments),
            _ => Array::Decimal(&self.decimals),
        };
        to.array(start, values);
    }
}
