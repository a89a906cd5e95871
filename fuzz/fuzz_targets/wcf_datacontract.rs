//! Any document as the body of a call, read into many types: no panic, and what was read comes back
//! as written.
//!
//! Input: one byte that picks the type and which place of a body it has, one that says how many bytes
//! of session strings follow, those as a block, and the document.

#![no_main]

mod values;

use libfuzzer_sys::fuzz_target;
use samebox_data::{Data, Encode, Operation, Parameter, Reader as _, Result, Writer as _};
use samebox_wcf_wire::datacontract::{Decoder, Encoder, Memory};
use samebox_wcf_wire::dictionary::Received;
use samebox_wcf_wire::nbfx::{self, Element, Event, Limits, Writer};
use values::{Try, with_type};

const NAMESPACE: &str = "urn:x";

#[derive(Clone, Copy)]
enum Place {
    Argument,
    Answer,
    Detail,
}

struct Body<'a> {
    place: Place,
    words: &'a Received,
    document: &'a [u8],
}

fuzz_target!(|input: &[u8]| {
    let [choice, count, rest @ ..] = input else { return };
    let (block, document) = rest.split_at(usize::from(count % 128).min(rest.len()));
    let mut words = Received::new(2048);
    if words.absorb(&[&[block.len() as u8], block].concat()).is_err() {
        return;
    }
    let place = [Place::Argument, Place::Answer, Place::Detail][usize::from(choice / 16 % 3)];
    with_type(*choice, &Body { place, words: &words, document });
});

impl Try for Body<'_> {
    fn with<T: Data>(&self) {
        let Ok(value) = read::<T>(self.place, self.words, self.document) else { return };
        // Some forms hold what .NET has no room for.
        let Ok(bytes) = write(self.place, &value) else { return };
        let words = Received::new(0);
        let Ok(again) = read::<T>(self.place, &words, &bytes) else {
            panic!("{bytes:x?} is not read again")
        };
        assert_eq!(write(self.place, &again), Ok(bytes));
    }
}

fn operation<T: Encode>() -> Operation {
    let parameters = vec![Parameter { name: "v".into(), shape: T::shape }].into();
    Operation { name: "o".into(), one_way: false, parameters, result: T::shape, fault: None }
}

fn read<T: Data>(place: Place, words: &Received, document: &[u8]) -> Result<T> {
    let (mut names, mut memory) = (nbfx::Memory::default(), Memory::default());
    let mut reader = nbfx::Reader::new(document, words, Limits::default(), &mut names);
    let Some(Event::Start(element)) = reader.next()? else {
        return Err(samebox_data::Error::Truncated);
    };
    let operation = operation::<T>();
    let mut decoder = begin(place, &mut reader, &element, &operation, &mut memory)?;
    let value = if let Place::Detail = place {
        T::read(&mut decoder)?
    } else {
        match decoder.member()? {
            Some(_) => T::read(&mut decoder)?,
            None => T::absent("v")?,
        }
    };
    decoder.finish()?;
    Ok(value)
}

fn begin<'d, 'a, 'm>(
    place: Place,
    reader: &'d mut nbfx::Reader<'a, 'm>,
    element: &Element<'_>,
    operation: &'d Operation,
    memory: &'d mut Memory,
) -> Result<Decoder<'d, 'a, 'm>> {
    match place {
        Place::Argument => Decoder::arguments(reader, element, operation, NAMESPACE, memory),
        Place::Answer => Decoder::answer(reader, element, operation, NAMESPACE, memory),
        Place::Detail => Ok(Decoder::detail(reader, memory)),
    }
}

fn write<T: Data>(place: Place, value: &T) -> Result<Vec<u8>> {
    let (mut bytes, mut memory) = (Vec::new(), Memory::default());
    let mut writer = Writer::new(&mut bytes, None);
    let operation = operation::<T>();
    let mut encoder = match place {
        Place::Argument => Encoder::arguments(&mut writer, &operation, NAMESPACE, &mut memory),
        Place::Answer => Encoder::answer(&mut writer, &operation, NAMESPACE, &mut memory),
        Place::Detail => Encoder::detail(&mut writer, T::shape(), &mut memory),
    };
    if !matches!(place, Place::Detail) {
        encoder.member(0)?;
    }
    value.write(&mut encoder)?;
    encoder.finish()?;
    Ok(bytes)
}
