use mio::{Registry, Token};
use std::io;
use std::time::{Duration, Instant};

/// A tick every now and then while it is on, by limits on the time of waits.
#[derive(Debug)]
pub struct Ticker {
    next: Option<Instant>,
}

impl Ticker {
    /// A ticker that is off.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(_: &Registry, _: Token) -> io::Result<Self> {
        Ok(Self { next: None })
    }

    /// Turns it on or off, when it is not so already.
    pub fn turn(&mut self, on: bool, period: Duration) {
        if on != self.next.is_some() {
            self.next = on.then(|| Instant::now() + period);
        }
    }

    /// Whether it is time.
    pub fn is_due(&mut self, _: bool, period: Duration) -> bool {
        let now = Instant::now();
        let due = self.next.is_some_and(|next| next <= now);
        if due {
            self.next = Some(now + period);
        }
        due
    }

    /// How long a wait may take at most.
    pub fn limit(&self) -> Option<Duration> {
        self.next.map(|next| next.saturating_duration_since(Instant::now()))
    }
}
