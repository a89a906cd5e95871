/// A value whose type is not known before it is there.
///
/// For programs that learn of a service at run time; a wire gives what it can tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond [`Value::Int`].
    UInt(u64),
    /// Any other number.
    Double(f64),
    /// Text, and everything that is written as text: dates, GUIDs, decimals.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Values in order.
    List(Vec<Value>),
    /// Values with names.
    Structure(Structure),
}

/// Values with names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Structure {
    /// The name of its type, where a wire must have one: for the items of a list.
    pub name: Option<String>,
    /// The XML namespace of it and its members, where a wire must have one.
    pub namespace: Option<String>,
    /// Its members, in order.
    pub members: Vec<(String, Value)>,
}
