//! Values as .NET's DataContractSerializer writes them.
//!
//! [`Encoder`] and [`Decoder`] are the writer and the reader of [`samebox_data`] over binary XML, for
//! the three places where values stand in a message:
//!
//! | | element | holds |
//! |---|---|---|
//! | arguments | `<Op xmlns="contract">` | an element per parameter, in the contract's namespace, in order |
//! | result | `<OpResponse xmlns="contract">` | `OpResult`, unless the operation gives nothing |
//! | detail of a fault | named for its type | the value |
//!
//! | value | content of its element |
//! |---|---|
//! | no value | nothing; `i:nil="true"` |
//! | `bool`, numbers, decimals, moments | the smallest record; `u64` is text |
//! | `char` | its number |
//! | text, time span, GUID, name of an enum | text |
//! | bytes | bytes |
//! | list | an element per item, named for the item's type |
//! | list of `bool`, `i32`, `i64`, `f32`, `f64`, moments, decimals | the same as one Array record |
//! | map | `KeyValueOf..` elements with `Key` and `Value` |
//! | structure | an element per member, in the structure's namespace, in order |
//!
//! Items stand in the namespace of their type, or in that of .NET's arrays for types of XML Schema.
//! Prefixes, and where namespaces are declared, are .NET's to the byte. Where all parameters and the
//! result of an operation are simple, .NET writes them by another and shorter way, and so it is here.
//!
//! The reader takes every form of a value that .NET's takes. Elements that it does not know are skipped,
//! and so are members that come out of order: .NET's reader never goes back.

mod batch;
mod decoder;
mod digest;
mod encoder;
mod memory;
mod names;
mod scopes;
mod value;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub use memory::Memory;
