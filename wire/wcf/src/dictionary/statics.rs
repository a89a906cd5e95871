use super::hash;
use super::strings::STRINGS;

const SLOTS: usize = 2048;
const FREE: u16 = u16::MAX;

/// Places in `STRINGS` by hash; a taken slot sends on to the next.
static INDEX: [u16; SLOTS] = index();

const fn index() -> [u16; SLOTS] {
    let mut slots = [FREE; SLOTS];
    let mut place = 0;
    while place < STRINGS.len() {
        let mut slot = hash(STRINGS[place]) as usize % SLOTS;
        while slots[slot] != FREE {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = place as u16;
        place += 1;
    }
    slots
}

/// The string of an even `id` of the static dictionary.
///
/// ```
/// assert_eq!(samebox_wcf_wire::dictionary::static_string(2), Some("Envelope"));
/// ```
#[inline]
pub fn static_string(id: u32) -> Option<&'static str> {
    if id % 2 == 1 { None } else { STRINGS.get(id as usize / 2).copied() }
}

/// The id of a string of the static dictionary.
///
/// ```
/// assert_eq!(samebox_wcf_wire::dictionary::static_id("Envelope"), Some(2));
/// ```
pub fn static_id(text: &str) -> Option<u32> {
    let mut slot = hash(text) as usize % SLOTS;
    while INDEX[slot] != FREE {
        let place = INDEX[slot];
        if STRINGS[usize::from(place)] == text {
            return Some(2 * u32::from(place));
        }
        slot = (slot + 1) % SLOTS;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_is_found_under_its_id() {
        for (place, text) in STRINGS.iter().enumerate() {
            assert_eq!(static_id(text), Some(2 * place as u32), "{text}");
            assert_eq!(static_string(2 * place as u32), Some(*text));
        }
        assert_eq!((STRINGS.len(), static_string(974), static_string(1)), (487, None, None));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        assert_eq!(static_id("envelope"), None);
        assert_eq!(static_id("Envelop"), None);
        let tlsnego = "http://schemas.xmlsoap.org/ws/2005/02/trust/tlsnego";
        assert_eq!(static_id(tlsnego), None, "this one starts with a space in .NET");
        assert_eq!(static_id(&format!(" {tlsnego}")), Some(424));
    }
}
