/// Follows where packets begin in what an X server sends, and disarms one kind of forged event.
///
/// `KeymapNotify` alone has no sequence number: an X server passes on what another client wrote in
/// that place when it made one up. x11rb tells true ones, and takes the number of a forged one for
/// its own count, after which no answer fits a question. Here it is made to look like a true one.
pub(crate) struct Packets {
    header: [u8; 8],
    /// How much of the header has come.
    known: usize,
    /// Bytes of this packet behind its header that are yet to come.
    left: usize,
    /// The first packet has a form of its own.
    is_first: bool,
}

impl Packets {
    const REPLY: u8 = 1;
    const KEYMAP_NOTIFY: u8 = 11;
    const GENERIC_EVENT: u8 = 35;
    /// Set in an event that another client has made up.
    const FORGED: u8 = 0x80;

    /// Before anything has come.
    pub(crate) fn new() -> Self {
        Self { header: [0; 8], known: 0, left: 0, is_first: true }
    }

    /// Goes through what came next.
    pub(crate) fn pass(&mut self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while let Some(first) = rest.first_mut() {
            if self.left > 0 {
                let whole = self.left.min(rest.len());
                self.left -= whole;
                rest = &mut rest[whole..];
                continue;
            }
            if self.known == 0 && *first == Self::FORGED | Self::KEYMAP_NOTIFY && !self.is_first {
                *first = Self::KEYMAP_NOTIFY;
            }
            self.header[self.known] = *first;
            self.known += 1;
            if self.known == self.header.len() {
                self.left = self.length();
                (self.known, self.is_first) = (0, false);
            }
            rest = &mut rest[1..];
        }
    }

    /// How many bytes follow the header.
    fn length(&self) -> usize {
        let [kind, _, _, _, a, b, c, d] = self.header;
        let units = match kind {
            _ if self.is_first => return 4 * usize::from(u16::from_ne_bytes([c, d])),
            Self::REPLY => u32::from_ne_bytes([a, b, c, d]),
            kind if kind & !Self::FORGED == Self::GENERIC_EVENT => u32::from_ne_bytes([a, b, c, d]),
            _ => 0,
        };
        24 + 4 * units as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A first packet, a reply with 8 bytes more, a forged event and an error.
    fn stream(event: u8) -> Vec<u8> {
        let first = [&[1, 0, 11, 0, 0, 0][..], &2_u16.to_ne_bytes(), &[139; 8]].concat();
        let reply = [&[1, 0, 1, 0][..], &2_u32.to_ne_bytes(), &[139; 32]].concat();
        [first, reply, [&[event][..], &[139; 31]].concat(), vec![0; 32]].concat()
    }

    #[test]
    fn a_forged_event_without_a_number_is_disarmed_wherever_reads_end() {
        let expected = stream(11);
        for size in 1..=expected.len() {
            let mut packets = Packets::new();
            let mut bytes = stream(139);
            bytes.chunks_mut(size).for_each(|read| packets.pass(read));
            assert!(bytes == expected, "reads of {size} bytes");
        }
    }

    #[test]
    fn other_events_stay_as_they_are() {
        for event in (2..=255).filter(|event| *event != 139 && event & 0x7F != 35) {
            let mut bytes = stream(event);
            Packets::new().pass(&mut bytes);
            assert!(bytes == stream(event), "{event}");
        }
    }
}
