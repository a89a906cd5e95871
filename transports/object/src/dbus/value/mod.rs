//! Values as D-Bus has them: what types become, and their writer and reader; zbus knows the bytes.
//!
//! | value | D-Bus |
//! |---|---|
//! | `bool`, `u8`, `u16`, `u32`, `u64` | `b`, `y`, `q`, `u`, `t` |
//! | `i8` and `i16`, `i32`, `i64` | `n`, `i`, `x` |
//! | `f32` and `f64` | `d` |
//! | text, `char`, name of an enum, GUID, decimal | `s` |
//! | moment | `s`, as RFC 3339 has it: `Z` for the world's clock, `-00:00` for the sender's own, no zone where nobody knows |
//! | span of time | `x`, ticks of 100 ns |
//! | bytes | `ay` |
//! | a value that may be absent | an array of none or one |
//! | list, map | array, dictionary |
//! | structure | structure of its members in order; of one byte `y` where it has none |
//! | a structure within itself | a variant `v` that holds it: signatures are finite |
//!
//! A reader takes a whole number of any width that has room for it, text of every kind, a variant in
//! place of any value, a value in place of one that may be absent, structures that end early and
//! members behind those it knows.

mod body;
mod decode;
mod dynamic;
mod encode;
mod infer;
mod node;
mod signature;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use body::{Body, Types, body_of};
pub(crate) use decode::Decoder;
pub(crate) use dynamic::{read_values, write_values};
pub(crate) use encode::{Encoder, Expected, Written};
pub(crate) use node::Node;
pub(crate) use signature::{complete_types, of_shape, of_shapes};

/// How many containers a value may be in, as the D-Bus specification has it.
pub(crate) const DEPTH: usize = 64;
