use crate::Channel;
use samebox_core::Deadline;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// Messages sent as one connection each that the server has yet to be seen to read.
///
/// A server that serves one client at a time and closes its door in between drops the clients that
/// were waiting: their connect and their writes had succeeded, and nobody ever reads them. Such a
/// connection ends in a reset, one that was served ends in an orderly way.
pub(super) struct Unconfirmed<C> {
    waiting: VecDeque<(C, Vec<u8>)>,
    bytes: usize,
}

/// Messages and bytes that may be unconfirmed before sending waits.
const MESSAGES: usize = 64;
const BYTES: usize = 16 << 20;

/// How long to wait for the end of a connection before asking how much of it is unread.
const GLANCE: Duration = Duration::from_millis(5);

/// What has become of one message.
enum Fate {
    Read,
    Dropped,
    Open,
}

impl<C> Default for Unconfirmed<C> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), bytes: 0 }
    }
}

impl<C: Channel> Unconfirmed<C> {
    pub(super) fn push(&mut self, channel: C, payload: Vec<u8>) {
        self.bytes += payload.len();
        self.waiting.push_back((channel, payload));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Goes through the messages, oldest first, and gives the first that was dropped unread.
    ///
    /// It waits for a message to be read when `all` shall be or too many are open.
    ///
    /// # Errors
    /// `TimedOut` when one it waits for was not read by `deadline`.
    pub(super) fn next_dropped(
        &mut self,
        deadline: Deadline,
        all: bool,
    ) -> io::Result<Option<Vec<u8>>> {
        let mut looked = 0;
        while looked < self.waiting.len() {
            let must_wait = all || self.waiting.len() >= MESSAGES || self.bytes > BYTES;
            let (channel, _) = &mut self.waiting[looked];
            let fate = if must_wait { wait(channel, deadline)? } else { look(channel) };
            if matches!(fate, Fate::Open) {
                looked += 1;
                continue;
            }
            let Some((_, payload)) = self.waiting.remove(looked) else { break };
            self.bytes -= payload.len();
            if matches!(fate, Fate::Dropped) {
                return Ok(Some(payload));
            }
        }
        Ok(None)
    }
}

fn wait<C: Channel>(channel: &mut C, deadline: Deadline) -> io::Result<Fate> {
    loop {
        match fate(channel, |channel, buffer| {
            channel.append(buffer, Deadline::after(GLANCE).earlier(deadline))
        }) {
            Fate::Open if deadline.has_passed() => return Err(io::ErrorKind::TimedOut.into()),
            Fate::Open => {}
            other => return Ok(other),
        }
    }
}

fn look<C: Channel>(channel: &mut C) -> Fate {
    fate(channel, Channel::append_now)
}

fn fate<C: Channel>(
    channel: &mut C,
    read: impl Fn(&mut C, &mut Vec<u8>) -> io::Result<usize>,
) -> Fate {
    // The server may answer; nobody asked, and any byte shows that it has read.
    let mut buffer = Vec::with_capacity(64);
    match read(channel, &mut buffer) {
        Ok(_) => Fate::Read,
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted => {
                if channel.unread() == Some(0) {
                    Fate::Read
                } else {
                    Fate::Open
                }
            }
            _ => Fate::Dropped,
        },
    }
}
