//! Operations, and documents with nothing but a body.

use samebox_data::{Data, Encode, Operation, Parameter, Reader as _, Result, ShapeOf, Writer as _};
use samebox_wcf_wire::datacontract::{Decoder, Encoder, Memory};
use samebox_wcf_wire::dictionary::{Received, Sent};
use samebox_wcf_wire::nbfx::{self, Element, Event, Limits, Name, Writer};
use std::borrow::Cow;

pub(crate) const TEMPURI: &str = "http://tempuri.org/";

pub(crate) fn operation(
    name: &'static str,
    parameters: &[(&'static str, ShapeOf)],
    result: ShapeOf,
) -> Operation {
    let parameter =
        |&(name, shape): &(&'static str, ShapeOf)| Parameter { name: Cow::Borrowed(name), shape };
    Operation {
        name: name.into(),
        one_way: false,
        parameters: parameters.iter().map(parameter).collect::<Vec<_>>().into(),
        result,
        fault: None,
    }
}

/// An operation `Op` with one parameter `v`, which .NET does not write the simple way.
pub(crate) fn full<T: Encode + ?Sized>() -> Operation {
    operation("Op", &[("v", T::shape)], <Option<i32> as Encode>::shape)
}

/// The same that .NET writes the simple way if it can.
pub(crate) fn simple<T: Encode + ?Sized>() -> Operation {
    operation("Op", &[("v", T::shape)], <() as Encode>::shape)
}

/// A document whose one element holds what `body` writes.
pub(crate) fn document<T>(
    words: Option<&mut Sent>,
    body: impl FnOnce(&mut Writer<'_>) -> Result<T>,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, words);
    writer.start("s", Name::Inline("E"));
    writer.xmlns("s", Name::Inline("urn:s"));
    writer.xmlns("a", Name::Inline("urn:a"));
    body(&mut writer)?;
    writer.end();
    Ok(bytes)
}

/// Reads the body of such a document.
pub(crate) fn read_document<T>(
    bytes: &[u8],
    words: &Received,
    body: impl FnOnce(&mut nbfx::Reader<'_, '_>, &Element<'_>) -> Result<T>,
) -> Result<T> {
    let mut memory = nbfx::Memory::default();
    let mut reader = nbfx::Reader::new(bytes, words, Limits::default(), &mut memory);
    reader.next()?;
    let Some(Event::Start(element)) = reader.next()? else {
        return Err(samebox_data::Error::Truncated);
    };
    let value = body(&mut reader, &element)?;
    match (reader.next()?, reader.next()?) {
        (Some(Event::End), None) => Ok(value),
        _ => Err(samebox_data::Error::Malformed("the body goes on".into())),
    }
}

/// Writes the argument of an operation that has one.
pub(crate) fn encode<T: Encode + ?Sized>(operation: &Operation, value: &T) -> Result<Vec<u8>> {
    document(None, |writer| {
        let mut memory = Memory::default();
        let mut encoder = Encoder::arguments(writer, operation, TEMPURI, &mut memory);
        encoder.member(0)?;
        value.write(&mut encoder)?;
        encoder.finish()
    })
}

/// Reads the argument of an operation that has one.
pub(crate) fn decode<T: Data>(operation: &Operation, bytes: &[u8]) -> Result<T> {
    read_document(bytes, &Received::new(0), |reader, element| {
        let mut memory = Memory::default();
        let mut decoder = Decoder::arguments(reader, element, operation, TEMPURI, &mut memory)?;
        let mut value = None;
        while decoder.member()?.is_some() {
            value = Some(T::read(&mut decoder)?);
        }
        decoder.finish()?;
        value.map_or_else(|| T::absent("v"), Ok)
    })
}
