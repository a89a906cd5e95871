use super::named::{NamedConnector, NamedListener};
use super::pipe::StreamPipe;
use crate::{Duplex, DuplexConnector, DuplexListener, Ready};
use samebox_core::{Deadline, Peer};
use samebox_sys::windows::pipe;
use std::io::{self, IoSlice};

/// A pipe that one thread reads while others write.
#[derive(Debug)]
pub struct DuplexPipe(pipe::Duplex);

impl DuplexPipe {
    /// The connection to a client that came in through a pipe of messages.
    ///
    /// # Errors
    /// `Unsupported` for a pipe of bytes; otherwise the operating system's.
    pub fn of_client(client: StreamPipe) -> io::Result<Self> {
        Ok(Self(client.into_duplex()?))
    }
}

impl Duplex for DuplexPipe {
    fn read(&self, buffer: &mut Vec<u8>, deadline: Deadline) -> io::Result<usize> {
        loop {
            match self.0.append_now(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
            self.wait(Ready { read: true, write: false }, deadline)?;
        }
    }

    fn write_now(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_now(parts)
    }

    fn is_writing(&self) -> bool {
        self.0.is_writing()
    }

    fn wait(&self, wanted: Ready, deadline: Deadline) -> io::Result<Ready> {
        let asked = pipe::Ready { read: wanted.read, write: wanted.write };
        loop {
            let ready = self.0.wait(asked, deadline.remaining())?;
            if ready != pipe::Ready::default() || asked == ready {
                return Ok(Ready { read: ready.read, write: ready.write });
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.0.has_ended()
    }

    fn close_read(&self) {
        self.0.close_read();
    }

    fn cut(&self) {
        self.0.cut();
    }
}

impl DuplexListener for NamedListener {
    fn duplex(client: StreamPipe) -> io::Result<Box<dyn Duplex>> {
        Ok(Box::new(DuplexPipe::of_client(client)?))
    }
}

impl DuplexConnector for NamedConnector {
    fn duplex(channel: Self::Channel) -> io::Result<(Box<dyn Duplex>, Peer)> {
        let (pipe, peer) = channel.into_duplex()?;
        Ok((Box::new(DuplexPipe(pipe)), peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accepted, Connector, Listener, Place};
    use mio::{Events, Poll, Token};
    use samebox_core::{Allow, Endpoint};
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(20))
    }

    fn place(name: &str) -> (Endpoint, Place) {
        let name = format!("samebox-stream-{}-{name}", std::process::id());
        (format!("net.pipe:{name}").parse().unwrap(), Place::Messages(name))
    }

    /// A door, and the loop that it is in.
    struct Door {
        listener: NamedListener,
        poll: Poll,
    }

    impl Door {
        fn open(endpoint: &Endpoint, place: &Place) -> Self {
            let poll = Poll::new().unwrap();
            let mut listener = NamedListener::bind(endpoint, place, &Allow::default()).unwrap();
            listener.register(poll.registry(), Token(7)).unwrap();
            Self { listener, poll }
        }

        /// Waits for the next client.
        fn next(&mut self) -> DuplexPipe {
            let mut events = Events::with_capacity(16);
            let by = soon();
            loop {
                match self.listener.accept(self.poll.registry()) {
                    Ok(Accepted::Client(client, peer)) => {
                        assert_eq!(peer.pid, Some(std::process::id()));
                        return DuplexPipe::of_client(client).unwrap();
                    }
                    Ok(Accepted::Nobody) => {
                        assert!(!by.has_passed(), "nobody came");
                        self.poll.poll(&mut events, by.remaining()).unwrap();
                    }
                    Ok(Accepted::Refused(error)) => panic!("{error}"),
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted),
                }
            }
        }
    }

    fn connect(endpoint: &Endpoint, place: &Place) -> Box<dyn Duplex> {
        let mut connector = NamedConnector::new(endpoint, place.clone(), &Allow::default());
        NamedConnector::duplex(connector.connect(soon()).unwrap()).unwrap().0
    }

    fn write(to: &dyn Duplex, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match to.write_now(&[IoSlice::new(bytes)]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    to.wait(Ready { read: false, write: true }, soon()).unwrap();
                }
                outcome => bytes = &bytes[outcome.unwrap()..],
            }
        }
        to.wait(Ready { read: false, write: true }, soon()).unwrap();
    }

