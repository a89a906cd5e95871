use crate::{Error, Reader, Result, Shape, Writer};

/// A value that can be written to a typed wire; also unsized ones such as `str`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not cross typed wires",
    note = "for a type of your own write `#[derive(samebox::Data)]`; the types that cross are listed in `samebox::data`"
)]
pub trait Encode {
    /// What it looks like.
    fn shape() -> &'static Shape;

    /// Writes it.
    ///
    /// # Errors
    /// What the wire cannot carry.
    fn write(&self, to: &mut dyn Writer) -> Result<()>;

    /// Whether it is an absent value, which a structure may leave out when asked to.
    fn is_absent(&self) -> bool {
        false
    }

    /// What a list of such values looks like.
    fn list_shape() -> &'static Shape
    where
        Self: Sized,
    {
        const { &Shape::List(Self::shape) }
    }

    /// Writes a list of such values; bytes have a shorter form.
    ///
    /// # Errors
    /// As [`Encode::write`].
    fn write_list(values: &[Self], to: &mut dyn Writer) -> Result<()>
    where
        Self: Sized,
    {
        to.list(Self::shape(), values.len())?;
        for value in values {
            to.item()?;
            value.write(to)?;
        }
        to.end()
    }
}

/// A value that crosses a typed wire; derived for structs and enums by `#[derive(Data)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not cross typed wires",
    note = "for a type of your own write `#[derive(samebox::Data)]`; the types that cross are listed in `samebox::data`"
)]
pub trait Data: Encode + Sized {
    /// Reads one.
    ///
    /// # Errors
    /// Something else is there, or the bytes break the rules.
    fn read(from: &mut dyn Reader) -> Result<Self>;

    /// The value of a member that the peer left out.
    ///
    /// # Errors
    /// `Missing`, for a type that has no value for it.
    fn absent(name: &'static str) -> Result<Self> {
        Err(Error::Missing { name: name.into() })
    }

    /// Reads a list of such values.
    ///
    /// # Errors
    /// As [`Data::read`].
    fn read_list(from: &mut dyn Reader) -> Result<Vec<Self>> {
        let expected = from.list(Self::shape())?;
        let mut values = Vec::with_capacity(expected.min(ROOM / size_of::<Self>().max(1)));
        while from.item()? {
            values.push(Self::read(from)?);
        }
        Ok(values)
    }
}

/// Bytes of room made ahead for what a peer announced, at most.
const ROOM: usize = 64 << 10;

/// Many wires write a reference and its value alike.
impl<T: Encode + ?Sized> Encode for &T {
    fn shape() -> &'static Shape {
        T::shape()
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        T::write(self, to)
    }

    fn is_absent(&self) -> bool {
        T::is_absent(self)
    }
}

impl<T: Encode + ?Sized> Encode for Box<T> {
    fn shape() -> &'static Shape {
        T::shape()
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        T::write(self, to)
    }

    fn is_absent(&self) -> bool {
        T::is_absent(self)
    }
}

impl<T: Data> Data for Box<T> {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        T::read(from).map(Self::new)
    }

    fn absent(name: &'static str) -> Result<Self> {
        T::absent(name).map(Self::new)
    }
}
