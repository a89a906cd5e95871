//! Signatures: of the shapes of values, and taken apart.

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
    check(signature)
}

fn check(signature: String) -> Result<String, String> {
    // The parser knows how deep arrays and structures may be within each other.
    match Signature::try_from(signature.as_str()) {
        Ok(_) if signature.len() <= LONGEST => Ok(signature),
        Ok(_) => Err(format!("its signature has more than {LONGEST} characters")),
        Err(_) => Err("its arrays or structures are more than 32 deep".into()),
    }
}

/// The signature of a structure that is in a variant.
///
/// # Errors
/// As [`of_shape`].
pub(super) fn of_structure(of: &'static Struct) -> Result<String, String> {
    let mut signature = String::new();
    write_structure(of, &mut signature, &mut Vec::new())?;
    check(signature)
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
        Shape::Struct(of) => write_structure(of, to, open)?,
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

fn write_structure(
    of: &'static Struct,
    to: &mut String,
    open: &mut Vec<&'static Struct>,
) -> Result<(), String> {
    open.push(of);
    to.push('(');
    for member in of.members {
        write((member.shape)(), to, open)?;
    }
    to.push_str(if of.members.is_empty() { "y)" } else { ")" });
    open.pop();
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

/// The type of the whole numbers of a shape, if they are its values.
pub(super) fn of_whole(shape: &Shape) -> Option<Signature> {
    Some(match shape {
        Shape::U8 => Signature::U8,
        Shape::I8 | Shape::I16 => Signature::I16,
        Shape::U16 => Signature::U16,
        Shape::I32 => Signature::I32,
        Shape::U32 => Signature::U32,
        Shape::I64 | Shape::TimeSpan => Signature::I64,
        Shape::U64 => Signature::U64,
        _ => return None,
    })
}

/// Whether values of a shape are written as text.
pub(super) fn is_text(shape: &Shape) -> bool {
    is_basic(shape) && code(shape) == 's'
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

/// The complete types of a signature; `None` when it is none.
pub(crate) fn complete_types(signature: &str) -> Option<Vec<Signature>> {
    if signature.is_empty() {
        return Some(Vec::new());
    }
    Signature::try_from(signature).ok()?;
    // Within a structure a lone structure is told from its members.
    match Signature::try_from(format!("({signature})").as_str()) {
        Ok(Signature::Structure(fields)) => Some(fields.iter().cloned().collect()),
        _ => None,
    }
}
