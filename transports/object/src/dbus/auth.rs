//! Who is there: the lines before the first message (D-Bus specification, "Authentication Protocol").
//!
//! Only `EXTERNAL` is spoken: the kernel says who the other side is, and that is believed.

use samebox_core::Deadline;
use samebox_sys::unix::account::own_uid;
use samebox_sys::unix::socket::{self, Ready};
use std::fmt::Write;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;

/// The longest line that is taken.
const LONGEST: usize = 1024;

/// How many lines a client may need.
const MOST_LINES: usize = 16;

/// Says who this process is, and waits until the server believes it.
///
/// # Errors
/// `PermissionDenied` when it does not, `TimedOut`, `InvalidData` when it speaks something else.
pub(crate) fn introduce(socket: impl AsFd, deadline: Deadline) -> io::Result<()> {
    let hello = format!("\0AUTH EXTERNAL {}\r\n", hex(&own_uid().to_string()));
    write(&socket, hello.as_bytes(), deadline)?;
    let answer = read_line(&socket, deadline)?;
    match answer.split(' ').next() {
        Some("OK") => write(&socket, b"BEGIN\r\n", deadline),
        Some("REJECTED") => Err(io::ErrorKind::PermissionDenied.into()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it does not speak D-Bus")),
    }
}

fn write(socket: impl AsFd, mut bytes: &[u8], deadline: Deadline) -> io::Result<()> {
    while !bytes.is_empty() {
        match socket::write_now(&socket, &[IoSlice::new(bytes)]) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                socket::wait(&socket, Ready { read: false, write: true }, deadline.remaining())?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a line; a server says nothing behind it before it is spoken to.
fn read_line(socket: impl AsFd, deadline: Deadline) -> io::Result<String> {
    let mut line = Vec::with_capacity(LONGEST);
    loop {
        if let Some(text) = line.strip_suffix(b"\r\n") {
            return Ok(String::from_utf8_lossy(text).into_owned());
        }
        if line.len() >= LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not speak D-Bus"));
        }
        match socket::append_now(&socket, &mut line) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                socket::wait(&socket, Ready { read: true, write: false }, deadline.remaining())?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// What a server knows of a client that has not yet begun.
#[derive(Debug, Default)]
pub(crate) struct Newcomer {
    line: Vec<u8>,
    lines: usize,
    /// The first byte, which means nothing, has come.
    is_started: bool,
    /// It was asked for its name, which it left out at first.
    is_asked: bool,
    is_believed: bool,
}

/// What a server does about a client's lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Waits for more.
    More,
    /// Says that, and goes on.
    Say(String),
    /// Messages begin.
    Begin,
    /// Ends it: this is no client.
    Stranger(&'static str),
}

impl Newcomer {
    /// Takes what the client sent from the front of `bytes`: a line, or what there is of it.
    ///
    /// `uid` is whom the kernel sees there, and `guid` names the server.
    pub(crate) fn take(&mut self, bytes: &mut &[u8], uid: u32, guid: &str) -> Step {
        while let [first, rest @ ..] = *bytes {
            *bytes = rest;
            if !self.is_started {
                self.is_started = true;
                match first {
                    0 => continue,
                    _ => return Step::Stranger("it does not begin as D-Bus does"),
                }
            }
            self.line.push(*first);
            if self.line.ends_with(b"\r\n") {
                let line = std::mem::take(&mut self.line);
                self.lines += 1;
                let text = std::str::from_utf8(&line[..line.len() - 2]);
                return match text {
                    Ok(text) if self.lines <= MOST_LINES => self.answer(text, uid, guid),
                    _ => Step::Stranger("it does not say who it is"),
                };
            }
            if self.line.len() > LONGEST {
                return Step::Stranger("its first line does not end");
            }
        }
        Step::More
    }

    fn answer(&mut self, line: &str, uid: u32, guid: &str) -> Step {
        let mut words = line.split(' ');
        let said = match (words.next(), words.next(), words.next()) {
            (Some("AUTH"), Some("EXTERNAL"), Some(name)) => self.believe(name, uid, guid),
            (Some("AUTH"), Some("EXTERNAL"), None) => {
                self.is_asked = true;
                "DATA".into()
            }
            (Some("DATA"), name, _) if self.is_asked => {
                self.is_asked = false;
                self.believe(name.unwrap_or_default(), uid, guid)
            }
            (Some("AUTH" | "CANCEL" | "ERROR"), ..) => {
                (self.is_asked, self.is_believed) = (false, false);
                "REJECTED EXTERNAL".into()
            }
            (Some("BEGIN"), ..) if self.is_believed => return Step::Begin,
            (Some("BEGIN"), ..) => return Step::Stranger("it begins before it is known"),
            (Some("NEGOTIATE_UNIX_FD"), ..) => "ERROR no file descriptors here".into(),
            _ => "ERROR".into(),
        };
        Step::Say(format!("{said}\r\n"))
    }

    /// The kernel's word is what counts; a client that claims to be another is turned away.
    fn believe(&mut self, name: &str, uid: u32, guid: &str) -> String {
        self.is_believed = name.is_empty() || name == hex(&uid.to_string());
        if self.is_believed { format!("OK {guid}") } else { "REJECTED EXTERNAL".into() }
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "0123456789abcdef0123456789abcdef";

    fn talk(lines: &str) -> Vec<Step> {
        let (mut newcomer, mut bytes) = (Newcomer::default(), lines.as_bytes());
        let steps = std::iter::from_fn(|| match newcomer.take(&mut bytes, 7, GUID) {
            Step::More => None,
            step => Some(step),
        });
        steps.take(100).collect()
    }

    fn say(text: &str) -> Step {
        Step::Say(format!("{text}\r\n"))
    }

    #[test]
    fn a_client_that_is_who_it_says_may_begin() {
        let ok = say(&format!("OK {GUID}"));
        assert_eq!(talk("\0AUTH EXTERNAL 37\r\nBEGIN\r\n"), [ok, Step::Begin]);
    }

    #[test]
    fn a_client_may_leave_its_name_out() {
        let steps = talk("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n");
        assert_eq!(steps, [say("DATA"), say(&format!("OK {GUID}")), Step::Begin]);
    }

    #[test]
    fn a_client_that_claims_to_be_another_may_not_begin() {
        let steps = talk("\0AUTH EXTERNAL 38\r\nBEGIN\r\n");
        assert_eq!(steps[0], say("REJECTED EXTERNAL"));
        assert!(matches!(steps[1], Step::Stranger(_)));
    }

    #[test]
    fn a_client_learns_what_is_spoken() {
        let steps = talk("\0AUTH\r\nAUTH ANONYMOUS\r\nNEGOTIATE_UNIX_FD\r\nHM\r\n");
        assert_eq!(steps[..2], [say("REJECTED EXTERNAL"), say("REJECTED EXTERNAL")]);
        assert!(matches!(&steps[2..], [Step::Say(_), Step::Say(_)]));
    }

    #[test]
    fn garbage_ends_it() {
        assert!(matches!(talk("GET / HTTP/1.1\r\n")[0], Step::Stranger(_)));
        assert!(matches!(talk(&format!("\0{}", "x".repeat(5000)))[0], Step::Stranger(_)));
        assert!(matches!(
            talk(&format!("\0{}", "X\r\n".repeat(50)))[MOST_LINES],
            Step::Stranger(_)
        ));
    }
}
