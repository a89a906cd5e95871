use super::record::{Record, Records};
use super::{Attribute, Content, Element, Event, Memory, Text, Values, Word};
use crate::Error;
use crate::dictionary::Received;
use crate::error::Limited;

/// What a [`Reader`] takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elements within elements; .NET's default for messages is 128.
    pub depth: usize,
    /// Attributes of one element.
    pub attributes: usize,
    /// Namespace declarations in scope.
    pub namespaces: usize,
    /// Bytes of one name or namespace.
    pub name: usize,
    /// Bytes of text that stands as numbers of a dictionary: three bytes may stand for thousands.
    pub words: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 128, attributes: 128, namespaces: 256, name: 16 << 10, words: 1 << 20 }
    }
}

/// Pulls events out of a document.
///
/// Comments are passed over. An Array record comes as the elements that it stands for. After an error
/// there is no going on.
///
/// ```
/// use samebox_wcf_wire::dictionary::Received;
/// use samebox_wcf_wire::nbfx::{Event, Limits, Memory, Reader};
///
/// let (words, mut memory) = (Received::new(0), Memory::default());
/// let document = [0x40, 1, b'n', 0x08, 1, b'u', 0x89, 5];
/// let mut reader = Reader::new(&document, &words, Limits::default(), &mut memory);
/// let Some(Event::Start(element)) = reader.next()? else { panic!() };
/// assert!(element.is("u", "n"));
/// assert_eq!(reader.content()?.text().to_i64()?, 5);
/// assert_eq!(reader.next()?, None);
/// # Ok::<(), samebox_wcf_wire::Error>(())
/// ```
#[derive(Debug)]
pub struct Reader<'a, 'm> {
    records: Records<'a>,
    memory: &'m mut Memory,
    limits: Limits,
    depth: usize,
    /// Bytes of text so far that stood as numbers of a dictionary.
    words: usize,
    next: Next,
    items: Option<Items<'a>>,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    /// The document's element, or the content of one.
    Record,
    /// The end that was merged with a text.
    End,
    /// More of the array in `items`.
    Item(Step),
    /// Nothing but comments.
    Nothing,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Start,
    Text,
    End,
}

/// An array on its way.
#[derive(Clone, Copy, Debug)]
struct Items<'a> {
    element: Element<'a>,
    values: Values<'a>,
    place: usize,
}

impl<'a, 'm> Reader<'a, 'm> {
    /// A reader of `document`, whose odd ids are in `words`.
    pub fn new(
        document: &'a [u8],
        words: &'a Received,
        limits: Limits,
        memory: &'m mut Memory,
    ) -> Self {
        memory.forget(0);
        memory.attributes.clear();
        let mut records = Records::new(document, words);
        records.cursor.longest_name = limits.name;
        Self { records, memory, limits, depth: 0, words: 0, next: Next::Record, items: None }
    }

