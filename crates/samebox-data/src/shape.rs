/// Gives the shape of a type; a function, because types may contain themselves.
pub type ShapeOf = fn() -> &'static Shape;

/// What a type looks like on a typed wire.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Nothing: the result of an operation that has none.
    Unit,
    /// `bool`.
    Bool,
    /// `i8`.
    I8,
    /// `i16`.
    I16,
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `u8`, alone; many of them are [`Shape::Bytes`].
    U8,
    /// `u16`.
    U16,
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// One character; .NET has room for those of the basic plane only.
    Char,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A moment: see [`Timestamp`](crate::Timestamp).
    Timestamp,
    /// A signed span of time in ticks of 100 ns.
    TimeSpan,
    /// 16 bytes that name something.
    Guid,
    /// A decimal number of up to 28 digits.
    Decimal,
    /// A value that may be absent.
    Option(ShapeOf),
    /// Values of one shape, in order.
    List(ShapeOf),
    /// Keys, each with a value.
    Map(ShapeOf, ShapeOf),
    /// Named members.
    Struct(&'static Struct),
    /// One of several names.
    Enum(&'static Enumeration),
}

/// A type with named members.
#[derive(Clone, Copy, Debug)]
pub struct Struct {
    /// Its name on the wire.
    pub name: &'static str,
    /// The XML namespace of it and its members.
    pub namespace: &'static str,
    /// Its members in the order of the wire: those of the base first, then by order attribute, then
    /// by name.
    pub members: &'static [Member],
}

/// A member of a [`Struct`].
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it holds.
    pub shape: ShapeOf,
}

/// A type that is one of several names.
#[derive(Clone, Copy, Debug)]
pub struct Enumeration {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its XML namespace.
    pub namespace: &'static str,
    /// Its names, in the order of the source.
    pub variants: &'static [Variant],
}

/// One name of an [`Enumeration`].
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its number, for wires that carry numbers.
    pub value: i64,
}

impl Shape {
    /// What it is called in messages for people.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unit => "nothing",
            Self::Bool => "a bool",
            Self::I8 => "an i8",
            Self::I16 => "an i16",
            Self::I32 => "an i32",
            Self::I64 => "an i64",
            Self::U8 => "a u8",
            Self::U16 => "a u16",
            Self::U32 => "a u32",
            Self::U64 => "a u64",
            Self::F32 => "an f32",
            Self::F64 => "an f64",
            Self::Char => "a char",
            Self::String => "a string",
            Self::Bytes => "bytes",
            Self::Timestamp => "a date",
            Self::TimeSpan => "a time span",
            Self::Guid => "a GUID",
            Self::Decimal => "a decimal",
            Self::Option(_) => "an optional value",
            Self::List(_) => "a list",
            Self::Map(..) => "a map",
            Self::Struct(of) => of.name,
            Self::Enum(of) => of.name,
        }
    }
}

impl Struct {
    /// The namespace of a .NET class that sets none: this, and the CLR namespace of the class.
    pub const DEFAULT_NAMESPACE: &'static str = "http://schemas.datacontract.org/2004/07/";
}
