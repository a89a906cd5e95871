use super::{Id, SOAP};
use crate::Error;
use crate::dictionary::id;
use crate::nbfx::{Element, Event, Reader};
use std::borrow::Cow;

/// The headers of a message as read, and where its body begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming<'a> {
    /// What is asked for or answered; Mono leaves it empty in some faults.
    pub action: Option<Cow<'a, str>>,
    /// The address that is meant.
    pub to: Option<Cow<'a, str>>,
    /// The id that an answer has to repeat.
    pub message_id: Option<Id<'a>>,
    /// The message that this one answers.
    pub relates_to: Option<Id<'a>>,
    /// Where an answer goes.
    pub reply_to: Option<Cow<'a, str>>,
    /// A header, by namespace and name, that must be understood and is not.
    pub not_understood: Option<(&'a str, &'a str)>,
    /// The first element of the body, which has just been started; `None` for an empty body.
    pub body: Option<Element<'a>>,
}

impl<'a> Incoming<'a> {
    /// Reads headers and the start of the body's first element.
    ///
    /// Of headers that come twice the first counts. Afterwards the reader's next event is the first
    /// inside that element, or the end of an empty body.
    ///
    /// # Errors
    /// `Violation` when the document is no envelope of SOAP 1.2, or as [`Reader::next`].
    pub fn read(reader: &mut Reader<'a, '_>) -> Result<Self, Error> {
        let mut incoming = Self {
            action: None,
            to: None,
            message_id: None,
            relates_to: None,
            reply_to: None,
            not_understood: None,
            body: None,
        };
        match reader.next()? {
            Some(Event::Start(element)) if element.is_static(id::SOAP, id::ENVELOPE) => {}
            _ => return Err(Error::violation(0, "the document is no envelope of SOAP 1.2")),
        }
        loop {
            match reader.next()? {
                Some(Event::Start(element)) if element.is_static(id::SOAP, id::HEADER) => {
                    incoming.headers(reader)?;
                }
                Some(Event::Start(element)) if element.is_static(id::SOAP, id::BODY) => {
                    incoming.body = first_element(reader)?;
                    return Ok(incoming);
                }
                Some(Event::Start(_)) => reader.skip()?,
                Some(Event::Text(_)) => {}
                Some(Event::End) | None => {
                    return Err(Error::violation(reader.position(), "the envelope has no body"));
                }
            }
        }
    }

    fn headers(&mut self, reader: &mut Reader<'a, '_>) -> Result<(), Error> {
        loop {
            match reader.next()? {
                Some(Event::Start(element)) if element.namespace().is_static(id::ADDRESSING) => {
                    self.addressing(reader, element)?;
                }
                Some(Event::Start(element)) => self.unknown(reader, element)?,
                Some(Event::Text(_)) => {}
                Some(Event::End) | None => return Ok(()),
            }
        }
    }

    fn addressing(
        &mut self,
        reader: &mut Reader<'a, '_>,
        element: Element<'a>,
    ) -> Result<(), Error> {
        match element.name.text {
            "Action" => keep(&mut self.action, reader.content()?.into_str()),
            "To" => keep(&mut self.to, reader.content()?.into_str()),
            "MessageID" => keep(&mut self.message_id, Id::read(reader.content()?)),
            "RelatesTo" => keep(&mut self.relates_to, Id::read(reader.content()?)),
            "ReplyTo" => {
                if let Some(address) = address(reader)? {
                    keep(&mut self.reply_to, address);
                }
            }
            "From" | "FaultTo" => reader.skip()?,
            _ => self.unknown(reader, element)?,
        }
        Ok(())
    }

    fn unknown(&mut self, reader: &mut Reader<'a, '_>, element: Element<'a>) -> Result<(), Error> {
        let must = reader.attribute(SOAP, "mustUnderstand");
        if must.is_some_and(|must| must.to_bool() == Ok(true)) {
            keep(&mut self.not_understood, (element.namespace, element.name.text));
        }
        reader.skip()
    }

    /// Whether the body is a fault, whatever the action says.
    pub fn is_fault(&self) -> bool {
        self.body.is_some_and(|body| body.is_static(id::SOAP, id::FAULT))
    }
}

fn keep<T>(place: &mut Option<T>, value: T) {
    place.get_or_insert(value);
}

/// Reads an endpoint reference to its end, for its address.
fn address<'a>(reader: &mut Reader<'a, '_>) -> Result<Option<Cow<'a, str>>, Error> {
    let mut found = None;
    loop {
        match reader.next()? {
            Some(Event::Start(element)) if element.is_static(id::ADDRESSING, id::ADDRESS) => {
                keep(&mut found, reader.content()?.into_str());
            }
            Some(Event::Start(_)) => reader.skip()?,
            Some(Event::Text(_)) => {}
            Some(Event::End) | None => return Ok(found),
        }
    }
}

/// Starts the first element of the innermost one, or ends that when it has none.
pub(super) fn first_element<'a>(reader: &mut Reader<'a, '_>) -> Result<Option<Element<'a>>, Error> {
    loop {
        match reader.next()? {
            Some(Event::Start(element)) => return Ok(Some(element)),
            Some(Event::Text(_)) => {}
            Some(Event::End) | None => return Ok(None),
        }
    }
}
