use super::Text;
use crate::Error;
use crate::value::{DateTime, Decimal, Guid, TimeSpan, from_base64, to_base64};
use std::borrow::Cow;
use std::fmt;

const INTEGER: &str = "a whole number of 64 bits";
const UNSIGNED: &str = "a whole number of 64 bits without sign";
const NUMBER: &str = "a number";

/// What stands before the digits of an id as text.
pub(super) const URN: &str = "urn:uuid:";

impl<'a> Text<'a> {
    /// The text that it is in XML, as .NET writes it.
    pub fn to_str(&self) -> Cow<'a, str> {
        match *self {
            Self::Chars(text) => text.into(),
            Self::Word(word) => word.text.into(),
            Self::Bytes(bytes) => to_base64(bytes).into(),
            Self::Utf16(text) => text.chars().collect::<String>().into(),
            _ => self.to_string().into(),
        }
    }

    /// The characters without white space around them, if this is plain text.
    fn plain(&self) -> Option<Cow<'a, str>> {
        const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
        match *self {
            Self::Chars(text) => Some(text.trim_matches(SPACE).into()),
            Self::Word(word) => Some(word.text.trim_matches(SPACE).into()),
            Self::Utf16(_) => Some(self.to_str().trim_matches(SPACE).to_owned().into()),
            _ => None,
        }
    }

    /// The whole number that it is by value, as record or as text.
    ///
    /// # Errors
    /// `Value` for anything that is none or does not fit.
    pub fn to_i64(&self) -> Result<i64, Error> {
        if let Self::Int(value) = *self {
            return Ok(value);
        }
        let value = self.to_i128().and_then(|value| i64::try_from(value).ok());
        value.ok_or(Error::Value { wanted: INTEGER })
    }

    /// The whole number without sign that it is by value, as record or as text.
    ///
    /// # Errors
    /// `Value` for anything that is none or does not fit.
    pub fn to_u64(&self) -> Result<u64, Error> {
        let value = self.to_i128().and_then(|value| u64::try_from(value).ok());
        value.ok_or(Error::Value { wanted: UNSIGNED })
    }

    fn to_i128(self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(value.into()),
            Self::UInt(value) => Some(value.into()),
            Self::Float(value) => whole(value.into()),
            Self::Double(value) => whole(value),
            Self::Decimal(value) => value.to_i128(),
            _ => {
                let text = self.plain()?;
                match text.parse() {
                    Ok(value) => Some(value),
                    // Digits behind the point are zeros or refused.
                    Err(_) => Decimal::parse(&text)?.to_i128(),
                }
            }
        }
    }

    /// The number that it is by value, as record or as text, `INF` and `NaN` too.
    ///
    /// # Errors
    /// `Value` for anything that is none.
    pub fn to_f64(&self) -> Result<f64, Error> {
        let value = match *self {
            Self::Double(value) => Some(value),
            Self::Float(value) => Some(value.into()),
            Self::Int(value) => Some(value as f64),
            Self::UInt(value) => Some(value as f64),
            Self::Decimal(value) => value.to_string().parse().ok(),
            _ => self.plain().and_then(|text| float(&text)),
        };
        value.ok_or(Error::Value { wanted: NUMBER })
    }

    /// The same in single precision, rounded once.
    ///
    /// # Errors
    /// `Value` for anything that is no number.
    pub fn to_f32(&self) -> Result<f32, Error> {
        let value = match *self {
            Self::Float(value) => Some(value),
            Self::Double(value) => Some(value as f32),
            Self::Int(value) => Some(value as f32),
            Self::UInt(value) => Some(value as f32),
            Self::Decimal(value) => value.to_string().parse().ok(),
            _ => self.plain().and_then(|text| float(&text)),
        };
        value.ok_or(Error::Value { wanted: NUMBER })
    }

    /// True or false, as record, as 1 or 0, or as text.
    ///
    /// # Errors
    /// `Value` for anything else.
    pub fn to_bool(&self) -> Result<bool, Error> {
        match *self {
            Self::Bool(value) => Ok(value),
            Self::Int(0) => Ok(false),
            Self::Int(1) => Ok(true),
            _ => match self.plain().as_deref() {
                Some("true" | "1") => Ok(true),
                Some("false" | "0") => Ok(false),
                _ => Err(Error::Value { wanted: "true or false" }),
            },
        }
    }

    /// The decimal number that it is, as record or as text.
    ///
    /// # Errors
    /// `Value` for anything that is none or has too many digits.
    pub fn to_decimal(&self) -> Result<Decimal, Error> {
        let value = match *self {
            Self::Decimal(value) => Some(value),
            Self::Int(value) => Decimal::new(value.unsigned_abs().into(), 0, value < 0),
            Self::UInt(value) => Decimal::new(value.into(), 0, false),
            Self::Float(_) | Self::Double(_) => Decimal::parse(&self.to_str()),
            _ => self.plain().and_then(|text| Decimal::parse(&text)),
        };
        value.ok_or(Error::Value { wanted: "a decimal number of 96 bits" })
    }

    /// The moment that it is, as record or as text.
    ///
    /// # Errors
    /// `Value` for anything that is none.
    pub fn to_date_time(&self) -> Result<DateTime, Error> {
        let value = match *self {
            Self::DateTime(value) => Some(value),
            _ => self.plain().and_then(|text| DateTime::parse(&text)),
        };
        value.ok_or(Error::Value { wanted: "a date and time" })
    }

    /// The length of time that it is, as record or as text.
    ///
    /// # Errors
    /// `Value` for anything that is none.
    pub fn to_time_span(&self) -> Result<TimeSpan, Error> {
        let value = match *self {
            Self::TimeSpan(value) => Some(value),
            _ => self.plain().and_then(|text| TimeSpan::parse(&text)),
        };
        value.ok_or(Error::Value { wanted: "a duration" })
    }

    /// The id that it is, as either record or as text with `urn:uuid:` or without.
    ///
    /// # Errors
    /// `Value` for anything that is none.
    pub fn to_guid(&self) -> Result<Guid, Error> {
        let value = match *self {
            Self::Guid(value) | Self::UniqueId(value) => Some(value),
            _ => self.plain().and_then(|text| text.strip_prefix(URN).unwrap_or(&text).parse().ok()),
        };
        value.ok_or(Error::Value { wanted: "a GUID" })
    }

    /// The bytes that it is, as record or as base64.
    ///
    /// # Errors
    /// `Value` for anything that is none.
    pub fn to_bytes(&self) -> Result<Cow<'a, [u8]>, Error> {
        let value = match *self {
            Self::Bytes(value) => Some(value.into()),
            // Base64 that looks like a number is written as one.
            _ => from_base64(&self.to_str()).map(Cow::Owned),
        };
        value.ok_or(Error::Value { wanted: "bytes" })
    }
}

