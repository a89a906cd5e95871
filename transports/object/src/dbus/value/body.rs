//! Values in the bodies of messages.

use super::node::{Node, Of, serialize_structure};
use super::signature::complete_types;
use samebox_data::{Error, Result};
use serde::ser::{Serialize, Serializer};
use zbus::message::Message;
use zbus::wire::{DynamicType, Signature, serialized};

/// The types of the values of a body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Types {
    text: String,
    /// A structure whose fields they are: a lone structure would be taken for its fields.
    tree: Signature,
}

impl Types {
    /// The types of a signature; `None` when it is none.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let fields = complete_types(text)?;
        let tree = if fields.is_empty() { Signature::Unit } else { Signature::structure(fields) };
        Some(Self { text: text.into(), tree })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Each of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Signature> {
        let fields = match &self.tree {
            Signature::Structure(fields) => Some(fields.iter()),
            _ => None,
        };
        fields.into_iter().flatten()
    }
}

/// Values for a message to be built with.
pub(crate) struct Body<'a> {
    pub(crate) types: &'a Types,
    pub(crate) values: &'a [Node<'a>],
}

impl DynamicType for Body<'_> {
    fn signature(&self) -> Signature {
        self.types.tree.clone()
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.values.is_empty() {
            to.serialize_unit()
        } else {
            serialize_structure(self.values, to)
        }
    }
}

/// The body of a message that came.
pub(crate) struct Received {
    body: zbus::message::Body,
    is_one_structure: bool,
}

/// The body of a message, and whether a structure is meant by several values: zbus does not tell a
/// lone structure from its members, nor do their bytes differ.
pub(crate) fn body_of(message: &Message, is_one_structure: bool) -> Received {
    Received { body: message.body(), is_one_structure }
}

impl Received {
    /// Its values.
    ///
    /// # Errors
    /// It is not what its signature says.
    pub(crate) fn values(&self) -> Result<Vec<Node<'_>>> {
        values(self.body.data(), self.body.signature(), self.is_one_structure)
    }
}

/// The values of a body of that signature.
pub(super) fn values<'a>(
    data: &'a serialized::Data<'_, '_>,
    of: &Signature,
    is_one_structure: bool,
) -> Result<Vec<Node<'a>>> {
    if matches!(of, Signature::Unit) {
        return Ok(Vec::new());
    }
    let read = data.deserialize_with_seed(Of(of));
    let (value, _) = read.map_err(|error| Error::Malformed(error.to_string().into()))?;
    Ok(match (value, of) {
        // One that is alone in the body's structure was written as a structure of one.
        (Node::Structure(values), Signature::Structure(_))
            if !is_one_structure && values.len() > 1 =>
        {
            values
        }
        (value, _) => vec![value],
    })
}
