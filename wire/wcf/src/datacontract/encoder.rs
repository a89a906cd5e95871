mod writer;

use super::batch::Item;
use super::memory::{Entry, Memory, Writing};
use super::names::{self, ARRAYS};
use super::scopes::Namespace;
use crate::nbfx::{Name, Text, Writer};
use samebox_data::{Error, Operation, Result, Shape};
use std::fmt::{Display, Write};

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
        self.memory.text.clear();
        name(&mut self.memory.text);
        self.open_text(namespace);
    }

    /// Starts an element whose name was made.
    fn open_text(&mut self, namespace: Namespace) {
        let text = std::mem::take(&mut self.memory.text);
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
