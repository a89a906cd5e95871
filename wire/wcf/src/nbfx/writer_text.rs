use super::{Text, Writer};

/// .NET writes longer texts in pieces of so many UTF-16 units.
const UTF8_PIECE: usize = 170;
const UTF16_PIECE: usize = 256;

/// A text of at most so many units is measured after it is written.
const SHORT: usize = 85;

/// Bytes from this length on go past .NET's buffer.
const DIRECT: usize = 512;

/// How many UTF-16 units a text has.
#[inline]
pub(super) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

impl Writer<'_> {
    pub(super) fn write_text(&mut self, text: Text<'_>) {
        match text {
            Text::Chars(text) => self.chars(text),
            Text::Int(value) => self.int(value),
            Text::Bool(value) => self.text_node(if value { 0x86 } else { 0x84 }),
            Text::Word(word) => self.word(word),
            Text::Bytes(bytes) => self.bytes(bytes),
            Text::UniqueId(id) => self.fixed(0xAC, &id.0),
            Text::UInt(value) => match i64::try_from(value) {
                Ok(value) => self.int(value),
                Err(_) => self.fixed(0xB2, &value.to_le_bytes()),
            },
            Text::Float(value) => self.float(value),
            Text::Double(value) => self.double(value),
            Text::Decimal(value) => self.fixed(0x94, &value.to_wire()),
            Text::DateTime(value) => self.fixed(0x96, &value.to_wire().to_le_bytes()),
            Text::TimeSpan(value) => self.fixed(0xAE, &value.0.to_le_bytes()),
            Text::Guid(id) => self.fixed(0xB0, &id.0),
            Text::Utf16(_) => self.chars(&text.to_str()),
            Text::QName { prefix, name } => self.qname(prefix, name),
            Text::List(list) => {
                self.node(0xA4);
                list.values().for_each(|value| self.write_text(value));
                self.node(0xA6);
            }
        }
    }

    /// Writes text in one record at most, which is all that an attribute may have.
    pub(super) fn write_whole(&mut self, text: Text<'_>) {
        match text {
            Text::Bytes(bytes) if !bytes.is_empty() => {
                self.counted(0x9E, bytes.len());
                self.out.extend_from_slice(bytes);
                self.empty_buffer();
            }
            Text::QName { name, .. } if name.id.is_none() => self.chars(&text.to_str()),
            text => self.write_text(text),
        }
    }

    /// Writes a whole number in the fewest bytes.
    pub(super) fn int(&mut self, value: i64) {
        match value {
            0 => self.text_node(0x80),
            1 => self.text_node(0x82),
            _ => {
                if let Ok(value) = i8::try_from(value) {
                    self.fixed(0x88, &value.to_le_bytes());
                } else if let Ok(value) = i16::try_from(value) {
                    self.fixed(0x8A, &value.to_le_bytes());
                } else if let Ok(value) = i32::try_from(value) {
                    self.fixed(0x8C, &value.to_le_bytes());
                } else {
                    self.fixed(0x8E, &value.to_le_bytes());
                }
            }
        }
    }

    fn float(&mut self, value: f32) {
        // 2^63 is the first that does not fit; -0.0 becomes 0 as it does in .NET.
        let fits = value >= -(2_f32.powi(63)) && value < 2_f32.powi(63);
        if fits && value.fract() == 0.0 {
            self.int(value as i64);
        } else {
            self.fixed(0x90, &value.to_le_bytes());
        }
    }

    fn double(&mut self, value: f64) {
        let single = value as f32;
        if single.is_finite() && f64::from(single) == value {
            self.float(single);
        } else {
            self.fixed(0x92, &value.to_le_bytes());
        }
    }

    /// Writes a record of a known width.
    fn fixed(&mut self, code: u8, payload: &[u8]) {
        self.room(1 + payload.len());
        self.text_node(code);
        self.out.extend_from_slice(payload);
    }

    fn chars(&mut self, text: &str) {
        match text {
            "" => return,
            "0" => return self.text_node(0x80),
            "1" => return self.text_node(0x82),
            _ => {}
        }
        let units = units(text);
        let wide = text.len() / 2 > units;
        if units > SHORT {
            return self.long_chars(text, units, wide);
        }
        self.room(2 + 3 * units);
        self.text_node(if wide { 0xB6 } else { 0x98 });
        if wide {
            self.out.push(2 * units as u8);
            self.out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        } else {
            self.out.push(text.len() as u8);
            self.out.extend_from_slice(text.as_bytes());
        }
    }

    fn long_chars(&mut self, text: &str, units: usize, wide: bool) {
        if wide {
            self.counted(0xB6, 2 * units);
            self.utf16(text);
        } else {
            self.counted(0x98, text.len());
            self.utf8(text);
        }
    }

    /// Writes a record's code and length; the two codes after `code` are for wider lengths.
    fn counted(&mut self, code: u8, length: usize) {
        self.room(5);
        if let Ok(length) = u8::try_from(length) {
            self.text_node(code);
            self.out.push(length);
        } else if let Ok(length) = u16::try_from(length) {
            self.text_node(code + 2);
            self.out.extend(length.to_le_bytes());
        } else {
            self.text_node(code + 4);
            self.out.extend((length as u32).to_le_bytes());
        }
    }

    pub(super) fn utf8(&mut self, mut text: &str) {
        while !text.is_empty() {
            let (piece, rest, units) = split(text, UTF8_PIECE);
            self.room(3 * units);
            self.out.extend_from_slice(piece.as_bytes());
            text = rest;
        }
    }

    fn utf16(&mut self, mut text: &str) {
        while !text.is_empty() {
            let (piece, rest, units) = split(text, UTF16_PIECE);
            self.room(2 * units);
            self.out.extend(piece.encode_utf16().flat_map(u16::to_le_bytes));
            text = rest;
        }
    }

    /// Writes bytes as .NET does: a multiple of three first, as for base64, then the rest.
    fn bytes(&mut self, bytes: &[u8]) {
        let (most, rest) = bytes.split_at(bytes.len() - bytes.len() % 3);
        for bytes in [most, rest] {
            if bytes.is_empty() {
                continue;
            }
            self.counted(0x9E, bytes.len());
            if bytes.len() < DIRECT {
                self.room(bytes.len());
                self.out.extend_from_slice(bytes);
            } else {
                self.out.extend_from_slice(bytes);
                self.empty_buffer();
            }
        }
    }
}

/// Splits off at most `most` UTF-16 units, never a half character, and counts them.
fn split(text: &str, most: usize) -> (&str, &str, usize) {
    if let Some(head) = text.as_bytes().get(..most.min(text.len())).filter(|head| head.is_ascii()) {
        let (piece, rest) = text.split_at(head.len());
        return (piece, rest, piece.len());
    }
    let (mut end, mut units) = (0, 0);
    for c in text.chars() {
        if units + c.len_utf16() > most {
            break;
        }
        units += c.len_utf16();
        end += c.len_utf8();
    }
    let (piece, rest) = text.split_at(end);
    (piece, rest, units)
}
