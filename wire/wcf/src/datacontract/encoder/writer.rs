//! What `samebox_data` asks of a writer.

use super::{Due, Encoder, misuse};
use crate::datacontract::batch::Item;
use crate::datacontract::memory::{Entry, Writing};
use crate::datacontract::names::{self, ARRAYS, INSTANCE};
use crate::datacontract::scopes::Namespace;
use crate::datacontract::value::{from_decimal, to_date_time};
use crate::nbfx::{Name, Text};
use crate::value::{Guid, TimeSpan};
use rust_decimal::Decimal;
use samebox_data::{Enumeration, Error, Result, Shape, Struct, Timestamp, Writer};
use uuid::Uuid;

impl Writer for Encoder<'_, '_> {
    fn null(&mut self) -> Result<()> {
        if let Some(Writing::Array(_)) = self.memory.writing.last() {
            return Err(misuse("an item is not of its list's shape"));
        }
        self.take()?;
        let (contract, simple) = self.contract();
        let scopes = &mut self.memory.scopes;
        let prefix = scopes.prefix(INSTANCE, contract);
        let prefix = prefix.or_else(|| if simple { scopes.bind_free(INSTANCE) } else { None });
        let prefix = prefix.unwrap_or_else(|| scopes.bind_nil(contract));
        self.to.attribute(prefix, Name::Known("nil"), true);
        self.close();
        Ok(())
    }

    fn bool(&mut self, value: bool) -> Result<()> {
        self.item_or(Item::Bool(value), || Ok(Text::Bool(value)))
    }

    fn int(&mut self, value: i64) -> Result<()> {
        self.item_or(Item::Int(value), || Ok(Text::Int(value)))
    }

    fn uint(&mut self, value: u64) -> Result<()> {
        self.printed(value)
    }

    fn float(&mut self, value: f32) -> Result<()> {
        self.item_or(Item::Float(value), || Ok(Text::Float(value)))
    }

    fn double(&mut self, value: f64) -> Result<()> {
        self.item_or(Item::Double(value), || Ok(Text::Double(value)))
    }

    fn char(&mut self, value: char) -> Result<()> {
        let unit = u16::try_from(u32::from(value));
        let unit = unit.map_err(|_| Error::OutOfRange { expected: "a char of .NET" })?;
        self.scalar(Text::Int(unit.into()))
    }

    fn text(&mut self, value: &str) -> Result<()> {
        self.scalar(Text::Chars(value))
    }

    fn bytes(&mut self, value: &[u8]) -> Result<()> {
        self.scalar(Text::Bytes(value))
    }

    fn timestamp(&mut self, value: Timestamp) -> Result<()> {
        self.item_or(Item::Moment(value), || to_date_time(value).map(Text::DateTime))
    }

    fn time_span(&mut self, ticks: i64) -> Result<()> {
        self.printed(TimeSpan(ticks))
    }

    fn guid(&mut self, value: Uuid) -> Result<()> {
        self.printed(Guid::from_u128(value.as_u128()))
    }

    fn decimal(&mut self, value: Decimal) -> Result<()> {
        self.item_or(Item::Decimal(value), || from_decimal(value).map(Text::Decimal))
    }

    fn variant(&mut self, of: &'static Enumeration, index: usize) -> Result<()> {
        let variant =
            of.variants.get(index).ok_or_else(|| misuse("an enum has no such variant"))?;
        self.scalar(Text::Chars(variant.name))
    }

    fn list(&mut self, item: &'static Shape, length: usize) -> Result<()> {
        if length == 0 || !names::is_array_item(item) {
            return self.container(Writing::List(item));
        }
        self.memory.batch.clear();
        self.container(Writing::Array(item))
    }

    fn item(&mut self) -> Result<()> {
        if let Some(Writing::Array(_)) = self.memory.writing.last() {
            if self.due != Due::Nothing {
                return Err(misuse("an item was not written"));
            }
            self.due = Due::Value;
            return Ok(());
        }
        self.settle();
        let Some(&Writing::List(shape)) = self.memory.writing.last() else {
            return Err(misuse("an item is not expected"));
        };
        let namespace = Namespace::Of(names::items_namespace(shape));
        self.open_named(namespace, |name| names::append(names::bare(shape), name));
        self.due = Due::Value;
        Ok(())
    }

    fn map(&mut self, key: &'static Shape, value: &'static Shape, _: usize) -> Result<()> {
        self.container(Writing::Map { key, value, entry: Entry::None })
    }

    fn key(&mut self) -> Result<()> {
        self.settle();
        if let Some(Writing::Map { entry: Entry::Value, .. }) = self.memory.writing.last() {
            self.close();
        }
        let (key, value) = self.entry(&[Entry::None, Entry::Value], Entry::Key)?;
        self.memory.name_entry(key, value);
        self.open_text(Namespace::Of(ARRAYS));
        self.open(Namespace::Of(ARRAYS), "Key");
        self.declare_content(key, ARRAYS);
        self.due = Due::Value;
        Ok(())
    }

    fn value(&mut self) -> Result<()> {
        self.settle();
        let (_, value) = self.entry(&[Entry::Key], Entry::Value)?;
        self.open(Namespace::Of(ARRAYS), "Value");
        self.declare_content(value, ARRAYS);
        self.due = Due::Value;
        Ok(())
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        self.container(Writing::Structure(of, 0))
    }

    fn member(&mut self, index: usize) -> Result<()> {
        self.settle();
        let next = match self.memory.writing.last_mut() {
            Some(Writing::Parts(next) | Writing::Structure(_, next)) => next,
            _ => return Err(misuse("a member is not expected")),
        };
        if index < *next {
            return Err(misuse("members come out of order"));
        }
        *next = index + 1;
        let Some(&Writing::Structure(of, _)) = self.memory.writing.last() else {
            return self.part(index);
        };
        let member = of.members.get(index).ok_or_else(|| misuse("there is no such member"))?;
        self.open(Namespace::Of(of.namespace), member.name);
        self.declare_content((member.shape)(), of.namespace);
        self.due = Due::Value;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        match self.memory.writing.last() {
            None | Some(Writing::Parts(_)) => return Err(misuse("there is nothing to end")),
            Some(Writing::Array(_)) if self.due != Due::Nothing => {
                return Err(misuse("an item was not written"));
            }
            _ => self.settle(),
        }
        match self.memory.writing.pop() {
            Some(Writing::Array(shape)) => self.array(shape),
            Some(Writing::Map { entry: Entry::Key | Entry::Value, .. }) => self.close(),
            _ => {}
        }
        self.close();
        Ok(())
    }
}
