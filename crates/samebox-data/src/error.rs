use std::borrow::Cow;
use std::fmt;

/// The result of writing or reading a value.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a value cannot be written to a wire, or read from one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// There is no value where one must be.
    Null {
        /// What must be there.
        expected: &'static str,
    },
    /// A member or parameter is not there.
    Missing {
        /// Its name on the wire.
        name: Cow<'static, str>,
    },
    /// Something else is there.
    Unexpected {
        /// What must be there.
        expected: &'static str,
        /// What is there, as far as the wire can say.
        found: Cow<'static, str>,
    },
    /// A number, date or length does not fit its type.
    OutOfRange {
        /// The type it must fit.
        expected: &'static str,
    },
    /// An enum has no variant of that name or number.
    UnknownVariant {
        /// The enum.
        of: &'static str,
        /// What came.
        found: String,
    },
    /// The bytes end within a value.
    Truncated,
    /// Values are nested more deeply than allowed.
    TooDeep {
        /// How deep they may be.
        limit: usize,
    },
    /// The bytes break the rules of the wire.
    Malformed(Cow<'static, str>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null { expected } => write!(f, "null came for {expected}, which is not optional"),
            Self::Missing { name } => write!(f, "`{name}` is missing"),
            Self::Unexpected { expected, found } => write!(f, "{found} came for {expected}"),
            Self::OutOfRange { expected } => write!(f, "a value does not fit {expected}"),
            Self::UnknownVariant { of, found } => write!(f, "{of} has no variant `{found}`"),
            Self::Truncated => f.write_str("the bytes end within a value"),
            Self::TooDeep { limit } => write!(f, "values are nested more than {limit} deep"),
            Self::Malformed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}
