use super::*;
use crate::windows::account::{Sid, Token};
use crate::windows::security::{self, Descriptor};
use mio::event::Source;
use mio::windows::NamedPipe;
use mio::{Events, Interest, Poll, Token as Key};
use std::io::{IoSlice, Read, Write};
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("samebox-sys-{}-{number}", std::process::id())
}

fn claim(name: &str) -> Result<(Name, NamedPipe), Refused> {
    Name::claim(name, Content::Bytes, Descriptor::private(&[]).unwrap())
}

fn handle(pipe: &NamedPipe) -> BorrowedHandle<'_> {
    // SAFETY: the pipe keeps its handle open while it is borrowed.
    unsafe { BorrowedHandle::borrow_raw(pipe.as_raw_handle()) }
}

/// One instance, served with waiting.
struct Host {
    /// Dropped first: what is under way ends through the poll, and then the handle closes.
    pipe: NamedPipe,
    poll: Poll,
}

impl Host {
    fn new(mut pipe: NamedPipe) -> Self {
        let poll = Poll::new().unwrap();
        pipe.register(poll.registry(), Key(0), Interest::READABLE).unwrap();
        Self { pipe, poll }
    }

    fn until<T>(&mut self, mut step: impl FnMut(&NamedPipe) -> io::Result<T>) -> T {
        let mut events = Events::with_capacity(8);
        loop {
            match step(&self.pipe) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return outcome.unwrap(),
            }
            self.poll.poll(&mut events, Some(PATIENCE)).unwrap();
            assert!(!events.is_empty(), "nothing came");
        }
    }

    fn accept(mut self) -> Self {
        self.until(NamedPipe::connect);
        self
    }

    fn read(&mut self, length: usize) -> Vec<u8> {
        let mut got = vec![0; length];
        let mut there = 0;
        while there < length {
            let more = self.until(|mut pipe| pipe.read(&mut got[there..]));
            assert_ne!(more, 0, "the end after {there} bytes");
            there += more;
        }
        got
    }

    fn write(&mut self, bytes: &[u8]) {
        assert_eq!(self.until(|mut pipe| pipe.write(bytes)), bytes.len());
    }
}

/// A client and the server's end of its connection.
fn pair() -> (Name, Client, Host) {
    let name = unique();
    let (claim, first) = claim(&name).unwrap();
    let client = Client::connect(&name, Content::Bytes, PATIENCE).unwrap();
    (claim, client, Host::new(first).accept())
}