    fn read(from: &dyn Duplex, length: usize) -> Vec<u8> {
        let mut got = Vec::with_capacity(length);
        while got.len() < length {
            assert_ne!(from.read(&mut got, soon()).unwrap(), 0, "the end after {}", got.len());
        }
        got
    }

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn what_a_client_writes_before_it_is_let_in_is_read() {
        let (endpoint, place) = place("early");
        let mut door = Door::open(&endpoint, &place);
        let sent = pattern(20_000);
        let clients: Vec<_> = (0..20).map(|_| connect(&endpoint, &place)).collect();
        for client in &clients {
            write(&**client, &sent);
        }
        for _ in &clients {
            let server = door.next();
            assert!(read(&server, sent.len()) == sent);
            write(&server, b"welcome");
        }
        for client in &clients {
            assert_eq!(read(&**client, 7), b"welcome");
        }
    }

    #[test]
    fn a_megabyte_crosses_both_ways_at_once() {
        let (endpoint, place) = place("both");
        let mut door = Door::open(&endpoint, &place);
        let client = connect(&endpoint, &place);
        let server = door.next();
        let sent = pattern(1 << 20);
        thread::scope(|scope| {
            scope.spawn(|| write(&*client, &sent));
            scope.spawn(|| write(&server, &sent));
            scope.spawn(|| assert!(read(&*client, sent.len()) == sent));
            assert!(read(&server, sent.len()) == sent);
        });
    }

    #[test]
    fn what_the_other_side_has_no_room_for_is_still_being_written() {
        let (endpoint, place) = place("full");
        let mut door = Door::open(&endpoint, &place);
        let client = connect(&endpoint, &place);
        let server = door.next();
        assert_eq!(client.write_now(&[IoSlice::new(b"small")]).unwrap(), 5);
        assert!(!client.is_writing());
        let large = pattern(100_000);
        let mut written = 0;
        while !client.is_writing() {
            written += client.write_now(&[IoSlice::new(&large)]).unwrap();
        }
        let full = client.write_now(&[IoSlice::new(b"more")]).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        read(&server, 5 + written);
        client.wait(Ready { read: false, write: true }, soon()).unwrap();
        assert!(!client.is_writing());
    }

    #[test]
    fn a_client_that_ends_without_a_byte_is_no_trouble_for_the_next() {
        let (endpoint, place) = place("silent");
        let mut door = Door::open(&endpoint, &place);
        drop(connect(&endpoint, &place));
        let next = connect(&endpoint, &place);
        write(&*next, b"me");
        assert_eq!(read(&door.next(), 2), b"me");
    }

    #[test]
    fn a_read_ends_at_its_deadline_or_with_the_connection() {
        let (endpoint, place) = place("ends");
        let mut door = Door::open(&endpoint, &place);
        let client = connect(&endpoint, &place);
        let server = Arc::new(door.next());
        let mut buffer = Vec::with_capacity(8);
        let late = server.read(&mut buffer, Deadline::after(Duration::from_millis(5)));
        assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let reading = server.clone();
        let reader = thread::spawn(move || reading.read(&mut Vec::with_capacity(8), soon()));
        server.cut();
        assert_eq!(reader.join().unwrap().unwrap(), 0);
        assert_eq!(client.read(&mut buffer, soon()).unwrap(), 0);
        assert!(client.has_ended());
    }

    #[test]
    fn a_closed_direction_ends_its_reader_and_leaves_the_other_open() {
        let (endpoint, place) = place("half");
        let mut door = Door::open(&endpoint, &place);
        let client = connect(&endpoint, &place);
        let server = Arc::new(door.next());
        let reading = server.clone();
        let reader = thread::spawn(move || reading.read(&mut Vec::with_capacity(8), soon()));
        server.close_read();
        assert_eq!(reader.join().unwrap().unwrap(), 0);
        write(&*server, b"an answer still due");
        assert_eq!(read(&*client, 19), b"an answer still due");
    }

    #[test]
    fn a_door_closes_although_clients_are_coming() {
        let (endpoint, place) = place("close");
        let mut door = Door::open(&endpoint, &place);
        let _client = connect(&endpoint, &place);
        let mut events = Events::with_capacity(16);
        door.poll.poll(&mut events, soon().remaining()).unwrap();
        let _ = door.listener.accept(door.poll.registry());
        let by = soon();
        while !door.listener.finish(door.poll.registry()) {
            assert!(!by.has_passed());
            door.poll.poll(&mut events, Some(Duration::from_millis(10))).unwrap();
        }
        drop(door);
        NamedListener::bind(&endpoint, &place, &Allow::default()).unwrap();
    }
}
