use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

/// A tick every now and then while it is on, as news among others.
///
/// A wait with a time limit would set a timer in the kernel each time, and a busy server waits for
/// every message; this one is set once.
#[derive(Debug)]
pub struct Ticker {
    timer: OwnedFd,
    is_on: bool,
}

impl Ticker {
    /// A ticker that is off, whose ticks are news under `token`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        SourceFd(&timer.as_raw_fd()).register(registry, token, Interest::READABLE)?;
        Ok(Self { timer, is_on: false })
    }

    /// Turns it on or off, when it is not so already.
    pub fn turn(&mut self, on: bool, period: Duration) {
        if on == self.is_on {
            return;
        }
        let period = if on { period } else { Duration::ZERO };
        let time = Timespec { tv_sec: period.as_secs() as _, tv_nsec: period.subsec_nanos() as _ };
        let times = Itimerspec { it_interval: time, it_value: time };
        // The times are valid and the timer is open, so it cannot fail.
        if timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &times).is_ok() {
            self.is_on = on;
        }
    }

    /// Whether it is time, given whether there was news under its token; then the next tick is news.
    pub fn is_due(&mut self, news: bool, _: Duration) -> bool {
        // The count of ticks is of no use, but reading it makes the next one news.
        news && rustix::io::read(&self.timer, &mut [0; 8]).is_ok()
    }

    /// How long a wait may take at most.
    pub const fn limit(&self) -> Option<Duration> {
        None
    }
}
