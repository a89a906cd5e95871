//! The files in `vectors/`: bytes on the wire and what they mean. Their form is in the README.

use samebox_framing::{Framing, Kind};
use std::sync::LazyLock;

/// One vector file.
#[derive(Debug)]
pub(crate) struct Vector {
    pub(crate) name: &'static str,
    pub(crate) framing: Framing,
    /// Whether these are the very bytes that samebox writes.
    pub(crate) ours: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) frames: Vec<(Kind, Vec<u8>)>,
}

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../vectors/", $name, ".txt")))),*]
    };
}

/// Every file with its text; built in, because Miri opens no files.
pub(crate) const FILES: &[(&str, &str)] = files! {
    "eof/breaks_are_payload"
    "eof/nothing"
    "eof/write"
    "header/empty"
    "header/odd_case"
    "header/python_lsp_jsonrpc"
    "header/stream_json_rpc"
    "header/stream_json_rpc_utf_16"
    "header/vscode_jsonrpc"
    "length/all_kinds"
    "length/binary_writer"
    "length/call"
    "length/empty_answers"
    "length/empty_messages"
    "length/fault"
    "length/long_message"
    "length/message"
    "length/reply"
    "line/binary"
    "line/carriage_returns"
    "line/write_line_unix"
    "line/write_line_windows"
    "line/write_line_with_mark"
};

/// Every vector, read once.
pub(crate) fn all() -> impl Iterator<Item = &'static Vector> {
    static VECTORS: LazyLock<Vec<Vector>> =
        LazyLock::new(|| FILES.iter().map(|(name, text)| read(name, text)).collect());
    VECTORS.iter()
}

fn read(name: &'static str, text: &'static str) -> Vector {
    let fields: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).map(field).collect();
    let of = |field| fields.iter().filter(move |(key, _)| *key == field).map(|(_, value)| *value);
    let one = |field| of(field).next().unwrap_or_else(|| panic!("{name}: no `{field}`"));
    assert!(!one("source").is_empty(), "{name}: no source");
    let framing = Framing::NAMES.into_iter().find(|(word, _)| *word == one("framing"));
    Vector {
        name,
        framing: framing.unwrap_or_else(|| panic!("{name}: no such framing")).1,
        ours: match one("layout") {
            "ours" => true,
            "theirs" => false,
            other => panic!("{name}: the layout is `{other}`"),
        },
        bytes: of("bytes").flat_map(plain).collect(),
        frames: of("frame").map(frame).collect(),
    }
}

fn field(line: &str) -> (&str, &str) {
    let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("`{line}` is no field"));
    let known = ["source", "framing", "layout", "bytes", "frame"].contains(&name);
    assert!(known, "there is no field `{name}`");
    (name, value)
}

/// Reads `message PAYLOAD`, `call NUMBER PAYLOAD` and so on.
fn frame(text: &str) -> (Kind, Vec<u8>) {
    let (word, rest) = text.split_once(' ').expect("a kind and a payload");
    let kind: fn(u64) -> Kind = match word {
        "message" => return (Kind::Message, plain(rest)),
        "call" => Kind::Call,
        "reply" => Kind::Reply,
        "fault" => Kind::Fault,
        other => panic!("`{other}` is not a kind"),
    };
    let (number, payload) = rest.split_once(' ').expect("a number and a payload");
    (kind(number.parse().expect("a number")), plain(payload))
}

/// Text with `\r`, `\n`, `\t`, `\\` and `\xNN` in it as bytes.
fn plain(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'\\', [b'x', high, low, tail @ ..]) => (digit(*high) << 4 | digit(*low), tail),
            (b'\\', [b'r', tail @ ..]) => (b'\r', tail),
            (b'\\', [b'n', tail @ ..]) => (b'\n', tail),
            (b'\\', [b't', tail @ ..]) => (b'\t', tail),
            (b'\\', [b'\\', tail @ ..]) => (b'\\', tail),
            (b'\\', _) => panic!("`{text}` has an unknown escape"),
            (other, tail) => (*other, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    bytes
}

fn digit(byte: u8) -> u8 {
    char::from(byte).to_digit(16).expect("a hex digit") as u8
}
