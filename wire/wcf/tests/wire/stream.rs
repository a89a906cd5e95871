//! One direction of a connection, taken apart and put together.

use samebox_wcf_wire::Error;
use samebox_wcf_wire::dictionary::{Received, SESSION_BYTES, Sent};
use samebox_wcf_wire::framing::{Limits, Record, chunk, decode};
use samebox_wcf_wire::mb;
use samebox_wcf_wire::nbfx::{self, Event, Memory, Name, Reader, Records, Text, Word, Writer};

pub(crate) const LIMITS: Limits =
    Limits { via: 2048, content_type: 256, fault: 256, upgrade: 256, message: 1 << 20 };

/// A record of framing that owns what it has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Anything that has no envelope, as it stands.
    Plain(Vec<u8>),
    /// With a block of strings before the document.
    Sized(Vec<u8>),
    /// In chunks.
    Unsized(Vec<Vec<u8>>),
}

/// Takes a stream apart; the rest is what is no whole record.
pub(crate) fn parts(mut stream: &[u8]) -> (Vec<Part>, Option<Error>) {
    let mut parts = Vec::new();
    while !stream.is_empty() {
        match part(stream) {
            Ok((part, taken)) => {
                parts.push(part);
                stream = &stream[taken..];
            }
            Err(error) => return (parts, Some(error)),
        }
    }
    (parts, None)
}

/// How long each record of a stream is.
pub(crate) fn part_lengths(mut stream: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while let Ok((_, taken)) = part(stream) {
        lengths.push(taken);
        stream = &stream[taken..];
    }
    lengths
}

fn part(stream: &[u8]) -> Result<(Part, usize), Error> {
    let (record, mut taken) = decode(stream, &LIMITS)?;
    match record {
        Record::SizedEnvelope(envelope) => Ok((Part::Sized(envelope.to_vec()), taken)),
        Record::UnsizedEnvelope => {
            let mut chunks = Vec::new();
            loop {
                let (bytes, width) = chunk(&stream[taken..], LIMITS.message)?;
                taken += width;
                if bytes.is_empty() {
                    return Ok((Part::Unsized(chunks), taken));
                }
                chunks.push(bytes.to_vec());
            }
        }
        other => {
            let mut bytes = Vec::new();
            other.encode(&mut bytes);
            Ok((Part::Plain(bytes), taken))
        }
    }
}

/// The documents of a stream, each read through to its end.
pub(crate) fn read_all(stream: &[u8]) -> Result<usize, Error> {
    let mut words = Received::new(SESSION_BYTES);
    let mut count = 0;
    for part in parts(stream).0 {
        let document = match &part {
            Part::Plain(_) => continue,
            Part::Sized(envelope) => words.absorb(envelope)?.to_vec(),
            Part::Unsized(chunks) => chunks.concat(),
        };
        read(&document, &words)?;
        count += 1;
    }
    Ok(count)
}

/// Reads a document to its last byte, and every text in every way.
pub(crate) fn read(document: &[u8], words: &Received) -> Result<(), Error> {
    let mut memory = Memory::default();
    let mut reader = Reader::new(document, words, nbfx::Limits::default(), &mut memory);
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(_) => reader.attributes().for_each(|attribute| convert(&attribute.value)),
            Event::Text(text) => convert(&text),
            Event::End => {}
        }
    }
    assert_eq!(reader.position(), document.len());
    Ok(())
}

pub(crate) fn convert(text: &Text<'_>) {
    let _ = (text.to_str(), text.to_i64(), text.to_u64(), text.to_f64(), text.to_f32());
    let _ = (text.to_bool(), text.to_decimal(), text.to_date_time(), text.to_time_span());
    let _ = (text.to_guid(), text.to_bytes());
}

/// The same stream again, every document written anew.
pub(crate) fn rewrite(stream: &[u8]) -> Vec<u8> {
    let (mut received, mut sent) = (Received::new(SESSION_BYTES), Sent::new(SESSION_BYTES));
    let mut out = Vec::new();
    for part in parts(stream).0 {
        match part {
            Part::Plain(bytes) => out.extend(bytes),
            Part::Sized(envelope) => {
                let document = received.absorb(&envelope).unwrap();
                let document = rewrite_document(document, &received, Some(&mut sent));
                let mut envelope = Vec::new();
                mb::encode(sent.news().len() as u32, &mut envelope);
                envelope.extend_from_slice(sent.news());
                sent.announced();
                envelope.extend(document);
                Record::SizedEnvelope(&envelope).encode(&mut out);
            }
            Part::Unsized(chunks) => {
                Record::UnsizedEnvelope.encode(&mut out);
                let document = rewrite_document(&chunks.concat(), &received, None);
                assert_eq!(document, chunks.concat());
                chunks.iter().for_each(|chunk| {
                    samebox_wcf_wire::framing::encode_chunk(chunk, &mut out);
                });
                samebox_wcf_wire::framing::encode_chunk(b"", &mut out);
            }
        }
    }
    out
}

/// Writes what stood by an id of the session as a known string, so that the dictionary gives the id
/// anew.
fn rewrite_document(document: &[u8], words: &Received, sent: Option<&mut Sent>) -> Vec<u8> {
    let (mut out, mut records) = (Vec::new(), Records::new(document, words));
    let mut writer = Writer::new(&mut out, sent);
    while let Some(record) = records.next().unwrap() {
        match record {
            nbfx::Record::Element { prefix, name } => writer.start(prefix, again(name)),
            nbfx::Record::Xmlns { prefix, namespace } => writer.xmlns(prefix, again(namespace)),
            nbfx::Record::Attribute { prefix, name, value } => {
                writer.attribute(prefix, again(name), value);
            }
            nbfx::Record::Text(Text::Word(word), ends) => {
                writer.word(again(word));
                if ends {
                    writer.end();
                }
            }
            other => writer.record(&other),
        }
    }
    out
}

fn again(word: Word<'_>) -> Name<'_> {
    match word.id {
        Some(id) if id % 2 == 1 => Name::Known(word.text),
        _ => word.into(),
    }
}
