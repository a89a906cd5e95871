//! Truth values, numbers, characters and text.

use crate::{Data, Encode, Error, Reader, Result, Shape, Writer};

/// A scalar with a method of its own at both ends; absent, it is its default, as in .NET.
macro_rules! scalar {
    ($($type:ty, $shape:ident, $method:ident;)*) => {$(
        impl Encode for $type {
            fn shape() -> &'static Shape {
                &Shape::$shape
            }

            fn write(&self, to: &mut dyn Writer) -> Result<()> {
                to.$method((*self).into())
            }
        }

        impl Data for $type {
            fn read(from: &mut dyn Reader) -> Result<Self> {
                let value = from.$method()?;
                Self::try_from(value).map_err(|_| Error::OutOfRange { expected: Shape::$shape.name() })
            }

            fn absent(_: &'static str) -> Result<Self> {
                Ok(Self::default())
            }
        }
    )*};
}

scalar! {
    bool, Bool, bool;
    i8, I8, int;
    i16, I16, int;
    i32, I32, int;
    i64, I64, int;
    u16, U16, int;
    u32, U32, int;
    u64, U64, uint;
    f32, F32, float;
    f64, F64, double;
    char, Char, char;
}

impl Encode for u8 {
    fn shape() -> &'static Shape {
        &Shape::U8
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.int((*self).into())
    }

    fn list_shape() -> &'static Shape {
        &Shape::Bytes
    }

    fn write_list(values: &[Self], to: &mut dyn Writer) -> Result<()> {
        to.bytes(values)
    }
}

impl Data for u8 {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        Self::try_from(from.int()?).map_err(|_| Error::OutOfRange { expected: Shape::U8.name() })
    }

    fn absent(_: &'static str) -> Result<Self> {
        Ok(0)
    }

    fn read_list(from: &mut dyn Reader) -> Result<Vec<Self>> {
        Ok(from.bytes()?.into_owned())
    }
}

impl Encode for str {
    fn shape() -> &'static Shape {
        &Shape::String
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.text(self)
    }
}

impl Encode for String {
    fn shape() -> &'static Shape {
        &Shape::String
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.text(self)
    }
}

impl Data for String {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        Ok(from.text()?.into_owned())
    }
}

/// The result of an operation that has none.
impl Encode for () {
    fn shape() -> &'static Shape {
        &Shape::Unit
    }

    fn write(&self, _: &mut dyn Writer) -> Result<()> {
        Ok(())
    }
}

impl Data for () {
    fn read(_: &mut dyn Reader) -> Result<Self> {
        Ok(())
    }

    fn absent(_: &'static str) -> Result<Self> {
        Ok(())
    }
}
