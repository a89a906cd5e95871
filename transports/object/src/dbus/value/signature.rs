//! Signatures: of the shapes of values, and taken apart.

use super::DEPTH;
use samebox_data::{Shape, Struct};
use std::ptr;
use zbus::wire::Signature;

/// The most characters of a signature, as the D-Bus specification has it.
const LONGEST: usize = 255;

/// The signature of one value of a shape; empty for nothing.
///
/// # Errors
/// Why D-Bus has no such type, as a sentence about it.
pub(crate) fn of_shape(shape: &'static Shape) -> Result<String, String> {
    of_shapes([shape])
}

/// The signature of several values, one after another.
///
/// # Errors
/// As [`of_shape`].
pub(crate) fn of_shapes(
    shapes: impl IntoIterator<Item = &'static Shape>,
) -> Result<String, String> {
    let mut signature = String::new();
    for shape in shapes {
        if !matches!(shape, Shape::Unit) {
            write(shape, &mut signature, &mut Vec::new())?;
        }
    }
    // The parser knows how deep arrays and structures may be within each other.
    match Signature::try_from(signature.as_str()) {
        Ok(_) if signature.len() <= LONGEST => Ok(signature),
        Ok(_) => Err(format!("its signature has more than {LONGEST} characters")),
        Err(_) => Err("its arrays or structures are more than 32 deep".into()),
    }
}

fn write(
    shape: &'static Shape,
    to: &mut String,
    open: &mut Vec<&'static Struct>,
) -> Result<(), String> {
    match shape {
        Shape::Option(item) | Shape::List(item) => {
            to.push('a');
            write(item(), to, open)?;
        }
        Shape::Map(key, value) => {
            to.push_str("a{");
            if !is_basic(key()) {
                let name = key().name();
                return Err(format!(
                    "the keys of its map are {name}, and only simple values can be"
                ));
            }
            write(key(), to, open)?;
            write(value(), to, open)?;
            to.push('}');
        }
        Shape::Struct(of) if is_open(of, open) => to.push('v'),
        Shape::Struct(of) => {
            open.push(of);
            to.push('(');
            for member in of.members {
                write((member.shape)(), to, open)?;
            }
            to.push_str(if of.members.is_empty() { "y)" } else { ")" });
            open.pop();
        }
        Shape::Bytes => to.push_str("ay"),
        Shape::Unit => return Err("a value of nothing has no type".into()),
        simple => to.push(code(simple)),
    }
    // Enough to be refused; types that are within each other in many ways would grow without end.
    if to.len() > 2 * LONGEST {
        return Err(format!("its signature has more than {LONGEST} characters"));
    }
    Ok(())
}

/// Whether a structure is within itself there, and so in a variant.
pub(super) fn is_open(of: &'static Struct, open: &[&'static Struct]) -> bool {
    open.iter().any(|one| ptr::eq(*one, of))
}

/// Whether values of a shape may be keys.
fn is_basic(shape: &Shape) -> bool {
    !matches!(
        shape,
        Shape::Option(_)
            | Shape::List(_)
            | Shape::Map(..)
            | Shape::Struct(_)
            | Shape::Bytes
            | Shape::Unit
    )
}

/// The first character of the signature of a shape there.
pub(super) fn first_code(shape: &Shape, open: &[&'static Struct]) -> u8 {
    match shape {
        Shape::Option(_) | Shape::List(_) | Shape::Map(..) | Shape::Bytes => b'a',
        Shape::Struct(of) if is_open(of, open) => b'v',
        Shape::Struct(_) => b'(',
        simple => code(simple) as u8,
    }
}

fn code(shape: &Shape) -> char {
    match shape {
        Shape::Bool => 'b',
        Shape::U8 => 'y',
        Shape::I8 | Shape::I16 => 'n',
        Shape::U16 => 'q',
        Shape::I32 => 'i',
        Shape::U32 => 'u',
        Shape::I64 | Shape::TimeSpan => 'x',
        Shape::U64 => 't',
        Shape::F32 | Shape::F64 => 'd',
        _ => 's',
    }
}

/// What the bytes of a value are aligned to, by the first character of its signature.
pub(super) fn alignment(code: u8) -> usize {
    match code {
        b'y' | b'g' | b'v' => 1,
        b'n' | b'q' => 2,
        b'x' | b't' | b'd' | b'(' | b'{' => 8,
        _ => 4,
    }
}

/// How many characters the first complete type of a signature has; `None` when there is none.
pub(super) fn first_type(signature: &[u8]) -> Option<usize> {
    complete(signature, 0)
}

fn complete(signature: &[u8], depth: usize) -> Option<usize> {
    if depth > DEPTH {
        return None;
    }
    match *signature.first()? {
        b'a' if signature.get(1) == Some(&b'{') => {
            let key = *signature.get(2)?;
            let value = complete(&signature[3..], depth + 1)?;
            let is_whole = BASIC.contains(&key) && signature.get(3 + value) == Some(&b'}');
            is_whole.then_some(4 + value)
        }
        b'a' => complete(&signature[1..], depth + 1).map(|item| 1 + item),
        b'(' => {
            let mut at = 1;
            while *signature.get(at)? != b')' {
                at += complete(&signature[at..], depth + 1)?;
            }
            (at > 1).then_some(at + 1)
        }
        code if code == b'v' || BASIC.contains(&code) => Some(1),
        _ => None,
    }
}

/// The codes of types that hold no others.
const BASIC: &[u8] = b"ybnqiuxtdsogh";

/// The complete types of a signature; `None` when it is none.
pub(crate) fn complete_types(signature: &str) -> Option<Vec<&str>> {
    let (mut types, mut rest) = (Vec::new(), signature);
    while !rest.is_empty() {
        let (first, behind) = rest.split_at_checked(first_type(rest.as_bytes())?)?;
        types.push(first);
        rest = behind;
    }
    Some(types)
}
