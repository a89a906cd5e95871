//! Values and errors of this wire as those of `samebox_data`, and back.

use crate::Error;
use crate::error::Limited;
use crate::value::{DateTime, Decimal, Guid, Kind};
use samebox_data::{Result, TimeKind, Timestamp};

type DataError = samebox_data::Error;

const DATE: DataError = DataError::OutOfRange { expected: "a date between the years 1 and 9999" };

pub(super) fn to_date_time(value: Timestamp) -> Result<DateTime> {
    let kind = match value.kind {
        TimeKind::Unspecified => Kind::Unspecified,
        TimeKind::Utc => Kind::Utc,
        TimeKind::Local => Kind::Local,
    };
    let ticks = u64::try_from(value.ticks).map_err(|_| DATE)?;
    DateTime::new(ticks, kind).ok_or(DATE)
}

pub(super) fn to_timestamp(value: DateTime) -> Result<Timestamp> {
    let kind = match value.kind() {
        Kind::Unspecified => TimeKind::Unspecified,
        Kind::Utc => TimeKind::Utc,
        Kind::Local => TimeKind::Local,
    };
    let ticks = i64::try_from(value.ticks()).map_err(|_| DATE)?;
    Ok(Timestamp { ticks, kind })
}

pub(super) fn from_decimal(value: rust_decimal::Decimal) -> Result<Decimal> {
    let scale = u8::try_from(value.scale()).unwrap_or(u8::MAX);
    Decimal::new(value.mantissa().unsigned_abs(), scale, value.is_sign_negative())
        .ok_or(DataError::OutOfRange { expected: "a decimal" })
}

pub(super) fn to_decimal(value: Decimal) -> rust_decimal::Decimal {
    let digits = value.digits();
    let part = |shift: u32| (digits >> shift) as u32;
    let (low, middle, high) = (part(0), part(32), part(64));
    let mut decimal =
        rust_decimal::Decimal::from_parts(low, middle, high, false, value.scale().into());
    decimal.set_sign_negative(value.is_negative());
    decimal
}

pub(super) fn to_uuid(value: Guid) -> uuid::Uuid {
    uuid::Uuid::from_u128(value.to_u128())
}

/// What is wrong with a document, as an error of a value in it.
impl From<Error> for DataError {
    fn from(error: Error) -> Self {
        match error {
            Error::TooLarge { what: Limited::Depth, max, .. } => Self::TooDeep { limit: max },
            other => Self::Malformed(other.to_string().into()),
        }
    }
}
