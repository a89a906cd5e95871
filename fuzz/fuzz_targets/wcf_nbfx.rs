//! Any bytes as an envelope with its strings, or as a bare document: one verdict, no panic.
//!
//! What reads to its end is written again record by record and must read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samebox_wcf_wire::dictionary::{Received, SESSION_BYTES};
use samebox_wcf_wire::nbfx::{Event, Limits, Memory, Reader, Record, Records, Text, Writer};

fuzz_target!(|envelope: &[u8]| {
    let mut words = Received::new(SESSION_BYTES);
    let document = match words.absorb(envelope) {
        Ok(document) => document,
        Err(_) => envelope,
    };
    let Some(events) = events(document, &words) else { return };
    let mut again = Vec::new();
    let mut writer = Writer::new(&mut again, None);
    let mut records = Records::new(document, &words);
    while let Ok(Some(record)) = records.next() {
        // Its texts need not be in the smallest form, and then another form says the same.
        if let Record::Text(text, _) | Record::Attribute { value: text, .. } = record {
            check(&text);
        }
        writer.record(&record);
    }
    assert_eq!(self::events(&again, &words), Some(events));
});

/// What a reader makes of a document, texts joined; `None` when it is none.
fn events(document: &[u8], words: &Received) -> Option<Vec<String>> {
    let mut memory = Memory::default();
    let mut reader = Reader::new(document, words, Limits::default(), &mut memory);
    let (mut events, mut text) = (Vec::new(), String::new());
    let mut depth = 0;
    while let Some(event) = reader.next().ok()? {
        if let Event::Text(more) = event {
            // The form may change from one record to two or the other way round.
            text.push_str(&shown(&more));
            continue;
        }
        events.push(format!("text {}", std::mem::take(&mut text)));
        match event {
            Event::Start(element) => {
                depth += 1;
                let (name, namespace) = (element.name.text, element.namespace);
                events.push(format!("start {} {name} {namespace}", element.prefix));
                events.extend(reader.attributes().map(|a| {
                    format!("{} {} {} {}", a.prefix, a.name, a.namespace, shown(&a.value))
                }));
            }
            _ => {
                depth -= 1;
                events.push("end".to_owned());
            }
        }
        assert_eq!(reader.depth(), depth);
    }
    assert_eq!((depth, reader.position()), (0, document.len()));
    Some(events)
}

/// A text by value: -0.0 is written as 0, and bytes may be cut in two.
fn shown(text: &Text<'_>) -> String {
    match text {
        Text::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Text::Float(value) => number(f64::from(*value)),
        Text::Double(value) => number(*value),
        Text::List(list) => list.values().map(|value| shown(&value)).collect(),
        _ => text.to_str().into_owned(),
    }
}

/// A whole number is written as one, with all its digits; a float is shown with the fewest that tell it
/// from the next.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && (-(2f64.powi(63))..2f64.powi(63)).contains(&value) {
        return format!("{}", value as i64);
    }
    format!("{value}")
}

/// Every way to read a text gives a value or says that it is none; the ways agree.
fn check(text: &Text<'_>) {
    let shown = text.to_str();
    let plain = Text::Chars(&shown);
    // A float is shown with no more digits than tell it from the next one.
    let rounded = matches!(text, Text::Float(_) | Text::Double(_));
    if let (false, Ok(value)) = (rounded, text.to_i64()) {
        assert_eq!(plain.to_i64(), Ok(value), "{text:?}");
    }
    if let Ok(value) = text.to_bool() {
        assert_eq!(plain.to_bool(), Ok(value), "{text:?}");
    }
    if matches!(text, Text::Float(_)) {
        let (value, again) = (text.to_f32().unwrap(), plain.to_f32().unwrap());
        assert!(value == again || value.is_nan() && again.is_nan(), "{text:?}");
    } else if let Ok(value) = text.to_f64() {
        let again = plain.to_f64().expect("a number shown is a number");
        assert!(value == again || value.is_nan() && again.is_nan(), "{text:?}");
    }
    if let Ok(value) = text.to_date_time() {
        assert_eq!(plain.to_date_time().map(|again| again.ticks()), Ok(value.ticks()), "{text:?}");
    }
    if let Ok(value) = text.to_time_span() {
        assert_eq!(plain.to_time_span(), Ok(value), "{text:?}");
    }
    if let Ok(value) = text.to_guid() {
        assert_eq!(plain.to_guid(), Ok(value), "{text:?}");
    }
    if let Ok(value) = text.to_decimal() {
        assert_eq!(plain.to_decimal(), Ok(value), "{text:?}");
    }
    if let Ok(value) = text.to_bytes() {
        assert_eq!(plain.to_bytes(), Ok(value), "{text:?}");
    }
    let _ = (text.to_u64(), text.to_f64());
}
