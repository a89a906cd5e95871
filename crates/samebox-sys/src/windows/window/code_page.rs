use std::io;
use windows_sys::Win32::Globalization::{
    CP_ACP, MB_ERR_INVALID_CHARS, MultiByteToWideChar, WideCharToMultiByte,
};

/// `text` in this system's ANSI code page.
///
/// # Errors
/// `InvalidData` when the code page lacks one of its characters.
pub fn to_ansi(text: &str) -> io::Result<Vec<u8>> {
    let wide: Vec<u16> = text.encode_utf16().collect();
    let bytes = twice(&wide, encode)?;
    // A character that the code page lacks was replaced by one that looks like it, or by `?`.
    match from_ansi(&bytes) {
        Ok(back) if back == text => Ok(bytes),
        _ => Err(lacking("the ANSI code page of this system lacks one of its characters")),
    }
}

/// The text that bytes in this system's ANSI code page are.
///
/// # Errors
/// `InvalidData` when they are none.
pub fn from_ansi(bytes: &[u8]) -> io::Result<String> {
    let wide = twice(bytes, decode)?;
    String::from_utf16(&wide).map_err(|_| lacking("it is not text in the ANSI code page"))
}

fn lacking(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Converts by a call that tells without room how much it needs.
fn twice<From, To: Clone + Default>(
    from: &[From],
    convert: fn(&[From], i32, &mut [To]) -> i32,
) -> io::Result<Vec<To>> {
    if from.is_empty() {
        return Ok(Vec::new());
    }
    let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let length = i32::try_from(from.len()).map_err(too_long)?;
    let needed = convert(from, length, &mut []);
    let mut to = vec![To::default(); usize::try_from(needed).unwrap_or(0)];
    if to.is_empty() || convert(from, length, &mut to) != needed {
        return Err(lacking("it is not text in the ANSI code page"));
    }
    Ok(to)
}

fn encode(from: &[u16], length: i32, to: &mut [u8]) -> i32 {
    let none = std::ptr::null_mut();
    // SAFETY: the texts are readable and writable for the lengths that go with them.
    unsafe {
        let (to, room) = (to.as_mut_ptr(), to.len() as i32);
        WideCharToMultiByte(CP_ACP, 0, from.as_ptr(), length, to, room, none, none.cast())
    }
}

fn decode(from: &[u8], length: i32, to: &mut [u16]) -> i32 {
    // SAFETY: the texts are readable and writable for the lengths that go with them.
    unsafe {
        let (to, room) = (to.as_mut_ptr(), to.len() as i32);
        MultiByteToWideChar(CP_ACP, MB_ERR_INVALID_CHARS, from.as_ptr(), length, to, room)
    }
}
