//! A window of a program that is not samebox.

use super::PATIENCE;
use samebox_sys::windows::window::{
    Kind, Mark, Patience, Plan, Receiver, Unsent, Where, Window, find,
};
use std::sync::mpsc::{Receiver as Heard, channel};
use std::time::Duration;

/// A message as the foreign program got it: `dwData` and the bytes.
pub(crate) type Got = (usize, Vec<u8>);

/// A foreign window, and what it gets.
pub(crate) struct Foreign {
    pub(crate) receiver: Receiver,
    pub(crate) heard: Heard<Got>,
}

impl Foreign {
    /// Makes one that answers each message with a number.
    pub(crate) fn new(class: &str, title: &str, answer: usize) -> Self {
        let (told, heard) = channel();
        let receiver = Self::open(class, title, move |got| {
            // Nobody may listen any more.
            let _ = told.send(got);
            answer
        });
        Self { receiver, heard }
    }

    /// Makes one that does with each message as it is told.
    pub(crate) fn open(
        class: &str,
        title: &str,
        mut take: impl FnMut(Got) -> usize + Send + 'static,
    ) -> Receiver {
        let mark = Mark { name: "nothing", value: 0 };
        let plan = Plan { class, title, kind: Kind::MessageOnly, mark };
        let take = move |received: samebox_sys::windows::window::Received<'_>| {
            take((received.id, received.bytes.unwrap_or(b"none").to_vec()))
        };
        Receiver::open(plan, take).unwrap()
    }

    pub(crate) fn window(&self) -> Window {
        self.receiver.window()
    }

    #[track_caller]
    pub(crate) fn got(&self) -> Got {
        self.heard.recv_timeout(PATIENCE).expect("a message comes")
    }
}

/// The window of a server, as a foreign sender finds it.
#[track_caller]
pub(crate) fn window_of(title: &str) -> Window {
    let found = find(Where::MessageOnly, None, Some(title));
    let [window] = found[..] else { panic!("{found:?}") };
    window
}

/// Sends as a foreign program does; gives what the window answered.
pub(crate) fn send_to(
    window: Window,
    sender: Option<Window>,
    id: usize,
    bytes: &[u8],
) -> Result<usize, Unsent> {
    let patience = Patience { time: Some(Duration::from_secs(20)), unless_hung: true };
    window.copy_data(sender, id, bytes, patience)
}
