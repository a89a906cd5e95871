//! What `samebox_data` asks of a reader.

use super::{Decoder, unexpected};
use crate::datacontract::memory::{Ahead, Entry, Reading};
use crate::datacontract::value::{to_decimal, to_timestamp, to_uuid};
use crate::nbfx::{Event, Text};
use rust_decimal::Decimal;
use samebox_data::{Enumeration, Error, Reader, Result, Shape, Struct, Timestamp};
use std::borrow::Cow;
use uuid::Uuid;

impl Reader for Decoder<'_, '_, '_> {
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
                (_, Text::Bytes(more)) if chars.is_empty() => {
                    // .NET writes a multiple of three, then the rest.
                    bytes.reserve(more.len() + 2);
                    bytes.extend_from_slice(more);
                }
                (_, more) => chars.push_str(&more.to_str()),
            }
            match next {
                Some(Event::Text(more)) => text = more,
                Some(Event::Start(_)) => return Err(unexpected(EXPECTED, "an element")),
                Some(Event::End) | None => break,
            }
        }
        if !chars.is_empty() {
            let more = Text::Chars(&chars).to_bytes().map_err(|_| unexpected(EXPECTED, &chars))?;
            bytes.extend_from_slice(&more);
        }
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