fn read(client: &mut Client, length: usize) -> Vec<u8> {
    let mut got = Vec::with_capacity(length);
    while got.len() < length {
        match client.append_now(&mut got) {
            Ok(0) => panic!("the end after {} bytes", got.len()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                client.wait(false, Some(PATIENCE)).unwrap();
            }
            outcome => drop(outcome.unwrap()),
        }
    }
    got
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn every_instance_has_the_rights_that_were_asked_for() {
    let user = Token::own().unwrap().user().unwrap();
    let everyone: Sid = "S-1-1-0".parse().unwrap();
    for (others, more) in [(vec![], ""), (vec![everyone], "(A;;0x12019b;;;WD)")] {
        let descriptor = Descriptor::private(&others).unwrap();
        let (name, first) = Name::claim(&unique(), Content::Bytes, descriptor).unwrap();
        let wanted = format!("D:P(A;;FA;;;SY)(A;;FA;;;{user}){more}");
        for instance in [first, name.another().unwrap(), name.another().unwrap()] {
            assert_eq!(security::access_list(handle(&instance)).unwrap(), wanted);
        }
    }
}

#[test]
fn a_pipe_that_outlived_its_server_gets_the_rights_that_were_asked_for() {
    let name = unique();
    let open = Descriptor::private(&["S-1-1-0".parse().unwrap()]).unwrap();
    let (ended, left) = Name::claim(&name, Content::Bytes, open).unwrap();
    drop(ended);
    let mine = Descriptor::private(&[]).unwrap();
    assert_ne!(security::access_list(handle(&left)).unwrap(), mine.as_str());
    let heir = Name::hold(&name, Content::Bytes, mine.clone()).unwrap();
    for instance in [heir.join().unwrap(), heir.another().unwrap(), left] {
        assert_eq!(security::access_list(handle(&instance)).unwrap(), mine.as_str());
    }
}

#[test]
fn a_name_has_one_server_until_that_goes() {
    let name = unique();
    let (mine, first) = claim(&name).unwrap();
    let busy = claim(&name.to_uppercase()).unwrap_err();
    assert!(matches!(busy, Refused::InUse), "{busy:?}");
    drop((first, mine));
    claim(&name).unwrap();
}

#[test]
fn the_pipe_of_a_server_of_another_make_is_left_alone() {
    let name = unique();
    let other = NamedPipe::new(format!(r"\\.\pipe\{name}")).unwrap();
    let busy = claim(&name).unwrap_err();
    assert!(matches!(busy, Refused::InUse), "{busy:?}");
    // Nobody connected to it in order to find that out.
    let host = Host::new(other);
    assert_eq!(host.pipe.connect().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    drop(host);
    claim(&name).unwrap();
}

#[test]
fn a_server_can_go_on_while_clients_of_an_ended_one_hold_the_pipe() {
    let name = unique();
    let (mine, first) = claim(&name).unwrap();
    let mut client = Client::connect(&name, Content::Bytes, PATIENCE).unwrap();
    drop((first, mine));
    let (_mine, second) = claim(&name).unwrap();
    assert!(client.has_ended());
    let mut client = Client::connect(&name, Content::Bytes, PATIENCE).unwrap();
    client.write_now(&[IoSlice::new(b"again")]).unwrap();
    assert_eq!(Host::new(second).accept().read(5), b"again");
}

#[test]
fn nobody_listens_where_no_server_is() {
    let missing = Client::connect(&unique(), Content::Bytes, PATIENCE).unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_client_waits_for_a_busy_server_so_long_and_no_longer() {
    let name = unique();
    let (mine, first) = claim(&name).unwrap();
    let _one = Client::connect(&name, Content::Bytes, PATIENCE).unwrap();
    let late = Client::connect(&name, Content::Bytes, Duration::from_millis(20)).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    let (name, waiting) = (
        name.clone(),
        std::thread::spawn(move || Client::connect(&name, Content::Bytes, PATIENCE)),
    );
    let _second = mine.another().unwrap();
    waiting.join().unwrap().unwrap();
    drop((name, first));
}

#[test]
fn both_ends_know_the_account_and_the_process_of_the_other() {
    let (_name, client, host) = pair();
    let token = Token::own().unwrap();
    let me = token.user().unwrap();
    assert_eq!(super::client(&host.pipe).unwrap().user().unwrap(), me);
    assert_eq!(client_pid(&host.pipe), Some(std::process::id()));
    assert_eq!(client.owner().unwrap(), token.owner().unwrap());
    assert_eq!(client.server_pid(), Some(std::process::id()));
    assert_eq!(client.server().unwrap().user().unwrap(), me);
    drop(client);
    assert_eq!(super::client(&host.pipe).unwrap().user().unwrap(), me);
}

#[test]
fn a_writer_needs_no_loop_and_makes_no_news() {
    let (_name, mut client, mut host) = pair();
    let mut writer = Writer::new(&host.pipe).unwrap();
    for number in 0..5 {
        writer.write_now(&[number; 3]).unwrap();
    }
    assert_eq!(read(&mut client, 15), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
    // What the system did not report, the loop does not wait for, and its own news still come.
    client.write_now(&[IoSlice::new(b"well")]).unwrap();
    assert_eq!(host.read(4), b"well");
    host.write(b"so");
    assert_eq!(read(&mut client, 2), b"so");
}

#[test]
fn a_writer_that_finds_no_room_says_so_until_it_is_read() {
    let (_name, mut client, host) = pair();
    let mut writer = Writer::new(&host.pipe).unwrap();
    let block = pattern(10_000);
    let full = (0..100).find_map(|_| writer.write_now(&block).err()).unwrap();
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    assert_eq!(read(&mut client, block.len()), block);
    let mut more = Vec::with_capacity(1 << 20);
    while client.wait(false, Some(Duration::from_millis(100))).is_ok() {
        client.append_now(&mut more).unwrap();
    }
    assert_eq!(more.len() % block.len(), 0);
    writer.write_now(b"room").unwrap();
    drop((client, host));
    let gone = (0..2).find_map(|_| writer.write_now(b"anybody?").err()).unwrap();
    assert_ne!(gone.kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn what_was_written_before_the_end_is_read() {
    let (_name, mut client, mut host) = pair();
    client.write_now(&[IoSlice::new(b"last "), IoSlice::new(b"words")]).unwrap();
    assert!(!client.is_writing());
    assert!(!has_ended(&host.pipe));
    drop(client);
    assert_eq!(host.read(10), b"last words");
    assert_eq!(host.until(|mut pipe| pipe.read(&mut [0; 8])), 0);
    assert!(has_ended(&host.pipe));
}

#[test]
fn an_ended_server_is_an_end_for_its_client() {
    let (name, mut client, mut host) = pair();
    host.write(b"bye");
    host.write(b"!");
    drop(host);
    assert_eq!(read(&mut client, 4), b"bye!");
    let mut buffer = Vec::with_capacity(8);
    client.wait(false, Some(PATIENCE)).unwrap();
    assert_eq!(client.append_now(&mut buffer).unwrap(), 0);
    assert!(client.has_ended());
    client.write_now(&[IoSlice::new(b"anybody?")]).unwrap_err();
    drop(name);
}

#[test]
fn a_read_that_was_given_up_loses_nothing() {
    let (_name, mut client, mut host) = pair();
    let sent = pattern(100_000);
    let mut got = Vec::with_capacity(sent.len());
    for part in sent.chunks(10_000) {
        let late = client.wait(false, Some(Duration::from_millis(1))).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        host.write(part);
        got.extend(read(&mut client, part.len()));
    }
    assert_eq!(got, sent);
}

#[test]
fn a_write_that_finds_no_room_is_under_way_until_it_is_read() {
    let (_name, mut client, mut host) = pair();
    let sent = pattern(1 << 20);
    let mut written = 0;
    while !client.is_writing() {
        written += client.write_now(&[IoSlice::new(&sent[written..])]).unwrap();
    }
    let full = client.write_now(&[IoSlice::new(b"more")]).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    let late = client.wait(true, Some(Duration::from_millis(5))).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    assert_eq!(host.read(written), sent[..written]);
    assert_eq!(client.wait(true, Some(PATIENCE)).unwrap(), Ready { read: false, write: true });
    // Room for a write is not all there is to wait for: an answer may come first.
    host.write(b"answer");
    let ready = client.wait(false, Some(PATIENCE)).unwrap();
    assert!(ready.read);
}

#[test]
fn a_megabyte_comes_whole_both_ways() {
    let (_name, mut client, mut host) = pair();
    let sent = pattern(1 << 20);
    let expected = sent.clone();
    let serving = std::thread::spawn(move || {
        let got = host.read(1 << 20);
        host.write(&got);
        // It goes once the client has read all.
        assert_eq!(host.read(4), b"done");
        host
    });
    let mut written = 0;
    while written < sent.len() {
        match client.write_now(&[IoSlice::new(&sent[written..])]) {
            Ok(more) => written += more,
            Err(_) => drop(client.wait(true, Some(PATIENCE)).unwrap()),
        }
    }
    assert_eq!(read(&mut client, expected.len()), expected);
    client.write_now(&[IoSlice::new(b"done")]).unwrap();
    drop(serving.join().unwrap());
}

#[test]
fn nothing_at_all_is_not_the_end() {
    let (_name, mut client, mut host) = pair();
    host.write(b"");
    host.write(b"something");
    assert_eq!(read(&mut client, 9), b"something");
}

#[test]
fn a_server_learns_who_its_client_is_and_cannot_act_in_its_name() {
    use windows_sys::Win32::Security::{SecurityIdentification, TokenImpersonationLevel};
    let (_name, _client, host) = pair();
    let token = server::impersonate(&host.pipe).unwrap();
    assert_eq!(token.user().unwrap(), Token::own().unwrap().user().unwrap());
    assert!(Token::of_this_thread().is_err(), "this thread is itself again");
    // Wine takes no notice of how much a client lets its server do.
    if std::env::var_os("WINEPREFIX").is_none() {
        let level = token.information(TokenImpersonationLevel).unwrap();
        assert_eq!(level[0] as i32, SecurityIdentification);
    }
}
