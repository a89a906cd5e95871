use super::raw::Raw;
use crate::support::*;
use samebox_wcf::NetTcp;

const URI: &str = "net.tcp://localhost/Office";

fn office(settings: &str) -> Hosting {
    host(&NetTcp, &format!("net.tcp://localhost:0/Office{settings}"))
}

/// A preamble with these records for mode, via and encoding, and its end.
fn preamble(mode: &[u8], via: &[u8], rest: &[u8]) -> Vec<u8> {
    [&[0, 1, 0][..], mode, via, rest].concat()
}

fn via(uri: &str) -> Vec<u8> {
    [&[2, uri.len() as u8][..], uri.as_bytes()].concat()
}

#[test]
fn openings_that_cannot_be_are_refused_with_their_faults() {
    let office = office("");
    let long = [&[4, 0x81, 2][..], &[b'x'; 257]].concat();
    for (bytes, fault) in [
        (vec![0, 2, 0], "UnsupportedVersion"),
        (preamble(&[1, 3], &[], &[]), "UnsupportedMode"),
        (preamble(&[1, 9], &[], &[]), "UnsupportedMode"),
        (preamble(&[1, 2], &[2, 0xFF, 0xFF, 0xFF, 0xFF, 7], &[]), "ViaTooLong"),
        (preamble(&[1, 2], &via(URI), &[3, 3]), "ContentTypeInvalid"),
        (preamble(&[1, 2], &via(URI), b"\x04\x08text/xml"), "ContentTypeInvalid"),
        (preamble(&[1, 2], &via(URI), &long), "ContentTypeTooLong"),
        (preamble(&[1, 2], &via("net.tcp://h/Nowhere"), &[3, 8, 12]), "EndpointNotFound"),
        (preamble(&[1, 2], &via("nonsense"), &[3, 8, 12]), "EndpointNotFound"),
    ] {
        let mut raw = Raw::to(office.endpoint());
        raw.write(&bytes);
        raw.expect_refusal(fault);
        raw.stream.shutdown(std::net::Shutdown::Write).unwrap();
        raw.expect_end();
    }
    assert_eq!(echo(&*office.client(), "undisturbed").unwrap(), "undisturbed");
}

#[test]
fn a_client_with_dotnets_default_security_is_refused_and_the_note_says_what_to_set() {
    let mut office = office("");
    let mut raw = Raw::to(office.endpoint());
    raw.write(&preamble(&[1, 2], &via(URI), b"\x03\x08\x09\x15application/negotiate"));
    raw.expect_refusal("UpgradeInvalid");
    let fault = office.expect_fault("UpgradeInvalid");
    assert!(fault.to_string().contains("new NetTcpBinding(SecurityMode.None)"), "{fault}");
}

#[test]
fn an_opening_that_never_ends_is_cut_off() {
    let mut office = office("?stall=100ms");
    let mut silent = Raw::to(office.endpoint());
    let mut half = Raw::to(office.endpoint());
    half.write(&preamble(&[1, 2], &[2, 100], b"net.tcp"));
    let client = office.client();
    assert_eq!(echo(&*client, "undisturbed").unwrap(), "undisturbed");
    silent.expect_end();
    half.expect_end();
    office.expect_fault("did not say in time");
    // Bytes that trickle in do not help.
    let mut slow = Raw::to(office.endpoint());
    for byte in preamble(&[1, 2], &via(&"x".repeat(120)), &[]) {
        slow.pour(&[byte]);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    slow.expect_end();
}

#[test]
fn what_is_no_framing_is_cut_off_at_once() {
    let mut office = office("");
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xFF; 100], &[6, 1, 0], &[0, 1, 0, 0, 1, 0]] {
        let mut raw = Raw::to(office.endpoint());
        raw.pour(bytes);
        raw.expect_end();
    }
    office.expect_fault("does not speak WCF's framing");
    assert_eq!(echo(&*office.client(), "undisturbed").unwrap(), "undisturbed");
}

#[test]
fn a_refused_client_that_writes_on_is_left_after_64_kib() {
    let office = office("");
    let mut raw = Raw::to(office.endpoint());
    raw.pour(&preamble(&[1, 3], &[], &[]));
    raw.pour(&[0; 1 << 20]);
    while raw.record().is_some() {}
}

#[cfg(unix)]
#[test]
fn a_unix_socket_agrees_to_one_upgrade_only() {
    use samebox_wcf::NetUds;
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.sock");
    let office = host(&NetUds, &format!("net.uds:{}", path.display()));
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let uri = via(&format!("net.uds:{}", path.display()));
    let upgrade = b"\x09\x15application/unixposix";
    stream.write_all(&preamble(&[1, 2], &uri, &[&[3, 8], &upgrade[..]].concat())).unwrap();
    let mut answer = [0; 1];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [0x0A]);
    stream.write_all(upgrade).unwrap();
    let mut rest = Vec::new();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"UpgradeInvalid"), "{rest:?}");
    drop(office);
}
