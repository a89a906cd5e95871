use std::borrow::Cow;
use std::fmt::Write as _;

/// Text that cannot drive a terminal: control characters and broken UTF-8 are written out.
///
/// Line breaks and tabs stay; everything else that moves a cursor, changes a colour, talks back to
/// the program behind the terminal or turns the direction of writing becomes `\xNN` or `\u{NNNN}`.
pub(crate) fn for_terminal(bytes: &[u8]) -> Cow<'_, str> {
    escaped(bytes, &['\n', '\t'])
}

/// As [`for_terminal`], with line breaks and tabs written out too.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text.as_bytes(), &[])
}

fn escaped<'a>(bytes: &'a [u8], kept: &[char]) -> Cow<'a, str> {
    let drives = |c: char| drives_a_terminal(c) && !kept.contains(&c);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(drives) => return Cow::Borrowed(text),
        _ => {}
    }
    let mut shown = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if drives(c) { push_escape(&mut shown, c) } else { shown.push(c) }
        }
        for byte in chunk.invalid() {
            push_escape(&mut shown, char::from(*byte));
        }
    }
    Cow::Owned(shown)
}

fn push_escape(shown: &mut String, c: char) {
    // Writing to a String does not fail.
    let _ = match c {
        '\n' => write!(shown, "\\n"),
        '\r' => write!(shown, "\\r"),
        '\t' => write!(shown, "\\t"),
        '\0'..='\u{ff}' => write!(shown, "\\x{:02x}", u32::from(c)),
        _ => write!(shown, "\\u{{{:04x}}}", u32::from(c)),
    };
}

/// Whether a character acts on a terminal instead of showing.
fn drives_a_terminal(c: char) -> bool {
    let turns_direction =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns_direction
}

/// JSON that is safe on a terminal: what still drives one stands only in strings, as `\uNNNN`.
pub(crate) fn json_for_terminal(json: &str) -> String {
    json.chars()
        .map(|c| match c {
            c if drives_a_terminal(c) && c != '\n' => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_not_touched() {
        assert!(matches!(for_terminal("Grüße\n\tWelt".as_bytes()), Cow::Borrowed(_)));
    }

    #[test]
    fn nothing_that_drives_a_terminal_is_left() {
        let hostile = "\x1b]0;owned\x07\r\u{9b}31m\u{202e}txt\x7f".as_bytes();
        let shown = for_terminal(hostile);
        assert_eq!(shown, "\\x1b]0;owned\\x07\\r\\x9b31m\\u{202e}txt\\x7f");
        assert_eq!(for_terminal(b"a\xff\x9bb"), "a\\xff\\x9bb");
    }

    #[test]
    fn one_line_has_no_line_breaks() {
        assert_eq!(one_line("a\nb\tc"), "a\\nb\\tc");
    }

    #[test]
    fn json_stays_json() {
        let json = serde_json::to_string("\u{9b}31m \x1b").expect("text is JSON");
        let safe = json_for_terminal(&json);
        assert_eq!(safe, "\"\\u009b31m \\u001b\"");
        let read: String = serde_json::from_str(&safe).expect("still JSON");
        assert_eq!(read, "\u{9b}31m \x1b");
    }
}
