use crate::exit::{say, sentence};
use samebox::Server;
use std::time::{Duration, Instant};

/// Tells the user what went wrong while a server goes on, but not more than a person can read.
pub(crate) struct Notes {
    since: Instant,
    told: u32,
    hidden: u64,
    lost: u64,
}

impl Default for Notes {
    fn default() -> Self {
        Self { since: Instant::now(), told: 0, hidden: 0, lost: 0 }
    }
}

impl Notes {
    /// How many notes are told in one [`Notes::WINDOW`].
    const TOLD: u32 = 10;
    const WINDOW: Duration = Duration::from_secs(1);

    /// Tells what bad clients did to `server`, and what it lost, since the last time.
    pub(crate) fn tell(&mut self, server: &mut Server) {
        while let Some(fault) = server.take_fault() {
            self.say(&sentence(&fault));
        }
        let lost = server.counters().lost;
        if lost > self.lost {
            let new = lost - self.lost;
            self.lost = lost;
            self.say(&format!("{new} messages were lost: they came faster than they were read"));
        }
    }

    /// Tells one thing, unless too much was told already.
    pub(crate) fn say(&mut self, sentence: &str) {
        if self.since.elapsed() >= Self::WINDOW {
            self.tell_hidden();
            (self.since, self.told) = (Instant::now(), 0);
        }
        if self.told < Self::TOLD {
            self.told += 1;
            say(sentence);
        } else {
            self.hidden += 1;
        }
    }

    fn tell_hidden(&mut self) {
        if self.hidden > 0 {
            say(&format!("{} more notes like these were left out", self.hidden));
            self.hidden = 0;
        }
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        self.tell_hidden();
    }
}
