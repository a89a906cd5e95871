use super::batch::Item;
use super::memory::{Entry, Memory, Writing};
use super::names::{self, ARRAYS, INSTANCE};
use super::scopes::Namespace;
use super::value::{from_decimal, to_date_time};
use crate::nbfx::{Name, Text, Writer};
use crate::value::{Guid, TimeSpan};
use rust_decimal::Decimal;
use samebox_data::{Enumeration, Error, Operation, Result, Shape, Struct, Timestamp};
use std::fmt::{Display, Write};
use uuid::Uuid;

/// Writes arguments, a result or the detail of a fault into an envelope.
///
/// ```
/// use samebox_data::{Encode, Operation, Parameter, Writer};
/// use samebox_wcf_wire::datacontract::{Encoder, Memory};
/// use samebox_wcf_wire::nbfx;
///
/// let operation = Operation {
///     name: "Send".into(),
///     one_way: true,
///     parameters: vec![Parameter { name: "data".into(), shape: str::shape }].into(),
///     result: <()>::shape,
///     fault: None,
/// };
/// let (mut bytes, mut memory) = (Vec::new(), Memory::default());
/// let mut writer = nbfx::Writer::new(&mut bytes, None);
/// let mut encoder = Encoder::arguments(&mut writer, &operation, "urn:x", &mut memory);
/// encoder.member(0)?;
/// "Hello".write(&mut encoder)?;
/// encoder.finish()?;
/// assert_eq!(bytes, b"\x40\x04Send\x08\x05urn:x\x40\x04data\x99\x05Hello\x01");
/// # Ok::<(), samebox_data::Error>(())
/// ```
#[derive(Debug)]
pub struct Encoder<'e, 'w> {
    to: &'e mut Writer<'w>,
    memory: &'e mut Memory,
    root: Root<'e>,
    due: Due,
}

/// What is written.
#[derive(Clone, Copy, Debug)]
enum Root<'e> {
    Arguments { operation: &'e Operation, namespace: &'e str, simple: bool },
    Answer { operation: &'e Operation, namespace: &'e str, simple: bool },
    Detail,
}

/// Whether a part is announced and not yet written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    Value,
    /// A result of nothing, which has no element.
    Unit,
}

impl<'e, 'w> Encoder<'e, 'w> {
    /// Begins the arguments of an operation of a contract with that namespace.
    ///
    /// They are written as members, each announced by its place among the parameters.
    pub fn arguments(
        to: &'e mut Writer<'w>,
        operation: &'e Operation,
        namespace: &'e str,
        memory: &'e mut Memory,
    ) -> Self {
        let simple = is_simple(operation);
        let root = Root::Arguments { operation, namespace, simple };
        Self::begin(to, root, memory, |name| name.push_str(&operation.name))
    }

    /// Begins the answer to an operation; its result is member 0, of nothing too.
    pub fn answer(
        to: &'e mut Writer<'w>,
        operation: &'e Operation,
        namespace: &'e str,
        memory: &'e mut Memory,
    ) -> Self {
        let simple = is_simple(operation);
        let root = Root::Answer { operation, namespace, simple };
        Self::begin(to, root, memory, |name| {
            name.push_str(&operation.name);
            name.push_str("Response");
        })
    }

    /// Begins one value of that shape which stands by itself: the detail of a fault.
    pub fn detail(to: &'e mut Writer<'w>, shape: &'static Shape, memory: &'e mut Memory) -> Self {
        memory.reset();
        let mut encoder = Self { to, memory, root: Root::Detail, due: Due::Value };
        let shape = names::bare(shape);
        let namespace = Namespace::Of(names::root_namespace(shape));
        encoder.open_named(namespace, |name| names::append(shape, name));
        encoder
    }

    fn begin(
        to: &'e mut Writer<'w>,
        root: Root<'e>,
        memory: &'e mut Memory,
        name: impl FnOnce(&mut String),
    ) -> Self {
        memory.reset();
        let mut encoder = Self { to, memory, root, due: Due::Nothing };
        encoder.open_named(Namespace::Contract, name);
        encoder.memory.writing.push(Writing::Parts(0));
        encoder
    }

    /// Ends what was begun.
    ///
    /// # Errors
    /// `Malformed`, when a list, map or structure has not ended.
    pub fn finish(mut self) -> Result<()> {
        self.settle();
        match (self.root, self.memory.writing.as_slice()) {
            (Root::Detail, []) => Ok(()),
            (Root::Arguments { .. } | Root::Answer { .. }, [Writing::Parts(_)]) => {
                self.close();
                Ok(())
            }
            _ => Err(misuse("a list, map or structure has not ended")),
        }
    }

    /// The namespace of the contract, and whether .NET writes its simple way.
    const fn contract(&self) -> (&'e str, bool) {
        match self.root {
            Root::Arguments { namespace, simple, .. } | Root::Answer { namespace, simple, .. } => {
                (namespace, simple)
            }
            Root::Detail => ("", false),
        }
    }

    /// Starts an element whose name `name` makes.
    fn open_named(&mut self, namespace: Namespace, name: impl FnOnce(&mut String)) {
        let mut text = std::mem::take(&mut self.memory.text);
        text.clear();
        name(&mut text);
        self.open(namespace, &text);
        self.memory.text = text;
    }

