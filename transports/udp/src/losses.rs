use std::cell::Cell;

/// Turns the kernel's count of dropped receives into a count of lost messages.
///
/// The kernel counts a run of datagrams that it drops as one. How many messages that was is known
/// from the runs around the gap: the larger of the two is taken. So the count is exact where every
/// datagram travels alone or all runs are of one length, and an estimate where they mix.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    /// The kernel's count as of the last receive.
    seen: u32,
    /// Messages in the last receive.
    weight: u64,
    lost: u64,
    /// The largest total told so far: a count never goes down.
    told: Cell<u64>,
}

impl Losses {
    /// Takes note of a receive of `messages`, before which the kernel had counted `drops`.
    pub(crate) fn note(&mut self, drops: u32, messages: usize) {
        let weight = messages as u64;
        self.lost += self.since(drops) * self.weight.max(weight);
        self.seen = drops;
        self.weight = weight;
    }

    /// How many messages are lost, when the kernel's count stands at `drops`.
    pub(crate) fn total(&self, drops: u32) -> u64 {
        let total = self.lost + self.since(drops) * self.weight.max(1);
        self.told.set(self.told.get().max(total));
        self.told.get()
    }

    /// The kernel's count as of the last receive.
    pub(crate) const fn seen(&self) -> u32 {
        self.seen
    }

    /// Drops since the last receive; the count wraps, and a step back is none.
    fn since(&self, drops: u32) -> u64 {
        let since = drops.wrapping_sub(self.seen);
        if since < 1 << 31 { since.into() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_datagrams_are_counted_exactly() {
        let mut losses = Losses::default();
        losses.note(0, 1);
        losses.note(7, 1);
        assert_eq!((losses.total(7), losses.total(10)), (7, 10));
    }

    #[test]
    fn dropped_runs_count_as_many_messages_as_their_neighbours() {
        let mut losses = Losses::default();
        losses.note(0, 64);
        assert_eq!(losses.total(2), 128);
        losses.note(3, 1);
        assert_eq!(losses.total(3), 3 * 64);
        losses.note(4, 64);
        assert_eq!(losses.total(4), 4 * 64);
    }

    #[test]
    fn drops_before_the_first_receive_count_too() {
        assert_eq!(Losses::default().total(5), 5);
    }

    #[test]
    fn the_count_of_the_kernel_may_wrap() {
        let mut losses = Losses { seen: u32::MAX - 1, ..Losses::default() };
        losses.note(1, 1);
        assert_eq!(losses.total(1), 3);
    }

    #[test]
    fn a_total_never_goes_down() {
        let mut losses = Losses::default();
        losses.note(0, 64);
        assert_eq!(losses.total(10), 640);
        losses.note(1, 1);
        losses.note(10, 1);
        assert_eq!(losses.total(10), 640);
        losses.note(9, 1);
        assert_eq!(losses.total(9), 640);
    }
}
