/// Bytes that a server holds for messages that are not whole yet, all clients together.
#[derive(Debug)]
pub(super) struct Budget {
    used: usize,
    limit: usize,
}

impl Budget {
    pub(super) const fn new(limit: usize) -> Self {
        Self { used: 0, limit }
    }

    /// Takes `more` bytes, or nothing.
    pub(super) fn take(&mut self, more: usize) -> bool {
        let fits = more <= self.limit - self.used;
        if fits {
            self.used += more;
        }
        fits
    }

    pub(super) fn give_back(&mut self, bytes: usize) {
        self.used -= bytes;
    }

    pub(super) const fn is_used(&self) -> bool {
        self.used > 0
    }
}
