//! Questions to servers of this session that may never answer.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks on a thread of its own and waits only so long.
///
/// # Errors
/// `TimedOut` when no answer comes; what `ask` says.
pub(super) fn within<T: Send + 'static>(
    ask: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, answer) = sync_channel(1);
    // The answer that comes too late is for nobody.
    thread::Builder::new().spawn(move || drop(sender.send(ask())))?;
    answer.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_whatever_it_is() {
        assert_eq!(within(|| Ok(7)).expect("it answers"), 7);
        assert!(within(|| -> io::Result<()> { Err(io::ErrorKind::NotFound.into()) }).is_err());
    }
}
