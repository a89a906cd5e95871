pub(crate) mod bus;
pub(crate) mod display;
pub(crate) mod floor;
pub(crate) mod local;
pub(crate) mod machine;
pub(crate) mod names;
mod patience;
mod ports;
pub(crate) mod program;
mod session;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
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

/// A command line for the system's shell, as the root of a tree that [`kill_tree`] can end.
pub(crate) fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line).process_group(0);
    command
}

/// Ends a process made by [`shell`] and all that it started.
pub(crate) fn kill_tree(root: u32) {
    let group = i32::try_from(root).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // It may have ended by itself in the meantime.
        let _ = kill_process_group(group, Signal::KILL);
    }
}
