use crate::exit::Outcome;
use crate::output::Output;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Write as _;

/// How payloads are printed: as they are and a line break, unless one of these is chosen.
#[derive(clap::Args, Clone, Copy)]
#[group(multiple = false)]
pub(crate) struct Format {
    /// Print payloads with nothing added, not even a line break
    #[arg(long)]
    raw: bool,
    /// Print each payload as one line of hex digits
    #[arg(long)]
    hex: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
}

impl Format {
    /// Writes one payload in any form but JSON.
    pub(crate) fn write(self, output: &mut Output, payload: &[u8]) -> Outcome {
        if self.hex {
            return output.write(hex_line(payload).as_bytes());
        }
        output.foreign(payload)?;
        if self.raw { Ok(()) } else { output.write(b"\n") }
    }
}

fn hex_line(payload: &[u8]) -> String {
    let mut line = String::with_capacity(payload.len() * 2 + 1);
    for byte in payload {
        // Writing to a String does not fail.
        let _ = write!(line, "{byte:02x}");
    }
    line.push('\n');
    line
}

/// A payload inside a JSON object: text, or base64 where it is not UTF-8.
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    payload: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

impl<'a> From<&'a [u8]> for Body<'a> {
    fn from(payload: &'a [u8]) -> Self {
        match std::str::from_utf8(payload) {
            Ok(text) => Self { payload: text.into(), encoding: None },
            Err(_) => Self { payload: STANDARD.encode(payload).into(), encoding: Some("base64") },
        }
    }
}

/// A peer inside a JSON object: what the system vouches for, and nothing else.
#[derive(Serialize, Default)]
pub(crate) struct Identity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
}

impl<'a> From<&'a samebox::Peer> for Identity<'a> {
    fn from(peer: &'a samebox::Peer) -> Self {
        let (uid, sid) = match &peer.user {
            Some(samebox::User::Uid(uid)) => (Some(*uid), None),
            Some(samebox::User::Sid(sid)) => (None, Some(sid.as_str())),
            None => (None, None),
        };
        Self { uid, sid, pid: peer.pid, address: peer.address.as_deref() }
    }
}

/// Properties inside a JSON object: those that are set.
#[derive(Serialize)]
pub(crate) struct Beside<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_to_live: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

impl<'a> From<&'a samebox::Properties> for Beside<'a> {
    fn from(set: &'a samebox::Properties) -> Self {
        Self {
            label: set.label.as_deref(),
            priority: set.priority,
            time_to_live: set.time_to_live.map(|t| humantime::format_duration(t).to_string()),
            level: set.level,
            event: set.event.as_deref(),
            id: set.id.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_bytes_become_base64() {
        let json = |bytes: &[u8]| serde_json::to_string(&Body::from(bytes)).expect("it is JSON");
        assert_eq!(json("Grüße".as_bytes()), r#"{"payload":"Grüße"}"#);
        assert_eq!(json(&[0xff, 0]), r#"{"payload":"/wA=","encoding":"base64"}"#);
    }

    #[test]
    fn hex_has_two_digits_per_byte() {
        assert_eq!(hex_line(&[0, 10, 255]), "000aff\n");
    }

    #[test]
    fn only_what_is_known_of_a_peer_is_there() {
        let peer = samebox::Peer::local(samebox::User::Uid(7), Some(12));
        let json = serde_json::to_string(&Identity::from(&peer)).expect("it is JSON");
        assert_eq!(json, r#"{"uid":7,"pid":12}"#);
        let nobody = serde_json::to_string(&Identity::from(&samebox::Peer::UNKNOWN));
        assert_eq!(nobody.expect("it is JSON"), "{}");
    }
}
