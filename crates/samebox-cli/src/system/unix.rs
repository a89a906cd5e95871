use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::thread;

/// Runs `then` on a thread of its own at every Ctrl-C and every request to end.
pub(crate) fn on_interrupt(then: fn()) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in &mut signals {
            then();
        }
    })?;
    Ok(())
}

/// Runs `then` on a thread of its own once nobody can read stdout any more.
pub(crate) fn on_stdout_closed(then: fn()) -> io::Result<()> {
    let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    thread::Builder::new().name("stdout".into()).spawn(move || {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        while let Err(Errno::INTR) = poll(&mut watched, None) {}
        if watched[0].revents().intersects(gone) {
            then();
        }
    })?;
    Ok(())
}
