//! Encodings and the number beside them.

use super::foreign::{send_to, window_of};
use super::*;

#[test]
fn a_foreign_window_gets_the_text_in_its_encoding_and_the_number() {
    let title = unique();
    let foreign = Foreign::new("samebox-texts", &title, 1);
    let wide: Vec<u8> = "Grüße".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (settings, id, bytes) in [
        ("", 0, "Grüße".as_bytes()),
        ("?dwdata=7", 7, "Grüße".as_bytes()),
        ("?encoding=utf8&dwdata=0xFFFFFFFF", 0xFFFF_FFFF, "Grüße".as_bytes()),
        ("?encoding=utf16", 0, &wide),
    ] {
        send(&mut connect(&title, settings), "Grüße".as_bytes()).unwrap();
        assert_eq!(foreign.got(), (id, bytes.to_vec()), "{settings}");
    }
    send(&mut connect(&title, "?encoding=ansi"), b"plain").unwrap();
    assert_eq!(foreign.got().1, b"plain");
}

#[test]
fn what_is_no_text_is_refused_before_it_is_sent() {
    let title = unique();
    let foreign = Foreign::new("samebox-texts", &title, 1);
    for encoding in ["utf8", "utf16", "ansi"] {
        let mut client = connect(&title, &format!("?encoding={encoding}"));
        for payload in [&b"\xFF"[..], b"a\0", b"a\0b"] {
            let (kind, text) = refused(send(&mut client, payload));
            assert_eq!(kind, ErrorKind::Malformed, "{encoding}: {text}");
        }
    }
    assert!(foreign.heard.try_recv().is_err(), "something was sent");
    let mut client = connect(&title, "");
    send(&mut client, b"\xFF\0").unwrap();
    assert_eq!(foreign.got().1, b"\xFF\0");
}

#[test]
fn a_server_takes_text_with_and_without_a_nul_and_notes_what_is_none() {
    for (encoding, text, broken) in [
        ("utf8", &b"caf\xC3\xA9"[..], &b"\xFF"[..]),
        ("utf16", b"c\0a\0f\0\xE9\0", b"c\0a"),
        ("utf16", b"c\0a\0f\0\xE9\0", b"\0\xD8"),
    ] {
        let title = unique();
        let mut server = bind(&title, &format!("?encoding={encoding}"));
        let window = window_of(&title);
        let nul = if encoding == "utf16" { &b"\0\0"[..] } else { b"\0" };
        for sent in [text.to_vec(), [text, nul].concat()] {
            assert_eq!(send_to(window, None, 0, &sent).unwrap(), 1);
            assert_eq!(recv(&mut server), "café".as_bytes(), "{encoding}");
        }
        assert_eq!(send_to(window, None, 0, broken).unwrap(), 0);
        let (kind, text) = fault(&mut server);
        assert_eq!(kind, ErrorKind::Malformed);
        assert!(text.contains("encoding"), "{text}");
        assert_eq!(server.counters().cut, 1);
        // A client of samebox is told the reason.
        let refusal = send(&mut connect(&title, ""), broken);
        assert_eq!(refused(refusal).0, ErrorKind::Malformed);
    }
}

#[test]
fn a_server_takes_only_its_number_where_it_names_one() {
    let title = unique();
    let mut server = bind(&title, "?dwdata=0x2A");
    send(&mut connect(&title, "?dwdata=42"), b"right").unwrap();
    let (kind, text) = refused(send(&mut connect(&title, ""), b"wrong"));
    assert_eq!(kind, ErrorKind::Mismatch);
    assert!(text.contains("dwdata"), "{text}");
    assert_eq!(send_to(window_of(&title), None, 43, b"wrong").unwrap(), 0);
    assert_eq!(recv(&mut server), b"right");
    assert_eq!(server.recv(Deadline::now()).unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(server.counters().refused, 2);
    assert_eq!(fault(&mut server).0, ErrorKind::Mismatch);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let title = unique();
    for wrong in
        ["?handle=1", "?class=%23Mine", "?max=2MiB", "?dwdata=+1", "?dwdata=0x", "?dwdata=-1"]
    {
        let (kind, text) = refused(Window.bind(&endpoint(&title, wrong)));
        assert_eq!(kind, ErrorKind::InvalidEndpoint, "{wrong}: {text}");
    }
    assert_eq!(refused(try_connect(&title, "?handle=0")).0, ErrorKind::InvalidEndpoint);
    assert_eq!(refused(try_connect(&"x".repeat(101), "")).0, ErrorKind::InvalidEndpoint);
}
