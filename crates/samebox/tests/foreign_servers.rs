//! Servers as others write them, which samebox must not take for dead.

#![cfg(unix)]

use samebox::{Client, connect};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);

/// A server's own path, removed with it.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("samebox-foreign-{}-{next}", std::process::id())))
    }

    fn listen(&self) -> UnixListener {
        UnixListener::bind(&self.0).unwrap()
    }

    fn connect(&self, framing: &str) -> Client {
        connect(&format!("unix:{}?framing={framing}", self.0.display())).unwrap()
    }

    /// Serves one client and gives what came of it.
    fn serve(&self, serve: fn(UnixStream) -> Vec<u8>) -> JoinHandle<Vec<u8>> {
        let listener = self.listen();
        thread::spawn(move || serve(listener.accept().unwrap().0))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Says at once that it never answers, then reads.
fn read_silently(mut client: UnixStream) -> Vec<u8> {
    client.shutdown(Shutdown::Write).unwrap();
    let mut all = Vec::new();
    client.read_to_end(&mut all).unwrap();
    all
}

#[test]
fn a_server_that_never_answers_gets_a_message_larger_than_its_buffer() {
    for framing in ["eof", "length", "line", "header"] {
        let place = Place::new();
        let server = place.serve(read_silently);
        let large = vec![b'x'; 4 << 20];
        place.connect(framing).send(&large).unwrap();
        let got = server.join().unwrap();
        assert_eq!(got.iter().filter(|byte| **byte == b'x').count(), large.len(), "{framing}");
    }
}

#[test]
fn a_server_that_never_answers_keeps_its_connection() {
    let place = Place::new();
    let listener = place.listen();
    let mut client = place.connect("line");
    let accepted = listener.accept().unwrap().0;
    accepted.shutdown(Shutdown::Write).unwrap();
    let server = thread::spawn(move || read_silently(accepted));
    let lines: Vec<_> = (0..200).map(|n| format!("{n}\n")).collect();
    for line in &lines[..150] {
        client.send(line.trim_end()).unwrap();
    }
    client.send_many(lines[150..].iter().map(|line| line.trim_end())).unwrap();
    drop(client);
    assert_eq!(server.join().unwrap(), lines.concat().as_bytes());
}

#[test]
fn a_server_of_one_client_at_a_time_answers_calls() {
    fn echo(client: UnixStream) -> Vec<u8> {
        for line in BufReader::new(&client).lines() {
            writeln!(&client, "{}!", line.unwrap()).unwrap();
        }
        Vec::new()
    }
    let place = Place::new();
    let server = place.serve(echo);
    let mut client = place.connect("line");
    for text in ["one", "two"] {
        assert_eq!(client.call(text, SOON).unwrap(), format!("{text}!"));
    }
    assert!(client.peer().is_some());
    drop(client);
    server.join().unwrap();
}

#[test]
fn a_server_that_makes_its_door_anew_for_each_message_gets_all() {
    let place = Place::new();
    let path = place.0.clone();
    let first = place.listen();
    let server = thread::spawn(move || {
        let mut listener = Some(first);
        let mut texts = Vec::new();
        while texts.len() < 20 {
            let door = listener.take().unwrap_or_else(|| UnixListener::bind(&path).unwrap());
            let mut text = String::new();
            door.accept().unwrap().0.read_to_string(&mut text).unwrap();
            texts.push(text);
            // Whoever has connected meanwhile is dropped, and until the next turn there is no name.
            std::fs::remove_file(&path).unwrap();
            drop(door);
            thread::sleep(Duration::from_millis(2));
        }
        texts
    });
    let mut client = place.connect("eof");
    let mut wanted: Vec<_> = (0..20).map(|n| format!("text {n}")).collect();
    for text in &wanted {
        client.send(text).unwrap();
    }
    client.flush(SOON).unwrap();
    let mut got = server.join().unwrap();
    got.sort();
    wanted.sort();
    assert_eq!(got, wanted);
}
