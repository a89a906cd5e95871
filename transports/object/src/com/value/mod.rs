//! Values of contracts as COM carries them.
//!
//! Between the two stands a [`Node`]: a tree in which no object of another process is left, so that
//! nothing that reads or writes values has to call one.

mod object;
mod reader;
mod resolve;
mod scalar;
#[cfg(test)]
mod tests;
mod untyped;
mod writer;

pub(crate) use object::to_variant;
pub(crate) use reader::NodeReader;
pub(crate) use resolve::Resolve;
pub(crate) use untyped::{from_value, to_value};
pub(crate) use writer::NodeWriter;

use samebox_sys::windows::com::Variant;

/// How deep values may lie in values.
const DEPTH: usize = 32;

/// A value and all that it is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// A value that is made of no others.
    Scalar(Variant),
    /// Values in order.
    List(Vec<Node>),
    /// Values with names: a structure, or a map whose keys are written as text.
    Record(Vec<(String, Node)>),
}

impl Node {
    const NULL: Self = Self::Scalar(Variant::Null);

    /// How many bytes it takes on its way, roughly; text is counted as UTF-8.
    pub(crate) fn size(&self) -> usize {
        /// What stands around a value.
        const AROUND: usize = 16;
        AROUND
            + match self {
                Self::Scalar(Variant::Text(text)) => text.len(),
                Self::Scalar(Variant::Bytes(bytes)) => bytes.len(),
                Self::Scalar(_) => 0,
                Self::List(items) => items.iter().map(Self::size).sum(),
                Self::Record(entries) => {
                    entries.iter().map(|(name, value)| name.len() + value.size()).sum()
                }
            }
    }

    /// Whether there is no value.
    fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(value) if is_nothing(value))
    }
}

/// Whether there is no value.
fn is_nothing(value: &Variant) -> bool {
    matches!(value, Variant::Empty | Variant::Null | Variant::Missing | Variant::Object(None))
}
