use super::NO_REPLY;
use super::xml::{Document, Token};
use crate::dbus::server::{Argument, Interface, Method, Signal};
use crate::dbus::value::complete_types;
use std::mem;

/// The most things that are read from one document: interfaces, methods, arguments.
const MOST: usize = 1 << 16;

/// How many elements may be within each other.
const DEEPEST: usize = 32;

/// Reads what an object offers; objects below it are passed over.
///
/// # Errors
/// Why it is no such document, as a sentence about it.
pub(crate) fn read(text: &str) -> Result<Vec<Interface>, String> {
    let mut document = Document::new(text);
    let mut reading = Reading::default();
    let mut things = 0;
    while let Some(token) = document.next()? {
        things += 1;
        if things > MOST {
            return Err("it is too long".into());
        }
        match token {
            Token::Begin { name, attributes, is_empty } => {
                reading.begin(name, &attributes)?;
                if is_empty {
                    reading.end(name)?;
                }
            }
            Token::End(name) => reading.end(name)?,
        }
    }
    match reading {
        Reading { open, found, is_node: true, .. } if open.is_empty() => Ok(found),
        Reading { open, .. } if open.is_empty() => Err("there is no node in it".into()),
        _ => Err("it ends too soon".into()),
    }
}

/// What has been read of a document.
#[derive(Default)]
struct Reading {
    /// The names of the elements that have been begun and not been ended.
    open: Vec<String>,
    is_node: bool,
    interface: Interface,
    method: Method,
    signal: Signal,
    found: Vec<Interface>,
}

type Attributes<'a> = [(&'a str, String)];

impl Reading {
    fn begin(&mut self, element: &str, attributes: &Attributes<'_>) -> Result<(), String> {
        self.open.push(element.into());
        if self.open.len() > DEEPEST {
            return Err(format!("its elements are more than {DEEPEST} deep"));
        }
        let path: Vec<&str> = self.open.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["node"] => self.is_node = true,
            ["node", "interface"] => {
                self.interface =
                    Interface { name: required(attributes, "name")?, ..Interface::default() };
            }
            ["node", "interface", "method"] => {
                self.method = Method { name: required(attributes, "name")?, ..Method::default() };
            }
            ["node", "interface", "signal"] => {
                self.signal = Signal { name: required(attributes, "name")?, ..Signal::default() };
            }
            ["node", "interface", "method", "arg"] => {
                let argument = argument(attributes)?;
                match attribute(attributes, "direction") {
                    Some("out") => self.method.outputs.push(argument),
                    _ => self.method.inputs.push(argument),
                }
            }
            ["node", "interface", "signal", "arg"] => {
                self.signal.arguments.push(argument(attributes)?);
            }
            ["node", "interface", "method", "annotation"] => {
                let is_so = attribute(attributes, "value") == Some("true");
                self.method.is_one_way |= is_so && attribute(attributes, "name") == Some(NO_REPLY);
            }
            ["node", "interface", "annotation"] => {
                let value = attribute(attributes, "value").unwrap_or_default().into();
                self.interface.annotations.push((required(attributes, "name")?, value));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, element: &str) -> Result<(), String> {
        if self.open.pop().is_none_or(|open| open != element) {
            return Err(format!("{element:.40?} ends where it was not begun"));
        }
        match (self.open.len(), element) {
            (1, "interface") => self.found.push(mem::take(&mut self.interface)),
            (2, "method") if self.open[1] == "interface" => {
                self.interface.methods.push(mem::take(&mut self.method));
            }
            (2, "signal") if self.open[1] == "interface" => {
                self.interface.signals.push(mem::take(&mut self.signal));
            }
            _ => {}
        }
        Ok(())
    }
}

fn attribute<'a>(attributes: &'a Attributes<'_>, name: &str) -> Option<&'a str> {
    attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

fn required(attributes: &Attributes<'_>, name: &str) -> Result<String, String> {
    attribute(attributes, name).map(Into::into).ok_or_else(|| format!("an element has no `{name}`"))
}

fn argument(attributes: &Attributes<'_>) -> Result<Argument, String> {
    let signature = required(attributes, "type")?;
    if complete_types(&signature).is_none_or(|types| types.len() != 1) {
        return Err(format!("{signature:.40?} is not the type of an argument"));
    }
    Ok(Argument::new(attribute(attributes, "name").unwrap_or_default(), &signature))
}
