use std::io;

/// Runs `then` on a thread of its own at every Ctrl-C and every request to end.
pub(crate) fn on_interrupt(then: fn()) -> io::Result<()> {
    ctrlc::set_handler(then).map_err(io::Error::other)
}

/// Nothing can wait for that on Windows: the next write finds out.
pub(crate) fn on_stdout_closed(_then: fn()) -> io::Result<()> {
    Ok(())
}
