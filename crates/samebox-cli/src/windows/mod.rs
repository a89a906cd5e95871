pub(crate) mod floor;
pub(crate) mod local;
pub(crate) mod machine;
pub(crate) mod names;
pub(crate) mod program;

use std::io;
use std::os::windows::process::CommandExt;
use std::process::{Command, Stdio};

/// Runs `then` on a thread of its own at every Ctrl-C and every request to end.
pub(crate) fn on_interrupt(then: fn()) -> io::Result<()> {
    ctrlc::set_handler(then).map_err(io::Error::other)
}

/// Nothing can wait for that on Windows: the next write finds out.
pub(crate) fn on_stdout_closed(_then: fn()) -> io::Result<()> {
    Ok(())
}

/// A command line for the system's shell, as the root of a tree that [`kill_tree`] can end.
pub(crate) fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd.exe");
    command.raw_arg("/D /S /C \"").raw_arg(line).raw_arg("\"");
    command
}

/// Ends a process made by [`shell`] and all that it started.
pub(crate) fn kill_tree(root: u32) {
    let mut killer = Command::new("taskkill.exe");
    killer.args(["/F", "/T", "/PID", &root.to_string()]);
    // It may have ended by itself in the meantime.
    let _ = killer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
