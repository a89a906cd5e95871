use super::memory::{Ahead, Entry, Memory, Reading};
use super::names::INSTANCE;
use super::value::{to_decimal, to_timestamp, to_uuid};
use crate::Error as WireError;
use crate::nbfx::{Content, Element, Event, Reader, Text};
use rust_decimal::Decimal;
use samebox_data::{Enumeration, Error, Operation, Result, Shape, Struct, Timestamp};
use std::borrow::Cow;
use uuid::Uuid;

/// Reads arguments, a result or the detail of a fault out of an envelope.
///
/// The reader below must just have started their element, as it has after
/// [`Incoming::read`](crate::soap::Incoming::read) and [`Fault::read`](crate::soap::Fault::read).
///
/// ```
/// use samebox_data::{Data, Encode, Operation, Reader};
/// use samebox_wcf_wire::datacontract::{Decoder, Memory};
/// use samebox_wcf_wire::{dictionary::Received, nbfx};
///
/// let operation = Operation {
///     name: "Now".into(),
///     one_way: false,
///     parameters: vec![].into(),
///     result: i32::shape,
///     fault: None,
/// };
/// let bytes = b"\x40\x0bNowResponse\x08\x05urn:x\x40\x09NowResult\x89\x07\x01";
/// let (words, mut names, mut memory) = (Received::new(0), Default::default(), Memory::default());
/// let mut reader = nbfx::Reader::new(bytes, &words, nbfx::Limits::default(), &mut names);
/// let Some(nbfx::Event::Start(element)) = reader.next()? else { panic!() };
/// let mut decoder = Decoder::answer(&mut reader, &element, &operation, "urn:x", &mut memory)?;
/// assert_eq!(decoder.member()?, Some(0));
/// assert_eq!(i32::read(&mut decoder)?, 7);
/// assert_eq!(decoder.member()?, None);
/// decoder.finish()?;
/// # Ok::<(), samebox_data::Error>(())
/// ```
#[derive(Debug)]
pub struct Decoder<'d, 'a, 'm> {
    from: &'d mut Reader<'a, 'm>,
    memory: &'d mut Memory,
    root: Root<'d>,
    /// An element has started whose content is not yet read.
    due: bool,
    /// How many elements are open outside.
    outside: usize,
}

/// What is read.
#[derive(Clone, Copy, Debug)]
enum Root<'d> {
    Arguments { operation: &'d Operation, namespace: &'d str },
    Answer { operation: &'d Operation, namespace: &'d str },
    Detail,
}

impl<'d, 'a, 'm> Decoder<'d, 'a, 'm> {
    /// Reads the arguments of an operation, as members in the places of its parameters.
    ///
    /// # Errors
    /// `Unexpected`, when `element`, which was just started, is another operation's.
    pub fn arguments(
        from: &'d mut Reader<'a, 'm>,
        element: &Element<'_>,
        operation: &'d Operation,
        namespace: &'d str,
        memory: &'d mut Memory,
    ) -> Result<Self> {
        if !element.is(namespace, &operation.name) {
            return Err(unexpected("the arguments of the operation", element.name.text));
        }
        Ok(Self::begin(from, Root::Arguments { operation, namespace }, memory))
    }

    /// Reads the answer to an operation; its result is member 0.
    ///
    /// # Errors
    /// `Unexpected`, when `element`, which was just started, is another operation's.
    pub fn answer(
        from: &'d mut Reader<'a, 'm>,
        element: &Element<'_>,
        operation: &'d Operation,
        namespace: &'d str,
        memory: &'d mut Memory,
    ) -> Result<Self> {
        let name = element.name.text.strip_suffix("Response");
        if name != Some(&operation.name) || element.namespace != namespace {
            return Err(unexpected("the answer to the operation", element.name.text));
        }
        Ok(Self::begin(from, Root::Answer { operation, namespace }, memory))
    }

    /// Reads one value, whose element was just started: the detail of a fault.
    pub fn detail(from: &'d mut Reader<'a, 'm>, memory: &'d mut Memory) -> Self {
        let mut decoder = Self::begin(from, Root::Detail, memory);
        decoder.memory.reading.clear();
        decoder.due = true;
        decoder
    }

    fn begin(from: &'d mut Reader<'a, 'm>, root: Root<'d>, memory: &'d mut Memory) -> Self {
        memory.reading.clear();
        memory.reading.push(Reading::Parts(0));
        let outside = from.depth().saturating_sub(1);
        Self { from, memory, root, due: false, outside }
    }