    /// What comes next; `None` after the end of the document's element.
    ///
    /// # Errors
    /// `Violation` for bytes that are no document, `TooLarge` beyond a limit.
    #[expect(
        clippy::should_implement_trait,
        reason = "an error ends it, which iterators do not show"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'a>>, Error> {
        match self.next {
            Next::Record => {
                self.memory.forget(self.depth);
                self.record()
            }
            Next::End => {
                self.leave();
                Ok(Some(Event::End))
            }
            Next::Item(step) => Ok(self.item(step)),
            Next::Nothing => self.nothing(),
        }
    }

    #[inline(always)]
    fn record(&mut self) -> Result<Option<Event<'a>>, Error> {
        let cursor = &mut self.records.cursor;
        match cursor.peek() {
            Some(code @ 0x40..=0x77) => {
                cursor.at += 1;
                let (prefix, name) = self.records.element(code)?;
                Ok(Some(Event::Start(self.enter(prefix, name)?)))
            }
            Some(code @ 0x80..=0xBD) if self.depth > 0 => {
                cursor.at += 1;
                let text = Text::read(code & 0xFE, cursor)?;
                if code & 1 == 1 {
                    self.next = Next::End;
                }
                if matches!(text, Text::Word(_) | Text::QName { .. } | Text::List(_)) {
                    self.count_words(text)?;
                }
                Ok(Some(Event::Text(text)))
            }
            Some(0x01) if self.depth > 0 => {
                cursor.at += 1;
                self.leave();
                Ok(Some(Event::End))
            }
            _ => self.rare_record(),
        }
    }

    /// Comments and what follows them, arrays, and whatever is wrong.
    #[cold]
    fn rare_record(&mut self) -> Result<Option<Event<'a>>, Error> {
        while self.records.cursor.peek() == Some(0x02) {
            self.records.next()?;
        }
        let at = self.records.position();
        let wrong = |why| Err(Error::violation(at, why));
        match self.records.cursor.peek() {
            Some(0x03) if self.depth > 0 => {
                self.records.next()?;
                self.array()
            }
            Some(0x01 | 0x40..=0x77 | 0x80..=0xBD) if self.depth > 0 => self.record(),
            Some(0x40..=0x77) => self.record(),
            Some(0x01 | 0x03 | 0x80..=0xBD) => wrong("a document starts with no element"),
            Some(0x04..=0x3F) => wrong("an attribute stands where content should"),
            Some(_) => wrong("no record starts with this byte"),
            None => wrong("the document ends before its element"),
        }
    }

    /// Bounds what the numbers of a dictionary stand for.
    #[cold]
    fn count_words(&mut self, text: Text<'_>) -> Result<(), Error> {
        let length = |text: Text<'_>| match text {
            Text::Word(word) | Text::QName { name: word, .. } => word.text.len(),
            _ => 0,
        };
        self.words += match text {
            Text::List(list) => list.values().map(length).sum(),
            text => length(text),
        };
        Error::bound(Limited::Words, self.words, self.limits.words)
    }

    fn nothing(&mut self) -> Result<Option<Event<'a>>, Error> {
        loop {
            let at = self.records.position();
            match self.records.next()? {
                None => return Ok(None),
                Some(Record::Comment(_)) => {}
                Some(_) => return Err(Error::violation(at, "something follows the document")),
            }
        }
    }

    /// Reads the declarations and attributes of an element whose name was just read.
    #[inline(always)]
    fn enter(&mut self, prefix: &'a str, name: Word<'a>) -> Result<Element<'a>, Error> {
        self.depth += 1;
        Error::bound(Limited::Depth, self.depth, self.limits.depth)?;
        self.memory.attributes.clear();
        if self.records.is_at_attribute() {
            self.attribute_records()?;
        }
        let namespace = match self.memory.namespace(&self.records.cursor, prefix) {
            Some(namespace) => namespace,
            None if prefix.is_empty() => Word { text: "", id: None },
            None => return Err(self.unbound()),
        };
        Ok(Element { prefix, name, namespace: namespace.text, namespace_id: namespace.id })
    }

    fn attribute_records(&mut self) -> Result<(), Error> {
        let mut last_prefix = "";
        while self.records.is_at_attribute() {
            let at = self.records.position();
            match self.records.next()? {
                Some(Record::Xmlns { prefix, namespace }) => {
                    let count = self.memory.bindings() + 1;
                    Error::bound(Limited::Namespaces, count, self.limits.namespaces)?;
                    self.memory.bind(self.depth, &self.records.cursor, prefix, namespace);
                }
                Some(Record::Attribute { prefix, .. }) => {
                    let count = self.memory.attributes.len() + 1;
                    Error::bound(Limited::Attributes, count, self.limits.attributes)?;
                    self.memory.attributes.push(at as u32);
                    last_prefix = prefix;
                }
                _ => return Err(Error::violation(at, "an attribute is none")),
            }
        }
        match self.memory.attributes.len() {
            0 => Ok(()),
            1 if last_prefix.is_empty() || self.namespace(last_prefix).is_some() => Ok(()),
            _ => self.check_attributes(),
        }
    }

    fn unbound(&self) -> Error {
        Error::violation(self.records.position(), "a prefix stands for no namespace")
    }

    /// Every prefix must stand for something, and no name may come twice.
    fn check_attributes(&self) -> Result<(), Error> {
        for place in 0..self.memory.attributes.len() {
            let attribute = self.attribute_at(place).ok_or_else(|| self.unbound())?;
            let same = |earlier: Attribute<'_>| {
                (earlier.name, earlier.namespace) == (attribute.name, attribute.namespace)
            };
            if (0..place).filter_map(|earlier| self.attribute_at(earlier)).any(same) {
                let at = self.memory.attributes[place] as usize;
                return Err(Error::violation(at, "an element has an attribute twice"));
            }
        }
        Ok(())
    }

    fn attribute_at(&self, place: usize) -> Option<Attribute<'a>> {
        let mut record = self.records;
        record.cursor.at = *self.memory.attributes.get(place)? as usize;
        // It was read once, so it reads again.
        let Ok(Some(Record::Attribute { prefix, name, value })) = record.next() else {
            return None;
        };
        let namespace = if prefix.is_empty() { "" } else { self.namespace(prefix)? };
        Some(Attribute { prefix, name, namespace, value })
    }

    /// Ends an element, whose declarations are kept until the next event.
    fn leave(&mut self) {
        self.memory.forget(self.depth);
        self.memory.attributes.clear();
        self.depth -= 1;
        self.next = if self.depth == 0 { Next::Nothing } else { Next::Record };
    }

    fn array(&mut self) -> Result<Option<Event<'a>>, Error> {
        const WRONG: &str = "an array does not start with an empty element";
        let at = self.records.position();
        let Some(Record::Element { prefix, name }) = self.records.next()? else {
            return Err(Error::violation(at, WRONG));
        };
        let element = self.enter(prefix, name)?;
        let at = self.records.position();
        let Some(Record::End) = self.records.next()? else {
            return Err(Error::violation(at, WRONG));
        };
        let Some(Record::Values(values)) = self.records.next()? else {
            return Err(Error::violation(at, WRONG));
        };
        // Its depth counts anew with each item.
        self.depth -= 1;
        self.items = Some(Items { element, values, place: 0 });
        Ok(self.item(Step::Start))
    }

    #[inline(never)]
    fn item(&mut self, step: Step) -> Option<Event<'a>> {
        let items = self.items.as_mut()?;
        match (step, items.values.get(items.place)) {
            (Step::Start, _) => {
                self.depth += 1;
                self.next = Next::Item(Step::Text);
                return Some(Event::Start(items.element));
            }
            (Step::Text, Some(value)) => {
                self.next = Next::Item(Step::End);
                return Some(Event::Text(value));
            }
            _ if items.place + 1 < items.values.len() => {
                items.place += 1;
                self.depth -= 1;
                self.next = Next::Item(Step::Start);
            }
            _ => {
                self.items = None;
                self.leave();
            }
        }
        Some(Event::End)
    }

    /// The attributes of the element that was started last, until the next event.
    pub fn attributes(&self) -> Attributes<'_, 'a, 'm> {
        Attributes { reader: self, place: 0 }
    }

    /// The value of the attribute of that namespace and name, of the element that was started last.
    pub fn attribute(&self, namespace: &str, name: &str) -> Option<Text<'a>> {
        let found = |a: &Attribute<'_>| a.name.text == name && a.namespace == namespace;
        self.attributes().find(found).map(|attribute| attribute.value)
    }

    /// What a prefix stands for here, in names and in text such as `i:type`.
    ///
    /// At the end of an element that is what it stood for inside.
    pub fn namespace(&self, prefix: &str) -> Option<&'a str> {
        self.memory.namespace(&self.records.cursor, prefix).map(|namespace| namespace.text)
    }

    /// How many elements are open.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Where in the document the next record starts.
    pub const fn position(&self) -> usize {
        self.records.position()
    }

    /// How many elements of the current Array record are still to start.
    pub const fn items_left(&self) -> usize {
        match (&self.items, self.next) {
            (Some(items), Next::Item(Step::Start)) => items.values.len() - items.place,
            (Some(items), _) => items.values.len() - items.place - 1,
            (None, _) => 0,
        }
    }

    /// Passes over the rest of the innermost element, its end included.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn skip(&mut self) -> Result<(), Error> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside && self.next()?.is_some() {}
        Ok(())
    }

    /// All text of the innermost element, and its end; elements within it are passed over.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn content(&mut self) -> Result<Content<'a>, Error> {
        let first = loop {
            match self.next()? {
                Some(Event::Text(text)) => break text,
                Some(Event::Start(_)) => self.skip()?,
                Some(Event::End) | None => return Ok(Content::One(Text::Chars(""))),
            }
        };
        if matches!(self.next, Next::End) {
            self.leave();
            return Ok(Content::One(first));
        }
        let mut content = Content::One(first);
        loop {
            match self.next()? {
                Some(Event::Text(text)) => content.push(text),
                Some(Event::Start(_)) => self.skip()?,
                Some(Event::End) | None => return Ok(content),
            }
        }
    }
}

/// The attributes of an element; declarations of namespaces are none.
#[derive(Clone, Debug)]
pub struct Attributes<'r, 'a, 'm> {
    reader: &'r Reader<'a, 'm>,
    place: usize,
}

impl<'a> Iterator for Attributes<'_, 'a, '_> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        self.place += 1;
        self.reader.attribute_at(self.place - 1)
    }
}
