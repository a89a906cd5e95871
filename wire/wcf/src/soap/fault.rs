use super::incoming::first_element;
use super::{ADDRESSING, SOAP};
use crate::Error;
use crate::dictionary::id;
use crate::nbfx::{Element, Event, Name, Reader, Text, Writer};
use std::borrow::Cow;

/// The action of a fault that an operation throws without declaring it.
pub const ACTION_FAULT: &str = "http://www.w3.org/2005/08/addressing/soap/fault";
/// The action of a fault about the addressing headers.
pub const ACTION_ADDRESSING_FAULT: &str = "http://www.w3.org/2005/08/addressing/fault";
/// The namespace of .NET's own faults.
pub const DISPATCHER: &str =
    "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher";
/// The action of .NET's own faults.
pub const ACTION_DISPATCHER_FAULT: &str =
    "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher/fault";

/// Subcodes within each other are read down to this many.
const SUBCODES: usize = 16;

/// A SOAP fault without its detail.
///
/// ```
/// use samebox_wcf_wire::soap::Fault;
///
/// let fault = Fault::sender("the name is taken").with_subcode("urn:x", "Taken");
/// assert!(fault.has_subcode("urn:x", "Taken"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// Whose fault it is.
    pub code: Code<'a>,
    /// What is wrong, from the general to the particular.
    pub subcodes: Vec<QName<'a>>,
    /// The same in words.
    pub reason: Cow<'a, str>,
    /// The language of the words; Mono leaves it empty.
    pub language: Cow<'a, str>,
}

/// Whose fault a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code<'a> {
    /// The message is wrong.
    Sender,
    /// The receiver could not do it.
    Receiver,
    /// A header must be understood and is not.
    MustUnderstand,
    /// The envelope is of another version.
    VersionMismatch,
    /// The encoding of the data is unknown.
    DataEncodingUnknown,
    /// Something that SOAP does not define.
    Other(QName<'a>),
}

/// A name with its namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QName<'a> {
    /// The namespace or nothing.
    pub namespace: Cow<'a, str>,
    /// The local name.
    pub name: Cow<'a, str>,
}

impl<'a> Code<'a> {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Sender, "Sender"),
        (Self::Receiver, "Receiver"),
        (Self::MustUnderstand, "MustUnderstand"),
        (Self::VersionMismatch, "VersionMismatch"),
        (Self::DataEncodingUnknown, "DataEncodingUnknown"),
    ];

    /// Its name and namespace.
    fn name(&self) -> (&str, &str) {
        match self {
            Self::Other(name) => (&name.namespace, &name.name),
            _ => {
                let name = Self::NAMES.iter().find(|(code, _)| code == self);
                (SOAP, name.map_or("Receiver", |(_, name)| *name))
            }
        }
    }

    /// Mono writes the names of SOAP without a prefix, so without a namespace.
    fn from_name(name: QName<'a>) -> Self {
        let soap = name.namespace == SOAP || name.namespace.is_empty();
        match Self::NAMES.into_iter().find(|(_, known)| soap && *known == name.name) {
            Some((code, _)) => code,
            None => Self::Other(name),
        }
    }
}

impl<'a> Fault<'a> {
    /// A fault with this code.
    pub fn new(code: Code<'a>, reason: impl Into<Cow<'a, str>>) -> Self {
        Self { code, subcodes: Vec::new(), reason: reason.into(), language: "en-US".into() }
    }

