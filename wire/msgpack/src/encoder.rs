use crate::levels::{Kind, Levels};
use crate::{DEPTH, ext};
use rmp::encode;
use rust_decimal::Decimal;
use samebox_data::{Enumeration, Error, Result, Shape, Struct, Timestamp, Writer};
use uuid::Uuid;

/// Writes values as MessagePack to the end of a buffer.
///
/// It takes one value, or the members of a structure that [`Encoder::parts`] begins. A part that is
/// announced and not written is nil.
#[derive(Debug)]
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    levels: Levels,
    /// A value is announced and not yet written.
    due: bool,
}

impl<'a> Encoder<'a> {
    /// Writes behind what `out` holds already; values may be nested [`DEPTH`] deep.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self::with_depth(out, DEPTH)
    }

    /// As [`Encoder::new`], with a limit of its own.
    pub fn with_depth(out: &'a mut Vec<u8>, depth: usize) -> Self {
        Self { out, levels: Levels::new(depth), due: true }
    }

    /// Begins a structure without a type: the arguments of a call, or its result.
    ///
    /// [`Writer::member`] announces each part, [`Writer::end`] ends it.
    ///
    /// # Errors
    /// As [`Writer::null`].
    pub fn parts(&mut self, count: usize) -> Result<()> {
        self.begin(Kind::Structure, count)?;
        self.head(count, encode::write_array_len)
    }

    /// Makes sure that the value is whole.
    ///
    /// # Errors
    /// `Malformed`, when a list, map or structure has not ended.
    pub fn finish(mut self) -> Result<()> {
        if !self.levels.is_empty() {
            return Err(misuse("a list, map or structure has not ended"));
        }
        self.settle()
    }

    /// Takes note that the announced value is being written.
    fn take(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.due) {
            return Err(misuse("a value is written that was not announced"));
        }
        Ok(())
    }

    /// Writes nil for a value that was announced and did not come.
    fn settle(&mut self) -> Result<()> {
        if std::mem::take(&mut self.due) {
            written(encode::write_nil(self.out))?;
        }
        Ok(())
    }

    fn begin(&mut self, kind: Kind, total: usize) -> Result<()> {
        self.take()?;
        self.levels.push(kind, total, total)
    }

    fn head<T, E>(
        &mut self,
        length: usize,
        write: impl FnOnce(&mut Vec<u8>, u32) -> Result<T, E>,
    ) -> Result<()> {
        let length = u32::try_from(length)
            .map_err(|_| Error::OutOfRange { expected: "a length of 32 bits" })?;
        written(write(self.out, length))
    }

    fn extension(&mut self, kind: i8, bytes: &[u8]) -> Result<()> {
        self.take()?;
        self.head(bytes.len(), |out, length| encode::write_ext_meta(out, length, kind))?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Announces the next part of the innermost level, whose place must be one that `fits`.
    fn part(&mut self, kind: Kind, fits: fn(usize) -> bool) -> Result<()> {
        self.settle()?;
        let level = self.levels.top_of(kind)?;
        if level.done == level.total || !fits(level.done) {
            return Err(misuse("more parts come than were announced"));
        }
        level.done += 1;
        self.due = true;
        Ok(())
    }
}

/// A `Vec` takes every byte, so this never fails.
fn written<T, E>(result: Result<T, E>) -> Result<()> {
    result.map(drop).map_err(|_| misuse("the buffer takes no more"))
}

fn misuse(why: &'static str) -> Error {
    Error::Malformed(why.into())
}

impl Writer for Encoder<'_> {
    fn null(&mut self) -> Result<()> {
        self.take()?;
        written(encode::write_nil(self.out))
    }

    fn bool(&mut self, value: bool) -> Result<()> {
        self.take()?;
        written(encode::write_bool(self.out, value))
    }

    fn int(&mut self, value: i64) -> Result<()> {
        self.take()?;
        written(encode::write_sint(self.out, value))
    }

    fn uint(&mut self, value: u64) -> Result<()> {
        self.take()?;
        written(encode::write_uint(self.out, value))
    }

    fn float(&mut self, value: f32) -> Result<()> {
        self.take()?;
        written(encode::write_f32(self.out, value))
    }

    fn double(&mut self, value: f64) -> Result<()> {
        self.take()?;
        written(encode::write_f64(self.out, value))
    }

    fn char(&mut self, value: char) -> Result<()> {
        self.uint(u32::from(value).into())
    }

    fn text(&mut self, value: &str) -> Result<()> {
        self.take()?;
        self.head(value.len(), encode::write_str_len)?;
        self.out.extend_from_slice(value.as_bytes());
        Ok(())
    }

    fn bytes(&mut self, value: &[u8]) -> Result<()> {
        self.take()?;
        self.head(value.len(), encode::write_bin_len)?;
        self.out.extend_from_slice(value);
        Ok(())
    }

    fn timestamp(&mut self, value: Timestamp) -> Result<()> {
        self.extension(ext::TIMESTAMP, &ext::timestamp_bits(value)?.to_be_bytes())
    }

    fn time_span(&mut self, ticks: i64) -> Result<()> {
        self.int(ticks)
    }

    fn guid(&mut self, value: Uuid) -> Result<()> {
        self.extension(ext::GUID, value.as_bytes())
    }

    fn decimal(&mut self, value: Decimal) -> Result<()> {
        let (bytes, length) = ext::decimal_bytes(value);
        self.extension(ext::DECIMAL, &bytes[bytes.len() - length..])
    }

    fn variant(&mut self, of: &'static Enumeration, index: usize) -> Result<()> {
        let variant =
            of.variants.get(index).ok_or_else(|| misuse("an enum has no such variant"))?;
        self.int(variant.value)
    }

    fn list(&mut self, _: &'static Shape, length: usize) -> Result<()> {
        self.begin(Kind::List, length)?;
        self.head(length, encode::write_array_len)
    }

    fn item(&mut self) -> Result<()> {
        self.part(Kind::List, |_| true)
    }

    fn map(&mut self, _: &'static Shape, _: &'static Shape, length: usize) -> Result<()> {
        self.begin(Kind::Map, length.saturating_mul(2))?;
        self.head(length, encode::write_map_len)
    }

    fn key(&mut self) -> Result<()> {
        self.part(Kind::Map, |done| done.is_multiple_of(2))
    }

    fn value(&mut self) -> Result<()> {
        self.part(Kind::Map, |done| !done.is_multiple_of(2))
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        self.parts(of.members.len())
    }

    fn member(&mut self, index: usize) -> Result<()> {
        self.settle()?;
        let level = self.levels.top_of(Kind::Structure)?;
        if index < level.done || index >= level.total {
            return Err(misuse("members come out of order"));
        }
        for _ in level.done..index {
            written(encode::write_nil(self.out))?;
        }
        level.done = index + 1;
        self.due = true;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.settle()?;
        let level = *self.levels.top()?;
        if level.kind == Kind::Structure {
            for _ in level.done..level.total {
                written(encode::write_nil(self.out))?;
            }
        } else if level.done != level.total {
            return Err(misuse("fewer parts came than were announced"));
        }
        self.levels.pop();
        Ok(())
    }
}
