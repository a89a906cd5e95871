mod reader;

use super::memory::{Memory, Reading};
use super::names::INSTANCE;
use crate::Error as WireError;
use crate::nbfx::{Content, Element, Event, Reader, Text};
use samebox_data::{Error, Operation, Result};

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
