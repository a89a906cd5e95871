//! Values that cross a typed wire, and the description of service contracts.
//!
//! A type that implements [`Data`] writes itself to any [`Writer`] and reads itself from any
//! [`Reader`]; the wires (MessagePack, WCF's binary XML, ..) implement those two. [`Shape`] says
//! what a type looks like, as static data, so that a wire can name things in its own way. No I/O,
//! no clock.
//!
//! | Rust | .NET |
//! |---|---|
//! | `bool`, `i8` .. `u64`, `f32`, `f64`, `char` | `bool`, `sbyte` .. `ulong`, `float`, `double`, `char` |
//! | `String`, `&str` | `string` that is not null |
//! | `Option<T>` | `T?`, or a reference that may be null |
//! | `Vec<u8>`, `Bytes`, `&[u8]` | `byte[]` |
//! | `Vec<T>`, `&[T]` | `T[]`, `List<T>` |
//! | `HashMap<K, V>`, `BTreeMap<K, V>` | `Dictionary<K, V>` |
//! | `chrono::DateTime<Utc>`, `SystemTime`, `chrono::NaiveDateTime` | `DateTime` of kind UTC, UTC, unspecified |
//! | `chrono::DateTime<FixedOffset>` | `DateTimeOffset` |
//! | `chrono::TimeDelta`, `std::time::Duration` | `TimeSpan` (the second never negative) |
//! | `uuid::Uuid` | `Guid` |
//! | `rust_decimal::Decimal` | `decimal` |
//! | a struct or an enum with `#[derive(Data)]` | a `[DataContract]` class, an `enum` |

#![forbid(unsafe_code)]

mod collections;
mod contract;
mod data;
mod error;
mod foreign;
mod scalars;
mod shape;
mod time;
mod value;
mod wire;

// So that programs name the very versions whose types cross.
pub use chrono;
pub use contract::{Contract, DEFAULT_NAMESPACE, Operation, Parameter};
pub use data::{Data, Encode};
pub use error::{Error, Result};
pub use rust_decimal;
pub use shape::{Enumeration, Member, Shape, ShapeOf, Struct, Variant};
pub use time::{TICKS_PER_SECOND, TimeKind, Timestamp};
pub use uuid;
pub use value::{Structure, Value};
pub use wire::{Reader, Writer};