    /// Passes over what was not read, to the end of the element.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub fn finish(self) -> Result<()> {
        while self.from.depth() > self.outside {
            self.from.skip()?;
        }
        Ok(())
    }

    fn is_nil(&self) -> bool {
        let nil = self.from.attribute(INSTANCE, "nil");
        nil.is_some_and(|nil| nil.to_bool() == Ok(true))
    }

    /// Makes sure that there is a value.
    fn take(&mut self, expected: &'static str) -> Result<()> {
        if !std::mem::take(&mut self.due) {
            return Err(Error::Malformed("a value is read that was not announced".into()));
        }
        if self.is_nil() { Err(Error::Null { expected }) } else { Ok(()) }
    }

    /// Skips a part that was announced and not read.
    fn settle(&mut self) -> Result<()> {
        if std::mem::take(&mut self.due) {
            self.from.skip()?;
        }
        Ok(())
    }

    fn content(&mut self, expected: &'static str) -> Result<Content<'a>> {
        self.take(expected)?;
        Ok(self.from.content()?)
    }

    fn scalar<T>(
        &mut self,
        expected: &'static str,
        convert: impl FnOnce(&Text<'_>) -> Result<T, WireError>,
    ) -> Result<T> {
        let content = self.content(expected)?;
        let text = content.text();
        convert(&text).map_err(|_| unexpected(expected, &text.to_str()))
    }

    /// Goes to the next element within the current one; none at its end.
    fn next_element(&mut self) -> Result<Option<Element<'a>>> {
        loop {
            match self.from.next()? {
                Some(Event::Start(element)) => return Ok(Some(element)),
                Some(Event::Text(text)) => {
                    let text = text.to_str();
                    if !text.chars().all(|c| " \t\r\n".contains(c)) {
                        return Err(unexpected("elements", &text));
                    }
                }
                Some(Event::End) | None => return Ok(None),
            }
        }
    }

    fn top(&mut self) -> Result<&mut Reading> {
        let top = self.memory.reading.last_mut();
        top.ok_or(Error::Malformed("no list, map or structure is open".into()))
    }

    /// The place of an element among the members from `next` on.
    fn place(&self, element: &Element<'_>, reading: Reading) -> Option<usize> {
        let name = element.name.text;
        match (reading, self.root) {
            (Reading::Structure(of, next), _) => {
                let members = of.members.get(next..)?;
                let found = members.iter().position(|member| member.name == name)?;
                (element.namespace == of.namespace).then_some(next + found)
            }
            (Reading::Parts(next), Root::Arguments { operation, namespace }) => {
                let parameters = operation.parameters.get(next..)?;
                let found = parameters.iter().position(|parameter| parameter.name == name)?;
                (element.namespace == namespace).then_some(next + found)
            }
            (Reading::Parts(0), Root::Answer { operation, namespace }) => {
                let result = name.strip_suffix("Result") == Some(&operation.name);
                (result && element.namespace == namespace).then_some(0)
            }
            _ => None,
        }
    }

    /// Bytes that came as numbers, the first of which has started.
    fn listed_bytes(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let content = self.from.content()?;
            let number = content.text().to_i64().ok().and_then(|number| number.try_into().ok());
            bytes.push(number.ok_or(Error::OutOfRange { expected: "a u8" })?);
            if self.next_element()?.is_none() {
                return Ok(bytes);
            }
        }
    }
}

/// An error that quotes what is there, if that is short.
fn unexpected(expected: &'static str, found: &str) -> Error {
    const SHOWN: usize = 40;
    let shown: String = found.chars().take(SHOWN).collect();
    let more = if shown.len() < found.len() { ".." } else { "" };
    Error::Unexpected { expected, found: format!("`{shown}{more}`").into() }
}