fn whole(value: f64) -> Option<i128> {
    // Below 2^64 the conversion is exact, and nothing above is asked for.
    if value.fract() == 0.0 && value.abs() < 1e20 { Some(value as i128) } else { None }
}

/// Reads a float as XML writes it; Rust's own names for infinity are not taken.
fn float<T: std::str::FromStr>(text: &str) -> Option<T> {
    match text {
        "INF" => "inf".parse().ok(),
        "-INF" => "-inf".parse().ok(),
        "NaN" => "NaN".parse().ok(),
        _ if text.bytes().all(|byte| b"+-.eE".contains(&byte) || byte.is_ascii_digit()) => {
            text.parse().ok()
        }
        _ => None,
    }
}

fn write_float(value: f64, text: fmt::Arguments<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        f64::INFINITY => f.write_str("INF"),
        f64::NEG_INFINITY => f.write_str("-INF"),
        _ => f.write_fmt(text),
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::UInt(value) => value.fmt(f),
            Self::Float(value) => write_float(f64::from(*value), format_args!("{value}"), f),
            Self::Double(value) => write_float(*value, format_args!("{value}"), f),
            Self::Decimal(value) => value.fmt(f),
            Self::DateTime(value) => value.fmt(f),
            Self::TimeSpan(value) => value.fmt(f),
            Self::Guid(value) => value.fmt(f),
            Self::UniqueId(value) => write!(f, "{URN}{value}"),
            Self::QName { prefix, name } => write!(f, "{prefix}:{name}"),
            Self::List(list) => {
                for (place, value) in list.values().enumerate() {
                    write!(f, "{}{value}", if place > 0 { " " } else { "" })?;
                }
                Ok(())
            }
            Self::Chars(_) | Self::Utf16(_) | Self::Word(_) | Self::Bytes(_) => {
                f.write_str(&self.to_str())
            }
        }
    }
}