    /// The message is wrong.
    pub fn sender(reason: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Code::Sender, reason)
    }

    /// The receiver could not do it.
    pub fn receiver(reason: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Code::Receiver, reason)
    }

    /// An operation failed in a way that it does not declare; goes with [`ACTION_DISPATCHER_FAULT`].
    pub fn internal(reason: impl Into<Cow<'a, str>>) -> Self {
        Self::receiver(reason).with_subcode(DISPATCHER, "InternalServiceFault")
    }

    /// The body is not what the operation takes; goes with [`ACTION_DISPATCHER_FAULT`].
    pub fn deserialization_failed(reason: impl Into<Cow<'a, str>>) -> Self {
        Self::sender(reason).with_subcode(DISPATCHER, "DeserializationFailed")
    }

    /// No operation has the action; goes with [`ACTION_ADDRESSING_FAULT`].
    pub fn action_not_supported(reason: impl Into<Cow<'a, str>>) -> Self {
        Self::sender(reason).with_subcode(ADDRESSING, "ActionNotSupported")
    }

    /// No service is at the address; goes with [`ACTION_FAULT`].
    pub fn destination_unreachable(reason: impl Into<Cow<'a, str>>) -> Self {
        Self::sender(reason).with_subcode(ADDRESSING, "DestinationUnreachable")
    }

    /// The same with one more, particular code.
    #[must_use]
    pub fn with_subcode(
        mut self,
        namespace: impl Into<Cow<'a, str>>,
        name: impl Into<Cow<'a, str>>,
    ) -> Self {
        self.subcodes.push(QName { namespace: namespace.into(), name: name.into() });
        self
    }

    /// Whether one of its codes, the first or a particular one, is this.
    pub fn has_subcode(&self, namespace: &str, name: &str) -> bool {
        let is = |code: &QName<'_>| code.namespace == namespace && code.name == name;
        // Mono has .NET's own codes in the place of the first, under another namespace.
        let first = matches!(&self.code, Code::Other(code) if code.name == name);
        first || self.subcodes.iter().any(is)
    }

    /// Writes the fault as the body of an envelope; `detail` writes what is inside its detail.
    pub fn write(&self, writer: &mut Writer<'_>, detail: Option<impl FnOnce(&mut Writer<'_>)>) {
        writer.start("s", Name::Id(id::FAULT));
        writer.start("s", Name::Id(id::CODE));
        let first = self.code.name();
        let subcodes = self.subcodes.iter().map(|code| (&*code.namespace, &*code.name));
        for (depth, (namespace, name)) in std::iter::once(first).chain(subcodes).enumerate() {
            if depth > 0 {
                writer.start("s", Name::Id(id::SUBCODE));
            }
            write_code(writer, namespace, name);
        }
        // One end for each subcode and one for the code.
        (0..=self.subcodes.len()).for_each(|_| writer.end());
        writer.start("s", Name::Id(id::REASON));
        writer.start("s", Name::Id(id::TEXT));
        writer.attribute("xml", Name::Inline("lang"), &*self.language);
        writer.text(&*self.reason);
        writer.end();
        writer.end();
        if let Some(detail) = detail {
            writer.start("s", Name::Id(id::DETAIL));
            detail(writer);
            writer.end();
        }
        writer.end();
    }

    /// Reads a fault whose start was just read, up to the first element of its detail.
    ///
    /// That element has been started when there is one, and the caller may go on reading it.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub fn read(reader: &mut Reader<'a, '_>) -> Result<(Self, Option<Element<'a>>), Error> {
        let mut fault = Self::new(Code::Receiver, "");
        loop {
            match reader.next()? {
                Some(Event::Start(element)) if element.is(SOAP, "Code") => {
                    let mut codes = read_codes(reader)?.into_iter();
                    fault.code = codes.next().map_or(Code::Receiver, Code::from_name);
                    fault.subcodes = codes.collect();
                }
                Some(Event::Start(element)) if element.is(SOAP, "Reason") => {
                    fault.read_reason(reader)?;
                }
                Some(Event::Start(element)) if element.is(SOAP, "Detail") => {
                    return Ok((fault, first_element(reader)?));
                }
                Some(Event::Start(_)) => reader.skip()?,
                Some(Event::Text(_)) => {}
                Some(Event::End) | None => return Ok((fault, None)),
            }
        }
    }

    /// Of several languages the first counts.
    fn read_reason(&mut self, reader: &mut Reader<'a, '_>) -> Result<(), Error> {
        const XML: &str = "http://www.w3.org/XML/1998/namespace";
        let mut first = true;
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(element) if first && element.is(SOAP, "Text") => {
                    let language = reader.attribute(XML, "lang").unwrap_or(Text::Chars(""));
                    self.language = language.to_str();
                    self.reason = reader.content()?.into_str();
                    first = false;
                }
                Event::Start(_) => reader.skip()?,
                Event::Text(_) => {}
                Event::End => break,
            }
        }
        Ok(())
    }
}

fn write_code(writer: &mut Writer<'_>, namespace: &str, name: &str) {
    writer.start("s", Name::Id(id::VALUE));
    let prefix = match namespace {
        SOAP => "s",
        ADDRESSING => "a",
        "" => "",
        _ => {
            writer.xmlns("a", Name::Inline(namespace));
            "a"
        }
    };
    if !prefix.is_empty() {
        writer.text(prefix);
        writer.text(":");
    }
    writer.text(name);
    writer.end();
}

/// Reads the Value of a Code and of each Subcode within it.
fn read_codes<'a>(reader: &mut Reader<'a, '_>) -> Result<Vec<QName<'a>>, Error> {
    let (mut codes, outside) = (Vec::new(), reader.depth() - 1);
    while reader.depth() > outside {
        let Some(event) = reader.next()? else { break };
        match event {
            Event::Start(element) if element.is(SOAP, "Value") && codes.len() < SUBCODES => {
                let text = reader.content()?.into_str();
                codes.push(resolve(reader, text));
            }
            Event::Start(element) if element.is(SOAP, "Subcode") => {}
            Event::Start(_) => reader.skip()?,
            Event::Text(_) | Event::End => {}
        }
    }
    Ok(codes)
}

/// Takes `prefix:name` apart; a prefix that stands for nothing leaves the name without namespace.
fn resolve<'a>(reader: &Reader<'a, '_>, text: Cow<'a, str>) -> QName<'a> {
    let text = text.trim();
    let (prefix, name) = text.split_once(':').unwrap_or(("", text));
    let namespace = if prefix.is_empty() { None } else { reader.namespace(prefix) };
    QName { namespace: namespace.unwrap_or("").into(), name: name.to_owned().into() }
}
