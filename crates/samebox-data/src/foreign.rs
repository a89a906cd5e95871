//! Types of the crates that Rust programs use for GUIDs and decimals.

use crate::{Data, Encode, Reader, Result, Shape, Writer};
use rust_decimal::Decimal;
use uuid::Uuid;

impl Encode for Uuid {
    fn shape() -> &'static Shape {
        &Shape::Guid
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.guid(*self)
    }
}

impl Data for Uuid {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        from.guid()
    }

    fn absent(_: &'static str) -> Result<Self> {
        Ok(Self::nil())
    }
}

impl Encode for Decimal {
    fn shape() -> &'static Shape {
        &Shape::Decimal
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.decimal(*self)
    }
}

impl Data for Decimal {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        from.decimal()
    }

    fn absent(_: &'static str) -> Result<Self> {
        Ok(Self::ZERO)
    }
}