    fn open(&mut self, namespace: Namespace, name: &str) {
        let (contract, _) = self.contract();
        let scopes = &mut self.memory.scopes;
        scopes.declare(self.to, contract);
        scopes.enter();
        let prefix = scopes.prefix(namespace.text(contract), contract);
        self.to.start(prefix.unwrap_or_default(), Name::Known(name));
        if prefix.is_none() {
            scopes.bind("", namespace);
        }
    }

    /// Declares the namespace of what the element just started will hold, if it is not `own`.
    fn declare_content(&mut self, shape: &'static Shape, own: &str) {
        let (contract, _) = self.contract();
        let scopes = &mut self.memory.scopes;
        if let Some(namespace) = names::content_namespace(shape) {
            let known = namespace.is_empty() || namespace == own;
            if !known && scopes.prefix(namespace, contract).is_none() {
                scopes.bind_free(namespace);
            }
        }
    }

    /// Ends the innermost element.
    fn close(&mut self) {
        let (contract, _) = self.contract();
        self.memory.scopes.declare(self.to, contract);
        self.to.end();
        self.memory.scopes.leave();
    }

    /// Ends the element of a part that was announced and not written.
    fn settle(&mut self) {
        if std::mem::replace(&mut self.due, Due::Nothing) == Due::Value {
            self.close();
        }
    }

    fn take(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.due, Due::Nothing) != Due::Value {
            return Err(misuse("a value is written that was not announced"));
        }
        Ok(())
    }

    /// Writes the content of an element and ends it.
    fn scalar(&mut self, text: Text<'_>) -> Result<()> {
        if let Some(Writing::Array(_)) = self.memory.writing.last() {
            return Err(misuse("an item is not of its list's shape"));
        }
        self.take()?;
        let (contract, _) = self.contract();
        self.memory.scopes.declare(self.to, contract);
        self.to.text(text);
        self.close();
        Ok(())
    }

    /// Writes the content of an element as text that has to be made.
    fn printed(&mut self, value: impl Display) -> Result<()> {
        let mut text = std::mem::take(&mut self.memory.text);
        text.clear();
        // A `String` takes everything.
        let _ = write!(text, "{value}");
        let result = self.scalar(Text::Chars(&text));
        self.memory.text = text;
        result
    }

    /// Writes an item of an Array record, or the content of an element.
    fn item_or(&mut self, item: Item, text: impl FnOnce() -> Result<Text<'static>>) -> Result<()> {
        let Some(Writing::Array(shape)) = self.memory.writing.last() else {
            return self.scalar(text()?);
        };
        let shape = *shape;
        self.take()?;
        self.memory.batch.push(shape, item)
    }

    /// Begins a container in the element of the part that was announced.
    fn container(&mut self, writing: Writing) -> Result<()> {
        self.take()?;
        let (contract, simple) = self.contract();
        let scopes = &mut self.memory.scopes;
        if !simple && matches!(self.memory.writing.as_slice(), [] | [Writing::Parts(_)]) {
            scopes.bind_nil(contract);
        }
        scopes.declare(self.to, contract);
        self.memory.writing.push(writing);
        Ok(())
    }

    fn part(&mut self, index: usize) -> Result<()> {
        match self.root {
            Root::Arguments { operation, .. } => {
                let parameter = operation.parameters.get(index);
                let parameter = parameter.ok_or_else(|| misuse("there is no such parameter"))?;
                self.open(Namespace::Contract, &parameter.name);
                self.part_content((parameter.shape)());
            }
            Root::Answer { operation, .. } => {
                let shape = (operation.result)();
                if matches!(shape, Shape::Unit) {
                    self.due = Due::Unit;
                    return Ok(());
                }
                self.open_named(Namespace::Contract, |name| {
                    name.push_str(&operation.name);
                    name.push_str("Result");
                });
                self.part_content(shape);
            }
            Root::Detail => return Err(misuse("a detail has no members")),
        }
        self.due = Due::Value;
        Ok(())
    }

    fn part_content(&mut self, shape: &'static Shape) {
        if let (namespace, false) = self.contract() {
            self.declare_content(shape, namespace);
        }
    }

    /// Writes the collected items and leaves the list.
    fn array(&mut self, shape: &'static Shape) {
        let (contract, _) = self.contract();
        let Memory { text, scopes, batch, .. } = &mut *self.memory;
        text.clear();
        names::append(shape, text);
        let prefix = scopes.prefix(ARRAYS, contract);
        batch.write(shape, self.to, |to| {
            to.start(prefix.unwrap_or_default(), Name::Known(text));
            if prefix.is_none() {
                to.xmlns("", Name::Known(ARRAYS));
            }
        });
    }

    /// The innermost map, to be told what is announced next.
    fn entry(&mut self, before: &[Entry], next: Entry) -> Result<(&'static Shape, &'static Shape)> {
        match self.memory.writing.last_mut() {
            Some(Writing::Map { key, value, entry }) if before.contains(entry) => {
                *entry = next;
                Ok((key, value))
            }
            _ => Err(misuse("a key or a value is not expected")),
        }
    }
}

/// Whether .NET writes all of an operation the simple way.
fn is_simple(operation: &Operation) -> bool {
    let parameters = operation.parameters.iter().map(|parameter| (parameter.shape)());
    parameters.chain([(operation.result)()]).all(names::is_primitive)
}

fn misuse(why: &'static str) -> Error {
    Error::Malformed(why.into())
}

impl samebox_data::Writer for Encoder<'_, '_> {
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
        self.open_named(Namespace::Of(ARRAYS), |name| names::entry(key, value, name));
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
