//! Bare `WM_COPYDATA` by `SendMessageTimeout`; what comes is copied and handed to the waiting thread.

use crate::commands::bench::floor::Waiting;
use crate::commands::peer::{self, Attempt, Done, Taken, Tally, Trouble};
use samebox::{Endpoint, ErrorKind};
use samebox_sys::windows::window::{Kind, Mark, Patience, Plan, Receiver, Window};
use std::process;
use std::sync::mpsc::{self, channel};
use std::time::Duration;

/// What a window answers that has taken a message.
const TAKEN: usize = 1;

/// It is on this desktop, whatever the endpoint says.
pub(crate) fn place(_: &Endpoint) -> Option<String> {
    Some("desktop".into())
}

/// Becomes the receiving end.
pub(crate) fn listen(_: &str) -> Attempt<(String, Waiting)> {
    let end = End::open(None)?;
    let address = end.receiver.window().handle().to_string();
    Ok((address, Box::new(|_| Ok(Box::new(end)))))
}

/// Becomes the sending end of what listens with the window `address`.
pub(crate) fn connect(_: &str, address: &str) -> Attempt<Box<dyn peer::Near>> {
    let other = address.parse().ok().and_then(Window::of);
    Ok(Box::new(End::open(other)?))
}

fn failed(what: impl std::fmt::Debug) -> Trouble {
    Trouble::new(ErrorKind::Io, format!("bare WM_COPYDATA failed: {what:?}; try again"))
}

/// One end: a window of its own and, once known, the other end's.
struct End {
    receiver: Receiver,
    other: Option<Window>,
    /// The number that came with each message, the sending end's window, and a copy of its bytes.
    messages: mpsc::Receiver<(usize, Vec<u8>)>,
}

impl End {
    /// How long the other end may take for one message.
    const PATIENCE: Patience = Patience { time: Some(Duration::from_secs(5)), unless_hung: true };

    fn open(other: Option<Window>) -> Attempt<Self> {
        let title = format!("samebox floor {}", process::id());
        let mark = Mark { name: "samebox-floor", value: 1 };
        let plan = Plan { class: "samebox-floor", title: &title, kind: Kind::MessageOnly, mark };
        let (hand_over, messages) = channel();
        let receiver = Receiver::open(plan, move |received| {
            let copy = received.bytes.unwrap_or_default().to_vec();
            usize::from(hand_over.send((received.id, copy)).is_ok()) * TAKEN
        });
        Ok(Self { receiver: receiver.map_err(failed)?, other, messages })
    }

    fn put(&self, payload: &[u8]) -> Attempt<()> {
        let other = self.other.ok_or_else(|| failed("the other end is not known"))?;
        let own = self.receiver.window();
        match other.copy_data(None, own.handle(), payload, Self::PATIENCE) {
            Ok(TAKEN) => Ok(()),
            refused => Err(failed(refused)),
        }
    }

    /// The next message; its sender is the other end from now on.
    fn next(&mut self) -> Attempt<Vec<u8>> {
        let (sender, bytes) = self.messages.recv().map_err(failed)?;
        self.other = Window::of(sender);
        Ok(bytes)
    }
}

impl peer::Near for End {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        self.put(payload)?;
        self.next().map(drop)
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        self.put(payload)
    }
}

impl peer::Far for End {
    fn echo(&mut self, count: u64, size: usize, _: Done<'_>) -> Attempt<()> {
        let answer = vec![b'y'; size];
        for _ in 0..count {
            self.next()?;
            self.put(&answer)?;
        }
        Ok(())
    }

    fn take(&mut self, count: u64, _: usize, _: Done<'_>) -> Attempt<Taken> {
        let mut tally = Tally::new(count);
        while !tally.is_whole() {
            self.next()?;
            tally.add(1);
        }
        Ok(tally.taken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn the_two_ends_talk() {
        let (address, wait) = listen("desktop").expect("a window can be made");
        let near = thread::spawn(move || {
            let mut near = connect("desktop", &address)?;
            let mut samples = Vec::new();
            near.round_trips(b"xx", 3, &mut samples)?;
            near.send_each(b"xx", 4).map(|()| samples.len())
        });
        let mut far = wait(&mut || false).expect("it waits for nobody");
        far.echo(3, 2, &mut || false).expect("it asks");
        assert_eq!(far.take(4, 2, &mut || false).expect("it sends").received, 4);
        assert_eq!(near.join().expect("it does not panic"), Ok(3));
    }
}
