//! Clients that send what no honest program does, straight to a service's own socket.

use crate::Place;
use crate::desk::{DeskClient, open, visit};
use samebox_sys::unix::{account::own_uid, runtime::runtime_directory};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use zbus::message::Message;
use zbus::wire::DynamicType;

/// A connection that has said who it is.
fn connect(place: &Place) -> UnixStream {
    let folder = runtime_directory().unwrap().join("objects");
    let mut stream =
        UnixStream::connect(folder.join(format!("org.samebox.{}", place.name))).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let uid: String = own_uid().to_string().bytes().map(|digit| format!("{digit:02x}")).collect();
    write!(stream, "\0AUTH EXTERNAL {uid}\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(answer.starts_with(b"OK "), "{}", String::from_utf8_lossy(&answer));
    stream.write_all(b"BEGIN\r\n").unwrap();
    stream
}

fn message(place: &Place, member: &str, body: &(impl serde::Serialize + DynamicType)) -> Vec<u8> {
    let path = format!("/org/samebox/{}", place.name.replace('-', "_"));
    let built = Message::method_call(path, member).build(body).unwrap();
    built.data().bytes().to_vec()
}

/// Waits until something is answered, or the connection is cut.
fn hear(mut stream: UnixStream) {
    match stream.read(&mut [0; 64]) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("nothing came: {error}"),
    }
}

fn is_well(client: &DeskClient) {
    assert_eq!(client.add(1, 2).unwrap(), 3);
}

#[test]
fn spoiled_arguments_are_refused_and_disturb_nobody() {
    let place = Place::private();
    let (_serving, _) = open(&place.endpoint());
    let client = visit(&place.endpoint());
    let words = vec!["one", "two", "", "three"];
    let count = message(&place, "Count", &words);
    let folder = (vec![zbus::Variant::new((Vec::<zbus::Variant<'_>>::new(), "in"))], "all");
    let sort = message(&place, "Sort", &(folder,));
    for whole in [count, sort] {
        let length = u32::from_ne_bytes(whole[4..8].try_into().unwrap()) as usize;
        for at in whole.len() - length..whole.len() {
            for change in [0x01, 0x80, 0xFF] {
                let mut spoiled = whole.clone();
                spoiled[at] ^= change;
                let mut stream = connect(&place);
                stream.write_all(&spoiled).unwrap();
                hear(stream);
            }
        }
        is_well(&client);
    }
}

#[test]
fn a_variant_within_variants_without_end_is_refused() {
    let place = Place::private();
    let (_serving, _) = open(&place.endpoint());
    let client = visit(&place.endpoint());
    let folder = (vec![zbus::Variant::new(7_u8)], "all");
    let mut whole = message(&place, "Sort", &(folder,));
    // The array of the structure: one variant of a byte becomes variants within variants.
    let length = u32::from_ne_bytes(whole[4..8].try_into().unwrap()) as usize;
    let at = whole.len() - length;
    let nested: Vec<u8> = b"\x01v\0".repeat(5000).into_iter().chain(*b"\x01y\0\x07").collect();
    let mut body = (nested.len() as u32).to_ne_bytes().to_vec();
    body.extend_from_slice(&nested);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend_from_slice(&3_u32.to_ne_bytes());
    body.extend_from_slice(b"all\0");
    whole.truncate(at);
    whole[4..8].copy_from_slice(&(body.len() as u32).to_ne_bytes());
    whole.extend_from_slice(&body);
    let mut stream = connect(&place);
    stream.write_all(&whole).unwrap();
    hear(stream);
    is_well(&client);
}

#[test]
fn a_client_that_never_reads_its_answers_disturbs_nobody() {
    let place = Place::private();
    let (_serving, _) = open(&place.endpoint());
    let client = visit(&place.endpoint());
    let question = message(&place, "Reverse", &vec![0_u8; 100_000]);
    let mut stream = connect(&place);
    stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    // Until it is cut off, or is not read any more.
    for _ in 0..200 {
        if stream.write_all(&question).is_err() {
            break;
        }
    }
    is_well(&client);
    drop(stream);
    is_well(&client);
}
