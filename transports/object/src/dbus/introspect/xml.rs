//! As much XML as such documents have: elements and attributes; text between them means nothing.

/// What stands in a document.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// An element begins, and ends at once where it is empty.
    Begin { name: &'a str, attributes: Vec<(&'a str, String)>, is_empty: bool },
    /// An element ends.
    End(&'a str),
}

/// A document that is being read.
pub(super) struct Document<'a>(&'a str);

/// The most attributes of an element that are kept.
const MOST_ATTRIBUTES: usize = 16;

impl<'a> Document<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The next beginning or end of an element; `None` at the end of all.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, String> {
        loop {
            let Some((_, rest)) = self.0.split_once('<') else { return Ok(None) };
            if let Some(comment) = rest.strip_prefix("!--") {
                self.pass(comment, "-->")?;
            } else if let Some(text) = rest.strip_prefix("![CDATA[") {
                self.pass(text, "]]>")?;
            } else if rest.starts_with(['?', '!']) {
                self.pass(rest, ">")?;
            } else if let Some(end) = rest.strip_prefix('/') {
                let (name, rest) = end.split_once('>').ok_or_else(cut_short)?;
                self.0 = rest;
                return Ok(Some(Token::End(name.trim_ascii())));
            } else {
                self.0 = rest;
                return self.begin().map(Some);
            }
        }
    }

    fn pass(&mut self, rest: &'a str, end: &str) -> Result<(), String> {
        (_, self.0) = rest.split_once(end).ok_or_else(cut_short)?;
        Ok(())
    }

    fn begin(&mut self) -> Result<Token<'a>, String> {
        let name = self.word();
        if name.is_empty() {
            return Err("an element has no name".into());
        }
        let mut attributes = Vec::new();
        loop {
            self.0 = self.0.trim_ascii_start();
            if let Some(rest) = self.0.strip_prefix("/>") {
                self.0 = rest;
                return Ok(Token::Begin { name, attributes, is_empty: true });
            }
            if let Some(rest) = self.0.strip_prefix('>') {
                self.0 = rest;
                return Ok(Token::Begin { name, attributes, is_empty: false });
            }
            let attribute = self.attribute()?;
            if attributes.len() < MOST_ATTRIBUTES {
                attributes.push(attribute);
            }
        }
    }

    fn attribute(&mut self) -> Result<(&'a str, String), String> {
        let name = self.word();
        let rest = self.0.trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start);
        let rest = rest.filter(|_| !name.is_empty());
        let rest = rest.ok_or("an attribute is not name=\"value\"")?;
        let quote = rest.chars().next().filter(|c| "\"'".contains(*c));
        let quote = quote.ok_or("the value of an attribute is not in quotes")?;
        let (value, rest) = rest[1..].split_once(quote).ok_or_else(cut_short)?;
        self.0 = rest;
        Ok((name, unescape(value)))
    }

    fn word(&mut self) -> &'a str {
        let end = |c: char| c.is_ascii_whitespace() || "=/><\"'".contains(c);
        let (word, rest) = self.0.split_at(self.0.find(end).unwrap_or(self.0.len()));
        self.0 = rest;
        word
    }
}

fn cut_short() -> String {
    "it ends too soon".into()
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let entity =
            behind.split_once(';').and_then(|(name, behind)| Some((entity(name)?, behind)));
        let (c, behind) = entity.unwrap_or(('&', behind));
        plain.push(c);
        rest = behind;
    }
    plain + rest
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}
