//! Values as COM carries them.

mod array;
mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;

use super::failure::Failure;
use super::remote::Remote;
use windows::Win32::Foundation::DISP_E_TYPEMISMATCH;
use windows::Win32::System::Variant::{VARIANT_ALPHABOOL, VT_BSTR, VariantChangeTypeEx};

/// One value.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Variant {
    /// Nothing was assigned.
    #[default]
    Empty,
    /// Nothing, as databases have it.
    Null,
    /// An argument that was left out.
    Missing,
    /// A code of an error, an `HRESULT`.
    Error(i32),
    /// Yes or no.
    Bool(bool),
    /// A number of 8 bits, signed.
    I1(i8),
    /// A number of 8 bits.
    U1(u8),
    /// A number of 16 bits, signed.
    I2(i16),
    /// A number of 16 bits.
    U2(u16),
    /// A number of 32 bits, signed.
    I4(i32),
    /// A number of 32 bits.
    U4(u32),
    /// A number of 64 bits, signed.
    I8(i64),
    /// A number of 64 bits.
    U8(u64),
    /// A number with 24 significant bits.
    R4(f32),
    /// A number with 53 significant bits.
    R8(f64),
    /// Ten-thousandths.
    Currency(i64),
    /// A number with up to 28 decimal places.
    Decimal(Decimal),
    /// Days since 1899-12-30, local time; the fraction is the time of day, also before that day.
    Date(f64),
    /// Text, which may have NULs in it.
    Text(String),
    /// Bytes: an array of numbers of 8 bits.
    Bytes(Vec<u8>),
    /// An array of values, with one dimension. One of a narrower type is read as this as well.
    List(Vec<Variant>),
    /// An object; `None` for no object.
    Object(Option<Remote>),
}

/// A number with decimal places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Whether it is below zero.
    pub is_negative: bool,
    /// The decimal places, up to 28.
    pub scale: u8,
    /// Its digits without a point, below 2^96.
    pub units: u128,
}

impl Variant {
    /// Text as it is, and simple values as the system writes them without regard to any language.
    ///
    /// # Errors
    /// `DISP_E_TYPEMISMATCH` for what has no text.
    pub fn into_text(self) -> Result<String, Failure> {
        /// The locale of no country.
        const INVARIANT: u32 = 0x7F;
        const MISMATCH: Failure = Failure::new(DISP_E_TYPEMISMATCH.0);
        match self {
            Self::Text(text) => return Ok(text),
            Self::Object(_) | Self::List(_) | Self::Bytes(_) => return Err(MISMATCH),
            _ => {}
        }
        let (from, mut to) = (write(&self)?, Default::default());
        // SAFETY: `from` is a valid value of ours, `to` an empty one.
        unsafe {
            VariantChangeTypeEx(&raw mut to, &raw const from, INVARIANT, VARIANT_ALPHABOOL, VT_BSTR)
        }?;
        // SAFETY: the call has made `to` a valid value.
        match unsafe { read(&to) }? {
            Self::Text(text) => Ok(text),
            _ => Err(MISMATCH),
        }
    }

    /// How much memory it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Text(text) => text.len(),
                Self::Bytes(bytes) => bytes.len(),
                Self::List(items) => items.iter().map(Self::weight).sum(),
                _ => 0,
            }
    }
}

impl From<&str> for Variant {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
