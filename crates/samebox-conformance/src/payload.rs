//! Payloads that tell who sent them, in which order, and whether they are whole.

use std::sync::LazyLock;

/// What every framing can carry, in an order that repeats only after 62 * 61 bytes.
static FILLER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let letters: Vec<u8> = (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').collect();
    let letter = |at: usize| letters[(at + at / 61) % letters.len()];
    (0..(1 << 20) + SHIFTS).map(letter).collect()
});

/// In how many ways payloads of one size differ.
const SHIFTS: usize = 997;

/// Printable bytes that differ with `seed`, so that mixed-up payloads show.
pub(crate) fn filler(seed: usize, size: usize) -> Vec<u8> {
    let block = &FILLER[seed % SHIFTS..][..1 << 20];
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        bytes.extend_from_slice(&block[..block.len().min(size - bytes.len())]);
    }
    bytes
}

/// The `number`th payload of a client, of `size` bytes at most where that leaves room for its head.
pub(crate) fn numbered(client: u32, number: u32, size: usize) -> Vec<u8> {
    let room = size.saturating_sub(format!("{client}:{number}:{size}:").len());
    let mut payload = format!("{client}:{number}:{room}:").into_bytes();
    payload.extend(filler(seed(client, number), room));
    payload
}

/// Which client sent a payload, and its number; `None` when it is not whole.
pub(crate) fn read_number(payload: &[u8]) -> Option<(u32, u32)> {
    let mut parts = payload.splitn(4, |byte| *byte == b':');
    let mut number = || std::str::from_utf8(parts.next()?).ok()?.parse::<u32>().ok();
    let (client, number, room) = (number()?, number()?, number()?);
    let rest = parts.next()?;
    let whole = rest.len() == room as usize && rest == filler(seed(client, number), rest.len());
    whole.then_some((client, number))
}

fn seed(client: u32, number: u32) -> usize {
    client as usize * 31 + number as usize
}

/// A payload for a failure's message: its size and how it begins.
pub(crate) fn shown(payload: &[u8]) -> String {
    let start = String::from_utf8_lossy(&payload[..payload.len().min(24)]);
    format!("{} bytes, {start:?}", payload.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_payload_has_no_number() {
        let whole = numbered(3, 14, 1000);
        assert!((990..=1000).contains(&whole.len()));
        assert_eq!(read_number(&whole), Some((3, 14)));
        let mut damaged = whole.clone();
        damaged[500] ^= 1;
        assert_eq!(read_number(&damaged), None);
        assert_eq!(read_number(&whole[..whole.len() - 1]), None);
        assert_eq!(read_number(b"3:"), None);
    }
}
