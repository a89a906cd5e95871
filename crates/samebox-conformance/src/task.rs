//! What a case tells somebody else to do, and what comes back, as lines of text.

use crate::payload::numbered;
use samebox_core::{Endpoint, ErrorKind};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Become the server of an endpoint; comes back with the endpoint as bound.
    Bind(Endpoint),
    /// Receive, and answer calls with what they ask, until there is something else to do.
    Serve,
    /// Give up being a server.
    Unbind,
    /// Become a client of an endpoint.
    Connect(Endpoint),
    /// Send numbered messages, one by one.
    Send(Numbers),
    /// Make numbered calls, each after the answer to the last, which must be what was asked.
    Call(Numbers),
    /// Make numbered calls and leave their answers untaken.
    Request(Numbers),
}

/// A run of numbered payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) client: u32,
    pub(crate) first: u32,
    pub(crate) count: u32,
    pub(crate) size: usize,
}

/// How it went: a text, or a kind of error and its text.
pub(crate) type Done = Result<String, (ErrorKind, String)>;

impl Task {
    pub(crate) fn to_line(&self) -> String {
        match self {
            Self::Bind(endpoint) => format!("bind\t{endpoint}"),
            Self::Serve => "serve\t".into(),
            Self::Unbind => "unbind\t".into(),
            Self::Connect(endpoint) => format!("connect\t{endpoint}"),
            Self::Send(numbers) => format!("send\t{}", numbers.to_text()),
            Self::Call(numbers) => format!("call\t{}", numbers.to_text()),
            Self::Request(numbers) => format!("request\t{}", numbers.to_text()),
        }
    }

    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let (verb, rest) = line.trim_end_matches(['\r', '\n']).split_once('\t')?;
        Some(match verb {
            "bind" => Self::Bind(rest.parse().ok()?),
            "serve" => Self::Serve,
            "unbind" => Self::Unbind,
            "connect" => Self::Connect(rest.parse().ok()?),
            "send" => Self::Send(Numbers::from_text(rest)?),
            "call" => Self::Call(Numbers::from_text(rest)?),
            "request" => Self::Request(Numbers::from_text(rest)?),
            _ => return None,
        })
    }
}

impl Numbers {
    /// The payloads, made one at a time.
    pub(crate) fn payloads(self) -> impl Iterator<Item = Vec<u8>> {
        (self.first..self.first + self.count)
            .map(move |number| numbered(self.client, number, self.size))
    }

    fn to_text(self) -> String {
        format!("{} {} {} {}", self.client, self.first, self.count, self.size)
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let mut number = || parts.next()?.parse::<u32>().ok();
        let (client, first, count, size) = (number()?, number()?, number()?, number()?);
        Some(Self { client, first, count, size: size as usize })
    }
}

pub(crate) fn done_to_line(done: &Done) -> String {
    match done {
        Ok(text) => format!("ok\t{text}"),
        Err((kind, text)) => format!("{kind}\t{}", text.replace('\n', " ")),
    }
}

pub(crate) fn done_from_line(line: &str) -> Option<Done> {
    let (word, text) = line.trim_end_matches(['\r', '\n']).split_once('\t')?;
    if word == "ok" {
        return Some(Ok(text.into()));
    }
    let kind = ErrorKind::ALL.into_iter().find(|kind| kind.to_string() == word)?;
    Some(Err((kind, text.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_and_outcomes_survive_being_lines() {
        let numbers = Numbers { client: 1, first: 2, count: 3, size: 4 };
        let endpoint: Endpoint = "unix:/a b/%25?max=1".parse().unwrap();
        for task in [Task::Bind(endpoint), Task::Serve, Task::Unbind, Task::Call(numbers)] {
            assert_eq!(Task::from_line(&format!("{}\r\n", task.to_line())), Some(task));
        }
        for done in [Ok("x:y".into()), Err((ErrorKind::TooLarge, "no".into()))] {
            assert_eq!(done_from_line(&done_to_line(&done)), Some(done));
        }
        assert_eq!(Task::from_line("dance\t"), None);
    }
}