impl samebox_data::Reader for Decoder<'_, '_, '_> {
    fn null(&mut self) -> Result<bool> {
        let null = self.due && self.is_nil();
        if null {
            self.settle()?;
        }
        Ok(null)
    }

    fn bool(&mut self) -> Result<bool> {
        self.scalar("a bool", |text| text.to_bool())
    }

    fn int(&mut self) -> Result<i64> {
        self.scalar("a whole number", |text| text.to_i64())
    }

    fn uint(&mut self) -> Result<u64> {
        self.scalar("a whole number without a sign", |text| text.to_u64())
    }

    fn float(&mut self) -> Result<f32> {
        self.scalar("a number", |text| text.to_f32())
    }

    fn double(&mut self) -> Result<f64> {
        self.scalar("a number", |text| text.to_f64())
    }

    fn char(&mut self) -> Result<char> {
        let number = self.scalar("the number of a char", |text| text.to_i64())?;
        let unit = u16::try_from(number).ok().and_then(|unit| char::from_u32(unit.into()));
        unit.ok_or(Error::OutOfRange { expected: "a char" })
    }

    fn text(&mut self) -> Result<Cow<'_, str>> {
        Ok(self.content("a string")?.into_str())
    }

    fn bytes(&mut self) -> Result<Cow<'_, [u8]>> {
        const EXPECTED: &str = "bytes";
        self.take(EXPECTED)?;
        let mut text = match self.from.next()? {
            Some(Event::Text(text)) => text,
            Some(Event::Start(_)) => return Ok(self.listed_bytes()?.into()),
            Some(Event::End) | None => return Ok(Cow::Borrowed(&[])),
        };
        let mut bytes = Vec::new();
        // Base64 in pieces need not be whole in each.
        let mut chars = String::new();
        loop {
            let next = self.from.next()?;
            match (&next, text) {
                (Some(Event::End) | None, Text::Bytes(only))
                    if bytes.is_empty() && chars.is_empty() =>
                {
                    return Ok(only.into());
                }
                (_, Text::Bytes(more)) if chars.is_empty() => bytes.extend_from_slice(more),
                (_, more) => chars.push_str(&more.to_str()),
            }
            match next {
                Some(Event::Text(more)) => text = more,
                Some(Event::Start(_)) => return Err(unexpected(EXPECTED, "an element")),
                Some(Event::End) | None => break,
            }
        }
        let more = Text::Chars(&chars).to_bytes().map_err(|_| unexpected(EXPECTED, &chars))?;
        bytes.extend_from_slice(&more);
        Ok(bytes.into())
    }

    fn timestamp(&mut self) -> Result<Timestamp> {
        to_timestamp(self.scalar("a date", |text| text.to_date_time())?)
    }

    fn time_span(&mut self) -> Result<i64> {
        self.scalar("a time span", |text| text.to_time_span()).map(|span| span.0)
    }

    fn guid(&mut self) -> Result<Uuid> {
        self.scalar("a GUID", |text| text.to_guid()).map(to_uuid)
    }

    fn decimal(&mut self) -> Result<Decimal> {
        self.scalar("a decimal", |text| text.to_decimal()).map(to_decimal)
    }

    fn variant(&mut self, of: &'static Enumeration) -> Result<usize> {
        let name = self.content(of.name)?.into_str();
        let name = name.trim();
        of.variants.iter().position(|variant| variant.name == name).ok_or_else(|| {
            Error::UnknownVariant { of: of.name, found: name.chars().take(40).collect() }
        })
    }

    fn list(&mut self, _: &'static Shape) -> Result<usize> {
        self.take("a list")?;
        let (ahead, expected) = match self.next_element()? {
            Some(_) => (Ahead::Item, self.from.items_left() + 1),
            None => (Ahead::End, 0),
        };
        self.memory.reading.push(Reading::List(ahead));
        Ok(expected)
    }

    fn item(&mut self) -> Result<bool> {
        self.settle()?;
        let Reading::List(ahead) = self.top()? else {
            return Err(Error::Malformed("no list is open".into()));
        };
        let found = match std::mem::replace(ahead, Ahead::Unknown) {
            Ahead::Item => true,
            Ahead::End => false,
            Ahead::Unknown => self.next_element()?.is_some(),
        };
        if !found {
            self.memory.reading.pop();
        }
        self.due = found;
        Ok(found)
    }

    fn map(&mut self, _: &'static Shape, _: &'static Shape) -> Result<usize> {
        self.take("a map")?;
        self.memory.reading.push(Reading::Map(Entry::None));
        Ok(0)
    }

    fn key(&mut self) -> Result<bool> {
        self.settle()?;
        let Reading::Map(entry) = self.top()? else {
            return Err(Error::Malformed("no map is open".into()));
        };
        if std::mem::replace(entry, Entry::Key) != Entry::None {
            // What is left of the entry before.
            self.from.skip()?;
        }
        if self.next_element()?.is_none() {
            self.memory.reading.pop();
            return Ok(false);
        }
        if self.next_element()?.is_none() {
            return Err(Error::Missing { name: "Key".into() });
        }
        self.due = true;
        Ok(true)
    }

    fn value(&mut self) -> Result<()> {
        self.settle()?;
        let Reading::Map(entry @ Entry::Key) = self.top()? else {
            return Err(Error::Malformed("a value is asked for without its key".into()));
        };
        *entry = Entry::Value;
        if self.next_element()?.is_none() {
            return Err(Error::Missing { name: "Value".into() });
        }
        self.due = true;
        Ok(())
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        self.take(of.name)?;
        self.memory.reading.push(Reading::Structure(of, 0));
        Ok(())
    }

    fn member(&mut self) -> Result<Option<usize>> {
        self.settle()?;
        loop {
            let reading = *self.top()?;
            let (Reading::Parts(_) | Reading::Structure(..)) = reading else {
                return Err(Error::Malformed("no structure is open".into()));
            };
            let Some(element) = self.next_element()? else {
                self.memory.reading.pop();
                return Ok(None);
            };
            let Some(place) = self.place(&element, reading) else {
                self.from.skip()?;
                continue;
            };
            if let Reading::Parts(next) | Reading::Structure(_, next) = self.top()? {
                *next = place + 1;
            }
            self.due = true;
            return Ok(Some(place));
        }
    }
}
