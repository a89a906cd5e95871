use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of base64 text, which may have white space in it.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let packed: Vec<u8> = text.bytes().filter(|byte| !b" \t\r\n".contains(byte)).collect();
    STANDARD.decode(packed).ok()
}
